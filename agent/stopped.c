// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* stopped.c — processes that are held by a stop signal. */
#include "agent/stopped.h"

#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/cleanup.h"

#define TRIES 20

enum status { STATUS_GONE, STATUS_RUNS, STATUS_PENDING, STATUS_STOPPED };

static enum status read_status(pid_t pid)
{
	_cleanup_fclose_ FILE *file = NULL;
	enum status status = STATUS_GONE;
	char path[48], line[256];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "State:\t", 7))
			status = line[7] == 'T' || line[7] == 't' ? STATUS_STOPPED : STATUS_RUNS;
		else if (!strncmp(line, "ShdPnd:\t", 8) && status == STATUS_RUNS &&
			 (strtoull(line + 8, NULL, 16) & 1ull << (SIGSTOP - 1)))
			status = STATUS_PENDING;
	}
	return status;
}

bool stopped_is(pid_t pid)
{
	static const struct timespec moment = { .tv_nsec = 100000 };

	/* Between taking the signal and being stopped it is neither. */
	for (int i = 0; i < TRIES; i++) {
		enum status status = read_status(pid);

		if (status == STATUS_PENDING || status == STATUS_STOPPED)
			return true;
		if (status == STATUS_GONE)
			return false;
		nanosleep(&moment, NULL);
	}
	return false;
}

static void release_one(const char *cgroup_dir)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX];
	int pid;

	if (snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup_dir) >= (int)sizeof(path))
		return;
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		if (pid > 0 && read_status(pid) >= STATUS_PENDING)
			kill(pid, SIGCONT);
}

void stopped_release(const char *cgroup_dir)
{
	char *paths[] = { (char *)cgroup_dir, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_D)
			release_one(entry->fts_path);
	if (fts)
		fts_close(fts);
}
