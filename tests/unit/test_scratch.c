// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_scratch.c — a private directory is gone with its scope, whoever is still busy in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/scratch.h"

/* Makes directories and files for a while. */
static void write_on(const char *dir)
{
	char path[SCRATCH_PATH_BYTES + 64];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "%s/busy/%u", dir, i);
		(void)mkdir(path, 0700);
		(void)usleep(1000);
	}
	_exit(0);
}

static void what_is_written_while_it_is_removed_is_removed_too(void **state)
{
	char dir[SCRATCH_PATH_BYTES], busy[SCRATCH_PATH_BYTES + 8];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct scratch scratch = {};
		struct err err = {};
		pid_t pid;

		assert_int_equal(scratch_open(&scratch, &err), 0);
		snprintf(dir, sizeof(dir), "%s", scratch.dir);
		snprintf(busy, sizeof(busy), "%s/busy", dir);
		assert_int_equal(mkdir(busy, 0700), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			write_on(dir);
		usleep(20000);
		scratch_done(&scratch);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(access(dir, F_OK), -1);
	}
}

static void what_nobody_may_write_to_is_removed(void **state)
{
	char dir[SCRATCH_PATH_BYTES], shut[SCRATCH_PATH_BYTES + 16];
	struct scratch scratch = {};
	struct err err = {};

	(void)state;
	assert_int_equal(scratch_open(&scratch, &err), 0);
	snprintf(dir, sizeof(dir), "%s", scratch.dir);
	snprintf(shut, sizeof(shut), "%s/shut", dir);
	assert_int_equal(mkdir(shut, 0700), 0);
	snprintf(shut, sizeof(shut), "%s/shut/in", dir);
	assert_int_equal(mkdir(shut, 0), 0);
	snprintf(shut, sizeof(shut), "%s/shut", dir);
	assert_int_equal(chmod(shut, 0), 0);
	scratch_done(&scratch);
	assert_int_equal(access(dir, F_OK), -1);
	scratch_done(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_while_it_is_removed_is_removed_too),
		cmocka_unit_test(what_nobody_may_write_to_is_removed),
	};

	return cmocka_run_group_tests_name("scratch", tests, NULL, NULL);
}
