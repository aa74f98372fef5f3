// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_syscall_names.c — numbers become names, in both ABIs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/syscall.h>

#include "agent/syscall_names.h"

static void native_numbers_have_their_names(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(SYS_read, false), "read");
	assert_string_equal(syscall_name(SYS_openat2, false), "openat2");
	assert_null(syscall_name(1000000, false));
	assert_null(syscall_name(UINT32_MAX, true));
}

#ifdef __x86_64__
static void compat_numbers_are_those_of_i386(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(5, true), "open");
	assert_string_equal(syscall_name(295, true), "openat");
	assert_string_equal(syscall_name(102, true), "socketcall");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_numbers_have_their_names),
#ifdef __x86_64__
		cmocka_unit_test(compat_numbers_are_those_of_i386),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
