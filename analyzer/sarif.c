// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * sarif.c — SARIF 2.1.0: a result per statement, a rule per vulnerability, and the call path that was seen as code flow.
 *
 *   affected              a failure whose level is the severity
 *   under_investigation   the same, with a suppression that is under review: nothing is suppressed by it
 *   not_affected          the same, with an accepted suppression and its justification
 *   fixed                 passed
 *
 * Files are named relative to the root of the image ("IMAGE").
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/form.h"
#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/report.h"
#include "include/version.h"

#define SCHEMA                                                                \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" \
	"sarif-schema-2.1.0.json"
#define RELATED_MAX 100u
#define CONFIDENCE_DECIMALS 4

struct sarif {
	const struct form *form;
	struct json_writer json;
};

/* Braces stand for arguments in a message, and are doubled where they stand for themselves (SARIF 3.11.5). */
static const char *escape(const struct sarif *s, const char *text)
{
	char *ret = arena_alloc(s->form->arena, 2 * strlen(text) + 1), *out = ret;

	for (; ret && *text; text++) {
		if (*text == '{' || *text == '}')
			*out++ = *text;
		*out++ = *text;
	}
	return ret;
}

static void put_message(struct sarif *s, cJSON *obj, const char *key, const char *text)
{
	cJSON *message = json_put_object(&s->json, obj, key);

	json_put_text(&s->json, message, "text", text ? escape(s, text) : NULL);
}

/* A path in the image as a relative reference of RFC 3986. */
static const char *uri_of(const struct sarif *s, const char *path)
{
	static const char digits[] = "0123456789ABCDEF";
	char *text, *out;

	path += strspn(path, "/");
	text = out = arena_alloc(s->form->arena, 3 * strlen(path) + 3);
	if (!text)
		return NULL;
	/* A colon in the first segment would make it a scheme. */
	if (strcspn(path, ":") < strcspn(path, "/")) {
		*out++ = '.';
		*out++ = '/';
	}
	for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
		bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= 'a' && *c <= 'z') || strchr("-._~/!$&'()*+,;=:@", *c);

		if (plain) {
			*out++ = (char)*c;
			continue;
		}
		*out++ = '%';
		*out++ = digits[*c >> 4];
		*out++ = digits[*c & 15];
	}
	return text;
}

static cJSON *put_physical(struct sarif *s, cJSON *location, const char *path)
{
	cJSON *physical = json_put_object(&s->json, location, "physicalLocation");
	cJSON *artifact = json_put_object(&s->json, physical, "artifactLocation");

	json_put_text(&s->json, artifact, "uri", uri_of(s, path));
	json_put_text(&s->json, artifact, "uriBaseId", "IMAGE");
	return physical;
}

static void put_address(struct sarif *s, cJSON *location, const char *path, uint64_t offset)
{
	cJSON *address = json_put_object(&s->json, put_physical(s, location, path), "address");

	json_put_u64(&s->json, address, "absoluteAddress", offset);
	json_put_text(&s->json, address, "kind", "instruction");
}

static void put_logical(struct sarif *s, cJSON *location, const char *name, const char *full,
			const char *kind)
{
	cJSON *logical =
	    json_push_object(&s->json, json_put_array(&s->json, location, "logicalLocations"));

	json_put_text(&s->json, logical, "name", name);
	json_put_optional(&s->json, logical, "fullyQualifiedName", full);
	json_put_text(&s->json, logical, "kind", kind);
}

/* Where a person looks first: the function that ran, a file of the package that was used, its code, its entry in the database. */
static const char *place_of(const struct sarif *s, const struct form_statement *statement)
{
	const struct verdict *v = statement->from->verdict;
	const struct inventory *inv = s->form->analysis->inventory;
	const struct finding *f = statement->from->finding;

	if (v->hit_count)
		return v->hits[0].hit->object;
	if (v->used_file_count)
		return v->used_files[0];
	if (v->vulnerable_file_count)
		return v->vulnerable_files[0];
	return f->package == INVENTORY_NONE ? NULL : inv->packages[f->package].location;
}

static void put_locations(struct sarif *s, cJSON *result, const struct form_statement *statement)
{
	const char *path = place_of(s, statement);
	cJSON *location = json_push_object(&s->json, json_put_array(&s->json, result, "locations"));

	if (path)
		put_physical(s, location, path);
	put_logical(s, location, form_package(s->form, statement->from->finding),
		    statement->from->purls[0], "package");
}

