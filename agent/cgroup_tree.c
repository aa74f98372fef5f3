// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cgroup_tree.c — which cgroups lie below a cgroup. */
#include "agent/cgroup_tree.h"

#include <fts.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

static inline void cleanup_fts(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

static int check_root(const char *dir, struct err *err)
{
	struct statfs fs;
	struct stat st;

	if (stat(dir, &st) < 0 || statfs(dir, &fs) < 0)
		return err_sys(err, errno, "cgroup '%s'", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "cgroup '%s': not a directory", dir);
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return err_set(
		    err, EINVAL,
		    "cgroup '%s': not in the cgroup version 2 hierarchy; use a directory "
		    "below its mount point (see 'grep cgroup2 /proc/mounts')",
		    dir);
	return 0;
}

int cgroup_tree_walk(const char *dir, cgroup_tree_fn fn, void *ctx, struct err *err)
{
	char *paths[] = { (char *)dir, NULL };
	_cleanup_(cleanup_fts) FTS *fts = NULL;
	FTSENT *entry;
	int r = check_root(dir, err);

	if (r < 0)
		return r;
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return err_sys(err, errno, "cgroup '%s'", dir);
	while ((entry = fts_read(fts))) {
		if (entry->fts_info != FTS_D)
			continue;
		r = fn(ctx, entry->fts_statp->st_ino);
		if (r < 0)
			return err_sys(err, -r, "cgroup '%s'", entry->fts_path);
	}
	return 0;
}
