// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict_functions.c — R2 to R5: did a vulnerable function run, and could it? */
#include <inttypes.h>

#include "analyzer/function_name.h"
#include "analyzer/verdict_deciding.h"
#include "analyzer/watching.h"

#define WAY_BYTES_MAX (32u << 20)

static const struct finding_sites *sites_of(const struct deciding *d)
{
	const struct sites *sites = d->j->options->sites;

	return sites ? &sites->findings[d->v->finding] : NULL;
}

static bool is_go(const struct finding *f, const struct package *package)
{
	return (package && !strcmp(package->type, "golang")) ||
	       (f->report_purl && !strncmp(f->report_purl, "pkg:golang/", 11));
}

/* Is the object one in which the finding's functions are? */
static bool is_object_of(const struct deciding *d, const struct trace_hit *hit)
{
	const struct inventory *inv = d->j->inv;

	for (size_t i = 0; is_go(d->finding, d->package) && i < inv->file_count; i++)
		if (inv->files[i].elf && inv->files[i].elf->is_go &&
		    watching_is_of(inv, i, hit->object, hit->build_id))
			return true;
	for (size_t i = 0; d->package && i < d->package->file_count; i++)
		if (inv->files[d->package->files[i]].kind == FILE_ELF &&
		    watching_is_of(inv, d->package->files[i], hit->object, hit->build_id))
			return true;
	return false;
}

static bool is_named(const struct deciding *d, const char *symbol)
{
	bool go = is_go(d->finding, d->package);

	for (size_t i = 0; i < d->finding->function_count; i++) {
		const struct finding_function *f = &d->finding->functions[i];
		struct function_name wanted = { .name = f->symbol };

		if (f->derived || !f->symbol)
			continue;
		if (!strcmp(f->symbol, symbol))
			return true;
		wanted.language = go ? LANGUAGE_GO : f->path ? LANGUAGE_C : LANGUAGE_RUST;
		wanted.package = go ? f->path : NULL;
		if (wanted.language == LANGUAGE_C && strstr(f->symbol, "::"))
			wanted.language = LANGUAGE_CPP;
		if (function_name_match(&wanted, symbol) >= NAME_PART)
			return true;
	}
	return false;
}

/* The finding's place that was hit; NULL when it is known by name only, or not at all. */
static const struct site *site_of(const struct deciding *d, const struct trace_hit *hit)
{
	const struct finding_sites *fs = sites_of(d);

	for (size_t i = 0; fs && i < fs->count; i++)
		if (fs->items[i].offset == hit->offset &&
		    watching_is_of(d->j->inv, fs->items[i].file, hit->object, hit->build_id))
			return &fs->items[i];
	return NULL;
}

static const char *hit_text(struct deciding *d, const struct trace_hit *hit,
			    const struct site *site)
{
	static const char *const what[] = { [SITE_ENTRY] = "",
					    [SITE_COPY] = ", where it is inlined,",
					    [SITE_LINE] = ", at a line that the fix changes," };

	return arena_printf(d->j->arena,
			    "%s in %s%s ran in %s %" PRIu64 ".%03" PRIu64 " s after the start",
			    hit->symbol, hit->object, site ? what[site->kind] : "",
			    hit->comm && *hit->comm ? hit->comm : "a process", hit->t / 1000000000u,
			    hit->t / 1000000u % 1000u);
}

static void keep_hit(struct deciding *d, const struct trace_hit *hit, size_t trace,
		     const struct site *site)
{
	struct verdict *v = d->v;

	deciding_add_evidence(d, &(struct evidence){ .kind = "function",
						     .text = hit_text(d, hit, site),
						     .path = hit->object,
						     .trace = trace,
						     .line = hit->line,
						     .t = hit->t });
	if (v->hit_count < VERDICT_HITS_MAX)
		v->hits[v->hit_count++] = (struct verdict_hit){ hit, trace, site };
	v->hit_lines |= site && site->kind == SITE_LINE;
}

/* Did the trace watch the very places that these inputs ask for? Then every hit is of one of them, and names, which several
 * functions may have ("main"), need not be asked. */
static bool watched_our_list(const struct deciding *d, const struct trace *trace)
{
	const char *identity = d->j->options->watch_identity;

	return sites_of(d) && identity && trace->functions_identity &&
	       !strcmp(identity, trace->functions_identity);
}

/* Looks for hits of the finding's functions in all traces. */
static void find_hits(struct deciding *d)
{
	for (size_t t = 0; t < d->j->trace_count; t++) {
		const struct trace_functions *f = &d->j->traces[t]->functions;
		bool places = watched_our_list(d, d->j->traces[t]);

		for (size_t i = 0; i < f->hit_count; i++) {
			const struct trace_hit *hit = &f->hits[i];
			const struct site *site = site_of(d, hit);

			if (site || (!places && is_named(d, hit->symbol) && is_object_of(d, hit)))
				keep_hit(d, hit, t, site);
		}
	}
}

