// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* The store's promises, on every database that there is a driver for: what holds on one holds on all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/clock.h"
#include "server/store.h"
#include "server/text.h"

#define OTHER "another"

struct fixture {
	struct db *db;
	char dir[64], path[96];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};

	snprintf(f->dir, sizeof(f->dir), "/tmp/vexxy-store.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
	assert_int_equal(db_sqlite_open(&f->db, f->path, &err), 0);
	assert_int_equal(store_migrate(f->db, &err), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".copy" };
	struct fixture *f = *state;
	char path[128];

	db_close(f->db);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

static char *render(const struct job *job, bool reused)
{
	char *text = NULL;

	return asprintf(&text, "{\"id\":\"%s\",\"reused\":%d}", job->id, reused) < 0 ? NULL : text;
}

static struct job make_job(const char *org, const char *fingerprint, int64_t priority)
{
	struct job job = { .org = (char *)org,
			   .image_ref = (char *)"web:1",
			   .image_digest = (char *)"sha256:0",
			   .profile = (char *)"standard",
			   .config = (char *)"{}",
			   .inputs = (char *)"{}",
			   .fingerprint = (char *)fingerprint,
			   .phase = (char *)"pending",
			   .submitted_by = (char *)"test",
			   .priority = priority,
			   .attempts_max = 2,
			   .timeout_s = 60,
			   .created_ms = clock_ms() };

	id_new(job.id, job.created_ms);
	id_new(job.vex_id, job.created_ms);
	return job;
}

/* Submits, and tells the id that came out. */
static int submit_as(struct fixture *f, char id[ID_BYTES], const char *fingerprint,
		     int64_t priority, const char *key, const char *request, bool reanalyze)
{
	struct job job = make_job("default", fingerprint, priority);
	struct submission in = { &job, reanalyze, "default", key, "", render };
	struct submitted out = {};
	struct err err = {};
	int r;

	snprintf(in.request, sizeof(in.request), "%s", request);
	r = store_submit(&out, f->db, &in, &err);
	if (r == 0) {
		snprintf(id, ID_BYTES, "%s", out.job_id);
		r = out.replayed ? 2 : out.reused ? 1 : 0;
	}
	free(out.reply);
	return r;
}

static void submit(struct fixture *f, char id[ID_BYTES], const char *fingerprint)
{
	assert_int_equal(submit_as(f, id, fingerprint, 0, NULL, "", false), 0);
}

static struct lease lease_of(const struct job *job, const char *owner)
{
	struct lease lease = { .fence = job->fence };

	snprintf(lease.job_id, ID_BYTES, "%s", job->id);
	snprintf(lease.owner, ID_BYTES, "%s", owner);
	return lease;
}

static void claim(struct fixture *f, struct job *job, const char *owner, int64_t lease_ms)
{
	struct err err = {};

	assert_int_equal(store_claim(job, f->db, owner, lease_ms, &err), 1);
}

static enum job_state state_of(struct fixture *f, const char *id)
{
	_cleanup_job_ struct job job = {};
	struct err err = {};

	assert_int_equal(store_job(&job, f->db, "default", id, &err), 0);
	return job.state;
}

static void a_repeated_key_gets_the_same_reply(void **state)
{
	char first[ID_BYTES], second[ID_BYTES];

	assert_int_equal(submit_as(*state, first, "a", 0, "k", "r1", false), 0);
	assert_int_equal(submit_as(*state, second, "b", 0, "k", "r1", false), 2);
	assert_string_equal(first, second);
	assert_int_equal(submit_as(*state, second, "b", 0, "k", "r2", false), -EEXIST);
}

static void the_same_analysis_is_made_once_unless_asked_for(void **state)
{
	char first[ID_BYTES], second[ID_BYTES];

	submit(*state, first, "same");
	assert_int_equal(submit_as(*state, second, "same", 0, NULL, "", false), 1);
	assert_string_equal(first, second);
	assert_int_equal(submit_as(*state, second, "same", 0, NULL, "", true), 0);
	assert_string_not_equal(first, second);
}

static void the_higher_priority_is_taken_first_then_the_older(void **state)
{
	char low[ID_BYTES], high[ID_BYTES], late[ID_BYTES];
	struct job job = {};
	struct err err = {};

	assert_int_equal(submit_as(*state, low, "1", 0, NULL, "", false), 0);
	assert_int_equal(submit_as(*state, high, "2", 5, NULL, "", false), 0);
	assert_int_equal(submit_as(*state, late, "3", 0, NULL, "", false), 0);
	claim(*state, &job, "w", 1000);
	assert_string_equal(job.id, high);
	job_done(&job);
	claim(*state, &job, "w", 1000);
	assert_string_equal(job.id, low);
	job_done(&job);
	claim(*state, &job, "w", 1000);
	assert_string_equal(job.id, late);
	job_done(&job);
	assert_int_equal(store_claim(&job, ((struct fixture *)*state)->db, "w", 1000, &err), 0);
}

static void who_has_lost_the_lease_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct job first = {}, second = {};
	struct ending ending = { .state = JOB_COMPLETE };
	struct progress progress = { JOB_RUNNING, 50, "Runtime analysis", NULL, NULL };
	struct lease old, new;
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	claim(f, &first, "one", -1);
	assert_int_equal(store_recover(f->db, NULL, &err), 1);
	claim(f, &second, "two", 10000);
	old = lease_of(&first, "one");
	new = lease_of(&second, "two");
	assert_int_equal(store_renew(f->db, &old, 1000, &err), -ESTALE);
	assert_int_equal(store_progress(f->db, &old, &progress, &err), -ESTALE);
	assert_int_equal(store_finish(f->db, &old, &ending, &err), -ESTALE);
	assert_int_equal(state_of(f, id), JOB_RUNNING);
	assert_int_equal(store_progress(f->db, &new, &progress, &err), 0);
	assert_int_equal(store_finish(f->db, &new, &ending, &err), 0);
	assert_int_equal(state_of(f, id), JOB_COMPLETE);
	assert_int_equal(store_finish(f->db, &new, &ending, &err), -ESTALE);
	job_done(&first);
	job_done(&second);
}

