/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * replies_fixture.h — an API server that gives the replies of a list, in their order, each on a connection of its own, to whatever is
 * asked, and keeps what was asked. For tests of the client: the bytes are exactly those of the list, also where they are cut short.
 */
#pragma once

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPLIES_MAX 16
#define REQUEST_BYTES 8192

struct replies {
	const char *const *list;
	char requests[REPLIES_MAX][REQUEST_BYTES];
	char url[64];
	size_t count, asked;
	int fd;
	pthread_t thread;
};

/* Until the end of the headers and of the body that they name. */
static size_t replies_read(int fd, char *ret)
{
	size_t len = 0, want = 0;
	ssize_t n;

	while (len < REQUEST_BYTES - 1 && (n = read(fd, ret + len, REQUEST_BYTES - 1 - len)) > 0) {
		const char *end, *length;

		len += (size_t)n;
		ret[len] = '\0';
		end = strstr(ret, "\r\n\r\n");
		length = strcasestr(ret, "Content-Length: ");
		want = end ? (size_t)(end + 4 - ret) + (length ? strtoul(length + 16, NULL, 10) : 0)
			   : 0;
		if (want && len >= want)
			break;
	}
	return len;
}

static void *replies_serve(void *ctx)
{
	struct replies *r = ctx;

	while (r->asked < r->count) {
		const char *reply = r->list[r->asked];
		int fd = accept(r->fd, NULL, NULL);

		if (fd < 0)
			break;
		if (replies_read(fd, r->requests[r->asked]))
			r->asked++;
		if (write(fd, reply, strlen(reply)) < 0)
			perror("write");
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	close(r->fd);
	return NULL;
}

static void replies_start(struct replies *r, const char *const *list)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	memset(r, 0, sizeof(*r));
	r->list = list;
	while (list[r->count])
		r->count++;
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(r->fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(r->fd, 8) < 0 ||
	    getsockname(r->fd, (struct sockaddr *)&at, &size) < 0)
		perror("replies");
	snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%u", ntohs(at.sin_port));
	pthread_create(&r->thread, NULL, replies_serve, r);
}

static void replies_end(struct replies *r)
{
	shutdown(r->fd, SHUT_RDWR);
	pthread_join(r->thread, NULL);
}
