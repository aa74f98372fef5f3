// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_facts.c — what an ELF file says about itself. */
#include "analyzer/elf_facts.h"

#include <limits.h>

#include "include/array.h"

#include "analyzer/elf_dynamic.h"
#include "analyzer/elf_file.h"
#include "analyzer/elf_hints.h"
#include "analyzer/elf_note.h"
#include "analyzer/syscall_numbers.h"

#define STRETCH_BYTES (1u << 20)
#define COMMENT_BYTES_MAX (64u << 10)

struct reading {
	struct elf_facts *facts;
	struct elf_file file;
	struct elf_dynamic dynamic;
	struct arena *arena;   /* of the facts */
	struct arena *scratch; /* of the tables */
	struct string_set exported, imported;
	struct hints hints;
	bool imports_syscall;
};

static void reading_done(struct reading *reading)
{
	string_set_done(&reading->exported);
	string_set_done(&reading->imported);
	string_set_done(&reading->hints.words);
	arena_free(reading->scratch);
}

static const char *machine_name(const struct elf_file *file, struct arena *arena)
{
	static const struct {
		uint16_t machine;
		const char *narrow, *wide;
	} names[] = {
		{ EM_X86_64, "x32", "x86_64" },
		{ EM_386, "i386", "i386" },
		{ EM_AARCH64, "aarch64", "aarch64" },
		{ EM_ARM, "arm", "arm" },
		{ EM_RISCV, "riscv32", "riscv64" },
		{ EM_PPC64, "ppc64", "ppc64" },
		{ EM_PPC, "ppc", "ppc" },
		{ EM_S390, "s390", "s390x" },
		{ EM_MIPS, "mips", "mips64" },
		{ EM_LOONGARCH, "loong32", "loong64" },
		{ EM_BPF, "bpf", "bpf" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].machine == file->machine)
			return file->wide ? names[i].wide : names[i].narrow;
	return arena_printf(arena, "em_%u", file->machine);
}

static const char *type_name(const struct elf_file *file, struct arena *arena)
{
	static const char *const names[] = { "none", "rel", "exec", "dyn", "core" };

	if (file->type < sizeof(names) / sizeof(*names))
		return names[file->type];
	return arena_printf(arena, "et_%u", file->type);
}

static int take_interpreter(struct reading *reading, struct err *err)
{
	const struct elf_file *file = &reading->file;
	char path[PATH_MAX];

	for (size_t i = 0; i < file->segment_count; i++) {
		const struct elf_segment *s = &file->segments[i];

		if (s->type != PT_INTERP || !s->filesz)
			continue;
		if (s->filesz > sizeof(path) ||
		    elffile_read(file, path, s->offset, (size_t)s->filesz) < 0 ||
		    path[s->filesz - 1])
			return err_set(err, EBADMSG, "the interpreter's name is no string");
		reading->facts->interpreter = arena_strdup(reading->arena, path);
		return reading->facts->interpreter ? 0 : err_oom(err);
	}
	return 0;
}

static int take_string(struct reading *reading, const char **ret, uint64_t offset, const char *what,
		       struct err *err)
{
	const char *text = elfdyn_string(&reading->dynamic, offset);

	if (!text)
		return err_set(err, EBADMSG, "the name of %s lies outside the dynamic strings",
			       what);
	*ret = arena_strdup(reading->arena, text);
	return *ret ? 0 : err_oom(err);
}

static int take_names(struct reading *reading, struct err *err)
{
	const struct elf_dynamic *dyn = &reading->dynamic;
	struct elf_facts *facts = reading->facts;
	const struct {
		uint64_t tag;
		const char **ret;
		const char *what;
	} names[] = {
		{ DT_SONAME, &facts->soname, "the object (DT_SONAME)" },
		{ DT_RPATH, &facts->rpath, "DT_RPATH" },
		{ DT_RUNPATH, &facts->runpath, "DT_RUNPATH" },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r >= 0; i++)
		if (dyn->present[names[i].tag])
			r = take_string(reading, names[i].ret, dyn->value[names[i].tag],
					names[i].what, err);
	if (r < 0 || !dyn->needed_count)
		return r;
	facts->needed = arena_alloc(reading->arena, dyn->needed_count * sizeof(*facts->needed));
	if (!facts->needed)
		return err_oom(err);
	for (size_t i = 0; i < dyn->needed_count && r >= 0; i++)
		r = take_string(reading, &facts->needed[i], dyn->needed[i], "a needed library",
				err);
	facts->needed_count = dyn->needed_count;
	return r;
}