static void after_the_last_attempt_a_lost_job_has_failed(void **state)
{
	struct fixture *f = *state;
	_cleanup_job_ struct job end = {};
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	for (int i = 0; i < 2; i++) {
		struct job job = {};

		claim(f, &job, "one", 10000);
		assert_int_equal(store_recover(f->db, "two", &err), 0);
		assert_int_equal(store_recover(f->db, "one", &err), 1);
		job_done(&job);
	}
	assert_int_equal(store_job(&end, f->db, "default", id, &err), 0);
	assert_int_equal(end.state, JOB_FAILED);
	assert_non_null(end.error);
	assert_non_null(strstr(end.reasons, "\"attempt\":2"));
}

static void the_end_of_the_last_attempt_is_told_as_what_it_is(void **state)
{
	struct fixture *f = *state;
	enum job_state came_to = JOB_COMPLETE;
	const struct ending again = { .state = JOB_QUEUED, .reason = "no", .ret_state = &came_to };
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	for (int i = 0; i < 2; i++) {
		struct job job = {};
		struct lease lease;

		claim(f, &job, "one", 10000);
		lease = lease_of(&job, "one");
		assert_int_equal(store_finish(f->db, &lease, &again, &err), 0);
		assert_int_equal(came_to, i ? JOB_FAILED : JOB_QUEUED);
		job_done(&job);
	}
	assert_int_equal(state_of(f, id), JOB_FAILED);
}

/* Submits with a callback; the same job as before where there is one. */
static void submit_with(struct fixture *f, char id[ID_BYTES], const char *url, bool tells_backend)
{
	struct job job = make_job("default", "told", 0);
	struct submission in = { &job, false, "default", NULL, "", render };
	struct submitted out = {};
	struct err err = {};

	job.callback_url = (char *)url;
	job.tells_backend = tells_backend;
	assert_int_equal(store_submit(&out, f->db, &in, &err), 0);
	snprintf(id, ID_BYTES, "%s", out.job_id);
	free(out.reply);
}

