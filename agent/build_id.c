// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* build_id.c — the GNU build-id of a file as seen from a root, and where its code is. */
#include "agent/build_id.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "agent/root_file.h"

#define PROGRAM_HEADERS_MAX 256
#define SECTION_HEADERS_MAX 1024
#define NOTE_BYTES_MAX 4096

/* What both classes say, in one shape. */
struct segment {
	uint32_t type, flags;
	uint64_t offset, size;
};

static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t n;

	if (offset > INT64_MAX - len)
		return -ENOEXEC;
	n = pread(fd, buf, len, (off_t)offset);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -ENOEXEC;
}

/* Notes are 4-byte aligned, whatever the segment says: that is where linkers put the build-id. */
static int find_in_notes(char ret[BUILD_ID_TEXT_MAX], const unsigned char *notes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	while (len - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		size_t name, desc, end;

		memcpy(&note, notes + at, sizeof(note));
		if (note.n_namesz > len || note.n_descsz > len)
			return -ENODATA;
		name = at + sizeof(note);
		desc = name + ((note.n_namesz + 3u) & ~3u);
		end = desc + note.n_descsz;
		if (end > len)
			return -ENODATA;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4) && note.n_descsz > 0 &&
		    note.n_descsz <= BUILD_ID_BYTES_MAX) {
			for (size_t i = 0; i < note.n_descsz; i++) {
				ret[2 * i] = hex[notes[desc + i] >> 4];
				ret[2 * i + 1] = hex[notes[desc + i] & 15];
			}
			ret[2 * (size_t)note.n_descsz] = '\0';
			return 0;
		}
		at = (end + 3u) & ~(size_t)3u;
		if (at > len)
			return -ENODATA;
	}
	return -ENODATA;
}

static int read_segment(struct segment *ret, int fd, bool is64, uint64_t offset)
{
	union {
		Elf64_Phdr p64;
		Elf32_Phdr p32;
	} p;
	int r = read_at(fd, &p, is64 ? sizeof(p.p64) : sizeof(p.p32), offset);

	if (r < 0)
		return r;
	if (is64)
		*ret =
		    (struct segment){ p.p64.p_type, p.p64.p_flags, p.p64.p_offset, p.p64.p_filesz };
	else
		*ret =
		    (struct segment){ p.p32.p_type, p.p32.p_flags, p.p32.p_offset, p.p32.p_filesz };
	return 0;
}

/* Program headers, and section headers: where, and how many. */
struct table {
	bool is64;
	uint64_t offset, section_offset;
	unsigned int count, section_count;
};

static int read_table(struct table *ret, int fd)
{
	const unsigned char ours =
	    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	union {
		unsigned char ident[EI_NIDENT];
		Elf64_Ehdr e64;
		Elf32_Ehdr e32;
	} e = {};
	ssize_t n = pread(fd, &e, sizeof(e), 0);

	if (n < 0)
		return -errno;
	if (n < (ssize_t)sizeof(e.e32) || memcmp(e.ident, ELFMAG, SELFMAG) ||
	    e.ident[EI_DATA] != ours)
		return -ENODATA;
	if (e.ident[EI_CLASS] == ELFCLASS32 && e.e32.e_phentsize == sizeof(Elf32_Phdr))
		*ret = (struct table){ .offset = e.e32.e_phoff, .count = e.e32.e_phnum };
	else if (e.ident[EI_CLASS] == ELFCLASS64 && e.e64.e_phentsize == sizeof(Elf64_Phdr) &&
		 n == (ssize_t)sizeof(e.e64) && e.e64.e_phoff < INT64_MAX)
		*ret = (struct table){ .is64 = true,
				       .offset = e.e64.e_phoff,
				       .count = e.e64.e_phnum,
				       .section_offset = e.e64.e_shoff };
	else
		return -ENODATA;
	if (ret->is64 && e.e64.e_shentsize == sizeof(Elf64_Shdr) && e.e64.e_shoff < INT64_MAX)
		ret->section_count = e.e64.e_shnum;
	if (ret->section_count > SECTION_HEADERS_MAX)
		ret->section_count = SECTION_HEADERS_MAX;
	if (ret->count > PROGRAM_HEADERS_MAX)
		ret->count = PROGRAM_HEADERS_MAX;
	return 0;
}

static int table_segment(struct segment *ret, int fd, const struct table *table, unsigned int i)
{
	size_t entry = table->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	return read_segment(ret, fd, table->is64, table->offset + i * entry);
}

static int find_in_range(char ret[BUILD_ID_TEXT_MAX], int fd, uint64_t offset, uint64_t size)
{
	unsigned char notes[NOTE_BYTES_MAX];

	if (size > sizeof(notes))
		size = sizeof(notes);
	if (read_at(fd, notes, (size_t)size, offset) < 0)
		return -ENODATA;
	return find_in_notes(ret, notes, (size_t)size);
}

/* Go's own linker puts the build-id into a section, and no segment over it (seen with 1.26). */
static int find_in_sections(char ret[BUILD_ID_TEXT_MAX], int fd, const struct table *table)
{
	Elf64_Shdr section;

	for (unsigned int i = 0; i < table->section_count; i++)
		if (read_at(fd, &section, sizeof(section),
			    table->section_offset + i * sizeof(section)) == 0 &&
		    section.sh_type == SHT_NOTE &&
		    find_in_range(ret, fd, section.sh_offset, section.sh_size) == 0)
			return 0;
	return -ENODATA;
}

int build_id_read(char ret[BUILD_ID_TEXT_MAX], int fd)
{
	struct table table;
	struct segment s;
	int r = read_table(&table, fd);

	for (unsigned int i = 0; r == 0 && i < table.count; i++) {
		r = table_segment(&s, fd, &table, i);
		if (r < 0)
			return r;
		if (s.type == PT_NOTE && find_in_range(ret, fd, s.offset, s.size) == 0)
			return 0;
	}
	return r < 0 ? r : find_in_sections(ret, fd, &table);
}

int code_ranges_read(struct code_ranges *ret, int fd)
{
	struct code_ranges ranges = {};
	struct table table;
	struct segment s;
	int r = read_table(&table, fd);

	for (unsigned int i = 0; r == 0 && i < table.count; i++) {
		r = table_segment(&s, fd, &table, i);
		if (r < 0 || s.type != PT_LOAD || !(s.flags & PF_X))
			continue;
		if (ranges.count == CODE_RANGES_MAX || s.size > UINT64_MAX - s.offset)
			return -ENOEXEC;
		ranges.items[ranges.count++] = (struct code_range){ s.offset, s.offset + s.size };
	}
	if (r == 0)
		*ret = ranges;
	return r;
}

int build_id_find(char ret[BUILD_ID_TEXT_MAX], int root_fd, const struct build_id_file *file)
{
	struct stat st;
	_cleanup_close_ int fd = root_file_open(root_fd, file->path, &st);

	if (fd < 0)
		return fd;
	/* Overlay file systems answer stat with a device of their own or of a layer: the inode is what can be compared. */
	if (st.st_ino != file->ino)
		return -ESTALE;
	return build_id_read(ret, fd);
}
