// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_compare.c — any bytes as Kubescape's objects beside a report, and as a report: refused with a reason, or every word has a row. */
#include <stdint.h>

#include "analyzer/compare.h"
#include "analyzer/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void compare(const cJSON *report, struct kubescape_words *words)
{
	_cleanup_(comparison_freep) struct comparison *comparison = NULL;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	struct err err = {};
	size_t sum = 0;

	if (compare_report(&comparison, report, words, &err) < 0) {
		must(err.text[0]);
		return;
	}
	for (int i = 0; i < COMPARED_COUNT; i++)
		sum += comparison->by_relation[i];
	must(sum == comparison->count);
	for (size_t i = 0; i < comparison->count; i++)
		must(comparison->rows[i].id && comparison->rows[i].why);
	doc = comparison_json(comparison);
	must(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char sample[] =
	    "{\"vexxy_report\":\"1.0\",\"verdicts\":[{\"id\":\"CVE-2023-4911\",\"aliases\":[\"A\"],"
	    "\"package\":\"libc6\",\"purl\":\"pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64\","
	    "\"status\":\"affected\",\"rule\":\"R6\",\"kubescape\":{\"status\":\"affected\"}}]}";
	_cleanup_(kubescape_words_freep) struct kubescape_words *words = NULL;
	_cleanup_(cJSON_Deletep) cJSON *report = NULL, *other = NULL;
	struct err err = {};

	must(json_parse(&report, sample, sizeof(sample) - 1, &err) == 0);
	if (kubescape_words_parse(&words, (const char *)data, size, &err) == 0)
		compare(report, words);
	else
		must(err.text[0]);
	if (json_parse(&other, (const char *)data, size, &err) == 0)
		compare(other, NULL);
	return 0;
}
