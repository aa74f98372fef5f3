// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_gvisor_events.c — from gVisor's messages to a trace's events: which path a file has, what is missing, what is told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/fact_set.h"
#include "agent/gvisor_events.h"
#include "agent/gvisor_message.h"
#include "agent/root_program.h"
#include "tests/unit/gvisor_fixture.h"

#define START_NS 1000000000ull              /* since boot, */
#define START_REAL_NS 1700000000000000000ll /* and since 1970 */
#define NOW (START_NS + 5000000000ull)

/* One line a record: kind, process, and what it is about. */
struct heard {
	char text[8192];
	uint64_t last_t;
};

static void hear(void *ctx, const struct source_event *e)
{
	struct heard *heard = ctx;
	size_t len = strlen(heard->text);

	heard->last_t = e->t_ns;
	snprintf(heard->text + len, sizeof(heard->text) - len, "%d %d %s%s%s %s\n", (int)e->kind,
		 e->pid,
		 e->access                   ? e->access
		 : e->role                   ? e->role
		 : e->net_op                 ? e->net_op
		 : e->kind == TRACE_SYSCALLS ? "nr"
					     : "",
		 e->by_name ? "?" : "", e->deleted ? "!" : "",
		 e->path       ? e->path
		 : e->given    ? e->given
		 : e->net_addr ? e->net_addr
			       : "");
}

static struct gvisor_events *listen_to(struct heard *heard, const char *program, int root_fd)
{
	const struct gvisor_identity who = { .container = "c",
					     .program = program,
					     .root_fd = root_fd,
					     .boottime_ns = START_NS,
					     .realtime_ns = START_REAL_NS };
	struct gvisor_events *events = NULL;

	*heard = (struct heard){};
	assert_int_equal(gvisor_events_new(&events, &who, hear, heard, NULL), 0);
	return events;
}

static void take(struct gvisor_events *events, const struct packet *p)
{
	gvisor_events_take(events, p->bytes, p->len, NOW);
}

static struct packet message(uint16_t type, uint64_t tgid)
{
	struct packet p = begin_packet(type, 0);

	put_context(&p, START_REAL_NS + 1000, tgid);
	return p;
}

static void open_file(struct gvisor_events *events, uint64_t tgid, uint64_t fd, const char *name)
{
	struct packet p = message(GVISOR_OPEN, tgid);

	put_exit(&p, fd, 0);
	put_number(&p, 3, SYS_openat);
	put_number(&p, 4, (uint64_t)AT_FDCWD);
	put_text(&p, 6, name);
	take(events, &p);
}

static void close_file(struct gvisor_events *events, uint64_t tgid, uint64_t fd, const char *path)
{
	struct packet p = message(GVISOR_CLOSE, tgid);

	put_number(&p, 3, SYS_close);
	put_number(&p, 4, fd);
	put_text(&p, 5, path);
	take(events, &p);
}

static void returns(struct gvisor_events *events, uint64_t number, uint64_t error)
{
	struct packet p = message(GVISOR_SYSCALL, 1);

	put_exit(&p, 0, error);
	put_number(&p, 4, number);
	take(events, &p);
}

static void exec_file(struct gvisor_events *events, uint64_t tgid, const char *path)
{
	struct packet p = message(GVISOR_EXEC, tgid);

	put_text(&p, 2, path);
	take(events, &p);
}

static void ends(struct gvisor_events *events, uint64_t tgid, uint64_t status)
{
	struct packet p = message(GVISOR_TASK_EXIT, tgid);

	put_number(&p, 2, status);
	take(events, &p);
}

static void start(struct gvisor_events *events)
{
	struct packet p = message(GVISOR_CONTAINER_START, 1);

	put_text(&p, 2, "c");
	take(events, &p);
}

static uint64_t lost(const struct gvisor_events *events, enum trace_loss what)
{
	uint64_t sum = 0;

	for (size_t kind = 0; kind <= TRACE_KIND_COUNT; kind++)
		sum += gvisor_events_losses(events)->count[what][kind];
	return sum;
}

static uint64_t lost_at_all(const struct gvisor_events *events)
{
	uint64_t sum = 0;

	for (int what = 0; what < TRACE_LOSS_COUNT; what++)
		sum += lost(events, (enum trace_loss)what);
	return sum;
}

static void a_file_has_the_path_that_its_descriptor_is_closed_with(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);

	(void)state;
	open_file(events, 7, 3, "/etc/passwd");
	assert_string_equal(heard.text, "");
	close_file(events, 7, 3, "/etc/passwd");
	open_file(events, 7, 3, "/etc/passwd"); /* again: told once */
	close_file(events, 7, 3, "/etc/passwd");
	assert_string_equal(heard.text, "3 7 r /etc/passwd\n");
	assert_int_equal(heard.last_t, START_NS + 1000);
	gvisor_events_unit(events, START_NS);
	open_file(events, 7, 3, "/etc/passwd");
	close_file(events, 7, 3, "/etc/passwd");
	assert_string_equal(heard.text, "3 7 r /etc/passwd\n3 7 r /etc/passwd\n");
	assert_int_equal(lost_at_all(events), 0);
	gvisor_events_free(events);
}

