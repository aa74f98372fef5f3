/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * store.h — what the server remembers: jobs, their progress and artifacts, inputs, keys, and who did what.
 *
 * SQL stands in store_*.c and nowhere else, and runs on every driver of db.h. Each call is one transaction. What changes is told
 * (sql_tell): the id of a job whose events are more, "work" when some may be waiting, "callbacks" when some may be due, "keys" when
 * there is one. Everything that belongs to an organisation is asked for together with it: what is another's is -ENOENT, as if it
 * were not there.
 *
 * The queue's promises: a job that was accepted is on the disk; it is worked on by one owner at a time (lease and fence); what a
 * worker writes after it has lost its lease is refused with -ESTALE.
 */
#pragma once

#include "include/err.h"
#include "server/db.h"
#include "server/digest.h"
#include "server/job.h"

struct settings;

/* Opens the database that is set, and brings its schema to this program's version. */
_must_check_ int store_open(struct db **ret, const struct settings *settings, struct err *err);
/* Brings the schema to this program's version. -EINVAL when the database was made by a newer one. */
_must_check_ int store_migrate(struct db *db, struct err *err);
/* -EIO and the like when it does not answer. */
_must_check_ int store_ping(struct db *db, struct err *err);

/* store_keys.c: who did what. */
struct audit {
	const char *org, *actor, *action, *target, *details, *request_id;
	int64_t at_ms;
};

/* store_jobs.c: submission. */
struct submission {
	const struct job *job;          /* what is to be queued; the id is new */
	bool reanalyze;                 /* also when the same was analysed before */
	const char *principal;          /* whose key the next is */
	const char *idempotency_key;    /* NULL: none */
	char request[DIGEST_HEX_BYTES]; /* digest of the body; of no use without a key */
	const struct audit *audit; /* written with a new job, whose id is its target; NULL: none */
	char *(*render)(const struct job *job,
			bool reused); /* the reply, which a repeated key gets again */
};

struct submitted {
	char *reply; /* freed by the caller */
	char job_id[ID_BYTES];
	bool replayed; /* by the idempotency key */
	bool
	    reused; /* an analysis of the same image and configuration that is queued, runs, or is complete */
};

/* -EEXIST: the key was used for another request. -EDQUOT: the organisation's quota, with the reason. */
_must_check_ int store_submit(struct submitted *ret, struct db *db,
			      const struct submission *submission, struct err *err);

/* org NULL: of any. -ENOENT. */
_must_check_ int store_job(struct job *ret, struct db *db, const char *org, const char *id,
			   struct err *err);
_must_check_ int store_job_by_vex(struct job *ret, struct db *db, const char *org,
				  const char *vex_id, struct err *err);

struct job_page {
	int64_t skip, limit;
	const char *state; /* NULL: any */
	int64_t before_ms; /* with before_id: continue behind this job; 0: from the start */
	const char *before_id;
};
typedef int (*job_fn)(void *ctx, const struct job *job);
/* Newest first. */
_must_check_ int store_job_list(int64_t *ret_total, struct db *db, const char *org,
				const struct job_page *page, job_fn fn, void *ctx, struct err *err);
/* How many are in each state, of all organisations. */
_must_check_ int store_job_counts(int64_t ret[JOB_STATE_COUNT], struct db *db, struct err *err);
/* For how long the job that is queued longest has been there; 0: none is. */
_must_check_ int store_job_oldest(int64_t *ret_ms, struct db *db, struct err *err);

/* store_queue.c: working on jobs. */
struct lease {
	char job_id[ID_BYTES], owner[ID_BYTES];
	int64_t fence;
};

/* The next job, now running; 1, or 0 when none waits. */
_must_check_ int store_claim(struct job *ret, struct db *db, const char *owner, int64_t lease_ms,
			     struct err *err);
/* 0; -ECANCELED when it is to be cancelled, until which the lease is held all the same; -ESTALE when it is lost. */
_must_check_ int store_renew(struct db *db, const struct lease *lease, int64_t lease_ms,
			     struct err *err);

struct progress {
	enum job_state state; /* running or analyzing */
	int64_t percent;
	const char *phase;
	const char *sandbox_id;                 /* NULL: as it was */
	const char *data;                       /* a JSON object for the event, or NULL */
	const char *sandbox_pod, *sandbox_node; /* by uid and name; NULL: as they were */
};
_must_check_ int store_progress(struct db *db, const struct lease *lease,
				const struct progress *progress, struct err *err);

/* The list of functions, by its content, that agents are to be given for this attempt. -ESTALE as above. */
_must_check_ int store_functions_set(struct db *db, const struct lease *lease, const char *digest,
				     struct err *err);

struct artifact {
	char *name, *media, *digest;
	int64_t bytes;
};
struct ending {
	enum job_state state; /* final; or queued: try again, after again_ms at the earliest */
	const char *reason;   /* of a failure, or why again */
	int64_t again_ms;
	bool uncounted; /* queued again, and the attempt was not the job's to lose */
	const struct artifact *artifacts;
	size_t artifact_count;
	enum job_state *ret_state; /* what it has come to, which may be another; or NULL */
};
_must_check_ int store_finish(struct db *db, const struct lease *lease, const struct ending *ending,
			      struct err *err);
/* 0: it is cancelled. 1: somebody works on it and was told. -EALREADY: it has ended, as *ret_state says. -ENOENT. */
_must_check_ int store_cancel(enum job_state *ret_state, struct db *db, const char *org,
			      const char *id, struct err *err);
