// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* debug_wants.c — of which builds separate debug data is wanted. */
#include "analyzer/debug_wants.h"

#include <fcntl.h>

#include "analyzer/debug_link.h"
#include "analyzer/elf_note.h"
#include "analyzer/rootfs.h"
#include "include/array.h"
#include "include/debuginfod.h"

void debug_wants_done(struct debug_wants *wants)
{
	string_set_done(&wants->ids);
	free(wants->items);
}

static int add(struct debug_wants *wants, const char *id, const char *path, struct debug_want **ret,
	       struct err *err)
{
	struct debug_want *slot;
	size_t n, before = wants->count;

	wants->ids.arena = wants->arena;
	if (!id || !debuginfo_is_id(id)) {
		wants->without_id++;
		*ret = NULL;
		return 0;
	}
	if (string_set_add(&wants->ids, id, strlen(id), &n) < 0)
		return err_oom(err);
	if (n == before) {
		slot = array_add(wants->items, wants->count, wants->capacity);
		path = arena_strdup(wants->arena, path);
		if (!slot || !path)
			return err_oom(err);
		*slot = (struct debug_want){ .id = wants->ids.items[n], .path = path };
	}
	*ret = &wants->items[n];
	return 0;
}

static void look_for_link(struct debug_want *want, const struct elf_file *file)
{
	char name[DEBUG_LINK_MAX];

	if (!want->linked)
		want->linked = debug_link_read(file, name, &want->crc);
}

static int add_elf(struct debug_wants *wants, int fd, const char *path, struct err *err)
{
	struct elf_file file;
	struct debug_want *want;
	const char *id = NULL;
	int r = elffile_open(&file, fd, wants->arena, err);

	if (r >= 0 && elfnote_build_id(&id, &file, wants->arena) < 0)
		r = err_oom(err);
	r = r < 0 ? r : add(wants, id, path, &want, err);
	if (r >= 0 && want)
		look_for_link(want, &file);
	return r < 0 ? r : 0;
}

int debug_wants_add_file(struct debug_wants *wants, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL,
			       "'%s' is no regular file: name ELF files, or say --rootfs, --image "
			       "or --inventory",
			       path);
	r = add_elf(wants, fd, path, err);
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

/* What cannot be opened was seen when the inventory was made, and is asked for all the same. */
static int look_into(struct debug_wants *wants, struct debug_want *want, struct rootfs *root)
{
	_cleanup_close_ int fd = rootfs_open_file(root, want->path);
	struct elf_file file;

	if (fd < 0)
		return 0;
	switch (elffile_open(&file, fd, wants->arena, NULL)) {
	case -ENOMEM:
		return -ENOMEM;
	case 0:
		look_for_link(want, &file);
	}
	return 0;
}

int debug_wants_add_inventory(struct debug_wants *wants, const struct inventory *inv,
			      const char *rootfs, struct err *err)
{
	_cleanup_(rootfs_closep) struct rootfs *root = NULL;
	struct debug_want *want;
	int r = rootfs ? rootfs_open(&root, rootfs, err) : 0;

	for (size_t i = 0; i < inv->file_count && r == 0; i++) {
		const struct inventory_file *f = &inv->files[i];
		size_t before = wants->count;

		if (f->kind != FILE_ELF)
			continue;
		r = add(wants, f->elf ? f->elf->build_id : NULL, f->path, &want, err);
		if (r == 0 && root && wants->count > before && look_into(wants, want, root) < 0)
			r = err_oom(err);
	}
	return r;
}
