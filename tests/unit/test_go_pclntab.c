// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_go_pclntab.c — Go's table of functions in its four formats, and when it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyzer/go_buildinfo.h"
#include "analyzer/go_linked.h"
#include "analyzer/symbols.h"
#include "tests/unit/pclntab_fixture.h"

#define CODE (TINY_GO_BASE + TINY_GO_CODE)

struct reading {
	int fd;
	struct symbols *symbols;
	struct err err;
};

static void reading_done(struct reading *r)
{
	symbols_free(r->symbols);
	if (r->fd >= 0)
		close(r->fd);
}

static int read_go(struct reading *r, const struct tiny_go *go)
{
	r->fd = tiny_go_file(go);
	assert_true(r->fd >= 0);
	return symbols_read(&r->symbols, r->fd, NULL, 0, &r->err);
}

static void assert_function(const struct symbols *s, size_t i, const char *name, uint64_t addr,
			    uint64_t size)
{
	assert_string_equal(s->items[i].name, name);
	assert_int_equal(s->items[i].addr, addr);
	assert_int_equal(s->items[i].size, size);
	assert_int_equal(s->items[i].origin, SYMBOL_GO_PCLNTAB);
}

static void every_format_byte_order_and_size_is_read(void **state)
{
	static const unsigned formats[] = { 2, 16, 18, 20 };

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		_cleanup_(reading_done) struct reading r = { .fd = -1 };
		struct tiny_go go;

		tiny_go_make(&go, formats[i / 4], i & 1, i & 2 ? 4 : 8);
		assert_int_equal(read_go(&r, &go), 0);
		if (!r.symbols->go)
			fail_msg("format %u: %s", go.format,
				 r.symbols->note_count ? r.symbols->notes[0] : "not found");
		assert_int_equal(r.symbols->go->format, go.format);
		assert_int_equal(r.symbols->count, 3);
		assert_function(r.symbols, 0, "main.main", CODE, 0x20);
		assert_function(r.symbols, 1, "main.(*T).Get", CODE + 0x20, 0x20);
		assert_function(r.symbols, 2, "main.outer", CODE + 0x40, 0x40);
		assert_int_equal(r.symbols->go->inlined_known, go.format >= 18);
	}
}

static void inlined_functions_have_their_stretches(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		_cleanup_(reading_done) struct reading r = { .fd = -1 };
		const struct go_inlined *in;
		struct tiny_go go;
		size_t n;

		tiny_go_make(&go, i & 4 ? 18 : 20, i & 1, i & 2 ? 4 : 8);
		assert_int_equal(read_go(&r, &go), 0);
		in = go_pclntab_inlined(r.symbols->go, "main.small", &n);
		assert_int_equal(n, 1);
		/* With what was inlined into it. */
		assert_int_equal(in->addr, CODE + 0x50);
		assert_int_equal(in->end, CODE + 0x58);
		assert_string_equal(r.symbols->go->functions[in->function].name, "main.outer");
		in = go_pclntab_inlined(r.symbols->go, "main.deep", &n);
		assert_int_equal(n, 1);
		assert_int_equal(in->addr, CODE + 0x52);
		assert_int_equal(in->end, CODE + 0x54);
		go_pclntab_inlined(r.symbols->go, "main.main", &n);
		assert_int_equal(n, 0);
	}
}

static enum name_match linked(const struct reading *r, const char *package, const char *name)
{
	const struct function_name wanted = { .language = LANGUAGE_GO,
					      .package = package,
					      .name = name };

	return go_linked(r->symbols->go, &wanted);
}

static void what_is_linked_is_told_from_what_is_not(void **state)
{
	_cleanup_(reading_done) struct reading r = { .fd = -1 }, old = { .fd = -1 };
	struct tiny_go go;

	(void)state;
	tiny_go_make(&go, 20, false, 8);
	assert_int_equal(read_go(&r, &go), 0);
	assert_int_equal(linked(&r, "main", "T.Get"), NAME_EXACT);
	assert_int_equal(linked(&r, "main", "deep"), NAME_EXACT);
	assert_int_equal(linked(&r, "main", "dee"), NAME_NONE);
	assert_int_equal(linked(&r, "other", "deep"), NAME_NONE);
	tiny_go_make(&go, 2, false, 8);
	assert_int_equal(read_go(&old, &go), 0);
	assert_int_equal(linked(&old, "main", "T.Get"), NAME_LIKELY);
	assert_int_equal(linked(&old, "main", "nowhere"), NAME_NONE);
}

/* One lie each: where it stands in the file, and what is put there. The note that must follow; "": not taken for a table. */
static const struct lie {
	size_t at;
	uint64_t value;
	unsigned bytes;
	const char *note;
	bool inlined; /* the tree is still believed */
} lies[] = {
	{ TINY_GO_TABLE, 0xfffffff2, 4, "", false },
	{ TINY_GO_TABLE + 7, 5, 1, "", false },
	{ TINY_GO_TABLE + 8, 0, 8, "", false },
	{ TINY_GO_TABLE + 8, UINT64_MAX, 8, "", false },
	{ TINY_GO_TABLE + 8, 4000000, 8, "where the code begins", false },
	{ TINY_GO_TABLE + 32, TINY_GO_BYTES, 8, "", false },
	{ TINY_GO_TABLE + 56, UINT64_MAX, 8, "", false },
	{ TINY_GO_MODULE, 0, 8, "where the code begins", false },
	{ TINY_GO_MODULE + 20 * 8, 0, 8, "where the code begins", false },
	{ TINY_GO_TABLE + TINY_GO_FTAB + 4, UINT32_MAX, 4, "function 0 of 3: its place", false },
	{ TINY_GO_TABLE + TINY_GO_FTAB + 8, 0x90, 4, "function 1 of 3: its place", false },
	{ TINY_GO_TABLE + TINY_GO_FTAB + TINY_GO_RECORDS + 4, 0x70, 4, "function 0 of 3: its name",
	  false },
	/* The tree: no gofunc, a name that begins within one, a place outside the function, a circle. */
	{ TINY_GO_MODULE + 40 * 8, 0, 8, NULL, false },
	{ TINY_GO_FUNC + 0x14, 3, 4, NULL, false },
	{ TINY_GO_FUNC + 0x18, 0x40, 4, NULL, false },
	{ TINY_GO_FUNC + 0x18, 0x11, 4, NULL, false },
	{ TINY_GO_TABLE + TINY_GO_PCDATA + 2, 0x70, 1, NULL, false },
	{ TINY_GO_FUNC + 0x10, 7, 1, NULL, true },
};

