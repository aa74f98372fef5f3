// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_trace_writer.c — a trace file: order, growth, and what a full disk leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "agent/trace_writer.h"

#define TEXT_BYTES (1u << 20)
#define HEADER "{\"vexxy_trace\":\"1.0\"}"

struct scratch {
	char dir[64], path[80], link[80];
	char text[TEXT_BYTES];
};

static int make_scratch(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	strcpy(s->dir, "/tmp/vexxy-unit.XXXXXX");
	if (!mkdtemp(s->dir))
		return -1;
	snprintf(s->path, sizeof(s->path), "%s/trace", s->dir);
	snprintf(s->link, sizeof(s->link), "%s/link", s->dir);
	*state = s;
	return 0;
}

static int drop_scratch(void **state)
{
	struct scratch *s = *state;

	unlink(s->path);
	unlink(s->link);
	rmdir(s->dir);
	free(s);
	return 0;
}

/* Unpacks what is there; false when the stream does not end as gzip should. */
static bool unpack(struct scratch *s)
{
	gzFile file = gzopen(s->path, "rb");
	int n = gzread(file, s->text, TEXT_BYTES - 1);
	int error = Z_OK;

	gzerror(file, &error);
	s->text[n > 0 ? n : 0] = '\0';
	gzclose(file);
	return n >= 0 && error == Z_OK;
}

static void put(struct trace_writer *writer, uint64_t t, const char *comm)
{
	struct text *line = trace_writer_begin(writer);

	emit_string(line, "kind", "fork");
	emit_string(line, "comm", comm);
	trace_writer_commit(writer, TRACE_FORK, t);
}

static struct trace_writer *begin(struct scratch *s)
{
	struct trace_writer *writer = NULL;
	struct err err = {};

	assert_int_equal(trace_writer_create(&writer, s->path, &err), 0);
	assert_int_equal(trace_writer_header(writer, HEADER), 0);
	return writer;
}

static void records_are_written_in_order_of_time(void **state)
{
	struct scratch *s = *state;
	_cleanup_(trace_writer_closep) struct trace_writer *writer = begin(s);

	put(writer, 30, "c");
	put(writer, 10, "a");
	put(writer, 20, "b");
	put(writer, 20, "b2");
	assert_int_equal(trace_writer_settle(writer), 0);
	assert_int_equal(trace_writer_counts(writer)[TRACE_FORK], 4);
	assert_int_equal(trace_writer_finish(writer, "{\"kind\":\"end\"}"), 0);
	assert_true(unpack(s));
	assert_string_equal(s->text, HEADER "\n"
					    "{\"t\":10,\"kind\":\"fork\",\"comm\":\"a\"}\n"
					    "{\"t\":20,\"kind\":\"fork\",\"comm\":\"b\"}\n"
					    "{\"t\":20,\"kind\":\"fork\",\"comm\":\"b2\"}\n"
					    "{\"t\":30,\"kind\":\"fork\",\"comm\":\"c\"}\n"
					    "{\"kind\":\"end\"}\n");
}

static void what_is_flushed_can_be_read_while_the_file_grows(void **state)
{
	struct scratch *s = *state;
	_cleanup_(trace_writer_closep) struct trace_writer *writer = begin(s);

	put(writer, 1, "early");
	put(writer, 100, "waits");
	assert_int_equal(trace_writer_flush(writer, 50), 0);
	(void)unpack(s);
	assert_non_null(strstr(s->text, "early"));
	assert_null(strstr(s->text, "waits"));
}

static void a_late_record_keeps_its_place(void **state)
{
	struct scratch *s = *state;
	_cleanup_(trace_writer_closep) struct trace_writer *writer = begin(s);

	put(writer, 100, "first");
	assert_int_equal(trace_writer_flush(writer, 200), 0);
	put(writer, 40, "late");
	assert_int_equal(trace_writer_settle(writer), 0);
	assert_int_equal(trace_writer_finish(writer, "{}"), 0);
	assert_true(unpack(s));
	assert_non_null(
	    strstr(s->text, "{\"t\":100,\"late_ns\":60,\"kind\":\"fork\",\"comm\":\"late\"}"));
}

static void a_line_that_is_too_long_is_a_loss(void **state)
{
	struct scratch *s = *state;
	_cleanup_(trace_writer_closep) struct trace_writer *writer = begin(s);
	_cleanup_free_ char *name = malloc(TRACE_LINE_BYTES_MAX + 1);

	assert_non_null(name);
	memset(name, 'x', TRACE_LINE_BYTES_MAX);
	name[TRACE_LINE_BYTES_MAX] = '\0';
	put(writer, 1, name);
	assert_int_equal(trace_writer_settle(writer), 0);
	assert_int_equal(trace_writer_lost(writer), 1);
	assert_int_equal(trace_writer_counts(writer)[TRACE_FORK], 0);
}

