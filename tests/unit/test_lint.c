// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_lint.c — every rule is broken once, and lint says so; the document as it is made has no fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "analyzer/json.h"
#include "analyzer/lint.h"

#define GOLDEN "tests/golden/vex.openvex.json"
#define EDITS 3

struct edit {
	const char *from, *to; /* every occurrence */
};

/* One way to break a document, and the rule that must notice. */
struct breach {
	unsigned rule;
	enum lint_severity severity;
	struct edit edits[EDITS];
};

static char directory[] = "/tmp/vexxy-lint.XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/vex.openvex.json", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/report.json", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/scan.json", directory);
	unlink(path);
	return rmdir(directory);
}

static char *replace_all(const char *text, const struct edit *edit)
{
	char *ret = NULL;
	size_t len = 0, from = strlen(edit->from);
	FILE *out = open_memstream(&ret, &len);
	const char *at = text, *next;

	assert_non_null(out);
	assert_non_null(strstr(text, edit->from));
	while ((next = strstr(at, edit->from))) {
		fprintf(out, "%.*s%s", (int)(next - at), at, edit->to);
		at = next + from;
	}
	fputs(at, out);
	assert_int_equal(fclose(out), 0);
	return ret;
}

static const char *write_file(const char *name, const char *text)
{
	static char path[128];
	struct err err = {};

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
	return path;
}

static struct lint *lint_text(const char *text)
{
	struct lint *lint = NULL;
	struct err err = {};

	assert_int_equal(lint_open(&lint, write_file("vex.openvex.json", text), &err), 0);
	return lint;
}

static char *golden_text(void)
{
	struct err err = {};
	char *text;
	size_t len;

	assert_int_equal(file_read(&text, &len, GOLDEN, 1 << 20, &err), 0);
	return text;
}

static bool has_fault(const struct lint *lint, unsigned rule, enum lint_severity severity)
{
	for (size_t i = 0; i < lint->fault_count; i++)
		if (lint->faults[i].rule == rule && lint->faults[i].severity == severity)
			return true;
	return false;
}

static void assert_breach(const struct breach *b, const char *base)
{
	_cleanup_(lint_freep) struct lint *lint = NULL;
	char *text = strdup(base), *next;
	struct err err = {};

	for (int i = 0; i < EDITS && b->edits[i].from; i++) {
		next = replace_all(text, &b->edits[i]);
		free(text);
		text = next;
	}
	lint = lint_text(text);
	free(text);
	assert_int_equal(lint_run(lint, &err), 0);
	if (!has_fault(lint, b->rule, b->severity))
		fail_msg("rule %u did not notice '%s'", b->rule, b->edits[0].to);
}

static void our_document_has_no_fault(void **state)
{
	_cleanup_free_ char *text = golden_text();
	_cleanup_(lint_freep) struct lint *lint = lint_text(text);
	struct err err = {};

	(void)state;
	assert_int_equal(lint_run(lint, &err), 0);
	assert_int_equal(lint->error_count, 0);
	assert_int_equal(lint->warning_count, 0);
}

#define E LINT_ERROR
#define W LINT_WARNING
#define IMAGE "pkg:oci/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CURL "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5"
#define TIME "\"timestamp\": \"2023-11-14T22:13:20Z\","
#define FIXED "\"status\": \"fixed\","

