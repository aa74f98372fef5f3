// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * inventory_python.c — Python distributions by their metadata directories: *.dist-info, *.egg-info, *.egg.
 *
 * Sources: "Recording installed projects" of the Python packaging specifications (RECORD, direct_url.json), setuptools'
 * egg formats (top_level.txt, installed-files.txt, EGG-INFO). Where a distribution package installed the metadata and took
 * RECORD away, as Debian does, that package's files are the distribution's.
 */
#include "analyzer/inventory_build.h"

#include <string.h>

#include "analyzer/json.h"

#define METADATA_BYTES_MAX (4u << 20)

/* One distribution being read. */
struct dist {
	struct builder *b;
	const char *metadata; /* canonical path of METADATA or PKG-INFO */
	const char
	    *info; /* the directory with the metadata; the file itself for a bare *.egg-info */
	const char *site; /* where its modules are */
	bool is_egg;      /* the site is the egg itself, all of it */
	uint32_t entry, number;
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

static const char *parent(struct builder *b, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_strndup(b->inv->arena, path, slash == path ? 1 : (size_t)(slash - path));
}

/* Is that file the metadata of a distribution? 1, 0, or -ENOMEM. */
static int recognise(struct dist *dist, uint32_t entry)
{
	struct builder *b = dist->b;
	const char *path = b->entries[entry].path;
	bool is_bare = ends_with(path, ".egg-info");

	*dist = (struct dist){ .b = b, .metadata = path, .entry = entry };
	if (!S_ISREG(b->entries[entry].mode) ||
	    !(is_bare || ends_with(path, "/METADATA") || ends_with(path, "/PKG-INFO")))
		return 0;
	dist->info = is_bare ? path : parent(b, path);
	if (!dist->info)
		return -ENOMEM;
	dist->is_egg = ends_with(dist->info, ".egg/EGG-INFO");
	if (!is_bare && !dist->is_egg && !ends_with(dist->info, ".dist-info") &&
	    !ends_with(dist->info, ".egg-info"))
		return 0;
	dist->site = parent(b, dist->info);
	return dist->site ? 1 : -ENOMEM;
}

/* Name and Version from the headers (RFC 822 style, up to the first blank line). */
static int read_headers(struct dist *dist, struct package *package)
{
	struct lines lines;
	const char *line;
	char *text;
	size_t len;
	int r;

	r = builder_read(dist->b, dist->metadata, METADATA_BYTES_MAX, &text, &len);
	if (r < 0 || !text)
		return r;
	lines = (struct lines){ text, text + len, 0 };
	while (lines_next(&lines, &line, &len) && len) {
		const char **slot = !strncmp(line, "Name:", 5)      ? &package->name
				    : !strncmp(line, "Version:", 8) ? &package->version
								    : NULL;
		const char *at = memchr(line, ':', len), *end = line + len;

		if (!slot || *slot || !at)
			continue;
		for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
			;
		while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*slot = arena_strndup(dist->b->inv->arena, at, (size_t)(end - at));
		if (!*slot)
			return -ENOMEM;
	}
	return 0;
}

/* The first field of a line of CSV: bare up to the comma, or in quotes with "" for a quote. */
static char *csv_field(struct arena *arena, const char *line, size_t len)
{
	char *field = arena_strndup(arena, line, len), *to = field;
	const char *end = line + len;

	if (!field)
		return NULL;
	if (*line != '"') {
		field[strcspn(field, ",")] = '\0';
		return field;
	}
	for (line++; line < end; line++) {
		if (*line == '"' && (++line >= end || *line != '"'))
			break;
		*to++ = *line;
	}
	*to = '\0';
	return field;
}

static int claim_relative(struct dist *dist, const char *directory, const char *name)
{
	const char *path =
	    *name == '/' ? name : arena_printf(dist->b->scratch, "%s/%s", directory, name);

	if (!path)
		return -ENOMEM;
	return *name && !ends_with(name, "/") ? builder_claim_path(dist->b, dist->number, path) : 0;
}

/* An editable install is a pointer to sources elsewhere: what RECORD lists is not what runs. */
static int is_editable(struct dist *dist, bool *ret)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	const char *path = arena_printf(dist->b->scratch, "%s/direct_url.json", dist->info);
	struct err err = {};
	char *text;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	r = builder_read(dist->b, path, 1u << 20, &text, &len);
	if (r < 0 || !text)
		return r;
	*ret = json_parse(&tree, text, len, &err) < 0 ||
	       json_bool(json_object(tree, "dir_info"), "editable", false);
	return 0;
}

/* RECORD (relative to the site) or installed-files.txt (relative to the metadata). *ret: the list was there. */
static int read_list(struct dist *dist, const char *name, const char *base, bool *ret)
{
	const char *path = arena_printf(dist->b->scratch, "%s/%s", dist->info, name), *line;
	bool is_record = !strcmp(name, "RECORD"), editable = false, is_cut;
	struct lines lines;
	char *text, *file;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	r = builder_read(dist->b, path, ROOTFS_READ_MAX, &text, &len);
	if (r < 0 || !text)
		return r;
	if (memchr(text, '\0', len))
		return builder_fault(dist->b, "'%s' contains a NUL", path);
	is_cut = len && text[len - 1] != '\n';
	lines = (struct lines){ text, text + len, 0 };
	while (r >= 0 && lines_next(&lines, &line, &len)) {
		if (!len)
			continue;
		file = is_record ? csv_field(dist->b->scratch, line, len)
				 : arena_strndup(dist->b->scratch, line, len);
		if (!file)
			return -ENOMEM;
		editable |= strstr(file, "__editable__") != NULL;
		r = claim_relative(dist, base, file);
	}
	if (r >= 0)
		r = is_editable(dist, &editable);
	*ret = true;
	dist->b->drafts[dist->number].package.files_known = r >= 0 && !editable && !is_cut;
	return r;
}

