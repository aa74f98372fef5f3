// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_build.c — the workbench on which an inventory is made. */
#include "analyzer/inventory_build.h"

#include <string.h>

#include "analyzer/purl.h"
#include "include/array.h"

bool lines_next(struct lines *lines, const char **line, size_t *len)
{
	const char *newline;
	size_t n;

	if (lines->at >= lines->end)
		return false;
	newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	n = (size_t)((newline ? newline : lines->end) - lines->at);
	*line = lines->at;
	lines->at += n + (newline ? 1 : 0);
	lines->number++;
	if (n && (*line)[n - 1] == '\r')
		n--;
	*len = n;
	return true;
}

static int note(struct builder *b, const char *text)
{
	if (b->notes.count >= INVENTORY_NOTES_MAX) {
		if (string_set_find(&b->notes, text, strlen(text)) == STRING_SET_NONE)
			b->note_overflow++;
		return 0;
	}
	return string_set_add(&b->notes, text, strlen(text), NULL);
}

int builder_note(struct builder *b, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return note(b, text);
}

int builder_fault(struct builder *b, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	b->inv->incomplete = true;
	return note(b, text);
}

uint32_t builder_find(const struct builder *b, const char *path, size_t len)
{
	size_t number = string_set_find(&b->paths, path, len);

	return number == STRING_SET_NONE ? ENTRY_NONE : (uint32_t)number;
}

int builder_canonical(struct builder *b, const char *path, const char **ret)
{
	size_t number, known = b->asked.count;
	char *answer = NULL;
	int r;

	r = string_set_add(&b->asked, path, strlen(path), &number);
	if (r < 0)
		return r;
	if (number == known) {
		if (array_room((void **)&b->answers, known, &b->answer_capacity,
			       sizeof(*b->answers)) < 0)
			return -ENOMEM;
		b->answers[known] = NULL;
		r = rootfs_canonical(b->root, path, b->inv->arena, &answer);
		if (r == -ENOMEM)
			return r;
		b->answers[known] = r < 0 ? NULL : answer;
	}
	*ret = b->answers[number];
	return 0;
}

int builder_place(struct builder *b, const char *path, const char **ret)
{
	const char *slash = strrchr(path, '/'), *directory;
	char *parent;
	int r;

	*ret = NULL;
	if (!slash || !slash[1])
		return 0;
	parent = arena_strndup(b->scratch, path, slash == path ? 1 : (size_t)(slash - path));
	if (!parent)
		return -ENOMEM;
	r = builder_canonical(b, parent, &directory);
	if (r < 0 || !directory)
		return r;
	*ret = arena_printf(b->scratch, "%s%s", strcmp(directory, "/") ? directory : "", slash);
	return *ret ? 0 : -ENOMEM;
}

int builder_read(struct builder *b, const char *path, size_t max, char **ret, size_t *len)
{
	struct err err = {};
	int r;

	*ret = NULL;
	*len = 0;
	r = rootfs_read(b->root, path, max, b->scratch, ret, len, &err);
	if (r == -ENOENT)
		return 0;
	if (r == -ENOMEM)
		return r;
	return r < 0 ? builder_fault(b, "%s", err.text) : 0;
}

int builder_add(struct builder *b, const struct draft *draft, uint32_t *ret)
{
	struct draft *slot;

	*ret = ENTRY_NONE;
	if (b->draft_count >= INVENTORY_PACKAGES_MAX)
		return builder_fault(b, "more than %u packages: the rest is left out",
				     INVENTORY_PACKAGES_MAX);
	slot = array_add(b->drafts, b->draft_count, b->draft_capacity);
	if (!slot)
		return -ENOMEM;
	*slot = *draft;
	*ret = (uint32_t)(b->draft_count - 1);
	return 0;
}

int builder_offer(struct builder *b, const char *key, uint32_t owner)
{
	size_t number, known = b->keys.count;
	int r;

	if (!key)
		return -ENOMEM;
	r = string_set_add(&b->keys, key, strlen(key), &number);
	if (r < 0 || number < known)
		return r;
	if (array_room((void **)&b->key_drafts, known, &b->key_capacity, sizeof(*b->key_drafts)) <
	    0)
		return -ENOMEM;
	b->key_drafts[number] = owner;
	return 0;
}

