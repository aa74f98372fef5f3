// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* openvex_hash.c — go-vex's canonical hash of a document, and the hash that names a statement. */
#include "analyzer/openvex_hash.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/json.h"
#include "analyzer/rfc3339.h"

/* Statements in the order of the hash. */
struct sortable {
	const cJSON *statement;
	const char *name;
	struct timespec time;
	size_t position; /* makes the sort stable */
};

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

static int compare_sortables(const void *pa, const void *pb)
{
	const struct sortable *a = pa, *b = pb;
	int by_name = strcmp(a->name, b->name);

	if (by_name)
		return by_name;
	if (a->time.tv_sec != b->time.tv_sec)
		return a->time.tv_sec < b->time.tv_sec ? -1 : 1;
	if (a->time.tv_nsec != b->time.tv_nsec)
		return a->time.tv_nsec < b->time.tv_nsec ? -1 : 1;
	return a->position < b->position ? -1 : 1;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_members(const void *pa, const void *pb)
{
	const cJSON *const *a = pa, *const *b = pb;

	return strcmp((*a)->string, (*b)->string);
}

static int print_members(FILE *out, const cJSON *map)
{
	size_t n = (size_t)cJSON_GetArraySize(map), i = 0;
	_cleanup_free_ const cJSON **members = calloc(n + 1, sizeof(*members));
	const cJSON *item;

	if (!members)
		return -ENOMEM;
	cJSON_ArrayForEach(item, map) members[i++] = item;
	array_sort(members, n, sizeof(*members), compare_members);
	for (i = 0; i < n; i++)
		if (cJSON_IsString(members[i]))
			fprintf(out, ":%s@%s", members[i]->string, members[i]->valuestring);
	return 0;
}

static int print_component(FILE *out, const cJSON *component)
{
	int r;

	fprintf(out, ":%s", text_of(component, "@id"));
	r = print_members(out, json_object(component, "hashes"));
	return r < 0 ? r : print_members(out, json_object(component, "identifiers"));
}

static int print_product(FILE *out, const cJSON *product)
{
	int r = print_component(out, product);
	const cJSON *sub;

	cJSON_ArrayForEach(sub, json_array(product, "subcomponents"))
	{
		if (r == 0)
			r = print_component(out, sub);
	}
	return r;
}

/* Sorts the texts and prints them with ':' between; frees each of them. */
static void print_sorted(FILE *out, char **texts, size_t n)
{
	array_sort(texts, n, sizeof(*texts), compare_strings);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s%s", i ? ":" : "", texts[i]);
		free(texts[i]);
	}
}

static int product_text(char **ret, const cJSON *product)
{
	size_t len;
	FILE *out = open_memstream(ret, &len);
	int r = out ? print_product(out, product) : -ENOMEM;

	if (out && fclose(out) != 0)
		r = -ENOMEM;
	return r;
}

static int print_products(FILE *out, const cJSON *products)
{
	_cleanup_free_ char **texts =
	    calloc((size_t)cJSON_GetArraySize(products) + 1, sizeof(*texts));
	const cJSON *product;
	size_t n = 0;
	int r = texts ? 0 : -ENOMEM;

	cJSON_ArrayForEach(product, products)
	{
		if (r == 0)
			r = product_text(&texts[n++], product);
	}
	if (texts)
		print_sorted(out, texts, r == 0 ? n : 0);
	for (size_t i = 0; r < 0 && i < n; i++)
		free(texts[i]);
	return r;
}

static int print_vulnerability(FILE *out, const cJSON *vulnerability)
{
	const cJSON *aliases = json_array(vulnerability, "aliases"), *alias;
	_cleanup_free_ const char **texts =
	    calloc((size_t)cJSON_GetArraySize(aliases) + 1, sizeof(*texts));
	size_t n = 0;

	if (!texts)
		return -ENOMEM;
	cJSON_ArrayForEach(alias, aliases)
	{
		if (cJSON_IsString(alias))
			texts[n++] = alias->valuestring;
	}
	array_sort(texts, n, sizeof(*texts), compare_strings);
	fprintf(out, ":%s:%s:", text_of(vulnerability, "@id"), text_of(vulnerability, "name"));
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? ":" : "", texts[i]);
	return 0;
}

static int print_statement(FILE *out, const struct sortable *s)
{
	int r = print_vulnerability(out, json_object(s->statement, "vulnerability"));

	if (r < 0)
		return r;
	fprintf(out, ":%s:%s:%lld", text_of(s->statement, "status"),
		text_of(s->statement, "justification"), (long long)s->time.tv_sec);
	return print_products(out, json_array(s->statement, "products"));
}

static int sort_statements(struct sortable *ret, const cJSON *statements,
			   const struct timespec *document_time, struct err *err)
{
	const cJSON *statement;
	size_t n = 0;

	cJSON_ArrayForEach(statement, statements)
	{
		const char *time = json_string(statement, "timestamp");

		ret[n] = (struct sortable){
			.statement = statement,
			.name = text_of(json_object(statement, "vulnerability"), "name"),
			.time = *document_time,
			.position = n,
		};
		if (time && rfc3339_parse(&ret[n].time, time) < 0)
			return err_set(err, EINVAL, "statement %zu: no time can be read in '%.64s'",
				       n + 1, time);
		n++;
	}
	array_sort(ret, n, sizeof(*ret), compare_sortables);
	return 0;
}

static int print_document(FILE *out, const cJSON *document, struct err *err)
{
	const cJSON *statements = json_array(document, "statements");
	size_t n = (size_t)cJSON_GetArraySize(statements);
	_cleanup_free_ struct sortable *sorted = calloc(n + 1, sizeof(*sorted));
	struct timespec time;
	int r;

	if (!sorted)
		return err_oom(err);
	if (rfc3339_parse(&time, text_of(document, "timestamp")) < 0)
		return err_set(err, EINVAL, "no time can be read in '%.64s'",
			       text_of(document, "timestamp"));
	r = sort_statements(sorted, statements, &time, err);
	if (r < 0)
		return r;
	fprintf(out, "%lld:%.0f:%s", (long long)time.tv_sec,
		cJSON_GetNumberValue(json_get(document, "version")), text_of(document, "author"));
	for (size_t i = 0; i < n; i++)
		if (print_statement(out, &sorted[i]) < 0)
			return err_oom(err);
	return 0;
}

int openvex_hash(char ret[DIGEST_HEX_BYTES], const cJSON *document, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int r;

	if (!out)
		return err_oom(err);
	r = print_document(out, document, err);
	if (fclose(out) != 0 && r == 0)
		r = err_oom(err);
	if (r == 0)
		digest_bytes(ret, text, len);
	return r;
}

static void print_subject(FILE *out, const cJSON *statement)
{
	const cJSON *product, *sub;

	fprintf(out, "%s\n", text_of(json_object(statement, "vulnerability"), "name"));
	cJSON_ArrayForEach(product, json_array(statement, "products"))
	{
		fprintf(out, "product %s\n", text_of(product, "@id"));
		cJSON_ArrayForEach(sub, json_array(product, "subcomponents"))
		{
			fprintf(out, "subcomponent %s\n", text_of(sub, "@id"));
		}
	}
}

int openvex_statement_hash(char ret[DIGEST_HEX_BYTES], const cJSON *statement, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_oom(err);
	print_subject(out, statement);
	if (fclose(out) != 0)
		return err_oom(err);
	digest_bytes(ret, text, len);
	return 0;
}
