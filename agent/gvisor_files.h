/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gvisor_files.h — opened files whose path is not known yet: gVisor tells the name that was passed when a file is opened, and
 * what is open there only with a later call on the descriptor.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/cleanup.h"

#define GVISOR_FILES_MAX 4096u

struct gvisor_file {
	int64_t tgid, fd;
	uint64_t t_ns;
	char *
	    name; /* absolute: what was passed, behind the directory that it was relative to; owned; NULL: not known */
	char *comm;               /* owned */
	const char *access, *how; /* static */
	bool directory, told;     /* told: reported under its name already */
};

/* Zero-initialise. In the order in which they were opened. */
struct gvisor_files {
	struct gvisor_file *items;
	size_t count, capacity;
};

/* Takes the file's strings, whatever it answers. -ENOMEM, or -ENOSPC when there are too many. */
_must_check_ int gvisor_files_add(struct gvisor_files *files, struct gvisor_file *file);
/* Which one is that descriptor; `count` when none is. */
size_t gvisor_files_find(const struct gvisor_files *files, int64_t tgid, int64_t fd);
/* Takes one out; the caller frees it with gvisor_file_done. */
struct gvisor_file gvisor_files_take(struct gvisor_files *files, size_t index);
void gvisor_file_done(struct gvisor_file *file);
void gvisor_files_done(struct gvisor_files *files);
