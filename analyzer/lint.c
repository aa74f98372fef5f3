// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint.c — reads a document and what lies beside it, and applies the table of rules. */
#include "analyzer/lint.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "analyzer/json.h"
#include "analyzer/lint_rules.h"
#include "analyzer/report_view.h"
#include "include/array.h"

#define REPORT_NAME "report.json"

static const struct rule {
	unsigned number;
	const char *text;
	void (*document)(struct lint *lint);
	void (*statement)(struct lint *lint, const struct lint_statement *s);
	const char *gap; /* what no check here can show */
} rules[] = {
	{ 1, "@context names OpenVEX 0.2.0", lint_rule_1, NULL, NULL },
	{ 2, "@id is an absolute IRI made of the content", lint_rule_2, NULL, NULL },
	{ 3, "the text is JSON in UTF-8 without byte order mark", lint_rule_3, NULL, NULL },
	{ 4, "the author is named", lint_rule_4, NULL, NULL },
	{ 5, "version is a whole number that goes up with every change", lint_rule_5, NULL, NULL },
	{ 6, "times are RFC 3339 in UTC and in order", lint_rule_6, NULL, NULL },
	{ 7, "there is at least one statement", lint_rule_7, NULL, NULL },
	{ 8, "the official schema holds, formats included", lint_rules_8_9, NULL, NULL },
	{ 9, "there is no key outside the schema", NULL, NULL, NULL },
	{ 10, "one statement per vulnerability, product and subcomponent", lint_rules_10_21, NULL,
	  NULL },
	{ 11, "every statement has products with an absolute IRI", NULL, lint_rule_11, NULL },
	{ 12, "a justification stands with not_affected, and only there", NULL, lint_rule_12,
	  NULL },
	{ 13, "affected says what to do, and names the fix", NULL, lint_rule_13, NULL },
	{ 14, "fixed and under_investigation carry neither reason nor action", NULL, lint_rule_14,
	  NULL },
	{ 15, "the @id of a statement is unique and stable", lint_rule_15, NULL, NULL },
	{ 16, "a statement's version is absent or at least 1", NULL, lint_rule_16, NULL },
	{ 17, "no statement is younger than its document", NULL, lint_rule_17,
	  "whether times of unchanged conclusions were kept: needs the document issued before" },
	{ 18, "everything is in a fixed order", lint_rule_18, NULL, NULL },
	{ 19, "the CVE id is the name", NULL, lint_rule_19, NULL },
	{ 20, "every id that a scanner uses is name or alias", lint_rule_20, NULL, NULL },
	{ 21, "ids of one vulnerability stand in one statement", NULL, NULL, NULL },
	{ 22, "a vulnerability's @id is the URL of its record", NULL, lint_rule_22, NULL },
	{ 23, "an image is pkg:oci/name@sha256:… without qualifiers", NULL, lint_rule_23, NULL },
	{ 24, "all manifest digests are listed, and never the image id", lint_rule_24, NULL, NULL },
	{ 25, "no product is without version", NULL, lint_rule_25, NULL },
	{ 26, "an image's name is the last path element alone", NULL, lint_rule_26, NULL },
	{ 27, "hashes and identifiers say the same as the @id", NULL, lint_rule_27, NULL },
	{ 28, "subcomponents are bare package URLs with the installed version", NULL, lint_rule_28,
	  NULL },
	{ 29, "epochs and namespaces are spelled for both scanners", NULL, lint_rule_29, NULL },
	{ 30, "package URLs are escaped and spelled for both scanners", NULL, lint_rule_30, NULL },
	{ 31, "no statement speaks of the whole image", NULL, lint_rule_31, NULL },
	{ 32, "not_affected rests on a rule that may say so", NULL, lint_rule_32, NULL },
	{ 33, "not_in_execute_path rests on proof, or states its residual risk", NULL, lint_rule_33,
	  NULL },
	{ 34, "what ran is affected, and the report says the same", NULL, lint_rule_34, NULL },
	{ 35, "absence is claimed only from absence", NULL, lint_rule_35, NULL },
	{ 36, "what was not proved has a confidence of at most one half", NULL, lint_rule_36,
	  NULL },
	{ 37, "no negative statement rests on a trace with gaps", NULL, lint_rule_37, NULL },
	{ 38, "fixed means: at or above the fixed version", NULL, lint_rule_38, NULL },
	{ 39, "confidence is a number from 0 to 1, the same everywhere", NULL, lint_rule_39, NULL },
};

#define RULE_COUNT (sizeof(rules) / sizeof(*rules))

const char *lint_rule_text(unsigned rule)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (rules[i].number == rule)
			return rules[i].text;
	return NULL;
}