static void who_wants_to_hear_of_the_end_is_told_until_it_was_heard(void **state)
{
	struct fixture *f = *state;
	struct delivery first = {}, second = {};
	enum job_state was;
	struct err err = {};
	char id[ID_BYTES], same[ID_BYTES], told[ID_BYTES];

	submit_with(f, id, "http://one/", false);
	assert_int_equal(store_outbox_claim(&first, f->db, 10000, &err), 0);
	assert_int_equal(store_cancel(&was, f->db, "default", id, &err), 0);
	assert_int_equal(store_outbox_claim(&first, f->db, -1, &err), 1);
	assert_string_equal(first.url, "http://one/");
	assert_string_equal(first.job_id, id);
	assert_non_null(strstr(first.body, "\"status\":\"cancelled\""));
	assert_int_equal(first.attempt, 1);
	/* Who had it is gone: it comes again, and what that one says of it counts no more. */
	assert_int_equal(store_outbox_claim(&second, f->db, 10000, &err), 1);
	assert_string_equal(second.id, first.id);
	assert_int_equal(second.attempt, 2);
	assert_int_equal(
	    store_outbox_end(f->db, &first, &(struct delivery_end){ .status = 200 }, &err), 0);
	assert_int_equal(store_outbox_end(f->db, &second,
					  &(struct delivery_end){ 500, "it answered with 500", 1 },
					  &err),
			 0);
	delivery_done(&first);
	delivery_done(&second);
	usleep(5000);
	assert_int_equal(store_outbox_claim(&first, f->db, 10000, &err), 1);
	snprintf(told, sizeof(told), "%s", first.id);
	assert_int_equal(
	    store_outbox_end(f->db, &first, &(struct delivery_end){ .status = 204 }, &err), 0);
	delivery_done(&first);
	assert_int_equal(store_outbox_claim(&first, f->db, 10000, &err), 0);
	/* What was cancelled is analysed again, and both URLs of that are told; the backend as well. */
	submit_with(f, id, "http://one/", true);
	submit_with(f, same, "http://one/", true);
	assert_string_equal(id, same);
	submit_with(f, same, "http://two/", true);
	assert_string_equal(id, same);
	assert_int_equal(store_cancel(&was, f->db, "default", id, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_outbox_claim(&first, f->db, 10000, &err), 1);
		assert_string_not_equal(first.id, told);
		delivery_done(&first);
	}
	assert_int_equal(store_outbox_claim(&first, f->db, 10000, &err), 0);
}

static void who_asks_for_what_has_ended_is_told_at_once(void **state)
{
	struct fixture *f = *state;
	struct delivery delivery = {};
	struct job job = {};
	struct lease lease;
	struct err err = {};
	char id[ID_BYTES], same[ID_BYTES];

	submit_with(f, id, NULL, false);
	claim(f, &job, "w", 10000);
	lease = lease_of(&job, "w");
	assert_int_equal(
	    store_finish(f->db, &lease, &(struct ending){ .state = JOB_COMPLETE }, &err), 0);
	submit_with(f, same, "http://late/", false);
	assert_string_equal(id, same);
	assert_int_equal(store_outbox_claim(&delivery, f->db, 10000, &err), 1);
	assert_non_null(strstr(delivery.body, "\"status\":\"complete\""));
	assert_non_null(strstr(delivery.body, job.vex_id));
	delivery_done(&delivery);
	job_done(&job);
}

static void cancel_ends_what_waits_and_tells_who_works(void **state)
{
	struct fixture *f = *state;
	enum job_state was;
	struct job job = {};
	struct lease lease;
	struct err err = {};
	char waiting[ID_BYTES], running[ID_BYTES];

	submit(f, running, "1");
	claim(f, &job, "w", 50);
	submit(f, waiting, "2");
	assert_int_equal(store_cancel(&was, f->db, "default", waiting, &err), 0);
	assert_int_equal(state_of(f, waiting), JOB_CANCELLED);
	assert_int_equal(store_cancel(&was, f->db, "default", waiting, &err), -EALREADY);
	assert_int_equal(was, JOB_CANCELLED);
	assert_int_equal(store_cancel(&was, f->db, "default", running, &err), 1);
	lease = lease_of(&job, "w");
	assert_int_equal(store_renew(f->db, &lease, 60000, &err), -ECANCELED);
	usleep(100000);
	/* Its sandbox is torn down meanwhile: nobody else says that it has ended. */
	assert_int_equal(store_recover(f->db, NULL, &err), 0);
	/* The work was quicker than the word: it is cancelled all the same. */
	assert_int_equal(
	    store_finish(f->db, &lease, &(struct ending){ .state = JOB_COMPLETE }, &err), 0);
	assert_int_equal(state_of(f, running), JOB_CANCELLED);
	job_done(&job);
}

