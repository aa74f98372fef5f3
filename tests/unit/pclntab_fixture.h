/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pclntab_fixture.h — a Go program of three functions and two inlined ones, in each format, byte order and size. */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "include/cleanup.h"

enum {
	TINY_GO_BASE = 0x400000, /* address of the file's first byte */
	TINY_GO_CODE = 0x1000,   /* offsets from here on */
	TINY_GO_TABLE = 0x400,
	TINY_GO_NAMES = 0x80, /* in the table */
	TINY_GO_NAMES_END = 0xf0,
	TINY_GO_PCDATA = 0x100,
	TINY_GO_FTAB = 0x180,
	TINY_GO_RECORDS = 0x100, /* behind the start of ftab, or in format 2 of the table: 0x280 */
	TINY_GO_MODULE = 0x1800,
	TINY_GO_FUNC = 0x1c00,
	TINY_GO_BYTES = 0x2000,
};

struct tiny_go {
	unsigned char bytes[TINY_GO_BYTES];
	unsigned format; /* 2, 16, 18, 20 */
	bool big;
	unsigned pointer;
};

static inline _unused_ void tiny_go_put(struct tiny_go *go, size_t at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		go->bytes[at + (go->big ? bytes - 1 - i : i)] = (unsigned char)(value >> 8 * i);
}

static inline void tiny_go_headers(struct tiny_go *go)
{
	bool wide = go->pointer == 8;
	size_t phdr = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	unsigned p = go->pointer;

	memcpy(go->bytes, ELFMAG, SELFMAG);
	go->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	go->bytes[EI_DATA] = go->big ? ELFDATA2MSB : ELFDATA2LSB;
	tiny_go_put(go, 16, ET_EXEC, 2);
	tiny_go_put(go, 18, wide ? EM_X86_64 : EM_386, 2);
	tiny_go_put(go, 24 + p, phdr, p);                   /* e_phoff */
	tiny_go_put(go, wide ? 54 : 42, wide ? 56 : 32, 2); /* e_phentsize */
	tiny_go_put(go, wide ? 56 : 44, 1, 2);              /* e_phnum */
	tiny_go_put(go, phdr, PT_LOAD, 4);
	tiny_go_put(go, phdr + (wide ? 4 : 24), PF_R | PF_W | PF_X, 4);
	tiny_go_put(go, phdr + (wide ? 16 : 8), TINY_GO_BASE, p);
	tiny_go_put(go, phdr + (wide ? 32 : 16), TINY_GO_BYTES, p);
	tiny_go_put(go, phdr + (wide ? 40 : 20), TINY_GO_BYTES, p);
}

static inline uint32_t tiny_go_name(struct tiny_go *go, const char *name)
{
	const unsigned char *names = go->bytes + TINY_GO_TABLE + TINY_GO_NAMES;
	const unsigned char *found =
	    memmem(names, TINY_GO_NAMES_END - TINY_GO_NAMES, name, strlen(name) + 1);

	return (uint32_t)(found - names) + (go->format == 2 ? TINY_GO_NAMES : 0);
}

/* The record of function i, and its place in the table of functions. */
static inline void tiny_go_function(struct tiny_go *go, unsigned i, uint64_t entry,
				    const char *name)
{
	bool narrow = go->format >= 18;
	size_t field = narrow ? 4 : go->pointer, base = TINY_GO_TABLE + TINY_GO_FTAB;
	uint64_t text = TINY_GO_BASE + TINY_GO_CODE;
	uint32_t offset = TINY_GO_RECORDS + i * 0x50;
	size_t record, fixed = go->format == 18 ? 40 : 44;

	if (go->format == 2) {
		base = TINY_GO_TABLE + 8 + go->pointer;
		offset = 0x280 + i * 0x50;
	}
	tiny_go_put(go, base + i * 2 * field, narrow ? entry : text + entry, field);
	tiny_go_put(go, base + i * 2 * field + field, offset, field);
	record = TINY_GO_TABLE + (go->format == 2 ? 0 : TINY_GO_FTAB) + offset;
	tiny_go_put(go, record, narrow ? entry : text + entry, field);
	tiny_go_put(go, record + field, tiny_go_name(go, name), 4);
	if (!narrow)
		return;
	tiny_go_put(go, record + 28, 3, 4); /* tables by address */
	go->bytes[record + fixed - 1] = 4;  /* data */
	memset(go->bytes + record + fixed + 12, 0xff, 16);
	if (i == 2) {
		tiny_go_put(go, record + fixed + 8, 1, 4);
		tiny_go_put(go, record + fixed + 12 + 12, 0x10, 4);
	}
}

