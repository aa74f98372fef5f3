// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_text.c — one line of text for each record of a trace. */
#include "analyzer/trace_text.h"

#include <inttypes.h>

#include "analyzer/json.h"
#include "analyzer/terminal.h"

static void put_string(FILE *out, const cJSON *record, const char *key, const char *before)
{
	const char *text = json_string(record, key);

	if (!text)
		return;
	fputs(before, out);
	terminal_put(out, text, 0);
}

/* The strings of an array, with `between` before all but the first. */
static void put_strings(FILE *out, const cJSON *array, const char *between)
{
	bool first = true;
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		if (!cJSON_IsString(item))
			continue;
		fputs(first ? "" : between, out);
		terminal_put(out, item->valuestring, 0);
		first = false;
	}
}

/* " [deleted, truncated]", or nothing. */
static void put_flags(FILE *out, const cJSON *record)
{
	const cJSON *flags = json_array(record, "flags");

	if (!cJSON_GetArraySize(flags))
		return;
	fputs(" [", out);
	put_strings(out, flags, ", ");
	fputs("]", out);
}

static void put_path(FILE *out, const cJSON *record)
{
	const char *path = json_string(record, "path");

	terminal_put(out, path ? path : "(no path)", 0);
	put_flags(out, record);
}

static void put_exec(FILE *out, const cJSON *record)
{
	put_path(out, record);
	put_string(out, record, "role", "  ");
}

static void put_open(FILE *out, const cJSON *record)
{
	if (json_get(record, "error")) {
		put_string(out, record, "given", "");
		put_string(out, record, "error", "  failed: ");
	} else {
		put_path(out, record);
		put_string(out, record, "access", "  ");
	}
	put_string(out, record, "how", " by ");
}

static void put_map(FILE *out, const cJSON *record)
{
	put_path(out, record);
	put_string(out, record, "how", "  by ");
	put_string(out, record, "addr", " at ");
	put_string(out, record, "build_id", " build-id ");
}

static void put_net(FILE *out, const cJSON *record)
{
	put_string(out, record, "op", "");
	put_string(out, record, "family", " ");
	put_string(out, record, "addr", " ");
	if (json_get(record, "port"))
		fprintf(out, " port %" PRIu64, json_u64(record, "port", 0));
	put_string(out, record, "error", "  failed: ");
}

static void put_function(FILE *out, const cJSON *record)
{
	put_string(out, record, "symbol", "");
	put_string(out, record, "object", " in ");
	fprintf(out, " at 0x%" PRIx64, json_u64(record, "offset", 0));
}

static void put_probe(FILE *out, const cJSON *record)
{
	int refused = cJSON_GetArraySize(json_array(record, "refused"));

	fprintf(out, "%" PRIu64, json_u64(record, "sites", 0));
	put_string(out, record, "object", " functions watched in ");
	put_string(out, record, "armed", ", ");
	if (refused)
		fprintf(out, ", %d refused", refused);
}

static void put_lost(FILE *out, const cJSON *record)
{
	fprintf(out, "%" PRIu64 " records", json_u64(record, "count", 1));
	put_string(out, record, "lost_kind", " of kind ");
	put_string(out, record, "what", ", cause: ");
}

static void put_end(FILE *out, const cJSON *record)
{
	const cJSON *item, *losses = json_object(record, "losses");

	put_string(out, record, "reason", "");
	if (json_get(record, "exit"))
		fprintf(out, ", wait status %" PRIu64, json_u64(record, "exit", 0));
	cJSON_ArrayForEach(item, losses)
	{
		if (!json_u64(losses, item->string, 1))
			continue;
		fputs(", lost by ", out);
		terminal_put(out, item->string, 0);
		fprintf(out, ": %" PRIu64, json_u64(losses, item->string, 1));
	}
}

