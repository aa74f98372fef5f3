// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* validate.c — JSON and query parameters held against a table of fields. */
#include "server/validate.h"

#include <inttypes.h>
#include <string.h>

#include "include/array.h"
#include "server/ids.h"
#include "server/pattern.h"
#include "server/utf8.h"

#define FAULTS_MAX 50
#define INPUT_SHOWN_MAX 200
#define STEPS_MAX 8

struct validator {
	struct pattern *patterns;
	size_t count, capacity;
	int64_t duration_min;
};

int validator_new(struct validator **ret, int64_t duration_min, struct err *err)
{
	struct validator *v = calloc(1, sizeof(*v));

	if (!v)
		return err_oom(err);
	v->duration_min = duration_min;
	*ret = v;
	return 0;
}

void validator_free(struct validator *v)
{
	for (size_t i = 0; v && i < v->count; i++)
		pattern_done(&v->patterns[i]);
	if (v)
		free(v->patterns);
	free(v);
}

int64_t validator_duration_min(const struct validator *v)
{
	return v->duration_min;
}

static const struct pattern *find_pattern(const struct validator *v, const char *text)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->patterns[i].text, text))
			return &v->patterns[i];
	return NULL;
}

static int learn_pattern(struct validator *v, const char *text, struct err *err)
{
	struct pattern *p;
	int r;

	if (find_pattern(v, text))
		return 0;
	p = array_add(v->patterns, v->count, v->capacity);
	if (!p)
		return err_oom(err);
	r = pattern_init(p, text, err);
	if (r < 0)
		v->count--;
	return r;
}

int validator_learn(struct validator *v, const struct field *fields, struct err *err)
{
	int r = 0;

	for (; r == 0 && fields && fields->name; fields++) {
		if (fields->pattern)
			r = learn_pattern(v, fields->pattern, err);
		if (r == 0)
			r = validator_learn(v, fields->fields, err);
	}
	return r;
}

/* Where in the document we are: names, or numbers where the name is NULL. */
struct place {
	const struct validator *validator;
	struct faults *faults;
	const char *names[STEPS_MAX];
	size_t numbers[STEPS_MAX], depth;
};

static void put_place(struct json_out *out, const struct place *p)
{
	json_out_open(out, "loc", '[');
	for (size_t i = 0; i < p->depth; i++)
		if (p->names[i])
			json_out_text(out, NULL, p->names[i]);
		else
			json_out_int(out, NULL, (int64_t)p->numbers[i]);
	json_out_close(out, ']');
}

static void put_input(struct json_out *out, const cJSON *item)
{
	_cleanup_free_ char *text = item ? cJSON_PrintUnformatted(item) : NULL;

	if (!text || strlen(text) > INPUT_SHOWN_MAX)
		return;
	if (cJSON_IsString(item))
		json_out_text(out, "input", item->valuestring); /* of a head it may be no UTF-8 */
	else
		json_out_raw(out, "input", text);
}

/* ctx: a JSON object, or NULL. */
static void fault(const struct place *p, const char *type, const cJSON *item, const char *ctx,
		  const char *message)
{
	struct json_out *out = &p->faults->items;

	if (p->faults->count++ >= FAULTS_MAX)
		return;
	json_out_open(out, NULL, '{');
	json_out_text(out, "type", type);
	put_place(out, p);
	json_out_text(out, "msg", message);
	put_input(out, item);
	if (ctx)
		json_out_raw(out, "ctx", ctx);
	json_out_close(out, '}');
}

