// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_closer.c — descriptors that are closed elsewhere are closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "agent/closer.h"

#define MANY 200

static void all_are_closed_after_the_wait(void **state)
{
	_cleanup_(closer_freep) struct closer *closer = closer_new();
	int ends[2], fds[MANY];
	char byte;

	(void)state;
	assert_non_null(closer);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
		for (int i = 0; i < MANY; i++) {
			fds[i] = dup(ends[1]);
			assert_true(fds[i] >= 0);
		}
		close(ends[1]);
		assert_int_equal(read(ends[0], &byte, 1), -1);
		assert_int_equal(errno, EAGAIN);
		for (int i = 0; i < MANY; i++)
			closer_add(closer, fds[i]);
		closer_wait(closer);
		assert_int_equal(read(ends[0], &byte, 1), 0); /* nobody can write any more */
		close(ends[0]);
	}
}

static void nothing_is_closed_for_no_descriptor(void **state)
{
	struct closer *closer = closer_new();

	(void)state;
	closer_add(closer, -1);
	closer_wait(closer);
	closer_free(closer);
	closer_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_closed_after_the_wait),
		cmocka_unit_test(nothing_is_closed_for_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