static bool is_in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static bool is_rust_symbol(const char *name)
{
	size_t len = strlen(name);

	return !strcmp(name, "rust_eh_personality") || !strncmp(name, "_R", 2) ||
	       (len > 24 && !strncmp(name, "_ZN", 3) && name[len - 1] == 'E' &&
		!strncmp(name + len - 20, "17h", 3));
}

static int take_symbol(void *ctx, const struct elf_symbol *symbol)
{
	static const char *const loads[] = { "dlopen", "dlmopen", "__libc_dlopen_mode",
					     "__libc_dlopen" };
	static const char *const executes[] = {
		"execve", "execv",   "execvp",    "execvpe",      "execl",        "execlp",
		"execle", "fexecve", "execveat",  "posix_spawn",  "posix_spawnp", "system",
		"popen",  "wordexp", "_IO_popen", "__libc_system"
	};
	struct reading *reading = ctx;
	struct elf_facts *facts = reading->facts;
	bool defined = symbol->section != SHN_UNDEF;
	const char *name = symbol->name;

	if (!defined) {
		facts->imports_dlopen |= is_in(name, loads, sizeof(loads) / sizeof(*loads));
		facts->imports_exec |= is_in(name, executes, sizeof(executes) / sizeof(*executes));
		reading->imports_syscall |= !strcmp(name, "syscall");
	}
	facts->is_rust |= is_rust_symbol(name);
	/* Borrowed from the table of strings; copied once, sorted and unique. */
	return string_set_add(defined ? &reading->exported : &reading->imported, name, strlen(name),
			      NULL);
}

static int copy_sorted(const struct string_set *set, struct arena *arena, const char ***ret,
		       size_t *ret_count)
{
	int r = string_set_sorted(set, arena, ret, ret_count);

	for (size_t i = 0; r >= 0 && i < *ret_count; i++) {
		(*ret)[i] = arena_strdup(arena, (*ret)[i]);
		if (!(*ret)[i])
			return -ENOMEM;
	}
	return r;
}

/* What tools leave in sections that are not loaded or that only they name. */
static void take_sections(struct reading *reading)
{
	char text[COMMENT_BYTES_MAX];

	for (size_t i = 0; i < reading->file.section_count; i++) {
		const struct elf_section *s = &reading->file.sections[i];
		size_t len = s->size < sizeof(text) ? (size_t)s->size : sizeof(text);

		if (!strcmp(s->name, ".go.buildinfo") || !strcmp(s->name, ".gopclntab"))
			reading->facts->is_go = true;
		if (!strcmp(s->name, ".comment") &&
		    !elffile_read(&reading->file, text, s->offset, len) &&
		    memmem(text, len, "rustc", 5))
			reading->facts->is_rust = true;
	}
}

