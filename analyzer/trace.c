// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace.c — a trace file as a header and a stream of records. */
#include "analyzer/trace.h"

#include "analyzer/json.h"
#include "analyzer/trace_stream.h"

struct trace_reader {
	struct trace_stream *stream;
	char *path;
	cJSON *header;
	bool ended; /* the last line was read */
};

const char *trace_kind_name(enum trace_kind kind)
{
#define TRACE_NAME(id, name) name,
	static const char *const names[] = { TRACE_KINDS(TRACE_NAME) "unknown" };
#undef TRACE_NAME
	_Static_assert(sizeof(names) / sizeof(*names) == TRACE_KIND_COUNT + 1, "a name each");

	return names[kind < TRACE_KIND_COUNT ? kind : TRACE_KIND_COUNT];
}

const char *trace_loss_name(enum trace_loss loss)
{
#define TRACE_NAME(id, name) name,
	static const char *const names[] = { TRACE_LOSSES(TRACE_NAME) "unknown" };
#undef TRACE_NAME
	_Static_assert(sizeof(names) / sizeof(*names) == TRACE_LOSS_COUNT + 1, "a name each");

	return names[loss < TRACE_LOSS_COUNT ? loss : TRACE_LOSS_COUNT];
}

enum trace_kind trace_kind_from_string(const char *name)
{
	enum trace_kind kind = 0;

	while (kind < TRACE_KIND_COUNT && strcmp(trace_kind_name(kind), name))
		kind++;
	return kind;
}

enum trace_loss trace_loss_from_string(const char *name)
{
	enum trace_loss loss = 0;

	while (loss < TRACE_LOSS_COUNT && strcmp(trace_loss_name(loss), name))
		loss++;
	return loss;
}

static bool nests_too_deep(const char *text)
{
	unsigned depth = 0;
	bool in_string = false;

	for (; *text; text++) {
		if (in_string && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			in_string = !in_string;
		else if (!in_string && (*text == '{' || *text == '[') &&
			 ++depth > TRACE_NESTING_MAX)
			return true;
		else if (!in_string && (*text == '}' || *text == ']') && depth)
			depth--;
	}
	return false;
}

static int line_fault(struct err *err, size_t number, int r, const struct err *fault)
{
	/* The parser sees one line: its own "line 1" would only confuse. */
	const char *text = fault->text;

	if (!strncmp(text, "line 1, ", 8))
		text += 8;
	return err_set(err, -r, "line %zu: %s", number, text);
}

/* The next line as an object: 1, or 0 at the end. Errors name the line but not the file. */
static int next_object(struct trace_reader *reader, cJSON **ret, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;
	struct err fault = {};
	const char *line;
	size_t len, number;
	int r;

	r = trace_stream_line(reader->stream, &line, &len, err);
	if (r <= 0)
		return r;
	number = trace_stream_number(reader->stream);
	if (nests_too_deep(line))
		return err_set(err, EBADMSG, "line %zu: nested deeper than %d", number,
			       TRACE_NESTING_MAX);
	r = json_parse(&object, line, len, &fault);
	if (r < 0)
		return line_fault(err, number, r, &fault);
	if (!cJSON_IsObject(object))
		return err_set(err, EBADMSG, "line %zu: not a JSON object", number);
	*ret = take_ptr(object);
	return 1;
}

static int check_version(const cJSON *header, struct err *err)
{
	const char *version = json_string(header, "vexxy_trace");
	unsigned long major;
	char *end;

	if (!version)
		return err_set(err, EBADMSG,
			       "is not a trace of vexxy: its first line has no 'vexxy_trace'");
	major = strtoul(version, &end, 10);
	if (end == version || *end != '.' || *version < '1' || *version > '9')
		return err_set(err, EBADMSG, "'%.32s' is no version of the trace format", version);
	if (major > TRACE_FORMAT_MAJOR)
		return err_set(err, EPROTO,
			       "has format %.32s, and this vexxy reads up to %s: update vexxy",
			       version, TRACE_FORMAT_VERSION);
	return 0;
}

static int read_header(struct trace_reader *reader, struct err *err)
{
	int r = next_object(reader, &reader->header, err);

	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENODATA, "is empty or cut off inside its first line");
	return check_version(reader->header, err);
}

int trace_reader_open(struct trace_reader **ret, const char *path, struct err *err)
{
	_cleanup_(trace_reader_closep) struct trace_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return err_oom(err);
	reader->path = strdup(path);
	if (!reader->path)
		return err_oom(err);
	r = trace_stream_open(&reader->stream, path, err);
	if (r >= 0)
		r = read_header(reader, err);
	if (r < 0)
		return err_prefix(err, r, "trace '%s'", path);
	*ret = take_ptr(reader);
	return 0;
}

void trace_reader_close(struct trace_reader *reader)
{
	if (!reader)
		return;
	trace_stream_close(reader->stream);
	cJSON_Delete(reader->header);
	free(reader->path);
	free(reader);
}

const cJSON *trace_reader_header(const struct trace_reader *reader)
{
	return reader->header;
}

int trace_reader_next(struct trace_reader *reader, cJSON **ret, enum trace_kind *kind,
		      struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *record = NULL;
	size_t number;
	const char *name;
	int r;

	r = next_object(reader, &record, err);
	if (r == 0)
		return 0;
	if (r < 0)
		return err_prefix(err, r, "trace '%s'", reader->path);
	number = trace_stream_number(reader->stream);
	name = json_string(record, "kind");
	if (!name)
		return err_set(err, EBADMSG, "trace '%s': line %zu: the record has no 'kind'",
			       reader->path, number);
	if (reader->ended)
		return err_set(err, EBADMSG, "trace '%s': line %zu: a record behind the last line",
			       reader->path, number);
	*kind = trace_kind_from_string(name);
	reader->ended = *kind == TRACE_END;
	*ret = take_ptr(record);
	return 1;
}

size_t trace_reader_line(const struct trace_reader *reader)
{
	return trace_stream_number(reader->stream);
}

bool trace_reader_is_complete(const struct trace_reader *reader)
{
	return reader->ended && trace_stream_is_whole(reader->stream);
}
