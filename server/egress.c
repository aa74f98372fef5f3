// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* egress.c — the way out of a program that is in a network of its own. */
#include "server/egress.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "server/address.h"

#define LISTENERS_MAX 32
#define TALKS_MAX 64
#define HEAD_BYTES_MAX 16384
#define BLOCK_BYTES 65536
#define CONNECT_MS 15000
#define SILENCE_MS 120000
#define TICK_MS 500

/* What listens: the proxy, or a port of loopback that is forwarded. */
struct listener {
	int fd;
	uint16_t forwards; /* to the same address outside; 0: the proxy */
	int family;
};

struct egress {
	const struct egress_rules *rules;
	struct listener listeners[LISTENERS_MAX];
	size_t count;
	uint16_t port;
	atomic_uint_fast64_t bytes;
	atomic_int talks;
	atomic_bool over, ending;
};

struct talk {
	struct egress *egress;
	int fd;
	struct listener from;
};

int egress_split(char ret_host[256], uint16_t *ret_port, const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(end ? end : text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	unsigned long port = 443;
	char *rest;

	if (colon) {
		port = strtoul(colon + 1, &rest, 10);
		if (*rest || rest == colon + 1 || port < 1 || port > 65535)
			return -EINVAL;
	}
	if (end) {
		text++;
		len = (size_t)(end - text);
	}
	if (!len || len > 255)
		return -EINVAL;
	snprintf(ret_host, 256, "%.*s", (int)len, text);
	*ret_port = (uint16_t)port;
	return 0;
}

bool egress_is_named(const struct option_list *hosts, const char *host, uint16_t port)
{
	for (size_t i = 0; i < hosts->count; i++) {
		const char *item = hosts->items[i];
		char name[256];
		uint16_t only;

		if (egress_split(name, &only, item) == 0 && !strcasecmp(name, host) &&
		    (only == port || !strchr(*item == '[' ? strchr(item, ']') : item, ':')))
			return true;
	}
	return false;
}

static bool is_loopback(const char *host)
{
	return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

static int listen_on(struct egress *e, int family, uint16_t port, struct err *err)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd, yes = 1, r;

	if (e->count == LISTENERS_MAX)
		return err_set(err, E2BIG, "more than %d ports of loopback", LISTENERS_MAX);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	r = family == AF_INET ? bind(fd, (struct sockaddr *)&four, sizeof(four))
			      : bind(fd, (struct sockaddr *)&six, sizeof(six));
	if (r < 0 || listen(fd, 64) < 0) {
		r = err_sys(err, errno, "cannot listen on port %u of loopback", port);
		close(fd);
		return r;
	}
	e->listeners[e->count++] = (struct listener){ fd, port, family };
	return 0;
}

static int forward_loopback(struct egress *e, struct err *err)
{
	const struct option_list *hosts = &e->rules->hosts;
	char host[256];
	uint16_t port;
	int r = 0;

	for (size_t i = 0; r == 0 && i < hosts->count; i++) {
		if (egress_split(host, &port, hosts->items[i]) < 0 || !is_loopback(host))
			continue;
		/* A host without IPv6 has no ::1. */
		if (listen_on(e, AF_INET6, port, err) < 0 && strcmp(host, "::1") == 0)
			return -EADDRNOTAVAIL;
		if (strcmp(host, "::1") != 0)
			r = listen_on(e, AF_INET, port, err);
	}
	return r;
}

int egress_open(struct egress **ret, const struct egress_rules *rules, struct err *err)
{
	struct egress *e = calloc(1, sizeof(*e));
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	int r;

	if (!e)
		return err_oom(err);
	e->rules = rules;
	r = listen_on(e, AF_INET, 0, err);
	if (r == 0 && getsockname(e->listeners[0].fd, (struct sockaddr *)&at, &size) < 0)
		r = err_sys(err, errno, "a socket without a port");
	if (r == 0) {
		e->port = ntohs(at.sin_port);
		r = forward_loopback(e, err);
	}
	if (r < 0)
		egress_close(e);
	else
		*ret = e;
	return r;
}

uint16_t egress_port(const struct egress *e)
{
	return e->port;
}

void egress_close(struct egress *e)
{
	if (!e)
		return;
	e->ending = true;
	for (size_t i = 0; i < e->count; i++)
		close(e->listeners[i].fd);
	while (e->talks > 0)
		usleep(20000);
	free(e);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static void set_timeout(int fd, int ms)
{
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

/* One way of a connection; false when that way has ended. */
static bool pass(struct egress *e, int from, int to, char *block)
{
	ssize_t n = recv(from, block, BLOCK_BYTES, 0);

	if (n <= 0) {
		shutdown(to, SHUT_WR);
		return false;
	}
	e->bytes += (uint64_t)n;
	if (e->rules->bytes_max && e->bytes > e->rules->bytes_max) {
		e->over = true;
		return false;
	}
	return write_all(to, block, (size_t)n);
}

static void relay(struct egress *e, int a, int b)
{
	_cleanup_free_ char *block = malloc(BLOCK_BYTES);
	struct pollfd fds[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	int silent_ms = 0;

	while (block && (fds[0].fd >= 0 || fds[1].fd >= 0) && !e->ending && !e->over &&
	       silent_ms < SILENCE_MS) {
		int n = poll(fds, 2, TICK_MS);

		silent_ms = n ? 0 : silent_ms + TICK_MS;
		if (n < 0)
			break;
		if (fds[0].revents && !pass(e, a, b, block))
			fds[0].fd = -1;
		if (fds[1].revents && !pass(e, b, a, block))
			fds[1].fd = -1;
	}
}

static int connect_within(int fd, const struct addrinfo *at)
{
	set_timeout(fd, CONNECT_MS);
	return connect(fd, at->ai_addr, at->ai_addrlen);
}

/* To an address that was looked at, and to nothing else. */
static int dial(const char *address, struct err *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	_cleanup_close_ int fd = -1;
	struct addrinfo *list = NULL;
	char host[256], service[8];
	uint16_t port;

	if (egress_split(host, &port, address) < 0)
		return err_set(err, EINVAL, "'%s' is no address", address);
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &list) != 0)
		return err_set(err, EINVAL, "'%s' is no address", address);
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect_within(fd, list) < 0)
		cleanup_close(&fd), fd = -1;
	freeaddrinfo(list);
	return fd < 0 ? err_set(err, EHOSTUNREACH, "'%s' is not reached", address) : take_fd(&fd);
}

static int dial_host(const struct egress *e, const char *target, struct err *err)
{
	static const char *const everywhere[] = { "0.0.0.0/0", "::/0" };
	const struct option_list all = { (const char **)everywhere, 2, 2 };
	char host[256], address[ADDRESS_BYTES];
	uint16_t port;
	int r = egress_split(host, &port, target);

	if (r < 0)
		return err_set(err, EINVAL, "'%.64s' is no host", target);
	r = address_resolve(
	    address, host, port,
	    egress_is_named(&e->rules->hosts, host, port) ? &all : &e->rules->blocks, err);
	return r < 0 ? r : dial(address, err);
}

/* All up to the empty line; 0 when there is none within the limit. */
static size_t read_head(int fd, char ret[HEAD_BYTES_MAX])
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < HEAD_BYTES_MAX &&
	       (n = recv(fd, ret + len, HEAD_BYTES_MAX - len - 1, 0)) > 0) {
		len += (size_t)n;
		ret[len] = '\0';
		if (strlen(ret) != len)
			return 0;
		if (strstr(ret, "\r\n\r\n"))
			return len;
	}
	return 0;
}

