// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* functions_file.c — the list of places that the agent is to watch. */
#include "analyzer/functions_file.h"

#include "include/array.h"

/* A place as it is listed. */
struct entry {
	size_t file;
	uint64_t offset;
	const char *symbol;
	bool wanted, starts;
};

struct listing {
	const struct inventory *inv;
	struct entry *entries; /* sorted by object, offset; each place of an object once */
	size_t count;
};

bool functions_file_has(const struct inventory_file *file)
{
	if (file->elf && file->elf->build_id)
		return true;
	for (const char *c = file->path; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return false;
	return true;
}

static const char *object_key(const struct inventory *inv, size_t file)
{
	const struct inventory_file *f = &inv->files[file];

	return f->elf && f->elf->build_id ? f->elf->build_id : f->path;
}

static int by_object(const void *a, const void *b, void *inv)
{
	const struct entry *x = a, *y = b;
	int r = x->file == y->file ? 0 : strcmp(object_key(inv, x->file), object_key(inv, y->file));

	if (r)
		return r;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->wanted != y->wanted)
		return x->wanted ? -1 : 1; /* its name is the one to keep */
	return x->file < y->file ? -1 : x->file > y->file;
}

/* Copies of one object are one object, and what two ask for is one place. */
static void merge(struct listing *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct entry *last = kept ? &l->entries[kept - 1] : NULL, *e = &l->entries[i];

		if (last && last->offset == e->offset &&
		    !strcmp(object_key(l->inv, last->file), object_key(l->inv, e->file))) {
			last->wanted |= e->wanted;
			last->starts |= e->starts;
			continue;
		}
		l->entries[kept++] = *e;
	}
	l->count = kept;
}

static int listing_init(struct listing *l, const struct sites *sites, const struct covered *covered,
			size_t covered_count)
{
	size_t n = sites ? sites->all_count : 0;

	for (size_t i = 0; i < covered_count; i++)
		n += covered[i].starts.count;
	l->entries = calloc(n + 1, sizeof(*l->entries));
	if (!l->entries)
		return -ENOMEM;
	for (size_t i = 0; sites && i < sites->all_count; i++) {
		const struct site *s = &sites->all[i];

		if (functions_file_has(&l->inv->files[s->file]))
			l->entries[l->count++] =
			    (struct entry){ s->file, s->offset, s->symbol, true, false };
	}
	for (size_t i = 0; i < covered_count; i++)
		for (size_t k = 0; k < covered[i].starts.count; k++) {
			const struct start *s = &covered[i].starts.items[k];

			l->entries[l->count++] =
			    (struct entry){ covered[i].file, s->offset, s->symbol, false, true };
		}
	array_sort_with(l->entries, l->count, sizeof(*l->entries), by_object, (void *)l->inv);
	merge(l);
	return 0;
}

static void put_object(FILE *out, const struct inventory_file *file)
{
	if (file->elf && file->elf->build_id)
		fprintf(out, "object %s\n", file->elf->build_id);
	else
		fprintf(out, "object path=%s size=%ju\n", file->path, (uintmax_t)file->size);
}

static size_t put_entries(FILE *out, const struct listing *l, bool all, size_t *ret_objects)
{
	const char *object = NULL;
	size_t n = 0;

	*ret_objects = 0;
	for (size_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->entries[i];
		const char *key = object_key(l->inv, e->file);

		if (!all && !e->wanted)
			continue;
		if (!object || strcmp(object, key) != 0) {
			put_object(out, &l->inv->files[e->file]);
			++*ret_objects;
		}
		object = key;
		fprintf(out, "%s 0x%jx %.*s\n",
			!all || !e->starts ? "site"
			: e->wanted        ? "both"
					   : "start",
			(uintmax_t)e->offset, (int)FUNCTIONS_NAME_BYTES_MAX, e->symbol);
		n++;
	}
	return n;
}

/* The lines of the list, without the first: all, or what findings ask for. */
static int make_body(char **ret, size_t *ret_len, size_t *ret_count, const struct listing *l,
		     bool all, struct err *err)
{
	_cleanup_free_ char *body = NULL;
	size_t objects = 0, len = 0;
	FILE *out = open_memstream(&body, &len);

	if (!out)
		return err_oom(err);
	*ret_count = put_entries(out, l, all, &objects);
	if (fclose(out) != 0)
		return err_oom(err);
	if (objects > FUNCTIONS_OBJECTS_MAX)
		return err_set(err, E2BIG, "functions to watch in more than %u files",
			       FUNCTIONS_OBJECTS_MAX);
	if (*ret_count > FUNCTIONS_SITES_MAX || len > FUNCTIONS_BYTES_MAX)
		return err_set(err, E2BIG,
			       "%zu places to watch: more than %u, or than %u MiB of them, is too "
			       "much (choose: --coverage-of GLOB)",
			       *ret_count, FUNCTIONS_SITES_MAX, FUNCTIONS_BYTES_MAX >> 20);
	*ret = take_ptr(body);
	*ret_len = len;
	return 0;
}

int functions_file_format(struct functions_file *ret, const struct sites *sites,
			  const struct covered *covered, size_t covered_count,
			  const struct inventory *inv, struct err *err)
{
	struct functions_file file = {};
	struct listing listing = { .inv = inv };
	_cleanup_free_ char *wanted = NULL, *all = NULL;
	size_t len = 0, count;
	int r = listing_init(&listing, sites, covered, covered_count);

	r = r < 0 ? err_oom(err) : make_body(&wanted, &len, &file.wanted, &listing, false, err);
	if (r == 0)
		digest_bytes(file.identity, wanted, len);
	if (r == 0)
		r = make_body(&all, &len, &count, &listing, true, err);
	if (r == 0) {
		file.sites = count;
		r = asprintf(&file.text, "vexxy-functions 1 %s\n%s", file.identity, all);
		r = r < 0 ? err_oom(err) : 0;
	}
	free(listing.entries);
	if (r < 0)
		return r;
	file.len = strlen(file.text);
	*ret = file;
	return 0;
}

void functions_file_done(struct functions_file *file)
{
	free(file->text);
	*file = (struct functions_file){};
}
