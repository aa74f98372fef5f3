// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict.c — from evidence to status: one verdict for each finding. */
#include "analyzer/verdict.h"

#include <string.h>

#include "analyzer/kubescape_view.h"
#include "analyzer/verdict_judge.h"

const char *status_name(enum status status)
{
	static const char *const names[] = { "not_affected", "affected", "fixed",
					     "under_investigation" };

	return names[status];
}

const char *justification_name(enum justification j)
{
	static const char *const names[] = { NULL, "component_not_present",
					     "vulnerable_code_not_present",
					     "vulnerable_code_not_in_execute_path" };

	return names[j];
}

static const char *const policies[] = { "strict", "balanced", "kubescape" };

const char *policy_name(enum policy policy)
{
	return policies[policy];
}

int policy_from_string(const char *text, enum policy *ret)
{
	for (enum policy p = POLICY_STRICT; p <= POLICY_KUBESCAPE; p++) {
		if (!strcmp(text, policies[p])) {
			*ret = p;
			return 0;
		}
	}
	return -EINVAL;
}

int judge_prove(struct judge *j, const struct reach_proof **ret, size_t file,
		const uint64_t *addresses, size_t count, struct err *err)
{
	int r = 0;

	if (!j->options->rootfs)
		return err_set(err, ENOENT, "the files of the image are not at hand");
	if (!j->root)
		r = rootfs_open(&j->root, j->options->rootfs, err);
	if (r == 0 && !j->prover)
		r = reach_prover_new(&j->prover, j->inv, j->closure, j->root, err);
	return r < 0 ? r : reach_prove(ret, j->prover, file, addresses, count, err);
}

/* An object that was opened may have been mapped, unless our traces saw an open of it in the same start and no mapping. */
static bool may_be_mapped(const struct judge *j, size_t file)
{
	const struct file_usage *ours = &j->usage->files[file];

	return j->witness->classes[file] == USE_CLASS_CODE &&
	       j->inv->files[file].kind == FILE_ELF &&
	       (ours->class != USE_CLASS_CODE || ours->copied || j->options->profiles->other_start);
}

/* Code that the second observer saw in use, and the traces did not: it can run, and what it can load can, too. */
static void mark_witnessed(struct judge *j)
{
	for (size_t i = 0; i < j->inv->file_count; i++) {
		struct file_usage *f = &j->ret->usage->files[i];
		bool code = j->witness->executed[i] || may_be_mapped(j, i);

		f->witnessed_run = j->witness->executed[i];
		f->witnessed = code && !(f->class == USE_CLASS_CODE && use_runs(f->use->kind));
	}
}

static int hold_against_witness(struct judge *j, struct err *err)
{
	int r;

	if (!j->options->profiles)
		return 0;
	r = witness_compare(&j->ret->witness, j->inv, j->usage, j->traces, j->trace_count,
			    j->options->profiles, err);
	j->witness = j->ret->witness;
	if (r < 0)
		return r;
	mark_witnessed(j);
	/* A profile that is not whole may speak against an absence, and never for one. */
	j->ret->witness->check.one_sided = !witness_vouches(j->witness);
	if (witness_vouches(j->witness) || j->witness->check.only_theirs)
		j->own.cross_check = &j->witness->check;
	return 0;
}

static int judge_all(struct judge *j, struct err *err)
{
	const struct findings *findings = j->findings;
	int r;

	r = usage_collect(&j->ret->usage, j->inv, j->traces, j->trace_count, err);
	j->usage = j->ret->usage;
	if (r >= 0)
		r = hold_against_witness(j, err);
	if (r >= 0)
		r = closure_compute(&j->ret->closure, j->inv, j->usage, err);
	j->closure = j->ret->closure;
	if (r >= 0)
		r = kubescape_view_new(&j->ret->kubescape, j->inv,
				       &(struct kubescape_inputs){ j->traces, j->trace_count,
								   j->options->profiles,
								   j->options->sbom },
				       err);
	if (r < 0)
		return r;
	if (window_measure(&j->window, j->inv, j->usage, j->traces, j->trace_count) < 0 ||
	    judge_gates(j) < 0)
		return err_oom(err);
	for (size_t i = 0; i < findings->count; i++)
		if (judge_finding(j, i, &j->ret->items[i]) < 0)
			return err_oom(err);
	return 0;
}

int verdicts_reach(struct verdicts **ret, const struct inventory *inv,
		   const struct findings *findings, struct trace *const *traces, size_t trace_count,
		   const struct verdict_options *options, struct err *err)
{
	_cleanup_(verdicts_freep) struct verdicts *verdicts = calloc(1, sizeof(*verdicts));
	struct judge j = { .ret = verdicts,
			   .inv = inv,
			   .findings = findings,
			   .traces = traces,
			   .trace_count = trace_count,
			   .own = *options };
	int r = 0;

	j.options = &j.own;
	if (!verdicts)
		return err_oom(err);
	verdicts->arena = j.arena = arena_new();
	if (!j.arena)
		return err_oom(err);
	verdicts->items = arena_alloc(j.arena, (findings->count + 1) * sizeof(*verdicts->items));
	verdicts->count = findings->count;
	j.views = calloc(inv->package_count + 1, sizeof(*j.views));
	r = verdicts->items && j.views ? judge_all(&j, err) : err_oom(err);
	free(j.views);
	verdicts->prover = j.prover; /* the proofs are its */
	if (j.root)
		rootfs_close(j.root);
	verdicts->units = j.window.units;
	verdicts->quiet_units = j.window.files.quiet;
	verdicts->unit_s = j.window.unit_s;
	verdicts->lone_units = j.window.files.lone_units;
	verdicts->next = j.window.next;
	verdicts->next_upper = j.window.next_upper;
	verdicts->unseen = j.window.unseen;
	verdicts->model = risk_model();
	if (r < 0)
		return r;
	*ret = take_ptr(verdicts);
	return 0;
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	usage_free(verdicts->usage);
	kubescape_view_free(verdicts->kubescape);
	witness_free(verdicts->witness);
	reach_prover_free(verdicts->prover);
	closure_free(verdicts->closure);
	arena_free(verdicts->arena);
	free(verdicts);
}