static const struct breach document_breaches[] = {
	{ 1, E, { { "ns/v0.2.0", "ns/v0.0.1" } } },
	{ 1, E, { { "\"https://openvex.dev/ns/v0.2.0\"", "[]" } } },
	{ 2, E, { { "https://openvex.dev/docs/vexxy/vex-", "vexxy/vex-" } } },
	{ 2, E, { { "Example Security Team", "Someone Else" } } },
	{ 2, E, { { "under_investigation", "affected" } } },
	{ 2, W, { { "openvex.dev/docs/vexxy/vex-", "openvex.dev/docs/public/vex-" } } },
	{ 3, E, { { "{\n  \"@context\"", "\xef\xbb\xbf{\n  \"@context\"" } } },
	{ 4, E, { { "Example Security Team", " " } } },
	{ 4, E, { { "Example Security Team", "Unknown Author" } } },
	{ 5, E, { { "\"version\": 1,", "\"version\": 0," } } },
	{ 5, E, { { "\"version\": 1,", "\"version\": 1.5," } } },
	{ 5, E, { { "\"version\": 1,", "\"version\": \"1\"," } } },
	{ 6, E, { { TIME, "\"timestamp\": \"2023-11-14T22:13:20\"," } } },
	{ 6, E, { { TIME, TIME "\"last_updated\": \"2023-11-14T22:13:19Z\"," } } },
	{ 6, E, { { TIME, "" } } },
	{ 6, W, { { TIME, "\"timestamp\": \"2023-11-14T23:13:20+01:00\"," } } },
	{ 6, W, { { TIME, "\"timestamp\": \"2023-11-14T22:13:20.5Z\"," } } },
	{ 7, E, { { "\"statements\": [", "\"statements\": [], \"old\": [" } } },
	{ 8, E, { { "\"author\": \"Example Security Team\",", "" } } },
	{ 8,
	  E,
	  { { "\"sha-256\"", "\"sha256\": \"\", \"sha-256\"" },
	    { "\"status\": \"fixed\"", "\"status\": \"done\"" } } },
	{ 9, E, { { "\"version\": 1,", "\"version\": 1, \"confidence\": 0.9," } } },
	{ 9, E, { { "\"sha-256\"", "\"sha256\": \"\", \"sha-256\"" } } },
};

static const struct breach statement_breaches[] = {
	{ 10,
	  E,
	  { { "CVE-2023-0002", "CVE-2023-0001" }, { "pkg:deb/debian/libssl3@3.0.11-1", CURL } } },
	{ 10,
	  E,
	  { { "CVE-2023-0004", "CVE-2023-0002" },
	    { "pkg:deb/debian/nginx@1.22.1-9", "pkg:deb/debian/libssl3@3.0.11-1" } } },
	{ 11, E, { { "\"@id\": \"pkg:oci/web@", "\"@id\": \"web@" } } },
	{ 11, E, { { "\"products\": [", "\"products\": [], \"former\": [" } } },
	{ 11, E, { { "\"@id\": \"pkg:oci", "\"id\": \"pkg:oci" } } },
	{ 12, E, { { "\"justification\": \"vulnerable_code_not_in_execute_path\",", "" } } },
	{ 12,
	  E,
	  { { "\"action_statement\"",
	      "\"justification\": \"component_not_present\", \"action_statement\"" } } },
	{ 12,
	  E,
	  { { "\"action_statement\"", "\"impact_statement\": \"\", \"action_statement\"" } } },
	{ 13,
	  E,
	  { { "\"action_statement\": \"Update libssl3 from 3.0.11-1 to 3.0.13-1 or later.\"",
	      "\"action_statement\": \"\"" } } },
	{ 13,
	  E,
	  { { "\"impact_statement\"", "\"action_statement\": \"a\", \"impact_statement\"" } } },
	{ 14, E, { { FIXED, FIXED "\"justification\": \"component_not_present\"," } } },
	{ 14, E, { { FIXED, FIXED "\"impact_statement\": \"a\"," } } },
	{ 14, E, { { FIXED, FIXED "\"action_statement\": \"a\"," } } },
	{ 14, E, { { FIXED, FIXED "\"action_statement_timestamp\": \"2023-01-01T00:00:00Z\"," } } },
	{ 15, E, { { "CVE-2023-0003", "CVE-2023-0033" } } },
	{ 15,
	  E,
	  { { "statement-6c1d10df831beab3b6c7e0c37af903c48db860e8f7443609b0a1fdab13a98a70",
	      "statement-de6c765f2a23d244a11a14c36dd4e9cdb893269176542ade11743112eb6b8fb0" },
	    { "vexxy 0.1.0", "another tool" } } },
	{ 15, W, { { "\"@id\": \"https://openvex.dev/docs/vexxy/statement", "\"id\": \"" } } },
	{ 16, E, { { FIXED, FIXED "\"version\": 0," } } },
	{ 17, E, { { FIXED, FIXED "\"timestamp\": \"2023-11-14T22:13:21Z\"," } } },
	{ 17, E, { { FIXED, FIXED "\"timestamp\": \"yesterday\"," } } },
	{ 18, W, { { "CVE-2023-0002", "CVE-2023-0009" } } },
	{ 18, W, { { "DSA-1", "ZSA-1" } } },
	{ 18, W, { { "sha256:0123", "sha256:ffff" } } },
	{ 18, W, { { "libxml2@1%3A2.9.14", "libxml2@3%3A2.9.14" } } },
	{ 19,
	  E,
	  { { "\"name\": \"CVE-2023-0001\"", "\"name\": \"GHSA-aaaa-bbbb-cccc\"" },
	    { "DSA-1", "CVE-2023-0001" } } },
	{ 19, E, { { "\"name\": \"CVE-2023-0003\"", "\"name\": \"\"" } } },
	{ 21, E, { { "DSA-1", "CVE-2023-0002" }, { CURL, "pkg:deb/debian/libssl3@3.0.11-1" } } },
	{ 22, W, { { "https://nvd.nist.gov/vuln", "urn:vuln" } } },
	{ 22, E, { { "\"name\": \"CVE-2023-0001\"", "\"name\": \"\"" } } },
};

