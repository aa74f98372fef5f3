// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings.c — inputs of any known format become findings. */
#include "analyzer/findings.h"

#include <string.h>

#include "analyzer/findings_input.h"
#include "include/array.h"

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* By path, so that what the first report says does not depend on the command line. */
static int read_all(struct claims *claims, const char *const *paths, size_t n, struct err *err)
{
	_cleanup_free_ const char **sorted = calloc(n + 1, sizeof(*sorted));
	int r = 0;

	if (!sorted)
		return err_oom(err);
	if (n)
		memcpy(sorted, paths, n * sizeof(*sorted));
	array_sort(sorted, n, sizeof(*sorted), compare_paths);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = findings_read_path(claims, sorted[i], err);
	return r;
}

int findings_load(struct findings **ret, const struct inventory *inv,
		  const struct findings_inputs *inputs, struct err *err)
{
	_cleanup_(findings_freep) struct findings *findings = calloc(1, sizeof(*findings));
	_cleanup_(claims_done) struct claims claims = {};
	int r;

	if (!findings)
		return err_oom(err);
	r = claims_init(&claims, inv, err);
	if (r >= 0)
		r = read_all(&claims, inputs->vulns, inputs->vuln_count, err);
	claims.advising = true;
	if (r >= 0)
		r = read_all(&claims, inputs->advisories, inputs->advisory_count, err);
	if (r >= 0)
		r = findings_join(findings, &claims, err);
	if (r < 0)
		return r;
	*ret = take_ptr(findings);
	return 0;
}

void findings_free(struct findings *findings)
{
	if (!findings)
		return;
	arena_free(findings->arena);
	free(findings);
}
