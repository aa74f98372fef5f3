// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_callgraph.c — ancestors of functions in real objects: none is missed, and those that are none stay out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/callgraph.h"
#include "tests/unit/code_fixture.h"

#define PRELUDE                                            \
	"#define NO __attribute__((noinline, noclone))\n"  \
	"#define STATIC static NO __attribute__((used))\n" \
	"extern volatile int sink;\nvolatile int sink;\n"  \
	"STATIC void bad(void) { sink = 1; }\n"            \
	"void away(void); NO void away(void) { sink = 2; }\n"

struct graph_test {
	const char *text;    /* C source behind the prelude; the function asked for is bad() */
	const char *options; /* of gcc, besides those that all have */
	const char *in[5], *out[5];
	const char *exported[5]; /* all of them */
	enum opening open;       /* of some ancestor; OPEN_NOT: of none */
	bool closed;             /* it is closed also when it was stripped */
};

static void build(struct object *o, struct callgraph **ret, const char *path)
{
	int r = object_read(o, path);

	if (r >= 0)
		r = callgraph_build(ret, &o->code, -1, &o->err);
	if (r < 0)
		fail_msg("%s: %s", path, o->err.text);
}

static bool holds(const struct ancestry *a, uint64_t function)
{
	for (size_t i = 0; i < a->function_count; i++)
		if (a->functions[i] == function)
			return true;
	return false;
}

static bool is_open(const struct ancestry *a, enum opening why)
{
	for (size_t i = 0; i < a->opened_count; i++)
		if (why == OPENING_COUNT || a->opened[i].why == why)
			return true;
	return false;
}

static void check_names(const struct ancestry *a, const struct graph_test *t)
{
	size_t n = 0;

	for (; n < 5 && t->exported[n]; n++)
		if (n >= a->exported_count || strcmp(a->exported[n].name, t->exported[n]))
			fail_msg("%zu: %s is no exported ancestor", n, t->exported[n]);
	assert_int_equal(a->exported_count, n);
}

static void check_members(struct object *o, const struct ancestry *a, const struct graph_test *t)
{
	for (size_t i = 0; i < 5 && t->in[i]; i++)
		if (!holds(a, symbol_address(&o->root, "a.so", t->in[i])))
			fail_msg("%s is missing", t->in[i]);
	for (size_t i = 0; i < 5 && t->out[i]; i++)
		if (holds(a, symbol_address(&o->root, "a.so", t->out[i])))
			fail_msg("%s is no ancestor", t->out[i]);
}

/* Where bounds of data are not known there may be more, never less. */
static void check_superset(struct object *o, const struct ancestry *a, const struct graph_test *t)
{
	for (size_t i = 0; i < 5 && t->in[i]; i++)
		if (!holds(a, symbol_address(&o->root, "a.so", t->in[i])))
			fail_msg("stripped: %s is missing", t->in[i]);
	for (size_t n = 0; n < 5 && t->exported[n]; n++) {
		bool found = false;

		for (size_t i = 0; i < a->exported_count; i++)
			found |= !strcmp(a->exported[i].name, t->exported[n]);
		if (!found)
			fail_msg("stripped: %s is no exported ancestor", t->exported[n]);
	}
}

static void ask(struct object *o, const char *path, struct ancestry *ret)
{
	_cleanup_(callgraph_freep) struct callgraph *g = NULL;
	uint64_t bad = symbol_address(&o->root, "a.so", "bad");

	build(o, &g, path);
	assert_int_equal(callgraph_ancestors(ret, g, &bad, 1, o->arena, &o->err), 0);
	assert_true(holds(ret, bad));
	/* Names live as long as the graph. */
	for (size_t i = 0; i < ret->exported_count; i++) {
		ret->exported[i].name = arena_strdup(o->arena, ret->exported[i].name);
		if (ret->exported[i].version)
			ret->exported[i].version = arena_strdup(o->arena, ret->exported[i].version);
	}
}

