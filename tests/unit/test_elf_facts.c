// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_elf_facts.c — what ELF files say about themselves, also those that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include "analyzer/elf_facts.h"
#include "tests/unit/root_fixture.h"

struct reading {
	struct arena *arena;
	struct elf_facts facts;
	struct err err;
};

static void reading_done(struct reading *reading)
{
	arena_free(reading->arena);
}

static int read_bytes(struct reading *reading, const void *data, size_t len,
		      const struct string_set *programs)
{
	_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	arena_free(reading->arena);
	*reading = (struct reading){ .arena = arena_new() };
	return elf_facts_read(&reading->facts, fd, programs, reading->arena, &reading->err);
}

static int read_elf(struct reading *reading, const struct tiny_elf *elf)
{
	return read_bytes(reading, elf, sizeof(*elf), NULL);
}

static bool has_hint(const struct reading *reading, const char *hint)
{
	for (size_t i = 0; i < reading->facts.hints_count; i++)
		if (!strcmp(reading->facts.hints[i], hint))
			return true;
	return false;
}

static void a_shared_object_tells_all_of_it(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	assert_int_equal(read_elf(&r, &elf), 0);
	assert_string_equal(r.facts.machine, "x86_64");
	assert_string_equal(r.facts.type, "dyn");
	assert_string_equal(r.facts.build_id, "abcd000000000000000000000000000000000000");
	assert_string_equal(r.facts.soname, "libtiny.so.1");
	assert_string_equal(r.facts.runpath, "$ORIGIN/../x");
	assert_null(r.facts.rpath);
	assert_null(r.facts.interpreter);
	assert_int_equal(r.facts.needed_count, 1);
	assert_string_equal(r.facts.needed[0], "libc.so.6");
	assert_int_equal(r.facts.exported_count, 1);
	assert_string_equal(r.facts.exported[0], "exported_one");
	assert_int_equal(r.facts.imported_count, 2);
	assert_string_equal(r.facts.imported[0], "dlopen");
	assert_string_equal(r.facts.imported[1], "imported_one");
	assert_true(r.facts.imports_dlopen);
	assert_false(r.facts.imports_exec);
	assert_false(r.facts.is_static);
}

static void the_interpreter_is_read(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	elf.header.e_phnum = 4;
	assert_int_equal(read_elf(&r, &elf), 0);
	assert_string_equal(r.facts.interpreter, "/lib64/ld.so");
}

static void strings_become_hints(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "load libplug%s.so.%d from '/usr/lib/plugins' or x/usr/bin/inner; "
			    "a.sock is none, nor is this");
	assert_int_equal(read_elf(&r, &elf), 0);
	assert_true(has_hint(&r, "libplug%s.so.%d"));
	assert_true(has_hint(&r, "/usr/lib/plugins"));
	assert_true(has_hint(&r, "/usr/bin/inner"));
	assert_false(has_hint(&r, "a.sock"));
	assert_false(has_hint(&r, "none"));
	assert_false(r.facts.hints_truncated);
}

static void names_of_programs_are_hints_of_what_can_execute(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	_cleanup_(string_set_donep) struct string_set programs = {};
	struct tiny_elf elf;

	(void)state;
	assert_int_equal(string_set_add(&programs, "git", 3, NULL), 0);
	tiny_elf_make(&elf, "run git now");
	assert_int_equal(read_bytes(&r, &elf, sizeof(elf), &programs), 0);
	assert_false(has_hint(&r, "git"));
	memcpy(elf.strings + TINY_DLOPEN, "execve", 7);
	assert_int_equal(read_bytes(&r, &elf, sizeof(elf), &programs), 0);
	assert_true(r.facts.imports_exec);
	assert_true(has_hint(&r, "git"));
	assert_false(has_hint(&r, "now"));
}

static void a_static_program_may_do_anything(void **state)
{
	static const char *const texts[] = { "", "\xff Go buildinf:" };

	(void)state;
	for (size_t i = 0; i < 2; i++) { /* the mark of Go may be anybody's string */
		_cleanup_(reading_done) struct reading r = {};
		struct tiny_elf elf;

		tiny_elf_make(&elf, texts[i]);
		elf.dynamic.p_type = PT_NULL;
		elf.header.e_type = ET_EXEC;
		elf.header.e_entry = 0x100;
		assert_int_equal(read_elf(&r, &elf), 0);
		assert_string_equal(r.facts.type, "exec");
		assert_int_equal(r.facts.is_go, i);
		assert_true(r.facts.is_static);
		assert_true(r.facts.imports_exec);
		assert_true(r.facts.imports_dlopen);
	}
}

