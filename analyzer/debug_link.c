// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* debug_link.c — what a stripped file says of the file that has its debug data. */
#include "analyzer/debug_link.h"

#include <elf.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES (256u << 10)
#define LINKED_BYTES_MAX (4ull << 30)

bool debug_link_read(const struct elf_file *file, char name[DEBUG_LINK_MAX], uint32_t *ret_crc)
{
	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *s = &file->sections[i];
		size_t len, at;

		if (strcmp(s->name, ".gnu_debuglink") || s->type == SHT_NOBITS || s->size < 8 ||
		    s->size > DEBUG_LINK_MAX ||
		    elffile_read(file, name, s->offset, (size_t)s->size) < 0)
			continue;
		len = strnlen(name, (size_t)s->size);
		at = (len + 4) & ~(size_t)3;
		if (!len || at + 4 > s->size || memchr(name, '/', len))
			continue;
		*ret_crc = (uint32_t)elffile_number(file, name + at, 4);
		return true;
	}
	return false;
}

int debug_link_crc(uint32_t *ret, int fd)
{
	_cleanup_free_ unsigned char *bytes = malloc(CHUNK_BYTES);
	uLong crc = crc32(0, NULL, 0);
	uint64_t at = 0;
	ssize_t n;

	if (!bytes)
		return -ENOMEM;
	while ((n = pread(fd, bytes, CHUNK_BYTES, (off_t)at)) > 0) {
		crc = crc32(crc, bytes, (uInt)n);
		at += (uint64_t)n;
		if (at > LINKED_BYTES_MAX)
			return -EFBIG;
	}
	*ret = (uint32_t)crc;
	return n < 0 ? -errno : 0;
}
