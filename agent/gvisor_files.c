// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_files.c — opened files whose path is not known yet. */
#include "agent/gvisor_files.h"

#include <string.h>

#include "include/array.h"

int gvisor_files_add(struct gvisor_files *files, struct gvisor_file *file)
{
	struct gvisor_file *slot = NULL;
	int r = files->count < GVISOR_FILES_MAX ? -ENOMEM : -ENOSPC;

	if (r == -ENOMEM)
		slot = array_add(files->items, files->count, files->capacity);
	if (!slot) {
		gvisor_file_done(file);
		return r;
	}
	*slot = *file;
	*file = (struct gvisor_file){};
	return 0;
}

size_t gvisor_files_find(const struct gvisor_files *files, int64_t tgid, int64_t fd)
{
	size_t i = 0;

	while (i < files->count && (files->items[i].tgid != tgid || files->items[i].fd != fd))
		i++;
	return i;
}

struct gvisor_file gvisor_files_take(struct gvisor_files *files, size_t index)
{
	struct gvisor_file file = files->items[index];

	files->count--;
	memmove(&files->items[index], &files->items[index + 1],
		(files->count - index) * sizeof(*files->items));
	return file;
}

void gvisor_file_done(struct gvisor_file *file)
{
	free(file->name);
	free(file->comm);
	*file = (struct gvisor_file){};
}

void gvisor_files_done(struct gvisor_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		gvisor_file_done(&files->items[i]);
	free(files->items);
	*files = (struct gvisor_files){};
}