int builder_purl(struct builder *b, struct package *package, const char *namespace)
{
	const char *keys[2], *values[2];
	struct purl purl = {
		.type = package->type,
		.namespace = namespace,
		.name = package->name,
		.version = package->version,
		.keys = keys,
		.values = values,
	};

	if (package->arch) {
		keys[purl.qualifier_count] = "arch";
		values[purl.qualifier_count++] = package->arch;
	}
	if ((!strcmp(package->type, "deb") || !strcmp(package->type, "apk")) && b->inv->os_id &&
	    b->inv->os_version) {
		keys[purl.qualifier_count] = "distro";
		values[purl.qualifier_count] =
		    arena_printf(b->scratch, "%s-%s", b->inv->os_id, b->inv->os_version);
		if (!values[purl.qualifier_count++])
			return -ENOMEM;
	}
	if (!purl_normalize(&purl, b->scratch))
		return -ENOMEM;
	package->purl = purl_format(&purl, false, b->inv->arena);
	return package->purl ? 0 : -ENOMEM;
}

bool builder_spend(struct builder *b)
{
	return b->steps++ < INVENTORY_STEPS_MAX;
}

static int claim_one(struct builder *b, uint32_t package, uint32_t entry)
{
	struct claim *claim;

	if (b->claim_count >= INVENTORY_CLAIMS_MAX)
		return builder_fault(b, "packages own more than %u files: the rest is left out",
				     INVENTORY_CLAIMS_MAX);
	claim = array_add(b->claims, b->claim_count, b->claim_capacity);
	if (!claim)
		return -ENOMEM;
	*claim = (struct claim){ entry, package };
	if (b->entries[entry].owner == ENTRY_NONE)
		b->entries[entry].owner = package;
	b->entries[entry].keep = true;
	return 0;
}

/* The compiled forms of a source belong to whom the source belongs, also when the source itself was taken away. */
static int claim_pycs(struct builder *b, uint32_t package, const char *path)
{
	size_t len = strlen(path), number;
	int r = 0;

	if (len < 4 || strcmp(path + len - 3, ".py"))
		return 0;
	number = string_set_find(&b->pyc_names, path, len);
	if (number == STRING_SET_NONE)
		return 0;
	for (uint32_t e = b->pycs[number]; e != ENTRY_NONE && r >= 0; e = b->entries[e].next_pyc)
		r = claim_one(b, package, e);
	return r;
}

static bool is_directory(const struct builder *b, uint32_t entry)
{
	return (b->entries[entry].mode & S_IFMT) == S_IFDIR;
}

int builder_claim(struct builder *b, uint32_t package, uint32_t entry)
{
	int r;

	if (is_directory(b, entry))
		return 0;
	r = claim_one(b, package, entry);
	return r < 0 ? r : claim_pycs(b, package, b->entries[entry].path);
}

int builder_claim_path(struct builder *b, uint32_t package, const char *path)
{
	uint32_t entry = builder_find(b, path, strlen(path));
	const char *place;
	int r;

	if (entry == ENTRY_NONE) {
		r = builder_place(b, path, &place);
		if (r < 0)
			return r;
		if (place)
			entry = builder_find(b, place, strlen(place));
		if (entry == ENTRY_NONE) {
			b->drafts[package].package.missing_count++;
			return place ? claim_pycs(b, package, place) : 0;
		}
	}
	return builder_claim(b, package, entry);
}

/* Is there a directory of that name in what follows the first `skip` bytes? */
static bool passes_through(const char *path, size_t skip, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = path + skip; (at = strchr(at, '/')); at++)
		if (!strncmp(at + 1, name, len) && at[1 + len] == '/')
			return true;
	return false;
}

int builder_claim_below(struct builder *b, uint32_t package, const char *directory,
			const char *except)
{
	size_t len = strcmp(directory, "/") ? strlen(directory) : 0;
	uint32_t at = builder_find(b, directory, strlen(directory));
	int r = 0;

	if (len && (at == ENTRY_NONE || !is_directory(b, at)))
		return 0;
	for (at = len ? at + 1 : 0; at < b->entry_count && r >= 0 && builder_spend(b); at++) {
		const char *path = b->entries[at].path;

		if (strncmp(path, directory, len) || path[len] != '/')
			break;
		if (!except || !passes_through(path, len, except))
			r = builder_claim(b, package, at);
	}
	return r;
}
