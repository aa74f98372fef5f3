// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rebuild.c — the recipe: chroot, sources, build dependencies, build, shipped packages. */
#include "analyzer/rebuild.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "include/array.h"

#include "analyzer/child.h"
#include "analyzer/file.h"
#include "analyzer/pkgversion.h"
#include "analyzer/scratch.h"

#define PLACE "/build/reproducible-path"
#define WORDS_MAX 64
#define INDEX_BYTES_MAX (64u << 20)
#define SOURCES_BYTES_MAX (1u << 20)

struct rebuild {
	struct rebuild_options options;
	struct scratch scratch;
	char base[PATH_MAX], root[PATH_MAX], result[PATH_MAX];
};

/* Who runs a program in the chroot, and where. */
struct inside {
	const char *dir;
	bool builder; /* nobody, without network; else root */
	unsigned seconds;
	size_t out_max;
};

static int run(const struct rebuild *rebuild, const char *const *argv, struct err *err)
{
	const struct child_bounds bounds = { .stop_fd = rebuild->options.stop_fd };

	return child_run_bounded(argv, &bounds, NULL, err);
}

static void add_words(const char **argv, size_t *n, const char *const *words)
{
	for (; *words && *n < WORDS_MAX - 1; words++)
		argv[(*n)++] = *words;
	argv[*n] = NULL;
}

/* Runs a program in the chroot, in namespaces that end with it, with an environment of ours. */
static int run_inside(const struct rebuild *rebuild, const struct inside *how,
		      const char *const *words, char **ret_out, struct err *err)
{
	char root[PATH_MAX + 16], dir[PATH_MAX + 16];
	const char *const apart[] = { "unshare",      "--mount", "--pid", "--fork", "--kill-child",
				      "--mount-proc", root,      dir,     NULL };
	static const char *const builder[] = {
		"--net",          "--", "setpriv", "--reuid=nobody", "--regid=nogroup",
		"--clear-groups", NULL
	};
	static const char *const clean[] = { "env",
					     "-i",
					     "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
					     "LANG=C.UTF-8",
					     "LC_ALL=C.UTF-8",
					     "HOME=/nonexistent",
					     "DEBIAN_FRONTEND=noninteractive",
					     "DEB_BUILD_OPTIONS=nocheck",
					     NULL };
	const struct child_bounds bounds = { .out_max = how->out_max,
					     .seconds = how->seconds,
					     .stop_fd = rebuild->options.stop_fd };
	const char *argv[WORDS_MAX];
	size_t n = 0;
	int r;

	snprintf(root, sizeof(root), "--root=%s", rebuild->root);
	snprintf(dir, sizeof(dir), "--wd=%s", how->dir);
	add_words(argv, &n, apart);
	if (how->builder)
		add_words(argv, &n, builder);
	add_words(argv, &n, clean);
	add_words(argv, &n, words);
	r = child_run_bounded(argv, &bounds, ret_out, err);
	return r < 0 ? err_prefix(err, r, "%s", words[0]) : 0;
}

static int run_root(const struct rebuild *rebuild, const char *dir, const char *const *words,
		    struct err *err)
{
	const struct inside how = { .dir = dir };

	return run_inside(rebuild, &how, words, NULL, err);
}

static int write_inside(const char *root, const char *path, const char *text, struct err *err)
{
	char full[PATH_MAX + 64];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return file_write(full, text, strlen(text), err);
}

/* For each line of binary packages one of sources; the one-line style, which mmdebstrap writes. */
static int add_sources(const char *root, struct err *err)
{
	_cleanup_free_ char *text = NULL, *more = NULL;
	char path[PATH_MAX + 64];
	size_t len, more_len = 0;
	FILE *out;
	int r;

	snprintf(path, sizeof(path), "%s/etc/apt/sources.list", root);
	r = file_read(&text, &len, path, SOURCES_BYTES_MAX, err);
	if (r < 0)
		return r;
	out = open_memstream(&more, &more_len);
	if (!out)
		return err_oom(err);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		int n = (int)strcspn(line, "\n");

		fprintf(out, "%.*s\n", n, line);
		if (!strncmp(line, "deb ", 4) && !strstr(text, "deb-src "))
			fprintf(out, "deb-src%.*s\n", n - 3, line + 3);
	}
	if (fclose(out) != 0)
		return err_oom(err);
	return file_write(path, more, more_len, err);
}

