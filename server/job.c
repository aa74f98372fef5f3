// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* job.c — one analysis. */
#include "server/job.h"

#include <string.h>

const char *const job_state_names[JOB_STATE_COUNT + 1] = {
#define X(name, text) [name] = text,
	JOB_STATES(X)
#undef X
};

int job_state_from_text(enum job_state *ret, const char *text)
{
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		if (!strcmp(job_state_names[i], text)) {
			*ret = (enum job_state)i;
			return 0;
		}
	return -EINVAL;
}

void job_done(struct job *job)
{
	char *const owned[] = { job->org,     job->image_ref,    job->image_digest,
				job->sbom_id, job->profile,      job->config,
				job->inputs,  job->fingerprint,  job->callback_url,
				job->phase,   job->error,        job->sandbox_id,
				job->owner,   job->submitted_by, job->reasons };

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		free(owned[i]);
	*job = (struct job){};
}

void job_free(struct job *job)
{
	if (job)
		job_done(job);
	free(job);
}
