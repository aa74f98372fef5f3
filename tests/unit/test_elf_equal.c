// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_elf_equal.c — a rebuilt file is the shipped one, or nearly, or another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/elf_equal.h"
#include "tests/unit/code_fixture.h"

static const char plain[] = "int f(int x) { return x * 3; } int g(int x) { return f(x) + 1; }\n";
static const char other[] = "int f(int x) { return x * 5; } int g(int x) { return f(x) - x; }\n";
static const char more[] = "int f(int x) { return x * 3; } int g(int x) { return f(x) + 1; }\n"
			   "int h(int x) { return x; }\n";

/* Two objects from two texts; the second one's build-id is chosen by `options`. */
static int compare(struct object *o, const char *first, const char *second, const char *options,
		   enum equality *ret)
{
	struct code a, b;
	_cleanup_close_ int kept = -1;

	compile(&o->root, "gcc -O2 -shared -fPIC", first, "a.so");
	compile(&o->root, options, second, "b.so");
	assert_int_equal(object_read(o, "/a.so"), 0);
	a = o->code;
	kept = take_fd(&o->fd);
	assert_int_equal(object_read(o, "/b.so"), 0);
	b = o->code;
	return elf_equal(&a, &b, ret, o->arena, &o->err);
}

static void the_same_build_id_and_code_is_identical(void **state)
{
	enum equality equality = EQUALITY_COUNT;

	if (!has_command("gcc"))
		skip();
	assert_int_equal(compare(*state, plain, plain, "gcc -O2 -shared -fPIC", &equality), 0);
	assert_int_equal(equality, EQUALITY_IDENTICAL);
}

static void another_build_id_leaves_the_same_text(void **state)
{
	enum equality equality = EQUALITY_COUNT;

	if (!has_command("gcc"))
		skip();
	assert_int_equal(
	    compare(*state, plain, plain, "gcc -O2 -shared -fPIC -Wl,--build-id=0x1234", &equality),
	    0);
	assert_int_equal(equality, EQUALITY_TEXT);
}

static void the_same_build_id_does_not_excuse_other_code(void **state)
{
	enum equality equality = EQUALITY_COUNT;
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	assert_int_equal(compare(o, plain, other, "gcc -O2 -shared -fPIC", &equality), -EBADE);
	assert_int_equal(equality, EQUALITY_COUNT);
	assert_int_equal(compare(o, plain, more, "gcc -O2 -shared -fPIC", &equality), -EBADE);
	assert_true(o->err.text[0]);
}

/* One byte of many: the same functions, but their code is not to be called the same. */
static void one_byte_of_many_is_near(void **state)
{
	_cleanup_free_ char *text = malloc(1 << 20);
	enum equality equality = EQUALITY_COUNT;
	struct object *o = *state;
	size_t len = 0;
	char *number;

	if (!has_command("gcc"))
		skip();
	assert_non_null(text);
	for (unsigned i = 0; i < 2000; i++)
		len += (size_t)snprintf(text + len, (1 << 20) - len,
					"int f%u(int x) { return x * 0x%x1; }\n", i, 0x10000 + i);
	compile(&o->root, "gcc -O2 -shared -fPIC", text, "first.so");
	number = strstr(text, "0x100641");
	assert_non_null(number);
	number[6] = '5';
	compile(&o->root, "gcc -O2 -shared -fPIC", text, "second.so");
	assert_int_equal(object_read(o, "/first.so"), 0);
	{
		struct code first = o->code;
		_cleanup_close_ int kept = take_fd(&o->fd);

		assert_int_equal(object_read(o, "/second.so"), 0);
		assert_int_equal(elf_equal(&first, &o->code, &equality, o->arena, &o->err), 0);
	}
	assert_int_equal(equality, EQUALITY_NEAR);
}

static void names_lead_back_to_what_they_name(void **state)
{
	enum equality equality;

	(void)state;
	for (unsigned i = 0; i < EQUALITY_COUNT; i++) {
		assert_int_equal(equality_from_name(equality_name(i), &equality), 0);
		assert_int_equal(equality, i);
	}
	assert_int_equal(equality_from_name("same", &equality), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		object_test(the_same_build_id_and_code_is_identical),
		object_test(another_build_id_leaves_the_same_text),
		object_test(the_same_build_id_does_not_excuse_other_code),
		object_test(one_byte_of_many_is_near),
		cmocka_unit_test(names_lead_back_to_what_they_name),
	};

	return cmocka_run_group_tests_name("elf_equal", tests, NULL, NULL);
}
