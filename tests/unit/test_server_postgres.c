// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What is PostgreSQL's own: several servers on it at once, and that it may go away. The store's promises: test_server_store.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "tests/unit/store_fixture.h"

static void *open_and_migrate(void *ctx)
{
	struct db *db = open_postgres();
	struct err err = {};

	*(int *)ctx = store_migrate(db, &err);
	db_close(db);
	return NULL;
}

static void servers_that_start_at_once_migrate_once(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	struct err err = {};
	int results[4];

	assert_true(db_write(f->db, empty, NULL, &err) >= 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, open_and_migrate, &results[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
	assert_int_equal(store_ping(f->db, &err), 0);
}

struct ear {
	pthread_mutex_t lock;
	char words[512];
	int missed; /* times that something may have been */
};

static void hear(void *ctx, const char *what)
{
	struct ear *ear = ctx;
	size_t len;

	pthread_mutex_lock(&ear->lock);
	len = strlen(ear->words);
	if (what)
		snprintf(ear->words + len, sizeof(ear->words) - len, "%s ", what);
	else
		ear->missed++;
	pthread_mutex_unlock(&ear->lock);
}

/* Within ten seconds: NULL: that something may have been missed, so often. */
static bool has_heard(struct ear *ear, const char *word, int missed)
{
	bool heard = false;

	for (int i = 0; i < 200 && !heard; i++) {
		usleep(50000);
		pthread_mutex_lock(&ear->lock);
		heard = word ? strstr(ear->words, word) != NULL : ear->missed >= missed;
		pthread_mutex_unlock(&ear->lock);
	}
	return heard;
}

static void forget(struct ear *ear)
{
	pthread_mutex_lock(&ear->lock);
	ear->words[0] = '\0';
	pthread_mutex_unlock(&ear->lock);
}

static void what_one_server_does_the_others_hear(void **state)
{
	struct ear ear = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct fixture *f = *state;
	struct db *other = open_postgres();
	struct job job = {};
	struct lease lease;
	struct err err = {};
	char id[ID_BYTES];

	assert_int_equal(db_listen(other, hear, &ear, &err), 0);
	assert_true(has_heard(&ear, NULL, 1));
	submit(f, id, "x");
	assert_true(has_heard(&ear, "work", 0));
	assert_true(has_heard(&ear, id, 0));
	claim(f, &job, "w", 10000);
	forget(&ear);
	lease = lease_of(&job, "w");
	assert_int_equal(store_finish(f->db, &lease, &(struct ending){ .state = JOB_FAILED }, &err),
			 0);
	assert_true(has_heard(&ear, id, 0));
	job_done(&job);
	db_unlisten(other);
	db_close(other);
}

static void a_database_that_goes_away_comes_back(void **state)
{
	struct ear ear = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct fixture *f = *state;
	struct job job = {};
	struct lease lease;
	struct err err = {};
	char id[ID_BYTES], other[ID_BYTES], arguments[32];
	int64_t begun;

	submit(f, id, "1");
	claim(f, &job, "w", 60000);
	lease = lease_of(&job, "w");
	assert_int_equal(db_listen(f->db, hear, &ear, &err), 0);
	assert_true(has_heard(&ear, NULL, 1));
	assert_int_equal(postgres("stop", "immediate"), 0);
	assert_int_equal(submit_as(f, other, "2", 0, NULL, "", false), -EHOSTDOWN);
	assert_int_equal(store_renew(f->db, &lease, 1000, &err), -EHOSTDOWN);
	assert_int_equal(store_ping(f->db, &err), -EHOSTDOWN);
	begun = clock_steady_ms();
	for (int i = 0; i < 100; i++)
		assert_int_equal(store_ping(f->db, &err), -EHOSTDOWN);
	assert_true(clock_steady_ms() - begun < 5000);
	snprintf(arguments, sizeof(arguments), "start %d", getpid());
	assert_int_equal(postgres(arguments, ""), 0);
	assert_true(has_heard(&ear, NULL, 2));
	usleep(600000);
	assert_int_equal(store_renew(f->db, &lease, 60000, &err), 0);
	assert_int_equal(
	    store_finish(f->db, &lease, &(struct ending){ .state = JOB_COMPLETE }, &err), 0);
	assert_int_equal(state_of(f, id), JOB_COMPLETE);
	submit(f, other, "2");
	job_done(&job);
}

static int take_pid(void *ctx, const struct sql_row *row)
{
	*(pid_t *)ctx = (pid_t)sql_row_int(row, 0);
	return 0;
}

static int end_myself(struct sql *sql, void *ctx, struct err *err)
{
	++*(int *)ctx;
	return sql_run(sql, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, 0, NULL, NULL,
		       err);
}

static int stop_mine(struct sql *sql, void *ctx, struct err *err)
{
	pid_t *pid = ctx;
	int r = sql_run(sql, "SELECT pg_backend_pid()", NULL, 0, take_pid, pid, err);

	if (r < 0 || kill(*pid, SIGSTOP) < 0)
		return r;
	return sql_run(sql, "SELECT 1", NULL, 0, NULL, NULL, err);
}

static void a_connection_that_is_lost_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct err err = {};
	char id[ID_BYTES];
	int calls = 0;

	assert_int_equal(db_write(f->db, end_myself, &calls, &err), -EHOSTDOWN);
	assert_int_equal(calls, 1);
	submit(f, id, "1");
	assert_int_equal(db_read(f->db, end_myself, &calls, &err), -EHOSTDOWN);
	assert_int_equal(state_of(f, id), JOB_QUEUED);
}

static void one_that_does_not_answer_is_given_up(void **state)
{
	struct fixture *f = *state;
	int64_t begun = clock_steady_ms();
	struct err err = {};
	pid_t pid = 0;

	assert_int_equal(db_write(f->db, stop_mine, &pid, &err), -EHOSTDOWN);
	assert_true(clock_steady_ms() - begun < 30000);
	assert_non_null(strstr(err.text, "does not answer"));
	kill(pid, SIGCONT);
	usleep(700000);
	assert_int_equal(store_ping(f->db, &err), 0);
}

struct crowd {
	struct db *db;
	int claimed;
};

static void *take_all(void *ctx)
{
	struct crowd *crowd = ctx;
	struct job job = {};
	struct err err = {};

	while (store_claim(&job, crowd->db, "w", 10000, &err) == 1) {
		crowd->claimed++;
		job_done(&job);
	}
	return NULL;
}

/* How many jobs four threads of each of two servers take in all. */
static int take_with_two(struct fixture *f)
{
	struct db *other = open_postgres();
	struct crowd crowds[8];
	pthread_t threads[8];
	int total = 0;

	for (int i = 0; i < 8; i++) {
		crowds[i] = (struct crowd){ i % 2 ? other : f->db, 0 };
		pthread_create(&threads[i], NULL, take_all, &crowds[i]);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		total += crowds[i].claimed;
	}
	db_close(other);
	return total;
}

static void two_servers_take_each_job_once(void **state)
{
	struct fixture *f = *state;
	const struct organisation limits = { "default", -1, 3, -1, -1 };
	struct err err = {};
	char id[ID_BYTES], name[16];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%d", i);
		submit(f, id, name);
	}
	assert_int_equal(store_organisation_set(f->db, &limits, &err), 0);
	assert_int_equal(take_with_two(f), 3);
	assert_int_equal(store_organisation_set(
			     f->db, &(const struct organisation){ "default", -1, 0, -1, -1 }, &err),
			 0);
	assert_int_equal(take_with_two(f), 37);
}

