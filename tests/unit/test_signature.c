// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_signature.c — functions of a static library are known again in a stripped program that was linked with it, and others are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/file.h"
#include "analyzer/linked.h"
#include "analyzer/static_library.h"
#include "analyzer/symbol_archives.h"
#include "tests/unit/code_fixture.h"

/* All that a linker rewrites: calls, a variable of another file through the table of offsets, thread-local storage, a string. */
#define LIBRARY                                                                                   \
	"#include <stdio.h>\n#define NO __attribute__((noinline, noclone))\n"                     \
	"extern int shared_count; extern __thread int mine; int other(int);\n"                    \
	"static NO int hidden(int n) { for (int i = 0; i < n; i++) shared_count += (i * n) ^ (n " \
	"<< 3) ^ (i * 77); "                                                                      \
	"return shared_count ^ 77; }\n"                                                           \
	"int bad(int n) { mine += n; if (n > 3) printf(\"%d is large\\n\", n + mine); "           \
	"return hidden(n) + other(n * 3); }\n"                                                    \
	"NO int twin_one(int n) { return other(n + 4) * 11 + other(n + 5) * 13 + (n << 7); }\n"   \
	"NO int twin_two(int n) { return other(n + 4) * 11 + other(n + 5) * 13 + (n << 7); }\n"   \
	"NO int tiny(int n) { return n + 1; }\n"
#define OTHER                                                                                   \
	"int shared_count; __thread int mine; int other(int n); int other(int n) { mine ^= n; " \
	"return n * 5; }\n"
#define MAIN "int bad(int); int main(int argc, char **argv) { (void)argv; return bad(argc); }\n"

struct library {
	struct root root;
	struct symbol_store *store;
	struct fix_target targets[3];
	struct fix_record record;
	struct fix_records records;
	struct archives_told told;
	struct object app;
	struct linked *found;
	size_t count;
	struct err err;
};

static int set_up(void **state)
{
	struct library *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	root_make(&l->root);
	l->store = symbol_store_new();
	l->app.fd = -1;
	assert_non_null(l->store);
	l->targets[0] = (struct fix_target){ .file = "src/vuln.c", .name = "bad" };
	l->targets[1] = (struct fix_target){ .file = "src/vuln.c", .name = "hidden" };
	l->targets[2] = (struct fix_target){ .file = "src/elsewhere.c", .name = "other" };
	l->record = (struct fix_record){
		.cve = "CVE-2099-1", .package = "risky", .targets = l->targets, .target_count = 3
	};
	l->records = (struct fix_records){ .items = &l->record, .count = 1 };
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct library *l = *state;

	symbol_store_free(l->store);
	arena_free(l->app.arena);
	cleanup_close(&l->app.fd);
	root_remove(&l->root);
	free(l);
	return 0;
}

static bool can_compile(void)
{
	return has_command("gcc") && has_command("ar") && has_command("nm") &&
	       has_command("strip") && machine_is_x86();
}

static void make_library(struct library *l, const char *options, const char *text)
{
	char line[256];

	snprintf(line, sizeof(line), "gcc -O2 -c %s", options);
	compile(&l->root, line, OTHER, "other.o");
	compile(&l->root, line, text, "libvuln_la-vuln.o");
	shell(&l->root, "ar rcs libvuln.a libvuln_la-vuln.o other.o");
}

static void add_library(struct library *l)
{
	const struct store_archive like = { .file = "/usr/lib/libvuln.a",
					    .package = "vuln-dev",
					    .source = "risky",
					    .version = "1.0-1" };
	_cleanup_free_ char *text = NULL;
	char path[512];
	size_t len;

	snprintf(path, sizeof(path), "%s/libvuln.a", l->root.dir);
	assert_int_equal(file_read(&text, &len, path, 1u << 24, &l->err), 0);
	if (symbol_archives_add_bytes(l->store, text, len, &like, &l->records, &l->told, &l->err) <
	    0)
		fail_msg("%s", l->err.text);
}

static void link_app(struct library *l, const char *options)
{
	char line[256];

	snprintf(line, sizeof(line), "gcc -O2 %s", options);
	compile(&l->root, line, MAIN, "app libvuln.a");
	shell(&l->root, "cp app app.full && strip app");
}

static void find(struct library *l)
{
	_cleanup_(linked_index_freep) struct linked_index *index = NULL;
	const struct symbol_store *store = l->store;

	l->app.root = l->root;
	if (!l->app.arena)
		l->app.arena = arena_new();
	if (object_read(&l->app, "/app") < 0)
		fail_msg("%s", l->app.err.text);
	assert_int_equal(linked_index_new(&index, &store, 1, &l->err), 0);
	assert_int_equal(
	    linked_find(&l->found, &l->count, index, &l->app.code, l->app.arena, &l->err), 0);
}

static void expect_found(struct library *l)
{
	find(l);
	assert_int_equal(l->count, 2);
	for (size_t i = 0; i < l->count; i++) {
		const char *name = l->found[i].function->name;

		assert_int_equal(l->found[i].address, symbol_address(&l->root, "app.full", name));
		assert_true(!strcmp(name, "bad") || !strcmp(name, "hidden"));
		assert_string_equal(l->found[i].archive->package, "vuln-dev");
	}
	assert_string_not_equal(l->found[0].function->name, l->found[1].function->name);
}

