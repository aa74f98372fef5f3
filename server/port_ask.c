// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* port_ask.c — does something answer on a port? */
#include "server/port_ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "include/cleanup.h"
#include "server/clock.h"

/* Waits on a socket for one event. */
static bool await(int fd, short events, int64_t until)
{
	struct pollfd polled = { fd, events, 0 };
	int64_t left = until - clock_steady_ms();

	return left > 0 && poll(&polled, 1, (int)left) == 1;
}

static int connect_to(const char *host, uint16_t port, int64_t until)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_four = inet_pton(AF_INET, host, &four.sin_addr) == 1;
	_cleanup_close_ int fd =
	    socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code = 0, r;
	socklen_t size = sizeof(code);

	if (fd < 0 || (!is_four && inet_pton(AF_INET6, host, &six.sin6_addr) != 1))
		return -1;
	r = is_four ? connect(fd, (struct sockaddr *)&four, sizeof(four))
		    : connect(fd, (struct sockaddr *)&six, sizeof(six));
	if (r < 0 && (errno != EINPROGRESS || !await(fd, POLLOUT, until) ||
		      getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0 || code))
		return -1;
	return take_fd(&fd);
}

/* Any byte is an answer: HTTP of whatever status, and what TLS says to who does not speak it. */
const char *port_ask(const char *host, uint16_t port, const char *path, int64_t until)
{
	_cleanup_close_ int fd = connect_to(host, port, until);
	char request[2048], byte;
	int n;

	if (fd < 0)
		return "silent";
	n = snprintf(request, sizeof(request),
		     "GET %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: vexxy\r\n\r\n", path);
	if (n >= (int)sizeof(request) || send(fd, request, (size_t)n, MSG_NOSIGNAL) < 0 ||
	    !await(fd, POLLIN, until))
		return "accepts";
	return read(fd, &byte, 1) == 1 ? "answers" : "accepts";
}
