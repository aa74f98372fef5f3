// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbol_sites.c — the functions of fixes in all files of a rebuilt package, as lines of the store. */
#include "analyzer/symbol_sites.h"

#include "include/array.h"

#include "analyzer/apart.h"
#include "analyzer/fix_lines.h"
#include "analyzer/source_text.h"

/* One function, held against all files. */
struct question {
	const struct site_package *package;
	const struct fix_target *target;
	const struct source_text *text;
	const struct fix_lines *lines; /* of the fix, of all files */
	struct dwarf_place place;
	bool hidden; /* a macro, or lines that are not known, may hide it: no absence is proved */
	struct dwarf_found *found; /* of each file */
	bool *symbol;              /* of each file: it has a symbol of that name */
	bool somewhere, absent;
};

/* All fixes in all files: cves[fix * file_count + file]. */
struct answers {
	const struct site_package *package;
	const struct fix_record *fixes;
	size_t fix_count;
	const struct store_cve *cves;
	const struct apart *apart;
};

/* Reasons are few and stand once each. */
static int add_reason(struct arena *arena, struct store_cve *cve, const char *why, struct err *err)
{
	if (cve->why && strstr(cve->why, why))
		return 0;
	cve->why =
	    cve->why ? arena_printf(arena, "%s; %s", cve->why, why) : arena_strdup(arena, why);
	return cve->why ? 0 : err_oom(err);
}

static void question_done(struct question *q)
{
	for (size_t i = 0; q->found && i < q->package->file_count; i++)
		dwarf_found_done(&q->found[i]);
	free(q->found);
	free(q->symbol);
}

/* "f" and what the compiler makes of it: "f.part.0", "f.cold". */
static bool has_symbol(const struct symbols *names, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < names->count; i++)
		if (!strncmp(names->items[i].name, name, n) &&
		    (!names->items[i].name[n] || names->items[i].name[n] == '.'))
			return true;
	return false;
}

static int ask_file(struct question *q, size_t i, const char *name, struct err *err)
{
	const struct site_file *file = &q->package->files[i];
	struct dwarf_place place = q->place;
	int r = 0;

	place.name = name;
	dwarf_found_done(&q->found[i]);
	if (file->dwarf)
		r = dwarf_sites_find(file->dwarf, &place, &q->found[i], err);
	q->symbol[i] |= has_symbol(file->names, name);
	q->somewhere |= q->found[i].entry_count || q->found[i].inlined_count;
	return r < 0 ? err_prefix(err, r, "'%s': '%s'", file->path, name) : 0;
}

static int ask_all(struct question *q, const char *name, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < q->package->file_count && r == 0; i++)
		r = ask_file(q, i, name, err);
	return r;
}

/* Is the source one of those that the debug data of a file knows? */
static bool is_known(const struct site_file *file, const char *source)
{
	for (size_t i = 0; i < file->dwarf->files.count; i++)
		if (dwarf_sites_is(file->dwarf, i, source))
			return true;
	return false;
}

static bool is_absent(const struct question *q)
{
	const struct source_text *text = q->text;
	bool known = false;

	if (q->somewhere || q->hidden)
		return false;
	for (size_t i = 0; i < q->package->file_count; i++) {
		const struct dwarf_found *f = &q->found[i];

		if (f->declared || f->rows || q->symbol[i] || source_text_bare(text, i) ||
		    !q->package->files[i].dwarf)
			return false;
		known |= is_known(&q->package->files[i], q->target->file);
	}
	return known || !source_text_has_written(text);
}

static int ask(struct question *q, struct err *err)
{
	size_t n = q->package->file_count + 1;
	int r;

	q->found = calloc(n, sizeof(*q->found));
	q->symbol = calloc(n, sizeof(*q->symbol));
	if (!q->found || !q->symbol)
		return err_oom(err);
	q->hidden = !source_text_place(q->text, q->target, q->lines, &q->place);
	r = ask_all(q, q->target->name, err);
	if (r == 0 && !q->somewhere && q->target->alias)
		r = ask_all(q, q->target->alias, err);
	if (r == 0)
		q->absent = is_absent(q);
	return r;
}

static int copy_sites(struct arena *arena, const uint64_t *addresses, size_t n,
		      struct store_sites *ret, struct err *err)
{
	ret->addresses = arena_alloc(arena, (n + 1) * sizeof(*addresses));
	if (!ret->addresses)
		return err_oom(err);
	if (n)
		memcpy(ret->addresses, addresses, n * sizeof(*addresses));
	ret->count = n;
	return 0;
}

