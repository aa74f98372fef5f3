/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * job.h — one analysis, from its submission to its end.
 *
 *	queued ──▶ running ──▶ analyzing ──▶ complete
 *	  │  ▲        │            │
 *	  │  └─retry──┴────────────┤
 *	  └──────────▶ cancelled   └──▶ failed
 *
 * Whoever works on a job holds a lease: `owner` until `lease_ms`, which it renews. Each claim raises `fence`; what is written
 * for a job names the fence, and is refused when somebody else has claimed the job since.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "server/ids.h"

#define JOB_STATES(X)                 \
	X(JOB_QUEUED, "queued")       \
	X(JOB_RUNNING, "running")     \
	X(JOB_ANALYZING, "analyzing") \
	X(JOB_COMPLETE, "complete") X(JOB_FAILED, "failed") X(JOB_CANCELLED, "cancelled")

enum job_state {
#define X(name, text) name,
	JOB_STATES(X)
#undef X
	    JOB_STATE_COUNT
};

/* NULL-terminated, by state. */
extern const char *const job_state_names[JOB_STATE_COUNT + 1];
_must_check_ int job_state_from_text(enum job_state *ret, const char *text);
static inline bool job_state_is_final(enum job_state state)
{
	return state >= JOB_COMPLETE;
}

struct job {
	char id[ID_BYTES], vex_id[ID_BYTES];
	char *org, *image_ref, *image_digest, *sbom_id, *profile;
	char *config; /* JSON: the preset and what was given, merged */
	char *inputs; /* JSON: {"sboms":[id…],"vulnerabilities":[…],"advisories":[…]} */
	char *fingerprint, *callback_url, *phase, *error, *sandbox_id, *owner, *submitted_by;
	char *reasons; /* JSON array: why earlier attempts ended */
	enum job_state state;
	bool cancel;        /* asked for, while somebody works on it */
	bool tells_backend; /* of its end; only where it is submitted */
	int64_t priority, percent, attempt, attempts_max, fence, timeout_s, revision, duration_s;
	int64_t created_ms, started_ms, completed_ms, lease_ms, not_before_ms;
};

void job_done(struct job *job);
void job_free(struct job *job);
DEFINE_CLEANUP(struct job *, job_free)
#define _cleanup_job_ _cleanup_(job_done)