/* More text than the writer lets wait: the order is kept, and nothing is lost. */
static void many_records_do_not_wait_for_ever(void **state)
{
	struct scratch *s = *state;
	_cleanup_(trace_writer_closep) struct trace_writer *writer = begin(s);
	char name[512];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint64_t i = 0; i < 20000; i++)
		put(writer, i, name);
	assert_true(trace_writer_counts(writer)[TRACE_FORK] > 1000);
	assert_int_equal(trace_writer_settle(writer), 0);
	assert_int_equal(trace_writer_counts(writer)[TRACE_FORK], 20000);
	assert_int_equal(trace_writer_lost(writer), 0);
}

/* A limit on the file's size stands for a disk without room: write(2) fails in the same way. */
static void a_full_disk_leaves_a_whole_file(void **state)
{
	struct scratch *s = *state;
	_cleanup_(trace_writer_closep) struct trace_writer *writer = begin(s);
	struct rlimit before, small;
	uint64_t kept;
	char name[64];
	int r = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 60000;
	setrlimit(RLIMIT_FSIZE, &small);
	srandom(1);
	for (uint64_t i = 0; i < 4000 && r == 0; i++) {
		snprintf(name, sizeof(name), "%lx%lx%lx", random(), random(), random());
		put(writer, i, name);
		if (i % 100 == 99)
			r = trace_writer_flush(writer, i);
	}
	assert_int_equal(r, -EFBIG);
	kept = trace_writer_counts(writer)[TRACE_FORK];
	assert_true(kept > 100 && kept < 4000);
	put(writer, 5000, "too late");
	assert_int_equal(trace_writer_settle(writer), -EFBIG);
	assert_true(trace_writer_lost(writer) >= 1);
	assert_int_equal(trace_writer_finish(writer, "{\"kind\":\"end\"}"), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_true(unpack(s));
	assert_non_null(strstr(s->text, "{\"kind\":\"end\"}\n"));
	assert_null(strstr(s->text, "too late"));
	for (const char *at = s->text; (at = strstr(at, "\"fork\"")); at++)
		kept--;
	assert_int_equal(kept, 0);
}

static void a_link_is_not_written_through(void **state)
{
	struct scratch *s = *state;
	struct trace_writer *writer = NULL;
	struct err err = {};
	struct stat st;

	assert_int_equal(symlink(s->path, s->link), 0);
	assert_int_equal(trace_writer_create(&writer, s->link, &err), -EEXIST);
	assert_non_null(strstr(err.text, "it is a symbolic link"));
	assert_int_equal(trace_writer_create(&writer, s->dir, &err), -EEXIST);
	assert_non_null(strstr(err.text, "it is a directory"));
	assert_int_equal(stat(s->path, &st), -1);
	assert_null(writer);
}

static void a_file_that_is_there_is_replaced(void **state)
{
	struct scratch *s = *state;
	FILE *old = fopen(s->path, "w");
	struct trace_writer *writer;
	struct stat before, after;

	assert_non_null(old);
	fputs("precious", old);
	fstat(fileno(old), &before);
	writer = begin(s);
	assert_int_equal(trace_writer_finish(writer, "{}"), 0);
	trace_writer_close(writer);
	stat(s->path, &after);
	assert_int_not_equal(before.st_ino, after.st_ino);
	fclose(old);
	assert_true(unpack(s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_are_written_in_order_of_time, make_scratch,
						drop_scratch),
		cmocka_unit_test_setup_teardown(what_is_flushed_can_be_read_while_the_file_grows,
						make_scratch, drop_scratch),
		cmocka_unit_test_setup_teardown(a_late_record_keeps_its_place, make_scratch,
						drop_scratch),
		cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_a_loss, make_scratch,
						drop_scratch),
		cmocka_unit_test_setup_teardown(many_records_do_not_wait_for_ever, make_scratch,
						drop_scratch),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_a_whole_file, make_scratch,
						drop_scratch),
		cmocka_unit_test_setup_teardown(a_link_is_not_written_through, make_scratch,
						drop_scratch),
		cmocka_unit_test_setup_teardown(a_file_that_is_there_is_replaced, make_scratch,
						drop_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
