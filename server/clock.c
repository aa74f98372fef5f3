// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* clock.c — points in time. */
#include "server/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_steady_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

const char *clock_text(char ret[CLOCK_TEXT_BYTES], int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = {};
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(ret, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + n, CLOCK_TEXT_BYTES - n, ".%03dZ", (int)(ms % 1000));
	return ret;
}
