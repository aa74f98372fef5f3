// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbol_archives.c — the functions of fixes in a package's static libraries. */
#include "analyzer/symbol_archives.h"

#include <limits.h>
#include <sys/stat.h>

#include "analyzer/ar.h"
#include "analyzer/child.h"
#include "analyzer/digest.h"
#include "analyzer/file.h"
#include "analyzer/rootfs.h"
#include "analyzer/scratch.h"
#include "analyzer/static_library.h"
#include "include/array.h"

/* "f.part.0", "f.cold" of "f". */
static bool is_named(const char *symbol, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	return n && !strncmp(symbol, name, n) && (!symbol[n] || symbol[n] == '.');
}

static const char *base_of(const char *path, size_t *len)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	*len = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	return base;
}

/* "url.o" or "libcurl_la-url.o" of "lib/url.c". */
static bool is_compiled_from(const char *member, const char *source)
{
	size_t n, m;
	const char *object = base_of(member, &n), *base = base_of(source, &m);

	if (n < m || memcmp(object + n - m, base, m) != 0)
		return false;
	return n == m || object[n - m - 1] == '-' || object[n - m - 1] == '_' ||
	       object[n - m - 1] == '.';
}

struct taking {
	struct symbol_store *store;
	struct store_signature *items; /* malloc'ed */
	size_t count, capacity;
	struct err *err;
};

static void taking_done(struct taking *t)
{
	free(t->items);
}

static int add_cve(struct taking *t, struct store_signature *to, const char *cve)
{
	const char **grown;

	if (store_signature_is_of(to, cve))
		return 0;
	grown = arena_alloc(t->store->arena, (to->cve_count + 1) * sizeof(*grown));
	if (!grown)
		return err_oom(t->err);
	if (to->cve_count)
		memcpy(grown, to->cves, to->cve_count * sizeof(*grown));
	grown[to->cve_count] = arena_strdup(t->store->arena, cve);
	to->cves = grown;
	return grown[to->cve_count++] ? 0 : err_oom(t->err);
}

static int take_function(struct taking *t, const struct library_function *f, const char *source,
			 const char *cve)
{
	struct store_signature want = { .name = f->name, .member = f->member, .file = source };
	struct store_signature *to = NULL;

	want.code = f->code;
	for (size_t i = 0; i < t->count && !to; i++)
		if (!store_signature_order(&t->items[i], &want))
			to = &t->items[i];
	if (!to) {
		to = array_add(t->items, t->count, t->capacity);
		if (!to)
			return err_oom(t->err);
		*to = want;
		to->file = arena_strdup(t->store->arena, source);
		if (!to->file)
			return err_oom(t->err);
	}
	return add_cve(t, to, cve);
}

static int take_fix(struct taking *t, const struct static_library *library,
		    const struct fix_record *fix)
{
	int r = 0;

	for (size_t i = 0; i < fix->target_count; i++)
		for (size_t k = 0; k < library->count && r == 0; k++) {
			const struct fix_target *target = &fix->targets[i];
			const struct library_function *f = &library->functions[k];

			if ((is_named(f->name, target->name) || is_named(f->name, target->alias)) &&
			    is_compiled_from(f->member, target->file))
				r = take_function(t, f, target->file, fix->cve);
		}
	return r;
}

