// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_findings_functions.c — what OSV records say of functions reaches the finding that they are about, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/findings_fixture.h"

#define RECORD(id, more, ...)                                            \
	"{\"id\":\"" id "\",\"modified\":\"2024-01-01T00:00:00Z\"," more \
	"\"affected\":[" __VA_ARGS__ "]}"
#define ENTRY(ecosystem, name, events, more)                                                 \
	"{\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"" name "\"},\"ranges\":[{" \
	"\"type\":\"ECOSYSTEM\",\"events\":[" events "]}]," more "}"
#define OPEN "{\"introduced\":\"0\"}"
#define SPECIFIC(...) "\"ecosystem_specific\":{" __VA_ARGS__ "}"
#define IMPORTS(...) SPECIFIC("\"imports\":[" __VA_ARGS__ "]")
#define SSL(more) ENTRY("Debian:12", "openssl", OPEN, more)
#define PYTHON(more) ENTRY("PyPI", "jinja2", OPEN, more)

static void assert_function(const struct finding *f, size_t i, const char *path, const char *symbol)
{
	assert_true(i < f->function_count);
	if (path)
		assert_string_equal(f->functions[i].path, path);
	else
		assert_null(f->functions[i].path);
	if (symbol)
		assert_string_equal(f->functions[i].symbol, symbol);
	else
		assert_null(f->functions[i].symbol);
}

static void imports_name_functions_by_place(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    RECORD("CVE-2024-0001", "",
		   PYTHON(IMPORTS("{\"path\":\"x/b\",\"symbols\":[\"T.M\",\"F\"],\"goos\":["
				  "\"windows\",\"linux\"],\"goarch\":[\"arm64\"]},"
				  "{\"path\":\"x/a\"},"
				  "{\"path\":\"x/c\",\"symbols\":[\"G\"],\"derived_symbols\":["
				  "\"H\"]}"))));
	const struct finding *x = &f->items[0];

	assert_int_equal(x->function_count, 5);
	assert_function(x, 0, "x/a", NULL);
	assert_function(x, 1, "x/b", "F");
	assert_function(x, 2, "x/b", "T.M");
	assert_string_equal(x->functions[2].os[0], "linux");
	assert_string_equal(x->functions[2].os[1], "windows");
	assert_null(x->functions[2].os[2]);
	assert_string_equal(x->functions[2].arch[0], "arm64");
	assert_string_equal(x->functions[2].source, "CVE-2024-0001");
	assert_false(x->functions[3].derived);
	assert_function(x, 4, "x/c", "H");
	assert_true(x->functions[4].derived);
	assert_null(x->functions_partial);
}

static void rust_names_are_whole(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, RECORD("RUSTSEC-2024-0001", "",
				    PYTHON(SPECIFIC("\"affects\":{\"functions\":[\"a::T::f\"],"
						    "\"os\":[\"linux\"],\"arch\":[]},"
						    "\"affected_functions\":null"))));

	assert_int_equal(f->items[0].function_count, 1);
	assert_function(&f->items[0], 0, NULL, "a::T::f");
	assert_string_equal(f->items[0].functions[0].os[0], "linux");
	assert_null(f->items[0].functions[0].arch);
}

static void a_database_may_put_them_elsewhere(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    RECORD("GHSA-x", "",
		   PYTHON("\"database_specific\":{\"affected_functions\":[\"a.f\",\"\"]}")));

	assert_int_equal(f->items[0].function_count, 1);
	assert_function(&f->items[0], 0, NULL, "a.f");
}

static void our_own_records_tell_the_file_of_each(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    RECORD("CVE-2024-0001", "",
		   SSL(IMPORTS("{\"path\":\"*\",\"symbols\":[\"main\",\"g\",\"h\"],\"source\":"
			       "\"p.patch\"}") ",\"database_specific\":{\"vexxy\":{\"partial\":"
					       "\"1 of 2 changes is outside of any function\","
					       "\"patches\":[{\"name\":\"p.patch\",\"functions\":["
					       "{\"file\":\"b.c\",\"name\":\"main\"},"
					       "{\"file\":\"a.c\",\"name\":\"main\"},"
					       "{\"file\":\"a.c\",\"name\":\"old\",\"now\":\"g\"}]"
					       "}]}}")));
	const struct finding *x = &f->items[0];

	assert_int_equal(x->function_count, 4);
	assert_function(x, 0, "*", "g");
	assert_string_equal(x->functions[0].file, "a.c");
	assert_null(x->functions[1].file);
	assert_function(x, 2, "*", "main");
	assert_string_equal(x->functions[2].file, "a.c");
	assert_string_equal(x->functions[3].file, "b.c");
	assert_string_equal(x->functions[3].source, "CVE-2024-0001 (p.patch)");
	assert_string_equal(x->functions_partial, "1 of 2 changes is outside of any function");
}

static void aliases_unite_what_they_name(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state, "[" RECORD("CVE-2024-0001", "",
			       PYTHON(IMPORTS("{\"path\":\"x\",\"symbols\":[\"A\",\"B\"]"
					      "}"))) "," RECORD("GHSA-x",
								"\"aliases\":[\"CVE-2024-"
								"0001\"],",
								PYTHON(IMPORTS("{\"path\":\"x\","
									       "\"symbols\":[\"B\","
									       "\"C\"]}"))) "]");

	assert_int_equal(f->count, 1);
	assert_int_equal(f->items[0].function_count, 3);
	assert_function(&f->items[0], 1, "x", "B");
	assert_string_equal(f->items[0].functions[1].source, "CVE-2024-0001, GHSA-x");
	assert_string_equal(f->items[0].functions[2].source, "GHSA-x");
	assert_null(f->items[0].functions_partial);
}

