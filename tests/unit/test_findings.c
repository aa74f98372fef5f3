// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_findings.c — reports of four formats become findings about the packages of one image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/findings_fixture.h"
#include "tests/unit/zip_fixture.h"

#define GRYPE(...)                                                                           \
	"{\"matches\":[" __VA_ARGS__ "],\"source\":{\"type\":\"image\",\"target\":{"         \
	"\"userInput\":\"reg.example/web:1\",\"repoDigests\":[\"reg.example/web@sha256:" HEX \
	"\"]}},\"distro\":{\"name\":\"debian\"},\"descriptor\":{\"name\":\"grype\"}}"
#define MATCH(id, related, fix, artifact)                                                     \
	"{\"vulnerability\":{\"id\":\"" id "\",\"severity\":\"High\",\"dataSource\":\"https:" \
	"//x.example/" id "\",\"fix\":{" fix "}},\"relatedVulnerabilities\":[" related        \
	"],\"artifact\":{" artifact "}}"
#define NO_FIX "\"state\":\"not-fixed\",\"versions\":[]"
#define FIX(v) "\"state\":\"fixed\",\"versions\":[\"" v "\"]"
#define ID(id) "{\"id\":\"" id "\"}"
#define SSL                                                                                 \
	"\"name\":\"libssl3\",\"version\":\"3.0.11-1\",\"type\":\"deb\",\"purl\":\"pkg:deb" \
	"/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12\""
#define TRIVY(...)                                                                           \
	"{\"SchemaVersion\":2,\"ArtifactName\":\"web:1\",\"ArtifactType\":"                  \
	"\"container_image\",\"Metadata\":{\"OS\":{\"Family\":\"debian\"},\"RepoDigests\":"  \
	"[\"web@sha256:" HEX "\"]},\"Results\":[{\"Class\":\"os-pkgs\",\"Type\":\"debian\"," \
	"\"Vulnerabilities\":[" __VA_ARGS__ "]}]}"
#define OSV(id, more, affected)                                                                    \
	"{\"id\":\"" id "\",\"modified\":\"2024-01-01T00:00:00Z\"," more "\"affected\":[" affected \
	"]}"
#define AFFECTED(ecosystem, name, ranges)                                                          \
	"{\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"" name "\"},\"ranges\":[" ranges \
	"]}"
#define RANGE(...) "{\"type\":\"ECOSYSTEM\",\"events\":[" __VA_ARGS__ "]}"
#define EVENT(what, version) "{\"" what "\":\"" version "\"}"
#define FROM_0 EVENT("introduced", "0")

static void grype_match_is_joined_by_purl(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, GRYPE(MATCH("GHSA-x", ID("CVE-2024-0001"), FIX("3.0.13-1"), SSL)));
	const struct finding *x = &f->items[0];

	assert_int_equal(f->count, 1);
	assert_string_equal(x->id, "CVE-2024-0001");
	assert_int_equal(x->alias_count, 1);
	assert_string_equal(x->aliases[0], "GHSA-x");
	assert_string_equal(installed_name(x), "libssl3");
	assert_string_equal(x->severity, "high");
	assert_string_equal(x->fixed_version, "3.0.13-1");
	assert_true(x->fix_state_known);
	assert_false(x->installed_is_fixed);
	assert_string_equal(x->report_purl, "pkg:deb/debian/libssl3@3.0.11-1");
	assert_string_equal(x->sources, "grype");
	assert_string_equal(f->image_ref, "reg.example/web:1");
	assert_string_equal(f->image_digest, "sha256:" HEX);
}

