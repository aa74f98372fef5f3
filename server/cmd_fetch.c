// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_fetch.c — vexxy-server fetch: runs a program that fetches what a client named, without letting it into our network. For the
 * server itself. */
#include "server/commands.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "server/confine.h"
#include "server/egress.h"

struct options {
	struct egress_rules rules;
	uint64_t uid, megabytes;
};

#define AT(member) offsetof(struct options, member)

static const struct option_def table[] = {
	{ "uid", 0, "N", "user of the proxy", OPTION_NUMBER, AT(uid), 1, 4294967294 },
	{ "host", 0, "HOST…", "that may be anywhere", OPTION_LIST, AT(rules.hosts), 0, 0 },
	{ "allow", 0, "BLOCK…", "addresses that may be asked", OPTION_LIST, AT(rules.blocks), 0,
	  0 },
	{ "bytes", 0, "MB", "that may come", OPTION_NUMBER, AT(megabytes), 1, 1u << 30 },
	{},
};

static int raise_loopback(struct err *err)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0
		   ? err_sys(err, errno, "cannot raise loopback")
		   : 0;
}

/* Who is not root stays where he is, and has the proxy's word only. */
static int enter_network(int *ret_outside, struct err *err)
{
	_cleanup_close_ int outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (geteuid() != 0)
		return 0;
	if (outside < 0 || unshare(CLONE_NEWNET) < 0)
		return err_sys(err, errno, "cannot make a network");
	*ret_outside = take_fd(&outside);
	return raise_loopback(err);
}

static void become(char **argv, const struct egress *egress, pid_t parent)
{
	static const char *const names[] = { "HTTP_PROXY", "HTTPS_PROXY", "http_proxy",
					     "https_proxy", "ALL_PROXY" };
	char proxy[64];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", egress_port(egress));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		setenv(names[i], proxy, 1);
	unsetenv("NO_PROXY");
	unsetenv("no_proxy");
	execvp(argv[0], argv);
	fprintf(stderr, "error: cannot run '%s': %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* The proxy reads what the program says, which strangers talk to: it has no more rights than that, but for the network. */
static int leave_rights(const struct options *o, int outside, struct err *err)
{
	static const char *const files[] = {
		"/etc", "/usr", "/lib", "/lib64", "/run/systemd/resolve", "/run/resolvconf"
	};
	struct confinement c = { .uid = o->uid, .memory_mb = 4096, .keep_network = true };
	int r = 0;

	if (outside >= 0 && setns(outside, CLONE_NEWNET) < 0)
		return err_sys(err, errno, "cannot go back to the network");
	for (size_t i = 0; r == 0 && i < sizeof(files) / sizeof(*files); i++)
		r = option_list_add(&c.read, files[i]);
	r = r < 0 ? err_oom(err) : confine_self(&c, err);
	option_list_done(&c.read);
	return r;
}

static int serve(int *ret_status, const struct options *o, char **argv, struct err *err)
{
	_cleanup_close_ int outside = -1;
	struct egress *egress = NULL;
	pid_t parent = getpid(), pid;
	int r = enter_network(&outside, err);

	r = r ? r : egress_open(&egress, &o->rules, err);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		become(argv, egress, parent);
	r = pid < 0 ? err_sys(err, errno, "cannot start '%s'", argv[0])
		    : leave_rights(o, outside, err);
	if (r < 0 && pid > 0)
		kill(pid, SIGKILL);
	else if (r == 0)
		r = egress_serve(ret_status, egress, pid, err);
	egress_close(egress);
	return r;
}

int cmd_fetch(int argc, char **argv)
{
	struct option_list operands = {};
	struct options o = {};
	struct err err = {};
	int rest = options_parse(table, &o, argc, argv, &operands, &err), status = 0, r;

	if (rest < 0 || operands.count || rest >= argc) {
		fprintf(stderr, "error: %s\n", rest < 0 ? err.text : "give -- CMD…");
		return 2;
	}
	o.rules.bytes_max = o.megabytes << 20;
	r = serve(&status, &o, argv + rest, &err);
	option_list_done(&o.rules.hosts);
	option_list_done(&o.rules.blocks);
	if (r < 0)
		fprintf(stderr, "error: %s\n", err.text);
	if (r < 0)
		return EXIT_FAILURE;
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
