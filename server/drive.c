// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* drive.c — exercises a workload from beside it. */
#include "server/drive.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "server/cgroup.h"
#include "server/clock.h"
#include "server/confine.h"
#include "server/json_out.h"
#include "server/port_ask.h"

#define PLAN_BYTES_MAX (1u << 20)
#define LOG_MB_MAX 4
#define ASK_ONCE_MS 3000
#define ASK_AGAIN_US 500000
#define SCRIPT_PROCESSES 128
#define SCRIPT_MEMORY_MB 2048
#define SCRIPT_CPU_PERCENT 100
#define SCRIPT_END_MS 10000

const char *drive_ask(uint16_t port, const char *path, int64_t timeout_ms)
{
	int64_t until = clock_steady_ms() + timeout_ms;
	const char *best = "silent";

	for (;;) {
		static const char *const loopbacks[] = { "127.0.0.1", "::1" };
		int64_t now = clock_steady_ms();
		int64_t once = now + ASK_ONCE_MS < until ? now + ASK_ONCE_MS : until;

		for (size_t i = 0; i < 2; i++) {
			const char *got = port_ask(loopbacks[i], port, path, once);

			if (!strcmp(got, "answers"))
				return got;
			if (!strcmp(got, "accepts"))
				best = got;
		}
		if (clock_steady_ms() + ASK_AGAIN_US / 1000 >= until)
			return best;
		usleep(ASK_AGAIN_US);
	}
}

