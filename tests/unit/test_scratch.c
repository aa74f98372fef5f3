// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_scratch.c — a private directory is gone with its scope, whoever is still busy in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/scratch.h"
#include "analyzer/staging.h"

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

/* Begins everything that shall not outlast us, tells that, and waits for the end. */
static void begin(const char *target, int say)
{
	struct scratch scratch = {};
	struct staging staging = {};
	struct err err = {};
	char path[PATH_MAX];

	if (scratch_open(&scratch, &err) < 0 || staging_open(&staging, target, &err) < 0)
		_exit(1);
	(void)mkdir(staging_path(&staging, "half", path), 0700);
	(void)dprintf(say, "%s %s\n", scratch.dir, staging.dir);
	for (;;)
		pause();
}

static bool goes(const char *dir)
{
	for (unsigned i = 0; i < 600; i++) {
		if (access(dir, F_OK) < 0)
			return true;
		usleep(50000);
	}
	return false;
}

static void nothing_outlasts_us_whatever_ends_us(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGKILL };
	char target[] = "/tmp/vexxy-test.XXXXXX", line[2 * PATH_MAX], *staged;

	(void)state;
	assert_non_null(mkdtemp(target));
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		int ends[2], status;
		pid_t pid;
		ssize_t n;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			begin(target, ends[1]);
		close(ends[1]);
		n = read(ends[0], line, sizeof(line) - 1);
		assert_true(n > 1);
		line[n - 1] = '\0';
		staged = strchr(line, ' ');
		assert_non_null(staged);
		*staged++ = '\0';
		assert_int_equal(access(line, F_OK), 0);
		assert_int_equal(access(staged, F_OK), 0);
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		/* who reads what we print is not kept waiting by what clears away */
		assert_int_equal(read(ends[0], line + n, 1), 0);
		close(ends[0]);
		assert_true(goes(line));
		assert_true(goes(staged));
	}
	assert_int_equal(rmdir(target), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_while_it_is_removed_is_removed_too),
		cmocka_unit_test(what_nobody_may_write_to_is_removed),
		cmocka_unit_test(nothing_outlasts_us_whatever_ends_us),
	};

	return cmocka_run_group_tests_name("scratch", tests, NULL, NULL);
}
