// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* tree.c — directories with all that is in them. */
#include "server/tree.h"

#include <fts.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#define TREE_FDS 32

void tree_measure(struct tree_size *ret, const char *dir, uint64_t bytes_max)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	*ret = (struct tree_size){};
	while (walk && ret->bytes <= bytes_max && (entry = fts_read(walk))) {
		if (entry->fts_info == FTS_DP || entry->fts_info == FTS_NS ||
		    entry->fts_info == FTS_ERR)
			continue;
		/* A file of several names takes its room once. */
		if (S_ISREG(entry->fts_statp->st_mode) && entry->fts_statp->st_nlink > 1)
			ret->bytes += (uint64_t)entry->fts_statp->st_blocks * 512 /
				      entry->fts_statp->st_nlink;
		else
			ret->bytes += (uint64_t)entry->fts_statp->st_blocks * 512;
		ret->entries++;
	}
	if (walk)
		fts_close(walk);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

void tree_remove(const char *dir)
{
	nftw(dir, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