static const struct breach component_breaches[] = {
	{ 23, E, { { IMAGE, IMAGE "?repository_url=reg.example/team/web" } } },
	{ 23, E, { { IMAGE, "pkg:oci/web@sha256:0123" } } },
	{ 23,
	  E,
	  { { IMAGE, "pkg:oci/Web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef"
		     "0123456789abcdef" } } },
	{ 23, E, { { IMAGE, "pkg:oci" } } },
	{ 25, E, { { IMAGE, "pkg:oci/web" } } },
	{ 25, E, { { IMAGE, "pkg:oci/web?tag=1.25" } } },
	{ 26, E, { { "pkg:oci/web@", "pkg:oci/team/web@" } } },
	{ 26, E, { { "pkg:oci/web@", "pkg:oci/reg.example%3A5000%2Fweb@" } } },
	{ 27, E, { { "\"sha-256\": \"0123", "\"sha-256\": \"1123" } } },
	{ 27, W, { { "\"sha-256\": \"0123", "\"sha-512\": \"0123" } } },
	{ 27, W, { { "\"sha-256\": \"", "\"md5\": \"0\", \"sha-256\": \"" } } },
	{ 27,
	  E,
	  { { "\"hashes\"", "\"identifiers\": {\"purl\": \"pkg:oci/web@1\"}, \"hashes\"" } } },
	{ 28, E, { { CURL, "pkg:deb/debian/curl" } } },
	{ 28, E, { { CURL, "curl" } } },
	{ 28, E, { { CURL, "pkg:deb/debian/@1" } } },
	{ 28, W, { { CURL, CURL "?arch=amd64" } } },
	{ 29, W, { { "libxml2@2.9.14", "libxml2@2.9.15" } } },
	{ 29, E, { { CURL, "pkg:rpm/fedora/curl@1%3A8.0-1" } } },
	{ 29, W, { { CURL, "pkg:rpm/almalinux/curl@8.0-1" } } },
	{ 30, E, { { CURL, "pkg:npm/@scope/name@1.0.0" } } },
	{ 30, W, { { CURL, "pkg:deb/debian/curl@7.88.1-10+deb12u5" } } },
	{ 30, E, { { CURL, "pkg:golang/golang.org%2Fx%2Ftext@v0.3.0" } } },
	{ 30, W, { { CURL, "pkg:golang/stdlib@1.22.0" } } },
	{ 30, W, { { CURL, "pkg:pypi/zope.interface@5.0" } } },
	{ 31, E, { { "\"subcomponents\": [", "\"subcomponents\": [], \"former\": [" } } },
	{ 31,
	  W,
	  { { IMAGE, "pkg:deb/debian/curl@1" },
	    { "\"subcomponents\": [", "\"subcomponents\": [], \"former\": [" } } },
};

