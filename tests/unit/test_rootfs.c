// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_rootfs.c — a root is read without ever leaving it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/rootfs.h"
#include "tests/unit/root_fixture.h"

struct opened {
	struct root on_disk;
	struct rootfs *root;
	struct arena *arena;
	struct err err;
};

static void opened_make(struct opened *o)
{
	*o = (struct opened){ .arena = arena_new() };
	root_make(&o->on_disk);
	assert_non_null(o->arena);
	assert_int_equal(rootfs_open(&o->root, o->on_disk.dir, &o->err), 0);
}

static void opened_done(struct opened *o)
{
	rootfs_close(o->root);
	arena_free(o->arena);
	root_remove(&o->on_disk);
}

static int read_text(struct opened *o, const char *path, size_t max, char **ret)
{
	size_t len = 0;
	int r = rootfs_read(o->root, path, max, o->arena, ret, &len, &o->err);

	if (r >= 0)
		assert_int_equal(len, strlen(*ret));
	return r;
}

static const char *canonical(struct opened *o, const char *path)
{
	char *ret = NULL;

	return rootfs_canonical(o->root, path, o->arena, &ret) < 0 ? NULL : ret;
}

static void links_and_dots_stay_inside(void **state)
{
	_cleanup_(opened_done) struct opened o;
	char *text = NULL;

	(void)state;
	opened_make(&o);
	root_file(&o.on_disk, "/etc/passwd", "inside");
	root_link(&o.on_disk, "/absolute", "/etc/passwd");
	root_link(&o.on_disk, "/dots", "../../../../../../etc/passwd");
	root_link(&o.on_disk, "/a/chain", "../dots");
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths[] = { "/absolute", "/dots", "/a/chain" };

		assert_int_equal(read_text(&o, paths[i], 100, &text), 0);
		assert_string_equal(text, "inside");
		assert_string_equal(canonical(&o, paths[i]), "/etc/passwd");
	}
	assert_int_equal(read_text(&o, "/../../etc/passwd", 100, &text), 0);
	assert_string_equal(text, "inside");
}

static void magic_links_of_proc_are_not_followed(void **state)
{
	_cleanup_(rootfs_closep) struct rootfs *root = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(rootfs_open(&root, "/", &err), 0);
	assert_int_equal(rootfs_open_file(root, "/proc/self/exe"), -ELOOP);
}

static void only_regular_files_are_opened(void **state)
{
	_cleanup_(opened_done) struct opened o;
	char *text = NULL;

	(void)state;
	opened_make(&o);
	assert_int_equal(mkfifo(root_path(&o.on_disk, "/pipe"), 0644), 0);
	root_file(&o.on_disk, "/dir/file", "");
	root_link(&o.on_disk, "/to_pipe", "pipe");
	assert_int_equal(rootfs_open_file(o.root, "/pipe"), -EINVAL);
	assert_int_equal(rootfs_open_file(o.root, "/to_pipe"), -EINVAL);
	assert_int_equal(rootfs_open_file(o.root, "/dir"), -EINVAL);
	assert_int_equal(read_text(&o, "/pipe", 100, &text), -EINVAL);
	assert_string_equal(o.err.text, "'/pipe' is not a regular file");
}

static void what_is_absent_is_told_without_a_reason(void **state)
{
	_cleanup_(opened_done) struct opened o;
	char *text = NULL;

	(void)state;
	opened_make(&o);
	root_file(&o.on_disk, "/file", "x");
	root_link(&o.on_disk, "/loop", "loop");
	assert_int_equal(read_text(&o, "/none", 100, &text), -ENOENT);
	assert_int_equal(read_text(&o, "/file/below", 100, &text), -ENOENT);
	assert_string_equal(o.err.text, "");
	assert_null(canonical(&o, "/none"));
	assert_null(canonical(&o, "/loop"));
	assert_string_equal(canonical(&o, "/"), "/");
}

