// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_align.c — functions found again in another version of a library, and what a store knows carried there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/align.h"
#include "tests/unit/code_fixture.h"

#define FUNCTIONS 40u
#define TEXT_BYTES (256u << 10)

/* One side: an object of its own. */
struct version {
	struct code code;
	struct symbols *names;
	int fd;
};

struct pair {
	struct object *o;
	struct version old, new;
	struct align_match *matches;
	size_t agreed;
};

static void pair_done(struct pair *pair)
{
	symbols_free(pair->old.names);
	symbols_free(pair->new.names);
	cleanup_close(&pair->old.fd);
	cleanup_close(&pair->new.fd);
	free(pair->matches);
}

/* A function of some size that no other is like; it calls out, so that its bytes move with the distance. */
static size_t put_function(char *text, size_t len, unsigned number, unsigned kind)
{
	return len +
	       (size_t)snprintf(text + len, TEXT_BYTES - len,
				"%s int f%u(volatile int *x) { *x += %u; step(); *x ^= %u; "
				"step(); *x *= 3; step(); *x += 11; step(); return *x - %u; }\n",
				number % 3 ? "__attribute__((visibility(\"hidden\")))" : "", number,
				kind * 1000 + 1, kind * 77 + 5, kind);
}

static void build(struct pair *pair, struct version *to, const char *text, const char *name)
{
	struct object *o = pair->o;

	compile(&o->root, "gcc -O2 -shared -fPIC", text, name);
	to->fd = open(root_path(&o->root, *name == 'a' ? "/a.so" : "/b.so"), O_RDONLY | O_CLOEXEC);
	assert_true(to->fd >= 0);
	assert_int_equal(code_read(&to->code, to->fd, o->arena, &o->err), 0);
	assert_int_equal(symbols_read(&to->names, to->fd, NULL, 0, &o->err), 0);
}

static int align(struct pair *pair)
{
	const struct align_side from = { &pair->old.code, pair->old.names };
	const struct align_side to = { &pair->new.code, pair->new.names };

	return align_functions(&from, &to, &pair->matches, &pair->agreed, &pair->o->err);
}

static const struct align_match *match_of(const struct pair *pair, const char *name)
{
	const struct code_function *f =
	    code_function_at(&pair->old.code, symbol_address(&pair->o->root, "a.so", name));

	assert_non_null(f);
	return &pair->matches[f - pair->old.code.functions];
}

/* In the new version: one function more in front, number 7 changed, number 20 gone. */
static void build_versions(struct pair *pair)
{
	static const char head[] =
	    "__attribute__((noinline, visibility(\"hidden\"))) void step(void) "
	    "{ __asm__ volatile(\"\"); }\n";
	_cleanup_free_ char *old = malloc(TEXT_BYTES), *new = malloc(TEXT_BYTES);
	size_t a, b;

	assert_non_null(old);
	assert_non_null(new);
	a = (size_t)snprintf(old, TEXT_BYTES, "%s", head);
	b = (size_t)snprintf(new, TEXT_BYTES, "%s", head);
	b = put_function(new, b, 100, 100);
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		a = put_function(old, a, i, i);
		if (i != 20)
			b = put_function(new, b, i, i == 7 ? 500 : i);
	}
	build(pair, &pair->old, old, "a.so");
	build(pair, &pair->new, new, "b.so");
}

static void functions_are_found_again_where_nm_sees_them(void **state)
{
	_cleanup_(pair_done) struct pair pair = { *state, { .fd = -1 }, { .fd = -1 }, NULL, 0 };

	if (!has_command("gcc"))
		skip();
	build_versions(&pair);
	assert_int_equal(align(&pair), 0);
	assert_int_equal(pair.agreed, 14);
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		const struct align_match *m;
		char name[16];

		snprintf(name, sizeof(name), "f%u", i);
		m = match_of(&pair, name);
		if (i == 20) {
			assert_true(m->to == ALIGN_NONE);
			continue;
		}
		assert_true(m->to != ALIGN_NONE);
		assert_int_equal(pair.new.code.functions[m->to].start,
				 symbol_address(&pair.o->root, "b.so", name));
		assert_int_equal(m->changed, i == 7);
	}
}

