// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_prior.c — any bytes as a prior document: refused with a reason, or every statement of it is on a finding or left out. */
#include <stdint.h>

#include "analyzer/prior.h"
#include "tests/unit/analysis_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(prior_files_freep) struct prior_files *files = NULL;
	_cleanup_(priors_freep) struct priors *priors = NULL;
	struct err err = {};
	struct fixture f;

	fixture_init(&f);
	if (prior_files_parse(&files, (const char *)data, size, "fuzz", &err) < 0) {
		must(err.text[0]);
		return 0;
	}
	must(priors_weigh(&priors, files, &f.analysis, &err) == 0);
	for (size_t i = 0; i < priors->document_count; i++) {
		const struct prior_document *d = &priors->documents[i];
		size_t left = 0;

		for (int why = 0; why < PRIOR_LEFT_COUNT; why++)
			left += d->left[why];
		must(d->applied + left == d->statements);
	}
	for (size_t i = 0; i < f.findings.count; i++) {
		const struct prior_statement *strongest = priors_strongest(priors, i);
		size_t n;
		const struct prior_statement *s = priors_on(priors, i, &n);

		must(!n == !strongest);
		for (size_t k = 0; k < n; k++)
			must(s[k].status && s[k].product && s[k].why &&
			     s[k].relation <= strongest->relation);
	}
	return 0;
}
