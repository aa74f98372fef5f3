// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_gate.c — the verb "gate": an init container that waits until the agent of the node watches its pod. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/commands.h"
#include "agent/walls.h"
#include "include/cleanup.h"
#include "include/sandbox_pod.h"

#define TIMEOUT_S 120
#define TIMEOUT_MAX_S 86400
#define WALLS_MS 5000

static long timeout_s(void)
{
	const char *text = getenv(GATE_TIMEOUT);
	char *end;
	long v = text ? strtol(text, &end, 10) : TIMEOUT_S;

	if (text && (end == text || *end || v < 1 || v > TIMEOUT_MAX_S)) {
		fprintf(stderr, "error: %s: '%s' is no whole number from 1 to %d\n", GATE_TIMEOUT,
			text, TIMEOUT_MAX_S);
		return -1;
	}
	return v;
}

/* The image is let go all the same: a network without walls is its owner's to choose, and not to overlook. */
static void look_for_walls(void)
{
	_cleanup_fclose_ FILE *told = NULL;

	if (walls_stand(getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"),
			WALLS_MS))
		return;
	fprintf(stderr, "warning: " GATE_NO_WALLS "\n");
	told = fopen("/dev/termination-log", "we");
	if (told)
		fputs(GATE_NO_WALLS, told);
}

int cmd_gate(int argc, char **argv)
{
	struct timespec wait = {};
	sigset_t signals;
	int got;

	if (argc > 1) {
		bool help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");

		fprintf(help ? stdout : stderr,
			"usage: vexxy-agent gate\n\nWaits for SIGUSR1, at most $" GATE_TIMEOUT
			" (%d) seconds: then it ends with status %d.\nWith $" GATE_ISOLATION
			" it does not wait.\n",
			TIMEOUT_S, GATE_NOT_ARMED);
		return help ? EXIT_SUCCESS : 2;
	}
	if (getenv(GATE_ISOLATION)) { /* the sandbox would not have begun if nobody listened */
		look_for_walls();
		return EXIT_SUCCESS;
	}
	/* Blocked, a signal waits for us; else the first process of a namespace would never see it. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	wait.tv_sec = timeout_s();
	if (wait.tv_sec < 0)
		return 2;
	do
		got = sigtimedwait(&signals, NULL, &wait);
	while (got < 0 && errno == EINTR);
	if (got == SIGUSR1) {
		look_for_walls();
		return EXIT_SUCCESS;
	}
	if (got < 0)
		fprintf(stderr,
			"error: no agent watches this pod: it did not say so within %lld s\n",
			(long long)wait.tv_sec);
	return got < 0 ? GATE_NOT_ARMED : 128 + got;
}