static bool is_exported(const struct site_file *file, const struct store_function *f)
{
	for (size_t i = 0; i < f->entries.count; i++)
		for (size_t k = 0; k < file->names->count; k++)
			if (file->names->items[k].exported &&
			    file->names->items[k].addr == f->entries.addresses[i])
				return true;
	return false;
}

static enum store_kind kind_of(const struct site_file *file, const struct store_function *f)
{
	bool inlined = f->inlined.count;

	if (!f->entries.count)
		return STORE_INLINED;
	if (is_exported(file, f))
		return inlined ? STORE_EXPORTED_INLINED : STORE_EXPORTED;
	return inlined ? STORE_LOCAL_INLINED : STORE_LOCAL;
}

/* Each place surely begins an instruction, and each entry a function: else none of them is used. */
static int check_sites(const struct site_file *file, const struct store_function *f,
		       struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < f->entries.count && r == 0; i++) {
		uint64_t at = f->entries.addresses[i];
		const struct code_function *around = code_function_at(file->code, at);

		if (!around || around->start != at)
			return err_set(err, EINVAL, "no function begins at 0x%jx", (uintmax_t)at);
		r = instruction_check(file->decoder, at, err);
	}
	for (size_t i = 0; i < f->inlined.count && r == 0; i++)
		r = instruction_check(file->decoder, f->inlined.addresses[i], err);
	return r;
}

struct addresses {
	uint64_t *items;
	size_t count, capacity;
};

static void addresses_done(struct addresses *addresses)
{
	free(addresses->items);
}

static int compare_addresses(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* One line's statements, those that surely begin an instruction. */
static int add_line(struct addresses *to, const struct site_file *file, const struct fix_line *line,
		    struct err *err)
{
	_cleanup_free_ uint64_t *found = NULL;
	struct err unsure;
	uint64_t *slot;
	size_t n;
	int r = dwarf_sites_lines(file->dwarf, line->file, line->line, line->line, &found, &n, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		if (instruction_check(file->decoder, found[i], &unsure) < 0)
			continue;
		slot = array_add(to->items, to->count, to->capacity);
		if (!slot)
			return err_oom(err);
		*slot = found[i];
	}
	return r;
}

/* The fix's own lines within the function. */
static int take_lines(struct arena *arena, const struct question *q, const struct site_file *file,
		      struct store_function *f, struct err *err)
{
	_cleanup_(addresses_done) struct addresses all = {};
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < q->lines->count && r == 0; i++) {
		const struct fix_line *line = &q->lines->items[i];

		if (!strcmp(line->file, q->target->file) && dwarf_place_has(&q->place, line->line))
			r = add_line(&all, file, line, err);
	}
	if (r < 0)
		return r;
	array_sort(all.items, all.count, sizeof(*all.items), compare_addresses);
	for (size_t i = 0; i < all.count; i++)
		if (!n || all.items[n - 1] != all.items[i])
			all.items[n++] = all.items[i];
	return copy_sites(arena, all.items, n, &f->lines, err);
}

static int take_places(struct arena *arena, const struct site_file *file,
		       const struct dwarf_found *found, struct store_function *f, struct err *err)
{
	int r = copy_sites(arena, found->entries, found->entry_count, &f->entries, err);

	if (r == 0)
		r = copy_sites(arena, found->inlined, found->inlined_count, &f->inlined, err);
	if (r < 0)
		return r;
	f->made = arena_alloc(arena, (found->made_count + 1) * sizeof(*f->made));
	if (!f->made)
		return err_oom(err);
	for (size_t i = 0; i < found->made_count; i++) {
		f->made[i] = arena_strdup(arena, found->made[i]);
		if (!f->made[i])
			return err_oom(err);
		f->made_count++;
	}
	f->kind = kind_of(file, f);
	return 0;
}

static int unresolve(struct arena *arena, struct store_cve *cve, struct store_function *f,
		     const char *why, struct err *err)
{
	const char *text = arena_printf(arena, "'%s' of %s: %s", f->name, f->file, why);

	*f = (struct store_function){ .name = f->name, .file = f->file, .kind = STORE_UNRESOLVED };
	return text ? add_reason(arena, cve, text, err) : err_oom(err);
}