/* What was leased until before now, and all that `owner` holds (NULL: nobody): queued again, failed after the last attempt,
 * cancelled where that was asked for. Returns how many. */
_must_check_ int store_recover(struct db *db, const char *owner, struct err *err);

/* store_retention.c: what is old enough. Everything whose age is over age_ms, as retention.h promises; *ret: how much it was. */
enum retention_kind {
	RETENTION_JOBS,   /* by the time of their end, with all that belongs to them */
	RETENTION_TRACES, /* the same, only their traces */
	RETENTION_EVENTS, /* of progress, and of callbacks that were told */
	RETENTION_INPUTS,
	RETENTION_AUDIT,
	RETENTION_KINDS,
};
_must_check_ int store_forget(int64_t *ret, struct db *db, enum retention_kind kind, int64_t age_ms,
			      struct err *err);
/* 1: something names this content, or an analysis that waits or runs was given it. 0: nothing does. */
_must_check_ int store_has_content(struct db *db, const char *digest, struct err *err);

/* store_outbox.c: who is told that a job has ended. What is to be told is written in the transaction that ends the job, and stays
 * until it was told: at least once. */
struct delivery {
	char id[ID_BYTES], job_id[ID_BYTES];
	char *org, *url, *body; /* url "": the backend */
	int64_t attempt, created_ms;
};
void delivery_done(struct delivery *delivery);
struct delivery_end {
	unsigned status;    /* of the answer; 0: none came */
	const char *reason; /* NULL: it was told */
	int64_t again_ms;   /* try again after so long; 0: that was the last time */
};
/* The next that is due, ours for so long; 1, or 0 when there is none. */
_must_check_ int store_outbox_claim(struct delivery *ret, struct db *db, int64_t lease_ms,
				    struct err *err);
_must_check_ int store_outbox_end(struct db *db, const struct delivery *delivery,
				  const struct delivery_end *end, struct err *err);
/* Within a transaction: this URL ("": the backend) is to be told of the job's end; at once where it has ended. */
_must_check_ int store_outbox_add(struct sql *sql, const struct job *job, const char *url,
				  struct err *err);
/* Within the transaction that ends the job. */
_must_check_ int store_outbox_release(struct sql *sql, const struct job *job,
				      const struct ending *end, int64_t now, struct err *err);

/* store_events.c. */
struct job_event {
	int64_t seq, at_ms;
	const char *type, *data; /* data: JSON */
};
typedef int (*job_event_fn)(void *ctx, const struct job_event *event);
/* Those after `after`, in their order, at most `limit`; returns how many. */
_must_check_ int store_events(struct db *db, const char *job_id, int64_t after, int64_t limit,
			      job_event_fn fn, void *ctx, struct err *err);
/* Within a transaction: one more. */
_must_check_ int store_event_add(struct sql *sql, const char *job_id, const char *type,
				 const char *data, struct err *err);
_must_check_ int store_artifact(struct artifact *ret, struct db *db, const char *job_id,
				const char *name, struct err *err);
void artifact_done(struct artifact *artifact);

/* store_inputs.c: what was uploaded. */
struct input {
	char id[ID_BYTES];
	char *org, *kind, *name, *digest, *media, *format, *image_digest, *created_by;
	int64_t bytes, created_ms;
};
void input_done(struct input *input);
_must_check_ int store_input_add(struct db *db, const struct input *input, struct err *err);
_must_check_ int store_input(struct input *ret, struct db *db, const char *org, const char *kind,
			     const char *id, struct err *err);
typedef int (*input_fn)(void *ctx, const struct input *input);
/* image_digest NULL: any. Newest first. */
_must_check_ int store_input_list(int64_t *ret_total, struct db *db, const char *org,
				  const char *kind, const char *image_digest, int64_t skip,
				  int64_t limit, input_fn fn, void *ctx, struct err *err);
/* What was uploaded for this image, the newest first, at most `limit`; returns how many. */
_must_check_ int store_inputs_of_image(struct db *db, const char *org, const char *kind,
				       const char *image_digest, int64_t limit, input_fn fn,
				       void *ctx, struct err *err);

/* store_keys.c. */
struct api_key {
	char *id, *org, *name, *hash, *scopes;
	int64_t created_ms, expires_ms, revoked_ms, last_used_ms;
};
void api_key_done(struct api_key *key);
/* Makes the organisation when it is new. */
_must_check_ int store_key_add(struct db *db, const struct api_key *key, struct err *err);
_must_check_ int store_key(struct api_key *ret, struct db *db, const char *id, struct err *err);
typedef int (*api_key_fn)(void *ctx, const struct api_key *key);
_must_check_ int store_key_list(struct db *db, const char *org, api_key_fn fn, void *ctx,
				struct err *err);
/* -ENOENT: there is none, or it is revoked already. */
_must_check_ int store_key_revoke(struct db *db, const char *org, const char *id, struct err *err);
_must_check_ int store_key_used(struct db *db, const char *id, struct err *err);
/* Keys that were ever made. */
_must_check_ int store_key_count(int64_t *ret, struct db *db, struct err *err);

struct organisation {
	const char *id;
	int64_t analyses_per_period, concurrent_max, priority; /* 0: no limit; -1: as it is */
	int64_t period_days;
};
_must_check_ int store_organisation_set(struct db *db, const struct organisation *organisation,
					struct err *err);

_must_check_ int store_audit_add(struct db *db, const struct audit *audit, struct err *err);
typedef int (*audit_fn)(void *ctx, const struct audit *audit);
_must_check_ int store_audit_list(struct db *db, const char *org, int64_t limit, audit_fn fn,
				  void *ctx, struct err *err);
