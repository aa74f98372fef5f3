// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_build.c — vexxy symbols build: a symbol store from rebuilt source packages. */
#include <limits.h>

#include "analyzer/advisory_make.h"
#include "analyzer/cmd_symbols.h"
#include "analyzer/debian_release.h"
#include "analyzer/file.h"
#include "analyzer/interrupt.h"
#include "analyzer/rebuild.h"
#include "analyzer/rebuilt.h"
#include "analyzer/symbol_archives.h"

#define SUITE "bookworm"

/* What became of one package, for the person who waits. */
static void say(const struct site_package *package)
{
	size_t count[EQUALITY_COUNT] = {}, refused = 0;

	for (size_t i = 0; i < package->file_count; i++) {
		refused += !package->files[i].code;
		count[package->files[i].equality] += package->files[i].code != NULL;
	}
	fprintf(stderr, "%s: %zu files identical, %zu with the same code, %zu near, %zu left out\n",
		package->dsc, count[EQUALITY_IDENTICAL], count[EQUALITY_TEXT], count[EQUALITY_NEAR],
		refused);
}

/* The fixes that the rebuilt sources hold themselves. */
static int read_own_fixes(struct fix_records *ret, const char *dir,
			  const struct site_package *package, struct err *err)
{
	_cleanup_(advisories_done) struct advisories advisories = {};
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX + NAME_MAX];
	size_t len;
	int r;

	snprintf(path, sizeof(path), "%s/%s", dir, package->dsc);
	r = advisories_add_dsc(&advisories, path, debian_release_of_suite(SUITE), err);
	if (r == 0)
		r = advisories_print(&advisories, &text, &len, err);
	return r < 0 ? r : fix_records_parse(ret, text, len, err);
}

/* The static libraries in the packages as they are shipped. */
static int add_archives(struct symbol_store *store, const struct rebuilt *rebuilt,
			const struct fix_records *fixes, struct err *err)
{
	struct archives_told told = {};
	const char *const *debs;
	size_t n;
	int r = 0;

	debs = rebuilt_shipped(rebuilt, &n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = symbol_archives_add(store, debs[i], rebuilt_package(rebuilt)->source, fixes,
					&told, err);
	if (r == 0 && told.archives)
		fprintf(stderr, "  %zu static libraries, %zu signatures\n", told.archives,
			told.functions);
	return r;
}

/* fixes: NULL: those in its own sources. */
static int add_package(struct symbol_store *store, const struct fix_records *fixes, const char *dir,
		       struct err *err)
{
	_cleanup_(rebuilt_closep) struct rebuilt *rebuilt = NULL;
	_cleanup_(fix_records_done) struct fix_records own = {};
	const char *const *notes;
	size_t n;
	int r = rebuilt_open(&rebuilt, dir, err);

	if (r < 0)
		return r;
	notes = rebuilt_notes(rebuilt, &n);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "  %s\n", notes[i]);
	say(rebuilt_package(rebuilt));
	if (!fixes)
		r = read_own_fixes(&own, dir, rebuilt_package(rebuilt), err);
	if (r == 0)
		r = symbol_sites_add(store, rebuilt_package(rebuilt), fixes ? fixes : &own, err);
	return r < 0 ? r : add_archives(store, rebuilt, fixes ? fixes : &own, err);
}

/* Where the rebuilt packages of one source are: handed over, or made here and now. */
static int find_rebuilt(struct rebuild *rebuild, const struct symbols_options *opts,
			const char *source, char ret[PATH_MAX], struct err *err)
{
	const char *made;
	int r;

	if (!rebuild) {
		snprintf(ret, PATH_MAX, "%s/%s", opts->rebuilt, source);
		return 0;
	}
	r = rebuild_package(rebuild, source, &made, err);
	if (r == 0)
		snprintf(ret, PATH_MAX, "%s", made);
	return r;
}

/* What stops everything; other faults are one package's. */
static bool is_end(int r)
{
	return r == -EINTR || r == -ENOMEM;
}

/* Returns how many packages could not be taken, which are told at once; an hour's work on others is not lost with them. */
static int build_each(struct symbol_store *store, const struct fix_records *fixes,
		      struct rebuild *rebuild, const struct symbols_options *opts,
		      const struct option_list *operands, struct err *err)
{
	char dir[PATH_MAX];
	int r, failed = 0;

	for (size_t i = 1; i < operands->count; i++) {
		r = find_rebuilt(rebuild, opts, operands->items[i], dir, err);
		if (r == 0)
			r = add_package(store, fixes, dir, err);
		if (r == 0)
			continue;
		r = err_prefix(err, r, "package '%s'", operands->items[i]);
		if (is_end(r) || operands->count == 2)
			return r;
		fprintf(stderr, "error: %s\n", err->text);
		failed++;
	}
	return failed;
}

static int build_all(struct symbol_store *store, const struct symbols_options *opts,
		     const struct option_list *operands, const struct interrupt *interrupt,
		     struct err *err)
{
	_cleanup_(rebuild_closep) struct rebuild *rebuild = NULL;
	_cleanup_(fix_records_done) struct fix_records fixes = {};
	const struct rebuild_options how = { .suite = SUITE,
					     .chroot = opts->chroot,
					     .seconds = REBUILD_SECONDS_MAX,
					     .stop_fd = interrupt->fd };
	const char *file = opts->advisories;
	int r = file ? fix_records_load(&fixes, file, err) : 0;

	if (r == 0 && !opts->rebuilt)
		r = rebuild_open(&rebuild, &how, err);
	if (r == 0)
		r = build_each(store, file ? &fixes : NULL, rebuild, opts, operands, err);
	return interrupt_came(interrupt) ? err_set(err, EINTR, "ended, as asked") : r;
}

int symbols_write_store(const struct symbol_store *store, const char *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = symbol_store_format(store, &text, &len, err);

	if (r < 0)
		return r;
	if (out)
		return file_write(out, text, len, err);
	if (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0)
		return err_sys(err, errno, "cannot write the store");
	return 0;
}

int symbols_build(const struct symbols_options *opts, const struct option_list *operands,
		  struct err *err)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = symbol_store_new();
	_cleanup_(interrupt_release) struct interrupt interrupt = {};
	int r = store ? interrupt_hold(&interrupt, err) : err_oom(err), failed;

	if (r == 0)
		r = build_all(store, opts, operands, &interrupt, err);
	if (r < 0)
		return r;
	failed = r;
	r = symbols_write_store(store, opts->out, err);
	return r == 0 && failed ? EXIT_MISSING : r;
}
