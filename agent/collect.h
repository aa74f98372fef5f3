/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * collect.h — files of a container that the centre may lack: what it mapped as code, and its package databases.
 *
 * They are found below the container's root by the kernel (root_file.h), opened, and given away as descriptors. Of code only the very
 * inode that was seen is taken: another file at its path is none.
 */
#pragma once

#include "agent/ship.h"
#include "agent/source.h"

struct collect {
	struct collected {
		char *path;
		uint64_t ino;
		uint32_t dev;
	} * items;
	size_t count, capacity;
	uint64_t skipped;
};

void collect_done(struct collect *collect);
/* What the event says was mapped or executed is noted, once. */
void collect_note(struct collect *collect, const struct source_event *event);
/* Sends everything that is there, and that no more will come. */
_must_check_ int collect_send(struct collect *collect, int root_fd, const struct pod_member *member,
			      int socket);
