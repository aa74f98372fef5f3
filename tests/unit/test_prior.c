// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_prior.c — the statements of others are found, kept under their names and held against ours, and change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "analyzer/json.h"
#include "analyzer/openvex.h"
#include "analyzer/prior.h"
#include "analyzer/report.h"
#include "analyzer/status_notes.h"
#include "analyzer/usage.h"
#include "tests/unit/analysis_fixture.h"

#define HEAD                                                                          \
	"{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"@id\":\"x:1\","            \
	"\"author\":\"Vendor\",\"timestamp\":\"2024-01-01T00:00:00Z\",\"version\":3," \
	"\"statements\":["
#define IMAGE "pkg:oci/other-name@sha256:" FIXTURE_HEX_B "?repository_url=docker.io%2Flibrary"
#define CURL "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5"
#define SSL "pkg:deb/debian/libssl3@3.0.11-1"

/* A statement on one product, with at most one subcomponent. */
#define SAYS(cve, status, product, subs)                                                        \
	"{\"vulnerability\":{\"name\":\"" cve "\"},\"products\":[{\"@id\":\"" product "\"" subs \
	"}],\"status\":\"" status "\""
#define SUB(purl) ",\"subcomponents\":[{\"@id\":\"" purl "\"}]"
#define END "}"

struct held {
	struct fixture f;
	struct prior_files *files;
	struct priors *priors;
};

static void hold(struct held *h, const char *text)
{
	struct err err = {};

	fixture_init(&h->f);
	assert_int_equal(prior_files_parse(&h->files, text, strlen(text), "p", &err), 0);
	assert_int_equal(priors_weigh(&h->priors, h->files, &h->f.analysis, &err), 0);
	h->f.analysis.priors = h->priors;
}

static void let_go(struct held *h)
{
	priors_free(h->priors);
	prior_files_free(h->files);
}

static const struct prior_statement *only(const struct held *h, size_t finding)
{
	size_t n;
	const struct prior_statement *s = priors_on(h->priors, finding, &n);

	assert_int_equal(n, 1);
	return s;
}

/* The relation of one statement to finding 0, which ours calls not_affected / not in the execute path. */
static void assert_relation(const char *text, enum prior_relation relation)
{
	struct held h = {};

	hold(&h, text);
	assert_string_equal(prior_relation_name(only(&h, 0)->relation),
			    prior_relation_name(relation));
	let_go(&h);
}

static void a_statement_is_held_against_ours(void **state)
{
	(void)state;
	assert_relation(HEAD SAYS("CVE-2023-0001", "affected", IMAGE, SUB(CURL)) END "]}",
			PRIOR_CONTRADICTS);
	assert_relation(HEAD SAYS("CVE-2023-0001", "under_investigation", IMAGE, SUB(CURL)) END
			"]}",
			PRIOR_OPEN);
	assert_relation(HEAD SAYS("CVE-2023-0001", "fixed", IMAGE, SUB(CURL)) END "]}",
			PRIOR_DIFFERS);
	assert_relation(
	    HEAD SAYS("CVE-2023-0001", "not_affected", IMAGE,
		      SUB(CURL)) ",\"justification\":\"vulnerable_code_not_present\"" END "]}",
	    PRIOR_DIFFERS);
	assert_relation(
	    HEAD SAYS("CVE-2023-0001", "not_affected", IMAGE,
		      SUB(CURL)) ",\"justification\":\"vulnerable_code_not_in_execute_path\"" END
				 "]}",
	    PRIOR_AGREES);
}

static void not_affected_of_others_contradicts_our_affected(void **state)
{
	struct held h = {};
	_cleanup_free_ char *before = NULL, *after = NULL;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	struct err err = {};

	(void)state;
	hold(&h, HEAD SAYS("CVE-2023-0002", "not_affected", IMAGE,
			   SUB(SSL)) ",\"justification\":\"component_not_present\"" END "]}");
	assert_int_equal(only(&h, 1)->relation, PRIOR_CONTRADICTS);
	assert_string_equal(only(&h, 1)->why, "Vendor says not_affected (component_not_present), "
					      "this analysis affected");
	assert_int_equal(h.priors->contradictions, 1);
	assert_int_equal(h.f.verdict[1].status, STATUS_AFFECTED);
	doc = openvex_document(&h.f.analysis, &err);
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "statements")), 4);
	assert_string_equal(
	    json_string(cJSON_GetArrayItem(json_array(doc, "statements"), 1), "status"),
	    "affected");
	let_go(&h);
}