static void refuse(int fd, const struct err *err)
{
	char text[1500];
	int n = snprintf(text, sizeof(text),
			 "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: "
			 "text/plain\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(err->text), err->text);

	(void)!write_all(fd, text, (size_t)n);
}

/* "GET http://host/path HTTP/1.1": the same to the host, as the last request on that connection. */
static bool send_plain(int to, const char *method, const char *path, char *rest)
{
	char line[HEAD_BYTES_MAX];
	int n =
	    snprintf(line, sizeof(line), "%s %s HTTP/1.1\r\nConnection: close\r\n", method, path);

	if (n >= (int)sizeof(line) || !write_all(to, line, (size_t)n))
		return false;
	for (char *at = rest, *end; (end = strstr(at, "\r\n")); at = end + 2) {
		if (end == at)
			return write_all(to, at, strlen(at));
		if (strncasecmp(at, "Connection:", 11) != 0 && strncasecmp(at, "Proxy-", 6) != 0 &&
		    !write_all(to, at, (size_t)(end + 2 - at)))
			return false;
	}
	return false;
}

static bool has_port(const char *target)
{
	return strchr(*target == '[' ? strchrnul(target, ']') : target, ':') != NULL;
}

bool egress_parse(struct egress_asked *ret, const char *head)
{
	char uri[2048];
	size_t len;

	if (sscanf(head, "%15s %2047s HTTP/1.", ret->method, uri) != 2)
		return false;
	ret->tunnel = !strcmp(ret->method, "CONNECT");
	*ret->path = '\0';
	if (ret->tunnel) {
		snprintf(ret->target, sizeof(ret->target), "%s", uri);
		return true;
	}
	if (strncmp(uri, "http://", 7) != 0)
		return false;
	len = strcspn(uri + 7, "/?");
	snprintf(ret->target, sizeof(ret->target), "%.*s", (int)len, uri + 7);
	if (!has_port(ret->target))
		snprintf(ret->target + len, sizeof(ret->target) - len, ":80");
	snprintf(ret->path, sizeof(ret->path), "%s%s", uri[7 + len] == '/' ? "" : "/",
		 uri + 7 + len);
	return true;
}

static void serve_proxy(struct egress *e, int fd)
{
	_cleanup_free_ char *head = malloc(HEAD_BYTES_MAX);
	_cleanup_close_ int to = -1;
	struct egress_asked asked;
	struct err err = {};

	if (!head || !read_head(fd, head) || !egress_parse(&asked, head))
		return;
	to = dial_host(e, asked.target, &err);
	if (to < 0)
		refuse(fd, &err);
	else if (asked.tunnel ? write_all(fd, "HTTP/1.1 200 Connected\r\n\r\n", 26)
			      : send_plain(to, asked.method, asked.path, strstr(head, "\r\n") + 2))
		relay(e, fd, to);
}

static void serve_forward(struct egress *e, int fd, const struct listener *from)
{
	_cleanup_close_ int to = -1;
	char address[ADDRESS_BYTES];

	snprintf(address, sizeof(address), from->family == AF_INET ? "127.0.0.1:%u" : "[::1]:%u",
		 from->forwards);
	to = dial(address, NULL);
	if (to < 0 && from->family == AF_INET6) {
		snprintf(address, sizeof(address), "127.0.0.1:%u", from->forwards);
		to = dial(address, NULL);
	}
	if (to >= 0)
		relay(e, fd, to);
}

static void *talk(void *ctx)
{
	struct talk *t = ctx;

	set_timeout(t->fd, SILENCE_MS);
	if (t->from.forwards)
		serve_forward(t->egress, t->fd, &t->from);
	else
		serve_proxy(t->egress, t->fd);
	close(t->fd);
	t->egress->talks--;
	free(t);
	return NULL;
}

static void take(struct egress *e, const struct listener *from)
{
	int fd = accept4(from->fd, NULL, NULL, SOCK_CLOEXEC);
	struct talk *t = fd < 0 || e->talks >= TALKS_MAX ? NULL : malloc(sizeof(*t));
	pthread_attr_t attr;
	pthread_t thread;

	if (!t) {
		cleanup_close(&fd);
		return;
	}
	*t = (struct talk){ e, fd, *from };
	e->talks++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, talk, t) != 0) {
		e->talks--;
		close(fd);
		free(t);
	}
	pthread_attr_destroy(&attr);
}

int egress_serve(int *ret_status, struct egress *e, pid_t pid, struct err *err)
{
	struct pollfd fds[LISTENERS_MAX];

	for (size_t i = 0; i < e->count; i++)
		fds[i] = (struct pollfd){ e->listeners[i].fd, POLLIN, 0 };
	while (!e->over) {
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return 0;
		if (poll(fds, e->count, TICK_MS) <= 0)
			continue;
		for (size_t i = 0; i < e->count; i++)
			if (fds[i].revents)
				take(e, &e->listeners[i]);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return err_set(err, EFBIG, "more than %llu MB came",
		       (unsigned long long)(e->rules->bytes_max >> 20));
}
