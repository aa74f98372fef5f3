// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source_tree.c — the sources of a package as patches leave them. */
#include "analyzer/source_tree.h"

#include <string.h>

#include "analyzer/patch.h"
#include "analyzer/rootfs.h"
#include "analyzer/source_kind.h"
#include "analyzer/string_set.h"
#include "include/array.h"

/* A file that was read or changed; by the number of its path. text NULL: it is not there (any more). */
struct file {
	const char *text;
	size_t len;
};

struct source_tree {
	struct arena *arena;
	struct rootfs *root;
	struct string_set paths;
	struct file *files;
	size_t file_count, file_capacity;
	char **texts; /* given by patches */
	size_t text_count, text_capacity;
	size_t bytes;
};

int source_tree_open(struct source_tree **ret, const char *dir, struct err *err)
{
	_cleanup_(source_tree_freep) struct source_tree *tree = calloc(1, sizeof(*tree));
	int r;

	if (!tree || !(tree->arena = arena_new()))
		return err_oom(err);
	tree->paths.arena = tree->arena;
	r = rootfs_open(&tree->root, dir, err);
	if (r < 0)
		return r;
	*ret = take_ptr(tree);
	return 0;
}

void source_tree_free(struct source_tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->text_count; i++)
		free(tree->texts[i]);
	free(tree->texts);
	free(tree->files);
	string_set_done(&tree->paths);
	rootfs_close(tree->root);
	arena_free(tree->arena);
	free(tree);
}

static int add_file(struct source_tree *tree, const char *path, struct file **ret, struct err *err)
{
	size_t number;

	if (string_set_add(&tree->paths, path, strlen(path), &number) < 0)
		return err_oom(err);
	if (number == tree->file_count &&
	    !array_add(tree->files, tree->file_count, tree->file_capacity))
		return err_oom(err);
	*ret = &tree->files[number];
	return 0;
}

static int load(struct source_tree *tree, const char *path, struct file **ret, struct err *err)
{
	struct file file = {};
	char *text = NULL;
	int r =
	    rootfs_read(tree->root, path, PATCH_TEXT_BYTES_MAX, tree->arena, &text, &file.len, err);

	if (r < 0 && r != -ENOENT)
		return r;
	file.text = text;
	r = add_file(tree, path, ret, err);
	if (r == 0)
		**ret = file;
	return r;
}

int source_tree_read(struct source_tree *tree, const char *path, const char **ret, size_t *ret_len,
		     struct err *err)
{
	size_t number = string_set_find(&tree->paths, path, strlen(path));
	struct file *file = number == STRING_SET_NONE ? NULL : &tree->files[number];
	int r = file ? 0 : load(tree, path, &file, err);

	if (r < 0)
		return r;
	if (!file->text)
		return -ENOENT;
	*ret = file->text;
	*ret_len = file->len;
	return 0;
}

int source_tree_put(struct source_tree *tree, const char *path, char *text, size_t len,
		    struct err *err)
{
	_cleanup_free_ char *owned = text;
	struct file *file;
	char **slot;
	int r;

	tree->bytes += len;
	if (tree->bytes > SOURCE_TREE_BYTES_MAX)
		return err_set(err, EFBIG, "the changed files come to more than %zu MiB",
			       SOURCE_TREE_BYTES_MAX >> 20);
	r = add_file(tree, path, &file, err);
	if (r < 0)
		return r;
	slot = array_add(tree->texts, tree->text_count, tree->text_capacity);
	if (!slot)
		return err_oom(err);
	*slot = take_ptr(owned);
	*file = (struct file){ *slot, len };
	return 0;
}

int source_tree_remove(struct source_tree *tree, const char *path, struct err *err)
{
	struct file *file;
	int r = add_file(tree, path, &file, err);

	if (r == 0)
		*file = (struct file){};
	return r;
}

static int add_path(void *ctx, const struct rootfs_entry *entry)
{
	const char *path = entry->path + (*entry->path == '/');

	if (!S_ISREG(entry->st.st_mode) || source_kind_of(path) != SOURCE_C)
		return 0;
	return string_set_add(ctx, path, strlen(path), NULL);
}

static int visit_path(struct source_tree *tree, const char *path, source_visit_fn visit, void *ctx,
		      struct err *err)
{
	size_t number = string_set_find(&tree->paths, path, strlen(path)), len = 0;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char *text = NULL;
	int r;

	if (!arena)
		return err_oom(err);
	if (number != STRING_SET_NONE)
		return tree->files[number].text
			   ? visit(ctx, path, tree->files[number].text, tree->files[number].len)
			   : 0;
	r = rootfs_read(tree->root, path, PATCH_TEXT_BYTES_MAX, arena, &text, &len, err);
	return r < 0 ? (r == -ENOENT || r == -EFBIG ? 0 : r) : visit(ctx, path, text, len);
}

int source_tree_walk(struct source_tree *tree, source_visit_fn visit, void *ctx, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(string_set_donep) struct string_set paths = { .arena = arena };
	const char **sorted;
	size_t n;
	int r;

	if (!arena)
		return err_oom(err);
	r = rootfs_walk(tree->root, add_path, &paths, err);
	for (size_t i = 0; i < tree->file_count && r == 0; i++)
		if (source_kind_of(tree->paths.items[i]) == SOURCE_C)
			r = string_set_add(&paths, tree->paths.items[i],
					   strlen(tree->paths.items[i]), NULL);
	if (r == 0)
		r = string_set_sorted(&paths, arena, &sorted, &n);
	if (r < 0)
		return r == -ENOMEM ? err_oom(err) : r;
	for (size_t i = 0; i < n && r == 0; i++)
		r = visit_path(tree, sorted[i], visit, ctx, err);
	return r;
}
