// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * cyclonedx_vex.c — CycloneDX 1.6 VEX: a vulnerability per statement, and the components with the places and the stack where they
 * were seen to run.
 *
 * A component is what scanners can tell apart: the packages of one package URL without qualifiers, which is its bom-ref.
 */
#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/cyclonedx.h"
#include "analyzer/form.h"
#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/usage.h"

/* A finding under the package URL of its component. */
struct member {
	const char *purl;
	size_t package, finding; /* package: INVENTORY_NONE where it is not in the image */
};

struct vex {
	const struct form *form;
	struct cyclonedx cyclonedx;
	struct member *members; /* sorted by (purl, package, finding) */
	size_t count;
};

static int compare_members(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	int r = strcmp(a->purl, b->purl);

	if (r)
		return r;
	if (a->package != b->package)
		return a->package < b->package ? -1 : 1;
	return (a->finding > b->finding) - (a->finding < b->finding);
}

static bool collect_members(struct vex *v)
{
	const struct findings *findings = v->form->analysis->findings;

	v->members = arena_alloc(v->form->arena, (findings->count + 1) * sizeof(*v->members));
	if (!v->members)
		return false;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		if (!openvex_left_out(f))
			v->members[v->count++] = (struct member){ f->purls[0], f->package, i };
	}
	array_sort(v->members, v->count, sizeof(*v->members), compare_members);
	return true;
}

/* Every used file of the component's packages. */
static void push_occurrences(struct vex *v, cJSON *occurrences, const struct member *members,
			     size_t n)
{
	const struct analysis *a = v->form->analysis;

	for (size_t i = 0; i < n; i++) {
		const struct package *p;

		if (members[i].package == INVENTORY_NONE ||
		    (i && members[i - 1].package == members[i].package))
			continue;
		p = &a->inventory->packages[members[i].package];
		for (size_t k = 0; k < p->file_count; k++)
			if (a->verdicts->usage->files[p->files[k]].class >= USE_CLASS_TOUCHED)
				cyclonedx_push_occurrence(&v->cyclonedx, occurrences, p->files[k]);
	}
}

/* The first vulnerable function of the component that ran, in the order of traces and lines. */
static const struct trace_hit *first_hit(const struct vex *v, const struct member *members,
					 size_t n)
{
	const struct verdict_hit *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct verdict *verdict =
		    &v->form->analysis->verdicts->items[members[i].finding];

		for (size_t k = 0; k < verdict->hit_count; k++) {
			const struct verdict_hit *h = &verdict->hits[k];

			if (!first || h->trace < first->trace ||
			    (h->trace == first->trace && h->hit->line < first->hit->line))
				first = h;
		}
	}
	return first ? first->hit : NULL;
}

static void push_frame(struct vex *v, cJSON *frames, const char *module, const char *function,
		       uint64_t offset)
{
	cJSON *item = json_push_object(&v->cyclonedx.json, frames);
	const char *slash = module ? strrchr(module, '/') : NULL;

	json_put_text(&v->cyclonedx.json, item, "module", slash ? slash + 1 : module);
	json_put_text(&v->cyclonedx.json, item, "function",
		      function
			  ? function
			  : arena_printf(v->form->arena, "+0x%llx", (unsigned long long)offset));
	json_put_text(&v->cyclonedx.json, item, "fullFilename", module);
}

/* Innermost first, as the stack was seen. Its first entry is the place of the function itself. */
static void put_callstack(struct vex *v, cJSON *evidence, const struct trace_hit *hit)
{
	cJSON *stack = json_put_object(&v->cyclonedx.json, evidence, "callstack");
	cJSON *frames = json_put_array(&v->cyclonedx.json, stack, "frames");

	push_frame(v, frames, hit->object, hit->symbol, hit->offset);
	for (size_t i = 1; i < hit->stack_count; i++) {
		uint64_t offset;
		const char *path = form_frame(v->form, hit->stack[i], &offset);

		push_frame(v, frames, path, NULL, offset);
	}
}