static const struct breach honesty_breaches[] = {
	{ 32, E, { { "rule=R7", "rule=R6" } } },
	{ 32, E, { { "rule=R7", "rule=R5" } } },
	{ 32, E, { { "rule=R7", "rule=R8" }, { "policy=balanced", "policy=strict" } } },
	{ 33, E, { { "rule=R7", "rule=R1" } } },
	{ 33, E, { { "rule=R7", "rule=R8" }, { "unseen=0.0123; ", "" } } },
	{ 34, E, { { "rule=R9", "rule=R3" } } },
	{ 35, E, { { "vulnerable_code_not_in_execute_path", "component_not_present" } } },
	{ 35, E, { { "vulnerable_code_not_in_execute_path", "vulnerable_code_not_present" } } },
	{ 36, E, { { "confidence=0.5000", "confidence=0.6000" } } },
	{ 37, E, { { "trace=complete", "trace=late" } } },
	{ 37, E, { { "drops=0", "drops=3" } } },
	{ 37, E, { { "drops=0; ", "" } } },
	{ 38, E, { { "rule=R11", "rule=R6" } } },
	{ 39, E, { { "confidence=0.9703", "confidence=1.2000" } } },
	{ 39, E, { { "confidence=0.9703", "confidence=97%25" } } },
	{ 39, E, { { "confidence=0.9703", "confidence=0,9703" } } },
	{ 39, E, { { "confidence=0.9703; ", "" } } },
	{ 39, E, { { "rule=R7; ", "It is not called. " } } },
};

static void assert_breaches(const struct breach *breaches, size_t n)
{
	_cleanup_free_ char *base = golden_text();

	for (size_t i = 0; i < n; i++)
		assert_breach(&breaches[i], base);
}

#define ALL(table) (table), sizeof(table) / sizeof(*(table))

static void rules_about_the_document_notice(void **state)
{
	(void)state;
	assert_breaches(ALL(document_breaches));
}

static void rules_about_statements_notice(void **state)
{
	(void)state;
	assert_breaches(ALL(statement_breaches));
}

static void rules_about_products_and_packages_notice(void **state)
{
	(void)state;
	assert_breaches(ALL(component_breaches));
}

static void rules_about_honesty_notice(void **state)
{
	(void)state;
	assert_breaches(ALL(honesty_breaches));
}

static void faults_come_in_order_and_name_the_vulnerability(void **state)
{
	_cleanup_free_ char *base = golden_text();
	_cleanup_free_ char *text = replace_all(
	    base, &(struct edit){ FIXED, FIXED "\"version\": 0, \"impact_statement\": \"\"," });
	_cleanup_(lint_freep) struct lint *lint = lint_text(text);
	struct err err = {};

	(void)state;
	assert_int_equal(lint_run(lint, &err), 0);
	assert_int_equal(lint->error_count, 3);
	assert_int_equal(lint->faults[0].rule, 8);
	assert_int_equal(lint->faults[1].rule, 14);
	assert_int_equal(lint->faults[1].statement, 3);
	assert_string_equal(lint->faults[1].vulnerability, "CVE-2023-0004");
	assert_string_equal(lint->faults[1].text, "fixed, but with impact_statement");
	assert_int_equal(lint->faults[2].rule, 16);
}

