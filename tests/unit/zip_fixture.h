/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* zip_fixture.h — archives made by hand, so that each field can be wrong. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

struct zip_maker {
	unsigned char data[8192], central[2048];
	size_t len, central_len;
	unsigned count;
};

static inline size_t zip_put(unsigned char *to, const uint32_t *values, const char *widths)
{
	size_t n = 0;

	for (; *widths; widths++, values++)
		for (int i = 0; i < *widths - '0'; i++)
			to[n++] = (unsigned char)(*values >> (8 * i));
	return n;
}

static inline size_t zip_deflate(unsigned char *to, size_t room, const char *text)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text,
		       .avail_in = (uInt)strlen(text),
		       .next_out = to,
		       .avail_out = (uInt)room };

	deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return room - z.avail_out;
}

static inline void zip_add(struct zip_maker *zip, const char *name, const char *text, bool pack)
{
	unsigned char packed[4096];
	uint32_t size = (uint32_t)strlen(text), len = (uint32_t)strlen(name), n = size;
	uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)text, size);

	memcpy(packed, text, size);
	if (pack)
		n = (uint32_t)zip_deflate(packed, sizeof(packed), text);
	zip->central_len +=
	    zip_put(zip->central + zip->central_len,
		    (const uint32_t[]){ 0x02014b50, 20, 20, 0, pack ? 8 : 0, 0, crc, n, size, len,
					0, 0, 0, 0, 0, (uint32_t)zip->len },
		    "4222244442222244");
	memcpy(zip->central + zip->central_len, name, len);
	zip->central_len += len;
	zip->len +=
	    zip_put(zip->data + zip->len,
		    (const uint32_t[]){ 0x04034b50, 20, 0, pack ? 8 : 0, 0, crc, n, size, len, 0 },
		    "4222444422");
	memcpy(zip->data + zip->len, name, len);
	zip->len += len;
	memcpy(zip->data + zip->len, packed, n);
	zip->len += n;
	zip->count++;
}

static inline void zip_end(struct zip_maker *zip)
{
	uint32_t start = (uint32_t)zip->len;

	memcpy(zip->data + zip->len, zip->central, zip->central_len);
	zip->len += zip->central_len;
	zip->len += zip_put(zip->data + zip->len,
			    (const uint32_t[]){ 0x06054b50, 0, 0, zip->count, zip->count,
						(uint32_t)zip->central_len, start, 0 },
			    "42222442");
}
