// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * loop.c — what one system call, one repeated open and one failed open cost this thread: CPU time, minimum of several rounds.
 *
 *   loop FILE    prints "syscall NS", "open NS" (open + close), "enoent NS"
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 100
#define TIMES 500

static void one_syscall(const char *path)
{
	(void)path;
	syscall(SYS_getppid);
}

static void one_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double cheapest(void (*one)(const char *), const char *path)
{
	double best = 1e18, start, spent;

	for (int round = 0; round < ROUNDS; round++) {
		start = now_ns();
		for (int i = 0; i < TIMES; i++)
			one(path);
		spent = (now_ns() - start) / TIMES;
		best = spent < best ? spent : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	printf("syscall %.1f\n", cheapest(one_syscall, NULL));
	printf("open %.1f\n", cheapest(one_open, argv[1]));
	printf("enoent %.1f\n", cheapest(one_open, "/nonexistent-file"));
	return 0;
}