/* scanners put an epoch into the version, into a qualifier, or nowhere */
static void an_epoch_may_stand_anywhere_and_both_spellings_are_listed(void **state)
{
	static const char *const artifacts[] = {
		"\"name\":\"zlib1g\",\"version\":\"1:1.2.13\",\"purl\":\"pkg:deb/debian/"
		"zlib1g@1%3A1."
		"2.13?arch=amd64\"",
		"\"name\":\"zlib1g\",\"purl\":\"pkg:deb/debian/zlib1g@1.2.13?epoch=1\"",
		"\"name\":\"zlib1g\",\"purl\":\"pkg:deb/debian/zlib1g@1.2.13\"",
		"\"name\":\"zlib1g\",\"version\":\"1:1.2.13\",\"type\":\"deb\"",
	};
	char text[2048];

	for (size_t i = 0; i < sizeof(artifacts) / sizeof(*artifacts); i++) {
		_cleanup_(findings_freep) struct findings *f = NULL;

		snprintf(text, sizeof(text), GRYPE(MATCH("CVE-2024-0001", "", NO_FIX, "%s")),
			 artifacts[i]);
		f = load_one(*state, text);
		assert_int_equal(f->count, 1);
		assert_string_equal(installed_name(&f->items[0]), "zlib1g");
		assert_int_equal(f->items[0].purl_count, 2);
		assert_string_equal(f->items[0].purls[0], "pkg:deb/debian/zlib1g@1%3A1.2.13");
		assert_string_equal(f->items[0].purls[1], "pkg:deb/debian/zlib1g@1.2.13");
	}
}

static void what_the_image_does_not_have_is_kept(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    GRYPE(MATCH("CVE-2024-0001", "", NO_FIX,
			"\"name\":\"gone\",\"version\":\"1\",\"purl\":\"pkg:deb/debian/"
			"gone@1\"") "," MATCH("CVE-2024-0002", "", FIX("2.9"),
					      "\"name\":\"libssl3\",\"version\":\"3.0.9-1\","
					      "\"purl\":\"pkg:deb/"
					      "debian/libssl3@3.0.9-1\"") ","
									  "{\"vulnerability\""
									  ":{\"id\":\"CVE-"
									  "2024-0003\"}}"));

	assert_int_equal(f->count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(f->items[i].package == INVENTORY_NONE);
	assert_false(f->items[0].version_differs);
	assert_true(f->items[1].version_differs);
	assert_false(f->items[1].installed_is_fixed);
	assert_true(has_note(f, "another version of it"));
	assert_string_equal(f->items[2].package_name, "unknown");
}

static void a_match_without_an_id_is_a_note(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, GRYPE(MATCH("a b", "", NO_FIX, SSL)));

	assert_int_equal(f->count, 0);
	assert_true(has_note(f, "no usable vulnerability id"));
}

static void trivy_results_are_read(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    TRIVY("{\"VulnerabilityID\":\"CVE-2024-0001\",\"VendorIDs\":[\"DSA-1-1\","
		  "\"GHSA-x\"],\"PkgName\":\"zlib1g\",\"InstalledVersion\":\"1:1.2.13\","
		  "\"FixedVersion\":\"1:1.2.12, 1:1.2.14\",\"Status\":\"fixed\",\"Severity\":"
		  "\"CRITICAL\",\"Title\":\"a\\nb\",\"PrimaryURL\":\"https://x.example\","
		  "\"PkgIdentifier\":{\"PURL\":\"pkg:deb/debian/zlib1g@1.2.13?epoch=1\"}},"
		  "{\"VulnerabilityID\":\"CVE-2024-0002\",\"PkgName\":\"zlib1g\","
		  "\"InstalledVersion\":\"1:1.2.13\",\"Status\":\"will_not_fix\"}"));

	assert_int_equal(f->count, 2);
	assert_string_equal(installed_name(&f->items[0]), "zlib1g");
	assert_string_equal(f->items[0].fixed_version, "1:1.2.14");
	assert_false(f->items[0].installed_is_fixed);
	assert_string_equal(f->items[0].severity, "critical");
	assert_string_equal(f->items[0].summary, "a b");
	/* the advisory may stand for other vulnerabilities too */
	assert_int_equal(f->items[0].alias_count, 1);
	assert_string_equal(f->items[0].aliases[0], "GHSA-x");
	assert_string_equal(installed_name(&f->items[1]), "zlib1g");
	assert_null(f->items[1].fixed_version);
	assert_true(f->items[1].fix_state_known);
}

