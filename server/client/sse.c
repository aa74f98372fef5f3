// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* sse.c — server-sent events out of bytes. */
#include "server/client/sse.h"

#include <string.h>

static void forget(struct text *text)
{
	text->len = 0;
	if (text->bytes)
		*text->bytes = '\0';
}

static int dispatch(struct sse *sse)
{
	int r = 0;

	if (sse->has_data && sse->event)
		r = sse->event(sse->ctx, *sse->type ? sse->type : "message",
			       sse->data.bytes ? sse->data.bytes : "");
	forget(&sse->data);
	sse->has_data = false;
	*sse->type = '\0';
	return r;
}

static int take_field(struct sse *sse, const char *name, const char *value)
{
	if (!strcmp(name, "data")) {
		if (sse->has_data)
			text_put(&sse->data, "\n");
		text_put(&sse->data, value);
		sse->has_data = true;
		return sse->data.len > SSE_DATA_MAX ? -EMSGSIZE : 0;
	}
	if (!strcmp(name, "event"))
		snprintf(sse->type, sizeof(sse->type), "%s", value);
	else if (!strcmp(name, "id") && strlen(value) < SSE_ID_BYTES &&
		 strspn(value, "0123456789") == strlen(value))
		snprintf(sse->id, sizeof(sse->id), "%s", value); /* it goes back in a header */
	return 0;
}

static int take_line(struct sse *sse)
{
	char *line = sse->line.bytes, *value;
	int r;

	if (!sse->line.len)
		return dispatch(sse);
	if (strlen(line) != sse->line.len || *line == ':') {
		forget(&sse->line); /* a comment, or no text at all */
		return 0;
	}
	value = strchr(line, ':');
	if (value) {
		*value++ = '\0';
		value += *value == ' ';
	}
	r = take_field(sse, line, value ? value : "");
	forget(&sse->line);
	return r;
}

int sse_take(struct sse *sse, const char *bytes, size_t len)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i++) {
		bool rest = sse->after_return && bytes[i] == '\n';

		sse->after_return = bytes[i] == '\r';
		if (rest)
			continue;
		if (bytes[i] == '\n' || bytes[i] == '\r')
			r = take_line(sse);
		else
			text_put_n(&sse->line, bytes + i, 1);
		if (sse->line.len > SSE_LINE_MAX)
			r = -EMSGSIZE;
	}
	return r ? r : sse->line.failed || sse->data.failed ? -ENOMEM : 0;
}

void sse_restart(struct sse *sse)
{
	forget(&sse->line);
	forget(&sse->data);
	*sse->type = '\0';
	sse->after_return = sse->has_data = false;
}

void sse_done(struct sse *sse)
{
	text_done(&sse->line);
	text_done(&sse->data);
}
