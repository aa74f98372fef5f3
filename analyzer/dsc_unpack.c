// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* dsc_unpack.c — the archives of a source package, checked and unpacked within bounds. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/child.h"
#include "analyzer/dsc.h"

#define SECONDS_MAX 900u

struct unpack {
	const char *from, *to;
	unsigned aside; /* directories moved out of the way so far */
};

static int check_file(const struct dsc_file *file, const char *from, struct err *err)
{
	char path[PATH_MAX], hex[DIGEST_HEX_BYTES];
	struct stat st;
	int r;

	snprintf(path, sizeof(path), "%s/%s", from, file->name);
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (file->size > DSC_FILE_BYTES_MAX)
		return err_set(err, EFBIG, "'%s' has %ju bytes, at most %ju are unpacked", path,
			       (uintmax_t)file->size, (uintmax_t)DSC_FILE_BYTES_MAX);
	if ((uintmax_t)st.st_size != file->size)
		return err_set(err, EBADMSG, "'%s' has %jd bytes, the .dsc says %ju", path,
			       (intmax_t)st.st_size, (uintmax_t)file->size);
	r = digest_path(hex, path, err);
	if (r == 0 && strcmp(hex, file->sha256) != 0)
		r = err_set(err, EBADMSG, "'%s' is not the file of the .dsc: its SHA-256 is %s",
			    path, hex);
	return r;
}

static const char *decompressor(const char *name)
{
	static const struct {
		const char *end, *program;
	} known[] = { { ".gz", "gzip" },
		      { ".xz", "xz" },
		      { ".bz2", "bzip2" },
		      { ".lzma", "xz" },
		      { ".zst", "zstd" } };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t end = strlen(known[i].end);

		if (len > end && !strcmp(name + len - end, known[i].end))
			return known[i].program;
	}
	return NULL;
}

/* In two steps, so that the first has one file to write, whose size can be bounded. */
static int extract(const struct unpack *u, const char *name, const char *into, struct err *err)
{
	const char *program = decompressor(name);
	char packed[PATH_MAX], plain[PATH_MAX];
	const char *const inflate[] = { program, "-dc", "--", packed, NULL };
	const char *const untar[] = {
		"tar", "-x", "--no-same-owner", "--no-same-permissions", "-f", plain, "-C",
		into,  NULL
	};
	struct child_bounds bounds = { .out_path = plain,
				       .file_max = DSC_UNPACKED_BYTES_MAX,
				       .seconds = SECONDS_MAX };
	int r;

	if (!program)
		return err_set(err, ENOTSUP, "'%s' is packed by no program known here", name);
	snprintf(packed, sizeof(packed), "%s/%s", u->from, name);
	snprintf(plain, sizeof(plain), "%s/archive.tar", u->to);
	r = child_run_bounded(inflate, &bounds, NULL, err);
	bounds.out_path = NULL;
	if (r == 0)
		r = child_run_bounded(untar, &bounds, NULL, err);
	unlink(plain);
	return r < 0 ? err_prefix(err, r, "'%s'", name) : 0;
}

/* The only directory in `dir`, as dpkg-source looks for it; else `dir` itself. No link is taken for one. */
static void find_top(char *dir, size_t room)
{
	char top[NAME_MAX + 1] = "";
	struct dirent *e;
	DIR *d = opendir(dir);
	struct stat st;
	size_t n = 0;

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		n++;
		snprintf(top, sizeof(top), "%s", e->d_name);
	}
	if (d && n == 1 && fstatat(dirfd(d), top, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode)) {
		n = strlen(dir);
		snprintf(dir + n, room - n, "/%s", top);
	}
	if (d)
		closedir(d);
}

static int move_aside(struct unpack *u, const char *path, struct err *err)
{
	char aside[PATH_MAX];

	snprintf(aside, sizeof(aside), "%s/aside.%u", u->to, u->aside++);
	if (rename(path, aside) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot move '%s'", path);
	return 0;
}

/* Unpacks an archive of upstream's, which becomes `to`/source or a directory in it. */
static int unpack_upstream(struct unpack *u, const char *name, const char *component,
			   struct err *err)
{
	char dir[PATH_MAX], target[PATH_MAX];
	int r;

	snprintf(dir, sizeof(dir), "%s/unpacked.%u", u->to, u->aside++);
	snprintf(target, sizeof(target), "%s/source%s%s", u->to, component ? "/" : "",
		 component ? component : "");
	if (mkdir(dir, 0700) < 0)
		return err_sys(err, errno, "cannot make '%s'", dir);
	r = extract(u, name, dir, err);
	if (r == 0)
		r = move_aside(u, target, err);
	if (r < 0)
		return r;
	find_top(dir, sizeof(dir));
	if (chmod(dir, 0700) < 0 || rename(dir, target) < 0)
		return err_sys(err, errno, "cannot move '%s'", dir);
	return 0;
}

/* "x_1.orig-data.tar.gz": "data", in `ret`; false for what is none. */
static bool component_of(const char *name, char ret[64])
{
	const char *at = strstr(name, ".orig-"), *end = at ? strstr(at, ".tar.") : NULL;
	size_t len = end ? (size_t)(end - at) - 6 : 0;

	if (!len || len >= 64 || memchr(at + 6, '.', len))
		return false;
	snprintf(ret, 64, "%.*s", (int)len, at + 6);
	return true;
}

static const char *find_file(const struct dsc *dsc, const char *part)
{
	for (size_t i = 0; i < dsc->file_count; i++)
		if (strstr(dsc->files[i].name, part) && decompressor(dsc->files[i].name))
			return dsc->files[i].name;
	return NULL;
}

static int unpack_debian(struct unpack *u, const char *name, struct err *err)
{
	char source[PATH_MAX], debian[PATH_MAX + 8];
	int r;

	snprintf(source, sizeof(source), "%s/source", u->to);
	snprintf(debian, sizeof(debian), "%s/debian", source);
	r = move_aside(u, debian, err);
	return r < 0 ? r : extract(u, name, source, err);
}

int dsc_unpack(const struct dsc *dsc, const char *from, const char *to, const char **ret_diff,
	       struct err *err)
{
	struct unpack u = { from, to, 0 };
	const char *debian = find_file(dsc, ".debian.tar."), *diff = find_file(dsc, ".diff.");
	const char *upstream = find_file(dsc, ".orig.tar.");
	char component[64];
	int r = 0;

	if (strcmp(dsc->format, "1.0") && strncmp(dsc->format, "3.0 (", 5))
		return err_set(err, ENOTSUP,
			       "format '%.32s' is none of 1.0, 3.0 (quilt), 3.0 (native)",
			       dsc->format);
	upstream = upstream ? upstream : find_file(dsc, ".tar.");
	if (!upstream)
		return err_set(err, EBADMSG, "names no archive of sources");
	for (size_t i = 0; i < dsc->file_count && r == 0; i++)
		r = check_file(&dsc->files[i], from, err);
	if (r == 0)
		r = unpack_upstream(&u, upstream, NULL, err);
	for (size_t i = 0; i < dsc->file_count && r == 0; i++)
		if (decompressor(dsc->files[i].name) && component_of(dsc->files[i].name, component))
			r = unpack_upstream(&u, dsc->files[i].name, component, err);
	if (r == 0 && debian)
		r = unpack_debian(&u, debian, err);
	if (r < 0)
		return r;
	*ret_diff = diff;
	return 0;
}
