// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_instructions.c — where instructions begin: confirmed against objdump, refused with the reason everywhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/instructions.h"
#include "tests/unit/code_fixture.h"

static const char plain[] = "int g; int f(int x) { g = 0x11223344; return x * 0x55667788 + g; }\n";

static void open_decoder(struct object *o, struct decoder **ret, const char *path)
{
	assert_int_equal(object_read(o, path), 0);
	assert_int_equal(decoder_open(ret, &o->code, &o->err), 0);
}

/* Every start that objdump sees in the function is confirmed, and no other byte of it. */
static void compare_with_objdump(struct object *o, struct decoder *decoder, const char *objdump,
				 uint64_t address)
{
	const struct code_function *f = code_function_at(&o->code, address);
	_cleanup_free_ bool *starts = NULL;
	char line[1024];
	FILE *pipe;

	assert_non_null(f);
	starts = calloc(f->end - f->start, sizeof(*starts));
	assert_non_null(starts);
	snprintf(line, sizeof(line), "cd %s && %s -d --start-address=%ju --stop-address=%ju a.so",
		 o->root.dir, objdump, (uintmax_t)f->start, (uintmax_t)f->end);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		uint64_t at;
		char tab;

		/* A second line of the same long instruction has no text behind its bytes. */
		if (sscanf(line, " %jx:%c", (uintmax_t *)&at, &tab) == 2 && tab == '\t' &&
		    strchr(strchr(line, '\t') + 1, '\t') && at >= f->start && at < f->end)
			starts[at - f->start] = true;
	}
	pclose(pipe);
	assert_true(starts[0]);
	for (uint64_t at = f->start; at < f->end; at++)
		assert_int_equal(instruction_check(decoder, at, &o->err),
				 starts[at - f->start] ? 0 : -EINVAL);
}

static void starts_are_those_that_objdump_sees(void **state)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct object *o = *state;

	if (!has_command("gcc") || !has_command("objdump"))
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC", plain, "a.so");
	open_decoder(o, &decoder, "/a.so");
	compare_with_objdump(o, decoder, "objdump", symbol_address(&o->root, "a.so", "f"));
	assert_string_equal(strchr(o->err.text, ' '),
			    strstr(o->err.text, " lies in the middle of an instruction"));
}

static void starts_on_arm64_are_those_that_objdump_sees(void **state)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct object *o = *state;

	if (!has_command("clang") || !has_command("aarch64-linux-gnu-ld"))
		skip();
	compile(&o->root,
		"clang --target=aarch64-linux-gnu -O2 -fPIC -fasynchronous-unwind-tables -c", plain,
		"a.o");
	shell(&o->root, "aarch64-linux-gnu-ld -shared --eh-frame-hdr a.o -o a.so");
	open_decoder(o, &decoder, "/a.so");
	compare_with_objdump(o, decoder, "aarch64-linux-gnu-objdump",
			     symbol_address(&o->root, "a.so", "f"));
}

static void an_address_outside_every_function_is_refused(void **state)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC", plain, "a.so");
	open_decoder(o, &decoder, "/a.so");
	assert_int_equal(instruction_check(decoder, 0x10, &o->err), -EINVAL);
	assert_string_equal(o->err.text, "no function is known at 0x10");
}

/* Refused at its own start, since nothing in this function can be told from data. */
static void refuses(struct object *o, const char *text, const char *reason)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	uint64_t at;

	compile(&o->root, "gcc -O2 -shared -fPIC", text, "a.so");
	open_decoder(o, &decoder, "/a.so");
	at = symbol_address(&o->root, "a.so", "f");
	assert_true(at != 0);
	assert_int_equal(instruction_check(decoder, at, &o->err), -EINVAL);
	if (!strstr(o->err.text, reason))
		fail_msg("'%s' does not say '%s'", o->err.text, reason);
}

#define ASSEMBLY(body)                                                        \
	"asm(\".globl f\\n.type f,@function\\nf: .cfi_startproc\\n\" \"" body \
	"\" \"\\n ret\\n.cfi_endproc\\n.size f,.-f\\n\");\n"

static void a_function_with_data_in_it_is_refused(void **state)
{
	if (!has_command("gcc") || !machine_is_x86())
		skip();
	/* 0x06 is no instruction; 0xb8 swallows the four bytes behind it, at which the jump aims. */
	refuses(*state, ASSEMBLY("jmp 1f\\n .byte 0x06\\n 1: nop"), "has no instruction at");
	refuses(*state, ASSEMBLY("jmp 1f\\n .byte 0xb8\\n 1: nop\\n nop\\n nop\\n nop\\n nop"),
		"in the middle of an instruction");
	refuses(*state, ASSEMBLY("nop\\n .byte 0xe8"), "has no instruction at");
}

/* What is remembered of one function is never said of another one. */
static void a_refused_function_stays_refused_between_good_ones(void **state)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct object *o = *state;
	uint64_t good, bad;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC",
		"int good(int x) { return x + 1; }\n" ASSEMBLY("nop\\n .byte 0x06\\n nop"), "a.so");
	open_decoder(o, &decoder, "/a.so");
	good = symbol_address(&o->root, "a.so", "good");
	bad = symbol_address(&o->root, "a.so", "f");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(instruction_check(decoder, good + 3, &o->err), 0); /* ret */
		assert_int_equal(instruction_check(decoder, good + 1, &o->err), -EINVAL);
		assert_int_equal(instruction_check(decoder, bad, &o->err), -EINVAL);
		assert_int_equal(instruction_check(decoder, bad, &o->err), -EINVAL);
	}
}

static void a_jump_over_a_lock_prefix_is_no_fault(void **state)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct object *o = *state;
	uint64_t f;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC",
		ASSEMBLY("je 1f\\n lock\\n 1: cmpxchg %ecx, (%rdx)"), "a.so");
	open_decoder(o, &decoder, "/a.so");
	f = symbol_address(&o->root, "a.so", "f");
	assert_int_equal(instruction_check(decoder, f, &o->err), 0);
	assert_int_equal(instruction_check(decoder, f + 2, &o->err), 0);
	assert_int_equal(instruction_check(decoder, f + 3, &o->err), -EINVAL);
}

static void another_machine_is_not_supported(void **state)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct object *o = *state;
	struct tiny_elf elf;

	tiny_elf_make(&elf, "");
	elf.header.e_machine = EM_RISCV;
	root_bytes(&o->root, "/tiny", &elf, sizeof(elf), 0644);
	assert_int_equal(object_read(o, "/tiny"), 0);
	assert_int_equal(decoder_open(&decoder, &o->code, &o->err), -ENOTSUP);
	assert_string_equal(o->err.text, "its code is for machine 243, and only x86-64 and arm64 "
					 "are understood");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		object_test(starts_are_those_that_objdump_sees),
		object_test(starts_on_arm64_are_those_that_objdump_sees),
		object_test(an_address_outside_every_function_is_refused),
		object_test(a_function_with_data_in_it_is_refused),
		object_test(a_refused_function_stays_refused_between_good_ones),
		object_test(a_jump_over_a_lock_prefix_is_no_fault),
		object_test(another_machine_is_not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
