// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* quantity.c — amounts of memory and processors, as Kubernetes writes them. */
#include "server/quantity.h"

#include <stdlib.h>
#include <string.h>

int quantity_memory(uint64_t *ret_mb, const char *text, struct err *err)
{
	static const struct {
		const char *suffix;
		uint64_t bytes;
	} units[] = { { "Ki", 1ull << 10 }, { "Mi", 1ull << 20 },   { "Gi", 1ull << 30 },
		      { "Ti", 1ull << 40 }, { "k", 1000 },          { "M", 1000000 },
		      { "G", 1000000000 },  { "T", 1000000000000 }, { "", 1 } };
	uint64_t value, mb = 0;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	for (size_t i = 0;
	     !errno && end != text && *text != '-' && i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(end, units[i].suffix) && value <= UINT64_MAX / units[i].bytes)
			mb = value * units[i].bytes >> 20;
	if (mb < 16 || mb > 1u << 24)
		return err_set(err, EINVAL, "memory '%s' is no quantity from 16Mi to 16Ti", text);
	*ret_mb = mb;
	return 0;
}

int quantity_cpu(uint64_t *ret_m, const char *text, struct err *err)
{
	char *end;
	double value = strtod(text, &end);

	if (*end != 'm' || end[1])
		value *= 1000;
	else
		end++;
	if (end == text || *end || !(value >= 1 && value <= 1e6))
		return err_set(err, EINVAL, "'%s' is no quantity of processors from 1m to 1000",
			       text);
	*ret_m = (uint64_t)value;
	return 0;
}
