// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_gofer.c — the process of gVisor that serves a container's files. */
#include "agent/gvisor_gofer.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/pod_files.h"

/* Its arguments are flags of its own: the bundle and, in newer versions, the id are among the first. */
#define ARGUMENTS_BYTES_MAX 65536

static void dir_close(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_close)

static int program_of(struct stat *ret, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return stat(path, ret) < 0 ? -errno : 0;
}

int gvisor_program(struct stat *ret, int connection, struct err *err)
{
	struct ucred peer = {};
	socklen_t len = sizeof(peer);
	int r;

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_sys(err, errno, "cannot ask who has connected");
	r = program_of(ret, peer.pid);
	return r < 0 ? err_sys(err, -r, "the program of process %d, which has connected", peer.pid)
		     : 0;
}

static bool is_last_part(const char *path, const char *id)
{
	const char *base = strrchr(path, '/');

	return !strcmp(base ? base + 1 : path, id);
}

/* "runsc-gofer … gofer --bundle /…/ID …", or with ID for its last word */
static bool serves(const char *arguments, size_t len, const char *id)
{
	bool is_gofer = false, is_of_it = false;

	for (size_t at = 0; at < len; at += strlen(arguments + at) + 1) {
		is_gofer |= !strcmp(arguments + at, "gofer");
		is_of_it |= is_gofer && is_last_part(arguments + at, id);
	}
	return is_of_it;
}

static bool is_gofer_of(pid_t pid, const char *id, const struct stat *program)
{
	_cleanup_free_ char *arguments = NULL;
	ssize_t len = pod_files_read(&arguments, pid, "cmdline", ARGUMENTS_BYTES_MAX);
	struct stat st;

	return len > 0 && serves(arguments, (size_t)len, id) && program_of(&st, pid) == 0 &&
	       st.st_dev == program->st_dev && st.st_ino == program->st_ino;
}

int gvisor_gofer_find(struct gvisor_gofer *ret, const char *id, const struct stat *program,
		      struct err *err)
{
	_cleanup_(dir_closep) DIR *stream = opendir("/proc");
	struct dirent *entry;
	pid_t pid;

	while (stream && (entry = readdir(stream))) {
		pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || !is_gofer_of(pid, id, program))
			continue;
		ret->pid = pid;
		if (pod_files_whose(ret->uid, ret->name, pid))
			return 0;
	}
	return err_set(err, ESRCH,
		       "container %.12s: no process of gVisor serves the files of one "
		       "that the kubelet has made",
		       id);
}
