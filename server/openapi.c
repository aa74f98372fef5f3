// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* openapi.c — the table of routes as an OpenAPI 3.1 document. */
#include "server/openapi.h"

#include <string.h>
#include <strings.h>

#include "include/version.h"
#include "server/json_out.h"
#include "server/routes.h"
#include "server/schemas.h"

struct render {
	struct json_out out;
	int64_t duration_min;
	bool is_reply; /* what we send is complete: its members are required */
};

static const char *const type_names[] = {
	[FIELD_TEXT] = "string",     [FIELD_INTEGER] = "integer", [FIELD_NUMBER] = "number",
	[FIELD_BOOLEAN] = "boolean", [FIELD_OBJECT] = "object",   [FIELD_LIST] = "array",
	[FIELD_MAP] = "object",      [FIELD_ANY] = NULL,
};

static void put_schema(struct render *r, const char *key, const struct field *f);

static void put_type(struct json_out *out, const struct field *f)
{
	const char *name = type_names[f->type];

	if (!name)
		return;
	if (!(f->flags & FIELD_NULLABLE)) {
		json_out_text(out, "type", name);
		return;
	}
	json_out_open(out, "type", '[');
	json_out_text(out, NULL, name);
	json_out_text(out, NULL, "null");
	json_out_close(out, ']');
}

static void put_text_rules(struct json_out *out, const struct field *f)
{
	if (f->min)
		json_out_int(out, "minLength", f->min);
	if (f->max)
		json_out_int(out, "maxLength", f->max);
	json_out_optional(out, "pattern", f->pattern);
	json_out_optional(out, "format", f->format);
	if (!f->words)
		return;
	json_out_open(out, "enum", '[');
	for (const char *const *word = f->words; *word; word++)
		json_out_text(out, NULL, *word);
	if (f->flags & FIELD_NULLABLE)
		json_out_null(out, NULL);
	json_out_close(out, ']');
}

static bool must_be_there(const struct render *r, const struct field *f)
{
	return r->is_reply ? !(f->flags & FIELD_OPTIONAL) : f->flags & FIELD_REQUIRED;
}

static void put_members(struct render *r, const struct field *fields)
{
	json_out_open(&r->out, "properties", '{');
	for (const struct field *f = fields; f && f->name; f++)
		put_schema(r, f->name, f);
	json_out_close(&r->out, '}');
	json_out_open(&r->out, "required", '[');
	for (const struct field *f = fields; f && f->name; f++)
		if (must_be_there(r, f))
			json_out_text(&r->out, NULL, f->name);
	json_out_close(&r->out, ']');
}

static void put_map(struct json_out *out, const struct field *f)
{
	json_out_open(out, "additionalProperties", '{');
	json_out_text(out, "type", "string");
	json_out_close(out, '}');
	if (f->max)
		json_out_int(out, "maxProperties", f->max);
	if (!f->pattern)
		return;
	json_out_open(out, "propertyNames", '{');
	json_out_text(out, "pattern", f->pattern);
	json_out_close(out, '}');
}

static void put_rules(struct render *r, const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXT:
		put_text_rules(&r->out, f);
		break;
	case FIELD_INTEGER:
		json_out_int(&r->out, "minimum",
			     f->flags & FIELD_DURATION ? r->duration_min : f->min);
		json_out_int(&r->out, "maximum", f->max);
		break;
	case FIELD_OBJECT:
		put_members(r, f->fields);
		break;
	case FIELD_LIST:
		if (f->min)
			json_out_int(&r->out, "minItems", f->min);
		if (f->max)
			json_out_int(&r->out, "maxItems", f->max);
		put_schema(r, "items", f->fields);
		break;
	case FIELD_MAP:
		put_map(&r->out, f);
		break;
	case FIELD_NUMBER:
	case FIELD_BOOLEAN:
	case FIELD_ANY:
		break;
	}
}

static void put_schema(struct render *r, const char *key, const struct field *f)
{
	json_out_open(&r->out, key, '{');
	put_type(&r->out, f);
	put_rules(r, f);
	json_out_optional(&r->out, "description", f->help);
	if (f->fallback)
		json_out_raw(&r->out, "default", f->fallback);
	if (f->example) {
		json_out_open(&r->out, "examples", '[');
		json_out_raw(&r->out, NULL, f->example);
		json_out_close(&r->out, ']');
	}
	json_out_close(&r->out, '}');
}

static void put_table(struct render *r, const char *key, const struct field *fields)
{
	const struct field object = { .type = FIELD_OBJECT, .fields = fields };

	put_schema(r, key, &object);
}

static void put_parameter(struct render *r, const char *place, const struct field *f)
{
	struct field schema = *f;

	schema.help = NULL;
	json_out_open(&r->out, NULL, '{');
	json_out_text(&r->out, "name", f->name);
	json_out_text(&r->out, "in", place);
	json_out_bool(&r->out, "required", !strcmp(place, "path") || f->flags & FIELD_REQUIRED);
	json_out_optional(&r->out, "description", f->help);
	put_schema(r, "schema", &schema);
	json_out_close(&r->out, '}');
}

