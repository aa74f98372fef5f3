// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* digest.c — SHA-256 of texts, files and directories, as documents spell it. */
#include "analyzer/digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "analyzer/crypto.h"

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

static int digest_fd(char ret[DIGEST_HEX_BYTES], int fd)
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

static int regular_only(const struct dirent *entry)
{
	return entry->d_type == DT_REG;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* not the locale's order */
}

static int digest_entries(FILE *list, int dir, struct dirent **names, int n)
{
	char hex[DIGEST_HEX_BYTES];
	int r;

	for (int i = 0; i < n; i++) {
		_cleanup_close_ int fd =
		    openat(dir, names[i]->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

		r = fd < 0 ? -errno : digest_fd(hex, fd);
		if (r < 0)
			return r;
		fprintf(list, "%s  %s\n", hex, names[i]->d_name);
	}
	return 0;
}

static int digest_directory(char ret[DIGEST_HEX_BYTES], int dir)
{
	_cleanup_free_ char *text = NULL;
	struct dirent **names = NULL;
	size_t len = 0;
	int n = scandirat(dir, ".", &names, regular_only, by_name), r;
	FILE *list;

	if (n < 0)
		return -errno;
	list = open_memstream(&text, &len);
	r = list ? digest_entries(list, dir, names, n) : -ENOMEM;
	if (list && fclose(list) != 0 && r == 0)
		r = -ENOMEM;
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
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
	r = S_ISDIR(st.st_mode) ? digest_directory(ret, fd) : digest_fd(ret, fd);
	return r < 0 ? err_sys(err, -r, "cannot read '%s'", path) : 0;
}
