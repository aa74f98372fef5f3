// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* apt_source.c — source packages fetched by apt, by a configuration of our own. */
#include "analyzer/apt_source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/child.h"
#include "analyzer/file.h"
#include "analyzer/pkgversion.h"
#include "include/array.h"

#define SECONDS_MAX 600u
#define OUT_MAX (16u << 20)
#define VERSIONS_MAX 64
#define ARGUMENTS_MAX 32
#define OPTION_BYTES (PATH_MAX / 2 + 64)

/* The versions of one package, the newest first. */
struct versions {
	char *items[VERSIONS_MAX]; /* into the text */
	size_t count;
};

/* apt's program `argv[0]` with our configuration and the words behind it. */
static int run(const struct apt_source *apt, const char *const *argv, const char *dir,
	       char **ret_out, struct err *err)
{
	static const struct {
		const char *name, *below;
	} places[] = { { "Dir::Etc::sourcelist", "/sources.list" },
		       { "Dir::Etc::sourceparts", "/none" },
		       { "Dir::State::lists", "/lists" },
		       { "Dir::Cache", "/cache" } };
	enum { PLACES = sizeof(places) / sizeof(*places) };
	const struct child_bounds bounds = { .dir = dir,
					     .out_max = OUT_MAX,
					     .seconds = SECONDS_MAX };
	char options[PLACES][OPTION_BYTES];
	const char *all[ARGUMENTS_MAX] = { argv[0], "-q",
					   "-o",    "APT::Sandbox::User=root",
					   "-o",    "Acquire::Languages=none" };
	size_t n = 6;

	for (size_t i = 0; i < PLACES; i++) {
		snprintf(options[i], sizeof(options[i]), "%s=%s%s", places[i].name, apt->dir,
			 places[i].below);
		all[n++] = "-o";
		all[n++] = options[i];
	}
	for (size_t i = 1; argv[i]; i++)
		all[n++] = argv[i];
	all[n] = NULL;
	return child_run_bounded(all, &bounds, ret_out, err);
}

/* Of the lines "Debian|LABEL|URI" the least. */
static void find_mirror(char ret[APT_URI_BYTES], const char *targets, const char *label)
{
	size_t skip = strlen("Debian|") + strlen(label) + 1;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "Debian|%s|", label);
	for (const char *at = targets; at && *at;
	     at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		char uri[APT_URI_BYTES];

		if (strncmp(at, prefix, skip) != 0)
			continue;
		snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(at + skip, "\n"), at + skip);
		if (!*ret || strcmp(uri, ret) < 0)
			snprintf(ret, APT_URI_BYTES, "%s", uri);
	}
}

static void find_mirrors(char main[APT_URI_BYTES], char security[APT_URI_BYTES])
{
	static const char *const argv[] = { "apt-get",
					    "indextargets",
					    "--format",
					    "$(ORIGIN)|$(LABEL)|$(REPO_URI)",
					    "Created-By: Packages",
					    NULL };
	_cleanup_free_ char *targets = NULL;
	const char *wanted = getenv("DEBIAN_MIRROR");

	main[0] = security[0] = '\0';
	if (child_run(argv, &targets, NULL) == 0) {
		find_mirror(main, targets, "Debian");
		find_mirror(security, targets, "Debian-Security");
	}
	if (wanted && *wanted)
		snprintf(main, APT_URI_BYTES, "%s", wanted);
}

static int write_list(const struct apt_source *apt, struct err *err)
{
	char main[APT_URI_BYTES], security[APT_URI_BYTES], path[PATH_MAX],
	    more[APT_URI_BYTES + 64] = "";
	_cleanup_free_ char *text = NULL;

	find_mirrors(main, security);
	if (!*main)
		return err_set(
		    err, ENOENT,
		    "apt knows no archive of Debian: set DEBIAN_MIRROR to the address of one");
	if (*security)
		snprintf(more, sizeof(more), "deb-src %s %s-security main\n", security, apt->suite);
	if (asprintf(&text,
		     "deb-src %s %s main\n"
		     "deb-src %s %s-updates main\n"
		     "%s",
		     main, apt->suite, main, apt->suite, more) < 0) {
		text = NULL;
		return err_oom(err);
	}
	snprintf(path, sizeof(path), "%s/sources.list", apt->dir);
	return file_write(path, text, strlen(text), err);
}

