// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_symbols.c — functions of real and of hostile files, by name and by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <link.h>
#include <lzma.h>
#include <sys/mman.h>

#include "analyzer/symbols.h"
#include "analyzer/xz.h"
#include "tests/unit/root_fixture.h"

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

static int read_path(struct reading *r, const char *path)
{
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(r->fd >= 0);
	return symbols_read(&r->symbols, r->fd, NULL, 0, &r->err);
}

static int read_bytes(struct reading *r, const void *data, size_t len)
{
	r->fd = memfd_create("elf", MFD_CLOEXEC);
	assert_true(r->fd >= 0);
	assert_int_equal(write(r->fd, data, len), len);
	return symbols_read(&r->symbols, r->fd, NULL, 0, &r->err);
}

static const struct symbol *only(const struct symbols *s, const char *name)
{
	size_t n;
	const struct symbol *const *found = symbols_named(s, name, &n);

	if (n != 1)
		fail_msg("'%s' stands %zu times", name, n);
	return *found;
}

static void the_running_program_finds_itself(void **state)
{
	_cleanup_(reading_done) struct reading r = { .fd = -1 };
	const struct symbol *a, *b;
	size_t n;

	(void)state;
	assert_int_equal(read_path(&r, "/proc/self/exe"), 0);
	a = only(r.symbols, "the_running_program_finds_itself");
	b = only(r.symbols, "reading_done");
	assert_true(a->local);
	assert_false(a->exported);
	assert_int_equal(a->origin, SYMBOL_SYMTAB);
	assert_int_equal(symbol_rung(a), RUNG_LOCAL_DEBUG);
	assert_int_equal(a->addr - b->addr,
			 (uintptr_t)the_running_program_finds_itself - (uintptr_t)reading_done);
	assert_ptr_equal(symbols_at(r.symbols, a->addr), a);
	assert_ptr_equal(symbols_at(r.symbols, a->addr + a->size - 1), a);
	assert_ptr_not_equal(symbols_at(r.symbols, a->addr + a->size), a);
	assert_null(symbols_at(r.symbols, 0));
	symbols_named(r.symbols, "no such function", &n);
	assert_int_equal(n, 0);
	for (size_t i = 1; i < r.symbols->count; i++)
		assert_true(r.symbols->items[i - 1].addr <= r.symbols->items[i].addr);
}

static int remember_libc(struct dl_phdr_info *info, size_t size, void *path)
{
	(void)size;
	if (strstr(info->dlpi_name, "/libc.so.6"))
		snprintf(path, 4096, "%s", info->dlpi_name);
	return 0;
}

static void versions_tell_functions_of_one_name_apart(void **state)
{
	_cleanup_(reading_done) struct reading r = { .fd = -1 };
	const struct symbol *const *found;
	char path[4096] = "";
	size_t n, defaults = 0;

	(void)state;
	dl_iterate_phdr(remember_libc, path);
	if (!*path)
		skip(); /* another C library */
	assert_int_equal(read_path(&r, path), 0);
	found = symbols_named(r.symbols, "pthread_cond_wait", &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_true(found[i]->exported);
		assert_non_null(found[i]->version);
		defaults += found[i]->version_default;
	}
	assert_int_equal(defaults, 1);
	assert_string_not_equal(found[0]->version, found[1]->version);
	assert_int_not_equal(found[0]->addr, found[1]->addr);
}

static void dynamic_symbols_need_no_section_headers(void **state)
{
	_cleanup_(reading_done) struct reading r = { .fd = -1 };
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "code");
	elf.symbols[1].st_size = 4;
	assert_int_equal(read_bytes(&r, &elf, sizeof(elf)), 0);
	assert_int_equal(r.symbols->count, 1);
	assert_string_equal(r.symbols->items[0].name, "exported_one");
	assert_int_equal(r.symbols->items[0].addr, offsetof(struct tiny_elf, text));
	assert_int_equal(r.symbols->items[0].size, 4);
	assert_true(r.symbols->items[0].exported);
	assert_int_equal(r.symbols->items[0].origin, SYMBOL_DYNSYM);
	assert_int_equal(symbol_rung(&r.symbols->items[0]), RUNG_EXPORTED);
	assert_string_equal(r.symbols->build_id, "abcd000000000000000000000000000000000000");
	assert_int_equal(r.symbols->note_count, 0);
}

