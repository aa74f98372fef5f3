// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What is asked of other servers: within limits, of whom was meant, and of nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "server/http_client.h"

/* A server for a few connections: notes what it was asked, and answers with one text. */
struct peer {
	int listener;
	uint16_t port;
	const char *answer;
	size_t padding; /* bytes that come after it */
	int connections;
	char asked[8192];
	pthread_t thread;
};

static size_t read_request(int fd, char *ret, size_t size)
{
	size_t len = 0, body = 0;
	ssize_t n;
	char *end, *length;

	while (len + 1 < size && (n = recv(fd, ret + len, size - len - 1, 0)) > 0) {
		len += (size_t)n;
		ret[len] = '\0';
		end = strstr(ret, "\r\n\r\n");
		length = strstr(ret, "Content-Length: ");
		body = length ? strtoul(length + 16, NULL, 10) : 0;
		if (end && len >= (size_t)(end + 4 - ret) + body)
			break;
	}
	return len;
}

static void *serve(void *ctx)
{
	static const char block[4096];
	struct peer *p = ctx;

	for (int i = 0; i < p->connections; i++) {
		int fd = accept(p->listener, NULL, NULL);

		if (fd < 0)
			break;
		if (read_request(fd, p->asked, sizeof(p->asked)))
			(void)!send(fd, p->answer, strlen(p->answer), MSG_NOSIGNAL);
		for (size_t left = p->padding; left; left -= left < 4096 ? left : 4096)
			if (send(fd, block, left < 4096 ? left : 4096, MSG_NOSIGNAL) < 0)
				break;
		close(fd);
	}
	return NULL;
}

static void peer_start(struct peer *p, const char *answer, int connections)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	p->answer = answer;
	p->connections = connections;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(p->listener, 4), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &size), 0);
	p->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void peer_end(struct peer *p)
{
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->listener);
}

static struct http_client *client(void)
{
	struct http_client *c = NULL;
	struct err err = {};

	assert_int_equal(http_client_new(&c, &err), 0);
	return c;
}

static void it_asks_and_hears(void **state)
{
	static const char *const headers[] = { "X-One: 1", "Content-Type: text/plain", NULL };
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct peer p = {};
	char url[64], value[16];
	struct http_call call = {
		.method = "PUT", .url = url, .headers = headers, .body = "hello", .body_len = 5
	};
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	peer_start(
	    &p, "HTTP/1.1 201 Made\r\nX-Two: 2\r\nx-two:  three\r\nContent-Length: 4\r\n\r\nbody",
	    1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/a?b=c", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), 0);
	peer_end(&p);
	assert_int_equal(answer.status, 201);
	assert_string_equal(answer.body.bytes, "body");
	assert_true(http_answer_header(value, sizeof(value), &answer, "X-TWO"));
	assert_string_equal(value, "three");
	assert_false(http_answer_header(value, sizeof(value), &answer, "X-Tw"));
	assert_non_null(strstr(p.asked, "PUT /a?b=c HTTP/1.1\r\n"));
	assert_non_null(strstr(p.asked, "X-One: 1\r\n"));
	assert_non_null(strstr(p.asked, "\r\n\r\nhello"));
	assert_null(strstr(p.asked, "Expect"));
	http_answer_done(&answer);
}

static void a_name_is_asked_where_it_was_looked_up(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct peer p = {};
	char to[32];
	const struct http_call call = { .url = "http://no.such.host.invalid:81/",
					.connect_to = to };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	peer_start(
	    &p, "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 1);
	snprintf(to, sizeof(to), "127.0.0.1:%u", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), 0);
	peer_end(&p);
	assert_int_equal(answer.status, 302); /* and goes nowhere */
	assert_non_null(strstr(p.asked, "Host: no.such.host.invalid:81\r\n"));
	http_answer_done(&answer);
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct peer p = {};
	char url[64];
	const struct http_call call = { .url = url };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	peer_start(&p, "HTTP/1.1 204 No\r\n\r\n", 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), 0);
	unsetenv("http_proxy");
	peer_end(&p);
	assert_int_equal(answer.status, 204);
	http_answer_done(&answer);
}

static void an_answer_has_an_end(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct peer p = { .padding = 1 << 20 };
	char url[64];
	const struct http_call call = { .url = url, .answer_max = 1000 };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	peer_start(&p, "HTTP/1.1 200 OK\r\n\r\n", 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), -EFBIG);
	peer_end(&p);
	assert_int_equal(answer.status, 0);
}

static void a_file_is_sent_from_its_start(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	_cleanup_close_ int fd = memfd_create("body", MFD_CLOEXEC);
	struct peer p = {};
	char url[64];
	const struct http_call call = { .method = "PUT", .url = url, .body_fd = fd, .body_len = 6 };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	assert_int_equal(write(fd, "abcdefgh", 8), 8);
	peer_start(&p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), 0);
	peer_end(&p);
	assert_non_null(strstr(p.asked, "Content-Length: 6\r\n"));
	assert_non_null(strstr(p.asked, "\r\n\r\nabcdef"));
	assert_null(strstr(p.asked, "abcdefg"));
	http_answer_done(&answer);
}

