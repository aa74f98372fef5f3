// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What a confined program cannot do, whoever it is started by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "server/commands.h"
#include "server/confine.h"
#include "server/drive.h"

#define UNCONFINED 99

/* What the probe comes to within the walls: 0, or the errno. */
static int within(bool keep_network, int (*probe)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		const struct confinement c = { .uid = 64999, .keep_network = keep_network };
		struct err err = {};

		_exit(confine_self(&c, &err) < 0 ? UNCONFINED : probe());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int opens(int family, int type)
{
	return socket(family, type, 0) < 0 ? errno : 0;
}

static int named_socket(void)
{
	return opens(AF_UNIX, SOCK_STREAM);
}

static int tcp(void)
{
	return opens(AF_INET, SOCK_STREAM);
}

static int packets(void)
{
	return opens(AF_PACKET, SOCK_RAW);
}

static int clone_with(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static int user_namespace(void)
{
	return clone_with(CLONE_NEWUSER | CLONE_NEWNET);
}

static int newer_clone(void)
{
	uint64_t args[8] = { CLONE_NEWUSER };

	return syscall(SYS_clone3, args, sizeof(args)) < 0 ? errno : 0;
}

static int process(void)
{
	return clone_with(0);
}

static void *nothing(void *ctx)
{
	return ctx;
}

static int thread(void)
{
	pthread_t id;
	int r = pthread_create(&id, NULL, nothing, NULL);

	return r ? r : pthread_join(id, NULL);
}

static void no_socket_leads_to_the_host(void **state)
{
	(void)state;
	assert_int_equal(within(false, named_socket), EPERM);
	assert_int_equal(within(true, named_socket), EPERM);
	assert_int_equal(within(false, tcp), EPERM);
	assert_int_equal(within(true, tcp), 0);
	assert_int_equal(within(true, packets), EPERM);
}

static void nobody_becomes_root_in_a_namespace(void **state)
{
	(void)state;
	assert_int_equal(within(true, user_namespace), EPERM);
	assert_int_equal(within(false, user_namespace), EPERM);
	assert_int_equal(within(false, newer_clone), ENOSYS);
	assert_int_equal(within(false, process), 0);
	assert_int_equal(within(false, thread), 0);
}

/* It holds the pipe that the test reads from: that ends with the last that has it. */
static void what_it_starts_ends_with_it(void **state)
{
	char *argv[] = { (char *)"confine",
			 (char *)"--uid",
			 (char *)"64999",
			 (char *)"--execute",
			 (char *)"/usr",
			 (char *)"--execute",
			 (char *)"/lib",
			 (char *)"--execute",
			 (char *)"/lib64",
			 (char *)"--execute",
			 (char *)"/bin",
			 (char *)"--write",
			 (char *)"/dev/null",
			 (char *)"--",
			 (char *)"/bin/sh",
			 (char *)"-c",
			 (char *)"env -i /usr/bin/setsid /usr/bin/sleep 30 & sleep 0.3; exit 7",
			 NULL };
	struct pollfd end = { .events = POLLIN };
	int pipes[2], status = 0;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		_exit(cmd_confine(17, argv));
	}
	close(pipes[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	end.fd = pipes[0];
	assert_int_equal(poll(&end, 1, 5000), 1);
	assert_true(end.revents & POLLHUP);
	close(pipes[0]);
}

/* The test's own process stands for one that has got the number of a workload that ended. */
static void a_script_is_never_in_the_hosts_network(void **state)
{
	char dir[] = "/tmp/vexxy-drive.XXXXXX", path[64], pid[32];
	char *argv[] = { (char *)"drive", dir, NULL };
	struct stat st;
	FILE *plan;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/" DRIVE_PLAN, dir);
	plan = fopen(path, "we");
	assert_non_null(plan);
	assert_true(fputs("{\"ports\":[],\"health_timeout_s\":1}", plan) > 0);
	assert_int_equal(fclose(plan), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("VEXXY_PID", pid, 1);
	assert_int_equal(cmd_drive(2, argv), EXIT_FAILURE);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" DRIVE_RESULT, dir);
	assert_true(stat(path, &st) < 0);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_socket_leads_to_the_host),
		cmocka_unit_test(nobody_becomes_root_in_a_namespace),
		cmocka_unit_test(what_it_starts_ends_with_it),
		cmocka_unit_test(a_script_is_never_in_the_hosts_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