/* A static program with the section by which Go is told. */
struct go_elf {
	struct tiny_elf elf;
	Elf64_Shdr sections[3]; /* none, names, .go.buildinfo */
	char names[32];
};

static void go_elf_make(struct go_elf *go, const char *text)
{
	*go = (struct go_elf){};
	tiny_elf_make(&go->elf, text);
	go->elf.dynamic.p_type = PT_NULL;
	go->elf.header.e_entry = 0x100;
	go->elf.header.e_shoff = offsetof(struct go_elf, sections);
	go->elf.header.e_shentsize = sizeof(Elf64_Shdr);
	go->elf.header.e_shnum = 3;
	go->elf.header.e_shstrndx = 1;
	go->sections[1] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
					.sh_offset = offsetof(struct go_elf, names),
					.sh_size = sizeof(go->names) };
	go->sections[2] = (Elf64_Shdr){ .sh_type = SHT_PROGBITS, .sh_name = 1 };
	memcpy(go->names + 1, ".go.buildinfo", 14);
}

static void go_loads_nothing_unless_it_brings_a_c_library(void **state)
{
	static const char *const texts[] = { "libx.so /usr/lib", "libx.so /etc/ld.so.cache" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(reading_done) struct reading r = {};
		struct go_elf go;

		go_elf_make(&go, texts[i]);
		assert_int_equal(read_bytes(&r, &go, sizeof(go), NULL), 0);
		assert_true(r.facts.is_go);
		assert_true(r.facts.imports_exec);
		assert_int_equal(r.facts.imports_dlopen, i);
	}
}

static void rust_is_told_by_its_symbols(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	memcpy(elf.strings + TINY_EXPORT, "_RNvC1x", 8);
	assert_int_equal(read_elf(&r, &elf), 0);
	assert_true(r.facts.is_rust);
	assert_false(r.facts.is_go);
}

static void what_runs_here_is_read_too(void **state)
{
	_cleanup_(reading_done) struct reading r = { .arena = arena_new() };
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool needs_libc = false, imports_memfd = false;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(elf_facts_read(&r.facts, fd, NULL, r.arena, &r.err), 0);
	for (size_t i = 0; i < r.facts.needed_count; i++)
		needs_libc |= !strcmp(r.facts.needed[i], "libc.so.6");
	for (size_t i = 0; i < r.facts.imported_count; i++) {
		imports_memfd |= !strcmp(r.facts.imported[i], "memfd_create");
		assert_true(!i || strcmp(r.facts.imported[i - 1], r.facts.imported[i]) < 0);
	}
	assert_true(needs_libc);
	assert_true(imports_memfd);
	assert_non_null(r.facts.interpreter);
}

static void what_is_no_elf_file_is_told_apart(void **state)
{
	_cleanup_(reading_done) struct reading r = {};

	(void)state;
	assert_int_equal(read_bytes(&r, "", 0, NULL), -ENOEXEC);
	assert_int_equal(read_bytes(&r, "#!/bin/sh\n#############", 20, NULL), -ENOEXEC);
	assert_int_equal(read_bytes(&r, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16, NULL), -EBADMSG);
	assert_string_equal(r.err.text, "the file ends within its ELF header");
	assert_int_equal(read_bytes(&r, "\177ELF\5\1\1\0\0\0\0\0\0\0\0\0", 16, NULL), -EBADMSG);
}

/* One lie each: where it stands, and what is put there. */
struct lie {
	const char *reason;
	size_t offset;
	uint64_t value;
	size_t bytes;
};

#define LIE(reason, member, value)                                \
	{                                                         \
		reason, offsetof(struct tiny_elf, member), value, \
		    sizeof(((struct tiny_elf *)0)->member)        \
	}

