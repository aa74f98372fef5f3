// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_inventory.c — the packages of a root, their files, and what is said when a database cannot be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/inventory.h"
#include "tests/unit/root_fixture.h"

struct image {
	struct root root;
	struct inventory *inv;
};

static void image_make(struct image *image)
{
	*image = (struct image){};
	root_make(&image->root);
}

static void image_done(struct image *image)
{
	inventory_free(image->inv);
	root_remove(&image->root);
}
#define _image_ _cleanup_(image_done) struct image

static void image_build(struct image *image)
{
	struct err err = {};

	inventory_free(image->inv);
	image->inv = NULL;
	if (inventory_build(&image->inv, image->root.dir, &err) < 0)
		fail_msg("%s", err.text);
}

/* A status with one package, "pkg 1 amd64", and its list of files. */
static void put_package(struct image *image, const char *list)
{
	root_file(
	    &image->root, "/var/lib/dpkg/status",
	    "Package: pkg\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n");
	root_file(&image->root, "/var/lib/dpkg/info/pkg.list", list);
}

static const struct package *find_package(const struct image *image, const char *name)
{
	for (size_t i = 0; i < image->inv->package_count; i++)
		if (!strcmp(image->inv->packages[i].name, name))
			return &image->inv->packages[i];
	return NULL;
}

static const struct package *package_of(const struct image *image, const char *name)
{
	const struct package *package = find_package(image, name);

	if (!package)
		fail_msg("there is no package '%s'", name);
	return package;
}

static const struct inventory_file *file_of(const struct image *image, const char *path)
{
	size_t at = inventory_find_exact(image->inv, path);

	if (at == INVENTORY_NONE)
		fail_msg("there is no file '%s'", path);
	return &image->inv->files[at];
}

/* Does the package of that name own the file of that path, and does each know the other? */
static bool owns(const struct image *image, const char *name, const char *path)
{
	const struct package *package = package_of(image, name);
	const struct inventory_file *file = file_of(image, path);
	bool down = false, up = false;

	for (size_t i = 0; i < package->file_count; i++)
		down |= &image->inv->files[package->files[i]] == file;
	for (size_t i = 0; i < file->owner_count; i++)
		up |= &image->inv->packages[file->owners[i]] == package;
	assert_int_equal(down, up);
	return down;
}

static bool is_noted(const struct image *image, const char *part)
{
	for (size_t i = 0; i < image->inv->note_count; i++)
		if (strstr(image->inv->notes[i], part))
			return true;
	return false;
}

/* The database is faulty: that is said, and absence proves nothing. */
static void assert_fault(const struct image *image, const char *part)
{
	if (!is_noted(image, part))
		fail_msg("no note says '%s'", part);
	assert_true(image->inv->incomplete);
}

static void paths_before_the_merge_of_usr_find_their_files(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	put_package(&image, "/.\n/lib\n/lib/libtiny.so.1\n/bin/tool\n/lib/libtiny.so\n");
	root_elf(&image.root, "/usr/lib/libtiny.so.1", "");
	root_program(&image.root, "/usr/bin/tool", "#!/bin/sh\n");
	root_link(&image.root, "/usr/lib/libtiny.so", "libtiny.so.1");
	root_link(&image.root, "/lib", "usr/lib");
	root_link(&image.root, "/bin", "usr/bin");
	image_build(&image);
	assert_true(owns(&image, "pkg", "/usr/lib/libtiny.so.1"));
	assert_true(owns(&image, "pkg", "/usr/lib/libtiny.so"));
	assert_true(owns(&image, "pkg", "/usr/bin/tool"));
	assert_int_equal(package_of(&image, "pkg")->file_count, 3);
	assert_int_equal(package_of(&image, "pkg")->missing_count, 0);
	assert_true(package_of(&image, "pkg")->files_known);
	assert_false(image.inv->incomplete);
	assert_true(file_of(&image, "/lib")->to_directory);
	assert_string_equal(file_of(&image, "/lib")->target, "/usr/lib");
	assert_ptr_equal(&image.inv->files[inventory_find(image.inv, "/lib/libtiny.so")],
			 file_of(&image, "/usr/lib/libtiny.so.1"));
}

