// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* dwarf_find.c — one function of the source, or a few of its lines, among the code of a file. */
#include "analyzer/dwarf_sites.h"

#include "analyzer/nature.h"
#include "include/array.h"

struct addresses {
	uint64_t *items;
	size_t count, capacity;
};

void dwarf_found_done(struct dwarf_found *found)
{
	free(found->entries);
	free(found->inlined);
	free(found->made);
	*found = (struct dwarf_found){};
}

static void addresses_done(struct addresses *addresses)
{
	free(addresses->items);
}

static int add(struct addresses *to, uint64_t address, struct err *err)
{
	uint64_t *slot;

	if (to->count >= DWARF_ADDRESSES_MAX)
		return err_set(err, EFBIG, "it has more than %u places", DWARF_ADDRESSES_MAX);
	slot = array_add(to->items, to->count, to->capacity);
	if (!slot)
		return err_oom(err);
	*slot = address;
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void sort_unique(struct addresses *addresses)
{
	size_t n = 0;

	array_sort(addresses->items, addresses->count, sizeof(uint64_t), compare_addresses);
	for (size_t i = 0; i < addresses->count; i++)
		if (!n || addresses->items[n - 1] != addresses->items[i])
			addresses->items[n++] = addresses->items[i];
	addresses->count = n;
}

/* How many trailing components two paths share. */
static size_t count_common(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), common = 0;

	while (n && m && a[n - 1] == b[m - 1]) {
		n--, m--;
		common += a[n] == '/';
	}
	if ((!n && !m) || (!n && b[m - 1] == '/') || (!m && a[n - 1] == '/'))
		return common + ((n && m) || *(n ? b : a) != '/');
	return common;
}

static bool is_system(const char *path)
{
	return !strncmp(path, "/usr/", 5);
}

int dwarf_sites_bind(struct dwarf_sites *sites, const char *const *sources, size_t count)
{
	sites->common =
	    arena_alloc(sites->arena, (sites->files.count + 1) * sizeof(*sites->common));
	if (!sites->common)
		return -ENOMEM;
	for (size_t i = 0; i < sites->files.count; i++)
		for (size_t k = 0; k < count; k++) {
			size_t n = count_common(sites->files.items[i], sources[k]);

			if (n > sites->common[i])
				sites->common[i] = n;
		}
	return 0;
}

bool dwarf_sites_is(const struct dwarf_sites *sites, size_t file, const char *source)
{
	size_t n = is_system(sites->files.items[file])
		       ? 0
		       : count_common(sites->files.items[file], source);

	return n && (!sites->common || n >= sites->common[file]);
}

bool dwarf_sites_is_written(const struct dwarf_sites *sites, size_t file)
{
	return sites->common && !sites->common[file] && !is_system(sites->files.items[file]);
}

bool dwarf_sites_names(const struct dwarf_sites *sites, const char *source)
{
	const char *name = path_name(source);

	return string_set_find(&sites->sources, name, strlen(name)) != STRING_SET_NONE;
}

