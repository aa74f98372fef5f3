// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* local_run.c — one analysis on this machine: command lines and what goes with them. */
#include "server/local_run.h"

#include <string.h>

#include "include/array.h"

void run_done(struct run *run)
{
	cJSON_Delete(run->config);
	cJSON_Delete(run->raw_inputs);
	option_list_done(&run->inputs);
	option_list_done(&run->found);
	option_list_done(&run->words);
	option_list_done(&run->more_traces);
	for (size_t i = 0; i < run->owned_count; i++)
		free(run->owned[i]);
	free(run->owned);
}

/* A word of a command line that lives as long as the run. */
const char *run_word(struct run *run, const char *fmt, ...)
{
	char **slot = array_add(run->owned, run->owned_count, run->owned_capacity);
	va_list ap;
	int n;

	if (!slot)
		return NULL;
	va_start(ap, fmt);
	n = vasprintf(slot, fmt, ap);
	va_end(ap);
	if (n < 0)
		*slot = NULL;
	return *slot;
}

int run_add(struct run *run, const char *text)
{
	return text ? option_list_add(&run->words, text) : -ENOMEM;
}

int run_add_pair(struct run *run, const char *name, const char *value)
{
	int r = run_add(run, name);

	return r < 0 ? r : run_add(run, value);
}

int run_add_number(struct run *run, const char *name, int64_t value)
{
	return run_add_pair(run, name, run_word(run, "%lld", (long long)value));
}

void run_limitation(struct run *run, const char *text)
{
	if (text &&
	    run->limitation_count + 1 < sizeof(run->limitations) / sizeof(*run->limitations))
		run->limitations[run->limitation_count++] = text;
}

void run_unexercised(struct run *run, const char *text)
{
	run_limitation(run, text);
	if (!run->unexercised)
		run->unexercised = text ? text : "there was no memory to say why";
}

static int tick(void *ctx, struct err *err)
{
	struct run *run = ctx;
	int r = execution_check(run->x, err);

	return r < 0 || !run->watch ? r : run->watch(run, err);
}

/* Whom a hostile image may have taken over gets none of the operator's secrets; who signs, the one that the key needs. */
static const char *const kept[] = { "PATH", "HOME", "LANG", "LC_ALL", "SOURCE_DATE_EPOCH", NULL };
static const char *const kept_to_sign[] = {
	"PATH", "HOME", "LANG", "LC_ALL", "VEXXY_KEY_PASSPHRASE", NULL
};

/* Runs the command line that was made. */
int run_program(struct run *run, struct child *child, struct err *err)
{
	const char *env[] = { run->job_variable, run->server_variable, run->cache_variable,
			      run->is_confined ? run->scratch_variable : NULL, NULL };
	int r = option_list_add(&run->words, NULL);

	if (r < 0)
		return err_oom(err);
	child->argv = run->words.items;
	child->env = env;
	child->kept = !run->is_confined ? NULL : run->may_sign ? kept_to_sign : kept;
	child->tick = tick;
	child->ctx = run;
	r = child_run(child, err);
	run->is_confined = run->may_sign = false;
	run->words.count = 0;
	return r;
}

uint32_t run_uid(const struct run *run, enum run_user user)
{
	return (uint32_t)run->settings->analysis_uid + (uint32_t)run->x->worker * UIDS_OF_WORKER +
	       user;
}

int run_report(struct run *run, enum job_state state, int64_t percent, const char *phase,
	       struct err *err)
{
	return execution_report(run->x, state, percent, phase, NULL, err);
}

/* "host:5000/team/web:1@sha256:…" without tag and digest. */
const char *run_repository(struct run *run)
{
	const char *ref = run->x->job->image_ref, *slash, *colon;
	size_t len = strcspn(ref, "@");

	slash = memrchr(ref, '/', len);
	colon = memrchr(slash ? slash : ref, ':', len - (size_t)((slash ? slash : ref) - ref));
	return run_word(run, "%.*s", (int)(colon ? (size_t)(colon - ref) : len), ref);
}

const char *run_find_program(struct run *run, const char *chosen, const char *name)
{
	char self[PATH_MAX];
	ssize_t n;

	if (chosen)
		return chosen;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		chosen = run_word(run, "%s/%s", self, name);
	}
	return chosen && access(chosen, X_OK) == 0 ? chosen : name;
}