static void mark(const struct drive_target *target, const char *name)
{
	_cleanup_close_ int fd =
	    target->marks ? open(target->marks, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	char line[64];

	if (fd >= 0)
		(void)!write(fd, line, (size_t)snprintf(line, sizeof(line), "mark %s\n", name));
}

static void ask_ports(struct json_out *out, const cJSON *plan, const struct drive_target *target)
{
	const cJSON *ports = json_in_get(plan, "ports"), *port;
	int64_t until = clock_steady_ms() + json_in_int(plan, "health_timeout_s", 60) * 1000;
	const char *path = json_in_text(plan, "health_path");

	json_out_open(out, "ports", '[');
	if (cJSON_GetArraySize(ports))
		mark(target, "health check");
	cJSON_ArrayForEach(port, ports)
	{
		int64_t left = until - clock_steady_ms();

		json_out_open(out, NULL, '{');
		json_out_int(out, "port", port->valueint);
		json_out_text(out, "state",
			      drive_ask((uint16_t)port->valueint, path ? path : "/",
					left > 1000 ? left : 1000));
		json_out_close(out, '}');
	}
	json_out_close(out, ']');
}

static int add_paths(struct option_list *list, const char *const *paths)
{
	int r = 0;

	for (; r == 0 && *paths; paths++)
		r = option_list_add(list, *paths);
	return r;
}

static int wall_in(const char *work, uint64_t uid, struct err *err)
{
	static const char *const programs[] = { "/usr", "/lib",  "/lib64",
						"/bin", "/sbin", "/etc/ld.so.cache",
						NULL };
	static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/urandom", NULL };
	struct confinement c = { .uid = uid,
				 .memory_mb = SCRIPT_MEMORY_MB,
				 .file_mb = LOG_MB_MAX,
				 .processes = SCRIPT_PROCESSES,
				 .keep_network = true };

	if (add_paths(&c.execute, programs) < 0 || add_paths(&c.read, devices) < 0 ||
	    option_list_add(&c.write, work) < 0 || option_list_add(&c.write, "/dev/null") < 0)
		return err_oom(err);
	return confine_self(&c, err);
}

/* In a process namespace of its own, as its first process: with it all of them end. */
static void become_script(const char *dir, uint64_t uid, int script, int log, int go)
{
	static char *const env[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin", (char *)"HOME=/",
				     (char *)"LANG=C.UTF-8", NULL };
	char *const argv[] = { (char *)"sh", NULL };
	char work[PATH_MAX];
	struct err err = {};
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	/* Nothing begins outside of its cgroup. */
	if (read(go, &byte, 1) != 1)
		_exit(127);
	snprintf(work, sizeof(work), "%s/" DRIVE_WORK, dir);
	/* Read from there, it needs no name that the walls would have to let through. */
	dup2(script, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (chdir(work) < 0 || wall_in(work, uid, &err) < 0) {
		dprintf(STDERR_FILENO, "the test script cannot be confined: %s\n", err.text);
		_exit(126);
	}
	execve("/bin/sh", argv, env);
	_exit(127);
}

/* What it starts, its memory and its time are limited together, whatever they become. */
static bool put_into_cgroup(const char *name, pid_t pid)
{
	static const struct cgroup_limits limits = { SCRIPT_MEMORY_MB, SCRIPT_PROCESSES,
						     SCRIPT_CPU_PERCENT };

	if (!name || cgroup_make(name, &limits, NULL) < 0)
		return false;
	if (cgroup_enter(name, pid, NULL) == 0)
		return true;
	(void)!cgroup_end(name, SCRIPT_END_MS, NULL);
	return false;
}

static void put_end(struct json_out *out, int status, bool timed_out, bool in_cgroup)
{
	json_out_open(out, "script", '{');
	if (timed_out)
		json_out_text(out, "end", "timeout");
	else if (WIFSIGNALED(status))
		json_out_text(out, "end", "signal");
	else
		json_out_text(out, "end", WEXITSTATUS(status) ? "failed" : "ok");
	json_out_int(out, "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	json_out_bool(out, "own_cgroup", in_cgroup);
	json_out_close(out, '}');
}

static bool await_script(pid_t pid, int64_t seconds, int *status)
{
	int64_t until = clock_steady_ms() + seconds * 1000;

	while (clock_steady_ms() < until) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return false;
		usleep(50000);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return true;
}

static int run_script(struct json_out *out, const char *dir, const cJSON *plan,
		      const struct drive_target *target, struct err *err)
{
	const char *cgroup = json_in_text(plan, "cgroup");
	_cleanup_close_ int script = -1, log = -1;
	char path[PATH_MAX];
	bool timed_out, in_cgroup;
	int status = 0, go[2];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/" DRIVE_SCRIPT, dir);
	script = open(path, O_RDONLY | O_CLOEXEC);
	if (script < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "'%s'", path);
	snprintf(path, sizeof(path), "%s/" DRIVE_LOG, dir);
	log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (log < 0)
		return err_sys(err, errno, "'%s'", path);
	if (unshare(CLONE_NEWPID) < 0)
		return err_sys(err, errno, "cannot make a process namespace");
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	mark(target, "test script");
	pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "cannot start the test script");
	if (pid == 0) {
		close(go[1]);
		become_script(dir, (uint64_t)json_in_int(plan, "uid", 65534), script, log, go[0]);
	}
	in_cgroup = put_into_cgroup(cgroup, pid);
	(void)!write(go[1], "", 1);
	close(go[0]);
	close(go[1]);
	timed_out = await_script(pid, json_in_int(plan, "script_timeout_s", 60), &status);
	put_end(out, status, timed_out, in_cgroup);
	return in_cgroup ? cgroup_end(cgroup, SCRIPT_END_MS, err) : 0;
}

static int save(const char *dir, const struct text *text, struct err *err)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s/" DRIVE_RESULT, dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text->bytes, text->len) != (ssize_t)text->len)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

int drive(const char *dir, const struct drive_target *target, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *plan = NULL;
	struct json_out out = {};
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/" DRIVE_PLAN, dir);
	r = json_in_load(&plan, path, PLAN_BYTES_MAX, err);
	if (r == 0 && setns(target->network, CLONE_NEWNET) < 0)
		r = err_sys(err, errno, "cannot enter the workload's network");
	if (r < 0)
		return r;
	json_out_open(&out, NULL, '{');
	ask_ports(&out, plan, target);
	r = run_script(&out, dir, plan, target, err);
	json_out_close(&out, '}');
	if (r == 0)
		r = out.text.failed ? err_oom(err) : save(dir, &out.text, err);
	text_done(&out.text);
	return r;
}
