// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_trace_line.c — the lines of a trace as the format says, and as the analyzer reads them back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/trace_line.h"
#include "agent/trace_writer.h"
#include "analyzer/trace.h"

static const struct source_event library = { .kind = TRACE_MAP,
					     .pid = 7,
					     .comm = "nginx",
					     .path = "/lib/libz.so.1",
					     .path_len = 14,
					     .dev_major = 8,
					     .dev_minor = 1,
					     .ino = 18446744073709551615u,
					     .addr = 0x7f0000001000,
					     .offset_bytes = 4096,
					     .how = "mmap" };

static void check_event(const struct source_event *event, const char *build_id, const char *want)
{
	_cleanup_text_ struct text text = {};

	line_event(&text, event, build_id);
	assert_false(text.failed);
	assert_string_equal(text.data, want);
}

static void a_mapping_names_its_file(void **state)
{
	(void)state;
	check_event(
	    &library, "abcd",
	    "\"kind\":\"map\",\"pid\":7,\"comm\":\"nginx\",\"path\":\"/lib/"
	    "libz.so.1\",\"dev\":\"8:1\","
	    "\"ino\":\"18446744073709551615\",\"build_id\":\"abcd\",\"addr\":\"0x7f0000001000\","
	    "\"offset\":4096,\"how\":\"mmap\"");
}

static void an_exec_has_role_and_parent(void **state)
{
	struct source_event e = { .kind = TRACE_EXEC,
				  .pid = 7,
				  .ppid = 6,
				  .comm = "sh",
				  .path = "/x\xff\\",
				  .path_len = 4,
				  .ino = 3,
				  .generation = 9,
				  .deleted = true,
				  .memfd = true,
				  .role = "script" };

	(void)state;
	check_event(
	    &e, NULL,
	    "\"kind\":\"exec\",\"pid\":7,\"ppid\":6,\"comm\":\"sh\",\"path\":\"/x\\\\xff\\\\\\\\\","
	    "\"dev\":\"0:0\",\"ino\":\"3\",\"gen\":9,\"flags\":[\"deleted\",\"memfd\",\"escaped\"],"
	    "\"role\":\"script\"");
}

static void a_failed_open_has_no_path(void **state)
{
	struct source_event e = { .kind = TRACE_OPEN,
				  .pid = 1,
				  .comm = "a",
				  .failed = true,
				  .error = ENOENT,
				  .given = "etc/x",
				  .how = "openat" };

	(void)state;
	check_event(
	    &e, NULL,
	    "\"kind\":\"open\",\"pid\":1,\"comm\":\"a\",\"error\":\"ENOENT\",\"given\":\"etc/x\","
	    "\"how\":\"openat\"");
	e.error = 4000;
	e.given = NULL;
	check_event(
	    &e, NULL,
	    "\"kind\":\"open\",\"pid\":1,\"comm\":\"a\",\"error\":\"errno_4000\",\"given\":\"\","
	    "\"how\":\"openat\"");
}

static void other_kinds_have_their_members(void **state)
{
	struct source_event e = {
		.kind = TRACE_EXIT, .pid = 1, .comm = "\xff", .exit_status = 256
	};

	(void)state;
	check_event(&e, NULL, "\"kind\":\"exit\",\"pid\":1,\"comm\":\"\xef\xbf\xbd\",\"code\":256");
	e = (struct source_event){ .kind = TRACE_SYSCALLS, .pid = 1, .comm = "a", .nr = 511 };
	check_event(&e, NULL,
		    "\"kind\":\"syscalls\",\"pid\":1,\"comm\":\"a\",\"abi\":\"native\",\"names\":["
		    "\"syscall_511\"]");
	e = (struct source_event){ .kind = TRACE_NET,
				   .pid = 1,
				   .comm = "a",
				   .net_op = "listen",
				   .net_family = "inet",
				   .net_addr = "0.0.0.0",
				   .net_port = 80 };
	check_event(
	    &e, NULL,
	    "\"kind\":\"net\",\"pid\":1,\"comm\":\"a\",\"op\":\"listen\",\"family\":\"inet\","
	    "\"addr\":\"0.0.0.0\",\"port\":80");
}

static void a_function_names_its_place(void **state)
{
	struct source_event e = { .kind = TRACE_FUNCTION, .pid = 1, .comm = "a" };
	struct probe_hit hit = { "/lib/libz.so.1", "abcd", "inflate", 4096, true, false };
	_cleanup_text_ struct text text = {}, other = {};

	(void)state;
	line_function(&text, &e, &hit);
	assert_string_equal(text.data, "\"kind\":\"function\",\"pid\":1,\"comm\":\"a\","
				       "\"object\":\"/lib/libz.so.1\",\"build_id\":\"abcd\","
				       "\"symbol\":\"inflate\",\"offset\":4096,\"count\":\"1\"");
	hit.build_id = NULL;
	hit.starts = true;
	line_function(&other, &e, &hit);
	assert_null(strstr(other.data, "build_id"));
	assert_non_null(strstr(other.data, "\"offset\":4096,\"start\":true,"));
}

