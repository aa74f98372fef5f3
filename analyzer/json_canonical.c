// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* json_canonical.c — values as texts that are equal exactly when the values are. */
#include "analyzer/json_canonical.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "include/array.h"

static bool print_value(FILE *out, const cJSON *value);

static int compare_members(const void *pa, const void *pb)
{
	const cJSON *const *a = pa, *const *b = pb;

	return strcmp((*a)->string, (*b)->string);
}

static bool print_string(FILE *out, const char *text)
{
	fprintf(out, "%zu\"%s\"", strlen(text), text);
	return !ferror(out);
}

static bool print_object(FILE *out, const cJSON *object)
{
	size_t n = (size_t)cJSON_GetArraySize(object), i = 0;
	_cleanup_free_ const cJSON **members = calloc(n + 1, sizeof(*members));
	const cJSON *item;
	bool ok = members;

	if (!ok)
		return false;
	cJSON_ArrayForEach(item, object) members[i++] = item;
	array_sort(members, n, sizeof(*members), compare_members);
	fputc('{', out);
	for (i = 0; ok && i < n; i++)
		ok = print_string(out, members[i]->string) && print_value(out, members[i]);
	fputc('}', out);
	return ok;
}

static bool print_value(FILE *out, const cJSON *value)
{
	const cJSON *item;
	bool ok = true;

	if (cJSON_IsObject(value))
		return print_object(out, value);
	if (cJSON_IsString(value))
		return print_string(out, value->valuestring);
	if (cJSON_IsNumber(value)) {
		/* + 0.0: minus zero equals zero */
		fprintf(out, "%.17g ", value->valuedouble + 0.0);
	} else if (cJSON_IsArray(value)) {
		fputc('[', out);
		cJSON_ArrayForEach(item, value) ok = ok && print_value(out, item);
		fputc(']', out);
	} else {
		fputs(cJSON_IsTrue(value) ? "true" : cJSON_IsFalse(value) ? "false" : "null", out);
	}
	return ok && !ferror(out);
}

char *json_canonical(const cJSON *tree)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ok;

	if (!out)
		return NULL;
	ok = print_value(out, tree);
	if (fclose(out) != 0 || !ok) {
		free(text);
		return NULL;
	}
	return text;
}

struct numbered {
	char *text;
	size_t position;
};

static int compare_numbered(const void *pa, const void *pb)
{
	const struct numbered *a = pa, *b = pb;
	int r = strcmp(a->text, b->text);

	if (r)
		return r;
	return a->position < b->position ? -1 : 1;
}

static int compare_neighbours(struct numbered *items, size_t n, size_t *a, size_t *b)
{
	array_sort(items, n, sizeof(*items), compare_numbered);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(items[i - 1].text, items[i].text)) {
			*a = items[i - 1].position;
			*b = items[i].position;
			return 1;
		}
	return 0;
}

int json_find_twins(const cJSON *array, size_t *a, size_t *b)
{
	size_t n = (size_t)cJSON_GetArraySize(array), i = 0;
	_cleanup_free_ struct numbered *items = calloc(n + 1, sizeof(*items));
	const cJSON *item;
	int r = items ? 0 : -ENOMEM;

	cJSON_ArrayForEach(item, array)
	{
		if (r < 0)
			break;
		items[i] = (struct numbered){ json_canonical(item), i };
		r = items[i++].text ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = compare_neighbours(items, n, a, b);
	while (i)
		free(items[--i].text);
	return r;
}