/* partial: what the fix changes beside functions counts. */
static void add_mapping(struct deciding *d, bool partial)
{
	const struct finding_sites *fs = sites_of(d);

	confidence_add(d->v, fs && fs->mapping ? fs->mapping : RISK_PATCH);
	if (partial && d->finding->functions_partial)
		confidence_add(d->v, RISK_PARTIAL);
}

static void add_placing(struct deciding *d)
{
	const struct finding_sites *fs = sites_of(d);

	if (fs && fs->placing)
		confidence_add(d->v, fs->placing);
}

static void decide_ran(struct deciding *d)
{
	const struct finding_sites *fs = sites_of(d);

	deciding_conclude(d, "R3", STATUS_AFFECTED, JUSTIFICATION_NONE, d->items[0].text);
	d->v->action = deciding_action(d);
	if (d->finding->functions_partial)
		confidence_add(d->v, RISK_PARTIAL);
	if (d->v->hit_lines)
		confidence_add(d->v, RISK_LINES_RAN);
	else
		confidence_add(d->v, fs && fs->mapping == RISK_REVIEWED ? RISK_REVIEWED_RAN
									: RISK_FUNCTION_RAN);
}

/* What was looked into is not what ran, or perhaps not all that can. */
static bool decide_elsewhere(struct deciding *d, const char *gated)
{
	const struct judge *j = d->j;

	if (!d->package)
		return false;
	for (size_t i = 0; i < d->package->file_count; i++) {
		size_t file = d->package->files[i];

		if (j->inv->files[file].elf && j->usage->files[file].class == USE_CLASS_CODE &&
		    deciding_is_blind(d)) {
			deciding_gated(
			    d, gated,
			    arena_printf(
				j->arena,
				"%s was used in a trace that tells no build-id, so whether "
				"it was the image's file is not known",
				j->inv->files[file].path),
			    deciding_missing_trace(d));
			return true;
		}
		if (!j->usage->files[file].mismatch)
			continue;
		deciding_gated(d, gated,
			       arena_printf(j->arena,
					    "%s was mapped with another build-id than that of the "
					    "image's file, so what ran is not what was looked into",
					    j->inv->files[file].path),
			       "a trace of the very files of the image");
		return true;
	}
	return decide_displaced(d, gated);
}

static void decide_not_linked(struct deciding *d, const struct finding_sites *fs)
{
	deciding_add_text(d, "static", fs->absent);
	if (decide_elsewhere(d, "R2"))
		return;
	deciding_conclude(
	    d, "R2", STATUS_NOT_AFFECTED, VULNERABLE_CODE_NOT_PRESENT,
	    arena_printf(d->j->arena, "the vulnerable functions of this CVE are not in %s: %s",
			 d->package ? d->package->name : d->finding->package_name, fs->absent));
	add_mapping(d, false); /* the package has no part of that either */
	add_placing(d);
	confidence_add(d->v, RISK_NOT_COMPILED);
}

static size_t sites_in(const struct finding_sites *fs, size_t file)
{
	size_t n = 0;

	for (size_t i = 0; i < fs->count; i++)
		n += fs->items[i].file == file;
	return n;
}

/* What keeps silence from being silence: a doubt about the places, or how they were watched. NULL: nothing. */
static const char *gap_of(struct deciding *d, const struct finding_sites *fs, bool *ran,
			  bool *unwatched)
{
	struct judge *j = d->j;
	const char *gap = fs->doubt;

	*ran = *unwatched = false;
	for (size_t i = 0; i < fs->object_count; i++) {
		const char *path = j->inv->files[fs->objects[i].file].path;
		uint64_t line;
		size_t trace;
		enum watched w = watching_of(j->inv, fs->objects[i].file, j->traces, j->trace_count,
					     j->options->watch_identity, &trace, &line);

		if (w == WATCHED || w == WATCHED_IDLE)
			d->v->sites_watched += sites_in(fs, fs->objects[i].file);
		*ran |= w != WATCHED_IDLE;
		*unwatched |= w == WATCHED_NOT;
		if (w == WATCHED)
			deciding_add_evidence(
			    d, &(struct evidence){
				   .kind = "watch",
				   .text = arena_printf(j->arena,
							"all known places in %s were watched, "
							"from before its first instruction",
							path),
				   .path = path,
				   .trace = trace,
				   .line = line });
		if (w == WATCHED_BLIND)
			gap = arena_printf(
			    j->arena, "trace %zu%s%s, which used %s, cannot tell of any function",
			    trace + 1, j->traces[trace]->isolation ? ", recorded under " : "",
			    j->traces[trace]->isolation ? j->traces[trace]->isolation : "", path);
		if (w == WATCHED_GAP && !gap)
			gap = arena_printf(j->arena,
					   "not all places in %s could be watched in time", path);
	}
	return gap;
}

