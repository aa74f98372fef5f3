// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What programs that the server starts get from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "server/child.h"

struct heard {
	bool secret, other, path, given;
};

static void hear(void *ctx, const char *line)
{
	struct heard *heard = ctx;

	heard->secret |= !strcmp(line, "VEXXY_API_KEY=secret");
	heard->secret |= !strncmp(line, "DATABASE_URL=", 13);
	heard->other |= !strcmp(line, "OTHER=1");
	heard->path |= !strncmp(line, "PATH=", 5);
	heard->given |= !strcmp(line, "TMPDIR=/given");
}

static struct heard environment(const char *const *kept)
{
	const char *const argv[] = { "sh", "-c", "env >&2", NULL };
	const char *const env[] = { "TMPDIR=/given", NULL };
	struct heard heard = {};
	const struct child child = {
		.argv = argv, .env = env, .kept = kept, .line = hear, .ctx = &heard
	};
	struct err err = {};

	assert_int_equal(child_run(&child, &err), 0);
	return heard;
}

static void secrets_go_only_to_whom_they_are_for(void **state)
{
	static const char *const kept[] = { "PATH", NULL };
	struct heard heard;

	(void)state;
	setenv("VEXXY_API_KEY", "secret", 1);
	setenv("DATABASE_URL", "postgresql://u:secret@h/x", 1);
	setenv("OTHER", "1", 1);
	heard = environment(kept);
	assert_false(heard.secret);
	assert_false(heard.other);
	assert_true(heard.path);
	assert_true(heard.given);
	heard = environment(NULL);
	assert_false(heard.secret);
	assert_true(heard.other);
	assert_true(heard.path);
	assert_true(heard.given);
}

static int ended(const char *script, struct err *err)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct child child = { .argv = argv };

	return child_run(&child, err);
}

static void what_may_do_another_time_is_told_from_what_never_will(void **state)
{
	struct err err = {};

	(void)state;
	assert_int_equal(ended("kill -9 $$", &err), -EAGAIN);
	assert_string_equal(err.text, "sh was killed by signal 9");
	assert_int_equal(ended("echo error: its helper is gone >&2; exit 75", &err), -EAGAIN);
	assert_string_equal(err.text, "sh: its helper is gone");
	assert_int_equal(ended("echo it was killed by signal 9 >&2; exit 1", &err), -EIO);
	assert_string_equal(err.text, "sh: it was killed by signal 9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_go_only_to_whom_they_are_for),
		cmocka_unit_test(what_may_do_another_time_is_told_from_what_never_will),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
