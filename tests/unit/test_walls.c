// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_walls.c — whether a pod is shut off is told by whether somebody answers where nobody may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/walls.h"
#include "include/cleanup.h"

static int bound(char port[8])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(port, 8, "%u", ntohs(address.sin_port));
	return fd;
}

static void who_gets_an_answer_has_no_walls(void **state)
{
	char port[8];
	_cleanup_close_ int fd = bound(port);

	(void)state;
	assert_int_equal(listen(fd, 64), 0);
	assert_false(walls_stand("127.0.0.1", port, 300));
}

static void who_is_refused_has(void **state)
{
	char port[8];
	_cleanup_close_ int fd = bound(port); /* and does not listen */

	(void)state;
	assert_true(walls_stand("127.0.0.1", port, 0));
}

static void *stop_listening(void *fd)
{
	const struct timespec moment = { .tv_nsec = 300000000L };

	nanosleep(&moment, NULL);
	shutdown(*(int *)fd, SHUT_RD);
	return NULL;
}

static void walls_may_come_up_late(void **state)
{
	char port[8];
	_cleanup_close_ int fd = bound(port);
	pthread_t thread;

	(void)state;
	assert_int_equal(listen(fd, 64), 0);
	assert_false(walls_stand("127.0.0.1", port, 0));
	assert_int_equal(pthread_create(&thread, NULL, stop_listening, &fd), 0);
	assert_true(walls_stand("127.0.0.1", port, 10000));
	pthread_join(thread, NULL);
}

static void nothing_is_said_where_nothing_is_known(void **state)
{
	(void)state;
	assert_true(walls_stand(NULL, "443", 0));
	assert_true(walls_stand("10.0.0.1", NULL, 0));
	assert_true(walls_stand("kubernetes.default.svc", "443", 0));
	assert_true(walls_stand("127.0.0.1", "https", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_gets_an_answer_has_no_walls),
		cmocka_unit_test(who_is_refused_has),
		cmocka_unit_test(walls_may_come_up_late),
		cmocka_unit_test(nothing_is_said_where_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