/* Without the root nobody can tell a link from another file. */
static void another_name_is_told_beside_the_path(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);

	(void)state;
	open_file(events, 7, 3, "sub/../passwd");
	close_file(events, 7, 3, "/etc/passwd");
	assert_string_equal(heard.text, "3 7 r? /srv/sub/../passwd\n3 7 r /etc/passwd\n");
	gvisor_events_free(events);
}

static void what_comes_late_hides_nothing_of_the_unit(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);

	(void)state;
	open_file(events, 7, 3, "/etc/passwd");
	gvisor_events_unit(events, START_NS + 100000);
	close_file(events, 7, 3, "/etc/passwd"); /* its opening was in the unit before */
	assert_string_equal(heard.text, "3 7 r /etc/passwd\n");
	gvisor_events_unit(events, START_NS);
	open_file(events, 7, 3, "/etc/passwd");
	close_file(events, 7, 3, "/etc/passwd");
	assert_string_equal(heard.text, "3 7 r /etc/passwd\n3 7 r /etc/passwd\n");
	gvisor_events_free(events);
}

static void one_that_stays_open_has_the_name_that_was_passed(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);

	(void)state;
	open_file(events, 7, 3, "lib.so");
	gvisor_events_settle(events, START_NS + 5000);
	assert_string_equal(heard.text, ""); /* it may still be closed */
	gvisor_events_settle(events, NOW);
	gvisor_events_settle(events, NOW);
	assert_string_equal(heard.text, "3 7 r? /srv/lib.so\n");
	close_file(events, 7, 3, "/usr/lib/lib.so"); /* late is better than never */
	assert_string_equal(heard.text, "3 7 r? /srv/lib.so\n3 7 r /usr/lib/lib.so\n");
	gvisor_events_free(events);
}

static void a_descriptor_that_became_another_ones_hides_no_file(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);

	(void)state;
	open_file(events, 7, 3, "/a"); /* closed unseen, */
	open_file(events, 7, 3, "/b"); /* used again, closed unseen and handed a third file */
	close_file(events, 7, 3, "/c");
	open_file(events, 7, 4, "/d"); /* a socket by now */
	close_file(events, 7, 4, "socket:[3]");
	open_file(events, 7, 5, "/e");
	exec_file(events, 7, "/bin/true"); /* closes perhaps */
	assert_string_equal(heard.text, "3 7 r? /a\n3 7 r? /b\n3 7 r /c\n3 7 r? /d\n3 7 r? /e\n"
					"0 7 program /bin/true\n");
	assert_int_equal(lost_at_all(events), 0);
	gvisor_events_free(events);
}

static void a_descriptor_of_unknown_origin_was_opened_by_somebody(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);

	(void)state;
	close_file(events, 7, 9, "/opt/handed-over");
	close_file(events, 8, 9, "/opt/handed-over");
	close_file(events, 8, 9, "/tmp/gone (deleted)");
	close_file(events, 8, 1, "pipe:[1]");
	assert_string_equal(heard.text, "3 7 r /opt/handed-over\n3 8 r! /tmp/gone\n");
	gvisor_events_free(events);
}

static void a_failed_open_has_no_path(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);
	struct packet p = message(GVISOR_OPEN, 7);

	(void)state;
	put_exit(&p, 0, ENOENT);
	put_number(&p, 3, SYS_openat);
	put_text(&p, 6, "/none");
	take(events, &p);
	gvisor_events_end(events, false);
	assert_string_equal(heard.text, "3 7  /none\n");
	gvisor_events_free(events);
}

