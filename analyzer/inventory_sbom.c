// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * inventory_sbom.c — what somebody else says is in the image, joined to what the root says.
 *
 * The root is believed. A package is known when the root has one of that type and name, also as the source of another, in
 * whatever version: another version is a note and no package of its own, because nothing may be concluded from its absence.
 * Being generous here is safe: what is not added is never called absent.
 */
#include <ctype.h>
#include <string.h>

#include "analyzer/inventory_build.h"
#include "analyzer/purl.h"
#include "analyzer/sbom.h"
#include "include/array.h"

#define NAMES_SHOWN 5u

struct joiner {
	struct inventory *inv;
	struct arena *scratch;
	const struct sbom *sbom;
	struct string_set known; /* "deb:zlib1g" and ":zlib1g", of packages and their sources … */
	size_t *packages, capacity; /* … and a package of each such name */
	struct string_set exact;    /* the same with "@version" */
	struct string_set named;    /* what the SBOM names */
	struct string_set notes;
	struct package *added;
	size_t added_count, added_capacity;
};

static void joiner_done(struct joiner *j)
{
	arena_free(j->scratch);
	free(j->packages);
	free(j->added);
	string_set_done(&j->known);
	string_set_done(&j->exact);
	string_set_done(&j->named);
	string_set_done(&j->notes);
}

_printf_(2, 3) static int note(struct joiner *j, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (j->notes.count >= INVENTORY_NOTES_MAX)
		return 0;
	return string_set_add(&j->notes, text, strlen(text), NULL);
}

/* Names as all ecosystems together compare them: generously. */
static char *key_of(struct joiner *j, const char *type, const char *name)
{
	char *key = arena_printf(j->scratch, "%s:%s", type, name);

	for (char *c = key; c && *c; c++)
		*c = *c == '_' || *c == '.' ? '-' : (char)tolower((unsigned char)*c);
	return key;
}

/* An epoch may stand in the version, in a qualifier, or be missing. */
static char *exact_key_of(struct joiner *j, const char *key, const char *version)
{
	size_t digits = version ? strspn(version, "0123456789") : 0;

	if (digits && version[digits] == ':')
		version += digits + 1;
	return arena_printf(j->scratch, "%s@%s", key, version ? version : "");
}

static int learn(struct joiner *j, size_t package, const char *type, const char *name,
		 const char *version)
{
	const char *key = key_of(j, type, name);
	const char *exact = key ? exact_key_of(j, key, version) : NULL;
	size_t number, before = j->known.count;
	int r;

	if (!exact)
		return -ENOMEM;
	r = string_set_add(&j->exact, exact, strlen(exact), NULL);
	if (r >= 0)
		r = string_set_add(&j->known, key, strlen(key), &number);
	if (r < 0 || number < before)
		return r;
	r = array_room((void **)&j->packages, before, &j->capacity, sizeof(*j->packages));
	if (r >= 0)
		j->packages[number] = package;
	return r;
}

/* By type and name, and by name alone: an SBOM may leave the type open. */
static int learn_package(struct joiner *j, size_t index)
{
	const struct package *p = &j->inv->packages[index];
	const char *const types[] = { p->type, "" };
	int r = 0;

	for (size_t i = 0; i < 2 && r >= 0; i++) {
		r = learn(j, index, types[i], p->name, p->version);
		if (r >= 0 && p->source)
			r = learn(j, index, types[i], p->source,
				  p->source_version ? p->source_version : p->version);
	}
	return r;
}

/* What is compared of a component, as far as it has a package URL. */
struct named {
	const char *type, *name, *full_name, *version, *purl, *arch;
};

