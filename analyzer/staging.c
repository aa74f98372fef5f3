// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* staging.c — several files appear together or not at all. */
#include "analyzer/staging.h"

#include <dirent.h>
#include <sys/stat.h>

typedef int (*entry_fn)(int from, int to, const char *name);

static int move_entry(int from, int to, const char *name)
{
	return renameat(from, name, to, name) < 0 ? -errno : 0;
}

static int remove_entry(int from, int to, const char *name)
{
	(void)to;
	return unlinkat(from, name, 0) < 0 ? -errno : 0;
}

/* Calls fn for every file in the staging directory; the first failure is returned. */
static int each_entry(const struct staging *staging, entry_fn fn)
{
	DIR *from = opendir(staging->dir), *to = opendir(staging->target);
	const struct dirent *entry;
	int r = from && to ? 0 : -errno, failed;

	while (from && to && (entry = readdir(from))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		failed = fn(dirfd(from), dirfd(to), entry->d_name);
		r = r < 0 ? r : failed;
	}
	if (from)
		closedir(from);
	if (to)
		closedir(to);
	return r;
}

int staging_open(struct staging *ret, const char *target, struct err *err)
{
	struct staging staging = {};

	if ((size_t)snprintf(staging.target, sizeof(staging.target), "%s", target) >=
	    sizeof(staging.target))
		return err_set(err, ENAMETOOLONG, "the path of the output directory is too long");
	if (mkdir(target, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make the output directory '%s'", target);
	snprintf(staging.dir, sizeof(staging.dir), "%s/.vexxy.XXXXXX", staging.target);
	if (!mkdtemp(staging.dir))
		return err_sys(err, errno, "cannot write into the output directory '%s'", target);
	janitor_hire(&staging.janitor, staging.dir);
	*ret = staging;
	return 0;
}

const char *staging_path(const struct staging *staging, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", staging->dir, name);
	return path;
}

int staging_commit(struct staging *staging, struct err *err)
{
	int r = each_entry(staging, move_entry);

	return r < 0 ? err_sys(err, -r, "cannot move the results into '%s'", staging->target) : 0;
}

void staging_done(struct staging *staging)
{
	if (!staging->dir[0])
		return;
	each_entry(staging, remove_entry);
	rmdir(staging->dir);
	janitor_dismiss(&staging->janitor);
	staging->dir[0] = '\0';
}