static void lies_are_found_and_named(void **state)
{
	static const struct lie lies[] = {
		LIE("program headers of 1 bytes", header.e_phentsize, 1),
		LIE("program header 0 lies outside", header.e_phoff, UINT64_MAX - 8),
		LIE("program header 0 lies outside", header.e_phoff, sizeof(struct tiny_elf)),
		LIE("65534 program headers", header.e_phnum, 65534),
		LIE("segment 0 reaches beyond", load.p_filesz, UINT64_MAX),
		LIE("segment 0 reaches beyond", load.p_offset, 1),
		LIE("in no loaded segment", dynamic.p_vaddr, UINT64_MAX),
		LIE("in no loaded segment", load.p_vaddr, 1ull << 40),
		LIE("string table lies outside", dyn[0].d_un.d_val, UINT64_MAX),
		LIE("string table lies outside", dyn[1].d_un.d_val, 1u << 30),
		LIE("dynamic symbols reach beyond", hash[1], 999),
		LIE("more than 1000000 dynamic symbols", hash[1], UINT32_MAX),
		LIE("dynamic symbols reach beyond", dyn[2].d_un.d_val, UINT64_MAX - 64),
		LIE("the name of the object", dyn[5].d_un.d_val, 4096),
		LIE("the name of a needed library", dyn[6].d_un.d_val, UINT64_MAX),
		LIE("the name of DT_RUNPATH", dyn[7].d_un.d_val, 160),
		LIE("dynamic symbol 2: its name lies outside", symbols[2].st_name, 4096),
		LIE("without a string table", dyn[0].d_tag, DT_DEBUG),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		_cleanup_(reading_done) struct reading r = {};
		struct tiny_elf elf;
		int code;

		tiny_elf_make(&elf, "");
		memcpy((char *)&elf + lies[i].offset, &lies[i].value, lies[i].bytes);
		code = read_elf(&r, &elf);
		if (code != -EBADMSG || !strstr(r.err.text, lies[i].reason))
			fail_msg("lie %zu: %d '%s', not '%s'", i, code, r.err.text, lies[i].reason);
		assert_null(r.facts.machine);
	}
}

static void a_file_without_program_headers_is_read(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	elf.header.e_phnum = 0;
	assert_int_equal(read_elf(&r, &elf), 0);
	assert_int_equal(r.facts.needed_count, 0);
}

static void an_interpreter_without_end_is_a_lie(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	elf.header.e_phnum = 4;
	elf.interpreter.p_filesz = 4;
	assert_int_equal(read_elf(&r, &elf), -EBADMSG);
	assert_string_equal(r.err.text, "the interpreter's name is no string");
}

static void section_headers_that_lie_are_not_missed(void **state)
{
	_cleanup_(reading_done) struct reading r = {};
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	elf.header.e_shoff = UINT64_MAX - 100;
	elf.header.e_shentsize = sizeof(Elf64_Shdr);
	elf.header.e_shnum = 60000;
	assert_int_equal(read_elf(&r, &elf), 0);
	assert_int_equal(r.facts.exported_count, 1);
}

static void a_file_cut_anywhere_is_refused_or_read(void **state)
{
	struct tiny_elf elf;

	(void)state;
	tiny_elf_make(&elf, "");
	for (size_t len = 0; len < sizeof(elf); len += 7) {
		_cleanup_(reading_done) struct reading r = {};

		assert_true(read_bytes(&r, &elf, len, NULL) < 0);
		assert_true(r.err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_object_tells_all_of_it),
		cmocka_unit_test(the_interpreter_is_read),
		cmocka_unit_test(strings_become_hints),
		cmocka_unit_test(names_of_programs_are_hints_of_what_can_execute),
		cmocka_unit_test(a_static_program_may_do_anything),
		cmocka_unit_test(go_loads_nothing_unless_it_brings_a_c_library),
		cmocka_unit_test(rust_is_told_by_its_symbols),
		cmocka_unit_test(what_runs_here_is_read_too),
		cmocka_unit_test(what_is_no_elf_file_is_told_apart),
		cmocka_unit_test(lies_are_found_and_named),
		cmocka_unit_test(a_file_without_program_headers_is_read),
		cmocka_unit_test(an_interpreter_without_end_is_a_lie),
		cmocka_unit_test(section_headers_that_lie_are_not_missed),
		cmocka_unit_test(a_file_cut_anywhere_is_refused_or_read),
	};

	return cmocka_run_group_tests_name("elf_facts", tests, NULL, NULL);
}