/* What the file has of the function. */
static int answer(struct arena *arena, const struct question *q, size_t i, struct store_cve *cve,
		  struct store_function *f, struct err *err)
{
	const struct site_file *file = &q->package->files[i];
	const struct dwarf_found *found = &q->found[i];
	struct err why = {};
	const char *bare;
	int r;

	if (!file->dwarf)
		return unresolve(arena, cve, f, "the file has no debug data", err);
	if (found->called && !found->entry_count)
		return unresolve(arena, cve, f, "it is called, but its own code is not known", err);
	if (found->entry_count || found->inlined_count) {
		r = take_places(arena, file, found, f, err);
		if (r == 0 && check_sites(file, f, &why) < 0)
			return unresolve(arena, cve, f, why.text, err);
		return r < 0 ? r : take_lines(arena, q, file, f, err);
	}
	if (found->rows || found->named || found->defined || q->symbol[i])
		return unresolve(arena, cve, f, "it has code, but where is not known", err);
	bare = source_text_bare(q->text, i);
	if (bare) {
		snprintf(why.text, sizeof(why.text), "'%.200s' of this file has no debug data",
			 bare);
		return unresolve(arena, cve, f, why.text, err);
	}
	if (!q->somewhere && !q->absent)
		return unresolve(arena, cve, f, "it is not found, nor proved not to be compiled",
				 err);
	f->kind = q->somewhere ? STORE_ELSEWHERE : STORE_NOT_COMPILED;
	return 0;
}

/* A record's line in one file, to be filled function by function. */
static int begin_cve(struct arena *arena, const struct fix_record *fix, struct store_cve *cve,
		     struct err *err)
{
	cve->id = arena_strdup(arena, fix->cve);
	cve->functions = arena_alloc(arena, (fix->target_count + 1) * sizeof(*cve->functions));
	cve->patches = arena_alloc(arena, (fix->patch_count + 1) * sizeof(*cve->patches));
	if (!cve->id || !cve->functions || !cve->patches)
		return err_oom(err);
	for (size_t i = 0; i < fix->patch_count; i++) {
		cve->patches[i].name = arena_strdup(arena, fix->patches[i].name);
		cve->patches[i].sha256 = arena_strdup(arena, fix->patches[i].sha256);
		if (!cve->patches[i].name || !cve->patches[i].sha256)
			return err_oom(err);
		cve->patch_count++;
	}
	return fix->partial ? add_reason(arena, cve, fix->partial, err) : 0;
}

static int add_function(struct arena *arena, const struct question *q, size_t i,
			struct store_cve *cve, struct err *err)
{
	struct store_function *f = &cve->functions[cve->function_count];
	int r;

	f->name = arena_strdup(arena, q->target->name);
	f->file = arena_strdup(arena, q->target->file);
	if (!f->name || !f->file)
		return err_oom(err);
	r = answer(arena, q, i, cve, f, err);
	cve->function_count++;
	return r;
}

static bool is_elsewhere(const struct store_cve *cve)
{
	for (size_t i = 0; i < cve->function_count; i++)
		if (cve->functions[i].kind != STORE_ELSEWHERE)
			return false;
	return true;
}

/* One fix in all files: cves[i] is its part of file i. */
static int resolve(struct arena *arena, const struct site_package *package,
		   struct source_text *text, const struct fix_record *fix, struct store_cve *cves,
		   struct err *err)
{
	_cleanup_(fix_lines_done) struct fix_lines lines = {};
	int r = fix_lines_read(&lines, package->tree, fix, arena, err);

	for (size_t i = 0; i < package->file_count && r == 0; i++)
		r = begin_cve(arena, fix, &cves[i], err);
	for (size_t k = 0; k < fix->target_count && r == 0; k++) {
		_cleanup_(question_done) struct question q = { .package = package,
							       .target = &fix->targets[k],
							       .text = text,
							       .lines = &lines };

		r = ask(&q, err);
		for (size_t i = 0; i < package->file_count && r == 0; i++)
			if (package->files[i].code)
				r = add_function(arena, &q, i, &cves[i], err);
	}
	return r;
}

