// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What agents bring in pieces: taken up where it ended, never altered, and only for analyses that wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include "server/clock.h"
#include "server/kube_traces.h"
#include "server/metrics_agents.h"
#include "server/store_agents.h"
#include "server/uploads.h"

#define ID "01890000-0000-7000-8000-000000000001"

struct fixture {
	struct blobs *blobs;
	struct db *db;
	char dir[64];
	char job[ID_BYTES];
};

static char *render(const struct job *job, bool reused)
{
	(void)reused;
	return strdup(job->id);
}

static void submit(struct fixture *f, const char *org, char ret[ID_BYTES])
{
	struct job job = { .org = (char *)org,
			   .image_ref = (char *)"web:1",
			   .image_digest = (char *)"sha256:0",
			   .profile = (char *)"standard",
			   .config = (char *)"{}",
			   .inputs = (char *)"{}",
			   .fingerprint = (char *)"f",
			   .phase = (char *)"pending",
			   .submitted_by = (char *)"test",
			   .attempts_max = 2,
			   .timeout_s = 60,
			   .created_ms = clock_ms() };
	struct submission in = { &job, true, "default", NULL, "", NULL, render };
	struct submitted out = {};
	struct err err = {};

	id_new(job.id, job.created_ms);
	id_new(job.vex_id, job.created_ms);
	assert_int_equal(store_submit(&out, f->db, &in, &err), 0);
	snprintf(ret, ID_BYTES, "%s", out.job_id);
	free(out.reply);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};
	struct job job = {};
	char path[128];

	snprintf(f->dir, sizeof(f->dir), "/tmp/vexxy-uploads.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(path, sizeof(path), "%s/blobs", f->dir);
	assert_int_equal(blobs_open(&f->blobs, path, "owner", NULL, &err), 0);
	snprintf(path, sizeof(path), "%s/db", f->dir);
	assert_int_equal(db_sqlite_open(&f->db, path, &err), 0);
	assert_int_equal(store_migrate(f->db, &err), 0);
	submit(f, "default", f->job);
	assert_int_equal(store_claim(&job, f->db, "me", 60000, &err), 1);
	job_done(&job);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[96];

	db_close(f->db);
	blobs_close(f->blobs);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static int file_of(const char *text)
{
	int fd = memfd_create("piece", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

/* Puts a piece of an upload of ten bytes; the result, and how far it is. */
static int put(struct fixture *f, uint64_t *ret, uint64_t offset, const char *text)
{
	struct upload_piece piece = { offset, strlen(text), file_of(text), 10 };
	struct err err = {};
	int r = uploads_put(ret, f->blobs, ID, &piece, &err);

	close(piece.fd);
	return r;
}

static void digest_text(char ret[DIGEST_HEX_BYTES], const char *text)
{
	digest_of(ret, text, strlen(text));
}

static void pieces_are_taken_once_and_in_order(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_BYTES];
	struct err err = {};
	uint64_t offset = 99;
	int fd = -1;

	assert_int_equal(uploads_offset(&offset, f->blobs, ID, &err), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(put(f, &offset, 1, "b"), -ERANGE);
	assert_int_equal(put(f, &offset, 0, "0123"), 0);
	assert_int_equal(offset, 4);
	assert_int_equal(put(f, &offset, 0, "0123"), 0);
	assert_int_equal(offset, 4);
	assert_int_equal(put(f, &offset, 0, "0x23"), -EBADMSG);
	assert_int_equal(put(f, &offset, 2, "2345"), 0);
	assert_int_equal(offset, 6);
	assert_int_equal(put(f, &offset, 1, "12"), 0);
	assert_int_equal(offset, 6);
	assert_int_equal(put(f, &offset, 8, "89"), -ERANGE);
	assert_int_equal(offset, 6);
	assert_int_equal(put(f, &offset, 6, "67890"), -EFBIG);
	assert_int_equal(put(f, &offset, 11, ""), -ERANGE);
	digest_text(hex, "0123456789");
	assert_int_equal(uploads_finish(f->blobs, ID, 10, hex, &err), -ERANGE);
	assert_int_equal(put(f, &offset, 6, "6789"), 0);
	assert_int_equal(uploads_finish(f->blobs, ID, 10, hex, &err), 0);
	assert_int_equal(blobs_get(&fd, &offset, f->blobs, hex, &err), 0);
	assert_int_equal(offset, 10);
	close(fd);
}

static void content_that_is_not_what_it_says_is_thrown_away(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_BYTES];
	struct err err = {};
	uint64_t offset;

	assert_int_equal(put(f, &offset, 0, "0123456780"), 0);
	digest_text(hex, "0123456789");
	assert_int_equal(uploads_finish(f->blobs, ID, 10, hex, &err), -EBADMSG);
	assert_int_equal(uploads_offset(&offset, f->blobs, ID, &err), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(put(f, &offset, 0, "0123456789"), 0);
	assert_int_equal(uploads_finish(f->blobs, ID, 10, hex, &err), 0);
}

static void *put_all(void *ctx)
{
	static const char text[] = "0123456789";
	char piece[2] = "";
	uint64_t offset;

	for (size_t i = 0; i < 10; i++) {
		piece[0] = text[i];
		while (put(ctx, &offset, i, piece) == -ERANGE)
			;
	}
	return NULL;
}

static void two_at_once_do_not_mix(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_BYTES];
	struct err err = {};
	pthread_t a, b;

	assert_int_equal(pthread_create(&a, NULL, put_all, f), 0);
	assert_int_equal(pthread_create(&b, NULL, put_all, f), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	digest_text(hex, "0123456789");
	assert_int_equal(uploads_finish(f->blobs, ID, 10, hex, &err), 0);
}

static int begin(struct fixture *f, struct agent_upload *ret, const char *org, const char *job,
		 const char *kind, const char *content)
{
	struct agent_upload wanted = { .org = (char *)org,
				       .pod_uid = (char *)"pod",
				       .node = (char *)"node",
				       .container = (char *)"target",
				       .kind = (char *)kind,
				       .created_by = (char *)"test",
				       .bytes = (int64_t)strlen(content) };
	char hex[DIGEST_HEX_BYTES];
	enum job_state state;
	struct err err = {};

	digest_text(hex, content);
	wanted.digest = hex;
	id_new(wanted.id, clock_ms());
	snprintf(wanted.job_id, ID_BYTES, "%s", job);
	return store_upload_begin(ret, &state, f->db, &wanted, &err);
}

/* An upload of so many bytes that never comes. */
static int begin_large(struct fixture *f, const char *kind, const char *content, int64_t bytes)
{
	struct agent_upload upload = {}, wanted = { .org = (char *)"default",
						    .pod_uid = (char *)"pod",
						    .node = (char *)"node",
						    .container = (char *)"target",
						    .kind = (char *)kind,
						    .created_by = (char *)"test",
						    .bytes = bytes };
	char hex[DIGEST_HEX_BYTES];
	enum job_state state;
	struct err err = {};
	int r;

	digest_text(hex, content);
	wanted.digest = hex;
	id_new(wanted.id, clock_ms());
	snprintf(wanted.job_id, ID_BYTES, "%s", f->job);
	r = store_upload_begin(&upload, &state, f->db, &wanted, &err);
	agent_upload_done(&upload);
	return r;
}

static void no_number_of_files_keeps_a_trace_away(void **state)
{
	struct fixture *f = *state;
	char name[16];

	assert_int_equal(begin_large(f, "file", "all", AGENT_UPLOAD_BYTES_MAX), 0);
	assert_int_equal(begin_large(f, "file", "more", 1), -EFBIG);
	assert_int_equal(begin_large(f, "trace", "trace", 1), 0);
	assert_int_equal(begin_large(f, "manifest", "list", 1), 0);
	for (int i = 2; i < AGENT_TRACES_MAX; i++) {
		snprintf(name, sizeof(name), "trace %d", i);
		assert_int_equal(begin_large(f, "trace", name, 1), 0);
	}
	assert_int_equal(begin_large(f, "trace", "one too many", 1), -EFBIG);
	assert_int_equal(begin_large(f, "trace", "trace", 1), 0);
}

static int count(void *ctx, const struct agent_upload *upload)
{
	(void)upload;
	++*(int *)ctx;
	return 0;
}

static void the_same_upload_is_begun_once(void **state)
{
	struct fixture *f = *state;
	struct agent_upload first = {}, again = {}, other = {};
	struct err err = {};
	int n = 0;

	assert_int_equal(begin(f, &first, "default", f->job, "trace", "one"), 0);
	assert_false(first.is_complete);
	assert_int_equal(begin(f, &again, "default", f->job, "trace", "one"), 0);
	assert_string_equal(first.id, again.id);
	assert_int_equal(begin(f, &other, NULL, f->job, "trace", "two"), 0);
	assert_string_not_equal(first.id, other.id);
	assert_int_equal(store_upload_complete(f->db, first.id, &err), 0);
	assert_int_equal(store_upload_complete(f->db, first.id, &err), 0);
	agent_upload_done(&again);
	assert_int_equal(begin(f, &again, "default", f->job, "trace", "one"), 0);
	assert_true(again.is_complete);
	assert_int_equal(store_upload_list(f->db, f->job, count, &n, &err), 0);
	assert_int_equal(n, 1);
	agent_upload_done(&first);
	agent_upload_done(&again);
	agent_upload_done(&other);
}

static void what_was_given_once_is_known(void **state)
{
	struct fixture *f = *state;
	struct agent_upload first = {}, again = {};
	char hex[DIGEST_HEX_BYTES];
	struct err err = {};

	digest_text(hex, "lib");
	assert_int_equal(store_upload_has(f->db, "default", hex, &err), 0);
	assert_int_equal(begin(f, &first, "default", f->job, "file", "lib"), 0);
	assert_int_equal(store_upload_has(f->db, "default", hex, &err), 0);
	assert_int_equal(store_upload_complete(f->db, first.id, &err), 0);
	assert_int_equal(store_upload_has(f->db, "default", hex, &err), 1);
	assert_int_equal(store_upload_has(f->db, "another", hex, &err), 0);
	assert_int_equal(begin(f, &again, "default", f->job, "manifest", "lib"), 0);
	assert_true(again.is_complete);
	agent_upload_done(&first);
	agent_upload_done(&again);
}

static void only_an_analysis_that_is_worked_on_takes_uploads(void **state)
{
	struct fixture *f = *state;
	struct agent_upload upload = {};
	char waiting[ID_BYTES], foreign[ID_BYTES];

	submit(f, "default", waiting);
	submit(f, "another", foreign);
	assert_int_equal(begin(f, &upload, "default", waiting, "trace", "x"), -EALREADY);
	assert_int_equal(begin(f, &upload, "default", foreign, "trace", "x"), -ENOENT);
	assert_int_equal(begin(f, &upload, "another", f->job, "trace", "x"), -ENOENT);
	assert_int_equal(begin(f, &upload, "default", ID, "trace", "x"), -ENOENT);
}

static void what_is_never_completed_goes(void **state)
{
	struct fixture *f = *state;
	struct agent_upload upload = {}, whole = {};
	char id[ID_BYTES] = "";
	struct err err = {};

	assert_int_equal(begin(f, &upload, "default", f->job, "trace", "one"), 0);
	assert_int_equal(begin(f, &whole, "default", f->job, "trace", "two"), 0);
	assert_int_equal(store_upload_complete(f->db, whole.id, &err), 0);
	assert_int_equal(store_upload_expire(id, f->db, upload.created_ms, &err), 0);
	assert_int_equal(store_upload_expire(id, f->db, clock_ms() + 1000, &err), 1);
	assert_string_equal(id, upload.id);
	assert_int_equal(store_upload_expire(id, f->db, clock_ms() + 1000, &err), 0);
	agent_upload_done(&upload);
	agent_upload_done(&whole);
}

static int last_version(void *ctx, const struct agent_node *agent)
{
	snprintf(ctx, 16, "%s", agent->version);
	return 0;
}

static void an_agent_is_one_row_for_each_node(void **state)
{
	struct fixture *f = *state;
	struct agent_node agent = { (char *)"default",
				    (char *)"n1",
				    (char *)"1",
				    (char *)"6.1",
				    (char *)"x86_64",
				    (char *)"raw",
				    (char *)"{}",
				    0,
				    0 };
	char version[16] = "";
	struct err err = {};

	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	agent.version = (char *)"2";
	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	assert_int_equal(store_agent_list(f->db, "default", last_version, version, &err), 0);
	assert_string_equal(version, "2");
	version[0] = '\0';
	assert_int_equal(store_agent_list(f->db, "another", last_version, version, &err), 0);
	assert_string_equal(version, "");
}

static void an_agent_tells_how_long_it_has_been_there(void **state)
{
	struct fixture *f = *state;
	struct agent_node agent = { (char *)"default", (char *)"n1", (char *)"1", (char *)"6.1",
				    (char *)"x86_64", (char *)"raw",
				    /* As agent/shipper.c says it. */
				    (char *)"{\"uploads_sent\":1,\"uploads_refused\":0,"
					    "\"daemon\":{\"up_seconds\":3600,\"spool_bytes\":5}}",
				    0, 0 };
	bool is_new = true;
	struct err err = {};

	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	assert_int_equal(kube_traces_agent_is_new(&is_new, f->db, "n1", 60000, &err), 0);
	assert_false(is_new);
	assert_int_equal(kube_traces_agent_is_new(&is_new, f->db, "n1", 7200000, &err), 0);
	assert_true(is_new);
	assert_int_equal(kube_traces_agent_is_new(&is_new, f->db, "n2", 7200000, &err), 0);
	assert_false(is_new);
	agent.details = (char *)"{}"; /* one that does not say it */
	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	assert_int_equal(kube_traces_agent_is_new(&is_new, f->db, "n1", 7200000, &err), 0);
	assert_false(is_new);
}

static void what_an_agent_says_is_seen_at_the_server(void **state)
{
	struct fixture *f = *state;
	struct agent_node agent = { .org = (char *)"default",
				    .node = (char *)"n1",
				    .version = (char *)"1",
				    .kernel = (char *)"6.1",
				    .arch = (char *)"x86_64",
				    .backend = (char *)"raw",
				    .details = (char *)"{\"daemon\":{\"spool_bytes\":5,"
						       "\"traces_waiting\":2}}" };
	struct text text = {};
	_cleanup_free_ char *said = NULL;
	struct err err = {};

	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	agent.org =
	    (char *)"former"; /* the same node by another key, and later: no second line of it */
	agent.details = (char *)"{\"daemon\":{\"spool_bytes\":7,\"traces_waiting\":\"x\"}}";
	usleep(2000);
	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	agent.node = (char *)"n2";
	agent.details = (char *)"{}"; /* a recorder that is no daemon */
	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	assert_int_equal(metrics_agents_render(&text, f->db, clock_ms(), &err), 0);
	said = text_take(&text);
	assert_non_null(strstr(said, "\nvexxy_agents{state=\"up\"} 3\n"));
	assert_non_null(strstr(said, "# TYPE vexxy_agent_spool_bytes gauge\n"
				     "vexxy_agent_spool_bytes{node=\"n1\"} 7\n# HELP"));
	assert_null(strstr(said, "vexxy_agent_traces_waiting{"));
	assert_null(strstr(said, "n2"));
}

static void of_a_silent_agent_nothing_is_repeated(void **state)
{
	struct fixture *f = *state;
	struct agent_node agent = { .org = (char *)"default",
				    .node = (char *)"n1",
				    .version = (char *)"1",
				    .kernel = (char *)"6.1",
				    .arch = (char *)"x86_64",
				    .backend = (char *)"raw",
				    .details = (char *)"{\"daemon\":{\"spool_bytes\":5}}" };
	struct text text = {};
	_cleanup_free_ char *said = NULL;
	struct err err = {};

	assert_int_equal(store_agent_seen(f->db, &agent, &err), 0);
	assert_int_equal(metrics_agents_render(&text, f->db, clock_ms() + AGENT_UP_MS + 1000, &err),
			 0);
	said = text_take(&text);
	assert_non_null(strstr(said, "\nvexxy_agents{state=\"silent\"} 1\n"));
	assert_null(strstr(said, "node="));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_are_taken_once_and_in_order),
		TEST(content_that_is_not_what_it_says_is_thrown_away),
		TEST(two_at_once_do_not_mix),
		TEST(the_same_upload_is_begun_once),
		TEST(what_was_given_once_is_known),
		TEST(only_an_analysis_that_is_worked_on_takes_uploads),
		TEST(no_number_of_files_keeps_a_trace_away),
		TEST(what_is_never_completed_goes),
		TEST(an_agent_is_one_row_for_each_node),
		TEST(what_an_agent_says_is_seen_at_the_server),
		TEST(of_a_silent_agent_nothing_is_repeated),
		TEST(an_agent_tells_how_long_it_has_been_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
