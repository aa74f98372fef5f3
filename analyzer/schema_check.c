// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* schema_check.c — applying a schema to a document. */
#include "analyzer/schema_check.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/json_canonical.h"
#include "analyzer/rfc3339.h"
#include "analyzer/schema.h"

#define POINTER_MAX 512
#define TEXT_MAX 512
/* References may lead in a circle without going deeper into the document. */
#define DEPTH_MAX 512

struct check {
	const cJSON *root, *schema; /* the whole; the part that is applied */
	schema_fault_fn fn;         /* NULL while an alternative is tried */
	void *ctx;
	struct err *err;
	char pointer[POINTER_MAX];
	size_t faults;
	unsigned depth;
	int failed; /* why nothing can be decided */
};

static const char *const types[] = { "null",   "boolean", "integer", "number",
				     "string", "array",   "object" };

bool schema_type_known(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i], name))
			return true;
	return false;
}

static bool is_date_time(const char *text)
{
	struct timespec time;

	return rfc3339_parse(&time, text) == 0;
}

static const struct format {
	const char *name, *what;
	bool (*holds)(const char *text);
} formats[] = {
	{ "date-time", "an RFC 3339 date and time", is_date_time },
	{ "iri", "an absolute IRI", iri_is_valid },
	{ "uri", "an absolute URI", uri_is_valid },
};

static const struct format *format_get(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

bool schema_format_known(const char *name)
{
	return format_get(name);
}

/* One step of a JSON pointer: the member or item of node that the text up to '/' names. */
static const cJSON *resolve_step(const cJSON *node, const char *text, size_t len)
{
	char key[128];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (n + 1 >= sizeof(key))
			return NULL;
		key[n++] = text[i];
		if (text[i] == '~' && i + 1 < len)
			key[n - 1] = text[++i] == '1' ? '/' : '~';
	}
	key[n] = '\0';
	if (cJSON_IsArray(node))
		return n && strspn(key, "0123456789") == n && n < 7
			   ? cJSON_GetArrayItem(node, atoi(key))
			   : NULL;
	return json_get(node, key);
}

const cJSON *schema_resolve(const cJSON *root, const char *reference)
{
	const cJSON *node = root;
	size_t len;

	if (*reference++ != '#')
		return NULL;
	while (node && *reference == '/') {
		len = strcspn(++reference, "/");
		node = resolve_step(node, reference, len);
		reference += len;
	}
	return *reference ? NULL : node;
}

_printf_(3, 4) static void fault(struct check *c, const char *keyword, const char *fmt, ...)
{
	struct schema_fault fault = { .pointer = c->pointer, .keyword = keyword };
	char text[TEXT_MAX];
	va_list ap;

	c->faults++;
	if (!c->fn)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fault.text = text;
	c->fn(c->ctx, &fault);
}

static void apply(struct check *c, const cJSON *schema, const cJSON *value);

/* Appends "/key" with '~' and '/' escaped; what finds no room is left out. */
static void pointer_push(struct check *c, const char *key)
{
	size_t len = strlen(c->pointer);

	if (len + 2 * strlen(key) + 2 > sizeof(c->pointer))
		return;
	c->pointer[len++] = '/';
	for (; *key; key++) {
		if (*key == '~' || *key == '/') {
			c->pointer[len++] = '~';
			c->pointer[len++] = *key == '~' ? '0' : '1';
		} else {
			c->pointer[len++] = *key;
		}
	}
	c->pointer[len] = '\0';
}

static void apply_member(struct check *c, const cJSON *schema, const cJSON *value, const char *key)
{
	size_t len = strlen(c->pointer);

	pointer_push(c, key);
	apply(c, schema, value);
	c->pointer[len] = '\0';
}

/* How many faults the value has under that schema, without reporting them. */
static size_t try_schema(struct check *c, const cJSON *schema, const cJSON *value)
{
	schema_fault_fn fn = c->fn;
	size_t before = c->faults, found;

	c->fn = NULL;
	apply(c, schema, value);
	c->fn = fn;
	found = c->faults - before;
	c->faults = before;
	return found;
}

static bool is_whole(double v)
{
	return isfinite(v) && (fabs(v) >= 0x1p53 || v == (double)(long long)v);
}

static const char *type_of(const cJSON *value)
{
	if (cJSON_IsString(value))
		return "string";
	if (cJSON_IsNumber(value))
		return is_whole(value->valuedouble) ? "integer" : "number";
	if (cJSON_IsBool(value))
		return "boolean";
	return cJSON_IsNull(value) ? "null" : cJSON_IsArray(value) ? "array" : "object";
}

