// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * flood.c — many distinct files, opened as fast as two threads can.
 *
 *   flood make DIR N     makes DIR/0 … with 1000 files each
 *   flood open DIR N     opens each of them once, for reading; prints "opened N"
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PER_DIR 1000

struct share {
	const char *dir;
	long from, to, done;
};

static int open_one(const char *dir, long i, int flags)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%ld/f%ld", dir, i / PER_DIR, i);
	return open(path, flags | O_CLOEXEC, 0644);
}

static void *open_share(void *arg)
{
	struct share *share = arg;
	int fd;

	for (long i = share->from; i < share->to; i++) {
		fd = open_one(share->dir, i, O_RDONLY);
		if (fd < 0)
			break;
		close(fd);
		share->done++;
	}
	return NULL;
}

static int make(const char *dir, long n)
{
	char path[4096];
	int fd;

	for (long i = 0; i < n; i++) {
		if (i % PER_DIR == 0) {
			snprintf(path, sizeof(path), "%s/%ld", dir, i / PER_DIR);
			if (mkdir(path, 0755) < 0)
				return 1;
		}
		fd = open_one(dir, i, O_WRONLY | O_CREAT);
		if (fd < 0)
			return 1;
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct share shares[2] = {};
	pthread_t threads[2];
	long n = argc == 4 ? atol(argv[3]) : 0;

	if (n <= 0)
		return 2;
	if (!strcmp(argv[1], "make"))
		return make(argv[2], n);
	for (int i = 0; i < 2; i++) {
		shares[i] = (struct share){ argv[2], i * n / 2, (i + 1) * n / 2, 0 };
		if (pthread_create(&threads[i], NULL, open_share, &shares[i]))
			return 1;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("opened %ld\n", shares[0].done + shares[1].done);
	return shares[0].done + shares[1].done == n ? 0 : 1;
}