static void a_script_is_told_with_what_its_first_line_names(void **state)
{
	char dir[] = "/tmp/vexxy-gvisor-XXXXXX", path[64], found[PATH_MAX];
	char *const env[] = { (char *)"HOME=/", (char *)"PATH=/none:/bin", NULL };
	struct gvisor_events *events;
	struct heard heard;
	int root, fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root, "bin", 0755), 0);
	fd = openat(root, "bin/run", O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, "#! /bin/sh -e\nrm\n", 17), 17);
	close(fd);
	close(openat(root, "bin/busybox", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	assert_int_equal(symlinkat("/bin/busybox", root, "bin/sh"), 0);
	assert_int_equal(root_program(found, root, "sh", "/", env), 0);
	assert_string_equal(found, "/bin/busybox");
	assert_int_equal(root_program(found, root, "./run", "/bin", env), 0);
	assert_string_equal(found, "/bin/run");
	assert_true(root_program(found, root, "none", "/", env) < 0);

	events = listen_to(&heard, "/bin/run", root);
	start(events);
	exec_file(events, 2, "/bin/busybox");
	assert_string_equal(heard.text, "0 1 script /bin/run\n0 1 program? /bin/busybox\n"
					"0 2 program /bin/busybox\n");
	gvisor_events_free(events);
	close(root);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
}

static void what_no_message_tells_is_counted(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, "/bin/init", -1);

	(void)state;
	start(events);
	exec_file(events, 2, "/bin/true");
	open_file(events, 2, 3, "/a");
	returns(events, SYS_execve, 0);
	returns(events, SYS_execve, ENOENT);
	returns(events, SYS_openat, 0);
	ends(events, 1, 0);
	gvisor_events_end(events, true);
	assert_int_equal(lost_at_all(events), 0);
	gvisor_events_free(events);

	events = listen_to(&heard, "/bin/init", -1);
	start(events);
	returns(events, SYS_execve, 0); /* its message had text that is no UTF-8 */
	returns(events, SYS_openat, 0);
	returns(events, SYS_openat, 0);
	returns(events, SYS_io_uring_setup, 0);
	returns(events, SYS_chroot, 0);
	ends(events, 1, 0);
	gvisor_events_end(events, true);
	assert_int_equal(lost(events, TRACE_LOSS_READ), 3);
	assert_int_equal(lost(events, TRACE_LOSS_URING), 1);
	assert_int_equal(lost(events, TRACE_LOSS_WALK), 1);
	gvisor_events_free(events);
}

static void dropped_messages_are_losses(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);
	struct packet p = begin_packet(GVISOR_CLONE, UINT32_MAX);

	(void)state;
	take(events, &p);
	assert_int_equal(lost(events, TRACE_LOSS_RING), UINT32_MAX);
	p = begin_packet(GVISOR_CLONE, 4); /* the counter went round */
	take(events, &p);
	assert_int_equal(lost(events, TRACE_LOSS_RING), (uint64_t)UINT32_MAX + 5);
	gvisor_events_free(events);
}

static void an_end_before_that_of_the_first_process_is_a_loss(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, "/bin/init", -1);
	int status = -1;

	(void)state;
	start(events);
	assert_true(gvisor_events_armed(events));
	ends(events, 2, 0);
	assert_false(gvisor_events_ended(events, &status));
	gvisor_events_end(events, true);
	assert_int_equal(lost(events, TRACE_LOSS_RING), 1);
	gvisor_events_free(events);

	events = listen_to(&heard, "/bin/init", -1);
	start(events);
	ends(events, 1, 768);
	gvisor_events_end(events, true);
	assert_true(gvisor_events_ended(events, &status));
	assert_int_equal(status, 768);
	assert_int_equal(lost_at_all(events), 0);
	gvisor_events_free(events);

	events = listen_to(&heard, "/bin/init", -1);
	start(events);
	gvisor_events_end(events, false); /* we have ended it */
	assert_int_equal(lost_at_all(events), 0);
	gvisor_events_free(events);
}

static void begins(struct gvisor_events *events, uint64_t by, uint64_t tgid)
{
	struct packet p = message(GVISOR_CLONE, by);

	put_number(&p, 4, tgid);
	take(events, &p);
}

static void thread_ends(struct gvisor_events *events, uint64_t tid, uint64_t tgid, uint64_t status)
{
	struct packet p = begin_packet(GVISOR_TASK_EXIT, 0);

	put_thread(&p, 1, tid, tgid);
	put_number(&p, 2, status);
	take(events, &p);
}

/* The first thread of a process ends before others when another one executes a program, or by itself. */
static void a_container_is_over_when_its_last_thread_is(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, "/bin/init", -1);
	int status = -1;

	(void)state;
	start(events);
	begins(events, 1, 1); /* a thread, 5 */
	begins(events, 1, 7); /* a process, with another thread, 8 */
	begins(events, 7, 7);
	thread_ends(events, 1, 1, 0);
	assert_false(gvisor_events_ended(events, &status));
	thread_ends(events, 5, 1, 512);
	assert_true(gvisor_events_ended(events, &status));
	assert_int_equal(status, 512);
	assert_false(gvisor_events_over(events));
	thread_ends(events, 7, 7, 0);
	assert_false(gvisor_events_over(events));
	thread_ends(events, 8, 7, 0);
	assert_true(gvisor_events_over(events));
	gvisor_events_end(events, true);
	assert_int_equal(lost_at_all(events), 0);
	gvisor_events_free(events);
}