static void what_a_package_is_stands_in_its_paragraph(void **state)
{
	const struct package *one, *two;
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
	root_file(&image.root, "/var/lib/dpkg/status",
		  "Package: one\nStatus: install ok installed\nVersion: 1:2-3+b1\n"
		  "Architecture: amd64\nMulti-Arch: same\nSource: uno (1:2-3)\n"
		  "Description: text\n Package: not-this\nPre-Depends: two\n\n"
		  "Package: two\nStatus: hold ok unpacked\nVersion: 4\nArchitecture: all\n"
		  "Depends: none (>= 1) | one:any, two\n\n"
		  "Package: gone\nStatus: deinstall ok config-files\nVersion: 4\n"
		  "Architecture: all\n\n");
	root_file(&image.root, "/var/lib/dpkg/info/one:amd64.list", "/.\n/usr\n/usr/gone\n");
	image_build(&image);
	assert_int_equal(image.inv->package_count, 2);
	one = package_of(&image, "one");
	two = package_of(&image, "two");
	assert_string_equal(one->type, "deb");
	assert_string_equal(one->version, "1:2-3+b1");
	assert_string_equal(one->source, "uno");
	assert_string_equal(one->source_version, "1:2-3");
	assert_string_equal(one->purl,
			    "pkg:deb/debian/one@1%3A2-3%2Bb1?arch=amd64&distro=debian-12");
	assert_true(one->files_known);
	assert_int_equal(one->missing_count, 1);
	assert_int_equal(one->depend_count, 1);
	assert_ptr_equal(&image.inv->packages[one->depends[0]], two);
	assert_int_equal(two->depend_count, 1);
	assert_ptr_equal(&image.inv->packages[two->depends[0]], one);
	assert_string_equal(two->source, "two");
	assert_false(two->files_known);
	assert_true(is_noted(&image, "package 'two' has no file list"));
}

static void a_diverted_file_belongs_to_whom_it_was_left(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, "/var/lib/dpkg/status",
		  "Package: old\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
		  "Package: new\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n");
	root_file(&image.root, "/var/lib/dpkg/info/old.list", "/bin/tool\n");
	root_file(&image.root, "/var/lib/dpkg/info/new.list", "/usr/bin/tool\n");
	root_file(&image.root, "/var/lib/dpkg/diversions", "/bin/tool\n/bin/tool.old\nnew\n");
	root_program(&image.root, "/usr/bin/tool", "#!/bin/sh\n");
	root_program(&image.root, "/usr/bin/tool.old", "#!/bin/sh\n");
	root_link(&image.root, "/bin", "usr/bin");
	image_build(&image);
	assert_true(owns(&image, "old", "/usr/bin/tool.old"));
	assert_false(owns(&image, "old", "/usr/bin/tool"));
	assert_true(owns(&image, "new", "/usr/bin/tool"));
	assert_false(owns(&image, "new", "/usr/bin/tool.old"));
}

static void distroless_images_keep_one_file_per_package(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, "/var/lib/dpkg/status.d/base",
		  "Package: base-files\nVersion: 12\nArchitecture: amd64\n");
	root_file(&image.root, "/var/lib/dpkg/status.d/base.md5sums",
		  "0123456789abcdef0123456789abcdef  usr/lib/libtiny.so\n");
	root_elf(&image.root, "/usr/lib/libtiny.so", "");
	image_build(&image);
	assert_int_equal(image.inv->package_count, 1);
	assert_true(owns(&image, "base-files", "/usr/lib/libtiny.so"));
	assert_string_equal(package_of(&image, "base-files")->location,
			    "/var/lib/dpkg/status.d/base");
	assert_true(package_of(&image, "base-files")->files_known);
	assert_false(image.inv->incomplete);
}

