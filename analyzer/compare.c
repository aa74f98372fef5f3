// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* compare.c — which word of Kubescape's belongs to which verdict, and why the two differ. */
#include "analyzer/compare.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/json.h"

const char *comparison_relation_name(enum comparison_relation relation)
{
	static const char *const names[] = { "same", "ground", "status", "only_kubescape",
					     "only_vexxy" };

	return names[relation];
}

struct comparing {
	struct comparison *ret;
	struct kubescape_words *words;
};

static bool is(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* Words on an id: *ret points at the first of the returned number. */
static size_t words_on(const struct kubescape_words *words, const char *id,
		       struct kubescape_said **ret)
{
	size_t low = 0, high = words->count, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(words->items[mid].id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret = words->items ? words->items + low : NULL;
	while (low + n < words->count && !strcmp(words->items[low + n].id, id))
		n++;
	return n;
}

/* Every spelling of a verdict's package, and its architecture. */
struct spellings {
	struct purl *purls;
	const char **texts;
	size_t count;
	const char *arch;
};

static void add_spelling(struct spellings *s, const char *text, struct arena *arena)
{
	if (!text)
		return;
	s->texts[s->count] = text;
	if (purl_parse(&s->purls[s->count], text, arena, NULL) < 0)
		s->purls[s->count] = (struct purl){};
	else if (!s->arch)
		s->arch = purl_qualifier(&s->purls[s->count], "arch");
	s->count++;
}

static int spellings_of(struct spellings *s, const cJSON *verdict, struct arena *arena)
{
	const cJSON *list = json_array(verdict, "purls"), *item;
	size_t n = (size_t)cJSON_GetArraySize(list) + 2;

	*s = (struct spellings){ .purls = arena_alloc(arena, n * sizeof(*s->purls)),
				 .texts = arena_alloc(arena, n * sizeof(*s->texts)) };
	if (!s->purls || !s->texts)
		return -ENOMEM;
	add_spelling(s, json_string(verdict, "purl"), arena);
	cJSON_ArrayForEach(item, list)
	{
		add_spelling(s, cJSON_GetStringValue(item), arena);
	}
	return 0;
}

static bool is_spelled(const struct kubescape_said *said, const struct spellings *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (is(said->purl, s->texts[i]) ||
		    (said->parsed && s->purls[i].name &&
		     purl_same_package(said->parsed, &s->purls[i], s->arch)))
			return true;
	return false;
}

/* The word on a pair; the first of several. All of them are taken. */
static const struct kubescape_said *word_on(struct comparing *c, const char *id,
					    const struct spellings *s)
{
	const struct kubescape_said *found = NULL;
	struct kubescape_said *words;
	size_t n = id ? words_on(c->words, id, &words) : 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_spelled(&words[i], s))
			continue;
		words[i].taken = true;
		if (!found || (is(words[i].status, "affected") && !is(found->status, "affected")))
			found = &words[i];
	}
	return found;
}

static int take_word(struct comparing *c, struct comparison_row *row, const cJSON *verdict)
{
	const cJSON *simulated = json_object(verdict, "kubescape"), *alias;
	const struct kubescape_said *said;
	struct spellings s;

	row->kubescape = json_string(simulated, "status");
	row->kubescape_justification = json_string(simulated, "justification");
	row->kubescape_by = json_string(simulated, "by");
	row->kubescape_why = json_string(simulated, "why");
	if (!c->words)
		return 0;
	if (spellings_of(&s, verdict, c->ret->arena) < 0)
		return -ENOMEM;
	said = word_on(c, row->id, &s);
	cJSON_ArrayForEach(alias, json_array(verdict, "aliases"))
	{
		const struct kubescape_said *other = word_on(c, cJSON_GetStringValue(alias), &s);

		said = said ? said : other;
	}
	/* The reason that our trace gives is its reason too, when it leads to the same. */
	if (!said || said->why || !is(said->status, row->kubescape)) {
		row->kubescape_by = said ? said->by : NULL;
		row->kubescape_why = said ? said->why : "its objects have no such match";
	}
	row->kubescape = said ? said->status : NULL;
	row->kubescape_justification = said ? said->justification : NULL;
	return 0;
}

