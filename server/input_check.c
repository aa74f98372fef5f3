// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* input_check.c — what an upload looks like, from its first bytes. */
#include "server/input_check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define LOOK_BYTES 65536

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

static size_t look(char *ret, size_t max, int fd, off_t at)
{
	size_t len = 0;
	ssize_t n;

	while (len < max && (n = pread(fd, ret + len, max - len, at + (off_t)len)) > 0)
		len += (size_t)n;
	return len;
}

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

int input_check(const char **ret_format, const char *kind, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = calloc(1, 2 * LOOK_BYTES + 1);
	size_t len;
	off_t end;

	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!text)
		return err_oom(err);
	len = look(text, LOOK_BYTES, fd, 0);
	end = lseek(fd, 0, SEEK_END);
	if (end > LOOK_BYTES) /* scanners say what they are at the end */
		len += look(text + len, LOOK_BYTES, fd,
			    end - LOOK_BYTES > LOOK_BYTES ? end - LOOK_BYTES : LOOK_BYTES);
	if (!len)
		return err_set(err, EBADMSG, "the body is empty");
	/* What is packed is for the analysis to unpack, within its bounds. */
	if (len > 4 && !memcmp(text, "PK\3\4", 4)) {
		if (!strcmp(kind, "sbom"))
			return err_set(err, EBADMSG, "an SBOM is no zip archive");
		*ret_format = "zip";
		return 0;
	}
	if (len > 2 && !memcmp(text, "\x1f\x8b", 2)) {
		*ret_format = "gzip";
		return 0;
	}
	if (memchr(text, 0, len))
		return err_set(err, EBADMSG, "this is no text: NUL bytes are in it");
	return find_format(ret_format, kind, text, err);
}
