// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* zip.c — the files of a zip archive in memory, within limits. */
#include "analyzer/zip.h"

#include <string.h>
#include <zlib.h>

/* Fixed parts of the records, and the longest comment of the last one. */
#define END_BYTES 22u
#define END64_BYTES 56u
#define LOCATOR_BYTES 20u
#define CENTRAL_BYTES 46u
#define LOCAL_BYTES 30u
#define COMMENT_MAX 65535u

static uint32_t get16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const unsigned char *p)
{
	return get16(p) | get16(p + 2) << 16;
}

static uint64_t get64(const unsigned char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

bool zip_is(const char *text, size_t len)
{
	return len >= 4 && (!memcmp(text, "PK\3\4", 4) || !memcmp(text, "PK\5\6", 4));
}

/* [at, at + need) lies in the archive. */
static bool inside(const struct zip *zip, uint64_t at, uint64_t need)
{
	return at <= zip->len && need <= zip->len - at;
}

static int broken(struct err *err, const char *what)
{
	return err_set(err, EBADMSG, "is a broken zip archive: %s", what);
}

static bool find_end(const struct zip *zip, size_t *ret)
{
	size_t last = zip->len < END_BYTES ? 0 : zip->len - END_BYTES;

	for (size_t back = 0; zip->len >= END_BYTES && back <= last && back <= COMMENT_MAX;
	     back++) {
		const unsigned char *p = zip->data + last - back;

		if (!memcmp(p, "PK\5\6", 4) && get16(p + 20) == back) {
			*ret = last - back;
			return true;
		}
	}
	return false;
}

/* More than 65,535 entries: the real counts stand in a record of their own. */
static int read_end64(struct zip *zip, size_t end, uint64_t *start, struct err *err)
{
	const unsigned char *p = zip->data + end - LOCATOR_BYTES;
	uint64_t at;

	if (end < LOCATOR_BYTES || memcmp(p, "PK\6\7", 4))
		return 0;
	at = get64(p + 8);
	if (!inside(zip, at, END64_BYTES) || memcmp(zip->data + at, "PK\6\6", 4))
		return broken(err, "its zip64 record is not where it should be");
	zip->left = get64(zip->data + at + 32);
	*start = get64(zip->data + at + 48);
	return 0;
}

int zip_open(struct zip *ret, const char *text, size_t len, struct err *err)
{
	struct zip zip = { .data = (const unsigned char *)text, .len = len };
	uint64_t start;
	size_t end;
	int r;

	if (!find_end(&zip, &end))
		return broken(err, "it has no end record, so it is cut off");
	zip.left = get16(zip.data + end + 10);
	start = get32(zip.data + end + 16);
	r = read_end64(&zip, end, &start, err);
	if (r < 0)
		return r;
	if (start > end)
		return broken(err, "its directory lies behind its end");
	zip.at = (size_t)start;
	*ret = zip;
	return 0;
}

/* zip64 puts what does not fit in 32 bits into extra field 1, in this order. */
static void read_extra64(const unsigned char *extra, size_t len, uint64_t *const values[3])
{
	while (len >= 4) {
		size_t size = get16(extra + 2), at = 4;

		if (size > len - 4)
			return;
		for (int i = 0; get16(extra) == 1 && i < 3; i++) {
			if (*values[i] != UINT32_MAX)
				continue;
			if (at + 8 > size + 4)
				return;
			*values[i] = get64(extra + at);
			at += 8;
		}
		extra += size + 4;
		len -= size + 4;
	}
}

int zip_next(struct zip *zip, struct zip_entry *ret, struct err *err)
{
	const unsigned char *p = zip->data + zip->at;
	uint64_t packed, size, local, begin;
	size_t name, extra;

	if (!zip->left)
		return 0;
	if (!inside(zip, zip->at, CENTRAL_BYTES) || memcmp(p, "PK\1\2", 4))
		return broken(err, "its directory ends before its entries do");
	name = get16(p + 28);
	extra = get16(p + 30);
	if (!inside(zip, zip->at + CENTRAL_BYTES, name + extra))
		return broken(err, "an entry of its directory is cut off");
	packed = get32(p + 20);
	size = get32(p + 24);
	local = get32(p + 42);
	read_extra64(p + CENTRAL_BYTES + name, extra,
		     (uint64_t *const[]){ &size, &packed, &local });
	if (!inside(zip, local, LOCAL_BYTES) || memcmp(zip->data + local, "PK\3\4", 4))
		return broken(err, "an entry is not where its directory says");
	begin = local + LOCAL_BYTES + get16(zip->data + local + 26) + get16(zip->data + local + 28);
	if (!inside(zip, begin, packed))
		return broken(err, "an entry reaches behind its end");
	*ret = (struct zip_entry){ .name = (const char *)p + CENTRAL_BYTES,
				   .name_len = name,
				   .data = zip->data + begin,
				   .packed = (size_t)packed,
				   .size = size > SIZE_MAX ? SIZE_MAX : (size_t)size,
				   .method = get16(p + 10),
				   .flags = get16(p + 8),
				   .crc = get32(p + 16) };
	zip->at += CENTRAL_BYTES + name + extra + get16(p + 32);
	zip->left--;
	return 1;
}

/* To exactly `size` bytes; false when the stream is broken, or shorter or longer than that. */
static bool inflate_to(char *out, size_t size, const struct zip_entry *entry)
{
	z_stream z = { .next_in = (unsigned char *)entry->data,
		       .avail_in = (uInt)entry->packed,
		       .next_out = (unsigned char *)out,
		       .avail_out = (uInt)size };
	int r;

	if (inflateInit2(&z, -15) != Z_OK)
		return false;
	r = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return r == Z_STREAM_END && z.avail_out == 0;
}

int zip_unpack(char **ret, const struct zip_entry *entry, size_t max, struct err *err)
{
	_cleanup_free_ char *out = NULL;

	if (entry->flags & 1)
		return err_set(err, ENOTSUP, "is encrypted: unpack it first");
	if (entry->method != 0 && entry->method != 8)
		return err_set(err, ENOTSUP, "is packed by method %u, only 0 and 8 are known",
			       entry->method);
	if (entry->size > max || entry->packed > UINT32_MAX || entry->size > UINT32_MAX)
		return err_set(err, EFBIG, "is over the limit of %zu MiB", max >> 20);
	if (entry->method == 0 && entry->packed != entry->size)
		return err_set(err, EBADMSG, "is stored in another size than it has");
	/* Deflate packs at most 1032 to 1, so a small entry cannot ask for much memory. */
	if (entry->size / 1033 > entry->packed)
		return err_set(err, EBADMSG, "claims a size that cannot be packed so small");
	out = malloc(entry->size + 1);
	if (!out)
		return err_oom(err);
	if (entry->method == 0)
		memcpy(out, entry->data, entry->size);
	else if (!inflate_to(out, entry->size, entry))
		return err_set(err, EBADMSG, "cannot be unpacked to its size");
	if (crc32(crc32(0, NULL, 0), (const unsigned char *)out, (uInt)entry->size) != entry->crc)
		return err_set(err, EBADMSG, "has another checksum than the archive says");
	out[entry->size] = '\0';
	*ret = take_ptr(out);
	return 0;
}