/* tiny_elf, and behind it a table of symbols of its own with three section headers. */
struct sectioned {
	struct tiny_elf elf;
	Elf64_Sym symbols[6];
	char strings[64];
	Elf64_Shdr sections[3];
};

enum { NAME_TWIN = 1, NAME_VERSIONED = 14, NAME_OTHER = 32 };

static void sectioned_make(struct sectioned *s)
{
	uint64_t at = offsetof(struct tiny_elf, text);
	const unsigned char function = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);

	memset(s, 0, sizeof(*s));
	tiny_elf_make(&s->elf, "code");
	memcpy(s->strings + NAME_TWIN, "exported_one", 12);
	memcpy(s->strings + NAME_VERSIONED, "exported_one@@V2", 16);
	memcpy(s->strings + NAME_OTHER, "__other", 7);
	s->symbols[1] = (Elf64_Sym){ NAME_TWIN, function, 0, 1, at, 16 };
	s->symbols[2] = (Elf64_Sym){ NAME_OTHER, function, 0, 1, at, 16 };
	s->symbols[3] = (Elf64_Sym){ NAME_OTHER, function, 0, 1, at + 64, 8 };
	s->symbols[4] = (Elf64_Sym){ NAME_VERSIONED, function, 0, 1, at + 64, 8 };
	s->symbols[5] = (Elf64_Sym){ NAME_OTHER, function, 0, 1, 1u << 30, 8 };
	s->sections[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
				       .sh_offset = offsetof(struct sectioned, symbols),
				       .sh_size = sizeof(s->symbols),
				       .sh_link = 2,
				       .sh_entsize = sizeof(Elf64_Sym) };
	s->sections[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
				       .sh_offset = offsetof(struct sectioned, strings),
				       .sh_size = sizeof(s->strings) };
	s->elf.header.e_shoff = offsetof(struct sectioned, sections);
	s->elf.header.e_shentsize = sizeof(Elf64_Shdr);
	s->elf.header.e_shnum = 3;
}

static void witnesses_of_one_function_are_joined_and_aliases_kept(void **state)
{
	_cleanup_(reading_done) struct reading r = { .fd = -1 };
	const struct symbol *best;
	struct sectioned s;
	size_t n;

	(void)state;
	sectioned_make(&s);
	assert_int_equal(read_bytes(&r, &s, sizeof(s)), 0);
	assert_int_equal(r.symbols->count, 4);
	assert_int_equal(r.symbols->outside, 1);
	symbols_named(r.symbols, "__other", &n);
	assert_int_equal(n, 2);
	best = symbols_at(r.symbols, offsetof(struct tiny_elf, text) + 3);
	assert_string_equal(best->name, "exported_one");
	assert_int_equal(best->origin, SYMBOL_DYNSYM);
	assert_int_equal(best->size, 16); /* which only the second one tells */
	assert_false(best->local);
	best = symbols_at(r.symbols, offsetof(struct tiny_elf, text) + 64);
	assert_string_equal(best->name, "exported_one");
	assert_string_equal(best->version, "V2");
	assert_true(best->version_default);
	assert_null(symbols_at(r.symbols, offsetof(struct tiny_elf, text) + 72));
}