/* Build dependencies are those of the release; only sources and shipped packages come from its security updates. */
static int write_pins(const struct rebuild *rebuild, const char *path, struct err *err)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "Package: *\nPin: release n=%s-security\nPin-Priority: -1\n\n"
		 "Package: *\nPin: release n=%s-updates\nPin-Priority: -1\n",
		 rebuild->options.suite, rebuild->options.suite);
	return file_write(path, text, strlen(text), err);
}

static int make_base(struct rebuild *rebuild, struct err *err)
{
	char pins[PATH_MAX], hook[2 * PATH_MAX];
	const char *const argv[] = {
		"unshare", /* what it mounts, and all that it starts, ends with it */
		"--mount",
		"--pid",
		"--fork",
		"--kill-child",
		"--mount-proc",
		"mmdebstrap",
		"--mode=root",
		"--variant=buildd",
		"--include=fakeroot,ca-certificates",
		hook,
		rebuild->options.suite,
		rebuild->base,
		NULL
	};
	int r;

	snprintf(rebuild->base, sizeof(rebuild->base), "%s/base", rebuild->scratch.dir);
	snprintf(pins, sizeof(pins), "%s/pins", rebuild->scratch.dir);
	snprintf(hook, sizeof(hook), "--setup-hook=upload %s /etc/apt/preferences.d/release", pins);
	r = write_pins(rebuild, pins, err);
	if (r == 0)
		r = run(rebuild, argv, err);
	return r < 0 ? r : add_sources(rebuild->base, err);
}

void rebuild_close(struct rebuild *rebuild)
{
	if (!rebuild)
		return;
	scratch_done(&rebuild->scratch);
	free(rebuild);
}

int rebuild_open(struct rebuild **ret, const struct rebuild_options *options, struct err *err)
{
	_cleanup_(rebuild_closep) struct rebuild *rebuild = calloc(1, sizeof(*rebuild));
	int r;

	if (!rebuild)
		return err_oom(err);
	if (geteuid() != 0)
		return err_set(err, EPERM,
			       "a chroot is built in, which needs root: run it as root, or hand "
			       "over what was rebuilt elsewhere by --rebuilt");
	rebuild->options = *options;
	r = scratch_open(&rebuild->scratch, err);
	if (r < 0)
		return r;
	if (chmod(rebuild->scratch.dir, 0711) < 0) /* the builder must get through */
		return err_sys(err, errno, "'%s'", rebuild->scratch.dir);
	snprintf(rebuild->root, sizeof(rebuild->root), "%s/root", rebuild->scratch.dir);
	snprintf(rebuild->result, sizeof(rebuild->result), "%s/result", rebuild->scratch.dir);
	if (options->chroot)
		snprintf(rebuild->base, sizeof(rebuild->base), "%s", options->chroot);
	else
		r = make_base(rebuild, err);
	if (r < 0)
		return err_prefix(err, r, "chroot of %s", options->suite);
	*ret = take_ptr(rebuild);
	return 0;
}

/* A fresh copy of the chroot, and room for the result. */
static int begin(struct rebuild *rebuild, struct err *err)
{
	const char *const clear[] = { "rm",          "-rf",           "--one-file-system",
				      rebuild->root, rebuild->result, NULL };
	const char *const copy[] = { "cp",          "-a",          "--reflink=auto",
				     rebuild->base, rebuild->root, NULL };
	static const char *const update[] = { "apt-get", "-q", "update", NULL };
	static const char *const place[] = { "mkdir", "-p", PLACE, "/shipped", NULL };
	char path[PATH_MAX + 16];
	_cleanup_free_ char *resolver = NULL;
	size_t len;
	int r = run(rebuild, clear, err);

	if (r == 0)
		r = run(rebuild, copy, err);
	if (r == 0)
		r = file_read(&resolver, &len, "/etc/resolv.conf", SOURCES_BYTES_MAX, err);
	if (r == 0)
		r = write_inside(rebuild->root, "/etc/resolv.conf", resolver, err);
	for (unsigned i = 0; i < 3 && r == 0; i++) {
		static const char *const parts[] = { "", "/built", "/shipped" };

		snprintf(path, sizeof(path), "%s%s", rebuild->result, parts[i]);
		if (mkdir(path, 0700) < 0)
			r = err_sys(err, errno, "'%s'", path);
	}
	if (r == 0)
		r = run_root(rebuild, "/", place, err);
	return r < 0 ? r : run_root(rebuild, "/", update, err);
}