/* fmt has one PRId64. */
static void fault_bound(const struct place *p, const char *type, const cJSON *item,
			const char *bound, const char *fmt, int64_t value)
{
	char ctx[64], message[128];

	snprintf(ctx, sizeof(ctx), "{\"%s\":%" PRId64 "}", bound, value);
	snprintf(message, sizeof(message), fmt, value);
	fault(p, type, item, ctx, message);
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void check_words(const struct place *p, const struct field *f, const cJSON *item,
			const char *value)
{
	struct json_out ctx = {};
	_cleanup_free_ char *ctx_text = NULL, *message = NULL;
	struct text list = {};

	for (const char *const *w = f->words; *w; w++) {
		if (!strcmp(*w, value))
			break;
		text_printf(&list, "%s'%s'", w == f->words ? "" : w[1] ? ", " : " or ", *w);
		if (w[1])
			continue;
		message = text_take(&list);
		json_out_open(&ctx, NULL, '{');
		json_out_text(&ctx, "expected", message ? message : "");
		json_out_close(&ctx, '}');
		ctx_text = text_take(&ctx.text);
		text_printf(&list, "Input should be %s", message ? message : "another word");
		fault(p, "enum", item, ctx_text, list.bytes ? list.bytes : "unknown word");
	}
	text_done(&list);
}

static void check_pattern(const struct place *p, const struct field *f, const cJSON *item,
			  const char *value)
{
	const struct pattern *pattern = find_pattern(p->validator, f->pattern);
	struct json_out ctx = {};
	_cleanup_free_ char *ctx_text = NULL;
	char message[160];

	if (!pattern || pattern_matches(pattern, value))
		return;
	json_out_open(&ctx, NULL, '{');
	json_out_text(&ctx, "pattern", f->pattern);
	json_out_close(&ctx, '}');
	ctx_text = text_take(&ctx.text);
	snprintf(message, sizeof(message), "String should match pattern '%s'", f->pattern);
	fault(p, "string_pattern_mismatch", item, ctx_text, message);
}

static void check_text(const struct place *p, const struct field *f, const cJSON *item,
		       const char *value)
{
	int64_t length = (int64_t)characters(value);

	if (length < f->min)
		fault_bound(p, "string_too_short", item, "min_length",
			    "String should have at least %" PRId64 " characters", f->min);
	else if (f->max && length > f->max)
		fault_bound(p, "string_too_long", item, "max_length",
			    "String should have at most %" PRId64 " characters", f->max);
	else if (f->words)
		check_words(p, f, item, value);
	else if (f->format && !strcmp(f->format, "uuid") && !id_is_uuid(value))
		fault(p, "uuid_parsing", item, NULL, "Input should be a valid UUID");
	else if (f->pattern)
		check_pattern(p, f, item, value);
}

static void check_integer(const struct place *p, const struct field *f, const cJSON *item,
			  int64_t value)
{
	int64_t min = f->flags & FIELD_DURATION ? p->validator->duration_min : f->min;

	if (value < min)
		fault_bound(p, "greater_than_equal", item, "ge",
			    "Input should be greater than or equal to %" PRId64, min);
	else if (value > f->max)
		fault_bound(p, "less_than_equal", item, "le",
			    "Input should be less than or equal to %" PRId64, f->max);
}

static void check_value(struct place *p, const struct field *f, const cJSON *item);

static void check_object(struct place *p, const struct field *fields, const cJSON *object)
{
	for (; fields->name; fields++) {
		const cJSON *item = json_in_get(object, fields->name);

		p->names[p->depth++] = fields->name;
		if (item)
			check_value(p, fields, item);
		else if (fields->flags & FIELD_REQUIRED)
			fault(p, "missing", NULL, NULL, "Field required");
		p->depth--;
	}
}

static void check_list(struct place *p, const struct field *f, const cJSON *list)
{
	int64_t count = cJSON_GetArraySize(list);
	const cJSON *item;
	size_t i = 0;

	if (f->max && count > f->max) {
		fault_bound(p, "too_long", NULL, "max_length",
			    "List should have at most %" PRId64 " items", f->max);
		return;
	}
	if (count < f->min)
		fault_bound(p, "too_short", NULL, "min_length",
			    "List should have at least %" PRId64 " items", f->min);
	cJSON_ArrayForEach(item, list)
	{
		p->names[p->depth] = NULL;
		p->numbers[p->depth++] = i++;
		check_value(p, f->fields, item);
		p->depth--;
	}
}

static void check_map(struct place *p, const struct field *f, const cJSON *map)
{
	const cJSON *item;

	if (f->max && cJSON_GetArraySize(map) > f->max)
		fault_bound(p, "too_long", NULL, "max_length",
			    "Dictionary should have at most %" PRId64 " items", f->max);
	cJSON_ArrayForEach(item, map)
	{
		p->names[p->depth++] = item->string;
		if (!cJSON_IsString(item))
			fault(p, "string_type", item, NULL, "Input should be a valid string");
		else if (f->pattern)
			check_pattern(p, f, item, item->string);
		p->depth--;
	}
}

static void check_kind(struct place *p, const struct field *f, const cJSON *item)
{
	switch (f->type) {
	case FIELD_TEXT:
		if (cJSON_IsString(item))
			check_text(p, f, item, item->valuestring);
		else
			fault(p, "string_type", item, NULL, "Input should be a valid string");
		break;
	case FIELD_INTEGER:
		if (json_in_is_integer(item))
			check_integer(p, f, item, (int64_t)item->valuedouble);
		else
			fault(p, cJSON_IsString(item) ? "int_parsing" : "int_type", item, NULL,
			      "Input should be a valid integer");
		break;
	case FIELD_NUMBER:
		if (!cJSON_IsNumber(item))
			fault(p, "float_type", item, NULL, "Input should be a valid number");
		break;
	case FIELD_BOOLEAN:
		if (!cJSON_IsBool(item))
			fault(p,
			      cJSON_IsString(item) || cJSON_IsNumber(item) ? "bool_parsing"
									   : "bool_type",
			      item, NULL, "Input should be a valid boolean");
		break;
	case FIELD_OBJECT:
		if (cJSON_IsObject(item))
			check_object(p, f->fields, item);
		else
			fault(p, "dict_type", item, NULL, "Input should be a valid dictionary");
		break;
	case FIELD_LIST:
		if (cJSON_IsArray(item))
			check_list(p, f, item);
		else
			fault(p, "list_type", item, NULL, "Input should be a valid list");
		break;
	case FIELD_MAP:
		if (cJSON_IsObject(item))
			check_map(p, f, item);
		else
			fault(p, "dict_type", item, NULL, "Input should be a valid dictionary");
		break;
	case FIELD_ANY:
		break;
	}
}

static void check_value(struct place *p, const struct field *f, const cJSON *item)
{
	if (cJSON_IsNull(item) && (f->flags & FIELD_NULLABLE))
		return;
	check_kind(p, f, item);
}

void validate_body(const struct validator *validator, const struct field *fields,
		   const cJSON *document, struct faults *faults)
{
	struct place p = {
		.validator = validator, .faults = faults, .names = { "body" }, .depth = 1
	};

	if (cJSON_IsObject(document))
		check_object(&p, fields, document);
	else
		fault(&p, "dict_type", document, NULL, "Input should be a valid dictionary");
}

void validate_parameter(const struct validator *validator, const struct field *field,
			const char *place, const char *value, struct faults *faults)
{
	struct place p = { .validator = validator,
			   .faults = faults,
			   .names = { place, field->name },
			   .depth = 2 };
	_cleanup_(cJSON_Deletep) cJSON *item = cJSON_CreateString(value);
	long long number;
	char *end;

	if (field->type == FIELD_BOOLEAN) {
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			fault(&p, "bool_parsing", item, NULL, "Input should be true or false");
		return;
	}
	if (field->type != FIELD_INTEGER) {
		check_text(&p, field, item, value);
		return;
	}
	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno || end == value || *end || !strchr("-0123456789", *value))
		fault(&p, "int_parsing", item, NULL, "Input should be a valid integer");
	else
		check_integer(&p, field, item, number);
}

void fault_add(struct faults *faults, const char *type, const char *place, const char *name,
	       const char *message)
{
	struct place p = { .faults = faults, .names = { place, name }, .depth = name ? 2 : 1 };

	fault(&p, type, NULL, NULL, message);
}

void fault_add_at(struct faults *faults, const char *type, const struct fault_place *at,
		  const char *message)
{
	struct place p = { .faults = faults };

	while (p.depth < FAULT_NAMES_MAX && at->names[p.depth]) {
		p.names[p.depth] = at->names[p.depth];
		p.depth++;
	}
	if (at->has_index)
		p.numbers[p.depth++] = at->index;
	fault(&p, type, NULL, NULL, message);
}

void faults_done(struct faults *faults)
{
	text_done(&faults->items.text);
	*faults = (struct faults){};
}