static int collect(void *ctx, const struct job_event *event)
{
	text_printf(ctx, "%lld:%s ", (long long)event->seq, event->type);
	return 0;
}

static void events_are_numbered_and_resume(void **state)
{
	struct fixture *f = *state;
	const struct artifact artifact = { (char *)"vex", (char *)"application/json", (char *)"00",
					   7 };
	struct ending ending = { .state = JOB_COMPLETE,
				 .artifacts = &artifact,
				 .artifact_count = 1 };
	struct progress progress = { JOB_RUNNING, 50, "Runtime analysis", NULL, "{\"a\":1}" };
	struct artifact found = {};
	struct text all = {}, rest = {};
	struct job job = {};
	struct lease lease;
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	claim(f, &job, "w", 10000);
	lease = lease_of(&job, "w");
	assert_int_equal(store_progress(f->db, &lease, &progress, &err), 0);
	assert_int_equal(store_progress(f->db, &lease, &progress, &err), 0);
	assert_int_equal(store_finish(f->db, &lease, &ending, &err), 0);
	assert_int_equal(store_events(f->db, id, 0, 100, collect, &all, &err), 5);
	assert_string_equal(all.bytes, "1:phase 2:phase 3:phase 4:progress 5:done ");
	assert_int_equal(store_events(f->db, id, 3, 1, collect, &rest, &err), 1);
	assert_string_equal(rest.bytes, "4:progress ");
	assert_int_equal(store_artifact(&found, f->db, id, "vex", &err), 0);
	assert_int_equal(found.bytes, 7);
	artifact_done(&found);
	assert_int_equal(store_artifact(&found, f->db, id, "sbom", &err), -ENOENT);
	text_done(&all);
	text_done(&rest);
	job_done(&job);
}

static void another_organisation_sees_nothing(void **state)
{
	struct fixture *f = *state;
	struct job job = {};
	struct input input = { .org = (char *)"default",
			       .kind = (char *)"sbom",
			       .digest = (char *)"0",
			       .created_by = (char *)"x",
			       .id = "01900000-0000-7000-8000-000000000000" };
	struct input found = {};
	enum job_state was;
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	assert_int_equal(store_job(&job, f->db, OTHER, id, &err), -ENOENT);
	assert_int_equal(store_cancel(&was, f->db, OTHER, id, &err), -ENOENT);
	assert_int_equal(store_input_add(f->db, &input, &err), 0);
	assert_int_equal(store_input(&found, f->db, OTHER, "sbom", input.id, &err), -ENOENT);
	assert_int_equal(store_input(&found, f->db, "default", "advisories", input.id, &err),
			 -ENOENT);
	assert_int_equal(store_input(&found, f->db, "default", "sbom", input.id, &err), 0);
	input_done(&found);
}

static void quotas_hold(void **state)
{
	struct fixture *f = *state;
	const struct organisation limits = { "default", 2, 1, -1, -1 };
	struct job job = {}, none = {};
	struct err err = {};
	char id[ID_BYTES];

	assert_int_equal(store_organisation_set(f->db, &limits, &err), 0);
	submit(f, id, "1");
	submit(f, id, "2");
	assert_int_equal(submit_as(f, id, "3", 0, NULL, "", false), -EDQUOT);
	/* What is analysed already costs nothing. */
	assert_int_equal(submit_as(f, id, "2", 0, NULL, "", false), 1);
	claim(f, &job, "w", 10000);
	assert_int_equal(store_claim(&none, f->db, "w", 10000, &err), 0);
	job_done(&job);
}