static void alpine_packages_own_their_files(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, "/etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n");
	root_file(&image.root, "/lib/apk/db/installed",
		  "C:Q1=\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\np:so:libc.musl.so.1=1\nF:lib\n"
		  "R:ld-musl.so.1\na:0:0:755\nF:\nR:top\n\n"
		  "P:tool\nV:1\nA:x86_64\nD:so:libc.musl.so.1 !bad\nF:bin\nR:tool\nR:gone\n\n");
	root_elf(&image.root, "/lib/ld-musl.so.1", "");
	root_elf(&image.root, "/bin/tool", "");
	root_file(&image.root, "/top", "x");
	image_build(&image);
	assert_int_equal(image.inv->package_count, 2);
	assert_true(owns(&image, "musl", "/lib/ld-musl.so.1"));
	assert_true(owns(&image, "musl", "/top"));
	assert_true(owns(&image, "tool", "/bin/tool"));
	assert_int_equal(package_of(&image, "tool")->missing_count, 1);
	assert_int_equal(package_of(&image, "tool")->depend_count, 1);
	assert_string_equal(package_of(&image, "musl")->purl,
			    "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1");
	assert_false(image.inv->incomplete);
}

#define SITE "/usr/lib/python3/dist-packages"

static void python_projects_own_what_they_record(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, SITE "/Foo_Bar-1.dist-info/METADATA",
		  "Metadata-Version: 2.1\nName: Foo_Bar\nVersion: 1\n\nName: not this\n");
	root_file(
	    &image.root, SITE "/Foo_Bar-1.dist-info/RECORD",
	    "foo/__init__.py,sha256=x,1\n\"foo/a,b.so\",,\n../../../bin/foo,,\nfoo/gone.py,,\n");
	root_file(&image.root, SITE "/foo/__init__.py", "1");
	root_file(&image.root, SITE "/foo/__pycache__/__init__.cpython-311.opt-1.pyc", "1");
	root_elf(&image.root, SITE "/foo/a,b.so", "");
	root_file(&image.root, SITE "/foo/stranger.zip", "1");
	root_program(&image.root, "/usr/bin/foo", "#!/usr/bin/python3\n");
	image_build(&image);
	assert_string_equal(package_of(&image, "Foo_Bar")->type, "pypi");
	assert_string_equal(package_of(&image, "Foo_Bar")->purl, "pkg:pypi/foo-bar@1");
	assert_true(owns(&image, "Foo_Bar", SITE "/foo/__init__.py"));
	assert_true(
	    owns(&image, "Foo_Bar", SITE "/foo/__pycache__/__init__.cpython-311.opt-1.pyc"));
	assert_true(owns(&image, "Foo_Bar", SITE "/foo/a,b.so"));
	assert_true(owns(&image, "Foo_Bar", "/usr/bin/foo"));
	assert_true(owns(&image, "Foo_Bar", SITE "/Foo_Bar-1.dist-info/METADATA"));
	assert_false(owns(&image, "Foo_Bar", SITE "/foo/stranger.zip"));
	assert_int_equal(package_of(&image, "Foo_Bar")->missing_count, 1);
	assert_true(package_of(&image, "Foo_Bar")->files_known);
}

static void an_editable_project_has_files_nobody_knows(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, SITE "/e-1.dist-info/METADATA", "Name: e\nVersion: 1\n");
	root_file(&image.root, SITE "/e-1.dist-info/RECORD", "__editable__.e-1.pth,,\n");
	image_build(&image);
	assert_false(package_of(&image, "e")->files_known);
}

