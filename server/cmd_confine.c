// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_confine.c — vexxy-server confine: becomes another program within walls. For the server itself. */
#include "server/commands.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "server/confine.h"

#define AT(member) offsetof(struct confinement, member)

static const struct option_def table[] = {
	{ "uid", 0, "N", "user to become", OPTION_NUMBER, AT(uid), 1, 4294967294 },
	{ "memory", 0, "MB", "address space", OPTION_NUMBER, AT(memory_mb), 1, 1u << 24 },
	{ "file", 0, "MB", "size of each file that is written", OPTION_NUMBER, AT(file_mb), 1,
	  1u << 24 },
	{ "processes", 0, "N", "processes of that user", OPTION_NUMBER, AT(processes), 1,
	  1u << 20 },
	{ "cpu", 0, "S", "processor time", OPTION_NUMBER, AT(cpu_s), 1, 1u << 24 },
	{ "network", 0, NULL, "stays in its network", OPTION_FLAG, AT(keep_network), 0, 0 },
	{ "read-all", 0, NULL, "of the paths, also what belongs to others", OPTION_FLAG,
	  AT(read_all), 0, 0 },
	{ "read", 0, "PATH…", "may be read", OPTION_LIST, AT(read), 0, 0 },
	{ "write", 0, "PATH…", "may be read and written", OPTION_LIST, AT(write), 0, 0 },
	{ "execute", 0, "PATH…", "may be read and executed", OPTION_LIST, AT(execute), 0, 0 },
	{},
};

/* In a process namespace of its own, as its first process: with it all end that it started, whatever they call themselves, and it
 * sees nobody else's. Without being root that is not to be had. What remains here waits, and ends as it did. */
static int enter_processes(struct err *err)
{
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWPID) < 0)
		return err_sys(err, errno, "cannot make a process namespace");
	pid = fork();
	if (pid <= 0)
		return pid < 0 ? err_sys(err, errno, "cannot start a process") : 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int cmd_confine(int argc, char **argv)
{
	struct option_list operands = {};
	struct confinement c = {};
	struct err err = {};
	int rest = options_parse(table, &c, argc, argv, &operands, &err);

	if (rest < 0 || operands.count || rest >= argc) {
		fprintf(stderr, "error: %s\n", rest < 0 ? err.text : "give -- CMD…");
		return 2;
	}
	if (enter_processes(&err) < 0 || confine_self(&c, &err) < 0) {
		fprintf(stderr, "error: %s\n", err.text);
		return EXIT_FAILURE;
	}
	execvp(argv[rest], argv + rest);
	fprintf(stderr, "error: cannot run '%s': %s\n", argv[rest], strerror(errno));
	return EXIT_FAILURE;
}