static int order(const void *a, const void *b)
{
	return store_signature_order(a, b);
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int finish(struct taking *t, struct store_archive *archive)
{
	struct arena *arena = t->store->arena;

	array_sort(t->items, t->count, sizeof(*t->items), order);
	for (size_t i = 0; i < t->count; i++)
		array_sort(t->items[i].cves, t->items[i].cve_count, sizeof(*t->items[i].cves),
			   text_order);
	archive->functions = arena_alloc(arena, (t->count + 1) * sizeof(*t->items));
	if (!archive->functions)
		return err_oom(t->err);
	if (t->count)
		memcpy(archive->functions, t->items, t->count * sizeof(*t->items));
	archive->function_count = t->count;
	return symbol_store_add_archive(t->store, archive, t->err);
}

static int describe(struct arena *arena, const struct store_archive *like, const char *arch,
		    const char *text, size_t len, struct store_archive *ret)
{
	char hex[DIGEST_HEX_BYTES];

	digest_bytes(hex, text, len);
	*ret = (struct store_archive){ .file = arena_strdup(arena, like->file),
				       .sha256 = arena_strdup(arena, hex),
				       .package = arena_strdup(arena, like->package),
				       .source = arena_strdup(arena, like->source),
				       .version = arena_strdup(arena, like->version),
				       .arch = arena_strdup(arena, arch) };
	return ret->file && ret->sha256 && ret->package && ret->source && ret->version && ret->arch
		   ? 0
		   : -ENOMEM;
}

int symbol_archives_add_bytes(struct symbol_store *store, const char *text, size_t len,
			      const struct store_archive *like, const struct fix_records *records,
			      struct archives_told *told, struct err *err)
{
	struct static_library library = {};
	struct store_archive archive;
	_cleanup_(taking_done) struct taking t = { .store = store, .err = err };
	int r = static_library_read(&library, text, len, store->arena, err);

	for (size_t i = 0; i < records->count && r == 0; i++)
		if (!strcmp(records->items[i].package, like->source))
			r = take_fix(&t, &library, &records->items[i]);
	if (r == 0 && t.count) {
		if (describe(store->arena, like, library.arch, text, len, &archive) < 0)
			r = err_oom(err);
		else
			r = finish(&t, &archive);
		told->archives++;
		told->functions += t.count;
	}
	told->ambiguous += library.ambiguous;
	told->short_ones += library.short_ones;
	told->unknown += library.unknown;
	static_library_done(&library);
	return r < 0 ? err_prefix(err, r, "'%s'", like->file) : 0;
}

struct unpacked {
	struct symbol_store *store;
	const struct fix_records *records;
	struct store_archive like;
	struct archives_told *told;
	struct err *err;
	const char *dir;
};

static int visit(void *ctx, const struct rootfs_entry *entry)
{
	struct unpacked *in = ctx;
	size_t n = strlen(entry->path), len;
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	int r;

	if (!S_ISREG(entry->st.st_mode) || n < 3 || strcmp(entry->path + n - 2, ".a") != 0)
		return 0;
	if (snprintf(path, sizeof(path), "%s%s", in->dir, entry->path) >= (int)sizeof(path))
		return err_set(in->err, ENAMETOOLONG, "'%s'", entry->path);
	r = file_read(&text, &len, path, AR_BYTES_MAX, in->err);
	if (r < 0 || !ar_is(text, len))
		return r < 0 ? r : 0;
	in->like.file = entry->path;
	return symbol_archives_add_bytes(in->store, text, len, &in->like, in->records, in->told,
					 in->err);
}

static int read_field(struct arena *arena, const char *deb, const char *field, const char **ret,
		      struct err *err)
{
	const char *const argv[] = { "dpkg-deb", "-f", deb, field, NULL };
	_cleanup_free_ char *out = NULL;
	int r = child_run(argv, &out, err);

	if (r < 0)
		return r;
	*ret = arena_strndup(arena, out, strcspn(out, "\n"));
	return *ret ? 0 : err_oom(err);
}

/* "Source: name (version)" when they differ from the package's. */
static int read_control(struct arena *arena, const char *deb, struct store_archive *ret,
			struct err *err)
{
	const char *source = NULL;
	int r = read_field(arena, deb, "Package", &ret->package, err);

	if (r == 0)
		r = read_field(arena, deb, "Version", &ret->version, err);
	if (r == 0)
		r = read_field(arena, deb, "Source", &source, err);
	if (r < 0)
		return r;
	ret->source = *source ? arena_strndup(arena, source, strcspn(source, " ")) : ret->package;
	if (!ret->source)
		return err_oom(err);
	if (!*ret->package || !*ret->version || strchr(ret->package, '/'))
		return err_set(err, EBADMSG, "it names no package, or no version");
	return 0;
}

static bool says(const struct fix_records *records, const char *source)
{
	for (size_t i = 0; i < records->count; i++)
		if (!strcmp(records->items[i].package, source))
			return true;
	return false;
}

int symbol_archives_add(struct symbol_store *store, const char *deb, const char *source,
			const struct fix_records *records, struct archives_told *told,
			struct err *err)
{
	_cleanup_(scratch_done) struct scratch scratch = {};
	_cleanup_(rootfs_closep) struct rootfs *root = NULL;
	struct unpacked in = { .store = store, .records = records, .told = told, .err = err };
	char dir[SCRATCH_PATH_BYTES + 16];
	const char *const argv[] = { "dpkg-deb", "-x", deb, dir, NULL };
	int r = read_control(store->arena, deb, &in.like, err);

	if (source)
		in.like.source = source;
	else if (r == 0 && !says(records, in.like.source))
		r = err_set(err, ENOENT, "the advisories say nothing about '%s'", in.like.source);
	if (r == 0)
		r = scratch_open(&scratch, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", deb);
	snprintf(dir, sizeof(dir), "%s/root", scratch.dir);
	in.dir = dir;
	r = child_run(argv, NULL, err);
	if (r == 0)
		r = rootfs_open(&root, dir, err);
	if (r == 0)
		r = rootfs_walk(root, visit, &in, err);
	return r < 0 ? err_prefix(err, r, "'%s'", deb) : 0;
}
