// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rfc3339.c — points in time as documents spell them. */
#include "analyzer/rfc3339.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Exactly n digits at *text, which is moved behind them; -1 when there are fewer. */
static int digits(const char **text, int n)
{
	int value = 0;

	for (; n > 0; n--, (*text)++) {
		if (!isdigit((unsigned char)**text))
			return -1;
		value = 10 * value + (**text - '0');
	}
	return value;
}

static bool skip(const char **text, const char *any)
{
	if (!**text || !strchr(any, **text))
		return false;
	(*text)++;
	return true;
}

static bool parse_date(const char **text, struct tm *tm)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;
	bool leap;

	year = digits(text, 4);
	if (year < 0 || !skip(text, "-"))
		return false;
	month = digits(text, 2);
	if (month < 1 || month > 12 || !skip(text, "-"))
		return false;
	day = digits(text, 2);
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day < 1 || day > days[month - 1] + (leap && month == 2))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

static bool parse_time(const char **text, struct tm *tm, long *ns)
{
	long scale = 100000000;

	tm->tm_hour = digits(text, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !skip(text, ":"))
		return false;
	tm->tm_min = digits(text, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59 || !skip(text, ":"))
		return false;
	tm->tm_sec = digits(text, 2);
	if (tm->tm_sec < 0 || tm->tm_sec > 60)
		return false;
	*ns = 0;
	if (!skip(text, "."))
		return true;
	if (!isdigit((unsigned char)**text))
		return false;
	for (; isdigit((unsigned char)**text); (*text)++, scale /= 10)
		*ns += (**text - '0') * scale;
	return true;
}

static bool parse_offset(const char **text, int64_t *seconds)
{
	int hours, minutes, sign;

	*seconds = 0;
	if (skip(text, "Zz"))
		return true;
	sign = **text == '-' ? -1 : 1;
	if (!skip(text, "+-"))
		return false;
	hours = digits(text, 2);
	if (hours < 0 || hours > 23 || !skip(text, ":"))
		return false;
	minutes = digits(text, 2);
	*seconds = sign * (3600 * (int64_t)hours + 60 * (int64_t)minutes);
	return minutes >= 0 && minutes <= 59;
}

int rfc3339_parse(struct timespec *ret, const char *text)
{
	struct tm tm = {};
	int64_t offset, time;
	long ns;

	if (!parse_date(&text, &tm) || !skip(&text, "Tt") || !parse_time(&text, &tm, &ns) ||
	    !parse_offset(&text, &offset) || *text)
		return -EINVAL;
	time = (int64_t)timegm(
	    &(struct tm){ .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday });
	time += 3600 * (int64_t)tm.tm_hour + 60 * (int64_t)tm.tm_min + tm.tm_sec - offset;
	if (tm.tm_sec == 60 && time % 86400 != 0)
		return -EINVAL;
	*ret = (struct timespec){ .tv_sec = time, .tv_nsec = ns };
	return 0;
}

int rfc3339_format(char ret[RFC3339_BYTES], time_t time)
{
	struct tm tm;

	if (!gmtime_r(&time, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return -EINVAL;
	snprintf(ret, RFC3339_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		 (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		 (unsigned)tm.tm_sec % 100);
	return 0;
}