static int name_component(struct joiner *j, const struct sbom_component *c, struct named *ret)
{
	struct purl purl;
	struct err err = {};
	int r;

	*ret = (struct named){ "", c->name, c->name, c->version, NULL, NULL };
	if (!c->purl)
		return 0;
	r = purl_parse(&purl, c->purl, j->inv->arena, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return note(j, "SBOM (%s): '%.200s' is no package URL: %s", j->sbom->format,
			    c->purl, err.text);
	ret->type = purl.type;
	ret->name = ret->full_name = purl.name;
	if (purl.namespace && strcmp(purl.type, "deb") && strcmp(purl.type, "apk") &&
	    strcmp(purl.type, "rpm"))
		ret->full_name = arena_printf(j->inv->arena, "%s/%s", purl.namespace, purl.name);
	ret->version = purl.version ? purl.version : c->version;
	ret->arch = purl_qualifier(&purl, "arch");
	ret->purl = purl_format(&purl, false, j->inv->arena);
	return ret->full_name && ret->purl ? 0 : -ENOMEM;
}

static int add_package(struct joiner *j, const struct sbom_component *c, const struct named *named)
{
	struct package *p = array_add(j->added, j->added_count, j->added_capacity);
	struct arena *arena = j->inv->arena;

	if (!p)
		return -ENOMEM;
	*p = (struct package){
		.type = *named->type ? named->type : "generic",
		.name = arena_strdup(arena, named->full_name),
		.version = named->version ? arena_strdup(arena, named->version) : NULL,
		.arch = named->arch,
		.location = c->location ? arena_strdup(arena, c->location) : NULL,
		.purl = named->purl,
		.only_in_sbom = true,
	};
	p->source = p->name;
	p->source_version = p->version;
	return p->name && !named->version == !p->version && !c->location == !p->location ? 0
											 : -ENOMEM;
}

static bool has(const struct string_set *set, const char *key)
{
	return string_set_find(set, key, strlen(key)) != STRING_SET_NONE;
}

/* Is it known by that name? A version that is not there is said. 1, 0, or -ENOMEM. */
static int is_known(struct joiner *j, const struct named *named, const char *name)
{
	const char *key = key_of(j, named->type, name), *exact, *installed;
	size_t number;
	int r;

	if (!key)
		return -ENOMEM;
	number = string_set_find(&j->known, key, strlen(key));
	if (number == STRING_SET_NONE)
		return 0;
	exact = exact_key_of(j, key, named->version);
	if (!exact)
		return -ENOMEM;
	installed = j->inv->packages[j->packages[number]].version;
	if (!installed || !named->version || has(&j->exact, exact))
		return 1;
	r = note(j, "SBOM (%s): has '%.200s' as %.100s, known is %.100s", j->sbom->format, name,
		 named->version, installed);
	return r < 0 ? r : 1;
}

static int remember_name(struct joiner *j, const char *type, const char *name)
{
	const char *key = key_of(j, type, name);

	return key ? string_set_add(&j->named, key, strlen(key), NULL) : -ENOMEM;
}

static bool is_image(const char *type)
{
	return !strcmp(type, "oci") || !strcmp(type, "docker");
}

static int join_component(struct joiner *j, const struct sbom_component *c)
{
	struct named named;
	int r = name_component(j, c, &named);

	if (r < 0 || is_image(named.type))
		return r;
	if (remember_name(j, named.type, named.full_name) < 0 ||
	    remember_name(j, named.type, named.name) < 0)
		return -ENOMEM;
	r = is_known(j, &named, named.full_name);
	if (r == 0 && strcmp(named.name, named.full_name))
		r = is_known(j, &named, named.name);
	if (r != 0)
		return r < 0 ? r : 0;
	if (j->inv->package_count + j->added_count >= INVENTORY_PACKAGES_MAX)
		return note(j, "SBOM (%s): more than %u packages: the rest is left out",
			    j->sbom->format, INVENTORY_PACKAGES_MAX);
	return add_package(j, c, &named);
}

/* 1 when the SBOM names the package or its source, by type or without one. */
static int is_named(struct joiner *j, const struct package *p)
{
	const char *const types[] = { p->type, "" }, *const names[] = { p->name, p->source };

	for (size_t i = 0; i < 4; i++) {
		const char *name = names[i / 2];
		const char *key = name ? key_of(j, types[i % 2], name) : NULL;

		if (name && !key)
			return -ENOMEM;
		if (key && has(&j->named, key))
			return 1;
	}
	return 0;
}

/* What the SBOM leaves out, in one note. */
static int note_unnamed(struct joiner *j)
{
	const char *names = "";
	size_t count = 0;
	int r;

	for (size_t i = 0; i < j->inv->package_count; i++) {
		const struct package *p = &j->inv->packages[i];

		r = p->only_in_sbom ? 1 : is_named(j, p);
		if (r < 0)
			return r;
		if (r || count++ >= NAMES_SHOWN)
			continue;
		names =
		    arena_printf(j->scratch, "%s%s%.100s", names, count > 1 ? ", " : "", p->name);
		if (!names)
			return -ENOMEM;
	}
	if (!count)
		return 0;
	return note(j, "SBOM (%s): does not name %zu packages of the root: %s%s", j->sbom->format,
		    count, names, count > NAMES_SHOWN ? ", …" : "");
}

static int by_package(const void *x, const void *y)
{
	return package_compare(x, y);
}

/* Both lists in one order. new_index[i] is the new number of the package that was number i. */
static void merge(const struct joiner *j, struct package *to, size_t *new_index)
{
	const struct inventory *inv = j->inv;
	size_t old = 0, added = 0;

	while (old < inv->package_count || added < j->added_count) {
		bool take_old = old < inv->package_count &&
				(added == j->added_count ||
				 package_compare(&inv->packages[old], &j->added[added]) <= 0);

		if (take_old)
			new_index[old] = old + added;
		to[old + added] = take_old ? inv->packages[old] : j->added[added];
		old += take_old;
		added += !take_old;
	}
}

/* Numbers of packages wherever they stand; their order stays, so what ascends goes on to. */
static void renumber(struct inventory *inv, const size_t *new_index)
{
	for (size_t i = 0; i < inv->file_count; i++)
		for (size_t k = 0; k < inv->files[i].owner_count; k++)
			inv->files[i].owners[k] = new_index[inv->files[i].owners[k]];
	for (size_t i = 0; i < inv->package_count; i++)
		for (size_t k = 0; k < inv->packages[i].depend_count; k++)
			inv->packages[i].depends[k] = new_index[inv->packages[i].depends[k]];
}

static int settle(struct joiner *j)
{
	struct inventory *inv = j->inv;
	size_t total = inv->package_count + j->added_count, note_count;
	_cleanup_free_ size_t *new_index = calloc(total + 1, sizeof(*new_index));
	struct package *packages = arena_alloc(inv->arena, (total + 1) * sizeof(*packages));
	const char **notes;

	if (!new_index || !packages ||
	    string_set_sorted(&j->notes, inv->arena, &notes, &note_count) < 0)
		return -ENOMEM;
	array_sort(j->added, j->added_count, sizeof(*j->added), by_package);
	merge(j, packages, new_index);
	inv->packages = packages;
	inv->package_count = total;
	renumber(inv, new_index);
	inv->notes = notes;
	inv->note_count = note_count;
	return 0;
}

static int join(struct joiner *j)
{
	int r = 0;

	for (size_t i = 0; i < j->inv->note_count && r >= 0; i++)
		r = string_set_add(&j->notes, j->inv->notes[i], strlen(j->inv->notes[i]), NULL);
	for (size_t i = 0; i < j->inv->package_count && r >= 0; i++)
		r = learn_package(j, i);
	for (size_t i = 0; i < j->sbom->component_count && r >= 0; i++)
		r = join_component(j, &j->sbom->components[i]);
	if (r >= 0)
		r = note_unnamed(j);
	return r < 0 ? r : settle(j);
}

int inventory_join(struct inventory *inv, const struct sbom *sbom, struct err *err)
{
	_cleanup_(joiner_done) struct joiner j = { .inv = inv, .sbom = sbom };

	j.scratch = arena_new();
	if (!j.scratch)
		return err_oom(err);
	j.known.arena = j.exact.arena = j.named.arena = j.scratch;
	j.notes.arena = inv->arena;
	if (sbom->image_digest &&
	    !(inv->sbom_digest = arena_strdup(inv->arena, sbom->image_digest)))
		return err_oom(err);
	return join(&j) < 0 ? err_oom(err) : 0;
}

int inventory_join_sbom(struct inventory *inv, const char *path, struct err *err)
{
	_cleanup_(sbom_freep) struct sbom *sbom = NULL;
	int r = sbom_load(&sbom, path, err);

	return r < 0 ? r : inventory_join(inv, sbom, err);
}
