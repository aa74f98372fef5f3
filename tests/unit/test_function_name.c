// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_function_name.c — functions as advisories name them, against symbols as compilers write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/function_name.h"
#include "include/cleanup.h"

#define HASH "17h0123456789abcdefE"

struct match_case {
	const char *name, *symbol;
	enum name_match match;
};

static void assert_matches(enum language language, const char *package, const char *main_package,
			   const struct match_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct function_name wanted = { language, package, cases[i].name,
						      main_package };
		enum name_match match = function_name_match(&wanted, cases[i].symbol);

		if (match != cases[i].match)
			fail_msg("%s and %s: %d, not %d", cases[i].name, cases[i].symbol, match,
				 cases[i].match);
	}
}
#define COUNT(cases) (sizeof(cases) / sizeof(*(cases)))

static void names_of_c(void **state)
{
	static const struct match_case cases[] = {
		{ "png_read", "png_read", NAME_EXACT },
		{ "png_read", "png_read.part.0", NAME_PART },
		{ "png_read", "png_read.cold", NAME_PART },
		{ "png_read", "png_read_row", NAME_NONE },
		{ "png_read", "png_rea", NAME_NONE },
		{ "png_read", "_png_read", NAME_NONE },
	};

	(void)state;
	assert_matches(LANGUAGE_C, NULL, NULL, cases, COUNT(cases));
}

static void names_of_rust(void **state)
{
	static const struct match_case cases[] = {
		{ "smallvec::SmallVec::insert_many",
		  "_ZN8smallvec17SmallVec$LT$A$GT$11insert_many" HASH, NAME_EXACT },
		{ "smallvec::SmallVec<A>::insert_many",
		  "_RNvMCs1234_8smallvecINtB2_8SmallVecAhj4_E11insert_many", NAME_EXACT },
		{ "smallvec::SmallVec::insert", "_ZN8smallvec17SmallVec$LT$A$GT$11insert_many" HASH,
		  NAME_NONE },
		/* A generic function carries its type arguments. */
		{ "a::apply", "_RINvC1a5applyNCNvB2_4main0E", NAME_EXACT },
		/* Closures are code of the function. */
		{ "a::main", "_RNCNvC1a4main0", NAME_PART },
		{ "a::main", "_ZN1a4main28_$u7b$$u7b$closure$u7d$$u7d$" HASH, NAME_PART },
		{ "a::main", "_RNvNvC1a4main5inner", NAME_PART },
		{ "a::main", "_RNvC1a4main.cold", NAME_PART },
		{ "a::main", "_ZN1a4main" HASH ".llvm.7", NAME_PART },
		/* An impl for a trait is of its type; of the trait, perhaps. */
		{ "a::T::clone", "_RNvXC1aNtB2_1TNtC4core5Clone5clone", NAME_EXACT },
		{ "core::Clone::clone", "_RNvXC1aNtB2_1TNtC4core5Clone5clone", NAME_LIKELY },
		{ "<a::T as core::Clone>::clone", "_RNvXC1aNtB2_1TNtC4core5Clone5clone",
		  NAME_EXACT },
		{ "a::U::clone", "_RNvXC1aNtB2_1TNtC4core5Clone5clone", NAME_NONE },
		{ "a::m::T::f", "_ZN1a1m25_$LT$impl$u20$a..m..T$GT$1f" HASH, NAME_EXACT },
		{ "b::Tr::f", "_ZN1a43_$LT$impl$u20$b..Tr$u20$for$u20$a..m..T$GT$1f" HASH,
		  NAME_LIKELY },
		/* Exported again elsewhere: the same crate, type and function. */
		{ "lru::LruCache::iter_mut", "_ZN3lru5inner8LruCache8iter_mut" HASH, NAME_LIKELY },
		{ "lru::iter_mut", "_ZN3lru5inner8iter_mut" HASH, NAME_LIKELY },
		{ "lru::LruCache::iter_mut", "_ZN3lru5inner5Other8iter_mut" HASH, NAME_NONE },
		{ "lru::LruCache::iter_mut", "_ZN5other8LruCache8iter_mut" HASH, NAME_NONE },
		/* The dash of a package is an underscore in code. */
		{ "trust-dns::Name::new", "_ZN9trust_dns4Name3new" HASH, NAME_EXACT },
		/* What keeps its name for C has lost its path; what cannot be read may be it. */
		{ "a::ffi::entry", "entry", NAME_LIKELY },
		{ "a::ffi::entry", "entry2", NAME_NONE },
		{ "a::entry", "_RNvYYYY5entry", NAME_LIKELY },
		{ "a::entry", "_RNvYYYY5other", NAME_NONE },
		{ "a::T::f", "_ZN1a1T1fEv", NAME_NONE },
	};

	(void)state;
	assert_matches(LANGUAGE_RUST, NULL, NULL, cases, COUNT(cases));
}