static bool type_fits(const char *want, const char *have)
{
	return !strcmp(want, have) || (!strcmp(want, "number") && !strcmp(have, "integer"));
}

static void check_type(struct check *c, const cJSON *want, const cJSON *value)
{
	const char *have = type_of(value);
	const cJSON *item;

	if (cJSON_IsString(want)) {
		if (!type_fits(want->valuestring, have))
			fault(c, "type", "must be of type %s, is of type %s", want->valuestring,
			      have);
		return;
	}
	cJSON_ArrayForEach(item, want)
	{
		if (type_fits(item->valuestring, have))
			return;
	}
	fault(c, "type", "must not be of type %s", have);
}

/* JSON Schema's equality: 1 is 1.0, the order of members does not matter. Depth is bounded by json_parse. */
static bool equal(const cJSON *a, const cJSON *b)
{
	const cJSON *x, *y;

	if (cJSON_IsNumber(a) || cJSON_IsNumber(b))
		return cJSON_IsNumber(a) && cJSON_IsNumber(b) && a->valuedouble == b->valuedouble;
	if (strcmp(type_of(a), type_of(b)) != 0)
		return false;
	if (cJSON_IsString(a))
		return !strcmp(a->valuestring, b->valuestring);
	if (cJSON_IsBool(a))
		return cJSON_IsTrue(a) == cJSON_IsTrue(b);
	if (!a->child || !b->child || cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
		return !a->child && !b->child;
	for (x = a->child, y = b->child; x; x = x->next, y = y->next) {
		const cJSON *other = cJSON_IsObject(a) ? json_get(b, x->string) : y;

		if (!other || !equal(x, other))
			return false;
	}
	return true;
}

static void check_const(struct check *c, const cJSON *want, const cJSON *value)
{
	if (!equal(want, value))
		fault(c, "const", "must be the constant%s%.64s", *type_of(want) == 's' ? " " : "",
		      cJSON_IsString(want) ? want->valuestring : "");
}

static void check_enum(struct check *c, const cJSON *list, const cJSON *value)
{
	char names[256] = "";
	size_t len = 0;
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (equal(item, value))
			return;
		if (cJSON_IsString(item) && len < sizeof(names))
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
						len ? ", " : "", item->valuestring);
	}
	fault(c, "enum", "'%.64s' is none of %s",
	      cJSON_IsString(value) ? value->valuestring : type_of(value), names);
}

static void check_required(struct check *c, const cJSON *names, const cJSON *value)
{
	const cJSON *name;

	if (!cJSON_IsObject(value))
		return;
	cJSON_ArrayForEach(name, names)
	{
		if (!json_get(value, name->valuestring))
			fault(c, "required", "'%s' is missing", name->valuestring);
	}
}

static void check_properties(struct check *c, const cJSON *schemas, const cJSON *value)
{
	const cJSON *member, *of;

	if (!cJSON_IsObject(value))
		return;
	cJSON_ArrayForEach(member, value)
	{
		of = json_get(schemas, member->string);
		if (of)
			apply_member(c, of, member, member->string);
	}
}

static void check_additional(struct check *c, const cJSON *of, const cJSON *value)
{
	const cJSON *known = json_get(c->schema, "properties"), *member;

	if (!cJSON_IsObject(value))
		return;
	cJSON_ArrayForEach(member, value)
	{
		if (json_get(known, member->string))
			continue;
		if (cJSON_IsFalse(of))
			fault(c, "additionalProperties", "unknown member '%.64s'", member->string);
		else
			apply_member(c, of, member, member->string);
	}
}

static void check_items(struct check *c, const cJSON *of, const cJSON *value)
{
	const cJSON *item;
	char index[24];
	size_t i = 0;

	if (!cJSON_IsArray(value))
		return;
	cJSON_ArrayForEach(item, value)
	{
		snprintf(index, sizeof(index), "%zu", i++);
		apply_member(c, of, item, index);
	}
}

static void check_min_items(struct check *c, const cJSON *limit, const cJSON *value)
{
	if (cJSON_IsArray(value) && cJSON_GetArraySize(value) < limit->valuedouble)
		fault(c, "minItems", "must have at least %.0f item(s), has %d", limit->valuedouble,
		      cJSON_GetArraySize(value));
}

static void check_max_items(struct check *c, const cJSON *limit, const cJSON *value)
{
	if (cJSON_IsArray(value) && cJSON_GetArraySize(value) > limit->valuedouble)
		fault(c, "maxItems", "must have at most %.0f item(s), has %d", limit->valuedouble,
		      cJSON_GetArraySize(value));
}

