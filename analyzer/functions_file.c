// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* functions_file.c — the list of places that the agent is to watch. */
#include "analyzer/functions_file.h"

#include "include/array.h"

struct listing {
	const struct inventory *inv;
	const struct site **sites; /* sorted by object, offset */
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
	const struct site *x = *(const struct site *const *)a, *y = *(const struct site *const *)b;
	int r = strcmp(object_key(inv, x->file), object_key(inv, y->file));

	if (r)
		return r;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int listing_init(struct listing *l, const struct sites *sites, const struct inventory *inv)
{
	l->inv = inv;
	l->sites = calloc(sites->all_count + 1, sizeof(*l->sites));
	if (!l->sites)
		return -ENOMEM;
	for (size_t i = 0; i < sites->all_count; i++)
		if (functions_file_has(&inv->files[sites->all[i].file]))
			l->sites[l->count++] = &sites->all[i];
	array_sort_with(l->sites, l->count, sizeof(*l->sites), by_object, (void *)inv);
	return 0;
}

static void put_object(FILE *out, const struct inventory_file *file)
{
	if (file->elf && file->elf->build_id)
		fprintf(out, "object %s\n", file->elf->build_id);
	else
		fprintf(out, "object path=%s size=%ju\n", file->path, (uintmax_t)file->size);
}

/* Copies of one object are one object: each place of it stands once. */
static size_t put_sites(FILE *out, const struct listing *l, size_t *ret_objects)
{
	const char *object = NULL;
	uint64_t offset = 0;
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct site *site = l->sites[i];
		const char *key = object_key(l->inv, site->file);
		bool same = object && !strcmp(object, key);

		if (same && offset == site->offset)
			continue;
		if (!same) {
			put_object(out, &l->inv->files[site->file]);
			++*ret_objects;
		}
		object = key;
		offset = site->offset;
		fprintf(out, "site 0x%jx %.*s\n", (uintmax_t)offset, (int)FUNCTIONS_NAME_BYTES_MAX,
			site->symbol);
		n++;
	}
	return n;
}

int functions_file_format(struct functions_file *ret, const struct sites *sites,
			  const struct inventory *inv, struct err *err)
{
	struct functions_file file = {};
	struct listing listing = {};
	size_t objects = 0, body_len;
	char *body = NULL;
	FILE *out;
	int r = 0;

	out = open_memstream(&body, &body_len);
	if (!out || listing_init(&listing, sites, inv) < 0)
		r = err_oom(err);
	if (r == 0)
		file.sites = put_sites(out, &listing, &objects);
	if (out && fclose(out) != 0 && r == 0)
		r = err_oom(err);
	if (r == 0 && objects > FUNCTIONS_OBJECTS_MAX)
		r = err_set(err, E2BIG, "functions to watch in more than %u files",
			    FUNCTIONS_OBJECTS_MAX);
	if (r == 0) {
		digest_bytes(file.identity, body, body_len);
		r = asprintf(&file.text, "vexxy-functions 1 %s\n%s", file.identity, body);
		r = r < 0 ? err_oom(err) : 0;
	}
	free(listing.sites);
	free(body);
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