static void put_parameters(struct render *r, const struct route *route)
{
	static const struct field match = { .name = "If-None-Match",
					    .type = FIELD_TEXT,
					    .help = "An ETag: what has it is not sent again" };

	json_out_open(&r->out, "parameters", '[');
	for (const struct field *f = route->parameters; f && f->name; f++)
		put_parameter(r, "path", f);
	for (const struct field *f = route->query; f && f->name; f++)
		put_parameter(r, "query", f);
	for (const struct field *f = route->headers; f && f->name; f++)
		put_parameter(r, "header", f);
	if (route->flags & ROUTE_ETAG)
		put_parameter(r, "header", &match);
	json_out_close(&r->out, ']');
}

static void put_body(struct render *r, const struct route *route)
{
	json_out_open(&r->out, "requestBody", '{');
	json_out_bool(&r->out, "required", true);
	json_out_open(&r->out, "content", '{');
	if (route->body) {
		json_out_open(&r->out, "application/json", '{');
		put_table(r, "schema", route->body);
	} else {
		json_out_open(&r->out, "application/octet-stream", '{');
		json_out_raw(&r->out, "schema", "{}");
		json_out_optional(&r->out, "example", route->example);
	}
	json_out_close(&r->out, '}');
	json_out_close(&r->out, '}');
	json_out_close(&r->out, '}');
}

/* "api_status" has no name of its own in the table: the path and method make one. */
static void operation_id(char ret[96], const struct route *route)
{
	size_t n = 0;

	for (const char *at = route->method; *at && n < 90; at++)
		ret[n++] = (char)(*at | 0x20);
	for (const char *at = route->path; *at && n < 90; at++)
		if (*at == '/' || *at == '.' || *at == '-')
			ret[n++] = '_';
		else if (*at != '{' && *at != '}')
			ret[n++] = *at;
	ret[n] = '\0';
}

static bool has_member(const struct field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (!strcmp(fields->name, name))
			return true;
	return false;
}

/* The member of what a call makes that another call's only parameter takes, or NULL. */
static const char *leads_to(const struct route *from, const struct reply_def *reply,
			    const struct route *to)
{
	const char *parameter = to->parameters ? to->parameters->name : NULL;
	size_t len = strlen(from->path);

	if (!parameter || to->flags & ROUTE_HIDDEN)
		return NULL;
	if (!strcmp(parameter, "job_id"))
		return has_member(reply->fields, parameter) ? parameter : NULL;
	if (strncmp(to->path, from->path, len) != 0 || strncmp(to->path + len, "/{", 2) != 0)
		return NULL;
	return has_member(reply->fields, "id") ? "id" : NULL;
}

/* What can be asked about what was made. */
static void put_links(struct render *r, const struct route *route, const struct reply_def *reply)
{
	char id[96], value[64];

	json_out_open(&r->out, "links", '{');
	for (size_t i = 0; i < route_count; i++) {
		const char *member = leads_to(route, reply, &routes[i]);

		if (!member)
			continue;
		operation_id(id, &routes[i]);
		snprintf(value, sizeof(value), "$response.body#/%s", member);
		json_out_open(&r->out, id, '{');
		json_out_text(&r->out, "operationId", id);
		json_out_open(&r->out, "parameters", '{');
		json_out_text(&r->out, routes[i].parameters->name, value);
		json_out_close(&r->out, '}');
		json_out_close(&r->out, '}');
	}
	json_out_close(&r->out, '}');
}

static void put_reply(struct render *r, const struct route *route, const struct reply_def *reply)
{
	char status[16];

	snprintf(status, sizeof(status), "%u", reply->status);
	json_out_open(&r->out, status, '{');
	json_out_text(&r->out, "description", reply->help);
	json_out_open(&r->out, "content", '{');
	json_out_open(&r->out, reply->type, '{');
	if (reply->fields)
		put_table(r, "schema", reply->fields);
	else
		json_out_raw(&r->out, "schema",
			     strcmp(reply->type, "application/json") ? "{}"
								     : "{\"type\":\"object\"}");
	json_out_close(&r->out, '}');
	json_out_close(&r->out, '}');
	if (reply->status == 201)
		put_links(r, route, reply);
	json_out_close(&r->out, '}');
}

/* What every call of that kind can answer besides: in the form of all errors. */
static void put_errors(struct json_out *out, const struct route *route)
{
	bool body = route->body || route->flags & ROUTE_UPLOAD,
	     reads = !strcmp(route->method, "GET");
	const struct {
		unsigned status;
		bool can;
	} errors[] = {
		{ 400, true },
		{ 401, route->scopes },
		{ 403, route->scopes },
		{ 404, route->parameters || route->absent },
		{ 409, route->conflict },
		{ 413, true },
		{ 415, route->body },
		{ 422, body || route->parameters || route->query || route->headers },
		{ 429, route->scopes },
		{ 431, true },
		{ 500, true },
		{ 502, route->external },
		{ 507, route->scopes == SCOPE_SUBMIT && !reads },
	};
	char status[16];
	bool own_503 = false;

	for (const struct reply_def *reply = route->replies; reply->status; reply++)
		own_503 |= reply->status == 503;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (!errors[i].can)
			continue;
		snprintf(status, sizeof(status), "%u", errors[i].status);
		json_out_raw(out, status, "{\"$ref\":\"#/components/responses/Error\"}");
	}
	if (!own_503)
		json_out_raw(out, "503", "{\"$ref\":\"#/components/responses/Error\"}");
}

