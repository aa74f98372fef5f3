// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What is old is forgotten, and never what something names: on every database, and on the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <time.h>

#include "server/blobs.h"
#include "tests/unit/store_fixture.h"

#define USED "01900000-0000-7000-8000-000000000001"
#define UNUSED "01900000-0000-7000-8000-000000000002"

static void add_input(struct fixture *f, const char *id, const char *digest)
{
	struct input input = { .org = (char *)"default",
			       .kind = (char *)"sbom",
			       .digest = (char *)digest,
			       .created_by = (char *)"x",
			       .created_ms = clock_ms() };
	struct err err = {};

	snprintf(input.id, sizeof(input.id), "%s", id);
	assert_int_equal(store_input_add(f->db, &input, &err), 0);
}

static int64_t forget(struct fixture *f, enum retention_kind kind, int64_t age_ms)
{
	struct err err = {};
	int64_t n = -1;
	int r = store_forget(&n, f->db, kind, age_ms, &err);

	if (r < 0)
		print_error("%s\n", err.text);
	assert_int_equal(r, 0);
	return n;
}

static int named(struct fixture *f, const char *digest)
{
	struct err err = {};

	return store_has_content(f->db, digest, &err);
}

static int collect(void *ctx, const struct job_event *event)
{
	text_printf(ctx, "%s ", event->type);
	return 0;
}

/* An analysis that has ended, with what it left, and somebody who is to be told of it. */
static void make_ended(struct fixture *f, char id[ID_BYTES])
{
	const struct artifact artifacts[] = {
		{ (char *)"vex", (char *)"application/json", (char *)"aa", 7 },
		{ (char *)"trace", (char *)"application/gzip", (char *)"bb", 7 },
	};
	const struct ending ending = { .state = JOB_COMPLETE,
				       .artifacts = artifacts,
				       .artifact_count = 2 };
	struct progress progress = { JOB_RUNNING, 50, "Runs", NULL, NULL, NULL, NULL };
	struct job ended = make_job("default", "ends", 0), job = {};
	struct submission in = { &ended, false, "default", NULL, "", NULL, render };
	struct submitted out = {};
	struct lease lease;
	struct err err = {};

	ended.callback_url = (char *)"http://told/";
	assert_int_equal(store_submit(&out, f->db, &in, &err), 0);
	free(out.reply);
	snprintf(id, ID_BYTES, "%s", ended.id);
	claim(f, &job, "w", 10000);
	lease = lease_of(&job, "w");
	assert_int_equal(store_progress(f->db, &lease, &progress, &err), 0);
	assert_int_equal(store_progress(f->db, &lease, &progress, &err), 0);
	assert_int_equal(store_finish(f->db, &lease, &ending, &err), 0);
	job_done(&job);
}

static void make_waiting(struct fixture *f, char id[ID_BYTES])
{
	struct job waiting = make_job("default", "waits", 0);
	struct submission in = { &waiting, false, "default", NULL, "", NULL, render };
	struct submitted out = {};
	struct err err = {};

	waiting.inputs = (char *)"{\"sboms\":[{\"id\":\"" USED "\",\"digest\":\"cc\"}]}";
	assert_int_equal(store_submit(&out, f->db, &in, &err), 0);
	free(out.reply);
	snprintf(id, ID_BYTES, "%s", waiting.id);
}

static void tell_all(struct fixture *f)
{
	struct delivery delivery = {};
	struct err err = {};

	while (store_outbox_claim(&delivery, f->db, 10000, &err) > 0) {
		assert_int_equal(store_outbox_end(f->db, &delivery,
						  &(struct delivery_end){ .status = 204 }, &err),
				 0);
		delivery_done(&delivery);
	}
}

