// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict_rules.c — which rule decides a finding, and in what words. */
#include <inttypes.h>

#include "analyzer/kubescape_view.h"
#include "analyzer/nature.h"
#include "analyzer/verdict_deciding.h"

/* Whatever the bound of R8: a residual risk of one half is no ground for not_affected. */
#define UNSEEN_MAX 0.5

void deciding_add_evidence(struct deciding *d, const struct evidence *evidence)
{
	if (d->count < EVIDENCE_MAX)
		d->items[d->count++] = *evidence;
}

void deciding_add_text(struct deciding *d, const char *kind, const char *text)
{
	deciding_add_evidence(d, &(struct evidence){ .kind = kind, .text = text });
}

static void add_uses(struct deciding *d)
{
	for (size_t i = 0; i < d->view->use_count; i++)
		deciding_add_evidence(d, &d->view->uses[i]);
}

void deciding_conclude(struct deciding *d, const char *rule, enum status status,
		       enum justification justification, const char *reason)
{
	d->v->rule = rule;
	d->v->status = status;
	d->v->justification = justification;
	d->v->reason = reason;
}

void deciding_add_observation(struct deciding *d)
{
	if (d->j->ret->gate_count)
		confidence_add(d->v, RISK_GAP);
	else
		confidence_add_observation(d->v, d->j->options->cross_check);
}

void deciding_open(struct deciding *d, const char *rule, const char *reason, const char *missing)
{
	deciding_conclude(d, rule, STATUS_UNDER_INVESTIGATION, JUSTIFICATION_NONE, reason);
	d->v->missing = missing;
}

void deciding_undecided(struct deciding *d, const char *rule, const char *reason,
			const char *missing)
{
	deciding_open(d, rule, reason, missing);
	confidence_add(d->v, RISK_PACKAGE);
	deciding_add_observation(d);
	confidence_add_cap(d->v);
}

static void decide_fixed(struct deciding *d)
{
	const struct finding *f = d->finding;
	const char *text;

	text = f->fixed_version
		   ? arena_printf(d->j->arena, "%s %s is installed, and the fix came with %s",
				  d->package->name, d->package->version, f->fixed_version)
		   : arena_printf(d->j->arena, "%s %s is installed, which has the fix",
				  d->package->name, d->package->version);
	deciding_conclude(d, "R11", STATUS_FIXED, JUSTIFICATION_NONE, text);
	deciding_add_text(d, "database", text);
	confidence_add(d->v, RISK_PACKAGE);
	confidence_add(d->v, RISK_DATABASE);
}

static void decide_absent(struct deciding *d)
{
	struct arena *a = d->j->arena;
	const char *name = d->package ? d->package->name : d->finding->package_name;
	const char *why = NULL, *text;

	if (!judge_is_absent(d->j, d->finding, d->package, &why)) {
		deciding_add_text(d, "database", why);
		deciding_undecided(
		    d, "R9",
		    arena_printf(a, "no file of %s was found in the image, yet %s", name, why),
		    "an image whose package databases list all of its code");
		d->v->gated = "R1";
		return;
	}
	text = arena_printf(a,
			    "no file of %s is in the image: its package databases were read whole, "
			    "and no code in it belongs to no package",
			    name);
	deciding_conclude(d, "R1", STATUS_NOT_AFFECTED, COMPONENT_NOT_PRESENT, text);
	deciding_add_text(d, "database", text);
	confidence_add(d->v, RISK_PACKAGE);
	confidence_add(d->v, RISK_DATABASE);
}

const char *deciding_action(struct deciding *d)
{
	const struct finding *f = d->finding;
	const char *name = d->package ? d->package->name : f->package_name;
	struct arena *a = d->j->arena;

	name = name ? name : "the package";
	if (f->fixed_version)
		return arena_printf(a, "Update %s to %s or newer.", name, f->fixed_version);
	if (f->fix_state_known)
		return arena_printf(a,
				    "No fixed version of %s is available: limit who can reach it, "
				    "or remove it if it is not needed.",
				    name);
	return arena_printf(a,
			    "No fix is known for %s: limit who can reach it, or remove it if it is "
			    "not needed.",
			    name);
}

static enum risk risk_of_use(const struct judge *j, const struct package_view *view)
{
	const struct trace_use *use = j->usage->files[view->used_file].use;