static void a_file_over_the_limit_is_refused(void **state)
{
	_cleanup_(opened_done) struct opened o;
	char *text = NULL;

	(void)state;
	opened_make(&o);
	root_file(&o.on_disk, "/file", "12345");
	assert_int_equal(read_text(&o, "/file", 5, &text), 0);
	assert_int_equal(read_text(&o, "/file", 4, &text), -EFBIG);
	assert_string_equal(o.err.text, "'/file' has 5 bytes, at most 4 are read");
}

static void a_root_that_is_no_directory_is_named(void **state)
{
	struct rootfs *root = NULL;
	struct err err = {};

	(void)state;
	assert_true(rootfs_open(&root, "/nonexistent", &err) < 0);
	assert_non_null(strstr(err.text, "'/nonexistent'"));
	assert_true(rootfs_open(&root, "/proc/self/stat", &err) < 0);
	assert_null(root);
}

struct seen {
	char list[512];
	const char *target;
	size_t count;
	int error;
	int stop_at;
};

static int see(void *ctx, const struct rootfs_entry *entry)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->list);

	if (len + strlen(entry->path) + 2 < sizeof(seen->list))
		snprintf(seen->list + len, sizeof(seen->list) - len, "%s ", entry->path);
	if (entry->target)
		assert_string_equal(entry->target, "/etc");
	seen->error = entry->error ? entry->error : seen->error;
	return (int)++seen->count == seen->stop_at ? -ECANCELED : 0;
}

static void a_walk_visits_everything_in_order_and_no_link(void **state)
{
	_cleanup_(opened_done) struct opened o;
	struct seen seen = {};

	(void)state;
	opened_make(&o);
	root_file(&o.on_disk, "/b/two", "");
	root_file(&o.on_disk, "/b/one", "");
	root_file(&o.on_disk, "/b.x", "");
	root_link(&o.on_disk, "/a", "/etc");
	assert_int_equal(rootfs_walk(o.root, see, &seen, &o.err), 0);
	assert_string_equal(seen.list, "/a /b /b/one /b/two /b.x ");
	assert_int_equal(seen.error, 0);
}

static void a_visitor_ends_the_walk(void **state)
{
	_cleanup_(opened_done) struct opened o;
	struct seen seen = { .stop_at = 2 };

	(void)state;
	opened_make(&o);
	root_file(&o.on_disk, "/a/b/c/d", "");
	assert_int_equal(rootfs_walk(o.root, see, &seen, &o.err), -ECANCELED);
	assert_int_equal(seen.count, 2);
}

static void what_lies_too_deep_is_told(void **state)
{
	_cleanup_(opened_done) struct opened o;
	struct seen seen = {};
	char path[2 * ROOTFS_DEPTH_MAX + 16] = "";

	(void)state;
	opened_make(&o);
	for (size_t i = 0; i < ROOTFS_DEPTH_MAX + 2; i++)
		strcat(path, "/d");
	root_file(&o.on_disk, path, "");
	assert_int_equal(rootfs_walk(o.root, see, &seen, &o.err), 0);
	assert_int_equal(seen.error, ENAMETOOLONG);
	assert_int_equal(seen.count, ROOTFS_DEPTH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_and_dots_stay_inside),
		cmocka_unit_test(magic_links_of_proc_are_not_followed),
		cmocka_unit_test(only_regular_files_are_opened),
		cmocka_unit_test(what_is_absent_is_told_without_a_reason),
		cmocka_unit_test(a_file_over_the_limit_is_refused),
		cmocka_unit_test(a_root_that_is_no_directory_is_named),
		cmocka_unit_test(a_walk_visits_everything_in_order_and_no_link),
		cmocka_unit_test(a_visitor_ends_the_walk),
		cmocka_unit_test(what_lies_too_deep_is_told),
	};

	return cmocka_run_group_tests_name("rootfs", tests, NULL, NULL);
}