static void names_that_contradict_refuse_everything(void **state)
{
	static const char head[] = "void step(void);\n";
	_cleanup_(pair_done) struct pair pair = { *state, { .fd = -1 }, { .fd = -1 }, NULL, 0 };
	_cleanup_free_ char *old = malloc(TEXT_BYTES), *new = malloc(TEXT_BYTES);
	size_t a, b;

	if (!has_command("gcc"))
		skip();
	assert_non_null(old);
	assert_non_null(new);
	a = (size_t)snprintf(old, TEXT_BYTES, "%s", head);
	b = (size_t)snprintf(new, TEXT_BYTES, "%s", head);
	for (unsigned i = 0; i < 4; i++) {
		a = put_function(old, a, 3 * i, i);
		b = put_function(new, b, 3 * i, (i + 1) % 4);
	}
	build(&pair, &pair.old, old, "a.so");
	build(&pair, &pair.new, new, "b.so");
	assert_int_equal(align(&pair), -EBADE);
	assert_null(pair.matches);
	assert_non_null(strstr(pair.o->err.text, "but its symbol says"));
}

/* A store's object with one function of each kind of match. */
static void what_is_known_is_carried_as_far_as_it_holds(void **state)
{
	_cleanup_(pair_done) struct pair pair = { *state, { .fd = -1 }, { .fd = -1 }, NULL, 0 };
	_cleanup_(symbol_store_freep) struct symbol_store *store = symbol_store_new();
	struct store_object known = { .build_id = "aa", .elsewhere_count = 1 }, carried;
	uint64_t same, inside, gone, changed, in_changed;
	struct store_function functions[] = {
		{ "same", "f.c", STORE_LOCAL_INLINED, { &same, 1 }, { &inside, 1 }, {}, NULL, 0 },
		{ "gone", "f.c", STORE_LOCAL, { &gone, 1 }, {}, {}, NULL, 0 },
		{ "changed", "f.c", STORE_LOCAL, { &changed, 1 }, {}, {}, NULL, 0 },
		{ "in_changed", "f.c", STORE_INLINED, {}, { &in_changed, 1 }, {}, NULL, 0 },
		{ "absent", "f.c", STORE_NOT_COMPILED, {}, {}, {}, NULL, 0 },
	};
	struct store_cve cve = { .id = "CVE-2024-1", .functions = functions, .function_count = 5 };
	const struct store_function *f;
	const struct root *root = &pair.o->root;

	if (!has_command("gcc"))
		skip();
	build_versions(&pair);
	assert_int_equal(align(&pair), 0);
	same = symbol_address(root, "a.so", "f5");
	inside = symbol_address(root, "a.so", "f6");
	gone = symbol_address(root, "a.so", "f20");
	changed = symbol_address(root, "a.so", "f7");
	in_changed = code_function_at(&pair.old.code, changed)->end - 1;
	known.cves = &cve;
	known.cve_count = 1;
	assert_int_equal(align_carry(store, &known, &pair.old.code, &pair.new.code, pair.matches,
				     "bb", &carried, &pair.o->err),
			 0);
	assert_int_equal(carried.equality, EQUALITY_ALIGNED);
	assert_string_equal(carried.aligned_from, "aa");
	assert_int_equal(carried.elsewhere_count, 0);
	f = carried.cves[0].functions;
	assert_int_equal(f[0].kind, STORE_LOCAL_INLINED);
	assert_int_equal(f[0].entries.addresses[0], symbol_address(root, "b.so", "f5"));
	assert_int_equal(f[0].inlined.addresses[0], symbol_address(root, "b.so", "f6"));
	assert_int_equal(f[1].kind, STORE_UNRESOLVED);
	assert_int_equal(f[2].kind, STORE_LOCAL);
	assert_int_equal(f[2].entries.addresses[0], symbol_address(root, "b.so", "f7"));
	assert_int_equal(f[3].kind, STORE_UNRESOLVED);
	assert_int_equal(f[4].kind, STORE_UNRESOLVED);
	assert_non_null(
	    strstr(carried.cves[0].why, "\"not_compiled\" was said of another version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		object_test(functions_are_found_again_where_nm_sees_them),
		object_test(names_that_contradict_refuse_everything),
		object_test(what_is_known_is_carried_as_far_as_it_holds),
	};

	return cmocka_run_group_tests_name("align", tests, NULL, NULL);
}
