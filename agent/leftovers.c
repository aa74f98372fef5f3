// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* leftovers.c — what is left of a recording whose agent and guardian were both killed. */
#include "agent/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "agent/cgroup.h"
#include "agent/guardian.h"

static void dir_close(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_close)

/* The number in "vexxy-PID-HEX", as session.c makes it; 0: it is no such name. */
static pid_t owner_of(const char *name)
{
	char hex[9] = "", again[64];
	int pid = 0;

	if (sscanf(name, "vexxy-%d-%8[0-9a-f]", &pid, hex) != 2 || strlen(hex) != 8 || pid <= 1)
		return 0;
	snprintf(again, sizeof(again), "vexxy-%d-%s", pid, hex);
	return strcmp(again, name) ? 0 : pid;
}

int leftovers_guard(const char *cgroup_dir)
{
	_cleanup_close_ int fd = open(cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0)
		return -errno;
	return take_fd(&fd);
}

static bool is_locked(const char *cgroup_dir)
{
	_cleanup_close_ int fd = open(cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? errno != ENOENT : flock(fd, LOCK_EX | LOCK_NB) < 0;
}

static bool is_left(const char *name, const char *cgroup_dir)
{
	pid_t pid = owner_of(name);

	return pid && kill(pid, 0) < 0 && errno == ESRCH && !is_locked(cgroup_dir);
}

/* Nothing is mounted there: that was in a namespace of the agent's, which is gone. */
static void remove_directory(const char *dir)
{
	char marks[PATH_MAX];
	struct stat st;

	if (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return;
	if (snprintf(marks, sizeof(marks), "%s/" HOLDINGS_MARKS, dir) < (int)sizeof(marks))
		unlink(marks);
	rmdir(dir);
}

/* Those that `where` has, of a cgroup or of the directory beside it. */
static void remove_in(const char *where, const char *root, const char *run,
		      struct progress *progress)
{
	_cleanup_(dir_closep) DIR *entries = opendir(where);
	char cgroup_dir[PATH_MAX], dir[PATH_MAX];
	const struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		snprintf(cgroup_dir, sizeof(cgroup_dir), "%.3800s/%s", root, entry->d_name);
		snprintf(dir, sizeof(dir), "%.3800s/%s", run, entry->d_name);
		if (!is_left(entry->d_name, cgroup_dir))
			continue;
		if (cgroup_is_populated(cgroup_dir)) {
			progress_note(progress,
				      "warning: processes of a recording that was killed still run "
				      "in the cgroup '%s', leaving them",
				      entry->d_name);
			continue;
		}
		cgroup_remove(entry->d_name);
		remove_directory(dir);
	}
}

void leftovers_remove(const char *root, const char *run, struct progress *progress)
{
	remove_in(root, root, run, progress);
	remove_in(run, root, run, progress);
}
