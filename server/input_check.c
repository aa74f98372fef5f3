// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* input_check.c — what an upload is, and whether the analysis could read it. */
#include "server/input_check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "server/json_in.h"

#define LOOK_BYTES 65536u
#define LOOK_SLOTS 4
/* More of one document the analysis does not read, nor of a file of many. */
#define DOCUMENT_BYTES_MAX (128u << 20)
#define FILE_BYTES_MAX (512u << 20)
/* The fixed parts of zip's records (APPNOTE 4.3.12, 4.3.16). */
#define ZIP_ENTRY_BYTES 46
#define ZIP_END_BYTES 22u
#define ZIP_LOCATOR_BYTES 20

static const struct {
	const char *format,
	    *mark; /* a key that documents of the format have near their beginning or end */
	const char *kinds;
} formats[] = {
	{ "cyclonedx", "\"CycloneDX\"", "sbom vulnerabilities" },
	{ "spdx", "\"SPDX-", "sbom" },
	{ "spdx", "SPDXVersion:", "sbom" },
	{ "grype", "\"matches\"", "vulnerabilities" },
	{ "trivy", "\"ArtifactName\"", "vulnerabilities" },
	{ "trivy", "\"Results\"", "vulnerabilities" },
	{ "osv", "\"affected\"", "vulnerabilities advisories" },
	{ "syft", "\"artifacts\"", "sbom" },
};

static bool kind_takes(size_t format, const char *kind)
{
	return strstr(formats[format].kinds, kind) != NULL;
}

static int find_format(const char **ret, const char *kind, const char *text, struct err *err)
{
	const char *other = NULL;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strstr(text, formats[i].mark))
			continue;
		if (kind_takes(i, kind)) {
			*ret = formats[i].format;
			return 0;
		}
		other = formats[i].format;
	}
	return other
		   ? err_set(err, EBADMSG, "this looks like %s, which is none of %s", other, kind)
		   : err_set(err, EBADMSG, "this is nothing that %s are known to look like", kind);
}

/* Where strstr may look: the beginning of a large text and its end, in LOOK_SLOTS pieces. */
static void put_look(char *look, const char *text, size_t len)
{
	size_t tail = len < 2 * LOOK_BYTES ? 0 : 2 * LOOK_BYTES;

	memset(look, ' ', LOOK_SLOTS * LOOK_BYTES);
	memcpy(look, text, len < 2 * LOOK_BYTES ? len : LOOK_BYTES);
	memcpy(look + LOOK_BYTES, text + len - tail, tail);
}

/* To its end: then it is whole, and of a size that the analysis takes. `look` gets its beginning and its last two pieces. */
static int look_into_gzip(char *look, gzFile file, uint64_t max, struct err *err)
{
	uint64_t total = 0;
	size_t slot = 0;
	int n;

	memset(look, ' ', LOOK_SLOTS * LOOK_BYTES);
	while (total <= max && (n = gzread(file, look + slot * LOOK_BYTES, LOOK_BYTES)) > 0) {
		memset(look + slot * LOOK_BYTES + n, ' ', LOOK_BYTES - (size_t)n);
		total += (uint64_t)n;
		slot = slot == 1 ? 2 : 1;
	}
	if (total > max)
		return err_set(err, EFBIG, "it unpacks to more than %llu MiB",
			       (unsigned long long)max >> 20);
	gzerror(file, &n);
	if (n != Z_OK || !total)
		return err_set(err, EBADMSG, "this is broken gzip, or it was cut off");
	if (slot == 2) { /* the last was written before the one that it follows */
		memcpy(look + 3 * LOOK_BYTES, look + LOOK_BYTES, LOOK_BYTES);
		memset(look + LOOK_BYTES, ' ', LOOK_BYTES);
	}
	return 0;
}

static int check_gzip(const char **ret_format, const char *kind, int fd, uint64_t max,
		      struct err *err)
{
	_cleanup_free_ char *look = calloc(1, LOOK_SLOTS * LOOK_BYTES + 1);
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), r;
	gzFile file = own < 0 ? NULL : gzdopen(own, "rb");

	if (!file || !look) {
		if (file)
			gzclose(file);
		else
			cleanup_close(&own);
		return err_oom(err);
	}
	r = look_into_gzip(look, file, max, err);
	gzclose(file);
	if (r == 0 && strlen(look) < LOOK_SLOTS * LOOK_BYTES)
		r = err_set(err, EBADMSG, "this is no text: NUL bytes are in it");
	if (r == 0)
		r = find_format(ret_format, kind, look, err);
	*ret_format = "gzip";
	return r;
}

