// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* log.c — one line for each thing that happened. */
#include "server/log.h"

#include <string.h>
#include <strings.h>

#include "server/clock.h"
#include "server/json_out.h"

static const char *const levels[] = { "error", "warning", "info", "debug" };

/* The one global that the house allows, and its form. Set before any thread is there. */
static enum log_level log_level = LOG_INFO;
static bool log_as_text;

int log_configure(const char *level, const char *format, struct err *err)
{
	size_t i = 0;

	if (!strcasecmp(level, "critical")) /* as the service before this one had it */
		level = "error";
	while (i < 4 && strcasecmp(level, levels[i]) != 0)
		i++;
	if (i == 4)
		return err_set(err, EINVAL, "log level '%s' is none of error, warning, info, debug",
			       level);
	if (strcasecmp(format, "json") != 0 && strcasecmp(format, "text") != 0)
		return err_set(err, EINVAL, "log format '%s' is neither json nor text", format);
	log_level = (enum log_level)i;
	log_as_text = !strcasecmp(format, "text");
	return 0;
}

bool log_wants(enum log_level level)
{
	return level <= log_level;
}

/* For people; control characters of strangers do not reach the terminal. */
static void put_plain(struct text *text, const char *value)
{
	for (; *value; value++)
		text_printf(text, "%c",
			    (unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value);
}

static void as_text(struct text *text, enum log_level level, const char *event,
		    const struct log_field *fields, size_t count)
{
	text_printf(text, "%s: %s", levels[level], event);
	for (size_t i = 0; i < count; i++) {
		text_printf(text, " %s=", fields[i].name);
		if (fields[i].text)
			put_plain(text, fields[i].text);
		else
			text_printf(text, "%lld", (long long)fields[i].number);
	}
}

static void as_json(struct json_out *out, enum log_level level, const char *event,
		    const struct log_field *fields, size_t count)
{
	json_out_open(out, NULL, '{');
	json_out_time(out, "time", clock_ms());
	json_out_text(out, "level", levels[level]);
	json_out_text(out, "event", event);
	for (size_t i = 0; i < count; i++)
		if (fields[i].text)
			json_out_text(out, fields[i].name, fields[i].text);
		else
			json_out_int(out, fields[i].name, fields[i].number);
	json_out_close(out, '}');
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count)
{
	struct json_out out = {};

	if (!log_wants(level))
		return;
	if (log_as_text)
		as_text(&out.text, level, event, fields, count);
	else
		as_json(&out, level, event, fields, count);
	text_put_n(&out.text, "\n", 1);
	/* One write, so that lines of several threads do not mix. */
	if (!out.text.failed)
		(void)!write(STDERR_FILENO, out.text.bytes, out.text.len);
	text_done(&out.text);
}
