/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* input_list.h — every file that an analysis has read, by role and digest: what one needs to derive its result again. */
#pragma once

#include "analyzer/analysis.h"
#include "include/options.h"

struct input_list {
	struct arena *arena; /* borrowed: of the texts */
	struct input *items;
	size_t count, room;
};

/* `path` is what is written, `from` what is digested: a file, or a directory (digest.h). */
_must_check_ int input_list_add(struct input_list *list, const char *role, const char *path,
				const char *from, struct err *err);
_must_check_ int input_list_add_all(struct input_list *list, const char *role,
				    const struct option_list *paths, struct err *err);
/* By the digest of what was read; borrows the texts. */
_must_check_ int input_list_add_trace(struct input_list *list, const struct trace *trace,
				      struct err *err);
/* Role "code": the machine code below a root, as one digest over "digest  path" of every ELF file of the inventory and of
 * /etc/ld.so.preload, each ended by NUL. The inventory itself has only what their headers say. */
_must_check_ int input_list_add_code(struct input_list *list, const struct inventory *inventory,
				     const char *path, const char *rootfs, struct err *err);
/* Role "debug": the separate debug data there is for the build-ids of the inventory, file by file. */
_must_check_ int input_list_add_debug(struct input_list *list, const struct inventory *inventory,
				      const struct option_list *dirs, struct err *err);
void input_list_done(struct input_list *list);
