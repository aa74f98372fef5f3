/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * executor.h — where analyses run. One kind at a time: on this machine (executor_local.c), or in a cluster.
 *
 * An executor turns a job into files in a directory (artifacts.h says which). While it works it reports through the execution,
 * and asks it at least once a second whether to go on. When it returns, nothing of the job is running any more, whatever the
 * result was.
 */
#pragma once

#include "server/app.h"
#include "server/request.h"
#include "server/store.h"

/* In the environment of all that is started for a job: which job and which attempt ("JOB.FENCE"), and which server. */
#define JOB_VARIABLE "VEXXY_JOB"
#define SERVER_VARIABLE "VEXXY_SERVER"

struct execution {
	struct app *app;
	const struct job *job;
	struct lease lease;
	int64_t deadline_ms; /* on the steady clock */
	int64_t renewed_ms;
	struct progress last;
	char phase[64];
	int64_t phase_ms; /* since when, on the steady clock */
	char attempt
	    [ID_BYTES +
	     24]; /* "JOB.FENCE": of an attempt whose lease was lost nothing is shared with the next */
	unsigned worker;     /* which of this server's: nobody else has the number now */
	char sandbox_id[64]; /* goes with the next report; "": as it was */
	char sandbox_pod[64], sandbox_node[NODE_BYTES]; /* the same, of a sandbox in a cluster */
	char dir[PATH_BYTES]; /* the job's own, empty at first; removed when the job has ended */
	char out[PATH_BYTES + 8]; /* in it: where the artifacts go */
};

/* 0: go on. -ECANCELED, -ETIMEDOUT, -ESTALE (somebody else has the job), -EINTR (the server goes down). */
_must_check_ int execution_check(struct execution *execution, struct err *err);
/* Says how far it is. data: a JSON object of what was observed, or NULL. -ESTALE as above. */
_must_check_ int execution_report(struct execution *execution, enum job_state state,
				  int64_t percent, const char *phase, const char *data,
				  struct err *err);

struct executor {
	const char *name;
	/* What is missing for it to work, at the start of the server: -ENOENT and the like. */
	int (*probe)(struct app *app, struct err *err);
	/* 0: the artifacts are in execution->out. -EAGAIN: may work another time. Else: will not. */
	int (*run)(struct execution *execution, struct err *err);
	/* Before any job is taken: ends what an earlier server has left. */
	int (*clean)(struct app *app, struct err *err);
	/* Now and then: ends what nobody works on. NULL: there is nothing to do. */
	void (*sweep)(struct app *app);
};

extern const struct executor executor_local, executor_kubernetes;