/* As compiled, then stripped: only tables in data may be less well known then. */
static void check(struct object *o, const struct graph_test *t)
{
	char text[4096], options[512];
	struct ancestry a;

	if (!has_command("gcc") || !has_command("nm") || !has_command("objcopy"))
		skip();
	snprintf(text, sizeof(text), PRELUDE "%s", t->text);
	snprintf(options, sizeof(options), "gcc -O2 -shared -fPIC %s",
		 t->options ? t->options : "");
	compile(&o->root, options, text, "a.so");
	ask(o, "/a.so", &a);
	check_members(o, &a, t);
	check_names(&a, t);
	for (size_t i = 0; i < a.opened_count; i++)
		if (!t->open)
			fail_msg("0x%jx is open: %s (0x%jx)", (uintmax_t)a.opened[i].address,
				 opening_text(a.opened[i].why), (uintmax_t)a.opened[i].from);
	if (t->open && !is_open(&a, t->open))
		fail_msg("opened %zu times, but never because %s", a.opened_count,
			 opening_text(t->open));
	shell(&o->root, "objcopy --strip-all a.so b.so");
	ask(o, "/b.so", &a);
	if (t->closed && a.opened_count)
		fail_msg("stripped, 0x%jx is open: %s", (uintmax_t)a.opened[0].address,
			 opening_text(a.opened[0].why));
	if (!a.opened_count)
		check_superset(o, &a, t);
}

#define GRAPH_TEST(name, ...)                                          \
	static void name(void **state)                                 \
	{                                                              \
		static const struct graph_test test = { __VA_ARGS__ }; \
                                                                       \
		check(*state, &test);                                  \
	}

GRAPH_TEST(calls_lead_up_to_the_exported_names,
	   .text = "STATIC void middle(void) { bad(); sink++; }\n"
		   "void outer(void); void outer(void) { middle(); sink++; }\n"
		   "void other(void); void other(void) { away(); sink++; }\n",
	   .in = { "middle", "outer" }, .out = { "other", "away" }, .exported = { "outer" })

GRAPH_TEST(a_tail_call_is_a_call,
	   .text = "STATIC void middle(void) { sink++; bad(); }\n"
		   "void outer(void); void outer(void) { sink++; middle(); }\n",
	   .in = { "middle", "outer" }, .out = { "away" }, .exported = { "outer" })

GRAPH_TEST(an_exported_function_called_through_the_linkage_table_is_found,
	   .text = "void shown(void); NO void shown(void) { bad(); sink++; }\n"
		   "void outer(void); void outer(void) { shown(); sink++; }\n"
		   "void other(void); void other(void) { away(); sink++; }\n",
	   .in = { "shown", "outer" }, .out = { "other" }, .exported = { "outer", "shown" })

GRAPH_TEST(so_it_is_without_linkage_stubs, .options = "-fno-plt",
	   .text = "void shown(void); NO void shown(void) { bad(); sink++; }\n"
		   "void outer(void); void outer(void) { shown(); sink++; }\n"
		   "void last(void); void last(void) { shown(); }\n"
		   "void other(void); void other(void) { away(); sink++; }\n",
	   .in = { "shown", "outer", "last" }, .out = { "other" },
	   .exported = { "last", "outer", "shown" })

GRAPH_TEST(lazy_linkage_stubs_and_those_with_landing_marks_are_known,
	   .options = "-Wl,-z,lazy -fcf-protection=full -Wl,-z,ibtplt",
	   .text = "void shown(void); NO void shown(void) { bad(); sink++; }\n"
		   "void outer(void); void outer(void) { shown(); sink++; }\n",
	   .in = { "shown", "outer" }, .exported = { "outer", "shown" })

GRAPH_TEST(who_takes_an_address_counts_as_a_caller,
	   .text = "#include <signal.h>\n"
		   "STATIC void handler(int n) { sink = n; bad(); }\n"
		   "void arm(void); void arm(void) { struct sigaction a = { 0 };\n"
		   " a.sa_handler = handler; sigaction(SIGUSR1, &a, 0); }\n"
		   "void other(void); void other(void) { raise(SIGUSR1); sink++; }\n",
	   .in = { "handler", "arm" }, .out = { "other" }, .exported = { "arm" })

GRAPH_TEST(an_exported_function_whose_address_is_taken_is_found,
	   .text = "void shown(void); void shown(void) { bad(); sink++; }\n"
		   "typedef void (*fn)(void); fn give(void); fn give(void) { return shown; }\n",
	   .in = { "shown", "give" }, .exported = { "give", "shown" })