/* The proof for all objects; the first that does not hold says why. */
static const char *obstacle_of(struct deciding *d, const struct finding_sites *fs)
{
	struct judge *j = d->j;
	struct err err = {};

	for (size_t i = 0; i < fs->object_count; i++) {
		const struct site_object *o = &fs->objects[i];
		const struct reach_proof *proof;
		int r = judge_prove(j, &proof, o->file, o->addresses, o->address_count, &err);

		if (r < 0)
			return arena_printf(j->arena, "no proof could be made: %s", err.text);
		if (d->v->proof_count < VERDICT_PROOFS_MAX)
			d->v->proofs[d->v->proof_count++] =
			    (struct verdict_proof){ o->file, proof };
		if (proof->holds)
			continue;
		return proof->obstacle_count ? proof->obstacles[0].text : "the proof does not hold";
	}
	return NULL;
}

/* An example is no reason to read the machine code of the largest objects. */
static bool is_worth_a_way(const struct deciding *d, const struct finding_sites *fs)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < fs->object_count; i++)
		bytes += d->j->inv->files[fs->objects[i].file].size;
	return bytes <= WAY_BYTES_MAX;
}

static void decide_proved(struct deciding *d)
{
	const struct reach_proof *proof = d->v->proofs[0].proof;
	const char *text;

	text = arena_printf(d->j->arena,
			    "%zu functions can lead to the vulnerable ones, exported under %zu "
			    "names; %zu loadable objects were checked, and none imports one",
			    proof->ancestor_count, proof->exported_count, proof->checked_count);
	deciding_add_text(d, "static", text);
	if (decide_contradicted(d, "R4") || decide_elsewhere(d, "R4"))
		return;
	if (d->j->ret->gate_count) {
		deciding_gated(d, "R4",
			       arena_printf(d->j->arena, "nothing was seen to reach it, but %s",
					    d->j->ret->gates[0]),
			       deciding_missing_trace(d));
		return;
	}
	deciding_conclude(d, "R4", STATUS_NOT_AFFECTED, VULNERABLE_CODE_NOT_IN_EXECUTE_PATH,
			  arena_printf(d->j->arena,
				       "no vulnerable function ran, and nothing loadable can reach "
				       "one: %s",
				       text));
	add_mapping(d, true);
	add_placing(d);
	deciding_add_observation(d);
	confidence_add(d->v, RISK_PROOF);
}

/* What would tell: their places, a proof, or the use that reaches them. */
static const char *silence_missing(struct deciding *d, const struct finding_sites *fs, bool doubt)
{
	const char *name = d->package ? d->package->name : d->finding->package_name;
	const char *ports = judge_idle_ports(d->j);

	if (doubt && deciding_is_blind(d))
		return deciding_missing_trace(d);
	if (fs->doubt)
		return arena_printf(d->j->arena,
				    "symbols for %s are missing, to know all places of its "
				    "vulnerable functions: --symbols, --debug-dir",
				    name ? name : "the package");
	if (doubt)
		return "all places of the vulnerable functions, watched from the start";
	return arena_printf(d->j->arena,
			    "a proof that nothing loaded can reach them, or their use%s%s",
			    *ports ? "; " : "", ports);
}

/* Silence of functions is a number, and never a proof: reachability reference 5.3, 5.4 example 1. */
static void decide_silent(struct deciding *d, const struct finding_sites *fs, const char *why,
			  bool doubt)
{
	const char *reason;

	reason = arena_printf(d->j->arena, "no vulnerable function was seen to run, but %s%s",
			      doubt ? "" : "there is no proof that none can: ", why);
	deciding_open(d, "R5", reason, silence_missing(d, fs, doubt));
	add_mapping(d, true);
	add_placing(d);
	if (doubt)
		confidence_add(d->v, RISK_GAP);
	else
		deciding_add_observation(d);
	confidence_add_factor(d->v, "unseen", window_function_risk(&d->j->window, fs->count),
			      "estimate: new functions in the horizon, by the share of its own, "
			      "and not below 1 - 0.05^(1/units), for more of the same workload");
	confidence_add_cap(d->v);
}

bool decide_by_functions(struct deciding *d)
{
	const struct finding_sites *fs = sites_of(d);
	const char *gap, *obstacle;
	bool ran, unwatched;
	size_t before;

	if (!d->finding->function_count)
		return false;
	find_hits(d);
	if (d->v->hit_count) {
		d->v->rung = fs ? fs->rung : RUNG_EXPORTED;
		decide_ran(d);
		return true;
	}
	if (!fs)
		return false;
	d->v->rung = fs->rung;
	if (fs->absent) {
		decide_not_linked(d, fs);
		return true;
	}
	if (!fs->count || !fs->object_count)
		return false; /* one rung down: the package */
	before = d->count;
	gap = gap_of(d, fs, &ran, &unwatched);
	if (unwatched || (!ran && gap)) {
		d->count = before;
		return false;
	}
	obstacle = gap ? NULL : obstacle_of(d, fs);
	if (gap || obstacle) {
		if (!ran) { /* whether it can be loaded at all is the package's question */
			d->count = before;
			return false;
		}
		if (gap && is_worth_a_way(d, fs)) /* decides nothing, but shows a way there */
			(void)obstacle_of(d, fs);
		decide_silent(d, fs, gap ? gap : obstacle, gap);
	} else {
		decide_proved(d);
	}
	return true;
}
