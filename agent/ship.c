// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* ship.c — messages with a descriptor. */
#include "agent/ship.h"

#include <string.h>
#include <sys/socket.h>

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int ship_send(int socket, const struct ship_message *message, int fd)
{
	size_t len = offsetof(struct ship_message, text) + strlen(message->text) + 1;
	struct iovec part = { (void *)message, len };
	union control control = {};
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *item;
	ssize_t n;

	if (fd >= 0) {
		head.msg_control = control.bytes;
		head.msg_controllen = sizeof(control.bytes);
		item = CMSG_FIRSTHDR(&head);
		item->cmsg_level = SOL_SOCKET;
		item->cmsg_type = SCM_RIGHTS;
		item->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(item), &fd, sizeof(fd));
	}
	do
		n = sendmsg(socket, &head, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int ship_receive(struct ship_message *ret, int *ret_fd, int socket)
{
	struct iovec part = { ret, sizeof(*ret) };
	union control control = {};
	struct msghdr head = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = control.bytes,
			       .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *item;
	ssize_t n;

	*ret_fd = -1;
	do
		n = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	item = CMSG_FIRSTHDR(&head);
	if (item && item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(item), sizeof(*ret_fd));
	if ((size_t)n <= offsetof(struct ship_message, text) || head.msg_flags & MSG_TRUNC) {
		cleanup_close(ret_fd);
		*ret_fd = -1;
		return -EBADMSG;
	}
	((char *)ret)[n - 1] = '\0';
	return 1;
}
