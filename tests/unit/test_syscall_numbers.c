// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_syscall_numbers.c — whether syscall() can be the door to execve, asked of real code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>

#include "analyzer/elf_facts.h"
#include "tests/unit/compile_fixture.h"

#define DOOR "long syscall(long number, ...);\nextern volatile int sink;\nvolatile int sink;\n"

struct door_test {
	const char *text, *options;
	bool executes;
};

static void check(const struct door_test *t)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_close_ int fd = -1;
	struct elf_facts facts = {};
	struct root root = {};
	struct err err = {};
	char options[512], text[2048], path[512];
	bool found = false;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	root_make(&root);
	snprintf(options, sizeof(options), "gcc -O2 -shared -fPIC %s",
		 t->options ? t->options : "");
	snprintf(text, sizeof(text), DOOR "%s", t->text);
	compile(&root, options, text, "a.so");
	snprintf(path, sizeof(path), "%s/a.so", root.dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (elf_facts_read(&facts, fd, NULL, arena, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < facts.imported_count; i++)
		found |= !strcmp(facts.imported[i], "syscall");
	assert_true(found);
	assert_int_equal(facts.imports_exec, t->executes);
	root_remove(&root);
}

#define DOOR_TEST(name, ...)                                          \
	static void name(void **state)                                \
	{                                                             \
		static const struct door_test test = { __VA_ARGS__ }; \
                                                                      \
		(void)state;                                          \
		check(&test);                                         \
	}

DOOR_TEST(a_number_that_stands_before_the_call_is_that_call,
	  .text = "long wait(int *p); long wait(int *p) { return syscall(202, p, 1, 2); }\n"
		  "long get(void *p); long get(void *p) { sink = 1; syscall(318, p, 9); return "
		  "syscall(0, p); }\n")
DOOR_TEST(so_it_is_without_linkage_stubs, .options = "-fno-plt",
	  .text = "long wait(int *p); long wait(int *p) { return syscall(202, p, 1, 2) + 1; }\n"
		  "long tail(int *p); long tail(int *p) { return syscall(202, p, 1, 2); }\n")
DOOR_TEST(execve_by_number_executes,
	  .text = "long run(char *p); long run(char *p) { return syscall(59, p, 0, 0) + 1; }\n",
	  .executes = true)
DOOR_TEST(
    execveat_by_number_executes,
    .text = "long run(int d); long run(int d) { return syscall(322, d, \"\", 0, 0, 0x1000); }\n",
    .executes = true)
DOOR_TEST(a_number_from_elsewhere_may_be_any,
	  .text = "long any(long n); long any(long n) { return syscall(n, 1) + 1; }\n",
	  .executes = true)
DOOR_TEST(
    a_number_that_was_chosen_may_be_either,
    .text = "long pick(int c); long pick(int c) { return syscall(c ? 59 : 202, 1, 2) + 1; }\n",
    .executes = true)
DOOR_TEST(a_number_from_a_table_of_jumps_may_be_any,
	  .text =
	      "long pick(int c, char *p); long pick(int c, char *p) { switch (c) {\n"
	      "case 0: sink = 7; return syscall(202, p); case 1: sink = 3; return syscall(59, p);\n"
	      "case 2: sink = 9; return syscall(1, p); case 3: sink++; return syscall(2, p);\n"
	      "case 4: sink--; return syscall(3, p); default: return sink; } }\n",
	  .executes = true)
DOOR_TEST(who_comes_from_another_function_brings_another_number,
	  .text = "void hot(int c); asm(\".globl hot\\nhot: .cfi_startproc\\nmov $202, %edi\\n\"\n"
		  "\"test %esi, %esi\\njne cold\\nback: sub $8, %rsp\\ncall syscall@PLT\\n\"\n"
		  "\"add $8, %rsp\\nret\\n.cfi_endproc\\n\"\n"
		  "\"cold: .cfi_startproc\\nmov $59, %edi\\njmp back\\n.cfi_endproc\\n\");\n",
	  .executes = true)
DOOR_TEST(who_comes_through_a_word_brings_another_number,
	  .text = "void hot(int c); asm(\".globl hot\\nhot: .cfi_startproc\\nmov $59, %edi\\n\"\n"
		  "\"test %esi, %esi\\nje 1f\\njmp *way(%rip)\\n1: mov $202, %edi\\n\"\n"
		  "\"2: sub $8, %rsp\\ncall syscall@PLT\\nadd $8, %rsp\\nret\\n.cfi_endproc\\n\"\n"
		  "\".data\\nway: .quad 2b\\n.text\\n\");\n",
	  .executes = true)
DOOR_TEST(what_no_unwind_record_covers_is_no_stub,
	  .options = "-fno-plt -fno-asynchronous-unwind-tables -fno-stack-protector",
	  .text = "static long run(char *p) { return syscall(59, p, 0, 0); }\n"
		  "typedef long (*fn)(char *); fn give(void); fn give(void) { return run; }\n",
	  .executes = true)
DOOR_TEST(a_use_that_is_not_seen_may_be_any, .options = "-mcmodel=large",
	  .text = "long wait(int *p); long wait(int *p) { return syscall(59, p, 0, 0) + 1; }\n",
	  .executes = true)
DOOR_TEST(
    who_gives_the_function_away_lets_others_choose,
    .text = "typedef long (*fn)(long, ...); fn give(void); fn give(void) { return syscall; }\n",
    .executes = true)
DOOR_TEST(a_pointer_in_data_is_for_anybody,
	  .text = "extern long (*door)(long, ...); long (*door)(long, ...) = syscall;\n",
	  .executes = true)
DOOR_TEST(
    x32_has_numbers_of_its_own,
    .text = "long run(char *p); long run(char *p) { return syscall(0x40000208, p, 0) + 1; }\n",
    .executes = true)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_that_stands_before_the_call_is_that_call),
		cmocka_unit_test(so_it_is_without_linkage_stubs),
		cmocka_unit_test(execve_by_number_executes),
		cmocka_unit_test(execveat_by_number_executes),
		cmocka_unit_test(a_number_from_elsewhere_may_be_any),
		cmocka_unit_test(a_number_that_was_chosen_may_be_either),
		cmocka_unit_test(a_number_from_a_table_of_jumps_may_be_any),
		cmocka_unit_test(who_comes_from_another_function_brings_another_number),
		cmocka_unit_test(who_comes_through_a_word_brings_another_number),
		cmocka_unit_test(what_no_unwind_record_covers_is_no_stub),
		cmocka_unit_test(a_use_that_is_not_seen_may_be_any),
		cmocka_unit_test(who_gives_the_function_away_lets_others_choose),
		cmocka_unit_test(a_pointer_in_data_is_for_anybody),
		cmocka_unit_test(x32_has_numbers_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
