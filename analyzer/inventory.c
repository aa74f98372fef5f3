// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory.c — what is in the image: made from its root, and asked for its files. */
#include "analyzer/inventory.h"

#include <limits.h>
#include <string.h>

#include "analyzer/inventory_build.h"

struct inventory *inventory_new(void)
{
	struct arena *arena = arena_new();
	struct inventory *inv = arena ? arena_alloc(arena, sizeof(*inv)) : NULL;

	if (!inv) {
		arena_free(arena);
		return NULL;
	}
	inv->arena = arena;
	return inv;
}

void inventory_free(struct inventory *inv)
{
	if (inv)
		arena_free(inv->arena);
}

static void builder_done(struct builder *b)
{
	arena_free(b->scratch);
	free(b->entries);
	free(b->drafts);
	free(b->claims);
	free(b->key_drafts);
	free(b->answers);
	free(b->pycs);
	string_set_done(&b->paths);
	string_set_done(&b->keys);
	string_set_done(&b->notes);
	string_set_done(&b->asked);
	string_set_done(&b->pyc_names);
}

/* NAME=value, NAME="value" or NAME='value' (os-release(5)); NULL when it is none of `name`. */
static const char *os_value(struct arena *arena, const char *line, size_t len, const char *name)
{
	size_t skip = strlen(name);
	char *value;

	if (len <= skip + 1 || strncmp(line, name, skip) || line[skip] != '=')
		return NULL;
	line += skip + 1;
	len -= skip + 1;
	if (len >= 2 && (*line == '"' || *line == '\'') && line[len - 1] == *line) {
		line++;
		len -= 2;
	}
	value = arena_strndup(arena, line, len);
	return value && *value ? value : NULL;
}

int inventory_read_os(struct builder *b)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
	struct inventory *inv = b->inv;
	const struct {
		const char *name, **slot;
	} wanted[] = {
		{ "ID", &inv->os_id },
		{ "VERSION_ID", &inv->os_version },
		{ "PRETTY_NAME", &inv->os_name },
	};
	struct lines lines = {};
	const char *line;
	char *text = NULL;
	size_t len = 0;
	int r = 0;

	for (size_t i = 0; i < 2 && r >= 0 && !text; i++)
		r = builder_read(b, paths[i], 1u << 16, &text, &len);
	if (r < 0 || !text)
		return r;
	lines = (struct lines){ text, text + len, 0 };
	while (lines_next(&lines, &line, &len))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
			const char *value = os_value(inv->arena, line, len, wanted[i].name);

			if (value)
				*wanted[i].slot = value;
		}
	return 0;
}

/* Databases that are not read: what they hold is not known, so nothing may be concluded from its absence. */
static int note_other_databases(struct builder *b)
{
	static const struct {
		const char *path, *name;
	} others[] = {
		{ "/var/lib/rpm", "rpm" },
		{ "/usr/lib/sysimage/rpm", "rpm" },
		{ "/usr/share/rpm", "rpm" },
		{ "/var/lib/pacman/local", "pacman" },
		{ "/usr/lib/opkg/status", "opkg" },
		{ "/var/db/pkg", "portage" },
		{ "/nix/store", "nix" },
	};
	const char *there;
	bool found = false;
	int r = 0;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others) && r >= 0; i++) {
		r = builder_canonical(b, others[i].path, &there);
		if (r < 0 || !there)
			continue;
		found = true;
		r = builder_fault(b,
				  "'%s': databases of %s are not read: its packages are not known",
				  others[i].path, others[i].name);
	}
	if (r >= 0 && !found && !b->has_database)
		r = builder_fault(b, "no package database of a distribution found: that a package "
				     "is not listed does not tell that it is not there");
	return r;
}

static int build(struct builder *b, struct err *err)
{
	int (*const parts[])(struct builder *) = {
		inventory_read_os,        inventory_read_dpkg,   inventory_read_apk,
		note_other_databases,     inventory_read_python, inventory_read_node,
		inventory_read_libraries, inventory_finish,
	};
	int r;

	r = inventory_read_files(b, err);
	if (r == -ENOMEM)
		return err_oom(err);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && r >= 0; i++) {
		r = parts[i](b);
		if (r < 0)
			err_sys(err, -r, "inventory");
	}
	return r;
}

int inventory_build(struct inventory **ret, const char *rootfs, struct err *err)
{
	_cleanup_(inventory_freep) struct inventory *inv = inventory_new();
	_cleanup_(rootfs_closep) struct rootfs *root = NULL;
	_cleanup_(builder_done) struct builder b = { .inv = inv };
	int r;

	if (!inv)
		return err_oom(err);
	r = rootfs_open(&root, rootfs, err);
	if (r < 0)
		return r;
	b.root = root;
	b.scratch = arena_new();
	if (!b.scratch)
		return err_oom(err);
	b.asked.arena = b.scratch;
	b.keys.arena = b.scratch;
	b.pyc_names.arena = b.scratch;
	b.notes.arena = inv->arena;
	r = build(&b, err);
	if (r < 0)
		return err_prefix(err, r, "root '%s'", rootfs);
	*ret = take_ptr(inv);
	return 0;
}

size_t inventory_find_exact(const struct inventory *inv, const char *path)
{
	size_t low = 0, high = inv->file_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(inv->files[mid].path, path);

		if (!order)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return INVENTORY_NONE;
}

/* A path being followed: canonical so far. */
struct walked {
	char path[PATH_MAX];
	size_t len;
};

/* One step on: ".", "..", or a name, which may be a link that the inventory knows (its target is canonical). 0 or < 0. */
static int walk_step(struct walked *w, const struct inventory *inv, const char *name, size_t len)
{
	size_t at;

	if (len == 0 || (len == 1 && *name == '.'))
		return 0;
	if (len == 2 && !memcmp(name, "..", 2)) {
		while (w->len && w->path[--w->len] != '/')
			;
		w->path[w->len] = '\0';
		return 0;
	}
	if (w->len + 1 + len >= sizeof(w->path))
		return -ENAMETOOLONG;
	w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, len);
	w->path[w->len += len] = '\0';
	at = inventory_find_exact(inv, w->path);
	if (at == INVENTORY_NONE || inv->files[at].kind != FILE_LINK)
		return 0;
	if (!inv->files[at].target)
		return -ENOENT;
	w->len = strcmp(inv->files[at].target, "/") ? strlen(inv->files[at].target) : 0;
	if (w->len >= sizeof(w->path))
		return -ENAMETOOLONG;
	memcpy(w->path, inv->files[at].target, w->len);
	w->path[w->len] = '\0';
	return 0;
}

size_t inventory_find(const struct inventory *inv, const char *path)
{
	size_t found = inventory_find_exact(inv, path), len;
	struct walked w = {};

	if (found != INVENTORY_NONE && inv->files[found].kind != FILE_LINK)
		return found;
	if (*path != '/')
		return INVENTORY_NONE;
	for (; *path; path += len) {
		path += *path == '/';
		len = strcspn(path, "/");
		if (walk_step(&w, inv, path, len) < 0)
			return INVENTORY_NONE;
	}
	return inventory_find_exact(inv, w.path);
}