static void what_is_old_is_forgotten_unless_something_names_it(void **state)
{
	struct fixture *f = *state;
	struct text events = {};
	struct job none = {};
	struct err err = {};
	char id[ID_BYTES], waits[ID_BYTES];

	make_ended(f, id);
	add_input(f, USED, "cc");
	add_input(f, UNUSED, "dd");
	make_waiting(f, waits);
	usleep(5000);
	for (int kind = 0; kind < RETENTION_KINDS; kind++)
		assert_int_equal(forget(f, (enum retention_kind)kind, 60000), 0);
	assert_int_equal(named(f, "aa"), 1);
	assert_int_equal(named(f, "cc"), 1);
	assert_int_equal(named(f, "ee"), 0);
	assert_int_equal(forget(f, RETENTION_EVENTS, 0), 1);
	assert_true(store_events(f->db, id, 0, 100, collect, &events, &err) > 0);
	assert_non_null(strstr(events.bytes, "done"));
	assert_null(strstr(events.bytes, "progress"));
	text_done(&events);
	assert_int_equal(forget(f, RETENTION_TRACES, 0), 1);
	assert_int_equal(named(f, "bb"), 0);
	assert_int_equal(named(f, "aa"), 1);
	assert_int_equal(forget(f, RETENTION_INPUTS, 0), 1);
	assert_int_equal(named(f, "dd"), 0);
	assert_int_equal(named(f, "cc"), 1);
	/* Somebody is still to be told of its end. */
	assert_int_equal(forget(f, RETENTION_JOBS, 0), 0);
	tell_all(f);
	usleep(5000);
	assert_int_equal(forget(f, RETENTION_JOBS, 0), 1);
	assert_int_equal(store_job(&none, f->db, "default", id, &err), -ENOENT);
	assert_int_equal(named(f, "aa"), 0);
	assert_int_equal(state_of(f, waits), JOB_QUEUED);
}

static int is_named(void *ctx, const char *digest)
{
	return *digest == *(const char *)ctx ? 1 : *digest == 'f' ? -EIO : 0;
}

static void put_old(const char *dir, char first)
{
	const struct timespec past[2] = { { 1000, 0 }, { 1000, 0 } };
	char path[256], name[65];
	FILE *file;

	memset(name, first, 64);
	name[64] = '\0';
	snprintf(path, sizeof(path), "%s/%.2s", dir, name);
	(void)!mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%.2s/%s", dir, name, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(utimensat(AT_FDCWD, path, past, 0), 0);
}

static void contents_go_when_nothing_names_them(void **state)
{
	struct fixture *f = *state;
	char dir[96], path[192], digest[DIGEST_HEX_BYTES], command[128];
	struct blobs *blobs = NULL;
	struct err err = {};
	uint64_t bytes;
	int64_t count;

	snprintf(dir, sizeof(dir), "%s/blobs", f->dir);
	assert_int_equal(blobs_open(&blobs, dir, "me", NULL, &err), 0);
	put_old(dir, 'a');
	put_old(dir, 'b');
	snprintf(path, sizeof(path), "%s/file", f->dir);
	assert_int_equal(fclose(fopen(path, "we")), 0);
	assert_int_equal(blobs_put_file(digest, &bytes, blobs, path, &err), 0);
	unlink(path);
	assert_int_equal(
	    blobs_sweep(&count, blobs, clock_ms() - 60000, is_named, (void *)"a", &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(
	    blobs_sweep(&count, blobs, clock_ms() - 60000, is_named, (void *)"a", &err), 0);
	assert_int_equal(count, 0);
	/* What cannot be asked for stays. */
	put_old(dir, 'f');
	assert_true(blobs_sweep(&count, blobs, clock_ms() - 60000, is_named, (void *)"a", &err) <
		    0);
	assert_int_equal(count, 0);
	snprintf(path, sizeof(path), "%s/%.2s/%s", dir, digest, digest);
	assert_int_equal(access(path, F_OK), 0);
	blobs_close(blobs);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest on_sqlite[] = {
		cmocka_unit_test_setup_teardown(what_is_old_is_forgotten_unless_something_names_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(contents_go_when_nothing_names_them, set_up,
						tear_down),
	};
	const struct CMUnitTest on_postgres[] = {
		cmocka_unit_test_setup_teardown(what_is_old_is_forgotten_unless_something_names_it,
						set_up_postgres, tear_down),
	};
	int failed = cmocka_run_group_tests_name("sqlite", on_sqlite, NULL, NULL), missing = 0;

	if (postgres_begin(&missing))
		return failed || missing;
	failed += cmocka_run_group_tests_name("postgresql", on_postgres, NULL, NULL);
	postgres("remove", "");
	return failed != 0;
}
