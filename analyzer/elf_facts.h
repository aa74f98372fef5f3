/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * elf_facts.h — what an ELF file says about itself, read within limits from a hostile file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define ELF_NEEDED_MAX 4096
#define ELF_SYMBOLS_MAX 1000000
#define ELF_STRINGS_MAX 20000

struct elf_facts {
	const char *machine; /* "x86_64", "aarch64", "i386", … or "em_N" */
	const char *type;    /* "exec", "dyn", "rel", … */
	const char *build_id, *soname, *interpreter, *rpath, *runpath; /* NULL when absent */
	const char **needed;
	size_t needed_count;
	const char **exported, **imported; /* names of dynamic symbols, sorted, unique */
	size_t exported_count, imported_count;
	/* Strings in read-only data that look like a shared object's name or an absolute path: hypotheses of what it could
	 * dlopen or execute. Sorted, unique. */
	const char **hints;
	size_t hints_count;
	bool hints_truncated; /* there were more than ELF_STRINGS_MAX */
	bool imports_dlopen,
	    imports_exec; /* dlopen/dlmopen; exec*, posix_spawn*, system, popen, execveat (also via syscall()) */
	bool is_static;      /* no interpreter and no needed */
	bool is_go, is_rust; /* Go build info or pclntab section; Rust by symbols or .comment */
};

/* Reads the file behind fd (not closed). -ENOEXEC when it is no ELF file; -EBADMSG with a reason when its headers lie. */
_must_check_ int elf_facts_read(struct elf_facts *ret, int fd, struct arena *arena,
				struct err *err);
