// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* The store's promises, on every database that there is a driver for: what holds on one holds on all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "tests/unit/store_fixture.h"

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
	struct progress progress = { JOB_RUNNING, 50, "Runs", NULL, NULL, NULL, NULL };
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

/* By the store's clock, whatever the worker's says. */
static void who_is_to_wait_is_not_taken_before(void **state)
{
	struct fixture *f = *state;
	struct job job = {}, none = {};
	struct lease lease;
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	claim(f, &job, "w", 10000);
	lease = lease_of(&job, "w");
	assert_int_equal(
	    store_finish(f->db, &lease,
			 &(struct ending){ .state = JOB_QUEUED, .reason = "no", .again_ms = 1500 },
			 &err),
	    0);
	assert_int_equal(store_claim(&none, f->db, "w", 10000, &err), 0);
	job_done(&job);
	usleep(1600000);
	claim(f, &job, "w", 10000);
	assert_int_equal(job.attempt, 2);
	job_done(&job);
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
	struct submission in = { &job, false, "default", NULL, "", NULL, render };
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
	struct progress progress = { JOB_RUNNING, 50, "Runs", NULL, "{\"a\":1}", NULL, NULL };
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

/* Of an attempt that another follows nothing is: the next one has its own. */
static void what_a_failure_left_is_kept_once_it_is_final(void **state)
{
	struct fixture *f = *state;
	const struct artifact artifact = { (char *)"container-log", (char *)"text/plain",
					   (char *)"00", 7 };
	struct ending ending = { .state = JOB_QUEUED,
				 .reason = "the node is gone",
				 .artifacts = &artifact,
				 .artifact_count = 1 };
	struct artifact found = {};
	struct job job = {};
	struct lease lease;
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	claim(f, &job, "w", 10000);
	lease = lease_of(&job, "w");
	assert_int_equal(store_finish(f->db, &lease, &ending, &err), 0);
	assert_int_equal(store_artifact(&found, f->db, id, "container-log", &err), -ENOENT);
	job_done(&job);
	claim(f, &job, "w", 10000);
	lease = lease_of(&job, "w");
	ending.state = JOB_FAILED;
	assert_int_equal(store_finish(f->db, &lease, &ending, &err), 0);
	assert_int_equal(store_artifact(&found, f->db, id, "container-log", &err), 0);
	assert_int_equal(found.bytes, 7);
	artifact_done(&found);
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

static int count_input(void *ctx, const struct input *input)
{
	(void)input;
	++*(int *)ctx;
	return 0;
}

static void inputs_are_listed_by_image(void **state)
{
	struct fixture *f = *state;
	struct input input = { .org = (char *)"default",
			       .kind = (char *)"vulnerabilities",
			       .digest = (char *)"0",
			       .created_by = (char *)"x" };
	struct err err = {};
	int64_t total = 0;
	int seen = 0;

	for (int i = 0; i < 3; i++) {
		id_new(input.id, i);
		input.created_ms = i;
		input.image_digest = (char *)(i ? "sha256:1" : NULL);
		assert_int_equal(store_input_add(f->db, &input, &err), 0);
		assert_int_equal(store_input_add(f->db, &input, &err), -EEXIST);
	}
	assert_int_equal(store_input_list(&total, f->db, "default", "vulnerabilities", "sha256:1",
					  0, 1, count_input, &seen, &err),
			 0);
	assert_int_equal(total, 2);
	assert_int_equal(seen, 1);
	assert_int_equal(store_input_list(&total, f->db, "default", "vulnerabilities", NULL, 1, 9,
					  count_input, &seen, &err),
			 0);
	assert_int_equal(total, 3);
	assert_int_equal(seen, 3);
	assert_int_equal(store_inputs_of_image(f->db, "default", "vulnerabilities", "sha256:1", 9,
					       count_input, &seen, &err),
			 2);
	assert_int_equal(store_inputs_of_image(f->db, OTHER, "vulnerabilities", "sha256:1", 9,
					       count_input, &seen, &err),
			 0);
	assert_int_equal(seen, 5);
}

struct page_end {
	char ids[256];
	int64_t last_ms;
	char last_id[ID_BYTES];
};

static int note_job(void *ctx, const struct job *job)
{
	struct page_end *end = ctx;
	size_t len = strlen(end->ids);

	snprintf(end->ids + len, sizeof(end->ids) - len, "%s ", job->fingerprint);
	end->last_ms = job->created_ms;
	snprintf(end->last_id, ID_BYTES, "%s", job->id);
	return 0;
}

static void pages_follow_one_another(void **state)
{
	struct fixture *f = *state;
	struct page_end end = {};
	struct job_page page = { .limit = 2 };
	enum job_state was;
	struct err err = {};
	char id[ID_BYTES], name[8];
	int64_t total = 0, counts[JOB_STATE_COUNT] = {};

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%d", i);
		submit(f, id, name);
		usleep(2000);
	}
	assert_int_equal(store_job_list(&total, f->db, "default", &page, note_job, &end, &err), 0);
	assert_int_equal(total, 5);
	for (int i = 0; i < 2; i++) {
		page.before_ms = end.last_ms;
		page.before_id = end.last_id;
		assert_int_equal(
		    store_job_list(&total, f->db, "default", &page, note_job, &end, &err), 0);
	}
	assert_string_equal(end.ids, "4 3 2 1 0 ");
	assert_int_equal(store_cancel(&was, f->db, "default", id, &err), 0);
	page = (struct job_page){ .limit = 9, .state = "cancelled" };
	assert_int_equal(store_job_list(&total, f->db, "default", &page, note_job, &end, &err), 0);
	assert_string_equal(end.ids, "4 3 2 1 0 4 ");
	assert_int_equal(store_job_counts(counts, f->db, &err), 0);
	assert_int_equal(counts[JOB_QUEUED], 4);
	assert_int_equal(counts[JOB_CANCELLED], 1);
}

static int note_audit(void *ctx, const struct audit *audit)
{
	text_printf(ctx, "%s:%s:%s ", audit->action, audit->target ? audit->target : "-",
		    audit->details ? audit->details : "-");
	return 0;
}

static void who_did_what_is_remembered(void **state)
{
	struct fixture *f = *state;
	struct audit audit = { "default", "key:1", "submit", "x", "{\"\u00e9\":\"é'?1\"}", "r", 0 };
	struct text seen = {}, expected = {};
	struct err err = {};
	char id[ID_BYTES], same[ID_BYTES];

	submit(f, id, "once");
	assert_int_equal(submit_as(f, same, "once", 0, NULL, "", false), 1);
	text_printf(&expected, "submit:%s:- ", id);
	assert_int_equal(store_audit_list(f->db, "default", 9, note_audit, &seen, &err), 0);
	assert_string_equal(seen.bytes, expected.bytes);
	text_done(&expected);
	text_done(&seen);
	assert_int_equal(store_audit_add(f->db, &audit, &err), 0);
	usleep(2000);
	audit = (struct audit){ OTHER, "key:2", "cancel", NULL, NULL, NULL, 0 };
	assert_int_equal(store_audit_add(f->db, &audit, &err), 0);
	assert_int_equal(store_audit_list(f->db, "default", 1, note_audit, &seen, &err), 0);
	assert_int_equal(store_audit_list(f->db, NULL, 2, note_audit, &seen, &err), 0);
	assert_string_equal(seen.bytes, "submit:x:{\"\u00e9\":\"é'?1\"} cancel:-:- "
					"submit:x:{\"\u00e9\":\"é'?1\"} ");
	text_done(&seen);
}

static int count_job(void *ctx, const struct job *job)
{
	(void)job;
	++*(int *)ctx;
	return 0;
}

static int64_t count_jobs(struct fixture *f)
{
	struct job_page page = { 0, 10, NULL, 0, NULL };
	int64_t total = 0;
	struct err err = {};
	int seen = 0;

	assert_int_equal(store_job_list(&total, f->db, "default", &page, count_job, &seen, &err),
			 0);
	assert_int_equal(total, seen);
	return total;
}

static void what_was_written_is_there_after_opening_again(void **state)
{
	struct fixture *f = *state;
	struct err err = {};
	char id[ID_BYTES];

	submit(f, id, "x");
	db_close(f->db);
	f->db = NULL;
	if (f->dir[0])
		assert_int_equal(db_sqlite_open(&f->db, f->path, &err), 0);
	else
		f->db = open_postgres();
	assert_int_equal(store_migrate(f->db, &err), 0);
	assert_int_equal(count_jobs(f), 1);
	assert_int_equal(state_of(f, id), JOB_QUEUED);
}

static void a_copy_is_made_while_it_is_used(void **state)
{
	struct fixture *f = *state;
	char id[ID_BYTES], copy[128];
	struct stat st;
	struct err err = {};

	submit(f, id, "x");
	snprintf(copy, sizeof(copy), "%s.copy", f->path);
	assert_int_equal(db_backup(f->db, f->path, &err), -EINVAL);
	assert_int_equal(db_backup(f->db, copy, &err), 0);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(db_sqlite_open(&f->db, copy, &err), 0);
	assert_int_equal(count_jobs(f), 1);
}

/* Another program has the file locked: what is written meanwhile is refused in time, and nothing is broken by it. */
static void a_database_that_is_locked_comes_back(void **state)
{
	struct fixture *f = *state;
	char command[256], answer[64], id[ID_BYTES];
	FILE *locker;

	submit(f, id, "1");
	snprintf(command, sizeof(command),
		 "python3 -c 'import sqlite3, time; c = sqlite3.connect(\"%s\", "
		 "isolation_level=None); c.execute(\"BEGIN IMMEDIATE\"); print(\"locked\", "
		 "flush=True); time.sleep(8)'",
		 f->path);
	locker = popen(command, "re");
	assert_non_null(locker);
	assert_non_null(fgets(answer, sizeof(answer), locker));
	assert_int_equal(submit_as(f, id, "2", 0, NULL, "", false), -EBUSY);
	assert_int_equal(count_jobs(f), 1);
	pclose(locker);
	assert_int_equal(submit_as(f, id, "2", 0, NULL, "", false), 0);
	assert_int_equal(count_jobs(f), 2);
}

/* Every promise of store.h: one set, on each database. */
#define CONFORMANCE(X)                                             \
	X(a_repeated_key_gets_the_same_reply)                      \
	X(the_same_analysis_is_made_once_unless_asked_for)         \
	X(the_higher_priority_is_taken_first_then_the_older)       \
	X(who_has_lost_the_lease_writes_nothing)                   \
	X(after_the_last_attempt_a_lost_job_has_failed)            \
	X(cancel_ends_what_waits_and_tells_who_works)              \
	X(who_is_to_wait_is_not_taken_before)                      \
	X(the_end_of_the_last_attempt_is_told_as_what_it_is)       \
	X(who_wants_to_hear_of_the_end_is_told_until_it_was_heard) \
	X(who_asks_for_what_has_ended_is_told_at_once)             \
	X(events_are_numbered_and_resume)                          \
	X(what_a_failure_left_is_kept_once_it_is_final)            \
	X(another_organisation_sees_nothing)                       \
	X(quotas_hold)                                             \
	X(keys_are_valid_until_revoked)                            \
	X(inputs_are_listed_by_image)                              \
	X(pages_follow_one_another)                                \
	X(who_did_what_is_remembered)                              \
	X(what_was_written_is_there_after_opening_again)

#define ON_SQLITE(name) { #name, name, set_up, tear_down, NULL },
#define ON_POSTGRES(name) { #name ", on PostgreSQL", name, set_up_postgres, tear_down, NULL },

int main(void)
{
	const struct CMUnitTest on_sqlite[] = {
		CONFORMANCE(ON_SQLITE) cmocka_unit_test_setup_teardown(
		    a_copy_is_made_while_it_is_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_database_that_is_locked_comes_back, set_up,
						tear_down),
	};
	const struct CMUnitTest on_postgres[] = { CONFORMANCE(ON_POSTGRES) };
	int failed = cmocka_run_group_tests_name("sqlite", on_sqlite, NULL, NULL), missing = 0;

	if (postgres_begin(&missing))
		return failed || missing;
	failed += cmocka_run_group_tests_name("postgresql", on_postgres, NULL, NULL);
	postgres("remove", "");
	return failed != 0;
}
