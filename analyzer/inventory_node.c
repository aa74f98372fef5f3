// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * inventory_node.c — Node packages: every package.json with a name and a version owns its directory, but for what lies in
 * node_modules below it, where each package speaks for itself.
 */
#include "analyzer/inventory_build.h"

#include <string.h>

#include "analyzer/json.h"

#define PACKAGE_JSON "/package.json"
#define PACKAGE_BYTES_MAX (4u << 20)

/* ".../node_modules/NAME" or ".../node_modules/@SCOPE/NAME": where Node itself looks for packages. */
static bool is_installed(const char *directory)
{
	static const char modules[] = "/node_modules/";
	const char *at = NULL, *slash;

	for (const char *next = directory; (next = strstr(next, modules)); next++)
		at = next;
	if (!at)
		return false;
	at += sizeof(modules) - 1;
	slash = strchr(at, '/');
	return !slash || (*at == '@' && !strchr(slash + 1, '/'));
}

/* Node reads a package.json leniently; one that cannot be read matters where Node would look for it. */
static int unreadable(struct builder *b, const char *directory, const char *path, const char *why)
{
	return is_installed(directory) ? builder_fault(b, "'%s': %s", path, why)
				       : builder_note(b, "'%s': %s, skipping", path, why);
}

/* What lies outside of node_modules may be anything, even "/": there it takes only what no package of the system owns. */
static int claim_application(struct builder *b, uint32_t number, const char *directory)
{
	size_t len = strcmp(directory, "/") ? strlen(directory) : 0;
	uint32_t at = len ? builder_find(b, directory, len) + 1 : 0;
	int r = 0;

	for (; at < b->entry_count && r >= 0 && builder_spend(b); at++) {
		const char *path = b->entries[at].path;
		uint32_t owner = b->entries[at].owner;

		if (strncmp(path, directory, len) || path[len] != '/')
			break;
		if (strstr(path + len, "/node_modules/") ||
		    (owner != ENTRY_NONE && b->drafts[owner].by_system))
			continue;
		r = builder_claim(b, number, at);
	}
	return r;
}

static int take_package(struct builder *b, const cJSON *tree, const char *directory,
			const char *location)
{
	struct draft draft = { .package = { .type = "npm", .location = location } };
	struct package *package = &draft.package;
	const char *name = json_string(tree, "name"), *version = json_string(tree, "version");
	const char *slash = name ? strchr(name, '/') : NULL, *namespace = NULL;
	uint32_t number;
	int r;

	if (!name || !version || !*name || !*version)
		return 0;
	package->name = package->source = arena_strdup(b->inv->arena, name);
	package->version = package->source_version = arena_strdup(b->inv->arena, version);
	if (!package->name || !package->version)
		return -ENOMEM;
	if (*name == '@' && slash) {
		namespace = arena_strndup(b->scratch, name, (size_t)(slash - name));
		package->name = slash + 1;
		if (!namespace)
			return -ENOMEM;
	}
	r = builder_purl(b, package, namespace);
	package->name = package->source;
	if (r >= 0)
		r = builder_add(b, &draft, &number);
	if (r < 0 || number == ENTRY_NONE)
		return r;
	b->drafts[number].package.files_known = true;
	return strstr(directory, "/node_modules/")
		   ? builder_claim_below(b, number, directory, "node_modules")
		   : claim_application(b, number, directory);
}

static int read_package(struct builder *b, const char *path)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	size_t len = strlen(path) - strlen(PACKAGE_JSON);
	const char *directory = len ? arena_strndup(b->scratch, path, len) : "/";
	struct err err = {};
	char *text;
	int r;

	if (!directory)
		return -ENOMEM;
	r = rootfs_read(b->root, path, PACKAGE_BYTES_MAX, b->scratch, &text, &len, &err);
	if (r == -ENOMEM)
		return r;
	if (r >= 0 && len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3; /* a byte order mark: Node strips it */
		len -= 3;
	}
	if (r >= 0)
		r = json_parse(&tree, text, len, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return unreadable(b, directory, path, err.text);
	return take_package(b, tree, directory, path);
}

int inventory_read_node(struct builder *b)
{
	size_t tail = strlen(PACKAGE_JSON);
	int r = 0;

	for (uint32_t i = 0; i < b->entry_count && r >= 0; i++) {
		const char *path = b->entries[i].path;
		size_t len = strlen(path);

		if (S_ISREG(b->entries[i].mode) && len >= tail &&
		    !strcmp(path + len - tail, PACKAGE_JSON))
			r = read_package(b, path);
	}
	return r;
}