#define HEX_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define HEX_C "00000000000000000000000000000000000000000000000000000000000000cc"
#define GRYPE(id, related, image_id, manifest, repo)                                            \
	"{\"matches\":[{\"vulnerability\":{\"id\":\"" id "\",\"severity\":\"High\","            \
	"\"fix\":{\"versions\":[],\"state\":\"unknown\"}},\"relatedVulnerabilities\":[" related \
	"],\"matchDetails\":[],\"artifact\":{\"name\":\"libssl3\",\"version\":\"3.0.11-1\","    \
	"\"type\":\"deb\",\"purl\":\"pkg:deb/debian/libssl3@3.0.11-1?arch=amd64\"}}],"          \
	"\"source\":{\"type\":\"image\",\"target\":{\"userInput\":\"web\",\"imageID\":"         \
	"\"sha256:" image_id "\",\"manifestDigest\":\"sha256:" manifest                         \
	"\",\"tags\":[],\"repoDigests\":[\"reg.example/team/web@sha256:" repo                   \
	"\"]}},\"distro\":{\"name\":\"debian\",\"version\":\"12\"},"                            \
	"\"descriptor\":{\"name\":\"grype\",\"version\":\"0.100.0\"}}"
#define CVE(n) "{\"id\":\"CVE-2023-000" n "\"}"

static void a_scanner_report_breaks_what_a_document_alone_cannot(void **state)
{
	static const struct {
		unsigned rule; /* 0: none */
		enum lint_severity severity;
		const char *report;
	} cases[] = {
		{ 0, E, GRYPE("CVE-2023-0002", "", HEX_C, HEX_A, HEX_B) },
		{ 20, E, GRYPE("GHSA-1", CVE("2"), HEX_C, HEX_A, HEX_B) },
		{ 0, E, GRYPE("GHSA-1", CVE("2") "," CVE("9"), HEX_C, HEX_A, HEX_B) },
		{ 0, E, GRYPE("GHSA-1", CVE("1"), HEX_C, HEX_A, HEX_B) },
		{ 24, E, GRYPE("CVE-2023-0002", "", HEX_B, HEX_A, HEX_A) },
		{ 24, W, GRYPE("CVE-2023-0002", "", "1", HEX_A, HEX_C) },
	};
	_cleanup_free_ char *text = golden_text();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(lint_freep) struct lint *lint = lint_text(text);
		struct err err = {};
		const char *path = write_file("scan.json", cases[i].report);

		assert_int_equal(lint_add_report(lint, path, &err), 0);
		assert_int_equal(lint_run(lint, &err), 0);
		if (cases[i].rule)
			assert_true(has_fault(lint, cases[i].rule, cases[i].severity));
		else
			assert_int_equal(lint->error_count + lint->warning_count, 0);
	}
}

#define VERDICT(n, purl, status, rest) \
	"{\"id\":\"CVE-2023-000" n "\",\"purls\":[\"" purl "\"],\"status\":\"" status "\"," rest "}"
#define CURL_VERDICT                       \
	VERDICT("1", CURL, "not_affected", \
		"\"justification\":\"vulnerable_code_not_in_execute_path\",\"confidence\":0.9703")
#define SSL "pkg:deb/debian/libssl3@3.0.11-1"
#define SSL_VERDICT \
	VERDICT("2", SSL, "affected", "\"confidence\":0.9000,\"fixed_version\":\"3.0.13-1\"")
#define XML "pkg:deb/debian/libxml2@2.9.14"
#define XML_VERDICT VERDICT("3", XML, "under_investigation", "\"confidence\":0.5")
#define NGINX "pkg:deb/debian/nginx@1.22.1-9"
#define NGINX_VERDICT \
	VERDICT("4", NGINX, "fixed", "\"confidence\":1,\"fixed_version\":\"1.22.1-9\"")