/* The other files of the package that were used. */
static void put_related(struct sarif *s, cJSON *result, const struct form_statement *statement)
{
	const struct verdict *v = statement->from->verdict;
	const char *place = place_of(s, statement);
	cJSON *related = NULL, *location;
	uint64_t n = 0;

	for (size_t i = 0; i < v->used_file_count && n < RELATED_MAX; i++) {
		if (place && !strcmp(place, v->used_files[i]))
			continue;
		if (!related)
			related = json_put_array(&s->json, result, "relatedLocations");
		location = json_push_object(&s->json, related);
		json_put_u64(&s->json, location, "id", ++n);
		put_physical(s, location, v->used_files[i]);
		put_message(s, location, "message", "a file of the package that was used");
	}
}

static void push_call(struct sarif *s, cJSON *locations, const char *frame)
{
	cJSON *location =
	    json_put_object(&s->json, json_push_object(&s->json, locations), "location");
	uint64_t offset;
	const char *path = form_frame(s->form, frame, &offset);

	if (path)
		put_address(s, location, path, offset);
	put_message(s, location, "message", arena_printf(s->form->arena, "called from %s", frame));
	s->json.failed |= !path;
}

/* From the outermost caller that is known down to the function: the order in which it happened. */
static void push_flow(struct sarif *s, cJSON *flows, const struct verdict_hit *hit)
{
	const struct trace_hit *h = hit->hit;
	cJSON *flow = json_push_object(&s->json, flows), *locations, *location;

	put_message(s, flow, "message",
		    arena_printf(s->form->arena,
				 "%s ran in %s (process %llu); trace %zu, line %llu", h->symbol,
				 h->comm ? h->comm : "a process", (unsigned long long)h->pid,
				 hit->trace + 1, (unsigned long long)h->line));
	locations = json_put_array(
	    &s->json, json_push_object(&s->json, json_put_array(&s->json, flow, "threadFlows")),
	    "locations");
	/* The first entry of a stack is the place of the function itself. */
	for (size_t i = h->stack_count; i > 1; i--)
		push_call(s, locations, h->stack[i - 1]);
	location = json_put_object(&s->json, json_push_object(&s->json, locations), "location");
	put_address(s, location, h->object, h->offset);
	put_logical(s, location, h->symbol, NULL, "function");
	put_message(s, location, "message", arena_printf(s->form->arena, "%s ran", h->symbol));
}

static void put_flows(struct sarif *s, cJSON *result, const struct verdict *v)
{
	cJSON *flows;

	if (!v->hit_count)
		return;
	flows = json_put_array(&s->json, result, "codeFlows");
	for (size_t i = 0; i < v->hit_count; i++)
		push_flow(s, flows, &v->hits[i]);
}

static const char *level_of(const struct form_statement *statement)
{
	static const struct {
		const char *severity, *level;
	} levels[] = { { "critical", "error" },
		       { "high", "error" },
		       { "low", "note" },
		       { "negligible", "note" } };
	const char *severity = statement->from->finding->severity;

	if (statement->from->verdict->status == STATUS_FIXED)
		return "none";
	for (size_t i = 0; severity && i < sizeof(levels) / sizeof(*levels); i++)
		if (!strcmp(severity, levels[i].severity))
			return levels[i].level;
	return "warning";
}

static void put_suppression(struct sarif *s, cJSON *result, const struct verdict *v)
{
	bool open = v->status == STATUS_UNDER_INVESTIGATION;
	cJSON *item;

	if (!open && v->status != STATUS_NOT_AFFECTED)
		return;
	item = json_push_object(&s->json, json_put_array(&s->json, result, "suppressions"));
	json_put_text(&s->json, item, "kind", "external");
	json_put_text(&s->json, item, "status", open ? "underReview" : "accepted");
	json_put_text(&s->json, item, "justification",
		      open ? v->reason
			   : arena_printf(s->form->arena, "%s: %s",
					  justification_name(v->justification), v->reason));
}

static const char *text_of(struct sarif *s, const struct form_statement *statement)
{
	const struct verdict *v = statement->from->verdict;
	const char *level = report_level(v);

	return arena_printf(s->form->arena, "%s in %s: %s%s. %s%s%s", statement->from->finding->id,
			    form_package(s->form, statement->from->finding), status_name(v->status),
			    !level                       ? ""
			    : !strcmp(level, "function") ? ", the vulnerable function ran"
							 : ", package in use, function unknown",
			    v->reason, statement->action ? " " : "",
			    statement->action ? statement->action : "");
}

static void put_properties(struct sarif *s, cJSON *result, const struct form_statement *statement)
{
	const struct verdict *v = statement->from->verdict;
	cJSON *properties = json_put_object(&s->json, result, "properties");

	json_put_text(&s->json, properties, "status", status_name(v->status));
	json_put_optional(&s->json, properties, "justification",
			  justification_name(v->justification));
	json_put_text(&s->json, properties, "rule", v->rule);
	s->json.failed |=
	    !json_add_fixed(properties, "confidence", v->confidence, CONFIDENCE_DECIMALS);
	json_put_text(&s->json, properties, "statement", statement->id);
	json_put_text(&s->json, properties, "statusNotes", statement->notes);
	json_put_texts(&s->json, properties, "purls", statement->from->purls,
		       statement->from->purl_count);
}

