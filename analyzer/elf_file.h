/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * elf_file.h — the tables of an ELF file of either class and byte order, every access checked against the file.
 *
 * Read by pread, never mapped: a file that shrinks meanwhile is an error and not a signal. Section headers are a help for
 * tools and may be missing or lie, so `section_count` is 0 when they cannot be believed; segments are what the kernel and
 * the loader go by.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define ELF_SEGMENTS_MAX 4096
#define ELF_SECTIONS_MAX 200000

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, align;
};

struct elf_section {
	const char *name; /* "" when it has none */
	uint32_t type, link, info;
	uint64_t flags, addr, offset, size, entsize;
};

/* One entry of a table of symbols, of either class. */
struct elf_symbol {
	const char *name; /* borrowed from the table of strings */
	uint64_t value, size;
	uint32_t number;
	uint16_t section; /* SHN_UNDEF: it is defined elsewhere */
	uint8_t type, bind, visibility;
};

struct elf_file {
	int fd; /* borrowed */
	uint64_t size;
	bool wide, big; /* 64 bit; most significant byte first */
	uint16_t machine, type;
	uint64_t entry;
	struct elf_segment *segments;
	struct elf_section *sections;
	size_t segment_count, section_count;
};

/* -ENOEXEC when the file is not ELF, -EBADMSG with a reason when its program headers lie. Memory is the arena's. */
_must_check_ int elffile_open(struct elf_file *ret, int fd, struct arena *arena, struct err *err);
/* The same without segments: separate debug data has the program headers of the file that it was taken from, and may not
 * have what they describe. */
_must_check_ int elffile_open_debug(struct elf_file *ret, int fd, struct arena *arena,
				    struct err *err);
/* Exactly len bytes, or -ERANGE when they are not all in the file, or another -errno. */
_must_check_ int elffile_read(const struct elf_file *file, void *to, uint64_t offset, size_t len);
/* Where the byte at an address stands in the file, and how many follow it in the same segment; -ERANGE. */
_must_check_ int elffile_at(const struct elf_file *file, uint64_t vaddr, uint64_t *offset,
			    uint64_t *room);
/* A number of 1, 2, 4 or 8 bytes in the file's byte order. */
uint64_t elffile_number(const struct elf_file *file, const void *at, size_t bytes);
/* Bytes of one symbol in the file. */
size_t elffile_symbol_size(const struct elf_file *file);
/* Decodes elffile_symbol_size bytes. False when its name lies outside the strings, which end with a NUL. */
_must_check_ bool elffile_symbol(const struct elf_file *file, struct elf_symbol *ret,
				 const char *raw, const char *strings, size_t strings_len);
