// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* digest.c — SHA-256 of texts, files and directories, as documents spell it. */
#include "analyzer/digest.h"

#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>

#include "analyzer/crypto.h"

#define DIGEST_DEPTH_MAX 16 /* as far as directories of inputs are read */

static void to_hex(char ret[DIGEST_HEX_BYTES], const unsigned char *raw)
{
	for (int i = 0; i < SHA256_BYTES; i++)
		snprintf(ret + 2 * i, 3, "%02x", raw[i]);
}

void digest_bytes(char ret[DIGEST_HEX_BYTES], const void *data, size_t len)
{
	unsigned char raw[SHA256_BYTES];

	crypto_sha256(raw, data, len);
	to_hex(ret, raw);
}

void digest_urn(char ret[DIGEST_URN_BYTES], const void *data, size_t len)
{
	char hex[DIGEST_HEX_BYTES];

	digest_bytes(hex, data, len);
	hex[12] = '8';
	hex[16] = "89ab"[(hex[16] & 0xf) % 4];
	snprintf(ret, DIGEST_URN_BYTES, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		 hex + 12, hex + 16, hex + 20);
}

int digest_file(char ret[DIGEST_HEX_BYTES], int fd)
{
	_cleanup_(sha256_freep) struct sha256 *sum = sha256_new();
	unsigned char raw[SHA256_BYTES];
	char buffer[65536];
	ssize_t n;

	if (!sum)
		return -ENOMEM;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (!sha256_add(sum, buffer, (size_t)n))
			return -ENOMEM;
	if (n < 0)
		return -errno;
	sha256_end(sum, raw);
	to_hex(ret, raw);
	return 0;
}

/* Hidden files are left out; links are followed, because mounted volumes consist of them. */
static int list_files(FILE *list, FTS *fts, size_t root_len)
{
	char hex[DIGEST_HEX_BYTES];
	FTSENT *e;
	int r = 0;

	while (r == 0 && (errno = 0, e = fts_read(fts))) {
		if (e->fts_level > 0 && e->fts_name[0] == '.')
			fts_set(fts, e, FTS_SKIP);
		else if (e->fts_level > DIGEST_DEPTH_MAX)
			r = -ELOOP;
		else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
			r = -e->fts_errno;
		if (r < 0 || e->fts_info != FTS_F || (e->fts_level > 0 && e->fts_name[0] == '.'))
			continue;
		_cleanup_close_ int fd = open(e->fts_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		r = fd < 0 ? -errno : digest_file(hex, fd);
		fprintf(list, "%s  %s\n", hex, e->fts_path + root_len + 1);
	}
	return r < 0 || !errno ? r : -errno;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name); /* not the locale's order */
}

static int digest_directory(char ret[DIGEST_HEX_BYTES], const char *path)
{
	_cleanup_free_ char *text = NULL, *root = strdup(path);
	char *const roots[] = { root, NULL };
	size_t len = 0, end = root ? strlen(root) : 0;
	FTS *fts;
	FILE *list;
	int r;

	while (end > 1 && root[end - 1] == '/')
		root[--end] = '\0';
	fts = root ? fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, compare_names) : NULL;
	list = fts ? open_memstream(&text, &len) : NULL;
	r = list ? list_files(list, fts, end - (end == 1 && *root == '/')) : -ENOMEM;
	if (list && fclose(list) != 0 && r == 0)
		r = -ENOMEM;
	if (fts)
		fts_close(fts);
	if (r == 0)
		digest_bytes(ret, text, len);
	return r;
}

int digest_path(char ret[DIGEST_HEX_BYTES], const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(err, EINVAL, "'%s' is neither a file nor a directory", path);
	r = S_ISDIR(st.st_mode) ? digest_directory(ret, path) : digest_file(ret, fd);
	return r < 0 ? err_sys(err, -r, "cannot read '%s'", path) : 0;
}