static void push_component(struct vex *v, cJSON *components, const struct member *members, size_t n)
{
	const struct analysis *a = v->form->analysis;
	const struct finding *f = &a->findings->items[members[0].finding];
	bool present = members[0].package != INVENTORY_NONE;
	const struct package *p = present ? &a->inventory->packages[members[0].package] : NULL;
	const struct trace_hit *hit = first_hit(v, members, n);
	cJSON *item = json_push_object(&v->cyclonedx.json, components), *evidence;

	json_put_text(&v->cyclonedx.json, item, "type", "library");
	json_put_text(&v->cyclonedx.json, item, "bom-ref", members[0].purl);
	json_put_text(&v->cyclonedx.json, item, "name", f->package_name ? f->package_name : "?");
	json_put_optional(&v->cyclonedx.json, item, "version", f->package_version);
	json_put_text(&v->cyclonedx.json, item, "purl", p && p->purl ? p->purl : members[0].purl);
	evidence = json_put_object(&v->cyclonedx.json, item, "evidence");
	push_occurrences(v, json_put_array(&v->cyclonedx.json, evidence, "occurrences"), members,
			 n);
	if (hit)
		put_callstack(v, evidence, hit);
	cyclonedx_put_property(&v->cyclonedx,
			       json_put_array(&v->cyclonedx.json, item, "properties"),
			       "vexxy:installed", p && !p->only_in_sbom ? "true" : "false");
}

static void push_components(struct vex *v, cJSON *components)
{
	size_t n;

	for (size_t i = 0; i < v->count; i += n) {
		for (n = 1; i + n < v->count; n++)
			if (strcmp(v->members[i].purl, v->members[i + n].purl) != 0)
				break;
		push_component(v, components, &v->members[i], n);
	}
}

static const char *state_name(enum status status)
{
	static const char *const names[] = {
		[STATUS_NOT_AFFECTED] = "not_affected",
		[STATUS_AFFECTED] = "exploitable",
		[STATUS_FIXED] = "resolved",
		[STATUS_UNDER_INVESTIGATION] = "in_triage",
	};

	return names[status];
}

static const char *reason_name(enum justification justification)
{
	return justification == VULNERABLE_CODE_NOT_IN_EXECUTE_PATH ? "code_not_reachable"
								    : "code_not_present";
}

static const char *version_status(enum status status)
{
	return status == STATUS_AFFECTED              ? "affected"
	       : status == STATUS_UNDER_INVESTIGATION ? "unknown"
						      : "unaffected";
}

static void put_analysis(struct vex *v, cJSON *item, const struct form_statement *s)
{
	const struct verdict *verdict = s->from->verdict;
	struct json_writer *w = &v->cyclonedx.json;
	cJSON *analysis = json_put_object(w, item, "analysis");

	json_put_text(w, analysis, "state", state_name(verdict->status));
	if (verdict->status == STATUS_NOT_AFFECTED)
		json_put_text(w, analysis, "justification", reason_name(verdict->justification));
	if (verdict->status == STATUS_AFFECTED && s->from->finding->fixed_version)
		json_push_text(w, json_put_array(w, analysis, "response"), "update");
	json_put_text(w, analysis, "detail", verdict->reason);
	json_put_text(w, analysis, "firstIssued", s->timestamp);
	json_put_text(w, analysis, "lastUpdated", s->updated ? s->updated : s->timestamp);
}

static int compare_purl(const void *key, const void *member)
{
	return strcmp(key, ((const struct member *)member)->purl);
}

/* The component of that package URL, when the vulnerability was found in it; else NULL. */
static const struct member *find_member(const struct vex *v, const char *purl, const char *id)
{
	const struct member *end = v->members + v->count;
	const struct member *m =
	    array_find(purl, v->members, v->count, sizeof(*v->members), compare_purl);

	while (m && m > v->members && !strcmp(m[-1].purl, purl))
		m--;
	for (; m && m < end && !strcmp(m->purl, purl); m++)
		if (!strcmp(v->form->analysis->findings->items[m->finding].id, id))
			return m;
	return NULL;
}