static void add_fault(struct lint *lint, struct lint_fault fault, const char *fmt, va_list ap)
{
	char text[ERR_TEXT_MAX];
	struct lint_fault *slot;

	if (fault.severity == LINT_ERROR)
		lint->error_count++;
	else
		lint->warning_count++;
	if (lint->fault_count == LINT_FAULTS_KEPT)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	slot = array_add(lint->faults, lint->fault_count, lint->fault_room);
	fault.text = arena_strdup(lint->arena, text);
	if (slot)
		*slot = fault;
	if (!slot || !fault.text)
		lint->out_of_memory = true;
}

void lint_error(struct lint *lint, unsigned rule, size_t statement, const char *fmt, ...)
{
	struct lint_fault fault = { rule, LINT_ERROR, statement, NULL, NULL };
	va_list ap;

	va_start(ap, fmt);
	add_fault(lint, fault, fmt, ap);
	va_end(ap);
}

void lint_warning(struct lint *lint, unsigned rule, size_t statement, const char *fmt, ...)
{
	struct lint_fault fault = { rule, LINT_WARNING, statement, NULL, NULL };
	va_list ap;

	va_start(ap, fmt);
	add_fault(lint, fault, fmt, ap);
	va_end(ap);
}

void lint_gap(struct lint *lint, unsigned rule, const char *why)
{
	struct lint_gap *slot;

	for (size_t i = 0; i < lint->gap_count; i++)
		if (lint->gaps[i].rule == rule && !strcmp(lint->gaps[i].why, why))
			return;
	slot = array_add(lint->gaps, lint->gap_count, lint->gap_room);
	if (slot)
		*slot = (struct lint_gap){ rule, why };
	else
		lint->out_of_memory = true;
}

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

static bool take_component(struct lint_component *ret, const cJSON *item, struct arena *arena)
{
	struct purl *purl;
	struct err err = {};

	*ret = (struct lint_component){ .item = item, .id = json_string(item, "@id") };
	if (!ret->id || strncmp(ret->id, "pkg:", 4) != 0)
		return true;
	purl = arena_alloc(arena, sizeof(*purl));
	if (!purl)
		return false;
	if (purl_parse(purl, ret->id, arena, &err) == 0)
		ret->purl = purl;
	else
		ret->purl_fault = arena_strdup(arena, err.text);
	return ret->purl || ret->purl_fault;
}

static bool take_components(struct lint_component **ret, size_t *count, const cJSON *items,
			    struct arena *arena)
{
	size_t n = (size_t)cJSON_GetArraySize(items);
	const cJSON *item;

	*count = 0;
	*ret = n ? arena_alloc(arena, n * sizeof(**ret)) : NULL;
	if (!n)
		return true;
	if (!*ret)
		return false;
	cJSON_ArrayForEach(item, items)
	{
		if (!take_component(&(*ret)[(*count)++], item, arena))
			return false;
	}
	return true;
}

static bool take_statement(struct lint_statement *ret, const cJSON *item, size_t index,
			   struct arena *arena)
{
	const char *notes = json_string(item, "status_notes");
	struct lint_component *p;

	*ret = (struct lint_statement){ .index = index,
					.item = item,
					.vulnerability = json_object(item, "vulnerability"),
					.status = text_of(item, "status") };
	ret->name = text_of(ret->vulnerability, "name");
	ret->notes = notes && status_notes_valid(notes) ? notes : NULL;
	if (!take_components(&ret->products, &ret->product_count, json_array(item, "products"),
			     arena))
		return false;
	for (size_t i = 0; i < ret->product_count; i++) {
		p = &ret->products[i];
		if (!take_components(&p->subs, &p->sub_count, json_array(p->item, "subcomponents"),
				     arena))
			return false;
	}
	return true;
}

static void run_statement(struct lint *lint, const cJSON *item, size_t index)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct lint_statement statement;

	if (!arena || !take_statement(&statement, item, index, arena)) {
		lint->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (rules[i].statement)
			rules[i].statement(lint, &statement);
}

/* Names the vulnerability of each fault, for people. */
static void name_faults(struct lint *lint)
{
	const cJSON *statements = json_array(lint->document, "statements"), *statement;
	size_t index = 0, at = 0;

	/* Faults are sorted by statement here. */
	cJSON_ArrayForEach(statement, statements)
	{
		for (; at < lint->fault_count && lint->faults[at].statement == index; at++)
			lint->faults[at].vulnerability =
			    json_string(json_object(statement, "vulnerability"), "name");
		index++;
	}
}