static int segment_order(const void *a, const void *b)
{
	const struct elf_segment *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Scans [from, to) of the file, stretch by stretch; words may cross from one to the next. */
static int scan_range(struct reading *reading, uint64_t from, uint64_t to, char *buffer,
		      struct err *err)
{
	long kept = 0;
	int r;

	while (from < to) {
		size_t n = to - from < STRETCH_BYTES ? (size_t)(to - from) : STRETCH_BYTES;

		r = elffile_read(&reading->file, buffer + kept, from, n);
		if (r < 0)
			return err_sys(err, -r, "read at offset %ju", (uintmax_t)from);
		from += n;
		n += (size_t)kept;
		kept = hints_scan(&reading->hints, buffer, n, from == to);
		if (kept < 0)
			return err_oom(err);
		memmove(buffer, buffer + n - (size_t)kept, (size_t)kept);
	}
	return 0;
}

/* The content of all that is loaded, each byte once, without the dynamic strings: those are needed libraries and symbols. */
static int take_hints(struct reading *reading, struct err *err)
{
	_cleanup_free_ char *buffer = malloc(STRETCH_BYTES + HINT_WORD_MAX);
	struct elf_file *file = &reading->file;
	uint64_t hole = reading->dynamic.strings_offset;
	uint64_t hole_end = hole + reading->dynamic.strings_len, done = 0;
	int r = 0;

	if (!buffer)
		return err_oom(err);
	array_sort(file->segments, file->segment_count, sizeof(*file->segments), segment_order);
	for (size_t i = 0; i < file->segment_count && r >= 0; i++) {
		const struct elf_segment *s = &file->segments[i];
		uint64_t from = s->offset > done ? s->offset : done, to = s->offset + s->filesz;

		if (s->type != PT_LOAD || from >= to)
			continue;
		done = to;
		if (hole < hole_end && from <= hole && hole_end <= to) {
			r = scan_range(reading, from, hole, buffer, err);
			from = hole_end;
		}
		if (r >= 0)
			r = scan_range(reading, from, to, buffer, err);
	}
	return r;
}

/* A static program brings its own system calls; what is no program and no library (data only) has no entry. */
static bool is_static_program(struct elf_facts *facts, const struct elf_file *file)
{
	facts->is_static = !facts->interpreter && !facts->needed_count &&
			   (file->type == ET_EXEC || file->type == ET_DYN);
	return facts->is_static && file->entry && !facts->soname;
}

/* Go loads nothing by itself, but the C library in it may (getaddrinfo loads libnss): that names the loader's cache. Only
 * sections tell that it is Go: a string could be anybody's. */
static bool brings_no_loader(const struct reading *reading)
{
	static const char cache[] = "/etc/ld.so.cache";

	return reading->facts->is_go && !reading->hints.truncated &&
	       string_set_find(&reading->hints.words, cache, strlen(cache)) == STRING_SET_NONE;
}

static int read_facts(struct reading *reading, const struct string_set *programs, struct err *err)
{
	struct elf_facts *facts = reading->facts;
	bool runs_alone;
	int r;

	facts->machine = machine_name(&reading->file, reading->arena);
	facts->type = type_name(&reading->file, reading->arena);
	if (!facts->machine || !facts->type ||
	    elfnote_build_id(&facts->build_id, &reading->file, reading->arena) < 0)
		return err_oom(err);
	r = take_interpreter(reading, err);
	if (r >= 0)
		r = elfdyn_read(&reading->dynamic, &reading->file, reading->scratch, err);
	if (r >= 0)
		r = take_names(reading, err);
	if (r >= 0)
		r = elfdyn_symbols(&reading->dynamic, &reading->file, take_symbol, reading, err);
	if (r < 0)
		return r;
	take_sections(reading);
	runs_alone = is_static_program(facts, &reading->file);
	facts->imports_exec |= runs_alone;
	if (reading->imports_syscall && !facts->imports_exec &&
	    syscall_may_execute(&facts->imports_exec, reading->file.fd, &reading->file,
				&reading->dynamic) < 0)
		return err_oom(err);
	reading->hints = (struct hints){ .words.arena = reading->scratch,
					 .programs = facts->imports_exec ? programs : NULL,
					 .max = ELF_STRINGS_MAX };
	r = take_hints(reading, err);
	if (r < 0)
		return r;
	facts->imports_dlopen |= runs_alone && !brings_no_loader(reading);
	facts->hints_truncated = reading->hints.truncated;
	facts->is_go |= reading->hints.is_go;
	facts->is_rust |= reading->hints.is_rust;
	if (copy_sorted(&reading->exported, reading->arena, &facts->exported,
			&facts->exported_count) < 0 ||
	    copy_sorted(&reading->imported, reading->arena, &facts->imported,
			&facts->imported_count) < 0 ||
	    copy_sorted(&reading->hints.words, reading->arena, &facts->hints, &facts->hints_count) <
		0)
		return err_oom(err);
	return 0;
}

int elf_facts_read(struct elf_facts *ret, int fd, const struct string_set *programs,
		   struct arena *arena, struct err *err)
{
	struct elf_facts facts = {};
	_cleanup_(reading_done) struct reading reading = { .facts = &facts, .arena = arena };
	int r;

	reading.scratch = arena_new();
	if (!reading.scratch)
		return err_oom(err);
	r = elffile_open(&reading.file, fd, reading.scratch, err);
	if (r < 0)
		return r;
	r = read_facts(&reading, programs, err);
	if (r < 0)
		return r;
	*ret = facts;
	return 0;
}