static void keys_are_valid_until_revoked(void **state)
{
	struct fixture *f = *state;
	struct api_key key = { (char *)"k1",
			       (char *)"default",
			       (char *)"ci",
			       (char *)"hash",
			       (char *)"read",
			       1,
			       0,
			       0,
			       0 };
	struct api_key found = {};
	int64_t count = 0;
	struct err err = {};

	assert_int_equal(store_key_add(f->db, &key, &err), 0);
	assert_int_equal(store_key_count(&count, f->db, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(store_key_revoke(f->db, OTHER, "k1", &err), -ENOENT);
	assert_int_equal(store_key_revoke(f->db, NULL, "k1", &err), 0);
	assert_int_equal(store_key_revoke(f->db, NULL, "k1", &err), -ENOENT);
	assert_int_equal(store_key(&found, f->db, "k1", &err), 0);
	assert_true(found.revoked_ms > 0);
	api_key_done(&found);
	/* A server whose keys have all expired or been revoked is not one that never had any, which anybody may use. */
	assert_int_equal(store_key_count(&count, f->db, &err), 0);
	assert_int_equal(count, 1);
}

struct crowd {
	struct fixture *f;
	int claimed;
};

static void *take_all(void *ctx)
{
	struct crowd *crowd = ctx;
	struct job job = {};
	struct err err = {};

	while (store_claim(&job, crowd->f->db, "w", 10000, &err) == 1) {
		crowd->claimed++;
		job_done(&job);
	}
	return NULL;
}

static void many_workers_take_each_job_once(void **state)
{
	struct crowd crowds[8];
	pthread_t threads[8];
	int total = 0;
	char id[ID_BYTES], name[16];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "%d", i);
		submit(*state, id, name);
	}
	for (int i = 0; i < 8; i++) {
		crowds[i] = (struct crowd){ *state, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, take_all, &crowds[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		total += crowds[i].claimed;
	}
	assert_int_equal(total, 50);
}

static int count_job(void *ctx, const struct job *job)
{
	(void)job;
	++*(int *)ctx;
	return 0;
}

static void what_was_written_is_there_after_opening_again(void **state)
{
	struct fixture *f = *state;
	struct job_page page = { 0, 10, NULL, 0, NULL };
	char id[ID_BYTES], copy[128];
	int64_t total = 0;
	struct stat st;
	struct err err = {};
	int seen = 0;

	submit(f, id, "x");
	snprintf(copy, sizeof(copy), "%s.copy", f->path);
	assert_int_equal(db_backup(f->db, f->path, &err), -EINVAL);
	assert_int_equal(db_backup(f->db, copy, &err), 0);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	for (int i = 0; i < 2; i++) {
		db_close(f->db);
		f->db = NULL;
		assert_int_equal(db_sqlite_open(&f->db, i ? copy : f->path, &err), 0);
		assert_int_equal(store_migrate(f->db, &err), 0);
		assert_int_equal(
		    store_job_list(&total, f->db, "default", &page, count_job, &seen, &err), 0);
		assert_int_equal(total, 1);
	}
	assert_int_equal(seen, 2);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_repeated_key_gets_the_same_reply),
		STORE_TEST(the_same_analysis_is_made_once_unless_asked_for),
		STORE_TEST(the_higher_priority_is_taken_first_then_the_older),
		STORE_TEST(who_has_lost_the_lease_writes_nothing),
		STORE_TEST(after_the_last_attempt_a_lost_job_has_failed),
		STORE_TEST(cancel_ends_what_waits_and_tells_who_works),
		STORE_TEST(the_end_of_the_last_attempt_is_told_as_what_it_is),
		STORE_TEST(who_wants_to_hear_of_the_end_is_told_until_it_was_heard),
		STORE_TEST(who_asks_for_what_has_ended_is_told_at_once),
		STORE_TEST(events_are_numbered_and_resume),
		STORE_TEST(another_organisation_sees_nothing),
		STORE_TEST(quotas_hold),
		STORE_TEST(keys_are_valid_until_revoked),
		STORE_TEST(many_workers_take_each_job_once),
		STORE_TEST(what_was_written_is_there_after_opening_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