#define TABLE                                                                       \
	"typedef void (*fn)(void);\n"                                               \
	"STATIC void entry(void) { bad(); sink++; }\n"                              \
	"static const fn before[2] __attribute__((used)) = { away, away };\n"       \
	"static const fn table[3] __attribute__((used)) = { away, entry, away };\n" \
	"static const char *const words[600] __attribute__((used)) = { \"w\" };\n"  \
	"static const char *const after[600] __attribute__((used)) = { \"a\" };\n"

GRAPH_TEST(who_uses_a_table_reaches_its_entries,
	   .text = TABLE "void call(int i); void call(int i) { table[i](); sink++; }\n"
			 "const char *word(int i); const char *word(int i) { return after[i]; }\n",
	   .in = { "entry", "call" }, .out = { "word" }, .exported = { "call" }, .closed = true)

GRAPH_TEST(a_table_of_tables_leads_on,
	   .text = TABLE "static const fn *const all[2] __attribute__((used)) = { table, table };\n"
			 "const fn *pick(int i); const fn *pick(int i) { return all[i]; }\n",
	   .in = { "entry", "pick" }, .exported = { "pick" })

GRAPH_TEST(a_table_that_nobody_uses_is_open, .text = TABLE, .in = { "entry" }, .open = OPEN_UNSEEN)

GRAPH_TEST(an_exported_table_is_a_name_like_that_of_a_function,
	   .text = "typedef void (*fn)(void);\n"
		   "STATIC void entry(void) { bad(); sink++; }\n"
		   "extern const fn shown[2]; const fn shown[2] = { away, entry };\n",
	   .in = { "entry" }, .exported = { "shown" })

GRAPH_TEST(packed_relocations_are_read, .options = "-Wl,-z,pack-relative-relocs",
	   .text = TABLE "void call(int i); void call(int i) { table[i](); sink++; }\n",
	   .in = { "entry", "call" }, .exported = { "call" })

GRAPH_TEST(what_only_an_exception_enters_belongs_to_its_function, .options = "-fexceptions",
	   .text = "void thrower(void); STATIC void clean(int *p) { sink = *p; bad(); }\n"
		   "void outer(void); void outer(void) {\n"
		   " __attribute__((cleanup(clean))) int x = 3; thrower(); sink++; }\n",
	   .in = { "clean", "outer" }, .out = { "away" }, .exported = { "outer" })

GRAPH_TEST(a_constructor_is_open,
	   .text = "__attribute__((constructor)) static void start(void) { bad(); sink++; }\n",
	   .in = { "start" }, .open = OPEN_STARTUP)

GRAPH_TEST(a_destructor_is_open,
	   .text = "__attribute__((destructor)) static void stop(void) { bad(); sink++; }\n",
	   .in = { "stop" }, .open = OPEN_STARTUP)

GRAPH_TEST(a_resolver_runs_at_load_and_leads_to_what_it_may_choose,
	   .text = "typedef void (*fn)(void);\n"
		   "static fn choose(void) { return sink ? bad : away; }\n"
		   "static void chosen(void) __attribute__((ifunc(\"choose\")));\n"
		   "void outer(void); void outer(void) { chosen(); sink++; }\n",
	   .in = { "choose", "outer" }, .exported = { "outer" }, .open = OPEN_RESOLVER)

GRAPH_TEST(all_versions_of_a_name_are_told, .options = "-Wl,--version-script=v.map",
	   .text = "void old(void); void old(void) { bad(); sink++; }\n"
		   "void young(void); void young(void) { bad(); sink--; }\n"
		   "asm(\".symver old,f@V1\"); asm(\".symver young,f@@V2\");\n",
	   .in = { "old", "young" }, .exported = { "f", "f", "old", "young" })

GRAPH_TEST(a_function_that_nothing_leads_to_is_dead, .text = "", .closed = true)

#define RING                                                                             \
	"STATIC void one(int i); STATIC void two(int i) { if (i) one(i - 1); bad(); }\n" \
	"STATIC void one(int i) { if (i) two(i - 1); sink++; }\n"

GRAPH_TEST(a_ring_that_nothing_leads_to_is_dead, .text = RING, .in = { "one", "two" },
	   .closed = true)

GRAPH_TEST(a_distance_in_data_that_may_mean_it_opens_it,
	   .text = "asm(\".section .rodata\\n.long bad - .\\n.text\\n\");\n", .open = OPEN_UNSEEN)

