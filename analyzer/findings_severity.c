// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_severity.c — one scale for the severities of all sources. */
#include "analyzer/findings_claim.h"

#include <string.h>
#include <strings.h>

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "unknown", "negligible", "low",
					     "medium",  "high",       "critical" };

	_Static_assert(sizeof(names) / sizeof(*names) == SEVERITY_COUNT, "a name for each");
	return names[severity];
}

enum severity severity_from_string(const char *text)
{
	static const struct {
		const char *text;
		enum severity severity;
	} names[] = {
		{ "critical", SEVERITY_CRITICAL },     { "high", SEVERITY_HIGH },
		{ "important", SEVERITY_HIGH },        { "medium", SEVERITY_MEDIUM },
		{ "moderate", SEVERITY_MEDIUM },       { "low", SEVERITY_LOW },
		{ "negligible", SEVERITY_NEGLIGIBLE }, { "unimportant", SEVERITY_NEGLIGIBLE },
		{ "none", SEVERITY_NEGLIGIBLE },       { "info", SEVERITY_NEGLIGIBLE },
	};

	for (size_t i = 0; text && i < sizeof(names) / sizeof(*names); i++)
		if (!strcasecmp(text, names[i].text))
			return names[i].severity;
	return SEVERITY_UNKNOWN;
}

/* Weights of CVSS 3.1 §7.4, in thousandths; 0 stands for "not in the vector". */
struct metric {
	const char *name;
	const char *values;
	unsigned weights[4];
};

static unsigned metric_weight(const char *vector, const struct metric *metric)
{
	char wanted[8];
	const char *at, *value;

	snprintf(wanted, sizeof(wanted), "/%s:", metric->name);
	at = strstr(vector, wanted);
	value = at && at[strlen(wanted)] ? strchr(metric->values, at[strlen(wanted)]) : NULL;
	return value ? metric->weights[value - metric->values] + 1 : 0;
}

/* §7.1: exact in integers up to the powers, which need a double; the bands are far wider than its error. */
static double base_score(const unsigned w[7], bool changed)
{
	double iss = 1 - (1 - w[4] / 1000.0) * (1 - w[5] / 1000.0) * (1 - w[6] / 1000.0);
	double exploit = 8.22 * w[0] * w[1] * w[2] * w[3] / 1e12;
	double p = iss - 0.02, impact = 6.42 * iss, score;

	if (changed) {
		for (int i = 0; i < 14; i++)
			p *= iss - 0.02;
		impact = 7.52 * (iss - 0.029) - 3.25 * p;
	}
	if (impact <= 0)
		return 0;
	score = (impact + exploit) * (changed ? 1.08 : 1);
	return score > 10 ? 10 : score;
}

enum severity severity_from_cvss(const char *vector)
{
	static const struct metric metrics[] = {
		{ "AV", "NALP", { 850, 620, 550, 200 } }, { "AC", "LH", { 770, 440 } },
		{ "PR", "NLH", { 850, 620, 270 } },       { "UI", "NR", { 850, 620 } },
		{ "C", "HLN", { 560, 220, 0 } },          { "I", "HLN", { 560, 220, 0 } },
		{ "A", "HLN", { 560, 220, 0 } },
	};
	unsigned w[7], score;
	bool changed;

	if (!vector || (strncmp(vector, "CVSS:3.0/", 9) && strncmp(vector, "CVSS:3.1/", 9)) ||
	    strlen(vector) > FINDINGS_TEXT_MAX)
		return SEVERITY_UNKNOWN;
	changed = strstr(vector, "/S:C") != NULL;
	for (size_t i = 0; i < 7; i++) {
		w[i] = metric_weight(vector, &metrics[i]);
		if (w[i]-- == 0)
			return SEVERITY_UNKNOWN;
	}
	if (changed && w[2] != 850)
		w[2] = w[2] == 620 ? 680 : 500;
	score = (unsigned)(base_score(w, changed) * 1e5 + 0.5);
	/* Scores are rounded up to one decimal before they are put into bands (appendix A). */
	return score > 890000   ? SEVERITY_CRITICAL
	       : score > 690000 ? SEVERITY_HIGH
	       : score > 390000 ? SEVERITY_MEDIUM
	       : score > 0      ? SEVERITY_LOW
				: SEVERITY_NEGLIGIBLE;
}
