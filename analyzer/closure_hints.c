// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* closure_hints.c — what the strings of programs name: objects to load, programs to execute. */
#include <fnmatch.h>

#include "analyzer/closure_graph.h"
#include "analyzer/nature.h"

/* Comparisons of names with patterns. Beyond, the set is open: time is a limit too. */
#define PATTERN_WORK_MAX 50000000u

static bool is_object_file(const struct inventory_file *file)
{
	return file->kind == FILE_ELF && strstr(path_name(file->path), ".so");
}

/* Is it one of the loader's directories, or above one? Naming it says nothing about what is in it. */
static bool is_library_dir(const struct inventory *inv, const char *dir, size_t len)
{
	static const char *const defaults[] = { "/lib", "/usr/lib", "/lib64", "/usr/lib64",
						"/usr/local/lib" };

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		if (!strncmp(defaults[i], dir, len) &&
		    (!defaults[i][len] || defaults[i][len] == '/'))
			return true;
	for (size_t i = 0; i < inv->library_dir_count; i++)
		if (!strncmp(inv->library_dirs[i], dir, len) &&
		    (!inv->library_dirs[i][len] || inv->library_dirs[i][len] == '/'))
			return true;
	return false;
}

size_t closure_first_below(const struct inventory *inv, const char *dir, size_t len)
{
	size_t low = 0, high = inv->file_count, middle;
	int c;

	while (low < high) {
		middle = low + (high - low) / 2;
		c = strncmp(inv->files[middle].path, dir, len);
		if (c == 0)
			c = (unsigned char)inv->files[middle].path[len] - '/';
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* All shared objects in a directory, and with `deep` in those below it. */
static void reach_directory(struct closure *c, const char *dir, size_t len, bool deep,
			    size_t parent)
{
	const struct inventory *inv = c->inv;

	while (len && dir[len - 1] == '/')
		len--;
	if (!len || is_library_dir(inv, dir, len))
		return;
	for (size_t i = closure_first_below(inv, dir, len); i < inv->file_count; i++) {
		const char *path = inv->files[i].path;

		if (strncmp(path, dir, len) || path[len] != '/')
			break;
		if (is_object_file(&inv->files[i]) && (deep || !strchr(path + len + 1, '/')))
			closure_reach(c, i, parent, REACH_DIRECTORY);
	}
}

void closure_reach_neighbours(struct closure *c, size_t file)
{
	const char *path = c->inv->files[file].path;

	reach_directory(c, path, (size_t)(path_name(path) - path), false, file);
}

static int load_pattern(struct closure *c, const char *format, size_t parent)
{
	const char *glob = names_glob(c->arena, path_name(format));

	if (!glob)
		return -ENOMEM;
	c->pattern_work += c->objects.count;
	if (c->pattern_work > PATTERN_WORK_MAX) {
		closure_set_open(c, "%s has too many patterns of names",
				 c->inv->files[parent].path);
		return 0;
	}
	for (size_t i = 0; i < c->objects.count; i++)
		if (!fnmatch(glob, c->objects.items[i].name, 0))
			closure_reach(c, c->objects.items[i].file, parent, REACH_NAMED);
	return 0;
}

/* An object of exactly that name; for "libx" also "libx.so…", as module loaders complete it. */
static void load_name(struct closure *c, const char *name, size_t parent)
{
	bool complete = strstr(name, ".so");
	size_t len = strlen(name);

	for (size_t i = names_at_least(&c->objects, name); i < c->objects.count; i++) {
		const struct name *item = &c->objects.items[i];

		if (strncmp(item->name, name, len))
			break;
		if (!item->name[len] || (!complete && !strncmp(item->name + len, ".so", 3)))
			closure_reach(c, item->file, parent, REACH_NAMED);
	}
}

static int follow_load(struct closure *c, const char *hint, size_t parent)
{
	const char *percent = strchr(hint, '%'), *slash;
	size_t file;
	int r = 0;

	if (strstr(hint, "?.so"))
		closure_set_open(c, "%s looks for modules as Lua does, and can load any",
				 c->inv->files[parent].path);
	if (percent && (strstr(hint, ".so") || !strncmp(path_name(hint), "lib", 3)))
		r = load_pattern(c, hint, parent);
	else if (!percent)
		load_name(c, path_name(hint), parent);
	if (*hint != '/')
		return r;
	if (!percent) {
		file = inventory_find(c->inv, hint);
		if (file != INVENTORY_NONE && c->inv->files[file].kind == FILE_ELF)
			closure_reach(c, file, parent, REACH_NAMED);
		reach_directory(c, hint, strlen(hint), true, parent);
		return r;
	}
	slash = memrchr(hint, '/', (size_t)(percent - hint));
	reach_directory(c, hint, (size_t)(slash - hint), true, parent);
	return r;
}

static bool is_program(const struct inventory_file *file)
{
	return file->executable && file->kind != FILE_OTHER && file->kind != FILE_LINK;
}

static void follow_execute(struct closure *c, const char *hint, size_t parent)
{
	size_t file;

	if (*hint == '/') {
		file = inventory_find(c->inv, hint);
		if (file != INVENTORY_NONE && is_program(&c->inv->files[file]))
			closure_execute(c, file, parent, REACH_EXECUTED);
		return;
	}
	for (size_t i = names_at_least(&c->programs, hint); i < c->programs.count; i++) {
		if (strcmp(c->programs.items[i].name, hint))
			break;
		closure_execute(c, c->programs.items[i].file, parent, REACH_EXECUTED);
	}
}

/* Was that string followed before? The same names stand in many objects. */
static int is_new(struct string_set *set, const char *hint)
{
	size_t before = set->count;

	return string_set_add(set, hint, strlen(hint), NULL) < 0 ? -ENOMEM : set->count > before;
}

static int follow_file(struct closure *c, size_t file, bool load)
{
	const struct inventory_file *f = &c->inv->files[file];
	int r;

	if (!f->elf || closure_is_c_library(f))
		return 0;
	for (size_t i = 0; i < f->elf->hints_count; i++) {
		const char *hint = f->elf->hints[i];

		r = is_new(load ? &c->load_hints : &c->execute_hints, hint);
		if (r > 0 && load)
			r = follow_load(c, hint, file);
		else if (r > 0)
			follow_execute(c, hint, file);
		if (r < 0)
			return r;
	}
	return 0;
}

int closure_follow_hints(struct closure *c)
{
	size_t end = c->queued;
	int r = 0;

	for (; c->can_load && c->load_followed < end && r >= 0; c->load_followed++)
		r = follow_file(c, c->queue[c->load_followed], true);
	for (; c->can_execute && c->execute_followed < end && r >= 0; c->execute_followed++)
		r = follow_file(c, c->queue[c->execute_followed], false);
	return r;
}