static void lies_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		_cleanup_(reading_done) struct reading r = { .fd = -1 };
		const struct lie *lie = &lies[i];
		struct tiny_go go;

		tiny_go_make(&go, 20, false, 8);
		tiny_go_put(&go, lie->at, lie->value, lie->bytes);
		assert_int_equal(read_go(&r, &go), 0);
		if (lie->note && *lie->note &&
		    (r.symbols->note_count != 1 || !strstr(r.symbols->notes[0], lie->note)))
			fail_msg("lie %zu: '%s', not '%s'", i,
				 r.symbols->note_count ? r.symbols->notes[0] : "", lie->note);
		if (lie->note) {
			assert_null(r.symbols->go);
			assert_int_equal(r.symbols->note_count, *lie->note ? 1 : 0);
			continue;
		}
		assert_int_equal(r.symbols->count, 3);
		if (r.symbols->go->inlined_known != lie->inlined)
			fail_msg("lie %zu: the tree is%s believed", i, lie->inlined ? " not" : "");
	}
}

static const char modules[] =
    "0123456789abcdefpath\texample.test/cmd\nmod\texample.test\tv1.2.3\th1:x\n"
    "dep\tgolang.org/x/net\tv0.1.0\th1:y\ndep\told.test/a\tv1.0.0\n"
    "=>\tnew.test/a\tv2.0.0\th1:z\nbuild\t-compiler=gc\n0123456789abcdef";

static void assert_modules(struct tiny_go *go)
{
	_cleanup_(reading_done) struct reading r = { .fd = -1 };
	struct go_buildinfo info = {};

	assert_int_equal(read_go(&r, go), 0);
	assert_int_equal(go_buildinfo_read(&info, &r.symbols->file, &r.symbols->dynamic,
					   r.symbols->arena, &r.err),
			 -ENOENT);
	close(r.fd);
	/* Only in data that can be written and not executed. */
	tiny_go_put(go, go->pointer == 8 ? 68 : 76, PF_R | PF_W, 4);
	r.fd = tiny_go_file(go);
	r.symbols->file.fd = r.fd;
	r.symbols->file.segments[0].flags = PF_R | PF_W;
	assert_int_equal(go_buildinfo_read(&info, &r.symbols->file, &r.symbols->dynamic,
					   r.symbols->arena, &r.err),
			 0);
	assert_string_equal(info.go_version, "go1.99");
	assert_string_equal(info.main_package, "example.test/cmd");
	assert_string_equal(info.main.path, "example.test");
	assert_string_equal(info.main.version, "v1.2.3");
	assert_int_equal(info.dep_count, 2);
	assert_string_equal(info.deps[0].path, "golang.org/x/net");
	assert_string_equal(info.deps[1].path, "new.test/a");
	assert_string_equal(info.deps[1].version, "v2.0.0");
}

static void build_information_is_read_in_both_forms(void **state)
{
	enum { AT = 0x1900, TEXT = 0x1a00 };
	size_t len = sizeof(modules) - 1;
	struct tiny_go go;

	(void)state;
	assert_in_range(len, 129, 255); /* two bytes of varint */
	tiny_go_make(&go, 2, false, 8);
	memcpy(go.bytes + AT, "\xff Go buildinf:\x08\x02", 16);
	memcpy(go.bytes + AT + 32, "\x06go1.99", 7);
	go.bytes[AT + 39] = (unsigned char)(len | 0x80);
	go.bytes[AT + 40] = (unsigned char)(len >> 7);
	memcpy(go.bytes + AT + 41, modules, len);
	assert_modules(&go);

	tiny_go_make(&go, 2, true, 4);
	memcpy(go.bytes + AT, "\xff Go buildinf:\x04\x01", 16);
	tiny_go_put(&go, AT + 16, TINY_GO_BASE + AT + 32, 4);
	tiny_go_put(&go, AT + 20, TINY_GO_BASE + AT + 40, 4);
	tiny_go_put(&go, AT + 32, TINY_GO_BASE + TEXT, 4);
	tiny_go_put(&go, AT + 36, 6, 4);
	tiny_go_put(&go, AT + 40, TINY_GO_BASE + TEXT + 6, 4);
	tiny_go_put(&go, AT + 44, len, 4);
	memcpy(go.bytes + TEXT, "go1.99", 6);
	memcpy(go.bytes + TEXT + 6, modules, len);
	assert_modules(&go);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_byte_order_and_size_is_read),
		cmocka_unit_test(inlined_functions_have_their_stretches),
		cmocka_unit_test(what_is_linked_is_told_from_what_is_not),
		cmocka_unit_test(lies_are_found),
		cmocka_unit_test(build_information_is_read_in_both_forms),
	};

	return cmocka_run_group_tests_name("go_pclntab", tests, NULL, NULL);
}
