// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_inventory_save.c — an inventory saved and loaded is the same inventory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/inventory.h"
#include "tests/unit/root_fixture.h"

static void fill(const struct root *root)
{
	root_file(root, "/etc/os-release",
		  "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian 12%'\n");
	root_file(root, "/var/lib/dpkg/status",
		  "Package: one\nStatus: install ok installed\nVersion: 1:2-3\n"
		  "Architecture: amd64\nSource: uno (2)\nDepends: two (>= 1)\n\n"
		  "Package: two\nStatus: install ok installed\nVersion: 4\nArchitecture: all\n\n");
	root_file(root, "/var/lib/dpkg/info/one.list",
		  "/.\n/usr/lib/libtiny.so.1\n/usr/lib/libtiny.so\n/usr/bin/tool\n/usr/gone\n");
	root_file(root, "/var/lib/dpkg/info/two.list", "/usr/share/a b\xff%\n/usr/bin/tool\n");
	root_elf(root, "/usr/lib/libtiny.so.1", "/usr/bin/x libplug%s.so \xc3\xa4 dlopen");
	root_link(root, "/usr/lib/libtiny.so", "libtiny.so.1");
	root_link(root, "/lib", "usr/lib");
	root_link(root, "/nowhere", "/a/b/c");
	root_program(root, "/usr/bin/tool", "#!/usr/bin/env -S python3 -u\n");
	root_bytes(root, "/usr/share/broken", "\177ELF\2\1\1and nothing more", 20, 0644);
	root_file(root, "/usr/share/a b\xff%", "x");
}

static struct inventory *built(const struct root *root)
{
	struct inventory *inv = NULL;
	struct err err = {};

	if (inventory_build(&inv, root->dir, &err) < 0)
		fail_msg("%s", err.text);
	return inv;
}