static void put_what(FILE *out, const cJSON *record, enum trace_kind kind)
{
	switch (kind) {
	case TRACE_EXEC:
		put_exec(out, record);
		return;
	case TRACE_FORK:
		fprintf(out, "by process %" PRIu64, json_u64(record, "ppid", 0));
		return;
	case TRACE_EXIT:
		fprintf(out, "wait status %" PRIu64, json_u64(record, "code", 0));
		return;
	case TRACE_OPEN:
		put_open(out, record);
		return;
	case TRACE_MAP:
		put_map(out, record);
		return;
	case TRACE_SYSCALLS:
		put_string(out, record, "abi", "");
		fputs(": ", out);
		put_strings(out, json_array(record, "names"), " ");
		return;
	case TRACE_FUNCTION:
		put_function(out, record);
		return;
	case TRACE_PROBE:
		put_probe(out, record);
		return;
	case TRACE_NET:
		put_net(out, record);
		return;
	case TRACE_MODULE:
		put_string(out, record, "runtime", "");
		put_string(out, record, "name", " ");
		return;
	case TRACE_LOST:
		put_lost(out, record);
		return;
	case TRACE_MARK:
		put_string(out, record, "name", "");
		fprintf(out, "  unit %" PRIu64, json_u64(record, "unit", 0));
		return;
	case TRACE_END:
		put_end(out, record);
		return;
	case TRACE_KIND_COUNT:
		fputs("(a kind of a newer version)", out);
	}
}

static const char *kind_colour(enum trace_kind kind)
{
	switch (kind) {
	case TRACE_EXEC:
		return COLOUR_BOLD COLOUR_GREEN;
	case TRACE_MAP:
		return COLOUR_CYAN;
	case TRACE_FUNCTION:
	case TRACE_NET:
	case TRACE_MODULE:
		return COLOUR_YELLOW;
	case TRACE_LOST:
		return COLOUR_BOLD COLOUR_RED;
	case TRACE_MARK:
	case TRACE_END:
		return COLOUR_BOLD;
	default:
		return "";
	}
}

static void put_padded(FILE *out, const char *text, size_t width)
{
	size_t n = terminal_put(out, text, width);

	fprintf(out, "%*s", (int)(width - n), "");
}

void trace_text_record(FILE *out, const cJSON *record, enum trace_kind kind, bool colour)
{
	uint64_t t = json_u64(record, "t", 0);
	const char *comm = json_string(record, "comm"), *name = json_string(record, "kind");

	fprintf(out, "%5" PRIu64 ".%06" PRIu64 "  ", t / 1000000000, t / 1000 % 1000000);
	if (json_get(record, "pid"))
		fprintf(out, "%7" PRIu64 "  ", json_u64(record, "pid", 0));
	else
		fprintf(out, "%7s  ", "");
	put_padded(out, comm ? comm : "", 15);
	fputs("  ", out);
	fputs(colour ? kind_colour(kind) : "", out);
	put_padded(out, name, 8);
	fputs(colour ? COLOUR_RESET : "", out);
	fputs("  ", out);
	put_what(out, record, kind);
	fputc('\n', out);
}

void trace_text_header(FILE *out, const cJSON *header, bool colour)
{
	const cJSON *node = json_object(header, "node");
	const cJSON *container = json_object(header, "container");
	const cJSON *watch = json_object(header, "watch");

	fputs(colour ? COLOUR_DIM : "", out);
	put_string(out, header, "vexxy_trace", "# trace format ");
	put_string(out, header, "agent", ", agent ");
	put_string(out, json_object(header, "clock"), "start", ", started ");
	put_string(out, node, "name", "\n# node ");
	put_string(out, node, "kernel", ", kernel ");
	put_string(out, node, "arch", " ");
	put_string(out, container, "image", "\n# image ");
	put_string(out, container, "image_digest", "\n# digest ");
	put_string(out, container, "rootfs", "\n# root ");
	if (json_array(container, "command")) {
		fputs("\n# command ", out);
		put_strings(out, json_array(container, "command"), " ");
	}
	put_string(out, watch, "began", "\n# watch began ");
	put_string(out, watch, "policy", ", policy ");
	put_string(out, watch, "backend", ", backend ");
	put_string(out, container, "isolation", ", isolated by ");
	put_string(out, watch, "level", ", evidence to the level of a ");
	fputs(colour ? COLOUR_RESET "\n" : "\n", out);
}
