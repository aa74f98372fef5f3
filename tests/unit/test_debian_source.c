// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_debian_source.c — what the texts of a source package say: .dsc, changelog, names of CVEs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/cve_ids.h"
#include "analyzer/debian_fixes.h"
#include "analyzer/debian_release.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FIELDS "Format: 3.0 (quilt)\nSource: demo\nVersion: 1:2.0-1+deb12u1\n"
#define SUMS "Checksums-Sha256:\n " HEX " 12 demo_2.0.orig.tar.gz\n"

static int set_up(void **state)
{
	*state = arena_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static void a_dsc_tells_its_files(void **state)
{
	static const char text[] = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" FIELDS
				   "Files:\n 0123 12 other.tar.gz\n" SUMS " " HEX
				   " 7 demo_2.0-1.debian.tar.xz\nHomepage: x\n"
				   "-----BEGIN PGP SIGNATURE-----\n\nSource: evil\n";
	struct dsc dsc;
	struct err err = {};

	assert_int_equal(dsc_parse(&dsc, text, strlen(text), *state, &err), 0);
	assert_string_equal(dsc.source, "demo");
	assert_string_equal(dsc.version, "1:2.0-1+deb12u1");
	assert_string_equal(dsc.format, "3.0 (quilt)");
	assert_int_equal(dsc.file_count, 2);
	assert_string_equal(dsc.files[0].name, "demo_2.0.orig.tar.gz");
	assert_int_equal(dsc.files[0].size, 12);
	assert_string_equal(dsc.files[1].sha256, HEX);
}

static void a_dsc_that_lacks_something_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ FIELDS, "Checksums-Sha256" },
		{ "Source: x\nVersion: 1\n" SUMS, "Format" },
		{ "Format: 1.0\nVersion: 1\n" SUMS, "Source" },
		{ "Format: 1.0\nVersion: 1\nSource: ../x\n" SUMS, "no name of a package" },
		{ FIELDS "Checksums-Sha256:\n " HEX " 12 ../x.tar.gz\n", "line 5" },
		{ FIELDS "Checksums-Sha256:\n " HEX " 12 -x.tar.gz\n", "line 5" },
		{ FIELDS "Checksums-Sha256:\n " HEX " -12 x.tar.gz\n", "is no size" },
		{ FIELDS "Checksums-Sha256:\n 0123 12 x.tar.gz\n", "line 5" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dsc dsc;
		struct err err = {};

		assert_true(dsc_parse(&dsc, cases[i].text, strlen(cases[i].text), *state, &err) <
			    0);
		if (!strstr(err.text, cases[i].why))
			fail_msg("case %zu: '%s'", i, err.text);
	}
}

static void ids_are_found_however_they_are_written(void **state)
{
	static const char text[] =
	    "CVE-2024-1234 cve_2023_12345.patch CVE-2024-1234, CVE-2024-123 "
	    "CVE-24-1234 xCVE-2022-99999999 CVE-2021-1234567890 CVE-2020-0001";
	_cleanup_(string_set_donep) struct string_set set = { .arena = *state };
	const char **ids;
	size_t n;

	assert_int_equal(cve_ids_find(&set, text, strlen(text)), 0);
	assert_int_equal(string_set_sorted(&set, *state, &ids, &n), 0);
	assert_int_equal(n, 4);
	assert_string_equal(ids[0], "CVE-2020-0001");
	assert_string_equal(ids[1], "CVE-2022-99999999");
	assert_string_equal(ids[2], "CVE-2023-12345");
	assert_string_equal(ids[3], "CVE-2024-1234");
	/* What follows the text is not read. */
	assert_int_equal(cve_ids_find(&set, "CVE-1999-12345", 12), 0);
	assert_int_equal(set.count, 4);
}

static const char changes[] =
    "demo (1.0-3) bookworm-security; urgency=high\n\n  * CVE-2024-0001: mend.\n  * "
    "CVE-2024-00010\n\n"
    " -- A B <a@b.example>  Tue, 02 Jan 2024 03:04:05 +0200\n\n"
    "demo (1.0-2) unstable; urgency=medium\n\n  * Fix cve-2024-0001,\n    CVE-2023-7777.\n\n"
    " -- A B <a@b.example>  Mon, 01 Jan 2024 00:00:00 +0000\n\n"
    "demo (1.0-1) unstable; urgency=medium\n\n  * Initial.\n";