static void check_unique(struct check *c, const cJSON *want, const cJSON *value)
{
	size_t a, b;
	int r;

	if (!cJSON_IsTrue(want) || !cJSON_IsArray(value))
		return;
	r = json_find_twins(value, &a, &b);
	if (r < 0)
		c->failed = err_oom(c->err);
	if (r > 0)
		fault(c, "uniqueItems", "items %zu and %zu are the same", a, b);
}

static void check_minimum(struct check *c, const cJSON *limit, const cJSON *value)
{
	if (cJSON_IsNumber(value) && value->valuedouble < limit->valuedouble)
		fault(c, "minimum", "%g is below %g", value->valuedouble, limit->valuedouble);
}

static void check_maximum(struct check *c, const cJSON *limit, const cJSON *value)
{
	if (cJSON_IsNumber(value) && value->valuedouble > limit->valuedouble)
		fault(c, "maximum", "%g is above %g", value->valuedouble, limit->valuedouble);
}

static void check_format(struct check *c, const cJSON *name, const cJSON *value)
{
	const struct format *format = format_get(name->valuestring);

	if (format && cJSON_IsString(value) && !format->holds(value->valuestring))
		fault(c, "format", "'%.128s' is not %s", value->valuestring, format->what);
}

static void check_all_of(struct check *c, const cJSON *list, const cJSON *value)
{
	const cJSON *of;

	cJSON_ArrayForEach(of, list) apply(c, of, value);
}

/* "one of 'purl', 'cpe22'" when every alternative asks for one member, else a count. */
static void describe_alternatives(char *text, size_t size, const cJSON *list)
{
	size_t len = (size_t)snprintf(text, size, "must have one of");
	const cJSON *of;

	cJSON_ArrayForEach(of, list)
	{
		const cJSON *names = json_array(of, "required");

		if (cJSON_GetArraySize(names) != 1 || cJSON_GetArraySize(of) != 1 || len >= size) {
			snprintf(text, size, "fits none of the %d alternatives",
				 cJSON_GetArraySize(list));
			return;
		}
		len += (size_t)snprintf(text + len, size - len, "%s '%.64s'",
					of == list->child ? "" : ",", names->child->valuestring);
	}
}

static void check_any_of(struct check *c, const cJSON *list, const cJSON *value)
{
	char text[TEXT_MAX];
	const cJSON *of;

	cJSON_ArrayForEach(of, list)
	{
		if (!try_schema(c, of, value))
			return;
	}
	describe_alternatives(text, sizeof(text), list);
	fault(c, "anyOf", "%s", text);
}

static void check_if(struct check *c, const cJSON *condition, const cJSON *value)
{
	const cJSON *schema = c->schema, *then;

	then = json_get(schema, try_schema(c, condition, value) ? "else" : "then");
	if (then)
		apply(c, then, value);
}

static void check_reference(struct check *c, const cJSON *reference, const cJSON *value)
{
	apply(c, schema_resolve(c->root, reference->valuestring), value);
}

static const struct {
	const char *name;
	void (*check)(struct check *c, const cJSON *keyword, const cJSON *value);
} assertions[] = {
	{ "$ref", check_reference },
	{ "type", check_type },
	{ "const", check_const },
	{ "enum", check_enum },
	{ "required", check_required },
	{ "properties", check_properties },
	{ "additionalProperties", check_additional },
	{ "items", check_items },
	{ "minItems", check_min_items },
	{ "maxItems", check_max_items },
	{ "uniqueItems", check_unique },
	{ "minimum", check_minimum },
	{ "maximum", check_maximum },
	{ "format", check_format },
	{ "allOf", check_all_of },
	{ "anyOf", check_any_of },
	{ "if", check_if },
};

static void apply(struct check *c, const cJSON *schema, const cJSON *value)
{
	const cJSON *keyword;

	if (cJSON_IsFalse(schema))
		fault(c, "false", "must not be there");
	if (c->failed || !cJSON_IsObject(schema))
		return;
	if (c->depth == DEPTH_MAX) {
		c->failed = err_set(c->err, ELOOP, "schema: references lead in a circle");
		return;
	}
	c->depth++;
	for (size_t i = 0; !c->failed && i < sizeof(assertions) / sizeof(*assertions); i++) {
		keyword = json_get(schema, assertions[i].name);
		c->schema = schema; /* what was applied within has moved it */
		if (keyword)
			assertions[i].check(c, keyword, value);
	}
	c->depth--;
}

int schema_check(const struct schema *schema, const cJSON *document, schema_fault_fn fn, void *ctx,
		 struct err *err)
{
	struct check c = { .root = schema->root, .fn = fn, .ctx = ctx, .err = err };

	apply(&c, schema->root, document);
	if (c.failed)
		return c.failed;
	return c.faults > INT_MAX ? INT_MAX : (int)c.faults;
}