/* The newest version in the index below `limit` (NULL: of all). */
static int newest_below(const char *index, const char *source, const char *limit, char ret[256])
{
	char package[256] = "", version[256], best[256] = "";
	int order;

	for (const char *line = index; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (sscanf(line, "Package: %255s", package) == 1 ||
		    sscanf(line, "Version: %255s", version) != 1 || strcmp(package, source) != 0)
			continue;
		if (limit && (pkgversion_compare_deb(&order, version, limit) < 0 || order >= 0))
			continue;
		if (!*best || (pkgversion_compare_deb(&order, version, best) == 0 && order > 0))
			snprintf(best, sizeof(best), "%s", version);
	}
	if (!*best)
		return -ENOENT;
	memcpy(ret, best, sizeof(best));
	return 0;
}

static int fetch_source(const struct rebuild *rebuild, const char *source, struct err *err)
{
	const char *const show[] = { "apt-cache", "showsrc", "--only-source", source, NULL };
	const struct inside reading = { .dir = "/", .out_max = INDEX_BYTES_MAX };
	_cleanup_free_ char *index = NULL;
	char version[256], limit[256], wanted[600];
	const char *const get[] = { "apt-get",       "-q",   "source", "--download-only",
				    "--only-source", wanted, NULL };
	int r = run_inside(rebuild, &reading, show, &index, err);

	if (r == 0 && newest_below(index, source, NULL, version) < 0)
		return err_set(err, ENOENT, "%s has no such source package",
			       rebuild->options.suite);
	while (r == 0) {
		snprintf(wanted, sizeof(wanted), "%s=%s", source, version);
		r = run_root(rebuild, PLACE, get, err);
		if (r != -EIO)
			return r;
		memcpy(limit, version, sizeof(limit));
		if (newest_below(index, source, limit, version) < 0)
			return r;
		r = 0;
	}
	return r;
}

typedef int (*entry_fn)(struct rebuild *rebuild, const char *dir, const char *name,
			struct err *err);

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Calls fn for each entry of a directory in the chroot that ends with `end`. */
static int for_each(struct rebuild *rebuild, const char *sub, const char *end, entry_fn fn,
		    struct err *err)
{
	char dir[PATH_MAX + 64];
	_cleanup_(cleanup_dir) DIR *d = NULL;
	struct dirent *entry;
	int r = 0;

	snprintf(dir, sizeof(dir), "%s%s", rebuild->root, sub);
	d = opendir(dir);
	if (!d)
		return err_sys(err, errno, "'%s'", dir);
	while (r == 0 && (entry = readdir(d))) {
		size_t n = strlen(entry->d_name), m = strlen(end);

		if (*entry->d_name != '.' && n >= m && !strcmp(entry->d_name + n - m, end))
			r = fn(rebuild, dir, entry->d_name, err);
	}
	return r;
}

static int move(const char *dir, const char *name, const char *to, const char *as, struct err *err)
{
	char from[PATH_MAX + 512], path[PATH_MAX + 512];

	snprintf(from, sizeof(from), "%s/%s", dir, name);
	snprintf(path, sizeof(path), "%s/%s", to, as);
	return rename(from, path) < 0 ? err_sys(err, errno, "'%s'", path) : 0;
}

