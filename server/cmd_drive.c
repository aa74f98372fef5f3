// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_drive.c — vexxy-server drive DIR: what the agent starts as its driver. For the server itself. */
#include "server/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "server/drive.h"

/* The workload may have ended and its number be another's: the host's own network is never what is meant. */
static int check_network(int network, struct err *err)
{
	struct stat ours, theirs;

	if (stat("/proc/self/ns/net", &ours) < 0 || fstat(network, &theirs) < 0)
		return err_sys(err, errno, "cannot tell the networks apart");
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return err_set(err, ESRCH, "the workload has no network of its own");
	return 0;
}

int cmd_drive(int argc, char **argv)
{
	const char *pid = getenv("VEXXY_PID");
	struct drive_target target = { -1, getenv("VEXXY_MARKS") };
	struct err err = {};
	char path[64];
	int r;

	if (argc != 2 || !pid) {
		fputs("usage: vexxy-server drive DIR (as a driver of vexxy-agent)\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", atoi(pid));
	target.network = open(path, O_RDONLY | O_CLOEXEC);
	r = target.network < 0 ? err_sys(&err, errno, "'%s'", path)
			       : check_network(target.network, &err);
	r = r ? r : drive(argv[1], &target, &err);
	cleanup_close(&target.network);
	if (r < 0)
		fprintf(stderr, "error: %s\n", err.text);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
