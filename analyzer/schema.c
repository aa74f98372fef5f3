// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* schema.c — reading a schema: every keyword known, every value of the right form, every reference leading somewhere. */
#include "analyzer/schema.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/schema_check.h"

/* What the value of a keyword must look like. */
enum form {
	FORM_ANY, /* an annotation */
	FORM_SCHEMA,
	FORM_SCHEMA_MAP,
	FORM_SCHEMA_LIST,
	FORM_TYPE,
	FORM_STRINGS,
	FORM_LIST,
	FORM_NUMBER,
	FORM_COUNT,
	FORM_BOOL,
	FORM_FORMAT,
	FORM_REFERENCE,
};

static const struct {
	const char *name;
	enum form form;
} keywords[] = {
	{ "$schema", FORM_ANY },
	{ "$id", FORM_ANY },
	{ "$comment", FORM_ANY },
	{ "title", FORM_ANY },
	{ "description", FORM_ANY },
	{ "$defs", FORM_SCHEMA_MAP },
	{ "$ref", FORM_REFERENCE },
	{ "type", FORM_TYPE },
	{ "const", FORM_ANY },
	{ "enum", FORM_LIST },
	{ "required", FORM_STRINGS },
	{ "properties", FORM_SCHEMA_MAP },
	{ "additionalProperties", FORM_SCHEMA },
	{ "items", FORM_SCHEMA },
	{ "minItems", FORM_COUNT },
	{ "maxItems", FORM_COUNT },
	{ "uniqueItems", FORM_BOOL },
	{ "minimum", FORM_NUMBER },
	{ "maximum", FORM_NUMBER },
	{ "format", FORM_FORMAT },
	{ "allOf", FORM_SCHEMA_LIST },
	{ "anyOf", FORM_SCHEMA_LIST },
	{ "if", FORM_SCHEMA },
	{ "then", FORM_SCHEMA },
	{ "else", FORM_SCHEMA },
};

static bool all_strings(const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return false;
	}
	return cJSON_IsArray(list);
}

static bool is_type(const cJSON *value)
{
	const cJSON *item;

	if (cJSON_IsString(value))
		return schema_type_known(value->valuestring);
	if (!all_strings(value) || !value->child)
		return false;
	cJSON_ArrayForEach(item, value)
	{
		if (!schema_type_known(item->valuestring))
			return false;
	}
	return true;
}

static bool is_count(const cJSON *value)
{
	double v = cJSON_GetNumberValue(value);

	return cJSON_IsNumber(value) && v >= 0 && v <= 1e9 && v == (double)(long)v;
}

static int read_schema(const struct schema *schema, const cJSON *node, struct err *err);

static int read_each(const struct schema *schema, const cJSON *nodes, struct err *err)
{
	const cJSON *node;
	int r = 0;

	cJSON_ArrayForEach(node, nodes)
	{
		if (r == 0)
			r = read_schema(schema, node, err);
	}
	return r;
}

static int bad_form(const cJSON *value, const char *want, struct err *err)
{
	return err_set(err, EINVAL, "schema: '%.64s' must be %s", value->string, want);
}

static int read_format(const cJSON *value, struct err *err)
{
	if (!cJSON_IsString(value))
		return bad_form(value, "a string", err);
	if (!schema_format_known(value->valuestring))
		return err_set(err, ENOTSUP, "schema: unknown format '%.64s'", value->valuestring);
	return 0;
}

static int read_reference(const struct schema *schema, const cJSON *value, struct err *err)
{
	if (!cJSON_IsString(value))
		return bad_form(value, "a string", err);
	if (!schema_resolve(schema->root, value->valuestring))
		return err_set(err, ENOTSUP, "schema: '$ref' leads nowhere: '%.128s'",
			       value->valuestring);
	return 0;
}

static int read_value(const struct schema *schema, enum form form, const cJSON *value,
		      struct err *err)
{
	switch (form) {
	case FORM_ANY:
		return 0;
	case FORM_SCHEMA:
		return read_schema(schema, value, err);
	case FORM_SCHEMA_MAP:
		return cJSON_IsObject(value) ? read_each(schema, value, err)
					     : bad_form(value, "an object of schemas", err);
	case FORM_SCHEMA_LIST:
		return cJSON_IsArray(value) && value->child
			   ? read_each(schema, value, err)
			   : bad_form(value, "a list of schemas", err);
	case FORM_TYPE:
		return is_type(value) ? 0 : bad_form(value, "a type or a list of types", err);
	case FORM_STRINGS:
		return all_strings(value) ? 0 : bad_form(value, "a list of strings", err);
	case FORM_LIST:
		return cJSON_IsArray(value) ? 0 : bad_form(value, "a list", err);
	case FORM_NUMBER:
		return cJSON_IsNumber(value) ? 0 : bad_form(value, "a number", err);
	case FORM_COUNT:
		return is_count(value) ? 0 : bad_form(value, "a whole number from 0", err);
	case FORM_BOOL:
		return cJSON_IsBool(value) ? 0 : bad_form(value, "true or false", err);
	case FORM_FORMAT:
		return read_format(value, err);
	case FORM_REFERENCE:
		return read_reference(schema, value, err);
	}
	return -EINVAL;
}

static int read_keyword(const struct schema *schema, const cJSON *value, struct err *err)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (!strcmp(keywords[i].name, value->string))
			return read_value(schema, keywords[i].form, value, err);
	return err_set(err, ENOTSUP, "schema: unknown keyword '%.64s'", value->string);
}

/* Recursion is bounded: json_parse has refused what is nested deeper than JSON_NESTING_MAX. */
static int read_schema(const struct schema *schema, const cJSON *node, struct err *err)
{
	const cJSON *value;
	int r = 0;

	if (cJSON_IsBool(node))
		return 0;
	if (!cJSON_IsObject(node))
		return err_set(err, EINVAL, "schema: neither an object nor true or false");
	cJSON_ArrayForEach(value, node)
	{
		if (r == 0)
			r = read_keyword(schema, value, err);
	}
	return r;
}

int schema_parse(struct schema **ret, const char *text, size_t len, struct err *err)
{
	_cleanup_(schema_freep) struct schema *schema = calloc(1, sizeof(*schema));
	int r;

	if (!schema)
		return err_oom(err);
	r = json_parse(&schema->root, text, len, err);
	if (r < 0)
		return err_prefix(err, r, "schema");
	r = read_schema(schema, schema->root, err);
	if (r < 0)
		return r;
	*ret = take_ptr(schema);
	return 0;
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	cJSON_Delete(schema->root);
	free(schema);
}