int apt_source_open(struct apt_source *ret, const char *dir, const char *suite, struct err *err)
{
	static const char *const folders[] = { "/lists", "/lists/partial", "/cache", "/pool" };
	static const char *const update[] = { "apt-get", "update", NULL };
	struct apt_source apt = {};
	char path[PATH_MAX];
	int r;

	if (strlen(dir) >= sizeof(apt.dir) || strlen(suite) >= sizeof(apt.suite))
		return err_set(err, ENAMETOOLONG, "'%.64s…' is too long", dir);
	snprintf(apt.dir, sizeof(apt.dir), "%s", dir);
	snprintf(apt.suite, sizeof(apt.suite), "%s", suite);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, folders[i]);
		if (mkdir(path, 0700) < 0)
			return err_sys(err, errno, "cannot make '%s'", path);
	}
	r = write_list(&apt, err);
	if (r == 0)
		r = run(&apt, update, NULL, NULL, err);
	if (r < 0)
		return err_prefix(err, r, "the source packages of %s", suite);
	*ret = apt;
	return 0;
}

static int compare_versions(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int order;

	return pkgversion_compare(&order, "deb", x, y) < 0 ? strcmp(y, x) : -order;
}

/* The versions in what `apt-cache showsrc` prints. */
static void read_versions(struct versions *ret, char *text)
{
	char *line, *version;

	while ((line = strsep(&text, "\n"))) {
		bool known = false;

		if (strncmp(line, "Version: ", 9) != 0)
			continue;
		version = line + 9;
		for (size_t i = 0; i < ret->count; i++)
			known |= !strcmp(ret->items[i], version);
		if (!known && ret->count < VERSIONS_MAX)
			ret->items[ret->count++] = version;
	}
	array_sort(ret->items, ret->count, sizeof(*ret->items), compare_versions);
}

static int fetch_version(const struct apt_source *apt, char ret[PATH_MAX], const char *package,
			 const char *version, struct err *err)
{
	const char *epoch = strchr(version, ':');
	char wanted[512], pool[PATH_MAX];
	const char *const argv[] = { "apt-get",       "source", "--download-only",
				     "--only-source", wanted,   NULL };
	int r;

	snprintf(wanted, sizeof(wanted), "%s=%s", package, version);
	snprintf(pool, sizeof(pool), "%s/pool", apt->dir);
	r = run(apt, argv, pool, NULL, err);
	if (r == 0)
		snprintf(ret, PATH_MAX, "%s/pool/%s_%s.dsc", apt->dir, package,
			 epoch ? epoch + 1 : version);
	return r;
}

int apt_source_fetch(const struct apt_source *apt, struct apt_fetched *ret, const char *package,
		     struct err *err)
{
	const char *const show[] = { "apt-cache", "showsrc", "--only-source", package, NULL };
	_cleanup_free_ char *text = NULL;
	struct versions versions = {};
	size_t len = strspn(package, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
	int r;

	if (!len || package[len] || len > 128 || *package == '-')
		return err_set(err, EINVAL, "'%.64s' is no name of a source package", package);
	r = run(apt, show, NULL, &text, err);
	if (r < 0)
		return err_prefix(err, r, "source package '%s'", package);
	read_versions(&versions, text);
	if (!versions.count)
		return err_set(err, ENOENT, "%s has no source package '%s'", apt->suite, package);
	r = -ENOENT;
	for (size_t i = 0; i < versions.count && r < 0 && r != -ENOMEM; i++) {
		r = fetch_version(apt, ret->dsc, package, versions.items[i], err);
		ret->passed_over = i;
	}
	return r < 0 ? err_prefix(err, r, "source package '%s', any version", package) : 0;
}