/* Every way to name the image and the package that is ours. */
static void it_is_this_image_and_this_package(void **state)
{
	static const char *const texts[] = {
		HEAD SAYS("GHSA-aaaa-bbbb-cccc", "affected", "pkg:oci/x@sha256%3A" FIXTURE_HEX_A,
			  SUB(CURL "?arch=amd64&distro=debian-12&upstream=x")) END "]}",
		HEAD SAYS("CVE-2023-0001", "affected", "reg.example/x@sha256:" FIXTURE_HEX_A, "")
		    END "]}",
		HEAD "{\"vulnerability\":{\"name\":\"A\",\"aliases\":[\"DSA-1\"]},\"status\":"
		     "\"affected\",\"products\":[{\"hashes\":{\"sha-256\":\"" FIXTURE_HEX_A
		     "\"}}]}]}",
		HEAD SAYS("CVE-2023-0001", "affected", CURL "?arch=x86_64", "") END "]}",
		HEAD SAYS("CVE-2023-0001", "affected", "pkg:deb/debian/curl", "") END "]}",
		HEAD SAYS("CVE-2023-0001", "affected", "pkg:oci/web?tag=2", "") END "]}",
		HEAD SAYS("CVE-2023-0001", "affected", "registry.example/team/web:1", "") END "]}",
		"{\"@context\":\"https://openvex.dev/ns\",\"author\":\"V\",\"statements\":[{"
		"\"vulnerability\":\"CVE-2023-0001\",\"status\":\"affected\",\"products\":[\"" IMAGE
		"\"],\"subcomponents\":[\"" CURL "\"]}]}",
	};
	static const char *const named[] = { "digest",  "digest", "digest", "package",
					     "package", "name",   "name",   "digest" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct held h = {};

		hold(&h, texts[i]);
		assert_string_equal(only(&h, 0)->named_by, named[i]);
		assert_int_equal(h.priors->documents[0].applied, 1);
		let_go(&h);
	}
}

static void what_is_on_nothing_is_counted_with_its_reason(void **state)
{
	struct held h = {};
	const struct prior_document *d;

	(void)state;
	hold(&h, HEAD SAYS("CVE-2020-9", "affected", IMAGE, "") END
	     "," SAYS("CVE-2023-0001", "affected",
		      "pkg:oci/web@sha256:"
		      "0000000000000000000000000000000000000000000000000000000000000000",
		      "") END
	     "," SAYS("CVE-2023-0001", "affected", IMAGE, SUB("pkg:deb/debian/curl@8")) END
	     "," SAYS("CVE-2023-0001", "affected", IMAGE, SUB(CURL "?arch=arm64")) END
	     "," SAYS("CVE-2023-0001", "exploitable", IMAGE, SUB(CURL)) END
	     ","
	     "{\"vulnerability\":{\"name\":\"CVE-2023-0001\"},\"status\":\"fixed\"}]}");
	d = &h.priors->documents[0];
	assert_int_equal(d->statements, 6);
	assert_int_equal(d->applied, 0);
	assert_int_equal(d->left[PRIOR_NO_FINDING], 1);
	assert_int_equal(d->left[PRIOR_OTHER_PRODUCT], 1);
	assert_int_equal(d->left[PRIOR_OTHER_PACKAGE], 2);
	assert_int_equal(d->left[PRIOR_FAULTY], 2);
	assert_int_equal(h.priors->left_out_count, 6);
	assert_int_equal(h.priors->contradictions, 0);
	let_go(&h);
}

static void a_later_word_of_the_same_author_counts(void **state)
{
	struct held h = {};
	const struct prior_statement *s;
	size_t n;

	(void)state;
	hold(&h, HEAD SAYS("CVE-2023-0001", "affected", IMAGE,
			   SUB(CURL)) ",\"timestamp\":\"2024-03-01T00:00:00Z\"" END
				      "," SAYS(
					  "CVE-2023-0001", "not_affected", IMAGE,
					  SUB(CURL)) ",\"timestamp\":\"2024-04-01T02:00:00+02:00\","
						     "\"justification\":\"vulnerable_code_not_in_"
						     "execute_path\"" END "]}");
	s = priors_on(h.priors, 0, &n);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].relation, PRIOR_SUPERSEDED);
	assert_string_equal(s[0].status, "affected");
	assert_int_equal(s[1].relation, PRIOR_AGREES);
	assert_int_equal(h.priors->contradictions, 0);
	assert_ptr_equal(priors_strongest(h.priors, 0), &s[1]);
	let_go(&h);
}

