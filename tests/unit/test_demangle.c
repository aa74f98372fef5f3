// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_demangle.c — names of Rust and C++, and names that would never end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/demangle.h"
#include "include/cleanup.h"

static const struct {
	const char *name;
	enum mangling mangling;
	const char *readable;
} cases[] = {
	/* Rust, legacy */
	{ "_ZN4core3fmt5write17h0123456789abcdefE", MANGLING_RUST_LEGACY, "core::fmt::write" },
	{ "_ZN4core3fmt5write17h0123456789abcdefE.llvm.123", MANGLING_RUST_LEGACY,
	  "core::fmt::write" },
	{ "_ZN8smallvec17SmallVec$LT$A$GT$11insert_many17h0e0b6f71a40a40d9E", MANGLING_RUST_LEGACY,
	  "smallvec::SmallVec<A>::insert_many" },
	{ "_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$"
	  "3fmt17h0123456789abcdefE",
	  MANGLING_RUST_LEGACY, "<alloc::string::String as core::fmt::Display>::fmt" },
	{ "_ZN1a4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", MANGLING_RUST_LEGACY,
	  "a::main::{{closure}}" },
	{ "_ZN1a10$u4f60$$xx17h0123456789abcdefE", MANGLING_RUST_LEGACY, "a::\344\275\240$xx" },
	{ "_ZN1a5$u1b$17h0123456789abcdefE", MANGLING_RUST_LEGACY, "a::$u1b$" },
	/* Rust, v0 */
	{ "_RNvNtCs1234_7mycrate3foo3bar", MANGLING_RUST_V0, "mycrate::foo::bar" },
	{ "_RNCNvC1a4main0", MANGLING_RUST_V0, "a::main::{closure#0}" },
	{ "_RNSC1a6vtable", MANGLING_RUST_V0, "a::{shim:vtable#0}" },
	{ "_RNvMC1aNtB2_1T3get", MANGLING_RUST_V0, "<a::T>::get" },
	{ "_RNvXC1aNtB2_1TNtC4core5Clone5clone", MANGLING_RUST_V0, "<a::T as core::Clone>::clone" },
	{ "_RINvC1a1fShRLcEE", MANGLING_NONE, "" },
	{ "_RINvC1a1fShReE", MANGLING_RUST_V0, "a::f::<[u8], &str>" },
	{ "_RINvC1a1fAhj10_TlEDNtC1b1TEL_E", MANGLING_RUST_V0,
	  "a::f::<[u8; 16], (i32,), dyn b::T>" },
	{ "_RINvC1a1fFUKCPhOaEuE", MANGLING_RUST_V0,
	  "a::f::<unsafe extern \"C\" fn(*const u8, *mut i8)>" },
	{ "_RINvC1a1fKin7_Kb1_E", MANGLING_RUST_V0, "a::f::<-7, true>" },
	{ "_RNvC1a1f.llvm.42", MANGLING_RUST_V0, "a::f" },
	{ "_RNvC1au3abc", MANGLING_RUST_V0, "a::punycode{abc}" },
	/* C++ */
	{ "_ZN2ns5Class6methodERKSs", MANGLING_CPP, "ns::Class::method" },
	{ "_Z3fooILi3EEvT_", MANGLING_CPP, "foo<3>" },
	{ "_ZN12_GLOBAL__N_13barEv", MANGLING_CPP, "(anonymous namespace)::bar" },
	{ "_ZThn16_N1A1fEv", MANGLING_CPP, "non-virtual thunk to A::f()" },
	/* Neither */
	{ "main", MANGLING_NONE, "" },
	{ "", MANGLING_NONE, "" },
	{ "_Z", MANGLING_NONE, "" },
	{ "_ZN", MANGLING_NONE, "" },
	{ "_ZN99999999999999999999a17h0123456789abcdefE", MANGLING_NONE, "" },
	{ "_R", MANGLING_NONE, "" },
	{ "_RNvC1a", MANGLING_NONE, "" },
	{ "_RNvC1a9short", MANGLING_NONE, "" },
	{ "_RB_", MANGLING_NONE, "" },
	{ "_RC0", MANGLING_NONE, "" },
	{ "_R0NvC1a1f", MANGLING_NONE, "" },
	{ "_RNvC1a1f!", MANGLING_NONE, "" },
};

static void names_are_read(void **state)
{
	char readable[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum mangling m = demangle(readable, sizeof(readable), cases[i].name);

		if (m != cases[i].mangling || strcmp(readable, cases[i].readable) != 0)
			fail_msg("%s: %d '%s', not %d '%s'", cases[i].name, m, readable,
				 cases[i].mangling, cases[i].readable);
	}
}

