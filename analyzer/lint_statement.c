// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint_statement.c — rules 11 to 17, 19 and 22: one statement and its vulnerability. */
#include <strings.h>

#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/lint_rules.h"
#include "analyzer/report_view.h"
#include "analyzer/rfc3339.h"

static bool is_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n")];
}

void lint_rule_11(struct lint *lint, const struct lint_statement *s)
{
	if (!s->product_count)
		lint_error(lint, 11, s->index, "no product: the statement is about nothing");
	for (size_t i = 0; i < s->product_count; i++) {
		const char *id = s->products[i].id;

		if (!id)
			lint_error(lint, 11, s->index,
				   "product %zu has no @id: scanners ask by identifier", i + 1);
		else if (!iri_is_valid(id))
			lint_error(lint, 11, s->index, "product '%.80s' is no absolute IRI", id);
	}
}

void lint_rule_12(struct lint *lint, const struct lint_statement *s)
{
	const char *justification = json_string(s->item, "justification");

	if (status_is(s, "not_affected")) {
		if (is_blank(justification))
			lint_error(lint, 12, s->index,
				   "not_affected without a justification that machines can read");
		return;
	}
	if (!status_is(s, "affected"))
		return; /* rule 14 */
	if (json_get(s->item, "justification"))
		lint_error(lint, 12, s->index, "affected, but with a justification");
	if (json_get(s->item, "impact_statement"))
		lint_error(lint, 12, s->index, "affected, but with an impact_statement");
}

void lint_rule_13(struct lint *lint, const struct lint_statement *s)
{
	const char *action = json_string(s->item, "action_statement"), *fixed;

	if (!status_is(s, "affected")) {
		if (status_is(s, "not_affected") && json_get(s->item, "action_statement"))
			lint_error(lint, 13, s->index,
				   "not_affected, but with an action_statement");
		return;
	}
	if (is_blank(action)) {
		lint_error(lint, 13, s->index, "affected without an action_statement");
		return;
	}
	fixed = report_fixed_version(lint, s);
	if (fixed && *fixed && !strstr(action, fixed))
		lint_error(lint, 13, s->index, "the action_statement does not name the fix, %s",
			   fixed);
	if (fixed && !*fixed && !strcasestr(action, "no fix"))
		lint_error(lint, 13, s->index,
			   "no fix is known, but the action_statement does not say so");
}

void lint_rule_14(struct lint *lint, const struct lint_statement *s)
{
	static const char *const members[] = { "justification", "impact_statement",
					       "action_statement", "action_statement_timestamp" };

	if (!status_is(s, "fixed") && !status_is(s, "under_investigation"))
		return;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_get(s->item, members[i]))
			lint_error(lint, 14, s->index, "%s, but with %s", s->status, members[i]);
}

void lint_rule_16(struct lint *lint, const struct lint_statement *s)
{
	const cJSON *version = json_get(s->item, "version");

	if (cJSON_IsNumber(version) && version->valuedouble < 1)
		lint_error(lint, 16, s->index, "version %g: write none, or one from 1",
			   version->valuedouble);
}

void lint_rule_17(struct lint *lint, const struct lint_statement *s)
{
	const char *own = json_string(s->item, "timestamp");
	const char *issued = json_string(lint->document, "timestamp");
	struct timespec a, b;

	if (!own)
		return;
	if (rfc3339_parse(&a, own) < 0)
		lint_error(lint, 17, s->index, "timestamp '%.64s' is no RFC 3339 time", own);
	else if (issued && rfc3339_parse(&b, issued) == 0 &&
		 (a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec)))
		lint_error(lint, 17, s->index, "timestamp lies behind that of the document");
}

void lint_rule_19(struct lint *lint, const struct lint_statement *s)
{
	const cJSON *alias;

	if (is_blank(s->name)) {
		lint_error(lint, 19, s->index, "the vulnerability has no name");
		return;
	}
	if (!strncmp(s->name, "CVE-", 4))
		return;
	cJSON_ArrayForEach(alias, json_array(s->vulnerability, "aliases"))
	{
		if (cJSON_IsString(alias) && !strncmp(alias->valuestring, "CVE-", 4)) {
			lint_error(lint, 19, s->index,
				   "the name is '%.64s', although an alias is %.64s", s->name,
				   alias->valuestring);
			return;
		}
	}
}

void lint_rule_22(struct lint *lint, const struct lint_statement *s)
{
	const char *id = json_string(s->vulnerability, "@id");

	if (id && !iri_is_url(id))
		lint_warning(lint, 22, s->index,
			     "the vulnerability's @id '%.80s' is no URL of its record", id);
	if (id && is_blank(s->name))
		lint_error(lint, 22, s->index,
			   "the @id is the only place that names the vulnerability");
}
