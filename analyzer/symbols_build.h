/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* symbols_build.h — how a table of functions grows; for the files of symbols alone. */
#pragma once

#include "analyzer/symbols.h"

struct symbols_build {
	struct symbols *table;
	size_t capacity, note_capacity, name_bytes;
};

/* Adds a function, or counts it as outside. The name is borrowed: it must live as long as the table's arena. */
_must_check_ int symbols_add(struct symbols_build *build, struct symbol symbol);
/* Remembers what could not be read. */
_must_check_ int symbols_note(struct symbols_build *build, const char *where,
			      const struct err *why);
/* In an executable segment? */
bool symbols_is_code(const struct elf_file *file, uint64_t addr);

_must_check_ int symbols_add_dynamic(struct symbols_build *build, struct err *err);
/* The .symtab of the file itself, or of one that was taken from it. 0 also when there is none. */
_must_check_ int symbols_add_symtab(struct symbols_build *build, const struct elf_file *from,
				    enum symbol_origin origin, struct err *err);
/* The table of a file that was taken from ours: only when it is of the same machine do its addresses mean ours. */
_must_check_ int symbols_add_companion(struct symbols_build *build, int fd,
				       enum symbol_origin origin, struct err *err);
_must_check_ int symbols_add_debugdata(struct symbols_build *build, struct err *err);
/* By build-id, else by .gnu_debuglink, whose checksum must be that of the file. */
_must_check_ int symbols_add_debug_file(struct symbols_build *build, const char *const *dirs,
					size_t dir_count, struct err *err);