static int describe(struct arena *arena, const struct site_package *package,
		    const struct site_file *file, struct store_object *o, struct err *err)
{
	o->build_id = arena_strdup(arena, file->build_id);
	o->file = arena_strdup(arena, file->path);
	o->soname = file->soname ? arena_strdup(arena, file->soname) : NULL;
	o->package = arena_strdup(arena, file->package);
	o->source = arena_strdup(arena, package->source);
	o->version = arena_strdup(arena, file->version);
	o->arch = arena_strdup(arena, file->arch);
	o->dsc = arena_strdup(arena, package->dsc);
	o->dsc_sha256 = arena_strdup(arena, package->dsc_sha256);
	o->code = arena_alloc(arena, (file->code->segment_count + 1) * sizeof(*o->code));
	o->equality = file->equality;
	if (!o->build_id || !o->file || (file->soname && !o->soname) || !o->package || !o->source ||
	    !o->version || !o->arch || !o->dsc || !o->dsc_sha256 || !o->code)
		return err_oom(err);
	for (size_t i = 0; i < file->code->segment_count; i++) {
		const struct code_segment *s = &file->code->segments[i];

		o->code[o->code_count++] = (struct store_segment){ s->start, s->end, s->offset };
	}
	return 0;
}

static int add_apart(struct symbol_store *store, struct store_object *o,
		     const struct fix_record *fix, const struct store_cve *cve, struct err *err)
{
	struct store_apart *to = &o->apart[o->apart_count++];

	to->cve = cve->id;
	to->of = arena_strdup(store->arena, fix->partial);
	return to->of ? 0 : err_oom(err);
}

/* CVEs with no code in the file are but named. */
static int add_file(struct symbol_store *store, const struct answers *answers, size_t i,
		    struct err *err)
{
	const struct site_package *package = answers->package;
	size_t fix_count = answers->fix_count;
	struct store_object o = {};
	int r = describe(store->arena, package, &package->files[i], &o, err);

	o.cves = arena_alloc(store->arena, (fix_count + 1) * sizeof(*o.cves));
	o.elsewhere = arena_alloc(store->arena, (fix_count + 1) * sizeof(*o.elsewhere));
	o.apart = arena_alloc(store->arena, (fix_count + 1) * sizeof(*o.apart));
	if (r < 0 || !o.cves || !o.elsewhere || !o.apart)
		return r < 0 ? r : err_oom(err);
	for (size_t k = 0; k < fix_count && r == 0; k++) {
		const struct store_cve *cve = &answers->cves[k * package->file_count + i];

		if (!cve->function_count)
			continue;
		if (is_elsewhere(cve))
			o.elsewhere[o.elsewhere_count++] = cve->id;
		else
			o.cves[o.cve_count++] = *cve;
		if (apart_is(answers->apart, &package->files[i], &answers->fixes[k], cve))
			r = add_apart(store, &o, &answers->fixes[k], cve, err);
	}
	if (r < 0)
		return r;
	return symbol_store_lookup(store, o.build_id) ? 0 : symbol_store_add(store, &o, err);
}

/* The fixes of this package, which stand together. */
static const struct fix_record *fixes_of(const struct fix_records *fixes, const char *source,
					 size_t *ret_count)
{
	const struct fix_record *first = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < fixes->count; i++) {
		if (strcmp(fixes->items[i].package, source) != 0)
			continue;
		first = first ? first : &fixes->items[i];
		++*ret_count;
	}
	return first;
}

int symbol_sites_add(struct symbol_store *store, const struct site_package *package,
		     const struct fix_records *records, struct err *err)
{
	_cleanup_(source_text_freep) struct source_text *text = NULL;
	_cleanup_(apart_freep) struct apart *apart = NULL;
	_cleanup_free_ struct store_cve *cves = NULL;
	struct answers answers;
	size_t n;
	const struct fix_record *fixes = fixes_of(records, package->source, &n);
	int r;

	if (!n)
		return err_set(err, ENOENT, "the advisories say nothing about '%s'",
			       package->source);
	cves = calloc(n * package->file_count + 1, sizeof(*cves));
	if (!cves)
		return err_oom(err);
	r = source_text_open(&text, package, fixes, n, err);
	for (size_t k = 0; k < n && r == 0; k++)
		r = resolve(store->arena, package, text, &fixes[k], &cves[k * package->file_count],
			    err);
	if (r == 0)
		r = apart_open(&apart, package, fixes, n, err);
	answers = (struct answers){ package, fixes, n, cves, apart };
	for (size_t i = 0; i < package->file_count && r == 0; i++)
		if (package->files[i].code)
			r = add_file(store, &answers, i, err);
	return r;
}