/* The component of every finding behind the statement: its package URL is one of the statement's. */
static void put_affects(struct vex *v, cJSON *item, const struct form_statement *s)
{
	struct json_writer *w = &v->cyclonedx.json;
	cJSON *affects = json_put_array(w, item, "affects"), *one;

	for (size_t i = 0; i < s->from->purl_count; i++) {
		const struct member *m = find_member(v, s->from->purls[i], s->from->finding->id);
		const char *version =
		    m ? v->form->analysis->findings->items[m->finding].package_version : NULL;

		if (!m)
			continue;
		one = json_push_object(w, affects);
		json_put_text(w, one, "ref", m->purl);
		if (!version)
			continue;
		one = json_push_object(w, json_put_array(w, one, "versions"));
		json_put_text(w, one, "version", version);
		json_put_text(w, one, "status", version_status(s->from->verdict->status));
	}
}

/* Who numbers the vulnerability, told from the id: "GHSA-…" is GHSA's. */
static void put_source(struct vex *v, cJSON *obj, const char *id)
{
	size_t len = strcspn(id, "-");

	json_put_text(&v->cyclonedx.json, json_put_object(&v->cyclonedx.json, obj, "source"),
		      "name", arena_strndup(v->form->arena, id, len));
}

static void put_aliases(struct vex *v, cJSON *item, const struct finding *f)
{
	cJSON *references, *one;

	if (!f->alias_count)
		return;
	references = json_put_array(&v->cyclonedx.json, item, "references");
	for (size_t i = 0; i < f->alias_count; i++) {
		one = json_push_object(&v->cyclonedx.json, references);
		json_put_text(&v->cyclonedx.json, one, "id", f->aliases[i]);
		put_source(v, one, f->aliases[i]);
	}
}

static void put_rating(struct vex *v, cJSON *item, const char *severity)
{
	struct json_writer *w = &v->cyclonedx.json;

	if (severity)
		json_put_text(w, json_push_object(w, json_put_array(w, item, "ratings")),
			      "severity", strcmp(severity, "negligible") ? severity : "info");
}

static void put_properties(struct vex *v, cJSON *item, const struct form_statement *s)
{
	cJSON *properties = json_put_array(&v->cyclonedx.json, item, "properties");
	const struct verdict *verdict = s->from->verdict;

	cyclonedx_put_property(&v->cyclonedx, properties, "vexxy:rule", verdict->rule);
	if (verdict->status == STATUS_NOT_AFFECTED)
		cyclonedx_put_property(&v->cyclonedx, properties, "vexxy:justification",
				       justification_name(verdict->justification));
	cyclonedx_put_property(&v->cyclonedx, properties, "vexxy:status_notes", s->notes);
}

static void push_vulnerability(struct vex *v, cJSON *vulnerabilities,
			       const struct form_statement *s)
{
	const struct finding *f = s->from->finding;
	struct json_writer *w = &v->cyclonedx.json;
	cJSON *item = json_push_object(w, vulnerabilities);

	json_put_text(w, item, "bom-ref", s->id);
	json_put_text(w, item, "id", f->id);
	put_source(v, item, f->id);
	put_aliases(v, item, f);
	put_rating(v, item, f->severity);
	json_put_optional(w, item, "description", f->summary);
	json_put_optional(w, item, "recommendation", s->action);
	if (f->url && iri_is_url(f->url))
		json_put_text(w, json_push_object(w, json_put_array(w, item, "advisories")), "url",
			      f->url);
	put_analysis(v, item, s);
	put_affects(v, item, s);
	put_properties(v, item, s);
}

cJSON *cyclonedx_vex_document(const struct form *form, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct vex vex = { .form = form,
			   .cyclonedx = { .analysis = form->analysis, .arena = form->arena } };
	cJSON *vulnerabilities;

	if (!doc || !collect_members(&vex)) {
		err_oom(err);
		return NULL;
	}
	cyclonedx_put_head(&vex.cyclonedx, doc, form->timestamp);
	push_components(&vex, json_put_array(&vex.cyclonedx.json, doc, "components"));
	vulnerabilities = json_put_array(&vex.cyclonedx.json, doc, "vulnerabilities");
	for (size_t i = 0; i < form->count; i++)
		push_vulnerability(&vex, vulnerabilities, &form->statements[i]);
	cyclonedx_set_serial(&vex.cyclonedx, doc);
	if (vex.cyclonedx.json.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
