// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_shipper.c — what is more urgent goes first: the server is this file, and takes its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/delivery.h"
#include "agent/ship.h"
#include "agent/shipper.h"

#define LOG_BYTES 4096
/* Until a message that was sent is taken. */
#define TAKEN_MS 300
#define NOBODY 65534

/* Seen by the shipper, which is another process, and by the test. */
static struct {
	volatile bool takes_time;
	volatile bool is_busy, may_go; /* the first piece waits for that */
	volatile unsigned pieces;      /* that there still are of the file that is sent */
	volatile bool refuses;         /* for now, what is of the analysis "later" */
	char log[LOG_BYTES];
} * peer;

static void say(const char *what, const char *whose)
{
	size_t len = strlen(peer->log);

	snprintf(peer->log + len, LOG_BYTES - len, "%s %s;", what, whose);
}

static void wait_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

int upload_open(struct upload **ret, const struct upload_options *options, struct err *err)
{
	(void)ret;
	(void)options;
	(void)err;
	return 0;
}

void upload_close(struct upload *upload)
{
	(void)upload;
}

int delivery_send(struct delivery *delivery, const struct delivered *content, struct err *err)
{
	if (!strcmp(content->member->analysis, "later") && peer->refuses) {
		delivery->retry_after_s = 0;
		return err_set(err, EAGAIN, "not now");
	}
	if (strcmp(content->kind, "manifest") != 0 && peer->takes_time) {
		peer->is_busy = true;
		while (!peer->may_go)
			wait_ms(10);
		if (peer->pieces && --peer->pieces && content->by_pieces)
			return 1;
	}
	say(content->kind, content->member->name);
	return 0;
}

int delivery_ask(bool *lacks, struct delivery *delivery, const char *const *digests, size_t count,
		 struct err *err)
{
	(void)delivery;
	(void)digests;
	(void)err;
	for (size_t i = 0; i < count; i++)
		lacks[i] = true;
	return 0;
}

int delivery_functions(struct delivery *delivery, const struct pod_member *member, int fd,
		       struct err *err)
{
	(void)delivery;
	(void)fd;
	(void)err;
	say("functions", member->uid);
	return 0;
}

int delivery_beat(struct delivery *delivery, const char *json, struct err *err)
{
	(void)delivery;
	(void)json;
	(void)err;
	return 0;
}

struct fixture {
	int socket, file;
	pid_t pid;
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct shipper_options options = { .node = "n1",
						 .about = "\"node\":\"n1\"",
						 .uid = geteuid() ? 0 : NOBODY,
						 .gid = geteuid() ? 0 : NOBODY };
	struct err err = {};

	peer = mmap(NULL, sizeof(*peer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(peer != MAP_FAILED);
	assert_int_equal(shipper_start(&f.socket, &f.pid, &options, &err), 0);
	f.file = memfd_create("file", MFD_CLOEXEC);
	assert_true(f.file >= 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->file);
	close(f->socket);
	if (f->pid) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	munmap(peer, sizeof(*peer));
	return 0;
}

static void tell(struct fixture *f, enum ship_kind kind, const char *analysis, const char *name)
{
	struct ship_message message = { .kind = kind, .id = 7 };

	snprintf(message.member.analysis, sizeof(message.member.analysis), "%s", analysis);
	snprintf(message.member.name, sizeof(message.member.name), "%s", name);
	snprintf(message.member.uid, sizeof(message.member.uid), "%s", name);
	snprintf(message.text, sizeof(message.text), "%s", kind == SHIP_FILE ? "/lib/a.so" : "");
	assert_int_equal(ship_send(f->socket, &message, kind == SHIP_FILES_END ? -1 : f->file), 0);
}

static void tell_files(struct fixture *f, const char *name, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tell(f, SHIP_FILE, "a", name);
	tell(f, SHIP_FILES_END, "a", name);
}

/* The shipper is amidst of a file. */
static void wait_until_busy(void)
{
	while (!peer->is_busy)
		wait_ms(10);
}

/* Until the shipper has sent all that it has: it ends when it is told nothing more. */
static void let_go(struct fixture *f)
{
	int left = 0;

	/* What it has not taken of the socket yet cannot go before what it is at. */
	while (ioctl(f->socket, SIOCOUTQ, &left) == 0 && left > 0)
		wait_ms(10);
	wait_ms(TAKEN_MS);
	peer->may_go = true;
	shutdown(f->socket, SHUT_WR);
	assert_int_equal(waitpid(f->pid, NULL, 0), f->pid);
	f->pid = 0;
}

static void a_trace_does_not_wait_for_files(void **state)
{
	struct fixture *f = *state;

	peer->takes_time = true;
	tell_files(f, "big", 3);
	wait_until_busy();
	tell_files(f, "next", 1);
	tell(f, SHIP_TRACE, "a", "target");
	let_go(f);
	assert_string_equal(peer->log, "file big;trace target;file big;file big;manifest big;"
				       "file next;manifest next;");
}

static void nor_for_all_of_one_that_is_large(void **state)
{
	struct fixture *f = *state;

	peer->takes_time = true;
	peer->pieces = 4;
	tell_files(f, "big", 1);
	wait_until_busy();
	tell(f, SHIP_TRACE, "a", "target");
	let_go(f);
	assert_string_equal(peer->log, "trace target;file big;manifest big;");
}

static void a_list_of_functions_goes_before_all_else(void **state)
{
	struct fixture *f = *state;

	peer->takes_time = true;
	tell_files(f, "big", 3);
	wait_until_busy();
	tell(f, SHIP_TRACE, "a", "target");
	tell(f, SHIP_FUNCTIONS, "a", "pod");
	let_go(f);
	assert_string_equal(peer->log, "file big;functions pod;trace target;file big;file big;"
				       "manifest big;");
}

static void nor_does_it_wait_for_all_of_a_trace(void **state)
{
	struct fixture *f = *state;

	peer->takes_time = true;
	peer->pieces = 3;
	tell(f, SHIP_TRACE, "a", "target");
	wait_until_busy();
	tell(f, SHIP_FUNCTIONS, "a", "pod");
	let_go(f);
	assert_string_equal(peer->log, "functions pod;trace target;");
}

static void what_is_refused_for_now_lets_others_pass(void **state)
{
	struct fixture *f = *state;

	peer->refuses = true;
	tell(f, SHIP_TRACE, "later", "first");
	tell(f, SHIP_TRACE, "a", "second");
	for (int i = 0; i < 100 && !strstr(peer->log, "second;"); i++)
		wait_ms(50);
	assert_string_equal(peer->log, "trace second;");
	peer->refuses = false;
	for (int i = 0; i < 100 && !strstr(peer->log, "first;"); i++)
		wait_ms(50);
	let_go(f);
	assert_string_equal(peer->log, "trace second;trace first;");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_trace_does_not_wait_for_files),
		TEST(nor_for_all_of_one_that_is_large),
		TEST(a_list_of_functions_goes_before_all_else),
		TEST(nor_does_it_wait_for_all_of_a_trace),
		TEST(what_is_refused_for_now_lets_others_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
