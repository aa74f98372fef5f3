// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_inventory_sbom.c — an SBOM joined to what the root says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/inventory.h"
#include "tests/unit/root_fixture.h"

struct joined {
	struct root root;
	struct inventory *inv;
};

static void joined_done(struct joined *j)
{
	inventory_free(j->inv);
	root_remove(&j->root);
}

/* A root with "libm 1:2-3" and "zlib 4" of Debian, both owning one file, libm depending on zlib. */
static void joined_make(struct joined *j)
{
	struct err err = {};

	*j = (struct joined){};
	root_make(&j->root);
	root_file(&j->root, "/etc/os-release", "ID=debian\nVERSION_ID=12\n");
	root_file(&j->root, "/var/lib/dpkg/status",
		  "Package: libm\nVersion: 1:2-3\nArchitecture: amd64\nSource: math (9)\n"
		  "Depends: zlib\n\nPackage: zlib\nVersion: 4\nArchitecture: amd64\n\n");
	root_file(&j->root, "/var/lib/dpkg/info/libm.list", "/lib/m\n");
	root_file(&j->root, "/var/lib/dpkg/info/zlib.list", "/lib/z\n");
	root_file(&j->root, "/lib/m", "m");
	root_file(&j->root, "/lib/z", "z");
	if (inventory_build(&j->inv, j->root.dir, &err) < 0)
		fail_msg("%s", err.text);
}

static void join(struct joined *j, const char *components)
{
	_cleanup_free_ char *text = NULL;
	struct err err = {};

	assert_true(
	    asprintf(&text, "{\"bomFormat\":\"CycloneDX\",\"components\":[%s]}", components) > 0);
	root_file(&j->root, "/sbom.json", text);
	if (inventory_join_sbom(j->inv, root_path(&j->root, "/sbom.json"), &err) < 0)
		fail_msg("%s", err.text);
}

#define LIBRARY(name, version, purl)                                                               \
	"{\"type\":\"library\",\"name\":\"" name "\",\"version\":\"" version "\",\"purl\":\"" purl \
	"\"}"
#define BOTH                                                               \
	LIBRARY("libm", "1:2-3", "pkg:deb/debian/libm@1%3A2-3?arch=amd64") \
	"," LIBRARY("zlib", "4", "pkg:deb/debian/zlib@4")

static bool is_noted(const struct joined *j, const char *part)
{
	for (size_t i = 0; i < j->inv->note_count; i++)
		if (strstr(j->inv->notes[i], part))
			return true;
	return false;
}

static void what_both_know_changes_nothing(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, BOTH);
	assert_int_equal(j.inv->package_count, 2);
	assert_int_equal(j.inv->note_count, 0);
}

static void what_only_the_sbom_knows_is_added_in_order(void **state)
{
	_cleanup_(joined_done) struct joined j;
	const struct package *p;

	(void)state;
	joined_make(&j);
	join(&j, BOTH
	     "," LIBRARY("aaa", "1", "pkg:deb/debian/aaa@1?distro=debian-12&arch=all") "," LIBRARY(
		 "x", "2",
		 "pkg:golang/example.org/a/x@2") ","
						 "{\"type\":\"library\",\"name\":\"bare\"}");
	p = j.inv->packages;
	assert_int_equal(j.inv->package_count, 5);
	assert_string_equal(p[0].name, "aaa");
	assert_string_equal(p[0].type, "deb");
	assert_string_equal(p[0].arch, "all");
	assert_string_equal(p[0].purl, "pkg:deb/debian/aaa@1?arch=all&distro=debian-12");
	assert_true(p[0].only_in_sbom);
	assert_false(p[0].files_known);
	assert_string_equal(p[1].name, "libm");
	assert_false(p[1].only_in_sbom);
	assert_string_equal(p[3].name, "bare");
	assert_string_equal(p[3].type, "generic");
	assert_null(p[3].purl);
	assert_null(p[3].version);
	assert_string_equal(p[4].name, "example.org/a/x");
	assert_string_equal(p[4].source, "example.org/a/x");
}