GRAPH_TEST(bytes_in_code_that_may_mean_one_of_a_ring_open_it,
	   .text = RING "void outer(void); void outer(void) { asm(\"mov $one - . - 5, %eax\"); }\n",
	   .in = { "one", "two" }, .open = OPEN_UNSEEN)

GRAPH_TEST(what_is_not_understood_proves_nothing_dead,
	   .text = "asm(\".globl hand\\nhand: mov %rax, %rcx; mov %rcx, %rdx; ret\\n\");\n",
	   .open = OPEN_UNSEEN)

GRAPH_TEST(code_that_makes_addresses_from_where_it_stands_proves_nothing_dead,
	   .options = "-mcmodel=large",
	   .text = "void outer(void); void outer(void) { bad(); sink++; }\n", .open = OPEN_UNSEEN)

GRAPH_TEST(who_reads_one_word_of_an_object_means_no_other,
	   .text = "typedef void (*fn)(void);\nSTATIC void entry(void) { bad(); sink++; }\n"
		   "struct both { fn first, second; };\n"
		   "static struct both both __attribute__((used)) = { entry, away };\n"
		   "fn one(void); fn one(void) { return both.first; }\n"
		   "fn two(void); fn two(void) { return both.second; }\n"
		   "void set(fn f); void set(fn f) { both.first = f; }\n",
	   .in = { "entry", "one" }, .out = { "two" }, .exported = { "one", "set" }, .closed = true)

GRAPH_TEST(words_that_nobody_reads_are_open,
	   .text = "typedef void (*fn)(void);\nSTATIC void entry(void) { bad(); sink++; }\n"
		   "struct both { fn first, second; };\n"
		   "static struct both both __attribute__((used)) = { entry, away };\n"
		   "fn two(void); fn two(void) { return both.second; }\n",
	   .in = { "entry" }, .open = OPEN_UNSEEN)

GRAPH_TEST(cases_of_a_switch_belong_to_its_function,
	   .text = "__attribute__((cold)) void rare(void); NO void rare(void) { sink = 7; }\n"
		   "void outer(int i); void outer(int i) { switch (i) {\n"
		   "case 0: sink = 3; break; case 1: rare(); bad(); sink = 9; break;\n"
		   "case 2: sink = 4; break; case 3: sink = 8; sink++; break;\n"
		   "case 4: away(); break; case 5: sink += 5; break; default: sink = 0; } }\n"
		   "void other(int i); void other(int i) { switch (i) {\n"
		   "case 0: sink = 13; break; case 1: away(); break; case 2: sink = 14; break;\n"
		   "case 3: sink += 18; break; case 4: sink = 0x55; break; case 5: sink--; } }\n",
	   .in = { "outer" }, .out = { "other" }, .exported = { "outer" })

/* Hand-written code: what falls into the next function, and what has no unwind record. */
#define ASM_FUNCTION(name, body)                                                              \
	"asm(\".globl " name "\\n.type " name ",@function\\n" name ": .cfi_startproc\\n" body \
	"\\n.cfi_endproc\\n.size " name ",.-" name "\\n\");\n"

static void a_function_that_falls_into_the_next_leads_there(void **state)
{
	static const struct graph_test test = {
		.text = ASM_FUNCTION("first", "nop\\n nop\\n inc %eax")
		    ASM_FUNCTION("second", "call bad\\n ret"),
		.in = { "first", "second" },
		.exported = { "first", "second" },
	};

	if (!machine_is_x86())
		skip();
	check(*state, &test);
}

static void code_without_a_record_opens_what_it_refers_to(void **state)
{
	static const struct graph_test test = {
		.text = "void stray(void); asm(\".globl stray\\n.hidden stray\\nstray: nop\\n"
			" call middle\\n ret\\n\");\n"
			"STATIC void middle(void) { bad(); sink++; }\n",
		.in = { "middle" },
		.open = OPEN_NO_FUNCTION,
	};

	if (!machine_is_x86())
		skip();
	check(*state, &test);
}