static void functions_are_found_by_their_code_alone(void **state)
{
	static const char *const ways[][2] = {
		{ "-fPIC", "-static" },
		{ "-fPIC", "-pie" },
		{ "-fno-pie", "-no-pie" },
		{ "-fPIE -ffunction-sections", "-static-pie -Wl,--gc-sections" },
		{ "-fPIC -fno-plt", "-no-pie" },
		{ "-fPIC -mtls-dialect=gnu2", "-static" },
	};
	struct library *l = *state;

	if (!can_compile())
		skip();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		symbol_store_free(l->store);
		l->store = symbol_store_new();
		l->told = (struct archives_told){};
		make_library(l, ways[i][0], LIBRARY);
		add_library(l);
		assert_int_equal(l->told.functions, 2);
		assert_int_equal(l->told.unknown, 0);
		link_app(l, ways[i][1]);
		expect_found(l);
	}
}

static void what_cannot_be_told_apart_is_left_out(void **state)
{
	struct library *l = *state;

	if (!can_compile())
		skip();
	make_library(l, "-fPIC", LIBRARY);
	l->targets[0].name = "twin_one";
	l->targets[1].name = "tiny";
	add_library(l);
	assert_int_equal(l->told.functions, 0);
	assert_int_equal(l->told.ambiguous, 2);
	assert_true(l->told.short_ones >= 1);
	assert_int_equal(l->store->archive_count, 0);
}

static void a_function_of_another_source_is_another_one(void **state)
{
	struct library *l = *state;

	if (!can_compile())
		skip();
	make_library(l, "-fPIC", LIBRARY);
	l->targets[0].file = "src/devuln.c";
	add_library(l);
	assert_int_equal(l->told.functions, 1);
	assert_string_equal(l->store->archives[0].functions[0].name, "hidden");
	assert_string_equal(l->store->archives[0].functions[0].member, "libvuln_la-vuln.o");
}

static void another_version_is_not_found(void **state)
{
	struct library *l = *state;

	if (!can_compile())
		skip();
	make_library(l, "-fPIC", LIBRARY);
	add_library(l);
	shell(&l->root, "rm libvuln.a");
	make_library(l, "-fPIC -Dprintf=puts_twice -DMORE=1",
		     "int puts_twice(const char *, int);\n"
		     "extern int shared_count; int other(int);\n"
		     "int bad(int n) { return n > 5 ? other(n) : shared_count * n + 3; }\n");
	link_app(l, "-static");
	find(l);
	assert_int_equal(l->count, 0);
}

static void the_store_keeps_signatures(void **state)
{
	_cleanup_(symbol_store_freep) struct symbol_store *again = NULL;
	_cleanup_free_ char *text = NULL, *second = NULL;
	struct library *l = *state;
	size_t len, second_len;

	if (!can_compile())
		skip();
	make_library(l, "-fPIC", LIBRARY);
	add_library(l);
	assert_int_equal(symbol_store_format(l->store, &text, &len, &l->err), 0);
	if (symbol_store_parse(&again, text, len, &l->err) < 0)
		fail_msg("%s", l->err.text);
	assert_int_equal(symbol_store_format(again, &second, &second_len, &l->err), 0);
	assert_string_equal(text, second);
	symbol_store_free(l->store);
	l->store = take_ptr(again);
	link_app(l, "-static");
	expect_found(l);
}

static void holes_are_written_and_read(void **state)
{
	static const char *const bad[] = { "x",    "1",       "1:",       "1:0",
					   "1:4,", "1:4,3:1", "1:4,5:1",  "4:1,1:1",
					   "40:4", "3f:2",    "1:4 ,9:1", "123456789:1" };
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	unsigned char code[64];
	const struct hole holes[] = { { 30, 4 }, { 8, 4 }, { 12, 3 } };
	struct signature s, again = {};

	(void)state;
	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = (unsigned char)(i * 7 + 1);
	assert_int_equal(signature_make(&s, code, sizeof(code), holes, 3, arena), 0);
	assert_string_equal(signature_format_holes(&s, arena), "8:7,1e:4");
	assert_int_equal(signature_solid(&s), 53);
	assert_int_equal(signature_parse_holes(&again, "8:7,1e:4", 64, arena), 0);
	assert_int_equal(again.hole_count, 2);
	assert_int_equal(signature_match(&s, code), 1);
	code[9] ^= 1;
	assert_int_equal(signature_match(&s, code), 1);
	code[15] ^= 1;
	assert_int_equal(signature_match(&s, code), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (signature_parse_holes(&again, bad[i], 64, arena) != -EBADMSG)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(signature_make(&s, code, 33, holes, 1, arena), -ERANGE);
	assert_int_equal(signature_make(&s, code, 35, holes, 1, arena), -ERANGE);
}

static void an_archive_that_lies_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} tests[] = {
		{ "", "it is no archive of ar" },
		{ "!<thin>\n", "a thin archive has no members of its own" },
		{ "!<arch>\nabc", "the archive ends within a member's head" },
		{ "!<arch>\na.o/            0           0     0     644     9         `\nabc",
		  "the archive ends within the member at byte 68" },
		{ "!<arch>\na.o/            0           0     0     644     x         `\nabc",
		  "there is no member's head at byte 8" },
		{ "!<arch>\n/7              0           0     0     644     2         `\nab",
		  "the member before byte 70 has no name" },
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		struct static_library library;
		struct err err = {};

		assert_true(static_library_read(&library, tests[i].text, strlen(tests[i].text),
						arena, &err) < 0);
		static_library_done(&library);
		assert_string_equal(err.text, tests[i].error);
	}
}

#define library_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		library_test(functions_are_found_by_their_code_alone),
		library_test(what_cannot_be_told_apart_is_left_out),
		library_test(a_function_of_another_source_is_another_one),
		library_test(another_version_is_not_found),
		library_test(the_store_keeps_signatures),
		cmocka_unit_test(holes_are_written_and_read),
		cmocka_unit_test(an_archive_that_lies_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
