/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* risk.h — the numbers of the confidence model, from the one file that has them: data/risks.def. */
#pragma once

enum risk {
	RISK_NONE,
#define RISK_MODEL(version)
#define RISK(name, factor, kind, failures, successes, origin) RISK_##name,
#define RISK_NUMBER(name, value, origin)
#include "analyzer/data/risks.def"
#undef RISK_MODEL
#undef RISK
#undef RISK_NUMBER
	RISK_COUNT
};

enum risk_number {
#define RISK_MODEL(version)
#define RISK(name, factor, kind, failures, successes, origin)
#define RISK_NUMBER(name, value, origin) RISK_NUMBER_##name,
#include "analyzer/data/risks.def"
#undef RISK_MODEL
#undef RISK
#undef RISK_NUMBER
	RISK_NUMBER_COUNT
};

/* Which factor of a confidence it makes ("mapping"), how large it is, 0…1, and what it rests on, in words. Not for RISK_NONE. */
const char *risk_factor(enum risk risk);
double risk_value(enum risk risk);
const char *risk_origin(enum risk risk);
double risk_number(enum risk_number number);
/* The version of the numbers. */
const char *risk_model(void);
