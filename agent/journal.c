// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* journal.c — what the daemon says. */
#include "agent/journal.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES 2048

/* One write, so that lines of several processes do not mix. What others have made (names, replies) is not to make lines of its own. */
static void say(const char *level, const char *fmt, va_list ap)
{
	char line[LINE_BYTES], text[LINE_BYTES - 64], stamp[32];
	struct timespec now;
	struct tm utc;
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	n = snprintf(line, sizeof(line), "%s %s: %s\n", stamp, level, text);
	(void)!write(STDERR_FILENO, line, (size_t)n);
}

void journal_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("info", fmt, ap);
	va_end(ap);
}

void journal_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning", fmt, ap);
	va_end(ap);
}

void journal_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("error", fmt, ap);
	va_end(ap);
}