static void eggs_and_top_level_modules_are_found(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, SITE "/egg-2.egg/EGG-INFO/PKG-INFO", "Name: egg\nVersion: 2\n");
	root_file(&image.root, SITE "/egg-2.egg/egg/__init__.py", "1");
	root_file(&image.root, SITE "/top-3.egg-info/PKG-INFO", "Name: top\nVersion: 3\n");
	root_file(&image.root, SITE "/top-3.egg-info/top_level.txt", "top\n../../../etc\n");
	root_file(&image.root, SITE "/top.py", "1");
	image_build(&image);
	assert_true(owns(&image, "egg", SITE "/egg-2.egg/egg/__init__.py"));
	assert_true(owns(&image, "top", SITE "/top.py"));
	assert_false(package_of(&image, "top")->files_known);
}

static void node_packages_own_their_directory(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	put_package(&image, "/usr/bin/system\n");
	root_program(&image.root, "/usr/bin/system", "#!/bin/sh\n");
	root_file(&image.root, "/app/package.json", "{\"name\":\"app\",\"version\":\"1\"}");
	root_file(&image.root, "/app/index.js", "1");
	root_file(&image.root, "/app/node_modules/@s/dep/package.json",
		  "\xef\xbb\xbf{\"name\":\"@s/dep\",\"version\":\"2\"}");
	root_file(&image.root, "/app/node_modules/@s/dep/lib/a.js", "1");
	root_file(&image.root, "/app/node_modules/@s/dep/node_modules/in/package.json",
		  "{\"name\":\"in\",\"version\":\"3\"}");
	root_file(&image.root, "/app/node_modules/@s/dep/node_modules/in/b.js", "1");
	root_file(&image.root, "/package.json", "{\"name\":\"all\",\"version\":\"1\"}");
	image_build(&image);
	assert_string_equal(package_of(&image, "@s/dep")->purl, "pkg:npm/%40s/dep@2");
	assert_true(owns(&image, "app", "/app/index.js"));
	assert_false(owns(&image, "app", "/app/node_modules/@s/dep/lib/a.js"));
	assert_true(owns(&image, "@s/dep", "/app/node_modules/@s/dep/lib/a.js"));
	assert_false(owns(&image, "@s/dep", "/app/node_modules/@s/dep/node_modules/in/b.js"));
	assert_true(owns(&image, "in", "/app/node_modules/@s/dep/node_modules/in/b.js"));
	assert_true(owns(&image, "all", "/app/index.js"));
	assert_false(owns(&image, "all", "/usr/bin/system"));
}

static void scripts_name_their_interpreter(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_elf(&image.root, "/usr/bin/python3.11", "");
	root_link(&image.root, "/usr/bin/python3", "python3.11");
	root_program(&image.root, "/usr/bin/env", "#!/bin/none\n");
	root_program(&image.root, "/a", "#! /usr/bin/python3 -u\n");
	root_program(&image.root, "/b", "#!/usr/bin/env -S A=1 python3 -u\r\n");
	image_build(&image);
	assert_int_equal(file_of(&image, "/a")->kind, FILE_SCRIPT);
	assert_string_equal(file_of(&image, "/a")->script, "/usr/bin/python3.11");
	assert_null(file_of(&image, "/a")->script_argument);
	assert_string_equal(file_of(&image, "/b")->script, "/usr/bin/env");
	assert_string_equal(file_of(&image, "/b")->script_argument, "python3");
	assert_null(file_of(&image, "/usr/bin/env")->script);
}

static void nothing_outside_of_the_root_is_seen(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	put_package(&image, "/../../../etc/passwd\n/etc/up\n/pipe\n");
	root_link(&image.root, "/etc/up", "../../../../../../../etc/passwd");
	root_link(&image.root, "/etc/host", "/etc/passwd");
	root_link(&image.root, "/loop", "loop");
	assert_int_equal(mkfifo(root_path(&image.root, "/pipe"), 0644), 0);
	image_build(&image);
	assert_null(file_of(&image, "/etc/up")->target);
	assert_null(file_of(&image, "/etc/host")->target);
	assert_null(file_of(&image, "/loop")->target);
	assert_int_equal(file_of(&image, "/pipe")->kind, FILE_OTHER);
	assert_int_equal(package_of(&image, "pkg")->missing_count, 1);
	assert_int_equal(inventory_find(image.inv, "/loop/x"), INVENTORY_NONE);
}

