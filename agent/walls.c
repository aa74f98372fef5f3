// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* walls.c — is a pod shut off from the network, as the policies of its namespace say? */
#include "agent/walls.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "include/cleanup.h"

#define ANSWER_MS 1000
#define PAUSE_MS 250

static bool gets_connection(const struct addrinfo *to)
{
	_cleanup_close_ int fd =
	    socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return false;
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return true;
	return errno == EINPROGRESS && poll(&poll_fd, 1, ANSWER_MS) == 1 &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

bool walls_stand(const char *host, const char *port, long patience_ms)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM },
			*to = NULL;
	bool stand;

	if (!host || !port || getaddrinfo(host, port, &hints, &to) != 0)
		return true;
	while (!(stand = !gets_connection(to)) && patience_ms > 0) {
		patience_ms -= PAUSE_MS;
		nanosleep(&pause, NULL);
	}
	freeaddrinfo(to);
	return stand;
}