	/* Machine code that was only read tells no more than if it had been mapped. */
	if (use->kind == USE_MAP ||
	    (!use_runs(use->kind) && j->inv->files[view->used_file].kind == FILE_ELF))
		return RISK_MAPPED;
	return use_runs(use->kind) ? RISK_EXECUTED : RISK_READ;
}

/* What is needed to see the function instead of the package. */
static const char *functions_missing(struct deciding *d)
{
	const struct sites *sites = d->j->options->sites;
	const struct finding_sites *fs = sites ? &sites->findings[d->v->finding] : NULL;

	if (!d->finding->function_count)
		return "the vulnerable functions of this CVE, to watch for them";
	if (!fs)
		return "the files of the image (--rootfs, --image), to find the vulnerable "
		       "functions in";
	if (!fs->count)
		return arena_printf(d->j->arena,
				    "symbols for %s are missing, to find its vulnerable functions: "
				    "--symbols, --debug-dir",
				    d->package->name);
	return "a recording that watches the vulnerable functions: 'vexxy run', or 'vexxy-agent "
	       "record --functions'";
}

static void decide_used(struct deciding *d)
{
	bool strict = d->j->options->policy == POLICY_STRICT;
	const char *reason;

	reason = arena_printf(d->j->arena,
			      "%s is in use, and which of its functions is vulnerable is not "
			      "known: %s",
			      d->package->name, d->view->uses[0].text);
	add_uses(d);
	if (strict) {
		deciding_open(d, "R6", reason, functions_missing(d));
		confidence_add(d->v, RISK_PACKAGE);
		confidence_add_cap(d->v);
		return;
	}
	deciding_conclude(d, "R6", STATUS_AFFECTED, JUSTIFICATION_NONE, reason);
	d->v->action = deciding_action(d);
	d->v->missing = functions_missing(d);
	confidence_add(d->v, risk_of_use(d->j, d->view));
}

bool deciding_is_blind(const struct deciding *d)
{
	for (size_t i = 0; i < d->j->trace_count; i++)
		if (!trace_sees_code(d->j->traces[i]))
			return true;
	return false;
}

const char *deciding_missing_trace(const struct deciding *d)
{
	return deciding_is_blind(d)
		   ? "a trace of the kernel itself, which tells what was mapped and ran: that "
		     "image "
		     "under runc"
		   : "a complete trace, from before the first instruction, without a loss";
}

/* R9: the rule that would have decided is turned down. */
void deciding_gated(struct deciding *d, const char *gated, const char *reason, const char *missing)
{
	deciding_undecided(d, "R9", reason, missing);
	d->v->gated = gated;
}

/* Something that the profile has by a pattern only, and that no trace has at all, may be the package's. */
static bool decide_missed(struct deciding *d, const char *gated)
{
	const char *pattern = NULL, *path = NULL, *text;

	for (size_t i = 0; i < d->package->file_count && !pattern; i++) {
		pattern = d->j->witness->missed[d->package->files[i]];
		path = d->j->inv->files[d->package->files[i]].path;
	}
	if (!pattern || d->view->class >= USE_CLASS_TOUCHED)
		return false;
	text =
	    arena_printf(d->j->arena,
			 "Kubescape's profile has %s opened, which no trace has anything for, and "
			 "which may be %s",
			 pattern, path);
	deciding_add_evidence(
	    d, &(struct evidence){ .kind = "contradiction", .text = text, .path = path });
	deciding_undecided(d, "R10",
			   arena_printf(d->j->arena,
					"the two observers may contradict each other on %s: %s",
					d->package->name, text),
			   "a trace that sees that use, or the reason why there was none");
	d->v->gated = gated;
	return true;
}

/* What the profile has of the file; a link is in use with what it leads to. */
static const char *contradiction_text(const struct judge *j, size_t file)
{
	const struct inventory_file *f = &j->inv->files[file];
	const char *container = j->witness->choice->container;
	bool link = f->kind == FILE_LINK;
	size_t ran = link ? inventory_find(j->inv, f->path) : file;

	return arena_printf(
	    j->arena, "Kubescape's profile%s%s has %s%s%s %s, and no trace saw that",
	    container ? " of container " : "", container ? container : "", link ? "what " : "",
	    f->path, link ? " leads to" : "",
	    ran != INVENTORY_NONE && j->witness->executed[ran] ? "executed" : "opened");
}

