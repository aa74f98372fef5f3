// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cve_ids.c — the CVE ids that a text speaks of. */
#include "analyzer/cve_ids.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define YEAR_DIGITS 4u
#define NUMBER_DIGITS_MIN 4u
#define NUMBER_DIGITS_MAX 8u

static size_t digits(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end && isdigit((unsigned char)at[n]))
		n++;
	return n;
}

static bool is_dash(const char *at, const char *end)
{
	return at < end && (*at == '-' || *at == '_');
}

int cve_ids_find(struct string_set *set, const char *text, size_t len)
{
	const char *end = text + len;
	char id[32];
	size_t n;

	for (const char *at = text; at + 3 < end; at++) {
		const char *year = at + 4, *number = year + YEAR_DIGITS + 1;

		if (strncasecmp(at, "cve", 3) || !is_dash(at + 3, end) ||
		    digits(year, end) != YEAR_DIGITS || !is_dash(year + YEAR_DIGITS, end))
			continue;
		n = digits(number, end);
		if (n < NUMBER_DIGITS_MIN || n > NUMBER_DIGITS_MAX)
			continue;
		snprintf(id, sizeof(id), "CVE-%.4s-%.*s", year, (int)n, number);
		if (string_set_add(set, id, strlen(id), NULL) < 0)
			return -ENOMEM;
		at = number + n - 1;
	}
	return 0;
}
