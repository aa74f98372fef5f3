// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* The store's promises to many at the same time, on every database that there is a driver for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "tests/unit/store_fixture.h"

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

struct submitter {
	struct fixture *f;
	char id[ID_BYTES];
	int r;
};

static void *submit_same(void *ctx)
{
	struct submitter *s = ctx;

	s->r = submit_as(s->f, s->id, "same", 0, "key", "request", false);
	return NULL;
}

static void many_submissions_of_one_thing_are_one_analysis(void **state)
{
	struct submitter submitters[8];
	pthread_t threads[8];
	int first = 0;

	for (int i = 0; i < 8; i++) {
		submitters[i] = (struct submitter){ .f = *state };
		assert_int_equal(pthread_create(&threads[i], NULL, submit_same, &submitters[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		assert_true(submitters[i].r == 0 || submitters[i].r == 2);
		first += submitters[i].r == 0;
		assert_string_equal(submitters[i].id, submitters[0].id);
	}
	assert_int_equal(first, 1);
}

struct writer {
	struct fixture *f;
	int number, wrote, failed;
};

/* Every third one fails, once it has written. */
static int write_one(struct sql *sql, void *ctx, struct err *err)
{
	const struct writer *w = ctx;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "%d.%d", w->number, w->wrote + w->failed);
	r = sql_run(sql, "INSERT INTO organisations VALUES (?1, 0, 0, 0, 0, 30, 0, 0)",
		    SQL_VALUES(sql_text(name)), NULL, NULL, err);
	if (r < 0)
		return r;
	return (w->wrote + w->failed) % 3 == 2 ? err_set(err, EDOM, "%s", name) : 0;
}

static void *write_many(void *ctx)
{
	struct writer *w = ctx;

	for (int i = 0; i < 9; i++) {
		struct err err = {};
		int r = db_write(w->f->db, write_one, w, &err);

		if (r == 0)
			w->wrote++;
		else if (r == -EDOM && atoi(err.text) == w->number)
			w->failed++;
	}
	return NULL;
}

static int take_count(void *ctx, const struct sql_row *row)
{
	*(int64_t *)ctx = sql_row_int(row, 0);
	return 0;
}

static int count_organisations(struct sql *sql, void *ctx, struct err *err)
{
	return sql_run(sql, "SELECT COUNT(*) FROM organisations", NULL, 0, take_count, ctx, err);
}

/* They may share a commit. */
static void who_fails_harms_nobody_who_writes_at_the_same_time(void **state)
{
	struct fixture *f = *state;
	struct writer writers[24];
	pthread_t threads[24];
	struct err err = {};
	int64_t count = 0;

	for (int i = 0; i < 24; i++) {
		writers[i] = (struct writer){ f, i, 0, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
	}
	for (int i = 0; i < 24; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(writers[i].wrote, 6);
		assert_int_equal(writers[i].failed, 3);
	}
	assert_int_equal(db_read(f->db, count_organisations, &count, &err), 1);
	assert_int_equal(count, 24 * 6);
}

#define CONFORMANCE(X)                                    \
	X(many_workers_take_each_job_once)                \
	X(many_submissions_of_one_thing_are_one_analysis) \
	X(who_fails_harms_nobody_who_writes_at_the_same_time)

#define ON_SQLITE(name) { #name, name, set_up, tear_down, NULL },
#define ON_POSTGRES(name) { #name ", on PostgreSQL", name, set_up_postgres, tear_down, NULL },

int main(void)
{
	const struct CMUnitTest on_sqlite[] = { CONFORMANCE(ON_SQLITE) };
	const struct CMUnitTest on_postgres[] = { CONFORMANCE(ON_POSTGRES) };
	int failed = cmocka_run_group_tests_name("sqlite", on_sqlite, NULL, NULL), missing = 0;

	if (postgres_begin(&missing))
		return failed || missing;
	failed += cmocka_run_group_tests_name("postgresql", on_postgres, NULL, NULL);
	postgres("remove", "");
	return failed != 0;
}