/* Copies what was unpacked, and builds it. */
static int build_tree(struct rebuild *rebuild, const char *dir, const char *name, struct err *err)
{
	char from[PATH_MAX + 512], to[PATH_MAX + 16], place[PATH_MAX];
	const char *const copy[] = { "cp", "-a", "--reflink=auto", from, to, NULL };
	static const char *const build[] = { "dpkg-buildpackage", "-B", "-uc", "-us", NULL };
	const struct inside how = { .dir = place,
				    .builder = true,
				    .seconds = rebuild->options.seconds };
	struct stat st;
	int r;

	snprintf(from, sizeof(from), "%s/%s", dir, name);
	snprintf(to, sizeof(to), "%s/source", rebuild->result);
	snprintf(place, sizeof(place), PLACE "/%s", name);
	if (lstat(from, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	r = run(rebuild, copy, err);
	return r < 0 ? r : run_inside(rebuild, &how, build, NULL, err);
}

static int unpack_and_build(struct rebuild *rebuild, const char *dir, const char *name,
			    struct err *err)
{
	char dsc[NAME_MAX + 8];
	const struct inside how = { .dir = PLACE, .builder = true };
	const char *const needs[] = { "apt-get",     "-q",        "-y", "--no-install-recommends",
				      "--arch-only", "build-dep", dsc,  NULL };
	static const char *const own[] = { "chown", "-R", "nobody:nogroup", "/build", NULL };
	const char *const unpack[] = { "dpkg-source", "--no-check", "-x", name, NULL };
	int r;

	(void)dir;
	snprintf(dsc, sizeof(dsc), "./%s", name);
	r = run_root(rebuild, PLACE, needs, err);
	if (r == 0)
		r = run_root(rebuild, "/", own, err);
	if (r == 0)
		r = run_inside(rebuild, &how, unpack, NULL, err);
	return r < 0 ? r : for_each(rebuild, PLACE, "", build_tree, err);
}

/* The source package itself. */
static int take_source(struct rebuild *rebuild, const char *dir, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (!strstr(name, ".tar.") && (len < 4 || strcmp(name + len - 4, ".dsc") != 0))
		return 0;
	return move(dir, name, rebuild->result, name, err);
}

static int take_shipped(struct rebuild *rebuild, const char *dir, const char *name, struct err *err)
{
	char to[PATH_MAX + 16];

	snprintf(to, sizeof(to), "%s/shipped", rebuild->result);
	return move(dir, name, to, name, err);
}

/* The version itself, or what stands in the index for it built again without a change ("1.0-1+b2"): the highest of those. */
static void choose_shipped(const char *index, const char *version, char ret[256])
{
	unsigned highest = 0, build;
	char listed[256];
	int end;

	for (const char *line = index; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strlen(version);

		if (sscanf(line, "%*s | %255s", listed) != 1 || strncmp(listed, version, n) != 0)
			continue;
		if (!listed[n])
			return (void)snprintf(ret, 256, "%s", version);
		end = 0;
		if (sscanf(listed + n, "+b%3u%n", &build, &end) == 1 && !listed[n + (size_t)end] &&
		    build > highest)
			highest = build;
	}
	snprintf(ret, 256, "%s", version);
	if (highest)
		snprintf(ret, 256, "%.200s+b%u", version, highest);
}

static int fetch_shipped(struct rebuild *rebuild, const char *package, const char *version,
			 struct err *err)
{
	const char *const list[] = { "apt-cache", "madison", package, NULL };
	const struct inside reading = { .dir = "/", .out_max = INDEX_BYTES_MAX };
	_cleanup_free_ char *index = NULL;
	char wanted[768], chosen[256];
	const char *const get[] = { "apt-get", "-q", "download", wanted, NULL };
	int r = run_inside(rebuild, &reading, list, &index, err);

	if (r < 0)
		return r;
	choose_shipped(index, version, chosen);
	snprintf(wanted, sizeof(wanted), "%s=%s", package, chosen);
	return run_root(rebuild, "/shipped", get, err);
}

/* One of these is not shipped when it is for installers, or the build of another day made it. */
static int take_built(struct rebuild *rebuild, const char *dir, const char *name, struct err *err)
{
	char path[PATH_MAX + 512], to[PATH_MAX + 16], package[256], version[256];
	const char *const field[] = { "dpkg-deb", "-f", path, "Version", NULL };
	_cleanup_free_ char *out = NULL;
	struct err why = {};
	int r;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(to, sizeof(to), "%s/built", rebuild->result);
	r = child_run(field, &out, err);
	if (r < 0)
		return r;
	snprintf(version, sizeof(version), "%.*s", (int)strcspn(out, "\n"), out);
	snprintf(package, sizeof(package), "%.*s", (int)strcspn(name, "_"), name);
	if (!strstr(name, "-dbgsym_") && fetch_shipped(rebuild, package, version, &why) == -EINTR)
		return err_set(err, EINTR, "%s", why.text);
	return move(dir, name, to, name, err);
}

int rebuild_package(struct rebuild *rebuild, const char *source, const char **ret, struct err *err)
{
	int r;

	if (!*source || source[strspn(source, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] ||
	    *source == '-')
		return err_set(err, EINVAL, "'%s' is no name of a source package", source);
	r = begin(rebuild, err);
	if (r == 0)
		r = fetch_source(rebuild, source, err);
	if (r == 0)
		r = for_each(rebuild, PLACE, ".dsc", unpack_and_build, err);
	if (r == 0)
		r = for_each(rebuild, PLACE, ".deb", take_built, err);
	if (r == 0)
		r = for_each(rebuild, PLACE, "", take_source, err);
	if (r == 0)
		r = for_each(rebuild, "/shipped", ".deb", take_shipped, err);
	if (r == 0)
		*ret = rebuild->result;
	return r;
}
