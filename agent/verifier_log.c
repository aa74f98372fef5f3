// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verifier_log.c — why the kernel's verifier has refused a program. */
#include "agent/verifier_log.h"

#include <stdio.h>
#include <string.h>

#define STATISTICS "processed "
#define LINE_BYTES_MAX 120

void verifier_log_reason(char *ret, size_t size, const char *log, int code)
{
	const char *best = "", *line = log, *next;
	size_t len = 0;

	for (; *line; line = next) {
		next = strchrnul(line, '\n');
		if (next > line && strncmp(line, STATISTICS, strlen(STATISTICS)) != 0) {
			best = line;
			len = (size_t)(next - line);
		}
		next += *next == '\n';
	}
	snprintf(ret, size, "load: %s%s%.*s", strerror(code), len ? ": " : "",
		 (int)(len < LINE_BYTES_MAX ? len : LINE_BYTES_MAX), best);
}