static void a_database_that_is_a_pipe_is_a_fault(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	assert_int_equal(mkfifo(root_path(&image.root, "/var/lib/dpkg/status"), 0644), 0);
	image_build(&image);
	assert_fault(&image, "'/var/lib/dpkg/status' is not a regular file");
}

static void an_endless_line_is_skipped_and_said(void **state)
{
	size_t len = 10u << 20;
	char *text = malloc(len + 200);
	_image_ image;
	int n;

	(void)state;
	assert_non_null(text);
	image_make(&image);
	n = snprintf(text, 200, "Package: pkg\nVersion: 1\nArchitecture: all\nDescription: ");
	memset(text + n, 'x', len);
	memcpy(text + (size_t)n + len, "\n\n", 2);
	root_bytes(&image.root, "/var/lib/dpkg/status", text, (size_t)n + len + 2, 0644);
	free(text);
	image_build(&image);
	assert_fault(&image, "line 4 has 10485773 bytes");
	assert_string_equal(package_of(&image, "pkg")->version, "1");
}

/* A status and a list of files that are not as they should be, and what is said. */
static void faults_of_databases_are_named(void **state)
{
	static const struct {
		const char *path, *text, *note;
	} cases[] = {
		{ "/var/lib/dpkg/status", "Package: a\nVersion: 1\n\n",
		  "package without 'Architecture'" },
		{ "/var/lib/dpkg/status", "Package: ../a\nVersion: 1\nArchitecture: all\n\n",
		  "'../a' is no Package" },
		{ "/var/lib/dpkg/status", "Package: a\nVersion: 1 2\nArchitecture: all\n\n",
		  "'1 2' is no Version" },
		{ "/var/lib/dpkg/status", "Package: a\nVersion: 1\nArchitecture: all",
		  "ends within a line" },
		{ "/var/lib/dpkg/status", "nonsense\n", "line 1 is no field" },
		{ "/var/lib/dpkg/status",
		  "Package: a\nVersion: 1\nArchitecture: all\n\nPackage: a\nVersion: "
		  "2\nArchitecture: all\n\n",
		  "has the versions 1 and 2" },
		{ "/var/lib/dpkg/status.d/a.md5sums/x", "", "no package database" },
		{ "/var/lib/dpkg/arch", "", "holds no status" },
		{ "/lib/apk/db/installed", "P:a\n\n", "without a proper name" },
		{ "/lib/apk/db/installed", "P:a\nV:1\nR:x\n\n", "outside of a directory" },
		{ "/lib/apk/db/installed", "P:a\nV:1\nnonsense\n\n", "no letter and value" },
		{ "/lib/apk/db/installed", "P:a\nV:1", "ends within a line" },
		{ "/var/lib/rpm/rpmdb.sqlite", "x", "databases of rpm are not read" },
		{ "/x-1.dist-info/METADATA", "Name: x\n", "has no name and version" },
		{ "/node_modules/x/package.json", "{", "'/node_modules/x/package.json': line 1" },
		{ "/bin/x", "", "no package database of a distribution" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_image_ image;

		image_make(&image);
		root_file(&image.root, cases[i].path, cases[i].text);
		image_build(&image);
		assert_fault(&image, cases[i].note);
	}
}

static void a_faulty_list_leaves_the_files_unknown(void **state)
{
	static const struct {
		const char *list, *note;
	} cases[] = {
		{ "/usr/x\nrelative\n", "line 2 is no path" },
		{ "/usr/x", "ends within line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_image_ image;

		image_make(&image);
		put_package(&image, cases[i].list);
		image_build(&image);
		assert_fault(&image, cases[i].note);
		assert_false(package_of(&image, "pkg")->files_known);
	}
}

static void a_lying_elf_file_is_kept_with_its_fault(void **state)
{
	struct tiny_elf elf;
	_image_ image;

	(void)state;
	image_make(&image);
	tiny_elf_make(&elf, "");
	elf.load.p_filesz = UINT64_MAX;
	root_bytes(&image.root, "/usr/lib/liar.so", &elf, sizeof(elf), 0644);
	root_elf(&image.root, "/usr/lib/honest.so", "");
	image_build(&image);
	assert_int_equal(file_of(&image, "/usr/lib/liar.so")->kind, FILE_ELF);
	assert_null(file_of(&image, "/usr/lib/liar.so")->elf);
	assert_non_null(
	    strstr(file_of(&image, "/usr/lib/liar.so")->elf_error, "beyond the file's end"));
	assert_string_equal(file_of(&image, "/usr/lib/honest.so")->elf->soname, "libtiny.so.1");
	assert_true(is_noted(&image, "'/usr/lib/liar.so' cannot be read as ELF file"));
}

static void library_directories_come_in_the_order_of_the_loader(void **state)
{
	_image_ image;

	(void)state;
	image_make(&image);
	root_file(&image.root, "/etc/ld.so.conf", "# all\ninclude ld.so.conf.d/*.conf\n/opt/lib\n");
	root_file(&image.root, "/etc/ld.so.conf.d/b.conf", "/opt/b\n");
	root_file(&image.root, "/etc/ld.so.conf.d/a.conf",
		  "/opt/a # x\n/none\ninclude /etc/ld.so.conf\n");
	root_file(&image.root, "/opt/a/x", "");
	root_file(&image.root, "/opt/b/x", "");
	root_file(&image.root, "/opt/lib/x", "");
	root_file(&image.root, "/usr/lib/x", "");
	root_link(&image.root, "/lib", "usr/lib");
	image_build(&image);
	assert_int_equal(image.inv->library_dir_count, 4);
	assert_string_equal(image.inv->library_dirs[0], "/opt/a");
	assert_string_equal(image.inv->library_dirs[1], "/opt/b");
	assert_string_equal(image.inv->library_dirs[2], "/opt/lib");
	assert_string_equal(image.inv->library_dirs[3], "/usr/lib");
}

static void a_root_that_is_not_there_is_an_error(void **state)
{
	struct inventory *inv = NULL;
	struct err err = {};

	(void)state;
	assert_true(inventory_build(&inv, "/nonexistent/root", &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/root"));
	assert_null(inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_before_the_merge_of_usr_find_their_files),
		cmocka_unit_test(what_a_package_is_stands_in_its_paragraph),
		cmocka_unit_test(a_diverted_file_belongs_to_whom_it_was_left),
		cmocka_unit_test(distroless_images_keep_one_file_per_package),
		cmocka_unit_test(alpine_packages_own_their_files),
		cmocka_unit_test(python_projects_own_what_they_record),
		cmocka_unit_test(an_editable_project_has_files_nobody_knows),
		cmocka_unit_test(eggs_and_top_level_modules_are_found),
		cmocka_unit_test(node_packages_own_their_directory),
		cmocka_unit_test(scripts_name_their_interpreter),
		cmocka_unit_test(nothing_outside_of_the_root_is_seen),
		cmocka_unit_test(a_database_that_is_a_pipe_is_a_fault),
		cmocka_unit_test(an_endless_line_is_skipped_and_said),
		cmocka_unit_test(faults_of_databases_are_named),
		cmocka_unit_test(a_faulty_list_leaves_the_files_unknown),
		cmocka_unit_test(a_lying_elf_file_is_kept_with_its_fault),
		cmocka_unit_test(library_directories_come_in_the_order_of_the_loader),
		cmocka_unit_test(a_root_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