static void code_for_fixed_addresses_is_searched_for_pointers(void **state)
{
	struct object *o = *state;
	struct ancestry a;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	compile(&o->root, "gcc -O2 -no-pie -fno-pie",
		PRELUDE "static void (*volatile const hook)(void) = bad;\n"
			"int main(void) { hook(); return 0; }\n",
		"a.so");
	ask(o, "/a.so", &a);
	assert_true(is_open(&a, OPEN_ENTRY) || is_open(&a, OPEN_POINTER));
	shell(&o->root, "objcopy --strip-all a.so b.so");
	ask(o, "/b.so", &a);
	assert_true(is_open(&a, OPEN_POINTER));
}

static void halves_of_addresses_are_joined_on_arm64(void **state)
{
	struct object *o = *state;
	struct ancestry a;

	if (!has_command("clang") || !has_command("aarch64-linux-gnu-ld"))
		skip();
	compile(&o->root,
		"clang --target=aarch64-linux-gnu -O2 -fPIC -fasynchronous-unwind-tables -c",
		"#define NO __attribute__((noinline))\n"
		"volatile int sink; void take(void (*f)(void));\n"
		"static NO void bad(void) { sink = 1; }\n"
		"static NO void taken(void) { bad(); sink++; }\n"
		"NO void shown(void) { taken(); sink++; }\n"
		"void outer(int i) { while (i--) take(taken); }\n"
		"void give(void) { take(shown); }\n"
		"void other(void) { sink++; }\n",
		"a.o");
	shell(&o->root, "aarch64-linux-gnu-ld -shared --eh-frame-hdr a.o -o a.so");
	ask(o, "/a.so", &a);
	check_names(&a, &(struct graph_test){ .exported = { "give", "outer", "shown" } });
	check_members(o, &a,
		      &(struct graph_test){ .in = { "taken", "shown", "outer", "give" },
					    .out = { "other" } });
	assert_int_equal(a.opened_count, 0);
}

/* The loader calls the resolver by R_AARCH64_IRELATIVE; what it may choose is behind it, and behind who calls what it chose. */
static void a_resolver_on_arm64_runs_at_load(void **state)
{
	struct object *o = *state;
	struct ancestry a;

	if (!has_command("clang") || !has_command("aarch64-linux-gnu-ld"))
		skip();
	compile(&o->root,
		"clang --target=aarch64-linux-gnu -O2 -fPIC -fasynchronous-unwind-tables -c",
		"#define NO __attribute__((noinline))\n"
		"volatile int sink, pick;\n"
		"static NO void bad(void) { sink = 1; }\n"
		"static NO void fast(void) { sink = 2; }\n"
		"static void (*choose(void))(void) { return pick ? bad : fast; }\n"
		"__attribute__((visibility(\"hidden\"), ifunc(\"choose\"))) void chosen(void);\n"
		"NO void shown(void) { chosen(); sink++; }\n"
		"void other(void) { sink++; }\n",
		"a.o");
	shell(&o->root, "aarch64-linux-gnu-ld -shared --eh-frame-hdr a.o -o a.so");
	shell(&o->root, "readelf -rW a.so | grep -q R_AARCH64_IRELATIV");
	ask(o, "/a.so", &a);
	check_members(o, &a, &(struct graph_test){ .in = { "choose" }, .out = { "other" } });
	assert_true(is_open(&a, OPEN_RESOLVER));
}

/* Calls and jumps to a fixed place that objdump sees in a library of the machine: from, to. */
static size_t compare_with_objdump(struct object *o, const struct callgraph *g, const char *path)
{
	char line[1024], *at;
	size_t n = 0;
	FILE *pipe;

	snprintf(line, sizeof(line), "objdump -d --no-show-raw-insn -j .text %s", path);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		uint64_t from, to;

		if (sscanf(line, " %jx:", (uintmax_t *)&from) != 1)
			continue;
		at = strstr(line, "call ");
		at = at ? at : strstr(line, "jmp ");
		if (!at || sscanf(strchr(at, ' '), " %jx <", (uintmax_t *)&to) != 1 ||
		    !code_function_at(&o->code, from) || !code_function_at(&o->code, to))
			continue;
		if (!callgraph_has_edge(g, from, to))
			fail_msg("%s: no edge from 0x%jx to 0x%jx", path, (uintmax_t)from,
				 (uintmax_t)to);
		n++;
	}
	pclose(pipe);
	return n;
}

