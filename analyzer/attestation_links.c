// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* attestation_links.c — from the files of a result to their digests, and from each VEX statement to its evidence, as a SCAI predicate. */
#include "analyzer/attestation_parts.h"

#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/intoto.h"
#include "analyzer/json.h"
#include "analyzer/status_notes.h"
#include "include/array.h"

#define VERDICTS_NAMED_MAX 100

/* A verdict of report.json, to be found by the vulnerability's id. */
struct row {
	const char *id;
	const cJSON *item;
	size_t index;
};

static int compare_rows(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int r = strcmp(a->id, b->id);

	return r ? r : (a->index > b->index) - (a->index < b->index);
}

static int list_verdicts(struct row **ret, size_t *ret_count, const cJSON *report)
{
	const cJSON *verdicts = json_array(report, "verdicts"), *item;
	size_t n = (size_t)cJSON_GetArraySize(verdicts), i = 0;
	struct row *rows = calloc(n + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	cJSON_ArrayForEach(item, verdicts)
	{
		const char *id = json_string(item, "id");

		rows[i] = (struct row){ id ? id : "", item, i };
		i++;
	}
	array_sort(rows, n, sizeof(*rows), compare_rows);
	*ret = rows;
	*ret_count = n;
	return 0;
}

static size_t first_row(const struct row *rows, size_t n, const char *id)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(rows[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Is the package one of the statement's subcomponents? All products of a statement have the same ones. */
static bool is_of(const cJSON *verdict, const cJSON *subcomponents)
{
	const cJSON *purl, *sub;

	cJSON_ArrayForEach(purl, json_array(verdict, "purls"))
	{
		cJSON_ArrayForEach(sub, subcomponents)
		{
			const char *id = json_string(sub, "@id"),
				   *text = cJSON_GetStringValue(purl);

			if (id && text && !strcmp(id, text))
				return true;
		}
	}
	return false;
}

/* Where in report.json the verdicts of a statement stand: JSON pointers (RFC 6901). */
static void put_pointers(struct json_writer *w, cJSON *evidence, const cJSON *statement,
			 const struct row *rows, size_t n)
{
	const char *name = json_string(json_object(statement, "vulnerability"), "name");
	const cJSON *products = json_array(statement, "products");
	const cJSON *subs = json_array(products ? products->child : NULL, "subcomponents");
	cJSON *array = json_put_array(w, json_put_object(w, evidence, "annotations"), "verdicts");
	size_t named = 0;

	for (size_t i = first_row(rows, n, name ? name : "");
	     i < n && name && !strcmp(rows[i].id, name) && named < VERDICTS_NAMED_MAX; i++) {
		char pointer[48];

		if (!is_of(rows[i].item, subs))
			continue;
		snprintf(pointer, sizeof(pointer), "/verdicts/%zu", rows[i].index);
		json_push_text(w, array, pointer);
		named++;
	}
}

/* Status, justification, and every pair of the notes. */
static void put_conditions(struct json_writer *w, cJSON *attribute, const cJSON *statement)
{
	cJSON *conditions = json_put_object(w, attribute, "conditions");
	const char *notes = json_string(statement, "status_notes"), *at = notes;
	char key[64], value[STATUS_NOTES_VALUE_MAX];

	json_put_optional(w, conditions, "status", json_string(statement, "status"));
	json_put_optional(w, conditions, "justification", json_string(statement, "justification"));
	if (!notes || !status_notes_valid(notes))
		return;
	while (at) {
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(at, "="), at);
		if (status_notes_get(notes, key, value))
			json_put_text(w, conditions, key, value);
		at = strstr(at, "; ");
		at = at ? at + 2 : NULL;
	}
}

static int put_statements(struct json_writer *w, cJSON *attributes,
			  const struct attestation_source *source, const char *report_sha256)
{
	_cleanup_free_ struct row *rows = NULL;
	const cJSON *statement;
	size_t n;

	if (list_verdicts(&rows, &n, source->report) < 0)
		return -ENOMEM;
	cJSON_ArrayForEach(statement, json_array(source->vex, "statements"))
	{
		cJSON *attribute = json_push_object(w, attributes), *evidence;

		json_put_text(w, attribute, "attribute", "VEX_STATEMENT");
		json_put_text(w, json_put_object(w, attribute, "target"), "uri",
			      json_string(statement, "@id"));
		put_conditions(w, attribute, statement);
		evidence = intoto_put_resource(w, attribute, "evidence", ATTESTATION_REPORT,
					       report_sha256);
		put_pointers(w, evidence, statement, rows, n);
	}
	return 0;
}

/* The version that made the result, which need not be this one. */
static void put_producer(struct json_writer *w, cJSON *predicate, const char *version)
{
	_cleanup_free_ char *purl = NULL;

	if (asprintf(&purl, "pkg:generic/vexxy@%s", version ? version : "unknown") < 0)
		purl = NULL;
	json_put_text(w, json_put_object(w, predicate, "producer"), "uri", purl);
}

int attestation_links_predicate(cJSON **ret, struct json_writer *w,
				const struct attestation_source *source, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *predicate = cJSON_CreateObject();
	cJSON *attributes = json_put_array(w, predicate, "attributes");
	char hex[DIGEST_HEX_BYTES], report[DIGEST_HEX_BYTES] = "";
	int r;

	for (size_t i = 0; i < source->file_count; i++) {
		const struct attestation_file *file = &source->files[i];
		cJSON *attribute = json_push_object(w, attributes);

		r = digest_path(hex, file->path, err);
		if (r < 0)
			return r;
		json_put_text(w, attribute, "attribute", "ANALYSIS_FILE");
		intoto_put_resource(w, attribute, "target", file->name, hex);
		if (!strcmp(file->name, ATTESTATION_REPORT))
			memcpy(report, hex, sizeof(report));
	}
	if (put_statements(w, attributes, source, report) < 0)
		return err_oom(err);
	put_producer(w, predicate, json_string(source->report, "vexxy"));
	*ret = take_ptr(predicate);
	return 0;
}
