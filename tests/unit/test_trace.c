// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_trace.c — trace files as they come: whole, cut, damaged, hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "analyzer/trace.h"

#define HEADER                                                                                  \
	"{\"vexxy_trace\":\"1.0\",\"agent\":\"0.1.0\",\"clock\":{\"start\":\"2025-01-01T00:00:" \
	"00Z\"},"                                                                               \
	"\"container\":{\"image\":\"x\"},\"watch\":{\"began\":\"first_exec\",\"window_s\":5,"   \
	"\"kinds\":[\"exec\",\"open\",\"map\"]}}\n"
#define END(losses) \
	"{\"kind\":\"end\",\"t\":9,\"reason\":\"exited\",\"exit\":0,\"losses\":{" losses "}}\n"

static char path[64];

static void save(const void *data, size_t len)
{
	int fd;

	strcpy(path, "/tmp/vexxy-trace.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static size_t pack(unsigned char *ret, size_t room, const char *text)
{
	z_stream z = { .next_in = (unsigned char *)text,
		       .avail_in = (unsigned)strlen(text),
		       .next_out = ret,
		       .avail_out = (unsigned)room };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static struct trace *load_bytes(const void *data, size_t len)
{
	struct trace *trace = NULL;
	struct err err = {};
	int r;

	save(data, len);
	r = trace_load(&trace, path, &err);
	unlink(path);
	if (r < 0)
		fail_msg("%s", err.text);
	return trace;
}

static struct trace *load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static void refuses(const void *data, size_t len, int code, const char *why)
{
	struct trace *trace = NULL;
	struct err err = {};
	int r;

	save(data, len);
	r = trace_load(&trace, path, &err);
	unlink(path);
	assert_null(trace);
	assert_int_equal(r, -code);
	if (!strstr(err.text, why) || !strstr(err.text, path))
		fail_msg("'%s' has no '%s' or not the file", err.text, why);
}

static void refuses_text(const char *text, int code, const char *why)
{
	refuses(text, strlen(text), code, why);
}

static void a_whole_trace_is_complete(void **state)
{
	struct trace *t = load(
	    HEADER "{\"t\":5,\"kind\":\"exec\",\"pid\":3,\"comm\":\"a\",\"path\":\"/a\"}\n" END(
		"\"ring\":0"));

	(void)state;
	assert_true(t->complete);
	assert_true(t->began_first_exec);
	assert_true(t->watched[TRACE_MAP]);
	assert_false(t->watched[TRACE_FUNCTION]);
	assert_true(trace_ended_well(t));
	assert_int_equal(trace_lost(t), 0);
	assert_int_equal(t->use_count, 1);
	assert_int_equal(t->uses[0].line, 2);
	assert_int_equal(t->duration_ns, 9);
	assert_int_equal(strlen(t->digest), 64);
	trace_free(t);
}

static void gzip_and_text_amount_to_the_same(void **state)
{
	static const char text[] =
	    HEADER "{\"t\":5,\"kind\":\"map\",\"path\":\"/a\",\"build_id\":\"ab\"}\n" END("");
	unsigned char packed[1024];
	size_t len = pack(packed, sizeof(packed), text);
	struct trace *t = load_bytes(packed, len);

	(void)state;
	assert_true(t->complete);
	assert_int_equal(t->use_count, 1);
	assert_string_equal(t->uses[0].build_id, "ab");
	trace_free(t);
}

static void members_of_gzip_follow_one_another(void **state)
{
	unsigned char packed[1024];
	size_t len = pack(packed, sizeof(packed), HEADER);
	struct trace *t;

	(void)state;
	len += pack(packed + len, sizeof(packed) - len, END(""));
	t = load_bytes(packed, len);
	assert_true(t->complete);
	trace_free(t);
}

static void a_cut_gzip_is_read_up_to_the_cut_at_every_byte(void **state)
{
	static const char text[] = HEADER "{\"t\":5,\"kind\":\"exec\",\"path\":\"/a\"}\n" END("");
	unsigned char packed[1024];
	size_t len = pack(packed, sizeof(packed), text);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		struct trace *t = NULL;
		struct err err = {};
		int r;

		save(packed, cut);
		r = trace_load(&t, path, &err);
		unlink(path);
		if (r < 0)
			assert_int_equal(r, -ENODATA); /* not even the header arrived */
		else
			assert_false(t->complete);
		trace_free(t);
	}
}

static void damaged_gzip_is_refused(void **state)
{
	static const char text[] = HEADER END("");
	unsigned char packed[1024];
	size_t len = pack(packed, sizeof(packed), text);

	(void)state;
	packed[len - 6] ^= 1; /* the checksum */
	refuses(packed, len, EBADMSG, "damaged after line");
	packed[len - 6] ^= 1;
	memcpy(packed + len, "rubbish behind the end", 22);
	refuses(packed, len + 22, EBADMSG, "damaged");
}

static void a_half_last_line_makes_a_trace_incomplete(void **state)
{
	struct trace *t = load(HEADER "{\"t\":5,\"kind\":\"exec\",\"path\":\"/a\"}\n{\"t\":6,\"ki");

	(void)state;
	assert_int_equal(t->use_count, 1);
	assert_false(t->complete);
	assert_false(trace_ended_well(t));
	trace_free(t);
}

static void faults_name_the_line(void **state)
{
	(void)state;
	refuses_text(HEADER "{\"kind\":\"exec\"}\n{]\n", EBADMSG, "line 3: ");
	refuses_text(HEADER "[]\n", EBADMSG, "line 2: not a JSON object");
	refuses_text(HEADER "{\"t\":1}\n", EBADMSG, "line 2: the record has no 'kind'");
	refuses_text(HEADER END("") "{\"kind\":\"exec\"}\n", EBADMSG, "behind the last line");
	refuses_text(HEADER "\n", EBADMSG, "line 2: ");
	refuses_text(HEADER "{\"kind\":\"a\",\"a\":[[[[[[[[[1]]]]]]]]]}\n", EBADMSG,
		     "line 2: nested deeper than 8");
}

static void what_is_no_trace_is_refused(void **state)
{
	(void)state;
	refuses_text("", ENODATA, "empty");
	refuses_text("{}\n", EBADMSG, "is not a trace");
	refuses_text("hello\n", EBADMSG, "line 1: ");
	refuses_text("{\"vexxy_trace\":\"x\"}\n", EBADMSG, "no version");
	refuses_text("{\"vexxy_trace\":\"0.9\"}\n", EBADMSG, "no version");
	refuses_text("{\"vexxy_trace\":\"2.0\"}\n", EPROTO, "update vexxy");
}

static void a_newer_minor_version_and_unknown_kinds_are_read(void **state)
{
	struct trace *t = load("{\"vexxy_trace\":\"1.9\"}\n{\"kind\":\"dream\",\"t\":3}\n" END(""));

	(void)state;
	assert_true(t->complete);
	assert_int_equal(t->counts[TRACE_KIND_COUNT], 1);
	trace_free(t);
}

static void a_line_over_the_limit_is_refused(void **state)
{
	static char text[sizeof(HEADER) + TRACE_LINE_BYTES_MAX + 64];
	size_t at = sizeof(HEADER) - 1;

	(void)state;
	memcpy(text, HEADER, at);
	memset(text + at, ' ', TRACE_LINE_BYTES_MAX);
	memcpy(text + at + TRACE_LINE_BYTES_MAX - 14, "{\"kind\":\"abc\"}\n", 15);
	trace_free(load_bytes(text, at + TRACE_LINE_BYTES_MAX + 1)); /* exactly the limit */
	memmove(text + at + 1, text + at, TRACE_LINE_BYTES_MAX + 1);
	refuses(text, at + TRACE_LINE_BYTES_MAX + 2, EFBIG, "line 2 is longer");
}

static void repeats_are_one_use_and_keep_the_first_line(void **state)
{
	struct trace *t =
	    load(HEADER "{\"t\":1,\"kind\":\"map\",\"pid\":1,\"path\":\"/a\"}\n"
			"{\"t\":2,\"kind\":\"map\",\"pid\":2,\"path\":\"/a\"}\n"
			"{\"t\":3,\"kind\":\"map\",\"path\":\"/a\",\"flags\":[\"deleted\"]}\n"
			"{\"t\":4,\"kind\":\"map\",\"path\":\"/a\",\"build_id\":\"ff\"}\n");

	(void)state;
	assert_int_equal(t->use_count, 3);
	assert_int_equal(t->uses[0].count, 2);
	assert_int_equal(t->uses[0].line, 2);
	assert_int_equal(t->uses[0].pid, 1);
	assert_true(t->uses[1].deleted);
	trace_free(t);
}

static void many_uses_stay_distinct(void **state)
{
	static char text[200000];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s", HEADER);
	struct trace *t;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1500; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "{\"kind\":\"open\",\"path\":\"/f%d\"}\n", i);
	t = load(text);
	assert_int_equal(t->use_count, 1500);
	assert_int_equal(t->uses[1499].count, 2);
	trace_free(t);
}

static void opens_are_told_apart(void **state)
{
	struct trace *t =
	    load(HEADER "{\"kind\":\"open\",\"path\":\"/r\",\"access\":\"r\"}\n"
			"{\"kind\":\"open\",\"path\":\"/w\",\"access\":\"w\"}\n"
			"{\"kind\":\"open\",\"path\":\"/rw\",\"access\":\"rw\"}\n"
			"{\"kind\":\"open\",\"path\":\"/p\",\"access\":\"path\"}\n"
			"{\"kind\":\"open\",\"path\":\"/?\",\"access\":\"new\"}\n"
			"{\"kind\":\"open\",\"given\":\"/no\",\"error\":\"ENOENT\"}\n"
			"{\"kind\":\"open\",\"path\":\"/d\",\"access\":\"r\",\"dir\":true}\n"
			"{\"kind\":\"open\",\"access\":\"r\"}\n");

	(void)state;
	assert_int_equal(t->use_count, 7);
	assert_int_equal(t->failed_opens, 1);
	assert_int_equal(t->uses[0].kind, USE_OPEN_READ);
	assert_int_equal(t->uses[1].kind, USE_OPEN_WRITE);
	assert_int_equal(t->uses[2].kind, USE_OPEN_READ);
	assert_true(t->uses[2].writes);
	assert_int_equal(t->uses[3].kind, USE_OPEN_PATH);
	assert_int_equal(t->uses[4].kind, USE_OPEN_READ);
	assert_true(t->uses[5].is_dir);
	assert_true(t->uses[6].unresolved);
	trace_free(t);
}

static void escaped_paths_become_bytes(void **state)
{
	struct trace *t = load(HEADER "{\"kind\":\"open\",\"path\":\"/a\\\\xff\\\\\\\\b\\\\x00\","
				      "\"flags\":[\"escaped\"]}\n"
				      "{\"kind\":\"open\",\"path\":\"/a\\\\xff\"}\n");

	(void)state;
	assert_string_equal(t->uses[0].path, "/a\xff\\b\\x00");
	assert_string_equal(t->uses[1].path, "/a\\xff");
	trace_free(t);
}

static void losses_are_the_larger_of_both_counts(void **state)
{
	struct trace *t = load(HEADER "{\"kind\":\"lost\",\"what\":\"ring\",\"count\":2}\n"
				      "{\"kind\":\"lost\",\"what\":\"ring\",\"count\":3}\n"
				      "{\"kind\":\"lost\",\"what\":\"sunspots\"}\n" END(
					  "\"ring\":4,\"walk\":7,\"map_full\":9,\"moon\":2"));

	(void)state;
	assert_int_equal(t->losses[TRACE_LOSS_RING], 5);
	assert_int_equal(t->losses[TRACE_LOSS_WALK], 7);
	assert_int_equal(t->unknown_losses, 2);
	assert_int_equal(trace_lost(t), 14);
	trace_free(t);
}

static void losses_do_not_overflow_to_none(void **state)
{
	struct trace *t =
	    load(HEADER END("\"ring\":\"18446744073709551615\",\"walk\":\"18446744073709551615\","
			    "\"x\":-1"));

	(void)state;
	assert_true(trace_lost(t) == UINT64_MAX);
	assert_int_equal(t->unknown_losses, 1);
	trace_free(t);
}

static void bounds_on_uses_count_and_bounds_on_forks_do_not(void **state)
{
	struct trace *t =
	    load(HEADER "{\"kind\":\"end\",\"capped\":{\"fork\":9,\"exit\":9,\"open\":2}}\n");

	(void)state;
	assert_int_equal(t->capped, 2);
	trace_free(t);
}

static void what_the_last_line_counts_must_be_there(void **state)
{
	static const struct {
		const char *counts;
		uint64_t miscounted;
	} cases[] = { { "\"exec\":1", 0 },
		      { "\"exec\":3", 2 },
		      { "\"exec\":0", 1 },
		      { "\"exec\":1,\"open\":2", 2 },
		      { "\"exec\":1,\"new\":4", 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[512];
		struct trace *t;

		snprintf(text, sizeof(text),
			 HEADER
			 "{\"t\":5,\"kind\":\"exec\",\"path\":\"/a\"}\n"
			 "{\"kind\":\"end\",\"reason\":\"exited\",\"exit\":0,\"counts\":{%s},"
			 "\"losses\":{\"ring\":0}}\n",
			 cases[i].counts);
		t = load(text);
		assert_int_equal(t->miscounted, cases[i].miscounted);
		assert_int_equal(trace_lost(t), 0);
		trace_free(t);
	}
}

static void a_last_line_that_tells_no_losses_is_a_loss(void **state)
{
	struct trace *t = load(HEADER "{\"kind\":\"end\",\"reason\":\"exited\",\"exit\":0}\n");

	(void)state;
	assert_int_equal(trace_lost(t), 1);
	trace_free(t);
}

static void a_flag_that_is_not_known_is_counted_as_not_understood(void **state)
{
	struct trace *t =
	    load(HEADER "{\"t\":5,\"kind\":\"exec\",\"path\":\"/a\",\"flags\":[\"odd\","
			"\"by_inode\"]}\n" END("\"ring\":0"));

	(void)state;
	assert_int_equal(t->counts[TRACE_KIND_COUNT], 1);
	trace_free(t);
}

static void an_end_without_a_status_is_not_a_good_end(void **state)
{
	struct trace *t =
	    load(HEADER "{\"kind\":\"end\",\"reason\":\"cgroup_empty\",\"losses\":{}}\n");

	(void)state;
	assert_true(t->complete);
	assert_false(trace_ended_well(t));
	trace_free(t);
}

static void a_workload_that_failed_did_not_end_well(void **state)
{
	struct trace *t = load(HEADER "{\"kind\":\"end\",\"reason\":\"exited\",\"exit\":256}\n");

	(void)state;
	assert_true(t->complete);
	assert_false(trace_ended_well(t));
	trace_free(t);
}

static void a_growing_file_can_be_asked_again(void **state)
{
	static const char more[] = "\"exec\",\"path\":\"/a\"}\n";
	struct trace_reader *reader = NULL;
	enum trace_kind kind;
	cJSON *record = NULL;
	struct err err = {};
	int fd;

	(void)state;
	save(HEADER "{\"kind\":", sizeof(HEADER) + 7);
	assert_int_equal(trace_reader_open(&reader, path, &err), 0);
	assert_int_equal(trace_reader_next(reader, &record, &kind, &err), 0);
	assert_false(trace_reader_is_complete(reader));
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, more, sizeof(more) - 1), sizeof(more) - 1);
	close(fd);
	assert_int_equal(trace_reader_next(reader, &record, &kind, &err), 1);
	assert_int_equal(kind, TRACE_EXEC);
	assert_int_equal(trace_reader_line(reader), 2);
	cJSON_Delete(record);
	trace_reader_close(reader);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_trace_is_complete),
		cmocka_unit_test(gzip_and_text_amount_to_the_same),
		cmocka_unit_test(members_of_gzip_follow_one_another),
		cmocka_unit_test(a_cut_gzip_is_read_up_to_the_cut_at_every_byte),
		cmocka_unit_test(damaged_gzip_is_refused),
		cmocka_unit_test(a_half_last_line_makes_a_trace_incomplete),
		cmocka_unit_test(faults_name_the_line),
		cmocka_unit_test(what_is_no_trace_is_refused),
		cmocka_unit_test(a_newer_minor_version_and_unknown_kinds_are_read),
		cmocka_unit_test(a_line_over_the_limit_is_refused),
		cmocka_unit_test(repeats_are_one_use_and_keep_the_first_line),
		cmocka_unit_test(many_uses_stay_distinct),
		cmocka_unit_test(opens_are_told_apart),
		cmocka_unit_test(escaped_paths_become_bytes),
		cmocka_unit_test(losses_are_the_larger_of_both_counts),
		cmocka_unit_test(losses_do_not_overflow_to_none),
		cmocka_unit_test(bounds_on_uses_count_and_bounds_on_forks_do_not),
		cmocka_unit_test(a_workload_that_failed_did_not_end_well),
		cmocka_unit_test(what_the_last_line_counts_must_be_there),
		cmocka_unit_test(a_last_line_that_tells_no_losses_is_a_loss),
		cmocka_unit_test(a_flag_that_is_not_known_is_counted_as_not_understood),
		cmocka_unit_test(an_end_without_a_status_is_not_a_good_end),
		cmocka_unit_test(a_growing_file_can_be_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