static char *printed(const struct inventory *inv)
{
	struct err err = {};
	char *text = NULL;

	if (inventory_print(inv, &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static struct inventory *parsed(const char *text)
{
	struct inventory *inv = NULL;
	struct err err = {};

	if (inventory_parse(&inv, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	return inv;
}

static void same_text(const char *a, const char *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_string_equal(a, b);
}

static void same_list(const char *const *a, size_t n, const char *const *b, size_t m)
{
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(a[i], b[i]);
}

static void same_numbers(const size_t *a, size_t n, const size_t *b, size_t m)
{
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(a[i], b[i]);
}

static void same_elf(const struct elf_facts *a, const struct elf_facts *b)
{
	same_text(a->machine, b->machine);
	same_text(a->type, b->type);
	same_text(a->build_id, b->build_id);
	same_text(a->soname, b->soname);
	same_text(a->interpreter, b->interpreter);
	same_text(a->rpath, b->rpath);
	same_text(a->runpath, b->runpath);
	same_list(a->needed, a->needed_count, b->needed, b->needed_count);
	same_list(a->exported, a->exported_count, b->exported, b->exported_count);
	same_list(a->imported, a->imported_count, b->imported, b->imported_count);
	same_list(a->hints, a->hints_count, b->hints, b->hints_count);
	assert_int_equal(a->hints_truncated, b->hints_truncated);
	assert_int_equal(a->imports_dlopen, b->imports_dlopen);
	assert_int_equal(a->imports_exec, b->imports_exec);
	assert_int_equal(a->is_static, b->is_static);
	assert_int_equal(a->is_go, b->is_go);
	assert_int_equal(a->is_rust, b->is_rust);
}

static void same_file(const struct inventory_file *a, const struct inventory_file *b)
{
	same_text(a->path, b->path);
	assert_int_equal(a->kind, b->kind);
	same_text(a->target, b->target);
	assert_int_equal(a->to_directory, b->to_directory);
	same_text(a->script, b->script);
	same_text(a->script_argument, b->script_argument);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->executable, b->executable);
	same_text(a->elf_error, b->elf_error);
	same_numbers(a->owners, a->owner_count, b->owners, b->owner_count);
	assert_int_equal(!a->elf, !b->elf);
	if (a->elf)
		same_elf(a->elf, b->elf);
}

static void same_package(const struct package *a, const struct package *b)
{
	same_text(a->type, b->type);
	same_text(a->name, b->name);
	same_text(a->version, b->version);
	same_text(a->arch, b->arch);
	same_text(a->source, b->source);
	same_text(a->source_version, b->source_version);
	same_text(a->location, b->location);
	same_text(a->purl, b->purl);
	same_numbers(a->files, a->file_count, b->files, b->file_count);
	same_numbers(a->depends, a->depend_count, b->depends, b->depend_count);
	assert_int_equal(a->missing_count, b->missing_count);
	assert_int_equal(a->files_known, b->files_known);
	assert_int_equal(a->only_in_sbom, b->only_in_sbom);
}

static void same_inventory(const struct inventory *a, const struct inventory *b)
{
	same_text(a->os_id, b->os_id);
	same_text(a->os_version, b->os_version);
	same_text(a->os_name, b->os_name);
	same_list(a->library_dirs, a->library_dir_count, b->library_dirs, b->library_dir_count);
	same_list(a->notes, a->note_count, b->notes, b->note_count);
	assert_int_equal(a->incomplete, b->incomplete);
	assert_int_equal(a->file_count, b->file_count);
	for (size_t i = 0; i < a->file_count; i++)
		same_file(&a->files[i], &b->files[i]);
	assert_int_equal(a->package_count, b->package_count);
	for (size_t i = 0; i < a->package_count; i++)
		same_package(&a->packages[i], &b->packages[i]);
}

static void nothing_is_lost_on_the_way(void **state)
{
	_cleanup_(inventory_freep) struct inventory *before = NULL, *after = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;
	_cleanup_root_ struct root root;

	(void)state;
	root_make(&root);
	fill(&root);
	before = built(&root);
	first = printed(before);
	after = parsed(first);
	same_inventory(before, after);
	second = printed(after);
	assert_string_equal(first, second);
	assert_int_equal(after->package_count, 2);
	assert_true(inventory_find(after, "/lib/libtiny.so") != INVENTORY_NONE);
	assert_true(inventory_find_exact(after, "/usr/share/a b\xff%") != INVENTORY_NONE);
}

static void the_same_root_gives_the_same_bytes(void **state)
{
	_cleanup_(inventory_freep) struct inventory *one = NULL, *two = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;
	_cleanup_root_ struct root a, b;

	(void)state;
	root_make(&a);
	root_make(&b);
	fill(&a);
	fill(&b);
	one = built(&a);
	two = built(&b);
	first = printed(one);
	second = printed(two);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "\"serialNumber\": \"urn:uuid:"));
	root_file(&b, "/usr/bin/more", "#!/bin/sh\n");
	inventory_free(two);
	two = built(&b);
	free(second);
	second = printed(two);
	assert_int_not_equal(strncmp(first, second, 300), 0); /* another serial number */
}

#define HEAD                                                          \
	"{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"properties\":[" \
	"{\"name\":\"vexxy:inventory\",\"value\":\"1\"}]},\"components\":["
#define PROPERTY(name, value) "{\"name\":\"vexxy:" name "\",\"value\":\"" value "\"}"
#define FILE_OF(path, properties) \
	"{\"type\":\"file\",\"name\":\"" path "\",\"properties\":[" properties "]}"
#define LINK_TO(path, target) \
	FILE_OF(path, PROPERTY("file", "link 0") "," PROPERTY("target", target))
#define PACKAGE_OF(ref, name, properties)                                \
	"{\"type\":\"library\",\"bom-ref\":\"" ref "\",\"name\":\"" name \
	"\",\"properties\":[" PROPERTY("type", "deb") properties "]}"

static void what_contradicts_itself_is_refused(void **state)
{
	static const struct {
		const char *document, *reason;
	} cases[] = {
		{ "{}", "is no inventory" },
		{ "{\"bomFormat\":\"CycloneDX\",\"components\":[]}", "is no inventory" },
		{ "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"properties\":[" PROPERTY(
		      "inventory", "2") "]}}",
		  "format '2'" },
		{ HEAD FILE_OF("/b", PROPERTY("file", "regular 1")) "," FILE_OF(
		      "/a", PROPERTY("file", "regular 1")) "]}",
		  "'/a' is out of order" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular 1")) "," FILE_OF(
		      "/a", PROPERTY("file", "regular 1")) "]}",
		  "'/a' is out of order" },
		{ HEAD FILE_OF("a", PROPERTY("file", "regular 1")) "]}", "begin with a slash" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "wheel 1")) "]}", "no known kind" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular")) "]}", "no known kind" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular -1")) "]}", "whole number" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular 1 y")) "]}", "more than its size" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "elf 1")) "]}",
		  "not what its ELF facts say" },
		{ HEAD FILE_OF("/a",
			       PROPERTY("file", "regular 1") "," PROPERTY("elf", "x dyn")) "]}",
		  "not what its ELF facts say" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "elf 1") "," PROPERTY("elf", "x")) "]}",
		  "no machine or no type" },
		{ HEAD FILE_OF("/a",
			       PROPERTY("file", "elf 1") "," PROPERTY("elf", "x dyn fast")) "]}",
		  "'fast'" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "elf 1") "," PROPERTY(
					 "elf", "x dyn") "," PROPERTY("imported", "0b 0a")) "]}",
		  "'a' is out of order" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "elf 1") "," PROPERTY(
					 "elf", "x dyn") "," PROPERTY("needed", "0b 2a")) "]}",
		  "no item of a list" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "elf 1") "," PROPERTY(
					 "elf", "x dyn") "," PROPERTY("needed", "0b  0a")) "]}",
		  "no item of a list" },
		{ HEAD FILE_OF("/a%0", PROPERTY("file", "regular 1")) "]}", "two digits" },
		{ HEAD FILE_OF("/a%00", PROPERTY("file", "regular 1")) "]}", "two digits" },
		{ HEAD FILE_OF(
		      "/a", PROPERTY("file", "regular 1") "," PROPERTY("file", "regular 1")) "]}",
		  "'vexxy:file' stands twice" },
		{ HEAD LINK_TO("/a", "/b") "," LINK_TO("/b", "/c") "]}",
		  "'/a' leads to another link" },
		{ HEAD FILE_OF("/a",
			       PROPERTY("file", "regular 1") "," PROPERTY("target", "/b")) "]}",
		  "its kind cannot" },
		{ HEAD PACKAGE_OF("package-1", "x", "") "]}", "not numbered" },
		{ HEAD PACKAGE_OF("package-0", "", "") "]}", "no name" },
		{ HEAD PACKAGE_OF("package-0", "b", "") "," PACKAGE_OF("package-1", "a", "") "]}",
		  "out of order" },
		{ HEAD PACKAGE_OF("package-0", "x", "," PROPERTY("files", "0")) "]}",
		  "there are none" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular 1")) "," PACKAGE_OF(
		      "package-0", "x", "," PROPERTY("files", "0,0")) "]}",
		  "do not ascend" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular 1")) "," PACKAGE_OF(
		      "package-0", "x", "," PROPERTY("files", "1")) "]}",
		  "whole number up to 0" },
		{ HEAD FILE_OF("/a", PROPERTY("file", "regular 1")) "," PACKAGE_OF(
		      "package-0", "x", "," PROPERTY("files", "0;1")) "]}",
		  "something else than a comma" },
		{ HEAD PACKAGE_OF("package-0", "x", "," PROPERTY("files_known", "yes")) "]}",
		  "'yes' is not true" },
		{ HEAD PACKAGE_OF("package-0", "x",
				  "") "],\"dependencies\":[{\"ref\":\"package-1\"}]}",
		  "up to 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct inventory *inv = NULL;
		struct err err = {};
		int r = inventory_parse(&inv, cases[i].document, strlen(cases[i].document), &err);

		if (r >= 0 || inv || !strstr(err.text, cases[i].reason))
			fail_msg("case %zu: %d '%s', not '%s'", i, r, err.text, cases[i].reason);
	}
}

static void a_missing_file_is_named(void **state)
{
	struct inventory *inv = NULL;
	struct err err = {};

	(void)state;
	assert_true(inventory_load(&inv, "/nonexistent/x.json", &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/x.json"));
	assert_null(inv);
}

static void a_file_is_written_and_read_again(void **state)
{
	_cleanup_(inventory_freep) struct inventory *before = NULL, *after = NULL;
	_cleanup_root_ struct root root;
	struct err err = {};
	char path[100];

	(void)state;
	root_make(&root);
	fill(&root);
	before = built(&root);
	snprintf(path, sizeof(path), "%s/inventory.cdx.json", root.dir);
	assert_int_equal(inventory_save(before, path, &err), 0);
	assert_int_equal(inventory_load(&after, path, &err), 0);
	same_inventory(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_on_the_way),
		cmocka_unit_test(the_same_root_gives_the_same_bytes),
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(a_file_is_written_and_read_again),
	};

	return cmocka_run_group_tests_name("inventory_save", tests, NULL, NULL);
}
