// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_symbol_store.c — a store is read as it was written, found by build-id alone, and refused when anything is off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/symbol_store.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD(id, equality)                                                                     \
	"{\"build_id\":\"" id "\",\"file\":\"/lib/libz.so.1.2\",\"soname\":\"libz.so.1\","     \
	"\"package\":\"zlib1g\",\"source\":\"zlib\",\"version\":\"1:1.2\",\"arch\":\"amd64\"," \
	"\"equality\":\"" equality "\",\"dsc\":{\"name\":\"zlib_1.2.dsc\",\"sha256\":\"" SHA   \
	"\"},\"code\":[[\"0x4000\",\"0x5000\",\"0x1000\"]],\"cves\":["
#define CVE(functions)                                                                  \
	"{\"cve\":\"CVE-2022-1\",\"complete\":true,\"patches\":[{\"name\":\"1.patch\"," \
	"\"sha256\":\"" SHA "\"}],\"functions\":[" functions "]}"
#define FUNCTION(kind, places) "{\"name\":\"f\",\"file\":\"z.c\",\"kind\":\"" kind "\"" places "}"
#define TAIL                                                                   \
	"],\"elsewhere\":[\"CVE-2022-2\"],\"apart\":[{\"cve\":\"CVE-2022-2\"," \
	"\"of\":\"1 of 2 changes\"}]}\n"

static const char whole[] = HEAD("aa11", "identical")
    CVE(FUNCTION("local+inlined", ",\"entries\":[\"0x4000\"],\"inlined\":[\"0x4010\","
				  "\"0x4ff0\"],\"lines\":[\"0x4014\"],\"made\":[\"g\"]"))
	TAIL HEAD("bb22", "text") TAIL;

static int parse(struct symbol_store **ret, const char *text, struct err *err)
{
	return symbol_store_parse(ret, text, strlen(text), err);
}

static void what_was_written_is_read_and_written_again(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	_cleanup_free_ char *text = NULL;
	const struct store_object *o;
	const struct store_cve *cve;
	struct err err = {};
	size_t len;

	(void)state;
	assert_int_equal(parse(&store, whole, &err), 0);
	assert_int_equal(store->count, 2);
	o = symbol_store_lookup(store, "aa11");
	assert_non_null(o);
	assert_int_equal(o->equality, EQUALITY_IDENTICAL);
	cve = store_object_cve(o, "CVE-2022-1");
	assert_non_null(cve);
	assert_null(cve->why);
	assert_int_equal(cve->functions[0].kind, STORE_LOCAL_INLINED);
	assert_int_equal(cve->functions[0].inlined.count, 2);
	assert_int_equal(cve->functions[0].inlined.addresses[1], 0x4ff0);
	assert_string_equal(cve->functions[0].made[0], "g");
	assert_string_equal(cve->patches[0].sha256, SHA);
	assert_int_equal(symbol_store_format(store, &text, &len, &err), 0);
	assert_int_equal(len, strlen(whole));
	assert_string_equal(text, whole);
}

static void another_build_id_finds_nothing(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&store, whole, &err), 0);
	assert_null(symbol_store_lookup(store, "aa12"));
	assert_null(symbol_store_lookup(store, "aa"));
	assert_null(symbol_store_lookup(store, "aa1100"));
	assert_null(symbol_store_lookup(store, ""));
}

static void a_cve_that_was_not_looked_for_is_neither_here_nor_elsewhere(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	const struct store_object *o;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&store, whole, &err), 0);
	o = symbol_store_lookup(store, "aa11");
	assert_true(store_object_is_elsewhere(o, "CVE-2022-2"));
	assert_null(store_object_cve(o, "CVE-2022-2"));
	assert_null(store_object_cve(o, "CVE-2022-3"));
	assert_false(store_object_is_elsewhere(o, "CVE-2022-3"));
}

static void a_file_is_apart_from_what_one_record_says_alone(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	const struct store_object *o;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&store, whole, &err), 0);
	o = symbol_store_lookup(store, "aa11");
	assert_true(store_object_is_apart(o, "CVE-2022-2", "1 of 2 changes"));
	assert_false(store_object_is_apart(o, "CVE-2022-2", "1 of 20 changes"));
	assert_false(store_object_is_apart(o, "CVE-2022-3", "1 of 2 changes"));
}

