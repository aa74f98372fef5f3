// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* compare_print.c — the comparison for people and for machines. */
#include "analyzer/compare.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/terminal.h"

#define GAP 2
#define CELL_MAX 60u
#define CONFIDENCE_DECIMALS 4

enum column { ID, PACKAGE, KUBESCAPE, OURS, COLUMNS };

/* "not_affected / vulnerable_code_not_present", "under_investigation (R5)", "-" */
static void cell_text(char *ret, size_t size, const struct comparison_row *row, enum column column)
{
	switch (column) {
	case ID:
		snprintf(ret, size, "%s", row->id);
		return;
	case PACKAGE:
		snprintf(ret, size, "%s%s%s", row->package ? row->package : "?",
			 row->version ? " " : "", row->version ? row->version : "");
		return;
	case KUBESCAPE:
		snprintf(ret, size, "%s%s%s", row->kubescape ? row->kubescape : "-",
			 row->kubescape_justification ? " / " : "",
			 row->kubescape_justification ? row->kubescape_justification : "");
		return;
	case OURS:
	case COLUMNS:
		break;
	}
	if (row->status)
		snprintf(ret, size, "%s%s%s (%s)", row->status, row->justification ? " / " : "",
			 row->justification ? row->justification : "", row->rule);
	else
		snprintf(ret, size, "-");
}

static void put_cells(FILE *out, const char *const cells[COLUMNS], const unsigned *widths)
{
	for (int i = 0; i < COLUMNS; i++) {
		size_t written = terminal_put(out, cells[i], widths[i]);

		if (i + 1 < COLUMNS)
			fprintf(out, "%*s", (int)(widths[i] - written) + GAP, "");
	}
	fputc('\n', out);
}

static void measure(const struct comparison *c, const char *const heads[COLUMNS], unsigned *widths)
{
	char text[512];

	for (int column = 0; column < COLUMNS; column++) {
		widths[column] = (unsigned)strlen(heads[column]);
		for (size_t i = 0; i < c->count; i++) {
			size_t columns;

			cell_text(text, sizeof(text), &c->rows[i], column);
			columns = terminal_columns(text);
			columns = columns > CELL_MAX ? CELL_MAX : columns;
			if (columns > widths[column])
				widths[column] = (unsigned)columns;
		}
	}
}

static void put_reason(FILE *out, const char *label, const char *text)
{
	if (text)
		terminal_line(out, "    %s: %s", label, text);
}

static void put_row(FILE *out, const struct comparison_row *row, const unsigned *widths,
		    bool colour)
{
	char texts[COLUMNS][512];
	const char *cells[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		cell_text(texts[i], sizeof(texts[i]), row, i);
		cells[i] = texts[i];
	}
	if (colour && row->relation == COMPARED_STATUS)
		fputs(COLOUR_YELLOW, out);
	put_cells(out, cells, widths);
	if (colour && row->relation == COMPARED_STATUS)
		fputs(COLOUR_RESET, out);
	put_reason(out, "why", row->why);
	if (row->relation == COMPARED_ONLY_OURS)
		return;
	put_reason(out, "Kubescape", row->kubescape_why);
	if (row->relation != COMPARED_SAME)
		put_reason(out, "vexxy", row->reason);
}

void comparison_print(FILE *out, const struct comparison *c, bool colour)
{
	static const char *const heads[COLUMNS] = { "VULNERABILITY", "PACKAGE", "KUBESCAPE",
						    "VEXXY" };
	unsigned widths[COLUMNS];

	terminal_line(out, "Kubescape's word: %s", c->source);
	measure(c, heads, widths);
	put_cells(out, heads, widths);
	for (size_t i = 0; i < c->count; i++)
		put_row(out, &c->rows[i], widths, colour);
	fprintf(
	    out,
	    "%zu compared: %zu say the same, %zu the same advice on another ground, %zu another "
	    "status; only Kubescape: %zu, only vexxy: %zu\n",
	    c->count, c->by_relation[COMPARED_SAME], c->by_relation[COMPARED_GROUND],
	    c->by_relation[COMPARED_STATUS], c->by_relation[COMPARED_ONLY_KUBESCAPE],
	    c->by_relation[COMPARED_ONLY_OURS]);
	for (size_t i = 0; i < c->note_count; i++)
		terminal_line(out, "note: %s", c->notes[i]);
}

static void push_row(struct json_writer *w, cJSON *array, const struct comparison_row *row)
{
	cJSON *item = json_push_object(w, array), *object;

	json_put_text(w, item, "id", row->id);
	json_put_optional(w, item, "package", row->package);
	json_put_optional(w, item, "version", row->version);
	json_put_optional(w, item, "purl", row->purl);
	json_put_text(w, item, "relation", comparison_relation_name(row->relation));
	json_put_text(w, item, "why", row->why);
	object = json_put_object(w, item, "kubescape");
	json_put_optional(w, object, "status", row->kubescape);
	json_put_optional(w, object, "justification", row->kubescape_justification);
	json_put_optional(w, object, "by", row->kubescape_by);
	json_put_optional(w, object, "why", row->kubescape_why);
	object = json_put_object(w, item, "vexxy");
	json_put_optional(w, object, "status", row->status);
	json_put_optional(w, object, "justification", row->justification);
	json_put_optional(w, object, "level", row->level);
	json_put_optional(w, object, "rule", row->rule);
	json_put_optional(w, object, "reason", row->reason);
	if (row->status)
		w->failed |=
		    !json_add_fixed(object, "confidence", row->confidence, CONFIDENCE_DECIMALS);
}

cJSON *comparison_json(const struct comparison *c)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct json_writer w = {};
	cJSON *object;

	json_put_text(&w, doc, "vexxy_compare", "1.0");
	json_put_text(&w, doc, "source", c->source);
	object = json_put_object(&w, doc, "summary");
	json_put_u64(&w, object, "rows", c->count);
	for (int i = 0; i < COMPARED_COUNT; i++)
		json_put_u64(&w, object, comparison_relation_name(i), c->by_relation[i]);
	object = json_put_array(&w, doc, "rows");
	for (size_t i = 0; i < c->count; i++)
		push_row(&w, object, &c->rows[i]);
	json_put_texts(&w, doc, "notes", c->notes, c->note_count);
	return w.failed ? NULL : take_ptr(doc);
}
