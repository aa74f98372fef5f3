/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * elf_facts.h — what an ELF file says about itself, read within limits from a hostile file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "analyzer/string_set.h"
#include "include/err.h"

#define ELF_NEEDED_MAX 4096
#define ELF_SYMBOLS_MAX 1000000
#define ELF_STRINGS_MAX 20000

struct elf_facts {
	const char *machine; /* "x86_64", "aarch64", "i386", … or "em_N" */
	const char *type;    /* "exec", "dyn", "rel", "core" or "et_N" */
	const char *build_id, *soname, *interpreter, *rpath, *runpath; /* NULL when absent */
	const char **needed; /* in the order in which the loader takes them */
	size_t needed_count;
	const char **exported, **imported; /* names of dynamic symbols, sorted, unique */
	size_t exported_count, imported_count;
	/* Words of the strings in all that is loaded of the file: hypotheses of what it could dlopen or execute. Words with
	 * ".so" in them (also patterns: "lib%s.so.%d"), words that start with "lib", absolute paths, and, when it
	 * can execute, names of programs of the image. Where a path starts within a word both are kept; Go and Rust put
	 * strings end to end, so there a hint may go on behind its end, and bare names are not found. Sorted, unique. */
	const char **hints;
	size_t hints_count;
	bool hints_truncated; /* there were more than ELF_STRINGS_MAX */
	/* dlopen, dlmopen and their kin; exec*, posix_spawn*, system, popen, wordexp; and syscall, unless
	 * its numbers are known and none is that of execve (syscall_numbers.h). A static program imports
	 * nothing: it counts as able to execute, and as able to load unless it is Go (told by its sections) without a C
	 * library that loads. */
	bool imports_dlopen, imports_exec;
	bool is_static; /* no interpreter and no needed */
	bool is_go,
	    is_rust; /* Go build info or pclntab section; Rust by symbols, .comment or the paths of its panics */
};

/* Reads the file behind fd (not closed). `programs`: names of the image's programs, for hints, or NULL. -ENOEXEC when it is
 * no ELF file; -EBADMSG with a reason when its headers lie. */
_must_check_ int elf_facts_read(struct elf_facts *ret, int fd, const struct string_set *programs,
				struct arena *arena, struct err *err);