/* The same statement is the same result in the next run. */
static void put_fingerprint(struct sarif *s, cJSON *result, const struct form_statement *statement)
{
	cJSON *prints = json_put_object(&s->json, result, "partialFingerprints");

	json_put_text(&s->json, prints, "statement/v1", statement->id);
}

static void push_result(struct sarif *s, cJSON *results, const struct form_statement *statement,
			uint64_t rule)
{
	const struct verdict *v = statement->from->verdict;
	cJSON *result = json_push_object(&s->json, results);

	json_put_text(&s->json, result, "ruleId", statement->from->finding->id);
	json_put_u64(&s->json, result, "ruleIndex", rule);
	json_put_text(&s->json, result, "kind", v->status == STATUS_FIXED ? "pass" : "fail");
	json_put_text(&s->json, result, "level", level_of(statement));
	put_message(s, result, "message", text_of(s, statement));
	put_locations(s, result, statement);
	put_related(s, result, statement);
	put_flows(s, result, v);
	put_suppression(s, result, v);
	put_fingerprint(s, result, statement);
	put_properties(s, result, statement);
}

static void push_rule(struct sarif *s, cJSON *rules, const struct finding *f)
{
	cJSON *rule = json_push_object(&s->json, rules), *properties, *tags;

	json_put_text(&s->json, rule, "id", f->id);
	put_message(s, rule, "shortDescription", f->summary && *f->summary ? f->summary : f->id);
	if (f->url && iri_is_url(f->url) && uri_is_valid(f->url))
		json_put_text(&s->json, rule, "helpUri", f->url);
	properties = json_put_object(&s->json, rule, "properties");
	tags = json_put_array(&s->json, properties, "tags");
	json_push_text(&s->json, tags, "security");
	json_push_text(&s->json, tags, "vulnerability");
	if (f->alias_count)
		json_put_texts(&s->json, properties, "aliases", f->aliases, f->alias_count);
}

/* Statements of one vulnerability stand beside each other: each vulnerability is a rule once. */
static void fill_results(struct sarif *s, cJSON *rules, cJSON *results)
{
	const char *last = NULL;
	uint64_t count = 0;

	for (size_t i = 0; i < s->form->count; i++) {
		const struct form_statement *statement = &s->form->statements[i];
		const struct finding *f = statement->from->finding;

		if (!last || strcmp(last, f->id) != 0) {
			push_rule(s, rules, f);
			count++;
		}
		last = f->id;
		push_result(s, results, statement, count - 1);
	}
}

static const char *image_id(const struct sarif *s)
{
	const struct product *p = &s->form->analysis->product;

	return p->digest_count
		   ? arena_printf(s->form->arena, "pkg:oci/%s@%s", p->name, p->digests[0])
		   : p->id_fallback;
}

static void put_surroundings(struct sarif *s, cJSON *run)
{
	const char *image = image_id(s);
	cJSON *object = json_put_object(&s->json, run, "automationDetails");

	json_put_text(&s->json, object, "id",
		      arena_printf(s->form->arena, "vexxy/%s/%s", s->form->analysis->product.name,
				   s->form->timestamp));
	object = json_push_object(&s->json, json_put_array(&s->json, run, "invocations"));
	json_put_bool(&s->json, object, "executionSuccessful", true);
	json_put_text(&s->json, object, "endTimeUtc", s->form->timestamp);
	object = json_put_object(&s->json, run, "originalUriBaseIds");
	put_message(s, json_put_object(&s->json, object, "IMAGE"), "description",
		    image ? arena_printf(s->form->arena, "the root of %s", image) : NULL);
}

cJSON *sarif_document(const struct form *form, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct sarif sarif = { .form = form };
	struct json_writer *w = &sarif.json;
	cJSON *run, *driver, *rules;

	json_put_text(w, doc, "$schema", SCHEMA);
	json_put_text(w, doc, "version", "2.1.0");
	run = json_push_object(w, json_put_array(w, doc, "runs"));
	driver = json_put_object(w, json_put_object(w, run, "tool"), "driver");
	json_put_text(w, driver, "name", "vexxy");
	json_put_text(w, driver, "version", VEXXY_VERSION);
	rules = json_put_array(w, driver, "rules");
	put_surroundings(&sarif, run);
	json_put_text(w, run, "columnKind", "unicodeCodePoints");
	fill_results(&sarif, rules, json_put_array(w, run, "results"));
	if (w->failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
