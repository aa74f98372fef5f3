/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* local_run.h — one analysis while it goes on; for the files of the executors: only the recording may be elsewhere. */
#pragma once

#include <limits.h>

#include "server/cgroup.h"
#include "server/child.h"
#include "server/executor.h"
#include "server/plan.h"

struct run {
	struct execution *x;
	const struct settings *settings;
	cJSON *config, *raw_inputs; /* as the job has them */
	struct option_list inputs;  /* as options of vexxy */
	struct option_list found;   /* the same, beside what the client and the operator gave */
	size_t seen;                /* so many words of it, the first, are what another has seen */
	const char *also;           /* in which other forms the statements are written; or NULL */
	struct plan plan;
	char image_dir[PATH_BYTES], cache[PATH_BYTES], rootfs[PATH_MAX], manifest[80];
	char job_variable[96], server_variable[64], cache_variable[PATH_BYTES + 32],
	    scratch_variable[PATH_BYTES + 32];
	int (*watch)(struct run *run,
		     struct err *err); /* once a second, beside the rest; or NULL */
	bool unpacked, measured;       /* the image, by the agent */
	bool interrupted;              /* the recording, as the agent says */
	bool may_sign;                 /* … and may know the signing key's passphrase */
	bool is_confined; /* the command line begins with walls: it may use the scratch directory */
	struct option_list words;       /* of the command line that is being made */
	struct option_list more_traces; /* beside out/run.trace.gz: paths */
	char **owned;
	size_t owned_count, owned_capacity;
	int64_t record_begun_ms, reported_ms;
	char scratch[PATH_BYTES + 16];   /* the analysis' own, for what it unpacks */
	char functions[PATH_BYTES + 32]; /* the list of what is to be watched; "": none */
	char script_cgroup[CGROUP_NAME_BYTES];
	char driver[PATH_MAX];   /* what exercises the workload; "": nothing */
	char permanent[256];     /* of what a program said: why another attempt would not help */
	const char *exercise;    /* what it came to: JSON, or NULL */
	const char *unexercised; /* why the workload did not do what it was to do; or NULL */
	const char *limitations[24];
	size_t limitation_count;
};

/* For the executors' probe: the directories that a run uses, and a key to sign with where none was named. */
_must_check_ int run_prepare_data(struct app *app, struct err *err);
/* run_done also when it fails. */
_must_check_ int run_init(struct run *run, struct execution *x, struct err *err);
void run_done(struct run *run);
/* A word of a command line that lives as long as the run; NULL: no memory. */
_printf_(2, 3) const char *run_word(struct run *run, const char *fmt, ...);
/* The command line that is being made; -ENOMEM, also where the text is NULL. */
_must_check_ int run_add(struct run *run, const char *text);
_must_check_ int run_add_pair(struct run *run, const char *name, const char *value);
_must_check_ int run_add_number(struct run *run, const char *name, int64_t value);
/* Runs it to its end, as child_run does; the line is empty then. */
_must_check_ int run_program(struct run *run, struct child *child, struct err *err);
/* What is to be said in the results; a literal, or a run_word. */
void run_limitation(struct run *run, const char *text);
/* The same for what was to exercise the workload and did not: before run_analyze, since silence counts for nothing then. */
void run_unexercised(struct run *run, const char *text);
_must_check_ int run_report(struct run *run, enum job_state state, int64_t percent,
			    const char *phase, struct err *err);
/* The image's reference without tag and digest. */
const char *run_repository(struct run *run);
/* Users of which each worker has its own: what two jobs start cannot signal each other, and shares no limit. */
enum run_user { UID_OF_ANALYSIS, UID_OF_SCRIPT, UID_OF_FETCH, UIDS_OF_WORKER };
uint32_t run_uid(const struct run *run, enum run_user user);
/* What the operator chose, else the program beside this one, else the bare name. */
const char *run_find_program(struct run *run, const char *chosen, const char *name);

/* The steps, in this order. */
_must_check_ int run_pull(struct run *run, struct err *err);
_must_check_ int run_find_manifest(struct run *run, struct err *err);
_must_check_ int run_prepare_inputs(struct run *run, struct err *err);
_must_check_ int run_find_functions(struct run *run, struct err *err);
_must_check_ int run_prepare_exercise(struct run *run, struct err *err);
_must_check_ int run_record(struct run *run, struct err *err);
_must_check_ int run_analyze(struct run *run, struct err *err);
_must_check_ int run_sign(struct run *run, struct err *err);
/* exercise: JSON, or NULL. */
_must_check_ int run_write_results(struct run *run, const char *exercise, struct err *err);