static void a_changelog_tells_which_versions_name_a_cve(void **state)
{
	struct changelog changelog;
	const char **versions;
	struct err err = {};

	assert_int_equal(changelog_parse(&changelog, changes, strlen(changes), *state, &err), 0);
	assert_int_equal(changelog.count, 3);
	assert_string_equal(changelog.entries[0].source, "demo");
	assert_string_equal(changelog.entries[0].version, "1.0-3");
	assert_string_equal(changelog.entries[0].distribution, "bookworm-security");
	assert_int_equal(changelog.entries[0].date, 1704157445);
	assert_int_equal(changelog.entries[2].date, 0);
	assert_int_equal(changelog_versions_with(&changelog, "CVE-2024-0001", *state, &versions),
			 0);
	assert_string_equal(versions[0], "1.0-3");
	assert_string_equal(versions[1], "1.0-2");
	assert_null(versions[2]);
	assert_int_equal(changelog_versions_with(&changelog, "CVE-2023-7777", *state, &versions),
			 0);
	assert_string_equal(versions[0], "1.0-2");
	assert_int_equal(changelog_versions_with(&changelog, "CVE-2023-777", *state, &versions), 0);
	assert_null(versions);
}

static void a_text_without_entries_is_no_changelog(void **state)
{
	struct changelog changelog;
	struct err err = {};

	assert_true(changelog_parse(&changelog, "x\n  (1)\n", 8, *state, &err) < 0);
	assert_non_null(strstr(err.text, "is no changelog"));
}

static void a_release_is_told_by_suite_or_version(void **state)
{
	struct changelog_entry security = { .distribution = "bookworm-security", .version = "1" };
	struct changelog_entry point = { .distribution = "x", .version = "1.0-1+deb13u2" };
	struct changelog_entry none = { .distribution = "unstable", .version = "1.0-1" };

	(void)state;
	assert_string_equal(debian_release_of(&security), "Debian:12");
	assert_string_equal(debian_release_of(&point), "Debian:13");
	assert_null(debian_release_of(&none));
	assert_string_equal(debian_release_suite("Debian:12"), "bookworm");
	assert_null(debian_release_suite("Debian:1"));
	assert_null(debian_release_of_suite("bookwormish"));
}

static void the_file_name_of_a_patch_goes_before_its_description(void **state)
{
	static const char text[] = "Subject: also CVE-2024-0002, and CVE-2024-0001\n"
				   "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-CVE-2024-0003\n+y\n";
	struct debian_patch named = {}, folder = {}, described = {};
	struct err err = {};

	assert_int_equal(debian_patch_cves(&named, "debian/patches/cve-2024-0001.patch", text,
					   strlen(text), *state, &err),
			 0);
	assert_true(named.by_name);
	assert_int_equal(named.cve_count, 1);
	assert_string_equal(named.cves[0], "CVE-2024-0001");
	assert_int_equal(named.mention_count, 1);
	assert_string_equal(named.mentions[0], "CVE-2024-0002");
	assert_int_equal(debian_patch_cves(&folder, "debian/patches/CVE-2024-0004/1.patch", text,
					   strlen(text), *state, &err),
			 0);
	assert_string_equal(folder.cves[0], "CVE-2024-0004");
	/* Lines of the patch itself are no description. */
	assert_int_equal(debian_patch_cves(&described, "debian/patches/fix.patch", text,
					   strlen(text), *state, &err),
			 0);
	assert_false(described.by_name);
	assert_int_equal(described.cve_count, 2);
	assert_int_equal(described.mention_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dsc_tells_its_files),
		TEST(a_dsc_that_lacks_something_is_refused),
		TEST(ids_are_found_however_they_are_written),
		TEST(a_changelog_tells_which_versions_name_a_cve),
		TEST(a_text_without_entries_is_no_changelog),
		TEST(a_release_is_told_by_suite_or_version),
		TEST(the_file_name_of_a_patch_goes_before_its_description),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