static int compare_by_statement(const void *pa, const void *pb)
{
	const struct lint_fault *a = pa, *b = pb;

	if (a->statement != b->statement)
		return a->statement < b->statement ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

static int compare_by_rule(const void *pa, const void *pb)
{
	const struct lint_fault *a = pa, *b = pb;
	/* What concerns the document comes first. */
	size_t x = a->statement + 1, y = b->statement + 1;

	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (x != y)
		return x < y ? -1 : 1;
	return strcmp(a->text, b->text);
}

static int compare_gaps(const void *pa, const void *pb)
{
	const struct lint_gap *a = pa, *b = pb;

	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return strcmp(a->why, b->why);
}

static void sort_results(struct lint *lint)
{
	if (lint->fault_count) {
		array_sort(lint->faults, lint->fault_count, sizeof(*lint->faults),
			   compare_by_statement);
		name_faults(lint);
		array_sort(lint->faults, lint->fault_count, sizeof(*lint->faults), compare_by_rule);
	}
	array_sort(lint->gaps, lint->gap_count, sizeof(*lint->gaps), compare_gaps);
}

int lint_run(struct lint *lint, struct err *err)
{
	const cJSON *statement;
	size_t index = 0;
	int r;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (rules[i].document)
			rules[i].document(lint);
		if (rules[i].gap)
			lint_gap(lint, rules[i].number, rules[i].gap);
	}
	cJSON_ArrayForEach(statement, json_array(lint->document, "statements"))
	{
		run_statement(lint, statement, index++);
	}
	for (size_t i = 0; i < lint->against_count; i++) {
		r = scanner_simulate(&lint->against[i].suppressions, lint->document,
				     lint->against[i].report, err);
		if (r < 0)
			return err_prefix(err, r, "'%s'", lint->against[i].path);
	}
	r = scanner_reaches(&lint->reaches, lint->document, err);
	if (r < 0)
		return r;
	sort_results(lint);
	return lint->out_of_memory ? err_oom(err) : 0;
}

int lint_parse(struct lint **ret, const char *text, size_t len, const char *name, struct err *err)
{
	_cleanup_(lint_freep) struct lint *lint = calloc(1, sizeof(*lint));
	int r;

	if (!lint)
		return err_oom(err);
	lint->arena = arena_new();
	lint->path = lint->arena ? arena_strdup(lint->arena, name) : NULL;
	if (!lint->path)
		return err_oom(err);
	lint->has_bom = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3);
	r = json_parse(&lint->document, text, len, err);
	if (r == 0 && !cJSON_IsObject(lint->document))
		r = err_set(err, EBADMSG, "not an object");
	if (r < 0)
		return err_prefix(err, r, "'%s'", name);
	*ret = take_ptr(lint);
	return 0;
}

/* The report of the same analysis, when it lies in the same directory. */
static int read_report_beside(struct lint *lint, struct err *err)
{
	const char *slash = strrchr(lint->path, '/');
	int dir = slash ? (int)(slash - lint->path + 1) : 0;
	char *path = arena_printf(lint->arena, "%.*s" REPORT_NAME, dir, lint->path);
	int r;

	if (!path)
		return err_oom(err);
	if (access(path, F_OK) < 0)
		return 0;
	r = json_load(&lint->report, path, err);
	if (r < 0)
		return r;
	r = report_index_new(&lint->report_index, lint->report, lint->arena, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", path);
	lint->report_path = lint->report_index ? path : NULL;
	return 0;
}

int lint_open(struct lint **ret, const char *path, struct err *err)
{
	_cleanup_(lint_freep) struct lint *lint = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, JSON_BYTES_MAX, err);

	if (r == 0)
		r = lint_parse(&lint, text, len, path, err);
	if (r == 0)
		r = read_report_beside(lint, err);
	if (r < 0)
		return r;
	*ret = take_ptr(lint);
	return 0;
}

int lint_add_report(struct lint *lint, const char *path, struct err *err)
{
	struct lint_against *slot =
	    array_add(lint->against, lint->against_count, lint->against_room);
	int r;

	if (!slot)
		return err_oom(err);
	slot->path = arena_strdup(lint->arena, path);
	r = slot->path ? json_load(&slot->report, path, err) : err_oom(err);
	if (r < 0)
		lint->against_count--;
	return r;
}

void lint_free(struct lint *lint)
{
	if (!lint)
		return;
	for (size_t i = 0; i < lint->against_count; i++) {
		cJSON_Delete(lint->against[i].report);
		suppressions_free(lint->against[i].suppressions);
	}
	product_reaches_free(lint->reaches);
	free(lint->against);
	free(lint->faults);
	free(lint->gaps);
	cJSON_Delete(lint->document);
	cJSON_Delete(lint->report);
	arena_free(lint->arena);
	free(lint);
}