static int take(void *ctx, unsigned status, const char *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)ctx += status == 200 ? len : 0;
	return *(size_t *)ctx > 8192 ? -ECANCELED : 0;
}

static void what_streams_is_stopped(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct peer p = { .padding = 1 << 20 };
	size_t taken = 0;
	char url[64];
	const struct http_call call = { .url = url, .take = take, .ctx = &taken };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	peer_start(&p, "HTTP/1.1 200 OK\r\n\r\n", 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), -ECANCELED);
	peer_end(&p);
	assert_true(taken > 8192);
}

static int stop(void *ctx)
{
	(void)ctx;
	return -EINTR;
}

static void who_says_nothing_is_left(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	_cleanup_close_ int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];
	struct http_call call = { .url = url, .timeout_ms = 200 };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
	assert_int_equal(http_client_ask(&answer, c, &call, &err), -ETIMEDOUT);
	call.timeout_ms = -1;
	call.tick = stop;
	assert_int_equal(http_client_ask(&answer, c, &call, &err), -EINTR);
	close(take_fd(&listener));
	call.tick = NULL;
	assert_int_equal(http_client_ask(&answer, c, &call, &err), -EAGAIN);
	call.url = "file:///etc/passwd";
	assert_int_equal(http_client_ask(&answer, c, &call, &err), -EINVAL);
}

/* "0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 02:…": of our end, 02 is the timer that asks a silent peer. */
static int look_at_timer(void *ctx, unsigned status, const char *bytes, size_t len)
{
	unsigned port = *(unsigned *)ctx, to, timer;
	FILE *file = fopen("/proc/self/net/tcp", "re");
	char line[256];

	(void)status;
	(void)bytes;
	assert_non_null(file);
	while (len && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*d: %*8x:%*x %*8x:%x %*x %*x:%*x %x:", &to, &timer) == 2 &&
		    to == port)
			*(unsigned *)ctx = timer;
	fclose(file);
	return 0;
}

static void a_peer_that_has_gone_silently_is_noticed(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = client();
	struct peer p = {};
	char url[64];
	unsigned timer;
	const struct http_call call = { .url = url, .take = look_at_timer, .ctx = &timer };
	struct http_answer answer = {};
	struct err err = {};

	(void)state;
	peer_start(&p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 1);
	timer = p.port;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", p.port);
	assert_int_equal(http_client_ask(&answer, c, &call, &err), 0);
	peer_end(&p);
	assert_int_equal(timer, 2);
	http_answer_done(&answer);
}

static void a_url_is_taken_apart(void **state)
{
	static const struct {
		const char *url, *host;
		uint16_t port;
		bool has_user;
		int result;
	} cases[] = {
		{ "https://example.org/a", "example.org", 443, false, 0 },
		{ "http://[::1]:8080/", "::1", 8080, false, 0 },
		{ "http://user:pw@example.org", "example.org", 80, true, 0 },
		{ "https://example.org@evil.example/", "evil.example", 443, true, 0 },
		{ "http://127.1/", "127.0.0.1", 80, false, 0 },
		{ "ftp://example.org/", "", 0, false, -EINVAL },
		{ "file:///etc/passwd", "", 0, false, -EINVAL },
		{ "example.org", "", 0, false, -EINVAL },
		{ "http://", "", 0, false, -EINVAL },
		{ "http://a b/", "", 0, false, -EINVAL },
		{ "", "", 0, false, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_url url;
		struct err err = {};

		assert_int_equal(http_url_parse(&url, cases[i].url, &err), cases[i].result);
		if (cases[i].result < 0)
			continue;
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.has_user, cases[i].has_user);
	}
}

static void a_redirect_leads_on(void **state)
{
	static const struct {
		const char *base, *reference, *to;
	} cases[] = {
		{ "http://a:1/b/c", "d", "http://a:1/b/d" },
		{ "http://a:1/b/c", "/d", "http://a:1/d" },
		{ "https://a/b", "//other/d", "https://other/d" },
		{ "http://a/b", "https://other:8/d?e", "https://other:8/d?e" },
		{ "http://a/b/c", "../../../d", "http://a/d" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *to = NULL;
		struct err err = {};

		assert_int_equal(http_url_join(&to, cases[i].base, cases[i].reference, &err), 0);
		assert_string_equal(to, cases[i].to);
	}
	struct err err = {};
	char *to = NULL;

	assert_int_equal(http_url_join(&to, "http://a/b", "http://[::1/", &err), -EINVAL);
	assert_true(err.text[0] && !to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_asks_and_hears),
		cmocka_unit_test(a_name_is_asked_where_it_was_looked_up),
		cmocka_unit_test(a_proxy_of_the_environment_is_not_asked),
		cmocka_unit_test(an_answer_has_an_end),
		cmocka_unit_test(a_file_is_sent_from_its_start),
		cmocka_unit_test(what_streams_is_stopped),
		cmocka_unit_test(who_says_nothing_is_left),
		cmocka_unit_test(a_peer_that_has_gone_silently_is_noticed),
		cmocka_unit_test(a_url_is_taken_apart),
		cmocka_unit_test(a_redirect_leads_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
