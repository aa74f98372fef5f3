// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_note.c — what the notes of an ELF file say. */
#include "analyzer/elf_note.h"

#include <elf.h>

#define NOTES_BYTES_MAX (1u << 20)
#define BUILD_ID_BYTES_MAX 64u

/* Looks for NT_GNU_BUILD_ID among notes. Name and content are padded to 4, or to 8 where the segment says so. */
static int search(const char **ret, const struct elf_file *file, uint64_t offset, uint64_t len,
		  uint64_t align, struct arena *arena)
{
	char head[12], name[4], id[BUILD_ID_BYTES_MAX], *hex;
	uint64_t end;

	if (len > NOTES_BYTES_MAX || offset > file->size || len > file->size - offset)
		return 0;
	align = align == 8 ? 8 : 4;
	end = offset + len;
	while (end - offset >= sizeof(head)) {
		uint64_t name_len, id_len, content, next;

		if (elffile_read(file, head, offset, sizeof(head)) < 0)
			return 0;
		name_len = elffile_number(file, head, 4);
		id_len = elffile_number(file, head + 4, 4);
		content = offset + ((sizeof(head) + name_len + align - 1) & ~(align - 1));
		next = content + ((id_len + align - 1) & ~(align - 1));
		if (content + id_len > end)
			return 0;
		if (elffile_number(file, head + 8, 4) == NT_GNU_BUILD_ID && name_len == 4 &&
		    id_len && id_len <= sizeof(id) && !elffile_read(file, name, offset + 12, 4) &&
		    !memcmp(name, "GNU", 4) && !elffile_read(file, id, content, id_len)) {
			hex = arena_alloc(arena, id_len * 2 + 1);
			if (!hex)
				return -ENOMEM;
			for (size_t i = 0; i < id_len; i++)
				snprintf(hex + 2 * i, 3, "%02x", (unsigned char)id[i]);
			*ret = hex;
			return 0;
		}
		if (next > end)
			return 0;
		offset = next;
	}
	return 0;
}

int elfnote_build_id(const char **ret, const struct elf_file *file, struct arena *arena)
{
	const char *id = NULL;
	int r = 0;

	for (size_t i = 0; i < file->segment_count && r >= 0 && !id; i++) {
		const struct elf_segment *s = &file->segments[i];

		if (s->type == PT_NOTE)
			r = search(&id, file, s->offset, s->filesz, s->align, arena);
	}
	/* Object files, kernel modules and separate debug data have no segments. */
	for (size_t i = 0; i < file->section_count && r >= 0 && !id; i++) {
		const struct elf_section *s = &file->sections[i];

		if (s->type == SHT_NOTE)
			r = search(&id, file, s->offset, s->size, 4, arena);
	}
	if (r < 0)
		return r;
	*ret = id;
	return 0;
}