/* main.outer has at 0x10…0x18 what was main.small, and in that at 0x12…0x14 what was main.deep. */
static inline void tiny_go_trees(struct tiny_go *go)
{
	static const unsigned char spans[] = { 0, 0x10, 2, 2, 2, 2, 1, 4, 1, 0x28, 0 };
	size_t tree = TINY_GO_FUNC + 0x10, step = go->format == 18 ? 20 : 16;
	static const char *const names[] = { "main.small", "main.deep" };
	static const uint32_t at[] = { 8, 0x11 };

	memcpy(go->bytes + TINY_GO_TABLE + TINY_GO_PCDATA + 1, spans, sizeof(spans));
	for (unsigned i = 0; i < 2; i++) {
		size_t call = tree + i * step;

		if (go->format == 18)
			tiny_go_put(go, call, i ? 0 : 0xffff, 2);
		tiny_go_put(go, call + (go->format == 18 ? 12 : 4), tiny_go_name(go, names[i]), 4);
		tiny_go_put(go, call + (go->format == 18 ? 16 : 8), at[i], 4);
	}
}

static inline void tiny_go_module(struct tiny_go *go)
{
	uint64_t text = TINY_GO_BASE + TINY_GO_CODE, table = TINY_GO_BASE + TINY_GO_TABLE;
	const struct {
		unsigned word;
		uint64_t value;
	} words[] = { { 0, table }, { 1, table + TINY_GO_NAMES },
		      { 20, text }, { 21, text + 0x80 },
		      { 22, text }, { go->format == 18 ? 38 : 40, TINY_GO_BASE + TINY_GO_FUNC } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		tiny_go_put(go, TINY_GO_MODULE + words[i].word * go->pointer, words[i].value,
			    go->pointer);
}

static inline _unused_ void tiny_go_make(struct tiny_go *go, unsigned format, bool big,
					 unsigned pointer)
{
	static const char names[] = "main.main\0main.(*T).Get\0main.outer\0main.small\0main.deep";
	uint32_t magic = format == 2    ? 0xfffffffb
			 : format == 16 ? 0xfffffffa
			 : format == 18 ? 0xfffffff0
					: 0xfffffff1;
	size_t word = TINY_GO_TABLE + 8, field = format >= 18 ? 4 : pointer;

	*go = (struct tiny_go){ .format = format, .big = big, .pointer = pointer };
	tiny_go_headers(go);
	tiny_go_put(go, TINY_GO_TABLE, magic, 4);
	go->bytes[TINY_GO_TABLE + 6] = 1;
	go->bytes[TINY_GO_TABLE + 7] = (unsigned char)pointer;
	memcpy(go->bytes + TINY_GO_TABLE + TINY_GO_NAMES, names, sizeof(names));
	tiny_go_put(go, word, 3, pointer);
	if (format != 2) {
		/* Files, from 1.18 the start of the code (0 from 1.26 on), names, units, files, tables by address, functions. */
		const uint64_t words[] = { 0,
					   0,
					   TINY_GO_NAMES,
					   TINY_GO_NAMES_END,
					   TINY_GO_NAMES_END,
					   TINY_GO_PCDATA,
					   TINY_GO_FTAB };

		for (unsigned i = format == 16, n = 1; i < 7; i++, n++)
			tiny_go_put(go, word + n * pointer, words[i], pointer);
	}
	tiny_go_function(go, 0, 0, "main.main");
	tiny_go_function(go, 1, 0x20, "main.(*T).Get");
	tiny_go_function(go, 2, 0x40, "main.outer");
	tiny_go_put(go, (format == 2 ? word + pointer : TINY_GO_TABLE + TINY_GO_FTAB) + 6 * field,
		    format >= 18 ? 0x80 : TINY_GO_BASE + TINY_GO_CODE + 0x80, field);
	if (format >= 18) {
		tiny_go_module(go);
		tiny_go_trees(go);
	}
}

/* A descriptor of an unnamed file with those bytes; -1 on failure. */
static inline _unused_ int tiny_go_file(const struct tiny_go *go)
{
	_cleanup_close_ int fd = memfd_create("go", MFD_CLOEXEC);

	if (fd < 0 || write(fd, go->bytes, sizeof(go->bytes)) != sizeof(go->bytes))
		return -1;
	return take_fd(&fd);
}