static void a_table_that_lies_is_left_out_with_a_note(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		size_t bytes;
		const char *note;
	} lies[] = {
#define LIE(member, value, note)                         \
	{                                                \
		offsetof(struct sectioned, member),      \
		value,                                   \
		sizeof(((struct sectioned *)0)->member), \
		note,                                    \
	}
		LIE(sections[1].sh_offset, UINT64_MAX,
		    "symtab: symbol table: it is not in the file"),
		LIE(sections[1].sh_size, UINT64_MAX, "symtab: symbol table: it is not in the file"),
		LIE(sections[1].sh_link, 9, "symtab: symbol table: it names no table of strings"),
		LIE(sections[1].sh_link, 1, "symtab: symbol table: it names no table of strings"),
		LIE(sections[2].sh_size, 1u << 20, "symtab: symbol table: its strings are not"),
		LIE(symbols[2].st_name, 64,
		    "symtab: symbol table: symbol 2: its name lies outside"),
#undef LIE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		_cleanup_(reading_done) struct reading r = { .fd = -1 };
		struct sectioned s;

		sectioned_make(&s);
		memcpy((char *)&s + lies[i].at, &lies[i].value, lies[i].bytes);
		assert_int_equal(read_bytes(&r, &s, sizeof(s)), 0);
		if (r.symbols->note_count != 1 || !strstr(r.symbols->notes[0], lies[i].note))
			fail_msg("lie %zu: '%s'", i,
				 r.symbols->note_count ? r.symbols->notes[0] : "no note");
		/* What the loader goes by stays. */
		assert_true(only(r.symbols, "exported_one")->exported);
	}
}

static void what_has_no_addresses_is_refused(void **state)
{
	_cleanup_(reading_done) struct reading text = { .fd = -1 }, object = { .fd = -1 },
					       broken = { .fd = -1 };
	struct tiny_elf elf;

	(void)state;
	assert_int_equal(read_bytes(&text, "#!/bin/sh\n#############", 20), -ENOEXEC);
	tiny_elf_make(&elf, "");
	elf.header.e_type = ET_REL;
	assert_int_equal(read_bytes(&object, &elf, sizeof(elf)), -ENOTSUP);
	tiny_elf_make(&elf, "");
	elf.hash[1] = 999;
	assert_int_equal(read_bytes(&broken, &elf, sizeof(elf)), -EBADMSG);
	assert_non_null(strstr(broken.err.text, "dynamic symbols reach beyond"));
}

static void packed_data_is_unpacked_up_to_its_limit(void **state)
{
	static uint8_t zeros[1 << 20], packed[1 << 16];
	_cleanup_close_ int fd = memfd_create("packed", MFD_CLOEXEC), out = -1, none = -1;
	struct err err = {};
	size_t len = 0;

	(void)state;
	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, zeros, sizeof(zeros),
						 packed, &len, sizeof(packed)),
			 LZMA_OK);
	assert_int_equal(write(fd, "xyz", 3), 3);
	assert_int_equal(write(fd, packed, len), len);
	assert_int_equal(xz_unpack(&out, fd, 3, len, sizeof(zeros), &err), 0);
	assert_int_equal(lseek(out, 0, SEEK_END), sizeof(zeros));
	assert_int_equal(xz_unpack(&none, fd, 3, len, sizeof(zeros) - 1, &err), -EFBIG);
	assert_int_equal(xz_unpack(&none, fd, 3, len - 1, sizeof(zeros), &err), -EBADMSG);
	assert_int_equal(xz_unpack(&none, fd, 2, len, sizeof(zeros), &err), -EBADMSG);
	assert_int_equal(xz_unpack(&none, fd, 1 << 20, len, sizeof(zeros), &err), -ERANGE);
	assert_int_equal(none, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_running_program_finds_itself),
		cmocka_unit_test(versions_tell_functions_of_one_name_apart),
		cmocka_unit_test(dynamic_symbols_need_no_section_headers),
		cmocka_unit_test(witnesses_of_one_function_are_joined_and_aliases_kept),
		cmocka_unit_test(a_table_that_lies_is_left_out_with_a_note),
		cmocka_unit_test(what_has_no_addresses_is_refused),
		cmocka_unit_test(packed_data_is_unpacked_up_to_its_limit),
	};

	return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