/* The first row at or behind the address. */
static size_t row_at(const struct dwarf_sites *sites, uint64_t address)
{
	size_t low = 0, high = sites->row_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (sites->rows[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool dwarf_sites_cover(const struct dwarf_sites *sites, uint64_t start, uint64_t end)
{
	size_t at = row_at(sites, start);

	return at < sites->row_count && sites->rows[at].address < end;
}

/* All places where a copy may be entered. */
static int add_copy(struct addresses *to, const struct dwarf_sites *sites,
		    const struct dwarf_piece *piece, struct err *err)
{
	int r = piece->has_entry ? add(to, piece->entry, err) : 0;

	for (size_t i = 0; i < piece->range_count && r == 0; i++) {
		const struct dwarf_range *range = &sites->ranges[piece->range + i];

		r = add(to, range->start, err);
		for (size_t k = row_at(sites, range->start);
		     k < sites->row_count && sites->rows[k].address < range->end && r == 0; k++)
			r = add(to, sites->rows[k].address, err);
	}
	return r;
}

/* C++ is named with its classes in the source, and without in the debug data. */
static const char *last_name(const char *name)
{
	const char *at = strrchr(name, ':');

	return at ? at + 1 : name;
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int add_made(struct dwarf_found *found, const char *name, struct err *err)
{
	const char **slot;

	for (size_t i = 0; i < found->made_count; i++)
		if (!strcmp(found->made[i], name))
			return 0;
	slot = array_add(found->made, found->made_count, found->made_capacity);
	if (!slot)
		return err_oom(err);
	*slot = name;
	return 0;
}

bool dwarf_place_has(const struct dwarf_place *place, unsigned line)
{
	for (size_t i = 0; i < place->body_count; i++)
		if (line && line >= place->bodies[i].first && line <= place->bodies[i].last)
			return true;
	return false;
}

struct search {
	const struct dwarf_sites *sites;
	const struct dwarf_place *place;
	const char *name;
	bool *agrees; /* of each file */
	struct addresses entries, inlined;
	struct dwarf_found found;
};

static void search_done(struct search *search)
{
	free(search->agrees);
	addresses_done(&search->entries);
	addresses_done(&search->inlined);
	dwarf_found_done(&search->found);
}

static bool in_place(const struct search *search, size_t file, unsigned line)
{
	return file != STRING_SET_NONE && search->agrees[file] &&
	       dwarf_place_has(search->place, line);
}

/* By its name; or by its lines, when `by_lines` is asked for. */
static int take_pieces(struct search *search, bool by_lines, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < search->sites->piece_count && r == 0; i++) {
		const struct dwarf_piece *piece = &search->sites->pieces[i];
		bool named = !strcmp(piece->name, search->name);

		search->found.named |= named;
		if (by_lines
			? !in_place(search, piece->file, piece->line)
			: !named || piece->file == STRING_SET_NONE || !search->agrees[piece->file])
			continue;
		if (by_lines)
			r = add_made(&search->found, piece->name, err);
		search->found.copies += piece->inlined;
		if (r == 0 && piece->inlined)
			r = add_copy(&search->inlined, search->sites, piece, err);
		else if (r == 0)
			r = add(&search->entries, search->sites->ranges[piece->range].start, err);
	}
	return r;
}

/* Is the function in a set of names with files? */
static int has_name(const struct search *search, const struct string_set *set, bool *ret)
{
	for (size_t i = 0; i < search->sites->files.count && !*ret; i++) {
		_cleanup_free_ char *key = NULL;
		int n = search->agrees[i] ? asprintf(&key, "%s\n%zu", search->name, i) : 0;

		if (n < 0)
			return -ENOMEM;
		*ret = n && string_set_find(set, key, (size_t)n) != STRING_SET_NONE;
	}
	return 0;
}

static int take_names(struct search *search, struct err *err)
{
	struct dwarf_found *found = &search->found;

	found->declared = found->named || string_set_find(&search->sites->names, search->name,
							  strlen(search->name)) != STRING_SET_NONE;
	if (has_name(search, &search->sites->bare, &found->defined) < 0 ||
	    has_name(search, &search->sites->called, &found->called) < 0)
		return err_oom(err);
	return 0;
}

static void take_result(struct search *search, struct dwarf_found *ret)
{
	sort_unique(&search->entries);
	sort_unique(&search->inlined);
	array_sort(search->found.made, search->found.made_count, sizeof(*search->found.made),
		   compare_texts);
	*ret = search->found;
	ret->entries = take_ptr(search->entries.items);
	ret->entry_count = search->entries.count;
	ret->inlined = take_ptr(search->inlined.items);
	ret->inlined_count = search->inlined.count;
	search->found = (struct dwarf_found){};
}

int dwarf_sites_find(const struct dwarf_sites *sites, const struct dwarf_place *place,
		     struct dwarf_found *ret, struct err *err)
{
	_cleanup_(search_done) struct search search = { .sites = sites,
							.place = place,
							.name = last_name(place->name) };
	int r;

	search.agrees = calloc(sites->files.count + 1, sizeof(bool));
	if (!search.agrees)
		return err_oom(err);
	for (size_t i = 0; i < sites->files.count; i++)
		search.agrees[i] = dwarf_sites_is(sites, i, place->file);
	for (size_t i = 0; i < sites->row_count && !search.found.rows; i++)
		search.found.rows = in_place(&search, sites->rows[i].file, sites->rows[i].line);
	r = take_pieces(&search, false, err);
	if (r == 0 && !search.entries.count && !search.inlined.count)
		r = take_pieces(&search, true, err);
	if (r == 0)
		r = take_names(&search, err);
	if (r < 0)
		return r;
	take_result(&search, ret);
	return 0;
}

int dwarf_sites_lines(const struct dwarf_sites *sites, const char *file, unsigned first,
		      unsigned last, uint64_t **ret, size_t *ret_count, struct err *err)
{
	_cleanup_(addresses_done) struct addresses found = {};
	int r = 0;

	for (size_t i = 0; i < sites->row_count && r == 0; i++) {
		const struct dwarf_row *row = &sites->rows[i];

		if (row->statement && row->line >= first && row->line <= last &&
		    dwarf_sites_is(sites, row->file, file))
			r = add(&found, row->address, err);
	}
	if (r < 0)
		return r;
	sort_unique(&found);
	*ret = take_ptr(found.items);
	*ret_count = found.count;
	return 0;
}
