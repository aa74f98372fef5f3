// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_source_event.c — records of the kernel side about code and functions, good and contradictory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/source_event.h"

struct record {
	struct event event;
	char data[512];
};

static int decode(struct source_event *ret, struct source_text *text, struct record *record,
		  const void *data, size_t len)
{
	record->event.length = (uint32_t)len;
	memcpy(record->data, data, len);
	return source_event_decode(ret, text, record, sizeof(record->event) + len);
}

static void new_code_is_a_file_and_an_inode(void **state)
{
	struct record record = { .event = { .kind = EVENT_CODE,
					    .slot = 3,
					    .ino = 77,
					    .dev = 8 << 20 | 1,
					    .generation = 5,
					    .addr = 0x1000,
					    .offset = 99,
					    .pid = 4,
					    .tid = 5,
					    .mode = EVENT_CODE_LATE } };
	struct source_text text;
	struct source_event e;

	(void)state;
	assert_int_equal(decode(&e, &text, &record, "libz.so\0lib", 12), 0);
	assert_int_equal(e.kind, TRACE_PROBE);
	assert_string_equal(e.path, "/lib/libz.so");
	assert_int_equal(e.code.ino, 77);
	assert_int_equal(e.code.dev, 8 << 20 | 1);
	assert_int_equal(e.code.generation, 5);
	assert_int_equal(e.code.changed, 99);
	assert_int_equal(e.code.slot, 3);
	assert_true(e.late);
	assert_false(e.unseen);
	record.event.mode = EVENT_CODE_UNSEEN;
	assert_int_equal(decode(&e, &text, &record, "", 0), 0);
	assert_true(e.unseen);
	assert_non_null(e.path);
}

static void a_hold_has_no_path(void **state)
{
	struct record record = { .event = { .kind = EVENT_HOLD, .pid = 4, .tid = 5, .number = 2 } };
	struct source_text text;
	struct source_event e;

	(void)state;
	assert_int_equal(decode(&e, &text, &record, "", 0), 0);
	assert_int_equal(e.kind, TRACE_PROBE);
	assert_null(e.path);
	assert_int_equal(e.codes, 2);
}

static void a_function_has_its_stack(void **state)
{
	static const uint64_t stack[] = { 0x401000, 0x402000 };
	struct record record = {
		.event = { .kind = EVENT_FUNCTION, .ino = 7ull << 32 | 9, .generation = 4 }
	};
	struct source_text text;
	struct source_event e;
	char much[(EVENT_STACK_MAX + 1) * sizeof(uint64_t)] = "";

	(void)state;
	assert_int_equal(decode(&e, &text, &record, stack, sizeof(stack)), 0);
	assert_int_equal(e.kind, TRACE_FUNCTION);
	assert_int_equal(e.cookie, 7ull << 32 | 9);
	assert_int_equal(e.unit, 4);
	assert_int_equal(e.stack_count, 2);
	assert_int_equal(e.stack[1], 0x402000);
	assert_int_equal(decode(&e, &text, &record, stack, 0), 0);
	assert_int_equal(e.stack_count, 0);
	assert_int_equal(decode(&e, &text, &record, stack, 12), -EBADMSG);
	assert_int_equal(decode(&e, &text, &record, much, sizeof(much)), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_code_is_a_file_and_an_inode),
		cmocka_unit_test(a_hold_has_no_path),
		cmocka_unit_test(a_function_has_its_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
