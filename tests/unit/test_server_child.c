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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_go_only_to_whom_they_are_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