static void cyclonedx_names_components_by_reference(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[{\"bom-ref\":"
	    "\"a\",\"name\":\"libssl3\",\"version\":\"3.0.11-1\",\"purl\":\"pkg:deb/debian/"
	    "libssl3@3.0.11-1\"}],\"vulnerabilities\":[{\"id\":\"CVE-2024-0001\",\"references\":"
	    "[{\"id\":\"GHSA-x\"}],\"ratings\":[{\"severity\":\"low\"},{\"severity\":\"medium\"}],"
	    "\"analysis\":{\"state\":\"not_affected\"},\"affects\":[{\"ref\":\"urn:cdx:u/1#a\"},"
	    "{\"ref\":\"pkg:deb/debian/zlib1g@1.2.13\"},{\"ref\":\"nowhere\"}]},"
	    "{\"id\":\"CVE-2024-0002\"}]}");

	assert_int_equal(f->count, 4);
	assert_string_equal(installed_name(&f->items[0]), "libssl3");
	assert_string_equal(f->items[0].severity, "medium");
	assert_string_equal(f->items[0].aliases[0], "GHSA-x");
	assert_string_equal(installed_name(&f->items[1]), "zlib1g");
	assert_true(f->items[2].package == INVENTORY_NONE);
	assert_string_equal(f->items[2].package_name, "nowhere");
	assert_string_equal(f->items[3].id, "CVE-2024-0002");
	assert_true(f->items[3].package == INVENTORY_NONE);
	assert_true(has_note(f, "somebody's analysis"));
}

/* One entry of "affected" on the installed versions, and what becomes of it. */
struct osv_case {
	const char *ecosystem, *name, *ranges;
	int state; /* -1: no finding; 0: open; 1: fixed */
	const char *fix;
};

static void osv_ranges_decide_by_version_and_release(void **state)
{
	static const struct osv_case cases[] = {
		{ "Debian:12", "openssl", RANGE(FROM_0), 0, NULL },
		{ "Debian:12", "openssl", RANGE(FROM_0 "," EVENT("fixed", "3.0.13-1")), 0,
		  "3.0.13-1" },
		{ "Debian:12", "openssl", RANGE(FROM_0 "," EVENT("fixed", "3.0.11-1")), 1,
		  "3.0.11-1" },
		{ "Debian:12", "openssl", RANGE(EVENT("introduced", "3.1")), -1, NULL },
		{ "Debian:12", "openssl", RANGE(FROM_0 "," EVENT("fixed", "0")), -1, NULL },
		{ "Debian:12", "openssl", RANGE(FROM_0 "," EVENT("last_affected", "3.0.10-1")), -1,
		  NULL },
		{ "Debian:12", "openssl", RANGE(FROM_0 "," EVENT("last_affected", "3.0.11-1")), 0,
		  NULL },
		/* events need not be in order, and a fix may be undone */
		{ "Debian:12", "openssl",
		  RANGE(EVENT("fixed", "2") "," EVENT("introduced", "3") "," FROM_0), 0, NULL },
		/* one range is behind its fix, the other is open */
		{ "Debian:12", "openssl",
		  RANGE(FROM_0 "," EVENT("fixed", "1.1")) "," RANGE(EVENT("introduced", "3")), 0,
		  NULL },
		{ "Debian:12", "openssl", RANGE(EVENT("bogus", "1")), 0, NULL },
		{ "Debian:12", "openssl", "{\"type\":\"GIT\",\"events\":[" FROM_0 "]}", 0, NULL },
		{ "Debian:12", "openssl", RANGE(FROM_0 "," EVENT("fixed", "no version")), 0,
		  "no version" },
		{ "Debian", "openssl", RANGE(FROM_0), 0, NULL },
		{ "Debian:11", "openssl", RANGE(FROM_0), -1, NULL },
		{ "Debian:1", "openssl", RANGE(FROM_0), -1, NULL },
		{ "Ubuntu:22.04:LTS", "openssl", RANGE(FROM_0), -1, NULL },
		/* a release without a number may be this one: nothing is fixed by it */
		{ "Debian:sid", "openssl", RANGE(FROM_0 "," EVENT("fixed", "1")), 0, NULL },
		/* the name is that of the source package */
		{ "Debian:12", "libssl3", RANGE(FROM_0), -1, NULL },
		{ "PyPI", "jinja2", RANGE(FROM_0 "," EVENT("fixed", "3.1.3")), 0, "3.1.3" },
		{ "PyPI", "Jinja2", RANGE(FROM_0 "," EVENT("fixed", "3.1.2.0")), 1, "3.1.2.0" },
		{ "npm", "@scope/thing", RANGE(FROM_0 "," EVENT("fixed", "1.0.1")), 0, "1.0.1" },
		/* Maven has no order here */
		{ "Maven", "org.x:y", RANGE(FROM_0 "," EVENT("fixed", "1.0")), 0, "1.0" },
	};
	char text[2048];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(findings_freep) struct findings *f = NULL;

		snprintf(text, sizeof(text), OSV("CVE-2024-0001", "", AFFECTED("%s", "%s", "%s")),
			 cases[i].ecosystem, cases[i].name, cases[i].ranges);
		f = load_one(*state, text);
		if (f->count != (cases[i].state >= 0))
			fail_msg("case %zu: %zu findings", i, f->count);
		if (!f->count)
			continue;
		if (f->items[0].installed_is_fixed != (cases[i].state == 1))
			fail_msg("case %zu: fixed is %d", i, f->items[0].installed_is_fixed);
		if (strcmp(f->items[0].fixed_version ? f->items[0].fixed_version : "",
			   cases[i].fix ? cases[i].fix : "") != 0)
			fail_msg("case %zu: fix '%s'", i, f->items[0].fixed_version);
	}
}