static bool needs_nothing(const char *status)
{
	return is(status, "not_affected") || is(status, "fixed");
}

static enum comparison_relation relate(const struct comparison_row *row)
{
	if (!row->kubescape)
		return COMPARED_ONLY_OURS;
	if (!row->status)
		return COMPARED_ONLY_KUBESCAPE;
	if (is(row->kubescape, row->status) &&
	    (is(row->kubescape_justification, row->justification) ||
	     (!row->kubescape_justification && !row->justification)))
		return COMPARED_SAME;
	return needs_nothing(row->kubescape) && needs_nothing(row->status) ? COMPARED_GROUND
									   : COMPARED_STATUS;
}

/* What the rule that decided ours sees and Kubescape does not. */
static const char *insight_of(const struct comparison_row *row)
{
	static const struct {
		const char *rule, *text;
	} insights[] = {
		{ "R1", "the package is not in the image at all" },
		{ "R2", "the vulnerable functions are in no object of the package: what else of it "
			"is used does not matter" },
		{ "R3", "the vulnerable function itself ran" },
		{ "R4", "nothing that is loadable can reach the vulnerable functions: what else of "
			"the package is used does not matter" },
		{ "R5", "that the package is used does not show that its vulnerable functions are, "
			"and that they did not run does not show that they cannot" },
		{ "R6", "the package's code was mapped, executed or read by an interpreter; which "
			"of its functions is vulnerable is not known" },
		{ "R7", "no code of the package ran, and nothing that can run is able to load or "
			"execute it" },
		{ "R8", "no code of the package ran; what may still come was estimated" },
		{ "R9", "too much is unknown to conclude from what was not seen" },
		{ "R10", "two observers contradict each other" },
		{ "R11", "the installed version has the fix" },
	};

	for (size_t i = 0; i < sizeof(insights) / sizeof(*insights); i++)
		if (is(insights[i].rule, row->rule))
			return insights[i].text;
	return "it was decided by a rule that this version does not know";
}

/* On what ground Kubescape stands. */
static const char *ground_of(const struct comparison_row *row)
{
	static const struct {
		const char *by, *text;
	} grounds[] = {
		{ "file", "Kubescape takes an opened file for use of all of its package" },
		{ "database",
		  "Kubescape takes a look at the package database for use of the package" },
		{ "dependency", "Kubescape takes what a used package depends on for used" },
		{ "overlap", "Kubescape takes a package that lies in another for use of that" },
		{ "scan", "Kubescape had no profile to go by" },
	};

	for (size_t i = 0; i < sizeof(grounds) / sizeof(*grounds); i++)
		if (is(row->kubescape_by, grounds[i].by))
			return grounds[i].text;
	if (is(row->kubescape, "affected"))
		return "Kubescape takes an opened file for use of its package and of all that this "
		       "depends on";
	if (is(row->kubescape_justification, "vulnerable_code_not_present"))
		return is(row->justification, "vulnerable_code_not_in_execute_path")
			   ? "Kubescape calls code absent that lies in the image unused"
			   : "Kubescape takes what was not seen for proof";
	return "Kubescape was told so by an exception";
}

static const char *explain(const struct comparison_row *row, struct arena *arena)
{
	switch (row->relation) {
	case COMPARED_SAME:
		return is(row->status, "affected") && !is(row->rule, "R6")
			   ? arena_printf(arena, "the same status; here because %s",
					  insight_of(row))
			   : "both say the same";
	case COMPARED_ONLY_OURS:
		return row->kubescape_why ? row->kubescape_why : "Kubescape says nothing of it";
	case COMPARED_ONLY_KUBESCAPE:
		return "no report given to this analysis names that vulnerability in that package";
	case COMPARED_GROUND:
	case COMPARED_STATUS:
	case COMPARED_COUNT:
		break;
	}
	return arena_printf(arena, "%s; here %s", ground_of(row), insight_of(row));
}