static void what_cannot_be_read_is_a_loss_and_named(void **state)
{
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);
	struct packet p = begin_packet(GVISOR_OPEN, 0), other = begin_packet(GVISOR_EXEC, 0);
	struct packet context = { .len = 0 };

	(void)state;
	put_number(&p, 6, 1);
	take(events, &p);
	assert_int_equal(lost(events, TRACE_LOSS_READ), 1);
	assert_non_null(strstr(gvisor_events_fault(events), "field 6"));
	put_text(&context, 6, "another container");
	put_bytes(&other, 1, context.bytes, context.len);
	put_text(&other, 2, "/bin/true");
	take(events, &other);
	assert_int_equal(lost(events, TRACE_LOSS_STORAGE), 1);
	assert_string_equal(heard.text, "");
	gvisor_events_free(events);
}

static void times_are_never_before_the_start_nor_in_the_future(void **state)
{
	static const struct {
		int64_t told;
		uint64_t taken;
	} cases[] = { { START_REAL_NS - 5, START_NS },
		      { START_REAL_NS + 5, START_NS + 5 },
		      { INT64_MAX, NOW },
		      { INT64_MIN, NOW },
		      { 0, NOW } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet p = begin_packet(GVISOR_EXEC, 0);
		struct heard heard;
		struct gvisor_events *events = listen_to(&heard, NULL, -1);

		put_context(&p, (uint64_t)cases[i].told, 1);
		put_text(&p, 2, "/bin/true");
		take(events, &p);
		assert_int_equal(heard.last_t, cases[i].taken);
		gvisor_events_free(events);
	}
}

static void a_socket_listens_where_it_was_bound(void **state)
{
	static const uint8_t address[16] = { AF_INET, 0, 0x1f, 0x90, 127, 0, 0, 1 };
	struct heard heard;
	struct gvisor_events *events = listen_to(&heard, NULL, -1);
	struct packet p = message(GVISOR_BIND, 1), q = message(GVISOR_SYSCALL, 1);

	(void)state;
	put_exit(&p, 0, 0);
	put_number(&p, 4, 3);
	put_bytes(&p, 6, address, sizeof(address));
	take(events, &p);
	put_exit(&q, 0, 0);
	put_number(&q, 4, SYS_listen);
	put_number(&q, 5, 3);
	take(events, &q);
	p = message(GVISOR_CONNECT, 1);
	put_exit(&p, 0, ECONNREFUSED);
	put_bytes(&p, 6, "\x01\x00/run/x", 8);
	take(events, &p);
	assert_string_equal(heard.text, "8 1 listen 127.0.0.1\n8 1 connect /run/x\n");
	gvisor_events_free(events);
}

static void facts_are_compared_whole_and_never_lost(void **state)
{
	struct fact_set set = {};
	char fact[16];

	(void)state;
	assert_true(fact_set_add(&set, "a\0b", 3));
	assert_true(fact_set_add(&set, "a\0c", 3));
	assert_true(fact_set_add(&set, "a", 1));
	assert_false(fact_set_add(&set, "a\0b", 3));
	for (unsigned i = 0; i < FACTS_MAX; i++)
		fact_set_add(&set, fact, (size_t)snprintf(fact, sizeof(fact), "%u", i));
	assert_int_equal(set.refused, 3);
	assert_true(fact_set_add(&set, "one more", 8)); /* full: everything is new */
	assert_true(fact_set_add(&set, "one more", 8));
	assert_false(fact_set_add(&set, "17", 2));
	fact_set_clear(&set);
	assert_true(fact_set_add(&set, "17", 2));
	assert_int_equal(set.refused, 5);
	fact_set_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_the_path_that_its_descriptor_is_closed_with),
		cmocka_unit_test(another_name_is_told_beside_the_path),
		cmocka_unit_test(what_comes_late_hides_nothing_of_the_unit),
		cmocka_unit_test(one_that_stays_open_has_the_name_that_was_passed),
		cmocka_unit_test(a_descriptor_that_became_another_ones_hides_no_file),
		cmocka_unit_test(a_descriptor_of_unknown_origin_was_opened_by_somebody),
		cmocka_unit_test(a_failed_open_has_no_path),
		cmocka_unit_test(a_script_is_told_with_what_its_first_line_names),
		cmocka_unit_test(what_no_message_tells_is_counted),
		cmocka_unit_test(dropped_messages_are_losses),
		cmocka_unit_test(an_end_before_that_of_the_first_process_is_a_loss),
		cmocka_unit_test(a_container_is_over_when_its_last_thread_is),
		cmocka_unit_test(what_cannot_be_read_is_a_loss_and_named),
		cmocka_unit_test(times_are_never_before_the_start_nor_in_the_future),
		cmocka_unit_test(a_socket_listens_where_it_was_bound),
		cmocka_unit_test(facts_are_compared_whole_and_never_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
