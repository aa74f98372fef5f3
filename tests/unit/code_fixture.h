/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* code_fixture.h — an object in a scratch root, opened for those who read machine code. */
#pragma once

#include "analyzer/code.h"
#include "tests/unit/compile_fixture.h"

struct object {
	struct root root;
	struct arena *arena;
	struct code code;
	struct err err;
	int fd;
};

static inline _unused_ int object_set_up(void **state)
{
	struct object *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->arena = arena_new();
	o->fd = -1;
	root_make(&o->root);
	*state = o;
	return o->arena ? 0 : -1;
}

static inline _unused_ int object_tear_down(void **state)
{
	struct object *o = *state;

	cleanup_close(&o->fd);
	root_remove(&o->root);
	arena_free(o->arena);
	free(o);
	return 0;
}

/* Opens a file of the root, or an absolute path outside of it when `outside`. */
static inline _unused_ void object_open(struct object *o, const char *path, bool outside)
{
	cleanup_close(&o->fd);
	o->fd = open(outside ? path : root_path(&o->root, path), O_RDONLY | O_CLOEXEC);
	assert_true(o->fd >= 0);
}

static inline _unused_ int object_read(struct object *o, const char *path)
{
	object_open(o, path, false);
	return code_read(&o->code, o->fd, o->arena, &o->err);
}

#define object_test(name) cmocka_unit_test_setup_teardown(name, object_set_up, object_tear_down)