static void check_exports(struct object *o, const struct callgraph *g, const char *path)
{
	char line[1024], name[512];
	uint64_t address;
	size_t n = 0;
	FILE *pipe;

	snprintf(line, sizeof(line), "nm -D --defined-only %s", path);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		struct ancestry a;
		bool found = false;

		if (sscanf(line, "%jx T %500[^@\n]", (uintmax_t *)&address, name) != 2 ||
		    n++ % 7) /* some of them: each asks for all its ancestors */
			continue;
		assert_int_equal(callgraph_ancestors(&a, g, &address, 1, o->arena, &o->err), 0);
		for (size_t i = 0; i < a.exported_count; i++)
			found |= !strcmp(a.exported[i].name, name);
		if (!found)
			fail_msg("%s: %s does not lead to itself", path, name);
	}
	pclose(pipe);
	assert_true(n > 50);
}

static void nothing_that_objdump_sees_in_libraries_is_missed(void **state)
{
	static const char *const paths[] = { "/usr/lib/x86_64-linux-gnu/libz.so.1",
					     "/usr/lib/x86_64-linux-gnu/libcrypto.so.3" };
	struct object *o = *state;

	if (!has_command("objdump") || !machine_is_x86())
		skip();
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		_cleanup_(callgraph_freep) struct callgraph *g = NULL;

		if (access(paths[i], R_OK)) {
			print_message("skip: no %s here\n", paths[i]);
			skip();
		}
		object_open(o, paths[i], true);
		assert_int_equal(code_read(&o->code, o->fd, o->arena, &o->err), 0);
		assert_int_equal(callgraph_build(&g, &o->code, -1, &o->err), 0);
		assert_int_equal(callgraph_get_facts(g)->unsure, 0);
		assert_true(compare_with_objdump(o, g, paths[i]) > 100);
		check_exports(o, g, paths[i]);
	}
}

/* Some linkers have the beginning of the code there, which is nobody's choice. */
static void the_entry_of_a_library_excuses_nothing(void **state)
{
	struct object *o = *state;
	struct ancestry a;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC -Wl,-e,alone -Wl,-soname,a.so",
		PRELUDE "__attribute__((visibility(\"hidden\"), section(\".text.startup\"))) "
			"NO void alone(void) { bad(); sink = 3; }\n",
		"a.so");
	ask(o, "/a.so", &a);
	assert_true(is_open(&a, OPEN_UNSEEN));
	assert_false(is_open(&a, OPEN_ENTRY));
}

/* Neither needs anything nor has a name: so do static programs, which say what they are. */
static void the_entry_of_a_plug_in_excuses_nothing(void **state)
{
	struct object *o = *state;
	struct ancestry a;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC -nostdlib -Wl,-e,alone",
		PRELUDE "__attribute__((visibility(\"hidden\"), section(\".text.startup\"))) "
			"NO void alone(void) { bad(); sink = 3; }\n",
		"a.so");
	ask(o, "/a.so", &a);
	assert_true(is_open(&a, OPEN_UNSEEN));
	assert_false(is_open(&a, OPEN_ENTRY));
	compile(&o->root, "gcc -O2 -static-pie -fPIE -nostdlib -Wl,-e,alone",
		PRELUDE "NO void alone(void) { bad(); sink = 3; }\n", "a.so");
	ask(o, "/a.so", &a);
	assert_true(is_open(&a, OPEN_ENTRY));
}

static void where_a_library_was_told_to_begin_it_begins(void **state)
{
	struct object *o = *state;
	struct ancestry a;

	if (!has_command("gcc") || !machine_is_x86())
		skip();
	compile(
	    &o->root, "gcc -O2 -shared -fPIC -Wl,-e,alone -Wl,-soname,a.so",
	    PRELUDE
	    "__attribute__((visibility(\"hidden\"))) NO void alone(void) { bad(); sink = 3; }\n",
	    "a.so");
	ask(o, "/a.so", &a);
	assert_true(is_open(&a, OPEN_ENTRY));
	assert_false(is_open(&a, OPEN_UNSEEN));
}

static void an_address_without_code_is_refused(void **state)
{
	_cleanup_(callgraph_freep) struct callgraph *g = NULL;
	struct object *o = *state;
	uint64_t nowhere = 0x10;
	struct ancestry a;

	if (!has_command("gcc"))
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC", PRELUDE, "a.so");
	build(o, &g, "/a.so");
	assert_int_equal(callgraph_ancestors(&a, g, &nowhere, 1, o->arena, &o->err), -EINVAL);
	assert_string_equal(o->err.text, "there is no code at 0x10");
}