static void a_probe_says_what_is_left_out(void **state)
{
	static const struct probe_refusal refused[] = { { 5, "f", "why" }, { 6, "g", "not" } };
	struct probe_report report = { "/lib/x", "abcd", 7, 0, true, refused, 2 };
	_cleanup_text_ struct text text = {}, other = {};

	(void)state;
	line_probe(&text, &report);
	assert_string_equal(
	    text.data, "\"kind\":\"probe\",\"object\":\"/lib/x\",\"build_id\":\"abcd\","
		       "\"sites\":7,\"refused\":["
		       "{\"offset\":5,\"symbol\":\"f\",\"error\":\"why\"},"
		       "{\"offset\":6,\"symbol\":\"g\",\"error\":\"not\"}],\"armed\":\"late\"");
	report.late = false;
	report.starts = 3;
	report.refused_count = 0;
	line_probe(&other, &report);
	assert_non_null(strstr(
	    other.data, "\"sites\":7,\"starts\":3,\"refused\":[],\"armed\":\"before_code\""));
}

static void a_long_command_is_cut(void **state)
{
	_cleanup_text_ struct text text = {};
	static char word[10000];
	char *command[] = { word, word, word, NULL };
	struct trace_node node = { "n", "k", "a", "b", 1, 1700000000, 123456789 };
	struct trace_identity who = { .command = command };
	struct trace_watch watch = { .backend = "raw" };

	(void)state;
	memset(word, '\xff', sizeof(word) - 1);
	line_header(&text, &node, &who, &watch);
	assert_true(text.len < TRACE_LINE_BYTES_MAX);
	assert_non_null(strstr(text.data, "\"…\"]"));
	assert_non_null(strstr(text.data, "\"start\":\"2023-11-14T22:13:20.123456Z\""));
}

/* What the writer writes is what the reader reads. */
static void the_analyzer_understands_it(void **state)
{
	char path[] = "/tmp/vexxy-unit.XXXXXX", *command[] = { (char *)"nginx", NULL };
	_cleanup_close_ int fd = mkstemp(path);
	_cleanup_(trace_writer_closep) struct trace_writer *writer = NULL;
	_cleanup_(trace_freep) struct trace *trace = NULL;
	_cleanup_text_ struct text head = {}, last = {};
	struct trace_node node = { "n", "6.1", "x86_64", "b", 1, 1700000000, 0 };
	struct trace_identity who = { .image = "web:1",
				      .image_digest = "sha256:x",
				      .command = command };
	struct trace_watch watch = { .backend = "raw", .window_s = 5, .functions = 9 };
	struct source_event ran = { .kind = TRACE_FUNCTION, .pid = 1, .comm = "a" };
	struct probe_report report = { "/lib/x", "abcd", 7, 0, false, NULL, 0 };
	struct probe_hit hit = { "/lib/x", "abcd", "f", 4096, true, false };
	struct trace_summary summary = {
		.t = 5000, .reason = "exited", .has_exit = true, .exit = 256
	};
	struct source_event odd = library;
	struct err err = {};

	(void)state;
	assert_true(fd >= 0);
	odd.path = "/lib/\xff\\z";
	odd.path_len = 8;
	assert_int_equal(trace_writer_create(&writer, path, &err), 0);
	line_header(&head, &node, &who, &watch);
	assert_int_equal(trace_writer_header(writer, head.data), 0);
	line_event(trace_writer_begin(writer), &odd, "abcd");
	trace_writer_commit(writer, TRACE_MAP, 10);
	line_probe(trace_writer_begin(writer), &report);
	trace_writer_commit(writer, TRACE_PROBE, 12);
	line_function(trace_writer_begin(writer), &ran, &hit);
	trace_writer_commit(writer, TRACE_FUNCTION, 15);
	line_mark(trace_writer_begin(writer), "window", 1);
	trace_writer_commit(writer, TRACE_MARK, 20);
	line_lost(trace_writer_begin(writer), TRACE_LOSS_RING, "open", 3);
	trace_writer_commit(writer, TRACE_LOST, 30);
	assert_int_equal(trace_writer_settle(writer), 0);
	summary.counts = trace_writer_counts(writer);
	summary.losses[TRACE_LOSS_RING] = 3;
	summary.losses[TRACE_LOSS_WRITE] = 2;
	line_end(&last, &summary);
	assert_int_equal(trace_writer_finish(writer, last.data), 0);
	assert_int_equal(trace_load(&trace, path, &err), 0);
	unlink(path);
	assert_true(trace->complete);
	assert_true(trace->began_first_exec);
	assert_string_equal(trace->image, "web:1");
	assert_string_equal(trace->end_reason, "exited");
	assert_int_equal(trace->use_count, 1);
	assert_string_equal(trace->uses[0].path, "/lib/\xff\\z");
	assert_string_equal(trace->uses[0].build_id, "abcd");
	assert_int_equal(trace->unit_count, 1);
	assert_true(trace->watched[TRACE_FUNCTION]);
	assert_int_equal(trace->counts[TRACE_FUNCTION], 1);
	assert_int_equal(trace->counts[TRACE_PROBE], 1);
	assert_int_equal(trace->counts[TRACE_KIND_COUNT], 0);
	assert_int_equal(trace->miscounted, 0);
	assert_int_equal(trace->losses[TRACE_LOSS_RING], 3);
	assert_int_equal(trace_lost(trace), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_names_its_file),
		cmocka_unit_test(an_exec_has_role_and_parent),
		cmocka_unit_test(a_failed_open_has_no_path),
		cmocka_unit_test(other_kinds_have_their_members),
		cmocka_unit_test(a_function_names_its_place),
		cmocka_unit_test(a_probe_says_what_is_left_out),
		cmocka_unit_test(a_long_command_is_cut),
		cmocka_unit_test(the_analyzer_understands_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