static void the_report_beside_the_document_must_say_the_same(void **state)
{
	static const struct {
		const char *from, *to;
		unsigned rule; /* 0: no fault */
	} cases[] = {
		{ "vexxy_report", "vexxy_report", 0 },
		{ "vexxy_report", "SchemaVersion", 0 }, /* another tool's: not ours to judge */
		{ "\"not_affected\"", "\"affected\"", 34 },
		{ "CVE-2023-0001", "CVE-2023-0009", 34 },
		{ CURL, "pkg:deb/debian/curl@9", 34 },
		{ SSL_VERDICT, SSL_VERDICT "," VERDICT("2", SSL, "fixed", "\"confidence\":1"), 0 },
		{ NGINX_VERDICT,
		  NGINX_VERDICT "," VERDICT("4", NGINX, "affected", "\"confidence\":1"), 34 },
		{ NGINX_VERDICT,
		  VERDICT("4", NGINX, "affected", "\"confidence\":1") "," NGINX_VERDICT, 34 },
		{ "0.9703", "0.9702", 39 },
		{ "\"confidence\":0.5", "\"confidence\":\"0.5000\"", 39 },
		{ "3.0.13-1", "3.0.14-1", 13 },
		{ "3.0.13-1", "", 13 },
		{ "1.22.1-9\"}", "1.22.1-10\"}", 38 },
	};
	static const char report[] = "{\"vexxy_report\":\"1.0\",\"verdicts\":[" CURL_VERDICT
				     "," SSL_VERDICT "," XML_VERDICT "," NGINX_VERDICT "]}";
	_cleanup_free_ char *text = golden_text();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *edited =
		    replace_all(report, &(struct edit){ cases[i].from, cases[i].to });
		_cleanup_(lint_freep) struct lint *lint = NULL;
		struct err err = {};

		write_file("report.json", edited);
		lint = lint_text(text);
		assert_int_equal(lint_run(lint, &err), 0);
		if (cases[i].rule && !has_fault(lint, cases[i].rule, E))
			fail_msg("rule %u did not notice '%s'", cases[i].rule, cases[i].to);
		assert_int_equal(lint->error_count + lint->warning_count, cases[i].rule != 0);
	}
	unlink(write_file("report.json", ""));
}

static void what_is_no_document_is_refused(void **state)
{
	static const char *const cases[] = { "", "[]", "{", "{\"a\":1,\"a\":2}",
					     "{\"a\":\"\xff\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lint *lint = NULL;
		struct err err = {};

		assert_true(lint_open(&lint, write_file("vex.openvex.json", cases[i]), &err) < 0);
		assert_null(lint);
		assert_non_null(strstr(err.text, "vex.openvex.json"));
	}
}

static void every_rule_has_a_sentence(void **state)
{
	(void)state;
	for (unsigned rule = 1; rule <= 39; rule++)
		assert_non_null(lint_rule_text(rule));
	assert_null(lint_rule_text(0));
	assert_null(lint_rule_text(40));
}

/* A breach for every rule that a document alone can break: the tables above, less 20 and 24. */
static void every_rule_is_broken_by_some_test(void **state)
{
	static const struct {
		const struct breach *items;
		size_t n;
	} tables[] = { { ALL(document_breaches) },
		       { ALL(statement_breaches) },
		       { ALL(component_breaches) },
		       { ALL(honesty_breaches) } };
	bool seen[40] = { [20] = true, [24] = true };

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (size_t i = 0; i < tables[t].n; i++)
			seen[tables[t].items[i].rule] = true;
	for (unsigned rule = 1; rule <= 39; rule++)
		if (!seen[rule])
			fail_msg("no test breaks rule %u", rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_document_has_no_fault),
		cmocka_unit_test(rules_about_the_document_notice),
		cmocka_unit_test(rules_about_statements_notice),
		cmocka_unit_test(rules_about_products_and_packages_notice),
		cmocka_unit_test(rules_about_honesty_notice),
		cmocka_unit_test(faults_come_in_order_and_name_the_vulnerability),
		cmocka_unit_test(a_scanner_report_breaks_what_a_document_alone_cannot),
		cmocka_unit_test(the_report_beside_the_document_must_say_the_same),
		cmocka_unit_test(what_is_no_document_is_refused),
		cmocka_unit_test(every_rule_has_a_sentence),
		cmocka_unit_test(every_rule_is_broken_by_some_test),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