static int count_connections(struct sql *sql, void *ctx, struct err *err)
{
	pid_t count = 0;
	int r = sql_run(sql, "SELECT pg_sleep(0.05)", NULL, 0, NULL, NULL, err);

	if (r >= 0)
		r = sql_run(sql,
			    "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = "
			    "'vexxy-server'",
			    NULL, 0, take_pid, &count, err);
	if (count > atomic_load((atomic_int *)ctx))
		atomic_store((atomic_int *)ctx, count);
	return r < 0 ? r : 0;
}

struct asking {
	struct db *db;
	atomic_int *most;
};

static void *ask(void *ctx)
{
	const struct asking *a = ctx;
	struct err err = {};

	return db_read(a->db, count_connections, a->most, &err) < 0 ? (void *)a : NULL;
}

static void there_are_never_more_connections_than_allowed(void **state)
{
	atomic_int most = 0;
	struct asking a = { ((struct fixture *)*state)->db, &most };
	pthread_t threads[24];

	for (int i = 0; i < 24; i++)
		pthread_create(&threads[i], NULL, ask, &a);
	for (int i = 0; i < 24; i++) {
		void *failed = NULL;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_in_range(most, 1, 4);
}

struct lockers {
	struct db *db;
	pthread_barrier_t *barrier;
	const char *first, *second;
	int calls, r;
};

static int lock_both(struct sql *sql, void *ctx, struct err *err)
{
	static const char lock[] = "SELECT id FROM jobs WHERE id = ?1 @for_update";
	struct lockers *l = ctx;
	int r = sql_run(sql, lock, SQL_VALUES(sql_text(l->first)), NULL, NULL, err);

	if (l->calls++ == 0)
		pthread_barrier_wait(l->barrier);
	if (r >= 0)
		r = sql_run(sql, lock, SQL_VALUES(sql_text(l->second)), NULL, NULL, err);
	return r < 0 ? r : 0;
}

static void *lock_in_turn(void *ctx)
{
	struct lockers *l = ctx;
	struct err err = {};

	l->r = db_write(l->db, lock_both, l, &err);
	if (l->r < 0)
		print_error("%s\n", err.text);
	return NULL;
}

static void who_loses_a_conflict_tries_again(void **state)
{
	struct fixture *f = *state;
	char ids[2][ID_BYTES];
	pthread_barrier_t barrier;
	struct lockers lockers[2];
	pthread_t threads[2];

	submit(f, ids[0], "1");
	submit(f, ids[1], "2");
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++) {
		lockers[i] = (struct lockers){ f->db, &barrier, ids[i], ids[!i], 0, -1 };
		pthread_create(&threads[i], NULL, lock_in_turn, &lockers[i]);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(lockers[i].r, 0);
	}
	assert_in_range(lockers[0].calls + lockers[1].calls, 3, 6);
	pthread_barrier_destroy(&barrier);
}