static int settle(struct comparing *c, struct comparison_row *row)
{
	row->relation = relate(row);
	row->why = explain(row, c->ret->arena);
	c->ret->by_relation[row->relation]++;
	return row->why ? 0 : -ENOMEM;
}

static int add_verdict(struct comparing *c, const cJSON *verdict)
{
	struct comparison_row *row = &c->ret->rows[c->ret->count++];
	const cJSON *confidence = json_get(verdict, "confidence");

	row->id = json_string(verdict, "id");
	row->package = json_string(verdict, "package");
	row->version = json_string(verdict, "version");
	row->purl = json_string(verdict, "purl");
	row->status = json_string(verdict, "status");
	row->justification = json_string(verdict, "justification");
	row->rule = json_string(verdict, "rule");
	row->level = json_string(verdict, "level");
	row->reason = json_string(verdict, "reason");
	row->confidence = cJSON_IsNumber(confidence) ? confidence->valuedouble : 0;
	if (!row->id || !row->status || !row->rule)
		return -EBADMSG;
	return take_word(c, row, verdict) < 0 ? -ENOMEM : settle(c, row);
}

/* What only Kubescape says. */
static int add_rest(struct comparing *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && c->words && i < c->words->count; i++) {
		const struct kubescape_said *said = &c->words->items[i];
		struct comparison_row *row;

		if (said->taken)
			continue;
		row = &c->ret->rows[c->ret->count++];
		*row = (struct comparison_row){
			.id = said->id,
			.package = said->package  ? said->package
				   : said->parsed ? said->parsed->name
						  : said->purl,
			.version = said->parsed ? said->parsed->version : NULL,
			.purl = said->purl,
			.kubescape = said->status,
			.kubescape_justification = said->justification,
			.kubescape_by = said->by,
			.kubescape_why = said->why,
		};
		r = settle(c, row);
	}
	return r;
}

static int compare(struct comparing *c, const cJSON *report)
{
	const cJSON *verdicts = json_array(report, "verdicts"), *item;
	size_t n = (size_t)cJSON_GetArraySize(verdicts) + (c->words ? c->words->count : 0);
	int r = 0;

	c->ret->rows = arena_alloc(c->ret->arena, (n + 1) * sizeof(*c->ret->rows));
	if (!c->ret->rows)
		return -ENOMEM;
	cJSON_ArrayForEach(item, verdicts)
	{
		if (r == 0)
			r = add_verdict(c, item);
	}
	return r == 0 ? add_rest(c) : r;
}

int compare_report(struct comparison **ret, const cJSON *report, struct kubescape_words *words,
		   struct err *err)
{
	_cleanup_(comparison_freep) struct comparison *result = calloc(1, sizeof(*result));
	struct comparing c = { .ret = result, .words = words };
	int r;

	if (!json_string(report, "vexxy_report") || !json_array(report, "verdicts"))
		return err_set(err, EBADMSG, "it is no report of an analysis");
	if (!result || !(result->arena = arena_new()))
		return err_oom(err);
	result->source = words ? words->source : "what Kubescape would say of the same inputs";
	result->notes = words ? words->notes : NULL;
	result->note_count = words ? words->note_count : 0;
	r = compare(&c, report);
	if (r == -EBADMSG)
		return err_set(err, EBADMSG, "verdict %zu has no id, status or rule",
			       result->count);
	if (r < 0)
		return err_oom(err);
	*ret = take_ptr(result);
	return 0;
}

void comparison_free(struct comparison *comparison)
{
	if (!comparison)
		return;
	arena_free(comparison->arena);
	free(comparison);
}
