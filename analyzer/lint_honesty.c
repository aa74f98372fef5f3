// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * lint_honesty.c — rules 32 to 39: does a statement say no more than its own notes bear out?
 *
 * The notes name the rule of analyzer/verdict.h that decided, and what the traces were worth. A document of other tools has no
 * such notes: then these rules are not checked, and that is said.
 */
#include <stdlib.h>

#include "analyzer/json.h"
#include "analyzer/lint_rules.h"
#include "analyzer/pkgversion.h"
#include "analyzer/report_view.h"

#define NO_NOTES "statements without status_notes in the grammar of vexxy"

/* The value of a key of the notes, "" when it is not there. */
static const char *note(const struct lint_statement *s, const char *key,
			char value[STATUS_NOTES_VALUE_MAX])
{
	return s->notes && status_notes_get(s->notes, key, value) ? value : "";
}

/* Is `text` one of the words of a list such as "R4 R7 R8"? */
static bool among(const char *text, const char *list)
{
	size_t len = strlen(text);

	for (const char *at = list; len && (at = strstr(at, text)); at += len)
		if ((at == list || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static bool has_notes(struct lint *lint, unsigned rule, const struct lint_statement *s)
{
	if (!s->notes)
		lint_gap(lint, rule, NO_NOTES);
	return s->notes;
}

void lint_rule_32(struct lint *lint, const struct lint_statement *s)
{
	char value[STATUS_NOTES_VALUE_MAX], policy[STATUS_NOTES_VALUE_MAX];
	const char *rule;

	if (!status_is(s, "not_affected") || !has_notes(lint, 32, s))
		return;
	rule = note(s, "rule", value);
	if (!among(rule, "R1 R2 R4 R7 R8"))
		lint_error(lint, 32, s->index, "not_affected by %s, which never says so",
			   *rule ? rule : "no rule");
	else if (!strcmp(rule, "R8") && strcmp(note(s, "policy", policy), "balanced") != 0)
		lint_error(lint, 32, s->index,
			   "not_affected by R8, which only the policy 'balanced' lets decide");
}

void lint_rule_33(struct lint *lint, const struct lint_statement *s)
{
	const char *justification = json_string(s->item, "justification"), *rule;
	char value[STATUS_NOTES_VALUE_MAX], unseen[STATUS_NOTES_VALUE_MAX];

	if (!justification || strcmp(justification, "vulnerable_code_not_in_execute_path") != 0 ||
	    !has_notes(lint, 33, s))
		return;
	rule = note(s, "rule", value);
	if (!among(rule, "R4 R7 R8"))
		lint_error(lint, 33, s->index, "'%s' by %s, which does not show that",
			   justification, *rule ? rule : "no rule");
	else if (!strcmp(rule, "R8") && !*note(s, "unseen", unseen))
		lint_error(lint, 33, s->index,
			   "rests on silence (R8) and does not state the residual risk");
}

void lint_rule_34(struct lint *lint, const struct lint_statement *s)
{
	const cJSON *verdict = report_verdict(lint, s);
	const char *reported = json_string(verdict, "status");
	char value[STATUS_NOTES_VALUE_MAX];

	if (!lint->report_index)
		lint_gap(lint, 34, "whether the report says the same: needs report.json");
	else if (!verdict)
		lint_error(lint, 34, s->index, "report.json has no verdict on it");
	else if (!reported || strcmp(reported, s->status) != 0)
		lint_error(lint, 34, s->index, "the status is %s, but %s in report.json", s->status,
			   reported ? reported : "none");
	if (has_notes(lint, 34, s) && !strcmp(note(s, "rule", value), "R3") &&
	    !status_is(s, "affected"))
		lint_error(lint, 34, s->index, "a vulnerable function ran, but the status is %s",
			   s->status);
}

void lint_rule_35(struct lint *lint, const struct lint_statement *s)
{
	static const struct {
		const char *justification, *rule;
	} needs[] = {
		{ "component_not_present", "R1" },
		{ "vulnerable_code_not_present", "R2" },
	};
	const char *justification = json_string(s->item, "justification");
	char value[STATUS_NOTES_VALUE_MAX];

	for (size_t i = 0; justification && i < sizeof(needs) / sizeof(*needs); i++)
		if (!strcmp(justification, needs[i].justification) && has_notes(lint, 35, s) &&
		    strcmp(note(s, "rule", value), needs[i].rule) != 0)
			lint_error(lint, 35, s->index, "'%s' needs rule %s, not %s", justification,
				   needs[i].rule, *value ? value : "none");
}

void lint_rule_36(struct lint *lint, const struct lint_statement *s)
{
	char rule[STATUS_NOTES_VALUE_MAX], value[STATUS_NOTES_VALUE_MAX];
	double confidence;

	if (!has_notes(lint, 36, s))
		return;
	confidence = strtod(note(s, "confidence", value), NULL);
	if ((status_is(s, "under_investigation") || !strcmp(note(s, "rule", rule), "R5")) &&
	    confidence > 0.5)
		lint_error(lint, 36, s->index,
			   "confidence %s: where nothing was proved it is at most one half", value);
}

void lint_rule_37(struct lint *lint, const struct lint_statement *s)
{
	char rule[STATUS_NOTES_VALUE_MAX], trace[STATUS_NOTES_VALUE_MAX];
	char drops[STATUS_NOTES_VALUE_MAX];

	if (!status_is(s, "not_affected") || !has_notes(lint, 37, s) ||
	    !among(note(s, "rule", rule), "R4 R7 R8"))
		return;
	if (strcmp(note(s, "trace", trace), "complete") != 0)
		lint_error(lint, 37, s->index, "not_affected by %s from a trace that is '%s'", rule,
			   *note(s, "trace", trace) ? trace : "not named");
	if (strcmp(note(s, "drops", drops), "0") != 0)
		lint_error(lint, 37, s->index, "not_affected by %s although %s event(s) were lost",
			   rule, *note(s, "drops", drops) ? drops : "an unknown number of");
}

void lint_rule_38(struct lint *lint, const struct lint_statement *s)
{
	const char *fixed = report_fixed_version(lint, s);
	const struct purl *purl = NULL;
	char value[STATUS_NOTES_VALUE_MAX];
	int order;

	if (!status_is(s, "fixed"))
		return;
	if (has_notes(lint, 38, s) && strcmp(note(s, "rule", value), "R11") != 0)
		lint_error(lint, 38, s->index, "fixed by %s, not by R11", *value ? value : "none");
	if (s->product_count && s->products->sub_count)
		purl = s->products->subs->purl;
	if (!fixed || !*fixed || !purl || !purl->version)
		lint_gap(lint, 38,
			 "whether the installed version holds the fix: needs report.json");
	else if (pkgversion_compare(&order, purl->type, purl->version, fixed) < 0)
		lint_gap(lint, 38, "versions that cannot be compared");
	else if (order < 0)
		lint_error(lint, 38, s->index, "fixed, but %s is older than the fix, %s",
			   purl->version, fixed);
}

/* "0.9703": one digit, a point, four digits, at most 1. */
static bool is_fraction(const char *text)
{
	return strlen(text) == 6 && (*text == '0' || *text == '1') && text[1] == '.' &&
	       strspn(text + 2, "0123456789") == 4 && strcmp(text, "1.0000") <= 0;
}

void lint_rule_39(struct lint *lint, const struct lint_statement *s)
{
	const char *tooling = json_string(lint->document, "tooling"), *confidence;
	char value[STATUS_NOTES_VALUE_MAX], reported[32];
	const cJSON *verdict, *number;

	if (!s->notes) {
		if (tooling && !strncmp(tooling, "vexxy", 5))
			lint_error(lint, 39, s->index,
				   "status_notes are not key=value; key=value …: no confidence");
		else
			lint_gap(lint, 39, NO_NOTES);
		return;
	}
	confidence = note(s, "confidence", value);
	if (!is_fraction(confidence)) {
		lint_error(lint, 39, s->index,
			   "confidence '%s' is not a number from 0.0000 to 1.0000", confidence);
		return;
	}
	verdict = report_verdict(lint, s);
	if (!verdict) /* rule 34 says so */
		return;
	number = json_get(verdict, "confidence");
	snprintf(reported, sizeof(reported), "%.4f",
		 cJSON_IsNumber(number) ? number->valuedouble : -1);
	if (strcmp(reported, confidence) != 0)
		lint_error(lint, 39, s->index, "confidence %s, but %s in report.json", confidence,
			   reported);
}