bool decide_contradicted(struct deciding *d, const char *gated)
{
	const struct package_view *view = d->view;
	const char *path, *text;

	if (!view || !d->j->witness)
		return false;
	if (view->witness_class < USE_CLASS_TOUCHED || view->witness_class <= view->class)
		return decide_missed(d, gated);
	path = d->j->inv->files[view->witness_file].path;
	text = contradiction_text(d->j, view->witness_file);
	deciding_add_evidence(
	    d, &(struct evidence){ .kind = "contradiction", .text = text, .path = path });
	add_uses(d);
	deciding_undecided(
	    d, "R10",
	    arena_printf(d->j->arena, "the two observers contradict each other on %s: %s%s",
			 d->package->name, text,
			 view->witness_class == USE_CLASS_CODE ? ""
							       : ", which may be a sign of use"),
	    "a trace that sees that use, or the reason why there was none");
	d->v->gated = gated;
	return true;
}

bool decide_displaced(struct deciding *d, const char *gated)
{
	const char *name = d->package->name, *moved = d->view->moved;
	const char *path = moved ? moved : d->view->copied, *reason;
	struct arena *a = d->j->arena;

	if (!path)
		return false;
	if (moved)
		reason = arena_printf(
		    a,
		    "%" PRIu64 " files of %s are not where its database has them, and %s, "
		    "which no package owns and which was used or could be, may be "
		    "one of them",
		    (uint64_t)d->package->missing_count, name, moved);
	else
		reason = arena_printf(a,
				      "%s, which no package owns and which was used or could be, "
				      "has the name of an object of %s and may be a copy of it",
				      path, name);
	deciding_gated(d, gated, reason,
		       moved ? "the files of the package in their places"
			     : "an image without objects that no package owns");
	return true;
}

static const char *uncertainty_of(const struct deciding *d)
{
	const struct trace_use *use = d->j->usage->files[d->view->used_file].use;

	if (!d->view->uncertain)
		return "";
	return use->by_name ? " (only the name by which it was opened is known)"
			    : " (only the end of the path is known)";
}

/* What keeps this one package from "never used", beside the gates of the whole trace. True when something does. */
static bool decide_ambiguous(struct deciding *d, const char *gated)
{
	struct arena *a = d->j->arena;
	const char *name = d->package->name;

	if (d->view->class >= USE_CLASS_TOUCHED) {
		add_uses(d);
		deciding_gated(
		    d, gated,
		    arena_printf(a, "%s was not seen to run, but %s, which may be a sign of use%s",
				 name, d->view->uses[0].text, uncertainty_of(d)),
		    "proof that what read it does not use the vulnerable code");
		return true;
	}
	if (!d->package->files_known) {
		deciding_add_text(d, "database", "the list of its files is not known");
		deciding_gated(
		    d, gated,
		    arena_printf(a,
				 "the list of files of %s is not known, so its absence from "
				 "the trace says nothing",
				 name),
		    "the list of files of the package");
		return true;
	}
	return decide_displaced(d, gated);
}

static bool decide_by_gate(struct deciding *d, const char *gated)
{
	const struct verdicts *ret = d->j->ret;

	if (!ret->gate_count)
		return false;
	for (size_t i = 0; i < ret->gate_count; i++)
		deciding_add_evidence(d, &d->j->gate_evidence[i]);
	deciding_gated(d, gated,
		       ret->gate_count == 1
			   ? arena_printf(d->j->arena, "%s was not seen in use, but %s",
					  d->package->name, ret->gates[0])
			   : arena_printf(d->j->arena,
					  "%s was not seen in use, but %s (and %zu more)",
					  d->package->name, ret->gates[0], ret->gate_count - 1),
		       deciding_missing_trace(d));
	return true;
}

static void decide_unable(struct deciding *d)
{
	struct arena *a = d->j->arena;
	bool data = d->view->ability == ABILITY_NO_CODE;
	const char *name = d->package->name, *checked;

	checked = data ? arena_printf(a, "all %zu files of %s are data by kind, name and place",
				      d->package->file_count, name)
		       : arena_printf(a,
				      "%zu programs and objects that ran, were mapped or could be "
				      "loaded or executed by them were followed; no file of %s is "
				      "among them",
				      closure_count(d->j->closure), name);
	deciding_conclude(
	    d, "R7", STATUS_NOT_AFFECTED, VULNERABLE_CODE_NOT_IN_EXECUTE_PATH,
	    data ? arena_printf(a, "%s was never used, and has no file that could run", name)
		 : arena_printf(a,
				"%s was never used, and nothing that can run is able to load or "
				"execute it",
				name));
	deciding_add_text(d, "closure", checked);
	confidence_add(d->v, RISK_PACKAGE);
	confidence_add_observation(d->v, d->j->options->cross_check);
	confidence_add(d->v, data ? RISK_DATA : RISK_CLOSURE);
}