static void the_shortest_way_is_shown(void **state)
{
	static const char text[] =
	    PRELUDE "STATIC void middle(void) { bad(); sink = 3; }\n"
		    "NO void far_up(void) { middle(); sink = 4; }\n"
		    "NO void near_by(void) { away(); bad(); sink = 5; }\n"
		    "NO void far_and_near(void) { far_up(); near_by(); sink = 6; }\n";
	_cleanup_(callgraph_freep) struct callgraph *g = NULL;
	struct object *o = *state;
	struct step *way = NULL;
	uint64_t bad, from;
	size_t n = 9;

	if (!has_command("gcc"))
		skip();
	compile(&o->root, "gcc -O2 -shared -fPIC", text, "a.so");
	build(o, &g, "/a.so");
	bad = symbol_address(&o->root, "a.so", "bad");
	from = symbol_address(&o->root, "a.so", "far_and_near");
	assert_int_equal(callgraph_path(&way, &n, g, from, &bad, 1, o->arena, &o->err), 0);
	assert_int_equal(n, 3);
	assert_string_equal(way[0].name, "far_and_near");
	assert_string_equal(way[1].name, "near_by");
	assert_true(way[2].address == bad && !way[2].name);
	from = symbol_address(&o->root, "a.so", "away");
	assert_int_equal(callgraph_path(&way, &n, g, from, &bad, 1, o->arena, &o->err), 0);
	assert_int_equal(n, 0);
}

static int versions_set_up(void **state)
{
	int r = object_set_up(state);
	struct object *o = *state;

	root_file(&o->root, "/v.map", "V1 { global: f; old; young; };\nV2 { global: f; } V1;\n");
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		object_test(calls_lead_up_to_the_exported_names),
		object_test(a_tail_call_is_a_call),
		object_test(an_exported_function_called_through_the_linkage_table_is_found),
		object_test(so_it_is_without_linkage_stubs),
		object_test(lazy_linkage_stubs_and_those_with_landing_marks_are_known),
		object_test(who_takes_an_address_counts_as_a_caller),
		object_test(an_exported_function_whose_address_is_taken_is_found),
		object_test(who_uses_a_table_reaches_its_entries),
		object_test(a_table_of_tables_leads_on),
		object_test(a_table_that_nobody_uses_is_open),
		object_test(an_exported_table_is_a_name_like_that_of_a_function),
		object_test(packed_relocations_are_read),
		object_test(what_only_an_exception_enters_belongs_to_its_function),
		object_test(a_constructor_is_open),
		object_test(a_destructor_is_open),
		object_test(a_resolver_runs_at_load_and_leads_to_what_it_may_choose),
		cmocka_unit_test_setup_teardown(all_versions_of_a_name_are_told, versions_set_up,
						object_tear_down),
		object_test(a_function_that_nothing_leads_to_is_dead),
		object_test(a_ring_that_nothing_leads_to_is_dead),
		object_test(a_distance_in_data_that_may_mean_it_opens_it),
		object_test(bytes_in_code_that_may_mean_one_of_a_ring_open_it),
		object_test(what_is_not_understood_proves_nothing_dead),
		object_test(code_that_makes_addresses_from_where_it_stands_proves_nothing_dead),
		object_test(who_reads_one_word_of_an_object_means_no_other),
		object_test(words_that_nobody_reads_are_open),
		object_test(cases_of_a_switch_belong_to_its_function),
		object_test(a_function_that_falls_into_the_next_leads_there),
		object_test(code_without_a_record_opens_what_it_refers_to),
		object_test(code_for_fixed_addresses_is_searched_for_pointers),
		object_test(halves_of_addresses_are_joined_on_arm64),
		object_test(a_resolver_on_arm64_runs_at_load),
		object_test(nothing_that_objdump_sees_in_libraries_is_missed),
		object_test(the_entry_of_a_library_excuses_nothing),
		object_test(the_entry_of_a_plug_in_excuses_nothing),
		object_test(where_a_library_was_told_to_begin_it_begins),
		object_test(an_address_without_code_is_refused),
		object_test(the_shortest_way_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