static void a_listed_version_is_affected_whatever_the_range_says(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, OSV("CVE-2024-0001", "",
				 "{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"openssl\"},"
				 "\"versions\":[\"3.0.9-1\",\"3.0.11-1\"],\"ranges\":[" RANGE(
				     FROM_0 "," EVENT("fixed", "3.0.10-1")) "]}"));

	assert_int_equal(f->count, 1);
	assert_false(f->items[0].installed_is_fixed);
	assert_null(f->items[0].fixed_version);
}

static void a_purl_may_name_the_binary_package(void **state)
{
	static const struct {
		const char *purl;
		size_t count;
	} cases[] = {
		{ "pkg:deb/debian/libssl3?arch=amd64", 1 },
		{ "pkg:deb/debian/libssl3", 1 },
		{ "pkg:deb/debian/libssl3?arch=source", 0 },
		{ "pkg:deb/debian/openssl?arch=source", 1 },
	};
	char text[1024];

	for (size_t i = 0; i < 4; i++) {
		_cleanup_(findings_freep) struct findings *f = NULL;

		snprintf(text, sizeof(text),
			 OSV("CVE-2024-0001", "",
			     "{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"x\",\"purl\":"
			     "\"%s\"},\"ranges\":[" RANGE(FROM_0) "]}"),
			 cases[i].purl);
		f = load_one(*state, text);
		assert_int_equal(f->count, cases[i].count);
	}
}

/* g++ 4:12.2.0-3 comes from gcc-defaults 1.203, and fixes are numbered by the source */
static void fixes_are_numbered_by_the_source_package(void **state)
{
	_cleanup_(findings_freep) struct findings *open = load_one(
	    *state,
	    OSV("CVE-2024-0001", "",
		AFFECTED("Debian:12", "gcc-defaults", RANGE(FROM_0 "," EVENT("fixed", "1.204")))));
	_cleanup_(findings_freep) struct findings *report = load_one(
	    *state,
	    GRYPE(MATCH("CVE-2024-0001", "", FIX("1.204"),
			"\"name\":\"g++\",\"purl\":\"pkg:deb/debian/g%%2B%%2B@12.2.0-3\"")));

	assert_int_equal(open->count, 1);
	assert_false(open->items[0].installed_is_fixed);
	assert_null(open->items[0].fixed_version); /* no version of g++ to go to */
	assert_true(open->items[0].fix_state_known);
	assert_int_equal(report->count, 1);
	assert_false(report->items[0].installed_is_fixed);
}

static void withdrawn_records_are_counted_not_used(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, OSV("CVE-2024-0001", "\"withdrawn\":\"2024-02-01T00:00:00Z\",",
				 AFFECTED("Debian:12", "openssl", RANGE(FROM_0))));

	assert_int_equal(f->count, 0);
	assert_true(has_note(f, "1 withdrawn"));
}

static void aliases_are_one_vulnerability_transitively(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    OSV("GHSA-x", "\"aliases\":[\"PYSEC-1\"],",
		AFFECTED(
		    "PyPI", "jinja2",
		    RANGE(FROM_0))) "\n" OSV("PYSEC-1", "\"aliases\":[\"CVE-2024-0001\"],",
					     AFFECTED(
						 "PyPI", "jinja2",
						 RANGE(FROM_0))) "\n" OSV("DEBIAN-CVE-2024-0001",
									  "\"related\":[\"CVE-2024-"
									  "0009\"],",
									  AFFECTED(
									      "Debian:12",
									      "openssl",
									      RANGE(FROM_0))) "\n");

	assert_int_equal(f->count, 2); /* one vulnerability in two packages */
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(f->items[i].id, "CVE-2024-0001");
		assert_int_equal(f->items[i].alias_count, 3);
		assert_string_equal(f->items[i].aliases[0], "DEBIAN-CVE-2024-0001");
		assert_string_equal(f->items[i].aliases[1], "GHSA-x");
		assert_string_equal(f->items[i].aliases[2], "PYSEC-1");
	}
}

