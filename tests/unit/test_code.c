// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_code.c — functions of real objects found by their unwind tables; tables that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/code.h"
#include "analyzer/eh_frame.h"
#include "tests/unit/code_fixture.h"

static const char two_functions[] =
    "int second(int x);\n"
    "__attribute__((noinline)) static int first(int x) { return x * 3; }\n"
    "int second(int x) { return first(x) + 1; }\n";

static void check_order(const struct code *code)
{
	for (size_t i = 0; i < code->function_count; i++) {
		assert_true(code->functions[i].start < code->functions[i].end);
		if (i)
			assert_true(code->functions[i - 1].end <= code->functions[i].start);
	}
}

static void functions_have_the_bounds_that_the_symbols_say(void **state)
{
	struct object *r = *state;
	const struct code_function *f;
	uint64_t first, second;

	if (!has_command("gcc") || !has_command("nm"))
		skip();
	compile(&r->root, "gcc -O2 -shared -fPIC", two_functions, "a.so");
	first = symbol_address(&r->root, "a.so", "first");
	second = symbol_address(&r->root, "a.so", "second");
	assert_int_equal(object_read(r, "/a.so"), 0);
	check_order(&r->code);
	f = code_function_at(&r->code, first);
	assert_non_null(f);
	assert_int_equal(f->start, first);
	assert_ptr_equal(code_function_at(&r->code, f->end - 1), f);
	f = code_function_at(&r->code, second + 1);
	assert_non_null(f);
	assert_int_equal(f->start, second);
	assert_null(code_function_at(&r->code, 1));
}

static void stripping_everything_changes_nothing(void **state)
{
	struct object *r = *state;
	struct code_function *kept;
	size_t count;

	if (!has_command("gcc") || !has_command("objcopy"))
		skip();
	compile(&r->root, "gcc -O2 -shared -fPIC", two_functions, "a.so");
	assert_int_equal(object_read(r, "/a.so"), 0);
	kept = r->code.functions;
	count = r->code.function_count;
	/* No section headers at all: e_shoff, e_shnum and e_shstrndx are 0. */
	shell(&r->root,
	      "objcopy --strip-all a.so b.so && for at in 40:8 60:4; do dd if=/dev/zero of=b.so "
	      "bs=1 seek=${at%:*} count=${at#*:} conv=notrunc 2>dd.log || exit 1; done");
	assert_int_equal(object_read(r, "/b.so"), 0);
	assert_int_equal(r->code.file.section_count, 0);
	assert_int_equal(r->code.function_count, count);
	assert_memory_equal(r->code.functions, kept, count * sizeof(*kept));
}

static void an_address_has_its_offset_and_back(void **state)
{
	struct object *r = *state;
	uint64_t address, offset;
	size_t room;

	if (!has_command("gcc"))
		skip();
	compile(&r->root, "gcc -O2 -shared -fPIC -Wl,-z,separate-code", two_functions, "a.so");
	assert_int_equal(object_read(r, "/a.so"), 0);
	for (size_t i = 0; i < r->code.function_count; i++) {
		unsigned char byte;

		assert_int_equal(code_offset(&r->code, r->code.functions[i].start, &offset), 0);
		assert_int_equal(code_address(&r->code, offset, &address), 0);
		assert_int_equal(address, r->code.functions[i].start);
		assert_int_equal(pread(r->fd, &byte, 1, (off_t)offset), 1);
		assert_int_equal(*code_bytes_at(&r->code, address, &room), byte);
		assert_true(room >= r->code.functions[i].end - address);
	}
	assert_int_equal(code_offset(&r->code, 1, &offset), -ERANGE);
	assert_int_equal(code_address(&r->code, UINT64_MAX, &address), -ERANGE);
	assert_null(code_bytes_at(&r->code, UINT64_MAX, &room));
}

static void functions_from_elsewhere_are_cut_and_clipped(void **state)
{
	static const unsigned char bytes[64];
	struct code_segment segment = { 0x1000, 0x1040, 0, false, bytes };
	const struct code_function given[] = {
		{ .start = 0x1020 },
		{ .start = 0x1000 },
		{ .start = 0x1008, .end = 0x1010 },
		{ .start = 0x100c, .end = 0x1018 },
		{ .start = 0x1030, .end = 0x9000 },
		{ .start = 0x800, .end = 0x1008 },
		{ .start = 0x1010, .end = 0x1010 },
	};
	const struct code_function expected[] = {
		{ .start = 0x1000, .end = 0x1008 },
		{ .start = 0x1008, .end = 0x100c, .overlaps = true },
		{ .start = 0x100c, .end = 0x1018, .overlaps = true },
		{ .start = 0x1020, .end = 0x1030 },
		{ .start = 0x1030, .end = 0x1040, .overlaps = true },
	};
	struct object *r = *state;

	r->code.segments = &segment;
	r->code.segment_count = 1;
	assert_int_equal(
	    code_set_functions(&r->code, given, sizeof(given) / sizeof(*given), r->arena, &r->err),
	    0);
	assert_int_equal(r->code.refused, 2);
	assert_int_equal(r->code.function_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(r->code.functions[i].start, expected[i].start);
		assert_int_equal(r->code.functions[i].end, expected[i].end);
		assert_int_equal(r->code.functions[i].overlaps, expected[i].overlaps);
	}
}

static void a_file_without_tables_has_no_functions(void **state)
{
	struct object *r = *state;
	struct tiny_elf elf;

	tiny_elf_make(&elf, "");
	root_bytes(&r->root, "/tiny", &elf, sizeof(elf), 0644);
	assert_int_equal(object_read(r, "/tiny"), 0);
	assert_int_equal(r->code.function_count, 0);
	root_file(&r->root, "/text", "no ELF file");
	assert_int_equal(object_read(r, "/text"), -ENOEXEC);
}

static void tables_that_lie_elsewhere_are_refused_with_the_place(void **state)
{
	struct object *r = *state;
	struct tiny_elf elf;

	tiny_elf_make(&elf, "");
	elf.note.p_type = PT_GNU_EH_FRAME;
	elf.note.p_vaddr = 0xdead0000;
	root_bytes(&r->root, "/tiny", &elf, sizeof(elf), 0644);
	assert_int_equal(object_read(r, "/tiny"), -EBADMSG);
	assert_string_equal(r->err.text, "unwind tables at 0xdead0000 are in no loaded segment");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		object_test(functions_have_the_bounds_that_the_symbols_say),
		object_test(stripping_everything_changes_nothing),
		object_test(an_address_has_its_offset_and_back),
		object_test(functions_from_elsewhere_are_cut_and_clipped),
		object_test(a_file_without_tables_has_no_functions),
		object_test(tables_that_lie_elsewhere_are_refused_with_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