/* "yaml", "_yaml": packages (directories), modules (.py) and extension modules (.*.so) of that name in the site. */
static int claim_top(struct dist *dist, const char *top)
{
	struct builder *b = dist->b;
	const char *base = arena_printf(b->scratch, "%s/%s", dist->site, top);
	size_t site = strlen(dist->site), len;
	uint32_t at = builder_find(b, dist->site, site);
	int r;

	if (!base)
		return -ENOMEM;
	len = strlen(base);
	r = builder_claim_below(b, dist->number, base, NULL);
	for (at = at == ENTRY_NONE ? (uint32_t)b->entry_count : at + 1;
	     at < b->entry_count && r >= 0 && builder_spend(b); at++) {
		const char *path = b->entries[at].path;

		if (strncmp(path, dist->site, site) || path[site] != '/')
			break;
		if (!strncmp(path, base, len) && path[len] == '.' && !strchr(path + len, '/') &&
		    (ends_with(path, ".py") || ends_with(path, ".so") || ends_with(path, ".pyc")))
			r = builder_claim(b, dist->number, at);
	}
	return r;
}

static int read_top_level(struct dist *dist)
{
	const char *path = arena_printf(dist->b->scratch, "%s/top_level.txt", dist->info), *line;
	struct lines lines;
	char *text, *top;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	r = builder_read(dist->b, path, 1u << 20, &text, &len);
	if (r < 0 || !text)
		return r;
	lines = (struct lines){ text, text + len, 0 };
	while (r >= 0 && lines_next(&lines, &line, &len) && lines.number <= 1000) {
		top = arena_strndup(dist->b->scratch, line, len);
		if (!top)
			return -ENOMEM;
		if (*top && !strstr(top, "..") && *top != '/')
			r = claim_top(dist, top);
	}
	return r;
}

/* The metadata came with a package of the distribution that holds no other Python project: its files are the project's. */
static int claim_as_owner(struct dist *dist, const uint32_t *projects)
{
	struct builder *b = dist->b;
	uint32_t owner = b->entries[dist->entry].owner;
	size_t n = b->claim_count;
	int r = 0;

	if (owner == ENTRY_NONE || owner == dist->number || projects[owner] != 1)
		return 0;
	for (size_t i = 0; i < n && r >= 0 && builder_spend(b); i++)
		if (b->claims[i].package == owner)
			r = builder_claim(b, dist->number, b->claims[i].entry);
	b->drafts[dist->number].package.files_known =
	    r >= 0 && b->drafts[owner].package.files_known;
	return r;
}

static int claim_files(struct dist *dist, const uint32_t *projects)
{
	struct builder *b = dist->b;
	bool listed = false;
	int r;

	if (dist->is_egg) {
		b->drafts[dist->number].package.files_known = true;
		return builder_claim_below(b, dist->number, dist->site, NULL);
	}
	r = builder_claim(b, dist->number, dist->entry);
	if (r >= 0 && strcmp(dist->info, dist->metadata))
		r = builder_claim_below(b, dist->number, dist->info, NULL);
	if (r >= 0)
		r = read_list(dist, "RECORD", dist->site, &listed);
	if (r >= 0 && !listed)
		r = read_list(dist, "installed-files.txt", dist->info, &listed);
	if (r < 0 || listed)
		return r;
	r = read_top_level(dist);
	return r < 0 ? r : claim_as_owner(dist, projects);
}

static int take_dist(struct dist *dist, const uint32_t *projects)
{
	struct builder *b = dist->b;
	struct draft draft = { .package = { .type = "pypi", .location = dist->info } };
	struct package *package = &draft.package;
	int r;

	r = read_headers(dist, package);
	if (r < 0)
		return r;
	if (!package->name || !package->version || !*package->name || !*package->version)
		return builder_fault(b, "'%s' has no name and version, skipping", dist->metadata);
	package->source = package->name;
	package->source_version = package->version;
	r = builder_purl(b, package, NULL);
	if (r >= 0)
		r = builder_add(b, &draft, &dist->number);
	if (r < 0 || dist->number == ENTRY_NONE)
		return r;
	return claim_files(dist, projects);
}

int inventory_read_python(struct builder *b)
{
	_cleanup_free_ uint32_t *projects = calloc(b->draft_count + 1, sizeof(*projects));
	struct dist dist = { .b = b };
	uint32_t owner;
	int r = 0;

	if (!projects)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->entry_count; i++) {
		r = recognise(&dist, i);
		owner = b->entries[i].owner;
		if (r < 0)
			return r;
		if (r && owner != ENTRY_NONE)
			projects[owner]++;
	}
	for (uint32_t i = 0; i < b->entry_count; i++) {
		r = recognise(&dist, i);
		if (r > 0)
			r = take_dist(&dist, projects);
		if (r < 0)
			return r;
	}
	return 0;
}