static void names_of_cpp(void **state)
{
	static const struct match_case cases[] = {
		{ "ns::Class::method", "_ZN2ns5Class6methodERKSs", NAME_EXACT },
		{ "ns::Class::method(std::string const&)", "_ZN2ns5Class6methodERKSs", NAME_EXACT },
		{ "Class::method", "_ZN2ns5Class6methodERKSs", NAME_LIKELY },
		{ "ns::Class::meth", "_ZN2ns5Class6methodERKSs", NAME_NONE },
		{ "ns::Class::method", "_ZN2ns5Class6methodERKSs.part.0", NAME_PART },
		{ "foo", "_Z3fooILi3EEvT_", NAME_EXACT },
		{ "bar", "_ZN12_GLOBAL__N_13barEv", NAME_EXACT },
		{ "A::f", "_ZThn16_N1A1fEv", NAME_PART },
		{ "A::operator()", "_ZN1AclEi", NAME_EXACT },
		{ "A::operator<", "_ZN1AltERKS_", NAME_EXACT },
		{ "A::operator<<", "_ZN1AlsEi", NAME_EXACT },
		{ "A::operator<", "_ZN1AlsEi", NAME_NONE },
		{ "ns::main", "_ZZN2ns4mainEvENKUlvE_clEv", NAME_PART },
		{ "std::string::find", "_ZNSt7__cxx1112basic_stringIcE4findEv", NAME_NONE },
		{ "std::basic_string::find", "_ZNSt7__cxx1112basic_stringIcE4findEv", NAME_EXACT },
		{ "ns::c_name", "c_name", NAME_LIKELY },
		{ "smallvec::drop", "_ZN8smallvec4drop" HASH, NAME_NONE },
	};

	(void)state;
	assert_matches(LANGUAGE_CPP, NULL, NULL, cases, COUNT(cases));
}

static void names_of_go(void **state)
{
	static const struct match_case http[] = {
		{ "Transport.RoundTrip", "net/http.(*Transport).RoundTrip", NAME_EXACT },
		{ "(*Transport).RoundTrip", "net/http.(*Transport).RoundTrip", NAME_EXACT },
		{ "Header.Get", "net/http.Header.Get", NAME_EXACT },
		{ "Header.Get", "net/http.Header.GetAll", NAME_NONE },
		{ "Get", "net/http.Get", NAME_EXACT },
		{ "Get", "net/http.Get.func1", NAME_PART },
		{ "Get", "net/http.Get.gowrap2", NAME_PART },
		{ "Header.Get", "net/http.Header.Get-fm", NAME_PART },
		{ "Get", "net/http/cgi.Get", NAME_NONE },
		{ "Get", "net/http", NAME_NONE },
		{ "Map", "net/http.Map[go.shape.string,net/url.Values]", NAME_EXACT },
		{ "Map", "net/http.Map[...].func1", NAME_PART },
		{ "Map.Get", "net/http.(*Map[...]).Get", NAME_EXACT },
		{ "Map", "net/http.Mapper", NAME_NONE },
		{ "Get", "vendor/net/http.Get", NAME_LIKELY },
		{ "Get", "example.test/a/vendor/net/http.Get", NAME_LIKELY },
		{ "Get", "example.test/avendor/net/http.Get", NAME_NONE },
		{ "Get", "main.Get", NAME_NONE },
	};
	static const struct match_case yaml[] = { { "Unmarshal", "gopkg.in/yaml%2ev3.Unmarshal",
						    NAME_EXACT } };
	static const struct match_case command[] = { { "run", "main.run", NAME_EXACT } };

	(void)state;
	assert_matches(LANGUAGE_GO, "net/http", NULL, http, COUNT(http));
	assert_matches(LANGUAGE_GO, "gopkg.in/yaml.v3", NULL, yaml, COUNT(yaml));
	assert_matches(LANGUAGE_GO, "example.test/cmd", "example.test/cmd", command,
		       COUNT(command));
}

static void types_within_types_are_not_followed_for_ever(void **state)
{
	enum { DEEP = 4000 };
	_cleanup_free_ char *deep = calloc(1, 3 * DEEP + 16);

	(void)state;
	assert_non_null(deep);
	for (size_t i = 0; i < DEEP; i++)
		memcpy(deep + i, "<", 1);
	memcpy(deep + DEEP, "a::f", 4);
	memset(deep + DEEP + 4, '>', DEEP);
	memcpy(deep + 2 * DEEP + 4, "::g", 4);
	/* Too deep to be told apart. */
	assert_int_equal(
	    function_name_match(&(struct function_name){ LANGUAGE_RUST, NULL, deep, NULL },
				"_RNvC1a1f"),
	    NAME_LIKELY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_c),
		cmocka_unit_test(names_of_rust),
		cmocka_unit_test(names_of_cpp),
		cmocka_unit_test(names_of_go),
		cmocka_unit_test(types_within_types_are_not_followed_for_ever),
	};

	return cmocka_run_group_tests_name("function_name", tests, NULL, NULL);
}
