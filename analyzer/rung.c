// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rung.c — names of the rungs. */
#include "analyzer/rung.h"

const char *rung_name(enum rung rung)
{
#define RUNG_NAME(id, name, what) name,
	static const char *const names[] = { RUNGS(RUNG_NAME) };
#undef RUNG_NAME

	return names[rung];
}