static void put_operation(struct render *r, const struct route *route)
{
	char method[8] = "", id[96];

	for (size_t i = 0; route->method[i] && i < 7; i++)
		method[i] = (char)(route->method[i] | 0x20);
	json_out_open(&r->out, method, '{');
	json_out_text(&r->out, "summary", route->summary);
	operation_id(id, route);
	json_out_text(&r->out, "operationId", id);
	json_out_open(&r->out, "tags", '[');
	json_out_text(&r->out, NULL, route->tag);
	json_out_close(&r->out, ']');
	if (!route->scopes)
		json_out_raw(&r->out, "security", "[]");
	put_parameters(r, route);
	if (route->body || route->flags & ROUTE_UPLOAD)
		put_body(r, route);
	json_out_open(&r->out, "responses", '{');
	r->is_reply = true;
	for (const struct reply_def *reply = route->replies; reply->status; reply++)
		put_reply(r, route, reply);
	r->is_reply = false;
	if (route->flags & ROUTE_ETAG)
		json_out_raw(&r->out, "304",
			     "{\"description\":\"What the client has is current\"}");
	put_errors(&r->out, route);
	json_out_close(&r->out, '}');
	json_out_close(&r->out, '}');
}

/* One path may have several rows. */
static void put_paths(struct render *r)
{
	json_out_open(&r->out, "paths", '{');
	for (size_t i = 0; i < route_count; i++) {
		bool first = !(routes[i].flags & ROUTE_HIDDEN);

		for (size_t j = 0; j < i; j++)
			first &= strcmp(routes[j].path, routes[i].path) != 0;
		if (!first)
			continue;
		json_out_open(&r->out, routes[i].path, '{');
		for (size_t j = i; j < route_count; j++)
			if (!strcmp(routes[j].path, routes[i].path))
				put_operation(r, &routes[j]);
		json_out_close(&r->out, '}');
	}
	json_out_close(&r->out, '}');
}

static const char *const tags[][2] = {
	{ "analysis", "Images in, verdicts out" },
	{ "vex", "Documents by their id" },
	{ "inputs", "SBOMs, scanner reports, advisories" },
	{ "agents", "Agents, and the traces and files that they bring" },
	{ "administration", "Keys and the audit log" },
	{ "health", "For monitors" },
	{ "documentation", "What describes itself" },
};

static void put_head(struct json_out *out)
{
	json_out_text(out, "openapi", "3.1.0");
	json_out_raw(
	    out, "info",
	    "{\"title\":\"vexxy\",\"version\":\"" VEXXY_VERSION
	    "\",\"description\":\"Submit container images; learn, from watching them run, which "
	    "of their vulnerabilities can be reached.\",\"license\":{\"name\":\"Proprietary, "
	    "VEXxy Enterprise Edition\",\"identifier\":\"LicenseRef-VEXxy-Enterprise-Edition\"}}");
	json_out_raw(out, "servers", "[{\"url\":\"/\"}]");
	json_out_open(out, "tags", '[');
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		json_out_open(out, NULL, '{');
		json_out_text(out, "name", tags[i][0]);
		json_out_text(out, "description", tags[i][1]);
		json_out_close(out, '}');
	}
	json_out_close(out, ']');
	json_out_raw(out, "security", "[{\"bearer\":[]},{\"header\":[]}]");
}

static void put_components(struct render *r)
{
	json_out_open(&r->out, "components", '{');
	json_out_raw(&r->out, "securitySchemes",
		     "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"header\":{\"type\":"
		     "\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"}}");
	json_out_open(&r->out, "schemas", '{');
	r->is_reply = true;
	put_table(r, "Error", schema_error);
	r->is_reply = false;
	json_out_close(&r->out, '}');
	json_out_raw(&r->out, "responses",
		     "{\"Error\":{\"description\":\"The form of every error\",\"content\":{"
		     "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}},"
		     "\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/"
		     "Error\"}}}}}");
	json_out_close(&r->out, '}');
}

int openapi_render(struct text *ret, int64_t duration_min, struct err *err)
{
	struct render r = { .duration_min = duration_min };

	json_out_open(&r.out, NULL, '{');
	put_head(&r.out);
	put_paths(&r);
	put_components(&r);
	json_out_close(&r.out, '}');
	if (r.out.text.failed) {
		text_done(&r.out.text);
		return err_oom(err);
	}
	*ret = r.out.text;
	return 0;
}
