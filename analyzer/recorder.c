// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* recorder.c — starts vexxy-agent and waits for its trace. */
#include "analyzer/recorder.h"

#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "analyzer/interrupt.h"
#include "analyzer/program.h"

extern char **environ;

static int push(struct option_list *argv, const char *word)
{
	return option_list_add(argv, word);
}

static int push_pair(struct option_list *argv, const char *option, const char *value)
{
	if (!value)
		return 0;
	return push(argv, option) < 0 || push(argv, value) < 0 ? -ENOMEM : 0;
}

/* "--name=value", or "--name" for a flag; what is made for that is freed by words_done. */
static int push_forward(struct option_list *argv, struct option_list *made, const char *name,
			const char *value)
{
	char *word = NULL;

	if (asprintf(&word, "--%s%s%s", name, value ? "=" : "", value ? value : "") < 0)
		return -ENOMEM;
	if (option_list_add(made, word) < 0) {
		free(word);
		return -ENOMEM;
	}
	return push(argv, word);
}

static void words_done(struct option_list *argv, struct option_list *made)
{
	for (size_t i = 0; i < made->count; i++)
		free((char *)made->items[i]);
	option_list_done(made);
	option_list_done(argv);
}

static int build_argv(struct option_list *argv, struct option_list *made,
		      const struct recorder_options *o, const char *agent, const char *trace)
{
	int r = 0;

	r |= push(argv, agent) | push(argv, "record");
	r |= push_pair(argv, "--out", trace);
	r |= push_pair(argv, "--image", o->image) | push_pair(argv, "--rootfs", o->rootfs);
	r |= push_pair(argv, "--functions", o->functions);
	for (size_t i = 0; i + 1 < o->forward.count; i += 2)
		r |= push_forward(argv, made, o->forward.items[i], o->forward.items[i + 1]);
	if (o->functions && o->coverage)
		r |= push(argv, "--coverage");
	if (o->quiet)
		r |= push(argv, "--quiet");
	if (o->command)
		r |= push(argv, "--");
	for (char *const *word = o->command; word && *word; word++)
		r |= push(argv, *word);
	return r | push(argv, NULL);
}

bool recorder_is_gvisor(const struct recorder_options *options)
{
	const char *runtime = NULL;

	for (size_t i = 0; i + 1 < options->forward.count; i += 2)
		if (!strcmp(options->forward.items[i], "runtime"))
			runtime = options->forward.items[i + 1];
	return runtime && !strcmp(runtime, "runsc");
}

/* The end of the agent. Whoever wants ours wants its end first, which is in order: on a terminal it is asked twice. */
static int wait_for_end(pid_t pid, int *status, struct err *err)
{
	_cleanup_(interrupt_release) struct interrupt interrupt = {};
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int r = interrupt_hold(&interrupt, err), asked = 0;
	struct pollfd fds[] = { { fd, POLLIN, 0 }, { interrupt.fd, POLLIN, 0 } };
	struct signalfd_siginfo info;

	while (r == 0 && fd >= 0 && !fds[0].revents) {
		if (poll(fds, 2, -1) < 0 || !fds[1].revents)
			continue;
		asked = 1;
		if (read(interrupt.fd, &info, sizeof(info)) == sizeof(info))
			kill(pid, SIGTERM);
	}
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? r : asked;
}

static int wait_for(pid_t pid, struct err *err)
{
	int status = 0, r = wait_for_end(pid, &status, err);

	if (r < 0)
		return r;
	if (WIFSIGNALED(status))
		return err_set(err, EIO, "vexxy-agent was killed by signal %d: nothing is decided",
			       WTERMSIG(status));
	if (WEXITSTATUS(status) == 2)
		return err_set(err, EINVAL,
			       "vexxy-agent does not take these options (it has said why)");
	if (WEXITSTATUS(status))
		return err_set(err, r ? EINTR : EIO,
			       "vexxy-agent ended with status %d: nothing is decided",
			       WEXITSTATUS(status));
	return r;
}

int recorder_run(const struct recorder_options *options, const char *trace, struct err *err)
{
	char path[PATH_MAX];
	const char *agent = options->agent ? options->agent : program_find(path, "vexxy-agent");
	struct option_list argv = {}, made = {};
	pid_t pid;
	int r;

	if (build_argv(&argv, &made, options, agent, trace) < 0) {
		words_done(&argv, &made);
		return err_oom(err);
	}
	r = posix_spawnp(&pid, agent, NULL, NULL, (char *const *)argv.items, environ);
	words_done(&argv, &made);
	if (r != 0)
		return err_sys(err, r,
			       "cannot start '%s' (install vexxy-agent, or name it with --agent)",
			       agent);
	return wait_for(pid, err);
}
