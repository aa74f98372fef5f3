// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_yaml.c — a YAML document becomes a tree of cJSON. */
#include "server/kube_yaml.h"

#include <string.h>

#include <yaml.h>

struct reading {
	yaml_parser_t parser;
	size_t nodes;
	int depth;
	struct err *err;
};

static int fault(const struct reading *r, const yaml_mark_t *mark, const char *what)
{
	return err_set(r->err, EBADMSG, "line %zu: %s", mark->line + 1, what);
}

static int next(struct reading *r, yaml_event_t *ret)
{
	if (yaml_parser_parse(&r->parser, ret))
		return 0;
	if (r->parser.error == YAML_MEMORY_ERROR)
		return err_oom(r->err);
	return fault(r, &r->parser.problem_mark,
		     r->parser.problem ? r->parser.problem : "not YAML");
}

static bool is_word(const yaml_event_t *event, const char *const *words)
{
	const char *value = (const char *)event->data.scalar.value;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (; *words; words++)
		if (!strcmp(value, *words))
			return true;
	return false;
}

static int read_scalar(cJSON **ret, struct reading *r, const yaml_event_t *event)
{
	static const char *const yes[] = { "true", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "False", "FALSE", NULL };
	static const char *const none[] = { "", "~", "null", "Null", "NULL", NULL };
	const char *value = (const char *)event->data.scalar.value;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return fault(r, &event->start_mark, "anchors and tags are not read");
	if (memchr(value, 0, event->data.scalar.length))
		return fault(r, &event->start_mark, "NUL in a text");
	if (is_word(event, yes) || is_word(event, no))
		*ret = cJSON_CreateBool(is_word(event, yes));
	else
		*ret = is_word(event, none) ? cJSON_CreateNull() : cJSON_CreateString(value);
	return *ret ? 0 : err_oom(r->err);
}

static int read_node(cJSON **ret, struct reading *r, const yaml_event_t *event);

static int read_next(cJSON **ret, struct reading *r, yaml_event_type_t end, bool *ended)
{
	yaml_event_t event;
	int n = next(r, &event);

	if (n < 0)
		return n;
	*ended = event.type == end;
	n = *ended ? 0 : read_node(ret, r, &event);
	yaml_event_delete(&event);
	return n;
}

static int read_sequence(cJSON **ret, struct reading *r)
{
	_cleanup_(cJSON_Deletep) cJSON *list = cJSON_CreateArray();
	bool ended = false;
	int n = list ? 0 : err_oom(r->err);

	while (n == 0) {
		cJSON *item = NULL;

		n = read_next(&item, r, YAML_SEQUENCE_END_EVENT, &ended);
		if (ended || n < 0)
			break;
		if (!cJSON_AddItemToArray(list, item)) {
			cJSON_Delete(item);
			n = err_oom(r->err);
		}
	}
	if (n == 0)
		*ret = take_ptr(list);
	return n;
}

static int read_member(cJSON *map, struct reading *r, const cJSON *key, const yaml_mark_t *mark)
{
	cJSON *value = NULL;
	bool ended = false;
	int n;

	if (!cJSON_IsString(key))
		return fault(r, mark, "a key that is no text");
	if (cJSON_GetObjectItemCaseSensitive(map, key->valuestring))
		return fault(r, mark, "a key twice in one mapping");
	n = read_next(&value, r, YAML_NO_EVENT, &ended);
	if (n < 0)
		return n;
	if (cJSON_AddItemToObject(map, key->valuestring, value))
		return 0;
	cJSON_Delete(value);
	return err_oom(r->err);
}

static int read_mapping(cJSON **ret, struct reading *r)
{
	_cleanup_(cJSON_Deletep) cJSON *map = cJSON_CreateObject();
	bool ended = false;
	int n = map ? 0 : err_oom(r->err);

	while (n == 0) {
		_cleanup_(cJSON_Deletep) cJSON *key = NULL;
		yaml_mark_t mark = r->parser.mark;

		n = read_next(&key, r, YAML_MAPPING_END_EVENT, &ended);
		if (ended || n < 0)
			break;
		n = read_member(map, r, key, &mark);
	}
	if (n == 0)
		*ret = take_ptr(map);
	return n;
}

static int read_node(cJSON **ret, struct reading *r, const yaml_event_t *event)
{
	const char *what = NULL;
	int n;

	if (++r->nodes > KUBE_YAML_NODES_MAX)
		return fault(r, &event->start_mark, "too many values");
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(ret, r, event);
	if (event->type == YAML_ALIAS_EVENT)
		what = "aliases are not read";
	else if (event->type == YAML_MAPPING_START_EVENT
		     ? event->data.mapping_start.anchor || event->data.mapping_start.tag
		     : event->data.sequence_start.anchor || event->data.sequence_start.tag)
		what = "anchors and tags are not read";
	else if (++r->depth > KUBE_YAML_DEPTH_MAX)
		what = "nested too deeply";
	if (what)
		return fault(r, &event->start_mark, what);
	n = event->type == YAML_MAPPING_START_EVENT ? read_mapping(ret, r) : read_sequence(ret, r);
	r->depth--;
	return n;
}

/* One event of the frame around the document. */
static int expect(struct reading *r, yaml_event_type_t type, bool *met)
{
	yaml_event_t event;
	int n = next(r, &event);

	if (n < 0)
		return n;
	*met = event.type == type;
	yaml_event_delete(&event);
	return 0;
}

static int read_stream(cJSON **ret, struct reading *r)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	bool met = false, ended = false;
	int n = expect(r, YAML_STREAM_START_EVENT, &met);

	n = n ? n : expect(r, YAML_DOCUMENT_START_EVENT, &met);
	if (n == 0 && !met) {
		*ret = cJSON_CreateNull(); /* the end of the stream */
		return *ret ? 0 : err_oom(r->err);
	}
	n = n ? n : read_next(&tree, r, YAML_DOCUMENT_END_EVENT, &ended);
	n = n ? n : expect(r, YAML_DOCUMENT_END_EVENT, &met);
	n = n ? n : expect(r, YAML_STREAM_END_EVENT, &met);
	if (n == 0 && !met)
		n = fault(r, &r->parser.mark, "more than one document");
	if (n == 0)
		*ret = take_ptr(tree);
	return n;
}

int kube_yaml_parse(cJSON **ret, const char *text, size_t len, struct err *err)
{
	struct reading r = { .err = err };
	int n;

	if (len > KUBE_YAML_BYTES_MAX)
		return err_set(err, EFBIG, "over %u bytes", KUBE_YAML_BYTES_MAX);
	if (!yaml_parser_initialize(&r.parser))
		return err_oom(err);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	n = read_stream(ret, &r);
	yaml_parser_delete(&r.parser);
	return n;
}
