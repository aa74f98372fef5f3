/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* go_table.h — the bytes of Go's table of functions while it is being read; for the files of go_pclntab alone. */
#pragma once

#include "analyzer/go_pclntab.h"

struct go_table {
	const struct elf_file *file;
	struct elf_relative relative;
	struct go_pclntab *out;
	const char *bytes; /* the table and what follows it, with a NUL at the end */
	uint64_t len;
	size_t pointer; /* bytes of a pointer, as the table says */
	unsigned quantum;
	uint64_t name_base, pcdata_base, record_base; /* offsets in the table */
	uint64_t ftab;                                /* offset of its first entry */
	uint64_t module;                              /* address of the module data, 0: not found */
	size_t name_bytes;                            /* of all names that were taken */
	struct arena *arena;
};

/* A number of the table; false when it lies outside. */
_must_check_ bool go_table_number(const struct go_table *table, uint64_t at, size_t bytes,
				  uint64_t *ret);
/* The name at an offset of the names; NULL when it is none, or too many were asked for. */
const char *go_table_name(struct go_table *table, uint64_t offset);

/* Looks for the runtime's module data, which has the address of the table first; its address in table->module, and where the
 * code begins in table->out->text. Not finding it is no error. */
_must_check_ int go_table_find_module(struct go_table *table);
/* Fills table->out->inlined, or leaves it empty when the tree cannot be believed. -ENOMEM. */
_must_check_ int go_table_read_inlined(struct go_table *table);
