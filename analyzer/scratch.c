// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* scratch.c — a private directory for the while of one scope. */
#include "analyzer/scratch.h"

int scratch_open(struct scratch *ret, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct scratch scratch = {};
	int n = snprintf(scratch.dir, sizeof(scratch.dir), "%s/vexxy-scratch.XXXXXX",
			 tmp && *tmp ? tmp : "/tmp");

	if (n >= (int)sizeof(scratch.dir))
		return err_set(err, ENAMETOOLONG, "TMPDIR is longer than %d bytes",
			       SCRATCH_PATH_BYTES);
	if (!mkdtemp(scratch.dir))
		return err_sys(err, errno, "cannot make '%s'", scratch.dir);
	janitor_hire(&scratch.janitor, scratch.dir);
	*ret = scratch;
	return 0;
}

void scratch_done(struct scratch *scratch)
{
	if (!scratch->dir[0])
		return;
	(void)janitor_remove(scratch->dir);
	janitor_dismiss(&scratch->janitor);
	scratch->dir[0] = '\0';
}