static void no_message_has_the_password(void **state)
{
	static const char *const urls[] = {
		"postgresql://vexxy:sesame@[::1/x", "postgresql://vexxy:sesame@h/x?ssl=sesame",
		"postgresql://vexxy:ses%zzame@h/x", "postgresql://vexxy:sesame@/none?host=%s",
		"mysql://vexxy:sesame@h/x",
	};
	char url[256];

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		const char *place = strstr(urls[i], "%s");
		struct db *db = NULL;
		struct err err = {};

		snprintf(url, sizeof(url), "%.*s%s", (int)(place ? place - urls[i] : 255), urls[i],
			 place ? postgres_dir : "");
		assert_true(db_postgres_open(&db, url, 4, &err) < 0);
		assert_true(err.text[0] != '\0');
		assert_null(strstr(err.text, "sesame"));
		assert_null(strstr(err.text, "ses%zz"));
	}
	assert_true(db_postgres_is_url("postgres://h/x"));
	assert_true(db_postgres_is_url("postgresql+psycopg2://h/x"));
	assert_false(db_postgres_is_url("postgresql:/h/x"));
	assert_false(db_postgres_is_url("sqlite:///x"));
}

static void a_backup_is_the_business_of_its_own_tools(void **state)
{
	struct err err = {};

	assert_int_equal(db_backup(((struct fixture *)*state)->db, "/x", &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "pg_dump"));
}

#define POSTGRES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_postgres, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POSTGRES_TEST(servers_that_start_at_once_migrate_once),
		POSTGRES_TEST(what_one_server_does_the_others_hear),
		POSTGRES_TEST(a_connection_that_is_lost_is_replaced),
		POSTGRES_TEST(one_that_does_not_answer_is_given_up),
		POSTGRES_TEST(two_servers_take_each_job_once),
		POSTGRES_TEST(there_are_never_more_connections_than_allowed),
		POSTGRES_TEST(who_loses_a_conflict_tries_again),
		POSTGRES_TEST(no_message_has_the_password),
		POSTGRES_TEST(a_backup_is_the_business_of_its_own_tools),
		POSTGRES_TEST(a_database_that_goes_away_comes_back),
	};
	int missing = 0, failed;

	if (postgres_begin(&missing)) {
		printf("1..1\n");
		return missing;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	postgres("remove", "");
	return failed;
}