static void an_address_has_an_offset_in_the_file(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	const struct store_object *o;
	struct err err = {};
	uint64_t offset = 0;

	(void)state;
	assert_int_equal(parse(&store, whole, &err), 0);
	o = symbol_store_lookup(store, "aa11");
	assert_int_equal(store_object_offset(o, 0x4010, &offset), 0);
	assert_int_equal(offset, 0x1010);
	assert_int_equal(store_object_offset(o, 0x5000, &offset), -ERANGE);
	assert_int_equal(store_object_offset(o, 0x3fff, &offset), -ERANGE);
}

static void lines_may_come_in_any_order_but_once(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	_cleanup_(symbol_store_freep) struct symbol_store *twice = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&store, HEAD("cc", "near") TAIL HEAD("ab", "identical") TAIL, &err),
			 0);
	assert_string_equal(store->objects[0].build_id, "ab");
	assert_int_equal(parse(&twice, HEAD("cc", "near") TAIL HEAD("cc", "text") TAIL, &err),
			 -EEXIST);
	assert_string_equal(err.text, "line 2: the build-id cc stands twice: '/lib/libz.so.1.2' "
				      "and '/lib/libz.so.1.2'");
}

static void what_is_off_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "{}\n", "line 1: 'build_id' is missing or no text" },
		{ HEAD("xyz", "text") TAIL, "line 1: 'build_id' is no build-id in hex: 'xyz'" },
		{ HEAD("aa1", "text") TAIL, "line 1: 'build_id' is no build-id in hex: 'aa1'" },
		{ HEAD("aa", "aligned") TAIL, "line 1: 'aligned_from' is missing or no text" },
		{ HEAD("aa", "alike") TAIL, "line 1: 'equality' is unknown: 'alike'" },
		{ HEAD("aa", "text") "],\"apart\":[{\"cve\":\"CVE-2022-2\"}]}\n",
		  "line 1: 'apart': 'of' is missing or no text" },
		{ HEAD("aa", "text") CVE(FUNCTION("odd", "")) TAIL,
		  "line 1: 'CVE-2022-1': 'kind' is missing or unknown: 'odd'" },
		{ HEAD("aa", "text") CVE(FUNCTION("local", "")) TAIL,
		  "line 1: 'CVE-2022-1': 'f' is \"local\", but its places say otherwise" },
		{ HEAD("aa", "text") CVE(FUNCTION("elsewhere", ",\"entries\":[\"0x4000\"]")) TAIL,
		  "line 1: 'CVE-2022-1': 'f' is \"elsewhere\", but its places say otherwise" },
		{ HEAD("aa", "text") CVE(FUNCTION("not_compiled", ",\"inlined\":[\"0x4000\"]"))
		      TAIL,
		  "line 1: 'CVE-2022-1': 'f' is \"not_compiled\", but its places say otherwise" },
		{ HEAD("aa", "text") CVE(FUNCTION("local", ",\"entries\":[\"0x5000\"]")) TAIL,
		  "line 1: 'CVE-2022-1': 'entries' has an address outside the code" },
		{ HEAD("aa", "text") CVE(FUNCTION("local", ",\"entries\":[\"4000\"]")) TAIL,
		  "line 1: 'CVE-2022-1': '4000' is no address such as \"0x1f\"" },
		{ HEAD("aa", "text") CVE(FUNCTION("local", ",\"entries\":[\"0x4010\",\"0x4000\"]"))
		      TAIL,
		  "line 1: 'CVE-2022-1': 'entries' is not sorted" },
		{ HEAD("aa", "text") CVE("") "," CVE("") TAIL,
		  "line 1: 'CVE-2022-1': 'cves' is not sorted: 'CVE-2022-1'" },
		{ HEAD("aa", "text") "{\"cve\":\"CVE-1\",\"complete\":false}" TAIL,
		  "line 1: 'CVE-1': 'why' is missing or no text" },
		{ HEAD("aa", "text") "{\"cve\":\"CVE-1\"}" TAIL,
		  "line 1: 'CVE-1': 'complete' is neither true nor false" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct symbol_store *store = NULL;
		struct err err = {};

		assert_true(parse(&store, cases[i].text, &err) < 0);
		assert_null(store);
		assert_string_equal(err.text, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_and_written_again),
		cmocka_unit_test(another_build_id_finds_nothing),
		cmocka_unit_test(a_cve_that_was_not_looked_for_is_neither_here_nor_elsewhere),
		cmocka_unit_test(a_file_is_apart_from_what_one_record_says_alone),
		cmocka_unit_test(an_address_has_an_offset_in_the_file),
		cmocka_unit_test(lines_may_come_in_any_order_but_once),
		cmocka_unit_test(what_is_off_is_refused_with_its_line),
	};

	return cmocka_run_group_tests_name("symbol_store", tests, NULL, NULL);
}