static const char *unit_name(const struct window *w)
{
	return w->unit_s ? "windows" : "units";
}

static const char *window_missing(struct deciding *d)
{
	const struct verdict_options *options = d->j->options;
	const struct window *w = &d->j->window;
	size_t more = window_units_needed(w, options->bound, options->min_units);
	const char *ports = judge_idle_ports(d->j);

	if (more == SIZE_MAX)
		return "a bound above 0: no watch is long enough for none";
	if (!more)
		return "a proof that nothing can load it";
	if (w->unit_s)
		return arena_printf(d->j->arena,
				    "watch %zu more windows of %" PRIu64 " s without the first "
				    "use of a file%s%s",
				    more, w->unit_s, *ports ? "; " : "", ports);
	return arena_printf(d->j->arena,
			    "watch %zu more units (runs, or bursts of the workload) without "
			    "the first use of a file%s%s",
			    more, *ports ? "; " : "", ports);
}

/* Why it could be loaded after all: the chain that leads to it, or why the set is open. */
static const char *able_text(struct deciding *d)
{
	const char *text;

	if (d->view->ability == ABILITY_REACHED)
		text = closure_chain(d->j->closure, d->view->able_file);
	else
		text = closure_open_reason(d->j->closure);
	return text ? text : "what could load it could not be told";
}

static void decide_by_window(struct deciding *d)
{
	const struct verdict_options *options = d->j->options;
	const struct window *w = &d->j->window;
	const char *able = able_text(d), *ports = judge_idle_ports(d->j), *seen;
	bool enough =
	    w->units >= options->min_units && w->unseen <= options->bound && w->unseen < UNSEEN_MAX;
	bool open = !enough || *ports || options->policy == POLICY_STRICT;
	struct arena *a = d->j->arena;

	deciding_add_text(d, "closure", able);
	seen = arena_printf(
	    a,
	    "%zu %s watched, the last %zu without the first use of any file, and %zu "
	    "with files that no other used: residual risk at most %.4f per further "
	    "one, the bound is %.4f",
	    w->units, unit_name(w), w->files.quiet, w->files.lone_units, w->unseen, options->bound);
	deciding_add_text(d, "window", seen);
	if (open) {
		deciding_open(d, "R8",
			      arena_printf(a, "%s was never used, but it could be: %s%s",
					   d->package->name, able,
					   !enough  ? "; the watch is too short to call it unused"
					   : *ports ? "; what listens was never asked"
						    : "; the policy is strict"),
			      !enough  ? window_missing(d)
			      : *ports ? ports
				       : "a proof that nothing can load it");
	} else {
		deciding_conclude(
		    d, "R8", STATUS_NOT_AFFECTED, VULNERABLE_CODE_NOT_IN_EXECUTE_PATH,
		    arena_printf(a,
				 "%s was never used in %zu %s, the last %zu of them without the "
				 "first use of any file: the residual risk under this workload is "
				 "at most %.4f; it is not proved that it cannot be loaded",
				 d->package->name, w->units, unit_name(w), w->files.quiet,
				 w->unseen));
		d->v->missing = "a proof that nothing can load it";
	}
	confidence_add(d->v, RISK_PACKAGE);
	deciding_add_observation(d);
	confidence_add_factor(d->v, "unseen", w->unseen,
			      "bound: no first use in the last units, or leave-one-out over all of "
			      "them, at 95 %, for a further unit of the same workload");
	if (open)
		confidence_add_cap(d->v);
}

static void decide_unused(struct deciding *d)
{
	bool unable = d->view->ability == ABILITY_UNABLE || d->view->ability == ABILITY_NO_CODE;
	const char *rule = unable ? "R7" : "R8";

	if (decide_contradicted(d, rule) || decide_ambiguous(d, rule) || decide_by_gate(d, rule))
		return;
	if (unable)
		decide_unable(d);
	else
		decide_by_window(d);
}

