// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* risk.c — the numbers of the confidence model. */
#include "analyzer/risk.h"

#include <stddef.h>

#include "analyzer/incidence.h"

enum kind { MEAN, BOUND };

struct row {
	const char *factor;
	enum kind kind;
	size_t failures, successes; /* Beta counts */
	const char *origin;
};

/* The file three times, each time for one of its kinds of line. */
#define RISK_MODEL(version)
#define RISK(name, f, k, bad, good, why) [RISK_##name] = { f, k, bad, good, why },
#define RISK_NUMBER(name, value, why)

static const struct row rows[] = {
#include "analyzer/data/risks.def"
};

static const double numbers[] = {
#undef RISK
#undef RISK_NUMBER
#define RISK(name, f, k, bad, good, why)
#define RISK_NUMBER(name, value, why) [RISK_NUMBER_##name] = value,
#include "analyzer/data/risks.def"
};

static const char model[] =
#undef RISK_MODEL
#undef RISK_NUMBER
#define RISK_MODEL(version) version
#define RISK_NUMBER(name, value, why)
#include "analyzer/data/risks.def"
    ;

const char *risk_factor(enum risk risk)
{
	return rows[risk].factor;
}

double risk_value(enum risk risk)
{
	const struct row *row = &rows[risk];
	size_t all = row->failures + row->successes;

	if (row->kind == BOUND)
		return binomial_upper(row->failures, all);
	return (double)row->failures / (double)all;
}

const char *risk_origin(enum risk risk)
{
	return rows[risk].origin;
}

double risk_number(enum risk_number number)
{
	return numbers[number];
}

const char *risk_model(void)
{
	return model;
}
