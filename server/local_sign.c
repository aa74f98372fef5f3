// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * local_sign.c — the result is signed when the analysis has ended, by a process of its own that looks into no image: who takes
 * the analysis over does not have the key. It gets that on stdin, and signs only what holds and is about this image.
 */
#include <string.h>

#include "server/local_run.h"

#define SIGNING_MEMORY_MB 4096
#define SIGNING_FILE_MB 1024
#define SIGNING_SECONDS 300
#define SIGNING_PROCESSES 16

static int add_walls(struct run *run, const char *analyzer)
{
	static const char *const programs[] = { "/usr", "/lib", "/lib64", "/bin",
						"/etc/ld.so.cache" };
	int r = run_add_pair(run, CHILD_SELF, "confine");

	run->is_confined = run->may_sign = true;
	r = r ? r : run_add_number(run, "--uid", run_uid(run, UID_OF_ANALYSIS));
	r = r ? r : run_add_number(run, "--memory", SIGNING_MEMORY_MB);
	r = r ? r : run_add_number(run, "--file", SIGNING_FILE_MB);
	r = r ? r : run_add_number(run, "--processes", SIGNING_PROCESSES);
	r = r ? r : run_add(run, "--read-all"); /* for the directories above */
	r = r ? r : run_add(run, run_word(run, "--write=%s", run->x->out));
	r = r ? r : run_add(run, "--write=/dev/null");
	for (size_t i = 0; r == 0 && i < sizeof(programs) / sizeof(*programs); i++)
		r = run_add(run, run_word(run, "--execute=%s", programs[i]));
	if (strchr(analyzer, '/'))
		r = r ? r : run_add(run, run_word(run, "--execute=%s", analyzer));
	return r ? r : run_add(run, "--");
}

int run_sign(struct run *run, struct err *err)
{
	const char *key = run->settings->signing_path;
	struct child child = { .timeout_ms = SIGNING_SECONDS * 1000, .in = key };
	const char *analyzer = run_find_program(run, run->settings->analyzer, "vexxy");
	const char *digest = run->x->job->image_digest;
	int r = run_report(run, JOB_ANALYZING, 92, "Signing", err);

	if (r < 0)
		return r;
	if (access(key, R_OK) < 0) {
		run_limitation(run, "the documents are not signed: the server has no key");
		return 0;
	}
	if (add_walls(run, analyzer) < 0 || run_add_pair(run, analyzer, "sign") < 0 ||
	    run_add(run, run->x->out) < 0 || run_add_pair(run, "--key", "-") < 0 ||
	    run_add_pair(run, "--image-digest", digest) < 0)
		return err_oom(err);
	if (strcmp(run->manifest, digest) != 0 &&
	    run_add_pair(run, "--image-digest", run->manifest) < 0)
		return err_oom(err);
	return run_program(run, &child, err);
}