static void numbers_of_packages_follow_their_packages(void **state)
{
	_cleanup_(joined_done) struct joined j;
	const struct package *p;
	const struct inventory_file *file;

	(void)state;
	joined_make(&j);
	join(&j, BOTH "," LIBRARY("aaa", "1", "pkg:deb/debian/aaa@1") "," LIBRARY(
		     "n", "1", "pkg:deb/debian/n@1"));
	p = j.inv->packages;
	assert_int_equal(j.inv->package_count, 4);
	assert_int_equal(p[1].depend_count, 1);
	assert_string_equal(p[p[1].depends[0]].name, "zlib");
	file = &j.inv->files[inventory_find_exact(j.inv, "/lib/z")];
	assert_int_equal(file->owner_count, 1);
	assert_string_equal(p[file->owners[0]].name, "zlib");
	file = &j.inv->files[inventory_find_exact(j.inv, "/lib/m")];
	assert_string_equal(p[file->owners[0]].name, "libm");
}

static void another_version_is_a_note_and_no_package(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, BOTH "," LIBRARY("zlib", "5", "pkg:deb/debian/zlib@5"));
	assert_int_equal(j.inv->package_count, 2);
	assert_int_equal(j.inv->note_count, 1);
	assert_string_equal(j.inv->notes[0], "SBOM (cyclonedx): has 'zlib' as 5, known is 4");
}

static void other_spellings_are_the_same_package(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, LIBRARY("LIBM", "2-3",
			 "pkg:deb/ubuntu/LIBM@2-3") ","
						    "{\"type\":\"library\",\"name\":\"zlib\","
						    "\"version\":\"4\"}," LIBRARY(
							"math", "9",
							"pkg:deb/debian/math@9?arch=source"));
	assert_int_equal(j.inv->package_count, 2);
	assert_int_equal(j.inv->note_count, 0);
}

static void what_the_sbom_leaves_out_is_one_note(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, "");
	assert_int_equal(j.inv->package_count, 2);
	assert_int_equal(j.inv->note_count, 1);
	assert_string_equal(j.inv->notes[0],
			    "SBOM (cyclonedx): does not name 2 packages of the root: libm, zlib");
}

static void the_image_itself_is_no_package(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, BOTH
	     ",{\"type\":\"container\",\"name\":\"img\",\"purl\":\"pkg:oci/img@sha256%3Aabc\"}");
	assert_int_equal(j.inv->package_count, 2);
}

static void a_purl_that_is_none_is_noted(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, BOTH "," LIBRARY("q", "1", "nonsense"));
	assert_true(is_noted(&j, "'nonsense' is no package URL"));
	assert_int_equal(j.inv->package_count, 3);
	assert_string_equal(j.inv->packages[2].type, "generic");
}

static void a_second_sbom_knows_the_first(void **state)
{
	_cleanup_(joined_done) struct joined j;

	(void)state;
	joined_make(&j);
	join(&j, BOTH "," LIBRARY("x", "2", "pkg:golang/example.org/a/x@2"));
	join(&j, BOTH "," LIBRARY(
		     "x", "2",
		     "pkg:golang/example.org/a/x@2") ","
						     "{\"type\":\"library\",\"name\":\"bare\"}");
	join(&j, BOTH ",{\"type\":\"library\",\"name\":\"bare\",\"version\":\"1\"}");
	assert_int_equal(j.inv->package_count, 4);
	assert_int_equal(j.inv->note_count, 0);
}

static void a_broken_sbom_changes_nothing(void **state)
{
	_cleanup_(joined_done) struct joined j;
	struct err err = {};

	(void)state;
	joined_make(&j);
	root_file(&j.root, "/sbom.json", "{");
	assert_true(inventory_join_sbom(j.inv, root_path(&j.root, "/sbom.json"), &err) < 0);
	assert_non_null(strstr(err.text, "/sbom.json"));
	assert_int_equal(j.inv->package_count, 2);
	assert_int_equal(j.inv->note_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_both_know_changes_nothing),
		cmocka_unit_test(what_only_the_sbom_knows_is_added_in_order),
		cmocka_unit_test(numbers_of_packages_follow_their_packages),
		cmocka_unit_test(another_version_is_a_note_and_no_package),
		cmocka_unit_test(other_spellings_are_the_same_package),
		cmocka_unit_test(what_the_sbom_leaves_out_is_one_note),
		cmocka_unit_test(the_image_itself_is_no_package),
		cmocka_unit_test(a_purl_that_is_none_is_noted),
		cmocka_unit_test(a_second_sbom_knows_the_first),
		cmocka_unit_test(a_broken_sbom_changes_nothing),
	};

	return cmocka_run_group_tests_name("inventory_sbom", tests, NULL, NULL);
}
