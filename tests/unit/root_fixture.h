/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* root_fixture.h — small roots of images in a temporary directory, and small ELF files to put there. */
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/cleanup.h"

struct root {
	char dir[64];
};

static inline _unused_ void root_make(struct root *root)
{
	snprintf(root->dir, sizeof(root->dir), "/tmp/vexxy-test-root.XXXXXX");
	assert_non_null(mkdtemp(root->dir));
}

static inline int root_remove_one(const char *path, const struct stat *st, int flag,
				  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline _unused_ void root_remove(struct root *root)
{
	nftw(root->dir, root_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
#define _cleanup_root_ _cleanup_(root_remove)

/* The path on disk of a path in the root; the directories on the way to it are made. */
static inline _unused_ const char *root_path(const struct root *root, const char *path)
{
	static char full[8192];
	size_t skip = strlen(root->dir);

	assert_in_range(snprintf(full, sizeof(full), "%s%s", root->dir, path), 1, sizeof(full) - 1);
	for (char *slash = strchr(full + skip + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	return full;
}

static inline _unused_ void root_bytes(const struct root *root, const char *path, const void *data,
				       size_t len, mode_t mode)
{
	_cleanup_close_ int fd =
	    open(root_path(root, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
}

static inline _unused_ void root_file(const struct root *root, const char *path, const char *text)
{
	root_bytes(root, path, text, strlen(text), 0644);
}

static inline _unused_ void root_program(const struct root *root, const char *path,
					 const char *text)
{
	root_bytes(root, path, text, strlen(text), 0755);
}

static inline _unused_ void root_link(const struct root *root, const char *path, const char *target)
{
	assert_int_equal(symlink(target, root_path(root, path)), 0);
}

/* A shared object for x86_64 of one loaded segment: header, segments, dynamic section, symbols, hash, strings, note, text. */
struct tiny_elf {
	Elf64_Ehdr header;
	Elf64_Phdr load, dynamic, note, interpreter;
	Elf64_Dyn dyn[10];
	Elf64_Sym symbols[4]; /* none, "exported_one", "imported_one", "dlopen" */
	uint32_t hash[8];
	char strings[160];
	struct {
		Elf64_Nhdr head;
		char name[4];
		unsigned char id[20];
	} build_id;
	char interpreter_path[32];
	char text[256];
};

enum {
	TINY_SONAME = 1,
	TINY_NEEDED = 16,
	TINY_RUNPATH = 32,
	TINY_EXPORT = 64,
	TINY_IMPORT = 80,
	TINY_DLOPEN = 96
};

static inline _unused_ void tiny_elf_make(struct tiny_elf *e, const char *text)
{
#define AT(member) offsetof(struct tiny_elf, member)
	*e = (struct tiny_elf){
		.header = { .e_ident = ELFMAG,
			    .e_type = ET_DYN,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_phoff = AT(load),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 3 },
		.load = { .p_type = PT_LOAD,
			  .p_flags = PF_R | PF_X,
			  .p_filesz = sizeof(*e),
			  .p_memsz = sizeof(*e),
			  .p_align = 4096 },
		.dynamic = { .p_type = PT_DYNAMIC,
			     .p_offset = AT(dyn),
			     .p_vaddr = AT(dyn),
			     .p_filesz = sizeof(e->dyn),
			     .p_memsz = sizeof(e->dyn) },
		.note = { .p_type = PT_NOTE,
			  .p_offset = AT(build_id),
			  .p_vaddr = AT(build_id),
			  .p_filesz = sizeof(e->build_id),
			  .p_align = 4 },
		.interpreter = { .p_type = PT_INTERP,
				 .p_offset = AT(interpreter_path),
				 .p_vaddr = AT(interpreter_path),
				 .p_filesz = sizeof("/lib64/ld.so") },
		.dyn = { { DT_STRTAB, { AT(strings) } },
			 { DT_STRSZ, { sizeof(e->strings) } },
			 { DT_SYMTAB, { AT(symbols) } },
			 { DT_SYMENT, { sizeof(Elf64_Sym) } },
			 { DT_HASH, { AT(hash) } },
			 { DT_SONAME, { TINY_SONAME } },
			 { DT_NEEDED, { TINY_NEEDED } },
			 { DT_RUNPATH, { TINY_RUNPATH } } },
		.symbols = { {},
			     { .st_name = TINY_EXPORT,
			       .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			       .st_shndx = 1,
			       .st_value = AT(text) },
			     { .st_name = TINY_IMPORT,
			       .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC) },
			     { .st_name = TINY_DLOPEN,
			       .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC) } },
		.hash = { 1, 4, 1, 0, 2, 3, 0 },
		.build_id = { { 4, 20, NT_GNU_BUILD_ID }, "GNU", { 0xab, 0xcd } },
		.interpreter_path = "/lib64/ld.so",
	};
#undef AT
	e->header.e_ident[EI_CLASS] = ELFCLASS64;
	e->header.e_ident[EI_DATA] = ELFDATA2LSB;
	e->header.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(e->strings + TINY_SONAME, "libtiny.so.1", 12);
	memcpy(e->strings + TINY_NEEDED, "libc.so.6", 9);
	memcpy(e->strings + TINY_RUNPATH, "$ORIGIN/../x", 12);
	memcpy(e->strings + TINY_EXPORT, "exported_one", 12);
	memcpy(e->strings + TINY_IMPORT, "imported_one", 12);
	memcpy(e->strings + TINY_DLOPEN, "dlopen", 6);
	snprintf(e->text, sizeof(e->text), "%s", text);
}

static inline _unused_ void root_elf(const struct root *root, const char *path, const char *text)
{
	struct tiny_elf elf;

	tiny_elf_make(&elf, text);
	root_bytes(root, path, &elf, sizeof(elf), 0755);
}
