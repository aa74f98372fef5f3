// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_diff_why.c — why a verdict is another one now, told from what both reports rest on. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/report_diff.h"

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

static bool same_text(const cJSON *a, const cJSON *b, const char *key)
{
	return !strcmp(text_of(a, key), text_of(b, key));
}

/* Equal in what they are, not in when: the kind, and the file where one is concerned. */
static bool same_evidence(const cJSON *a, const cJSON *b)
{
	return same_text(a, b, "kind") && same_text(a, b, "path");
}

static bool has_evidence(const cJSON *verdict, const cJSON *evidence)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, json_array(verdict, "evidence"))
	{
		if (same_evidence(e, evidence))
			return true;
	}
	return false;
}

static const cJSON *find_factor(const cJSON *verdict, const char *name)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, json_array(verdict, "factors"))
	{
		if (!strcmp(text_of(f, "name"), name))
			return f;
	}
	return NULL;
}

static double risk_of(const cJSON *factor)
{
	const cJSON *item = json_get(factor, "risk");

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static size_t count_of(const cJSON *verdict, const char *key)
{
	return (size_t)cJSON_GetArraySize(json_array(verdict, key));
}

/* Texts of a verdict that decide, and how each change of them is told: "… was A, is B". */
static const struct {
	const char *key, *text;
} decisive[] = {
	{ "version", "the version that is installed" },
	{ "rule", "the rule" },
	{ "gated", "what R9 turns down" },
	{ "fixed_version", "the version with the fix" },
	{ "rung", "how near to the function it was watched" },
	{ "functions_partial", "why the functions may not be all" },
};
#define DECISIVE (sizeof(decisive) / sizeof(*decisive))

static bool lacks_evidence_of(const cJSON *a, const cJSON *b)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, json_array(b, "evidence"))
	{
		if (!has_evidence(a, e))
			return true;
	}
	return false;
}

static bool same_factors(const cJSON *a, const cJSON *b)
{
	const cJSON *other = json_array(b, "factors"), *f;

	other = other ? other->child : NULL;
	cJSON_ArrayForEach(f, json_array(a, "factors"))
	{
		if (!other || !same_text(f, other, "name") || risk_of(f) != risk_of(other))
			return false;
		other = other->next;
	}
	return !other;
}

bool report_diff_same_grounds(struct report_pair *p, const cJSON *before, const cJSON *after)
{
	(void)p;
	for (size_t i = 0; i < DECISIVE; i++)
		if (!same_text(before, after, decisive[i].key))
			return false;
	return count_of(before, "functions") == count_of(after, "functions") &&
	       !lacks_evidence_of(before, after) && !lacks_evidence_of(after, before) &&
	       same_factors(before, after);
}

static const char *or_none(const char *text)
{
	return *text ? text : "none";
}

static void push_change(struct report_pair *p, cJSON *why, const char *what, const char *before,
			const char *after)
{
	if (strcmp(before, after) != 0)
		json_push_text(&p->json, why,
			       arena_printf(p->arena, "%s was %s, is %s", what, or_none(before),
					    or_none(after)));
}

/* Evidence that only one of them has. */
static void push_evidence(struct report_pair *p, cJSON *why, const cJSON *from, const cJSON *other,
			  const char *verb)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, json_array(from, "evidence"))
	{
		if (!has_evidence(other, e))
			json_push_text(&p->json, why,
				       arena_printf(p->arena, "%s: %s (%s)", verb,
						    text_of(e, "text"), text_of(e, "kind")));
	}
}

static void push_factors(struct report_pair *p, cJSON *why, const cJSON *before, const cJSON *after)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, json_array(after, "factors"))
	{
		const char *name = text_of(f, "name");
		const cJSON *old = find_factor(before, name);

		if (old && risk_of(old) == risk_of(f))
			continue;
		json_push_text(&p->json, why,
			       old ? arena_printf(p->arena, "risk of %s was %.6f, is %.6f: %s",
						  name, risk_of(old), risk_of(f),
						  text_of(f, "origin"))
				   : arena_printf(p->arena, "risk of %s is %.6f: %s", name,
						  risk_of(f), text_of(f, "origin")));
	}
	cJSON_ArrayForEach(f, json_array(before, "factors"))
	{
		if (!find_factor(after, text_of(f, "name")))
			json_push_text(&p->json, why,
				       arena_printf(p->arena, "risk of %s no longer counts",
						    text_of(f, "name")));
	}
}

static void explain_change(struct report_pair *p, cJSON *why, const cJSON *before,
			   const cJSON *after)
{
	size_t was = count_of(before, "functions"), is = count_of(after, "functions");

	if (!same_text(before, after, "rule") || !same_text(before, after, "status"))
		json_push_text(&p->json, why, text_of(after, "reason"));
	for (size_t i = 0; i < DECISIVE; i++)
		push_change(p, why, decisive[i].text, text_of(before, decisive[i].key),
			    text_of(after, decisive[i].key));
	if (was != is)
		json_push_text(
		    &p->json, why,
		    arena_printf(p->arena, "functions at fault: %zu were known, %zu are", was, is));
	push_evidence(p, why, after, before, "new");
	push_evidence(p, why, before, after, "gone");
	push_factors(p, why, before, after);
}

/* A package of that name and kind in a report; NULL when there is none. */
static const cJSON *find_package(const cJSON *report, const cJSON *verdict)
{
	static const char *const lists[] = { "used", "unused" };
	const char *purl = text_of(verdict, "purl"), *name = text_of(verdict, "package");
	const cJSON *packages = json_object(report, "packages"), *p;

	for (size_t i = 0; i < 2; i++) {
		cJSON_ArrayForEach(p, json_array(packages, lists[i]))
		{
			const char *type = text_of(p, "type");
			size_t len = strlen(type);

			if (!strcmp(text_of(p, "name"), name) &&
			    (!*purl || (len && !strncmp(purl, "pkg:", 4) &&
					!strncmp(purl + 4, type, len) && purl[4 + len] == '/')))
				return p;
		}
	}
	return NULL;
}