static uint32_t get16(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const char *at)
{
	return get16(at) | get16(at + 2) << 16;
}

/* The record at the end; NULL: there is none. */
static const char *find_end(const char *text, size_t len)
{
	for (size_t back = ZIP_END_BYTES; back <= len && back <= ZIP_END_BYTES + UINT16_MAX;
	     back++) {
		const char *end = text + len - back;

		if (!memcmp(end, "PK\5\6", 4) && get16(end + 20) == back - ZIP_END_BYTES)
			return end;
	}
	return NULL;
}

/* What its directory says; the analysis holds it to that. */
static int check_zip(const char *text, size_t len, uint64_t max, struct err *err)
{
	const char *record = find_end(text, len), *at, *end = text + len;

	/* Of zip64 another record tells where the directory is, and the analysis reads that. */
	if (record && record - text >= ZIP_LOCATOR_BYTES &&
	    !memcmp(record - ZIP_LOCATOR_BYTES, "PK\6\7", 4))
		return 0;
	if (!record || get32(record + 16) > (size_t)(record - text))
		return err_set(err, EBADMSG, "this is a broken zip archive, or it was cut off");
	at = text + get32(record + 16);
	while (end - at >= ZIP_ENTRY_BYTES && !memcmp(at, "PK\1\2", 4)) {
		size_t more = get16(at + 28) + get16(at + 30) + get16(at + 32);

		if (get32(at + 24) > max)
			return err_set(err, EFBIG, "a file in it unpacks to more than %llu MiB",
				       (unsigned long long)max >> 20);
		if (more > (size_t)(end - at) - ZIP_ENTRY_BYTES)
			return err_set(err, EBADMSG, "this is a broken zip archive");
		at += ZIP_ENTRY_BYTES + more;
	}
	return 0;
}

static int check_text(const char **ret_format, const char *kind, const char *text, size_t len,
		      struct err *err)
{
	_cleanup_free_ char *look = calloc(1, LOOK_SLOTS * LOOK_BYTES + 1);
	int r;

	if (!look)
		return err_oom(err);
	if (memchr(text, 0, len))
		return err_set(err, EBADMSG, "this is no text: NUL bytes are in it");
	if (len > (!strcmp(kind, "sbom") ? DOCUMENT_BYTES_MAX : FILE_BYTES_MAX))
		return err_set(err, EFBIG, "it is larger than the analysis takes");
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* the analysis passes over it, too */
		text += 3;
		len -= 3;
	}
	put_look(look, text, len);
	r = find_format(ret_format, kind, look, err);
	/* Only SPDX has a form that is no JSON, and only OSV a file of many documents. */
	if (r < 0 || (!strcmp(*ret_format, "spdx") && text[strspn(text, " \t\r\n")] != '{'))
		return r;
	return json_in_check_all(text, len, !strcmp(*ret_format, "osv"), err);
}

static int check(const char **ret_format, const char *kind, int fd, const char *text, size_t len,
		 struct err *err)
{
	bool is_sbom = !strcmp(kind, "sbom");

	if (len > 4 && !memcmp(text, "PK\3\4", 4)) {
		*ret_format = "zip";
		return is_sbom ? err_set(err, EBADMSG, "an SBOM is no zip archive")
			       : check_zip(text, len, DOCUMENT_BYTES_MAX, err);
	}
	if (len > 2 && !memcmp(text, "\x1f\x8b", 2))
		return check_gzip(ret_format, kind, fd,
				  is_sbom ? DOCUMENT_BYTES_MAX : FILE_BYTES_MAX, err);
	return check_text(ret_format, kind, text, len, err);
}

int input_check(const char **ret_format, const char *kind, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!st.st_size)
		return err_set(err, EBADMSG, "the body is empty");
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return err_sys(err, errno, "'%s'", path);
	r = check(ret_format, kind, fd, text, (size_t)st.st_size, err);
	munmap(text, (size_t)st.st_size);
	return r;
}
