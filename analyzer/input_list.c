// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* input_list.c — every file that an analysis has read, by role and digest. */
#include "analyzer/input_list.h"

#include <limits.h>
#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/rootfs.h"
#include "include/array.h"

static int push(struct input_list *list, const char *role, const char *path, const char *sha256,
		struct err *err)
{
	struct input *input = array_add(list->items, list->count, list->room);

	if (!input || !path || !sha256)
		return err_oom(err);
	*input = (struct input){ role, path, sha256 };
	return 0;
}

int input_list_add(struct input_list *list, const char *role, const char *path, const char *from,
		   struct err *err)
{
	char hex[DIGEST_HEX_BYTES];
	int r = digest_path(hex, from, err);

	return r < 0 ? r
		     : push(list, role, arena_strdup(list->arena, path),
			    arena_strdup(list->arena, hex), err);
}

int input_list_add_all(struct input_list *list, const char *role, const struct option_list *paths,
		       struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++)
		r = input_list_add(list, role, paths->items[i], paths->items[i], err);
	return r;
}

int input_list_add_trace(struct input_list *list, const struct trace *trace, struct err *err)
{
	return push(list, "trace", trace->path, trace->digest, err);
}

/* What cannot be read is named as such: it was no input either. */
static void list_file(FILE *out, struct rootfs *root, const char *path)
{
	_cleanup_close_ int fd = rootfs_open_file(root, path);
	char hex[DIGEST_HEX_BYTES];

	if (fd < 0 || digest_file(hex, fd) < 0)
		snprintf(hex, sizeof(hex), "unreadable");
	fprintf(out, "%s  %s%c", hex, path, '\0');
}

int input_list_add_code(struct input_list *list, const struct inventory *inventory,
			const char *path, const char *rootfs, struct err *err)
{
	_cleanup_(rootfs_closep) struct rootfs *root = NULL;
	_cleanup_free_ char *text = NULL;
	char hex[DIGEST_HEX_BYTES];
	size_t len = 0;
	FILE *out;
	int r = rootfs_open(&root, rootfs, err);

	if (r < 0)
		return r;
	out = open_memstream(&text, &len);
	if (!out)
		return err_oom(err);
	for (size_t i = 0; i < inventory->file_count; i++)
		if (inventory->files[i].kind == FILE_ELF)
			list_file(out, root, inventory->files[i].path);
	list_file(out, root, "/etc/ld.so.preload");
	if (fclose(out) != 0)
		return err_oom(err);
	digest_bytes(hex, text, len);
	return push(list, "code", path, arena_strdup(list->arena, hex), err);
}

int input_list_add_debug(struct input_list *list, const struct inventory *inventory,
			 const struct option_list *dirs, struct err *err)
{
	char path[PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && dirs->count && i < inventory->file_count; i++) {
		const struct inventory_file *f = &inventory->files[i];
		const char *id = f->kind == FILE_ELF && f->elf ? f->elf->build_id : NULL;

		for (size_t d = 0; r == 0 && id && strlen(id) > 2 && d < dirs->count; d++) {
			snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dirs->items[d],
				 id, id + 2);
			if (access(path, R_OK) == 0)
				r = input_list_add(list, "debug", path, path, err);
		}
	}
	return r;
}

void input_list_done(struct input_list *list)
{
	free(list->items);
	*list = (struct input_list){};
}