/* What Kubescape would say, for comparison: use of a file is use of the package and of all it depends on, silence is proof. */
static void decide_as_kubescape(struct deciding *d)
{
	const struct kubescape_word word = kubescape_view_says(d->j->ret->kubescape, d->finding);
	struct arena *a = d->j->arena;

	if (word.silent && d->finding->installed_is_fixed) {
		decide_fixed(d);
		return;
	}
	if (word.silent) {
		deciding_undecided(
		    d, "R9", arena_printf(a, "Kubescape says nothing of it: %s", word.why), NULL);
		return;
	}
	deciding_add_text(d, "relevancy", word.why);
	if (word.status == STATUS_AFFECTED) {
		deciding_conclude(d, "R6", word.status, word.justification,
				  arena_printf(a, "as Kubescape concludes: %s", word.why));
		d->v->action = deciding_action(d);
	} else {
		deciding_conclude(
		    d, "R8", word.status, word.justification,
		    arena_printf(a, "as Kubescape concludes, without proof: %s", word.why));
	}
	confidence_add(d->v, RISK_PACKAGE);
	confidence_add_cap(d->v);
}

static void decide_unknown_version(struct deciding *d)
{
	deciding_undecided(
	    d, "R9",
	    arena_printf(d->j->arena,
			 "the report speaks of %s %s, and the image has another version "
			 "of it: the report is of another image",
			 d->finding->package_name,
			 d->finding->package_version ? d->finding->package_version : ""),
	    "a report of this very image");
}

/* Code of it is in a program of another package, or of nobody's: whether the package's own files are used is not the question. */
static bool decide_linked(struct deciding *d)
{
	const struct sites *sites = d->j->options->sites;
	const struct finding_sites *fs = sites ? &sites->findings[d->v->finding] : NULL;
	const char *path;

	if (!fs || fs->linked == INVENTORY_NONE)
		return false;
	path = d->j->inv->files[fs->linked].path;
	d->v->rung = fs->rung;
	deciding_add_evidence(d, &(struct evidence){ .kind = "static",
						     .text = arena_printf(d->j->arena,
									  "%s has code of its "
									  "static library",
									  path),
						     .path = path });
	deciding_gated(d, "R8",
		       arena_printf(d->j->arena,
				    "no vulnerable function was seen to run, but code of %s is "
				    "linked into %s",
				    d->package ? d->package->name : d->finding->package_name, path),
		       "a recording that watches the vulnerable functions in that program, or an "
		       "image without it");
	return true;
}

static void decide(struct deciding *d)
{
	if (d->j->options->policy == POLICY_KUBESCAPE)
		decide_as_kubescape(d);
	else if (d->finding->version_differs)
		decide_unknown_version(d);
	else if (d->package && !d->package->only_in_sbom && d->finding->installed_is_fixed)
		decide_fixed(d);
	else if (decide_by_functions(d))
		return;
	else if (d->package && !d->package->only_in_sbom && d->view->class == USE_CLASS_CODE &&
		 !d->view->uncertain)
		decide_used(d);
	else if (decide_linked(d))
		return;
	else if (!d->package || d->package->only_in_sbom)
		decide_absent(d);
	else if (!d->package->file_count)
		decide_absent(d);
	else
		decide_unused(d);
}

static int keep_evidence(struct deciding *d)
{
	struct evidence *kept = arena_alloc(d->j->arena, (d->count + 1) * sizeof(*kept));

	if (!kept || !d->v->reason || (d->v->status == STATUS_AFFECTED && !d->v->action))
		return -ENOMEM;
	for (size_t i = 0; i < d->count; i++) {
		if (!d->items[i].text)
			return -ENOMEM;
		kept[i] = d->items[i];
	}
	d->v->evidence = kept;
	d->v->evidence_count = d->count;
	return 0;
}

int judge_finding(struct judge *j, size_t index, struct verdict *v)
{
	const struct finding *finding = &j->findings->items[index];
	struct deciding d = { .j = j, .finding = finding, .v = v };

	v->finding = index;
	v->confidence = 1;
	v->rung = RUNG_PACKAGE;
	if (finding->package != INVENTORY_NONE) {
		d.package = &j->inv->packages[finding->package];
		d.view = judge_view(j, finding->package);
		if (!d.view)
			return -ENOMEM;
		v->vulnerable_files = d.view->code_files;
		v->vulnerable_file_count = d.view->code_file_count;
		v->used_files = d.view->used_files;
		v->used_file_count = d.view->used_file_count;
	}
	decide(&d);
	return keep_evidence(&d);
}