static void cve_ids_are_never_merged_and_share_no_alias(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    "[" OSV(
		"GHSA-x", "\"aliases\":[\"CVE-2024-0001\",\"CVE-2024-0002\"],",
		AFFECTED(
		    "PyPI", "jinja2",
		    RANGE(FROM_0))) "," OSV("DSA-1-1",
					    "\"upstream\":[\"CVE-2024-0003\",\"CVE-2024-0004\"],",
					    AFFECTED(
						"Debian:12", "openssl",
						RANGE(FROM_0))) "," OSV("DSA-2-1", "",
									AFFECTED(
									    "Debian:12", "openssl",
									    RANGE(FROM_0))) "]");
	static const char *const ids[] = { "CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003",
					   "CVE-2024-0004", "DSA-2-1" };

	assert_int_equal(f->count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(f->items[i].id, ids[i]);
		assert_int_equal(f->items[i].alias_count, 0);
	}
}

static void a_group_without_cve_is_named_by_what_is_reported(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, OSV("GO-2024-1", "\"aliases\":[\"BIT-1\",\"GHSA-x\"],",
				 AFFECTED("PyPI", "jinja2", RANGE(FROM_0))));

	assert_int_equal(f->count, 1);
	assert_string_equal(f->items[0].id, "GO-2024-1");
	assert_int_equal(f->items[0].alias_count, 2);
}

static void contradicting_sources_mean_not_fixed(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_two(
	    *state, GRYPE(MATCH("CVE-2024-0001", "", FIX("3.0.13-1"), SSL)),
	    OSV("CVE-2024-0001", "",
		AFFECTED("Debian:12", "openssl", RANGE(FROM_0 "," EVENT("fixed", "3.0.10-1")))));

	assert_int_equal(f->count, 1);
	assert_false(f->items[0].installed_is_fixed);
	assert_string_equal(f->items[0].fixed_version, "3.0.13-1");
	assert_string_equal(f->items[0].sources, "grype, osv");
	assert_true(has_note(f, "taking it for open"));
}

static void agreeing_sources_mean_fixed(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_two(
	    *state, GRYPE(MATCH("CVE-2024-0001", "", FIX("3.0.11-1"), SSL)),
	    OSV("CVE-2024-0001", "",
		AFFECTED("Debian:12", "openssl", RANGE(FROM_0 "," EVENT("fixed", "3.0.10-1")))));

	assert_int_equal(f->count, 1);
	assert_true(f->items[0].installed_is_fixed);
	assert_string_equal(f->items[0].fixed_version, "3.0.11-1");
}

static void the_order_of_inputs_does_not_matter(void **state)
{
	static const char *const texts[] = {
		GRYPE(MATCH("GHSA-x", ID("CVE-2024-0001"), FIX("3.0.13-1"), SSL)),
		OSV("CVE-2024-0001", "\"aliases\":[\"BIT-1\"],",
		    AFFECTED("Debian:12", "openssl", RANGE(FROM_0))),
		TRIVY("{\"VulnerabilityID\":\"CVE-2024-0001\",\"PkgName\":\"libssl3\","
		      "\"InstalledVersion\":\"3.0.11-1\"}"),
	};
	static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 } };
	static const char *const names[] = { "in0.json", "in1.json", "in2.json" };
	const char *paths[3];
	char *want = NULL;

	for (int i = 0; i < 3; i++)
		paths[i] = write_text(*state, names[i], texts[i]);
	for (size_t i = 0; i < 3; i++) {
		const char *const list[] = { paths[orders[i][0]], paths[orders[i][1]],
					     paths[orders[i][2]] };
		_cleanup_(findings_freep) struct findings *f = load(*state, list, 3);
		char *got = findings_dump(f);

		if (!want) {
			want = got;
			continue;
		}
		assert_string_equal(got, want);
		free(got);
	}
	free(want);
}