static void explain_new(struct report_pair *p, cJSON *why, const cJSON *verdict)
{
	const cJSON *was = find_package(p->report[0], verdict);
	const char *version = text_of(verdict, "version");

	if (!was)
		json_push_text(&p->json, why, "the package was not in the image before");
	else if (strcmp(text_of(was, "version"), version) != 0)
		json_push_text(&p->json, why,
			       arena_printf(p->arena, "version %s of the package was there before",
					    or_none(text_of(was, "version"))));
	else
		json_push_text(&p->json, why,
			       arena_printf(p->arena, "no source told of it before; %s does now",
					    or_none(text_of(verdict, "sources"))));
	json_push_text(&p->json, why, text_of(verdict, "reason"));
}

static void explain_gone(struct report_pair *p, cJSON *why, const cJSON *verdict)
{
	const cJSON *is = find_package(p->report[1], verdict);

	if (!is && json_bool(verdict, "installed", false))
		json_push_text(&p->json, why, "the package is no longer in the image");
	else if (is && strcmp(text_of(is, "version"), text_of(verdict, "version")) != 0)
		json_push_text(&p->json, why,
			       arena_printf(p->arena,
					    "the package has version %s now, of which no source "
					    "tells it",
					    or_none(text_of(is, "version"))));
	else
		json_push_text(&p->json, why, "no source tells of it any more");
}

void report_diff_put_why(struct report_pair *p, cJSON *change, const cJSON *before,
			 const cJSON *after)
{
	cJSON *why = json_put_array(&p->json, change, "why");

	if (!before)
		explain_new(p, why, after);
	else if (!after)
		explain_gone(p, why, before);
	else
		explain_change(p, why, before, after);
}

static bool has_text(const cJSON *array, const char *text)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		if (cJSON_IsString(item) && !strcmp(item->valuestring, text))
			return true;
	}
	return false;
}

static void push_gates(struct report_pair *p, cJSON *between, int from, const char *verb)
{
	const cJSON *gate, *other = json_array(p->report[!from], "gates");

	cJSON_ArrayForEach(gate, json_array(p->report[from], "gates"))
	{
		if (cJSON_IsString(gate) && !has_text(other, gate->valuestring))
			json_push_text(
			    &p->json, between,
			    arena_printf(p->arena, "R9 %s: %s", verb, gate->valuestring));
	}
}

static bool has_input(const cJSON *inputs, const cJSON *input)
{
	const cJSON *i;

	cJSON_ArrayForEach(i, json_array(inputs, "inputs"))
	{
		if (same_text(i, input, "role") && same_text(i, input, "sha256"))
			return true;
	}
	return false;
}

/* Files that only one of them was made from. What it followed is no ground of a verdict. */
static void push_inputs(struct report_pair *p, cJSON *between, int from, const char *verb)
{
	const cJSON *input;

	cJSON_ArrayForEach(input, json_array(p->inputs[from], "inputs"))
	{
		if (strcmp(text_of(input, "role"), "previous") != 0 && p->inputs[!from] &&
		    !has_input(p->inputs[!from], input))
			json_push_text(&p->json, between,
				       arena_printf(p->arena, "%s %s: '%s' (sha256 %.12s…)",
						    text_of(input, "role"), verb,
						    text_of(input, "path"),
						    text_of(input, "sha256")));
	}
}

static const char *number_text(struct report_pair *p, const cJSON *obj, const char *key)
{
	const cJSON *item = json_get(obj, key);

	return cJSON_IsNumber(item) ? arena_printf(p->arena, "%.6g", item->valuedouble) : "";
}

static void push_numbers(struct report_pair *p, cJSON *between, const char *object,
			 const char *const *keys, const char *const *texts)
{
	for (size_t i = 0; keys[i]; i++) {
		const char *was = number_text(p, json_object(p->report[0], object), keys[i]);
		const char *is = number_text(p, json_object(p->report[1], object), keys[i]);

		if (was && is)
			push_change(p, between, texts[i], was, is);
		else
			p->json.failed = true;
	}
}

void report_diff_put_between(struct report_pair *p, cJSON *doc)
{
	static const char *const options[] = { "bound", "min_units", "min_window_s", NULL };
	static const char *const option_texts[] = { "the bound", "the minimum of units",
						    "the minimum of seconds" };
	static const char *const window[] = { "units", "quiet_units", "unseen", NULL };
	static const char *const window_texts[] = { "the number of units", "that of quiet units",
						    "the residual risk of the window" };
	cJSON *between = json_put_array(&p->json, doc, "between");
	const cJSON *a = p->report[0], *b = p->report[1];

	push_change(p, between, "vexxy", text_of(a, "vexxy"), text_of(b, "vexxy"));
	push_change(p, between, "the model", text_of(a, "model"), text_of(b, "model"));
	push_change(p, between, "the policy", text_of(json_object(a, "options"), "policy"),
		    text_of(json_object(b, "options"), "policy"));
	push_numbers(p, between, "options", options, option_texts);
	push_inputs(p, between, 0, "no longer used");
	push_inputs(p, between, 1, "is new");
	push_numbers(p, between, "window", window, window_texts);
	push_gates(p, between, 0, "no longer finds");
	push_gates(p, between, 1, "finds now");
}