static void the_notes_name_who_says_otherwise(void **state)
{
	struct held h = {};
	struct openvex_statement statement = {};
	_cleanup_free_ char *notes = NULL;
	char value[STATUS_NOTES_VALUE_MAX];

	(void)state;
	hold(&h, HEAD SAYS("CVE-2023-0001", "affected", IMAGE, SUB(CURL)) END "]}");
	statement.verdict = &h.f.verdict[0];
	notes = openvex_status_notes(&h.f.analysis, &statement);
	assert_true(status_notes_get(notes, "prior", value));
	assert_string_equal(value, "contradicts");
	assert_true(status_notes_get(notes, "prior_by", value));
	assert_string_equal(value, "Vendor");
	assert_true(status_notes_get(notes, "prior_status", value));
	assert_string_equal(value, "affected");
	assert_true(status_notes_get(notes, "prior_in", value));
	assert_string_equal(value + strlen("sha256:"), h.priors->documents[0].sha256);
	let_go(&h);
}

static void the_report_keeps_their_words_and_authority(void **state)
{
	struct held h = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	struct err err = {};
	const cJSON *prior, *document;

	(void)state;
	hold(&h,
	     HEAD SAYS("CVE-2023-0001", "affected", IMAGE,
		       SUB(CURL)) ",\"action_statement\":\"Update.\",\"status_notes\":\"seen\"" END
				  "]}");
	assert_int_equal(usage_collect(&h.f.verdicts.usage, &h.f.inventory, h.f.traces, 1, &err),
			 0);
	doc = report_document(&h.f.analysis, &err);
	document = cJSON_GetArrayItem(json_array(doc, "priors"), 0);
	assert_string_equal(json_string(document, "author"), "Vendor");
	assert_string_equal(json_string(document, "id"), "x:1");
	assert_string_equal(json_string(document, "version"), "3");
	prior = cJSON_GetArrayItem(
	    json_array(cJSON_GetArrayItem(json_array(doc, "verdicts"), 0), "prior"), 0);
	assert_string_equal(json_string(prior, "action_statement"), "Update.");
	assert_string_equal(json_string(prior, "status_notes"), "seen");
	assert_string_equal(json_string(prior, "timestamp"), "2024-01-01T00:00:00Z");
	assert_string_equal(json_string(prior, "subcomponent"), CURL);
	usage_free(h.f.verdicts.usage);
	let_go(&h);
}

static void assert_refused(const char *text, const char *reason)
{
	struct prior_files *files = NULL;
	struct err err = {};

	assert_true(prior_files_parse(&files, text, strlen(text), "p.json", &err) < 0);
	assert_null(files);
	assert_non_null(strstr(err.text, "p.json"));
	assert_non_null(strstr(err.text, reason));
}

static void what_is_no_document_of_somebody_is_refused(void **state)
{
	(void)state;
	assert_refused("{}", "is no OpenVEX");
	assert_refused("[1]", "is no OpenVEX");
	assert_refused("{\"@context\":\"https://openvex.dev/ns/v0.2.0\",", "line 1");
	assert_refused("{\"@context\":\"https://openvex.dev/ns/v1.0.0\"}", "not known here");
	assert_refused("{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\" \","
		       "\"statements\":[]}",
		       "no author");
	assert_refused("{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"a\"}",
		       "no list of statements");
	assert_refused(HEAD "7]}", "statement 1 is no object");
}

static void products_times_subcomponents_meet_a_limit(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	fputs("{\"@context\":\"https://openvex.dev/ns\",\"author\":\"a\",\"statements\":[{"
	      "\"products\":[\"a\"",
	      out);
	for (int i = 0; i < 3000; i++)
		fputs(",\"a\"", out);
	fputs("],\"subcomponents\":[\"b\"", out);
	for (int i = 0; i < 3000; i++)
		fputs(",\"b\"", out);
	fputs("]}]}", out);
	fclose(out);
	assert_refused(text, "more than 2000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_is_held_against_ours),
		cmocka_unit_test(not_affected_of_others_contradicts_our_affected),
		cmocka_unit_test(it_is_this_image_and_this_package),
		cmocka_unit_test(what_is_on_nothing_is_counted_with_its_reason),
		cmocka_unit_test(a_later_word_of_the_same_author_counts),
		cmocka_unit_test(the_notes_name_who_says_otherwise),
		cmocka_unit_test(the_report_keeps_their_words_and_authority),
		cmocka_unit_test(what_is_no_document_of_somebody_is_refused),
		cmocka_unit_test(products_times_subcomponents_meet_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