static void what_is_unknown_or_broken_is_an_error_that_names_it(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "is empty" },
		{ "{}", "is no report known here" },
		{ "{\"a\":", "line 1" },
		{ "[{\"a\":1}]", "element 1 is no OSV record" },
		{ "{\"id\":\"A-1\",\"affected\":[]}\n{\"x\":1}\n", "line 2: is no OSV record" },
		{ "{\"bomFormat\":\"CycloneDX\"}", "give it as --sbom" },
		{ "PK\3\4 cut", "is a broken zip archive" },
	};
	const struct findings_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *path = write_text(fixture, "in0.json", cases[i].text);
		struct findings *f = NULL;
		struct err err = {};

		assert_true(
		    findings_load(&f, &fixture->inventory,
				  &(struct findings_inputs){ .vulns = &path, .vuln_count = 1 },
				  &err) < 0);
		assert_null(f);
		assert_non_null(strstr(err.text, path));
		if (!strstr(err.text, cases[i].wanted))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].wanted);
	}
}

static void an_archive_is_as_good_as_its_files(void **state)
{
	static const char *const texts[] = {
		OSV("CVE-2024-0001", "", AFFECTED("Debian:12", "openssl", RANGE(FROM_0))),
		OSV("CVE-2024-0002", "", AFFECTED("Debian:12", "openssl", RANGE(FROM_0))),
	};
	struct zip_maker zip = {};
	const char *path;

	zip_add(&zip, "README", "no document", false);
	zip_add(&zip, "deep/down.json", texts[0], true);
	zip_add(&zip, "b.jsonl", texts[1], false);
	zip_end(&zip);
	path = write_bytes(*state, "in0.json", zip.data, zip.len);
	_cleanup_(findings_freep) struct findings *f = load(*state, &path, 1);

	assert_int_equal(f->count, 2);
	assert_string_equal(f->items[1].id, "CVE-2024-0002");
}

static void a_directory_is_as_good_as_its_files(void **state)
{
	const struct findings_fixture *fixture = *state;
	const char *dir = fixture->dir;
	_cleanup_(findings_freep) struct findings *alone = load_one(
	    fixture, OSV("CVE-2024-0001", "", AFFECTED("Debian:12", "openssl", RANGE(FROM_0))));

	for (int i = 1; i < 4; i++) {
		char name[] = { 'i', 'n', (char)('0' + i), '.', 'j', 's', 'o', 'n', 0 };

		write_text(
		    fixture, name,
		    OSV("CVE-2024-0002", "", AFFECTED("Debian:12", "openssl", RANGE(FROM_0))));
	}
	_cleanup_(findings_freep) struct findings *f = load(fixture, &dir, 1);

	assert_int_equal(alone->count, 1);
	assert_int_equal(f->count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grype_match_is_joined_by_purl),
		cmocka_unit_test(an_epoch_may_stand_anywhere_and_both_spellings_are_listed),
		cmocka_unit_test(what_the_image_does_not_have_is_kept),
		cmocka_unit_test(a_match_without_an_id_is_a_note),
		cmocka_unit_test(trivy_results_are_read),
		cmocka_unit_test(cyclonedx_names_components_by_reference),
		cmocka_unit_test(osv_ranges_decide_by_version_and_release),
		cmocka_unit_test(a_listed_version_is_affected_whatever_the_range_says),
		cmocka_unit_test(a_purl_may_name_the_binary_package),
		cmocka_unit_test(fixes_are_numbered_by_the_source_package),
		cmocka_unit_test(withdrawn_records_are_counted_not_used),
		cmocka_unit_test(aliases_are_one_vulnerability_transitively),
		cmocka_unit_test(cve_ids_are_never_merged_and_share_no_alias),
		cmocka_unit_test(a_group_without_cve_is_named_by_what_is_reported),
		cmocka_unit_test(contradicting_sources_mean_not_fixed),
		cmocka_unit_test(agreeing_sources_mean_fixed),
		cmocka_unit_test(the_order_of_inputs_does_not_matter),
		cmocka_unit_test(what_is_unknown_or_broken_is_an_error_that_names_it),
		cmocka_unit_test(an_archive_is_as_good_as_its_files),
		cmocka_unit_test(a_directory_is_as_good_as_its_files),
	};

	return cmocka_run_group_tests(tests, findings_setup, findings_teardown);
}