static void cves_do_not_share_functions(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    "[" RECORD(
		"CVE-2024-0001", "",
		PYTHON(IMPORTS(
		    "{\"path\":\"x\",\"symbols\":[\"A\"]}"))) "," RECORD("CVE-2024-0002",
									 "\"related\":[\"CVE-2024-"
									 "0001\"],",
									 PYTHON(IMPORTS(
									     "{\"path\":\"x\","
									     "\"symbols\":[\"B\"]"
									     "}"))) "]");

	assert_int_equal(f->count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(f->items[i].function_count, 1);
		assert_function(&f->items[i], 0, "x", i ? "B" : "A");
		assert_null(f->items[i].functions_partial);
	}
}

static void a_record_on_several_cves_says_so_at_each(void **state)
{
	_cleanup_(findings_freep) struct findings *f =
	    load_one(*state, RECORD("GHSA-x", "\"aliases\":[\"CVE-2024-0001\",\"CVE-2024-0002\"],",
				    PYTHON(IMPORTS("{\"path\":\"x\",\"symbols\":[\"A\"]}"))));

	assert_int_equal(f->count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_function(&f->items[i], 0, "x", "A");
		assert_string_equal(f->items[i].functions_partial,
				    "the functions are those of several CVEs together");
	}
}

static void entries_about_other_versions_or_packages_count_for_nothing(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state,
	    RECORD(
		"CVE-2024-0001", "",
		ENTRY("PyPI", "jinja2", "{\"introduced\":\"4\"}", IMPORTS("{\"path\":\"x\",\"symbols\":[\"later\"]}")) "," ENTRY(
		    "npm", "@scope/other", OPEN,
		    IMPORTS(
			"{\"path\":\"x\",\"symbols\":[\"other\"]}")) "," ENTRY("Debian:11",
									       "openssl", OPEN,
									       IMPORTS(
										   "{\"path\":"
										   "\"x\","
										   "\"symbols\":["
										   "\"elsewhere\"]"
										   "}")) "," PYTHON(IMPORTS("{\"path\":\"x\",\"symbols\":[\"this\"]}"))));

	assert_int_equal(f->count, 1);
	assert_int_equal(f->items[0].function_count, 1);
	assert_function(&f->items[0], 0, "x", "this");
	assert_null(f->items[0].functions_partial);
}

static void an_entry_that_names_none_makes_the_rest_partial(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state, RECORD("CVE-2024-0001", "",
			   PYTHON(IMPORTS("{\"path\":\"x\",\"symbols\":[\"A\"]}")) "," PYTHON(
			       "\"versions\":[]")));

	assert_int_equal(f->items[0].function_count, 1);
	assert_string_equal(f->items[0].functions_partial,
			    "a part of the record names no function");
}

static void a_record_without_functions_leaves_them_unknown(void **state)
{
	_cleanup_(findings_freep) struct findings *f = load_one(
	    *state, RECORD("CVE-2024-0001", "",
			   SSL("\"database_specific\":{\"vexxy\":{\"partial\":\"nothing but tables"
			       " changed\"}}")));

	assert_int_equal(f->items[0].function_count, 0);
	assert_string_equal(f->items[0].functions_partial, "nothing but tables changed");
}

static void advisories_add_functions_and_report_nothing(void **state)
{
	const struct findings_fixture *fixture = *state;
	const char *reported =
	    write_text(fixture, "in0.json", RECORD("CVE-2024-0001", "", SSL("\"versions\":[]")));
	const char *advised = write_text(
	    fixture, "in1.json",
	    "[" RECORD(
		"CVE-2024-0001", "",
		ENTRY(
		    "Debian:12", "openssl", OPEN ",{\"fixed\":\"99\"}",
		    IMPORTS(
			"{\"path\":\"*\",\"symbols\":[\"f\"]}"))) "," RECORD("CVE-2024-0002", "",
									     SSL(IMPORTS(
										 "{\"path\":\"*\","
										 "\"symbols\":["
										 "\"g\"]}"))) "]");
	const struct findings_inputs inputs = { &reported, &advised, 1, 1 };
	_cleanup_(findings_freep) struct findings *f = NULL;
	struct err err = {};

	assert_int_equal(findings_load(&f, &fixture->inventory, &inputs, &err), 0);
	for (size_t i = 0; i < f->count; i++) {
		assert_string_equal(f->items[i].id, "CVE-2024-0001");
		assert_int_equal(f->items[i].function_count, 1);
		assert_null(
		    f->items[i].fixed_version); /* what an advisory is fixed by may be elsewhere */
	}
	assert_true(f->count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imports_name_functions_by_place),
		cmocka_unit_test(rust_names_are_whole),
		cmocka_unit_test(a_database_may_put_them_elsewhere),
		cmocka_unit_test(our_own_records_tell_the_file_of_each),
		cmocka_unit_test(aliases_unite_what_they_name),
		cmocka_unit_test(cves_do_not_share_functions),
		cmocka_unit_test(a_record_on_several_cves_says_so_at_each),
		cmocka_unit_test(entries_about_other_versions_or_packages_count_for_nothing),
		cmocka_unit_test(an_entry_that_names_none_makes_the_rest_partial),
		cmocka_unit_test(a_record_without_functions_leaves_them_unknown),
		cmocka_unit_test(advisories_add_functions_and_report_nothing),
	};

	return cmocka_run_group_tests(tests, findings_setup, findings_teardown);
}