static void what_does_not_fit_is_not_read(void **state)
{
	char readable[17];

	(void)state;
	assert_int_equal(demangle(readable, 17, "_ZN4core3fmt5write17h0123456789abcdefE"),
			 MANGLING_RUST_LEGACY);
	assert_int_equal(demangle(readable, 16, "_ZN4core3fmt5write17h0123456789abcdefE"),
			 MANGLING_NONE);
	assert_string_equal(readable, "");
	assert_int_equal(demangle(readable, 17, "_ZN2ns5Class6methodERKSs"), MANGLING_NONE);
	assert_int_equal(demangle(readable, 1, "_RNvC1a1f"), MANGLING_NONE);
}

static size_t put_base62(char *to, size_t value)
{
	static const char digits[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = 0;

	if (value > 62)
		to[len++] = digits[(value - 1) / 62];
	if (value)
		to[len++] = digits[(value - 1) % 62];
	to[len++] = '_';
	return len;
}

/* (u8, u8), and then `levels` pairs of twice the one before, by back references. */
static void doubling_rust(char *name, unsigned levels)
{
	size_t len = (size_t)sprintf(name, "_RINvC1a1fThhE"), last = 8, at;

	for (unsigned i = 0; i < levels; i++) {
		at = len - 2;
		name[len++] = 'T';
		for (int k = 0; k < 2; k++) {
			name[len++] = 'B';
			len += put_base62(name + len, last);
		}
		name[len++] = 'E';
		last = at;
	}
	memcpy(name + len, "E", 2);
}

/* p<a, a>, and then the same by substitutions: S2_ is that type, S3_ the next one. */
static void doubling_cpp(char *name, unsigned levels)
{
	size_t len = (size_t)sprintf(name, "_Z1fI1pI1aS1_E");

	for (unsigned i = 0; i < levels; i++) {
		char id = (char)(i < 8 ? '2' + i : 'A' + i - 8);

		len += (size_t)sprintf(name + len, "S0_IS%c_S%c_E", id, id);
	}
	memcpy(name + len, "Evv", 4);
}

static void names_that_never_end_are_left(void **state)
{
	_cleanup_free_ char *readable = malloc(DEMANGLE_OUT_MAX);
	char name[1024];

	(void)state;
	assert_non_null(readable);
	doubling_rust(name, 2);
	assert_int_equal(demangle(readable, DEMANGLE_OUT_MAX, name), MANGLING_RUST_V0);
	assert_string_equal(readable, "a::f::<(u8, u8), ((u8, u8), (u8, u8)), "
				      "(((u8, u8), (u8, u8)), ((u8, u8), (u8, u8)))>");
	doubling_rust(name, 40);
	assert_int_equal(demangle(readable, DEMANGLE_OUT_MAX, name), MANGLING_NONE);
	assert_string_equal(readable, "");

	doubling_cpp(name, 2);
	assert_int_equal(demangle(readable, DEMANGLE_OUT_MAX, name), MANGLING_CPP);
	assert_string_equal(readable, "f<p<a, a>, p<p<a, a>, p<a, a> >, "
				      "p<p<p<a, a>, p<a, a> >, p<p<a, a>, p<a, a> > > >");
	doubling_cpp(name, 30);
	assert_int_equal(demangle(readable, DEMANGLE_OUT_MAX, name), MANGLING_NONE);
	assert_string_equal(readable, "");
}

static void depth_and_length_are_bounded(void **state)
{
	enum { LEN = 2 * DEMANGLE_IN_MAX };
	_cleanup_free_ char *name = malloc(LEN), *readable = malloc(DEMANGLE_OUT_MAX);

	(void)state;
	assert_non_null(name);
	assert_non_null(readable);
	for (size_t len = 300; len < LEN; len *= 3) {
		memset(name, 'S', len);
		memcpy(name, "_RINvC1a1f", 10);
		memcpy(name + len - 3, "hE", 3);
		assert_int_equal(demangle(readable, DEMANGLE_OUT_MAX, name), MANGLING_NONE);
		memset(name, 'P', len);
		memcpy(name, "_Z1fI", 5);
		memcpy(name + len - 4, "hEv", 4);
		assert_int_equal(demangle(readable, DEMANGLE_OUT_MAX, name),
				 len < 1024 ? MANGLING_CPP : MANGLING_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(what_does_not_fit_is_not_read),
		cmocka_unit_test(names_that_never_end_are_left),
		cmocka_unit_test(depth_and_length_are_bounded),
	};

	return cmocka_run_group_tests_name("demangle", tests, NULL, NULL);
}
