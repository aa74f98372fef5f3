// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* scratch.c — a private directory for the while of one scope. */
#include "analyzer/scratch.h"

#include <ftw.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#define TREE_FDS 32
#define TRIES_MAX 20
#define PAUSE_NS 100000000

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Archives hold directories that nobody may write to. */
static int open_up(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag == FTW_D || flag == FTW_DNR)
		return chmod(path, (st->st_mode & 07777) | 0700) < 0 && errno != ENOENT ? -1 : 0;
	return 0;
}

int scratch_open(struct scratch *ret, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct scratch scratch = {};
	int n = snprintf(scratch.dir, sizeof(scratch.dir), "%s/vexxy-scratch.XXXXXX",
			 tmp && *tmp ? tmp : "/tmp");

	if (n >= (int)sizeof(scratch.dir))
		return err_set(err, ENAMETOOLONG, "TMPDIR is longer than %d bytes",
			       SCRATCH_PATH_BYTES);
	if (!mkdtemp(scratch.dir))
		return err_sys(err, errno, "cannot make '%s'", scratch.dir);
	*ret = scratch;
	return 0;
}

static bool remove_tree(const char *dir)
{
	nftw(dir, open_up, TREE_FDS, FTW_PHYS | FTW_MOUNT);
	return nftw(dir, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0;
}

/* Programs that were killed may still be about their last system call, which makes a file in what is just removed. */
void scratch_done(struct scratch *scratch)
{
	if (!scratch->dir[0])
		return;
	for (int i = 0; i < TRIES_MAX && !remove_tree(scratch->dir); i++)
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	scratch->dir[0] = '\0';
}
