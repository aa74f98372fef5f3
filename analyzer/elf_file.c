// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_file.c — the tables of an ELF file, every access checked against the file. */
#include "analyzer/elf_file.h"

#include <elf.h>
#include <sys/stat.h>

#define NAMES_BYTES_MAX (4u << 20)

int elffile_read(const struct elf_file *file, void *to, uint64_t offset, size_t len)
{
	char *at = to;
	ssize_t n;

	if (offset > file->size || len > file->size - offset)
		return -ERANGE;
	while (len) {
		n = pread(file->fd, at, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ERANGE; /* it shrank */
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

uint64_t elffile_number(const struct elf_file *file, const void *at, size_t bytes)
{
	const unsigned char *b = at;
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | b[file->big ? i : bytes - 1 - i];
	return v;
}

/* The member of a 32 bit or 64 bit structure at `at`, by name. */
#define FIELD(file, at, kind, member)                                                 \
	((file)->wide ? elffile_number((file), (at) + offsetof(Elf64_##kind, member), \
				       sizeof(((Elf64_##kind *)0)->member))           \
		      : elffile_number((file), (at) + offsetof(Elf32_##kind, member), \
				       sizeof(((Elf32_##kind *)0)->member)))
#define SIZE(file, kind) ((file)->wide ? sizeof(Elf64_##kind) : sizeof(Elf32_##kind))

int elffile_at(const struct elf_file *file, uint64_t vaddr, uint64_t *offset, uint64_t *room)
{
	/* The last one wins, as later segments are mapped over earlier ones. */
	for (size_t i = file->segment_count; i-- > 0;) {
		const struct elf_segment *s = &file->segments[i];

		if (s->type != PT_LOAD || vaddr < s->vaddr || vaddr - s->vaddr >= s->filesz)
			continue;
		*offset = s->offset + (vaddr - s->vaddr);
		*room = s->filesz - (vaddr - s->vaddr);
		return 0;
	}
	return -ERANGE;
}

static int read_section(const struct elf_file *file, uint64_t at, struct elf_section *ret,
			uint32_t *name)
{
	char raw[sizeof(Elf64_Shdr)];
	int r;

	r = elffile_read(file, raw, at, SIZE(file, Shdr));
	if (r < 0)
		return r;
	*name = (uint32_t)FIELD(file, raw, Shdr, sh_name);
	*ret = (struct elf_section){
		.name = "",
		.type = (uint32_t)FIELD(file, raw, Shdr, sh_type),
		.link = (uint32_t)FIELD(file, raw, Shdr, sh_link),
		.info = (uint32_t)FIELD(file, raw, Shdr, sh_info),
		.flags = FIELD(file, raw, Shdr, sh_flags),
		.addr = FIELD(file, raw, Shdr, sh_addr),
		.offset = FIELD(file, raw, Shdr, sh_offset),
		.size = FIELD(file, raw, Shdr, sh_size),
		.entsize = FIELD(file, raw, Shdr, sh_entsize),
	};
	return 0;
}

static int name_sections(struct elf_file *file, const uint32_t *names, size_t strings,
			 struct arena *arena)
{
	const struct elf_section *table = &file->sections[strings];
	char *text;
	int r;

	if (strings >= file->section_count || table->type != SHT_STRTAB ||
	    table->size > NAMES_BYTES_MAX)
		return -EBADMSG;
	text = arena_alloc(arena, (size_t)table->size + 1);
	if (!text)
		return -ENOMEM;
	r = elffile_read(file, text, table->offset, (size_t)table->size);
	if (r < 0)
		return r;
	for (size_t i = 0; i < file->section_count; i++)
		if (names[i] < table->size)
			file->sections[i].name = text + names[i];
	return 0;
}

/* Section headers, when they can be believed. Only a lack of memory or a failed read is an error. */
static int read_sections(struct elf_file *file, const char *ehdr, struct arena *arena)
{
	uint64_t start = FIELD(file, ehdr, Ehdr, e_shoff), count = FIELD(file, ehdr, Ehdr, e_shnum);
	uint64_t strings = FIELD(file, ehdr, Ehdr, e_shstrndx);
	size_t step = SIZE(file, Shdr);
	struct elf_section first;
	char raw[sizeof(Elf64_Shdr)];
	uint32_t *names;
	int r;

	if (!start || FIELD(file, ehdr, Ehdr, e_shentsize) != step ||
	    elffile_read(file, raw, start, step) < 0)
		return 0;
	/* Counts that do not fit 16 bits stand in the first section (gABI, "Section Headers"). */
	if (!count)
		count = FIELD(file, raw, Shdr, sh_size);
	if (strings == SHN_XINDEX)
		strings = FIELD(file, raw, Shdr, sh_link);
	if (!count || count > ELF_SECTIONS_MAX || count * step > file->size - start)
		return 0;
	file->sections = arena_alloc(arena, count * sizeof(first));
	names = arena_alloc(arena, count * sizeof(*names));
	if (!file->sections || !names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		r = read_section(file, start + i * step, &file->sections[i], &names[i]);
		if (r < 0)
			return r;
	}
	file->section_count = count;
	r = name_sections(file, names, strings, arena);
	return r == -ENOMEM ? r : 0;
}

static uint64_t segment_total(const struct elf_file *file, const char *ehdr)
{
	uint64_t count = FIELD(file, ehdr, Ehdr, e_phnum);
	char raw[sizeof(Elf64_Shdr)];

	if (count != PN_XNUM ||
	    elffile_read(file, raw, FIELD(file, ehdr, Ehdr, e_shoff), SIZE(file, Shdr)) < 0)
		return count;
	return FIELD(file, raw, Shdr, sh_info);
}

static int read_segments(struct elf_file *file, const char *ehdr, struct arena *arena,
			 struct err *err)
{
	uint64_t start = FIELD(file, ehdr, Ehdr, e_phoff), count = segment_total(file, ehdr);
	size_t step = SIZE(file, Phdr);
	char raw[sizeof(Elf64_Phdr)];
	int r;

	if (!count)
		return 0;
	if (FIELD(file, ehdr, Ehdr, e_phentsize) != step)
		return err_set(err, EBADMSG, "program headers of %u bytes each, expected %zu",
			       (unsigned)FIELD(file, ehdr, Ehdr, e_phentsize), step);
	if (count > ELF_SEGMENTS_MAX)
		return err_set(err, EBADMSG, "%ju program headers, at most %u are read",
			       (uintmax_t)count, ELF_SEGMENTS_MAX);
	file->segments = arena_alloc(arena, count * sizeof(*file->segments));
	if (!file->segments)
		return err_oom(err);
	for (size_t i = 0; i < count; i++) {
		struct elf_segment *s = &file->segments[i];

		r = elffile_read(file, raw, start + i * step, step);
		if (r < 0)
			return err_set(err, EBADMSG, "program header %zu lies outside the file", i);
		s->type = (uint32_t)FIELD(file, raw, Phdr, p_type);
		s->flags = (uint32_t)FIELD(file, raw, Phdr, p_flags);
		s->offset = FIELD(file, raw, Phdr, p_offset);
		s->vaddr = FIELD(file, raw, Phdr, p_vaddr);
		s->filesz = FIELD(file, raw, Phdr, p_filesz);
		s->align = FIELD(file, raw, Phdr, p_align);
		if (s->type == PT_LOAD &&
		    (s->offset > file->size || s->filesz > file->size - s->offset))
			return err_set(err, EBADMSG, "segment %zu reaches beyond the file's end",
				       i);
	}
	file->segment_count = count;
	return 0;
}

size_t elffile_symbol_size(const struct elf_file *file)
{
	return SIZE(file, Sym);
}

bool elffile_symbol(const struct elf_file *file, struct elf_symbol *ret, const char *raw,
		    const char *strings, size_t strings_len)
{
	uint64_t name = FIELD(file, raw, Sym, st_name);
	uint8_t info = (uint8_t)FIELD(file, raw, Sym, st_info);

	if (name >= strings_len)
		return false;
	*ret = (struct elf_symbol){
		.name = strings + name,
		.value = FIELD(file, raw, Sym, st_value),
		.size = FIELD(file, raw, Sym, st_size),
		.section = (uint16_t)FIELD(file, raw, Sym, st_shndx),
		.type = ELF64_ST_TYPE(info),
		.bind = ELF64_ST_BIND(info),
		.visibility = ELF64_ST_VISIBILITY(FIELD(file, raw, Sym, st_other)),
	};
	return true;
}

static int open_headers(struct elf_file *ret, int fd, bool segments, struct arena *arena,
			struct err *err)
{
	struct elf_file file = { .fd = fd };
	char ehdr[sizeof(Elf64_Ehdr)] = {};
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "fstat");
	file.size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
	r = elffile_read(&file, ehdr, 0, EI_NIDENT);
	if (r == -ERANGE || (r >= 0 && memcmp(ehdr, ELFMAG, SELFMAG)))
		return err_set(err, ENOEXEC, "not an ELF file");
	if (r < 0)
		return err_sys(err, -r, "read");
	if ((ehdr[EI_CLASS] != ELFCLASS32 && ehdr[EI_CLASS] != ELFCLASS64) ||
	    (ehdr[EI_DATA] != ELFDATA2LSB && ehdr[EI_DATA] != ELFDATA2MSB))
		return err_set(err, EBADMSG, "unknown ELF class %u or byte order %u",
			       (unsigned char)ehdr[EI_CLASS], (unsigned char)ehdr[EI_DATA]);
	file.wide = ehdr[EI_CLASS] == ELFCLASS64;
	file.big = ehdr[EI_DATA] == ELFDATA2MSB;
	if (elffile_read(&file, ehdr, 0, SIZE(&file, Ehdr)) < 0)
		return err_set(err, EBADMSG, "the file ends within its ELF header");
	file.type = (uint16_t)FIELD(&file, ehdr, Ehdr, e_type);
	file.machine = (uint16_t)FIELD(&file, ehdr, Ehdr, e_machine);
	file.entry = FIELD(&file, ehdr, Ehdr, e_entry);
	r = segments ? read_segments(&file, ehdr, arena, err) : 0;
	if (r < 0)
		return r;
	r = read_sections(&file, ehdr, arena);
	if (r < 0)
		return err_sys(err, -r, "section headers");
	*ret = file;
	return 0;
}

int elffile_open(struct elf_file *ret, int fd, struct arena *arena, struct err *err)
{
	return open_headers(ret, fd, true, arena, err);
}

int elffile_open_debug(struct elf_file *ret, int fd, struct arena *arena, struct err *err)
{
	return open_headers(ret, fd, false, arena, err);
}
