/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * armed.h — one file with probes in it: put in, taken away after the first hit, put back for the next unit.
 *
 * Sites are attached in groups of some hundred. A site that was hit cannot be taken out of its link: the group is attached
 * again without it, and then the old link is closed, so that no moment is unwatched. The sites that come back with a unit form
 * groups of their own: what runs in every unit ends up together, and what never runs is not touched any more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/closer.h"
#include "agent/code_file.h"
#include "agent/functions.h"
#include "include/cleanup.h"

struct armed_context {
	int program_fd;
	struct closer *closer;
	const struct functions *functions;
};

struct armed;

/*
 * Puts probes to all sites of the object in the open file, which is taken over, also on failure. What lies outside of code and
 * what the kernel refuses is left out: see armed_refusal. The cookie of site i of the object is (number << 32 | i). The mapping is
 * one of the file: where its process has it, that the breakpoints are there is seen at once; only the rest costs a check.
 */
_must_check_ int armed_open(struct armed **ret, const struct armed_context *context,
			    const struct function_object *object, int fd, uint32_t number,
			    const struct code_mapping *mapping);
void armed_free(struct armed *armed);
DEFINE_CLEANUP(struct armed *, armed_free)

const struct function_object *armed_object(const struct armed *armed);
uint32_t armed_site_count(const struct armed *armed);  /* without the refused */
uint32_t armed_start_count(const struct armed *armed); /* of them, where functions begin */
/*
 * How many sites does a process lack that are watched? What it has mapped writable or shared, or made executable later, has no
 * breakpoints, whoever else has them: there silence says nothing. 0 when its memory cannot be read.
 */
uint32_t armed_missing(const struct armed *armed, const struct code_mapping *mapping);
uint32_t armed_missing_at_first(
    const struct armed *armed); /* of the process whose mapping armed_open was given */
/* Why site i was left out, or NULL. */
const char *armed_refusal(const struct armed *armed, uint32_t site);

/* A hit in the present unit: true when it is the first there; the site is then due to be taken away. */
bool armed_hit(struct armed *armed, uint32_t site);
/* Takes away what is due. When it cannot, the sites stay: that costs time, nothing else. */
void armed_retire(struct armed *armed);
/* All sites again, for a new unit. The number of sites for which that failed. */
_must_check_ uint32_t armed_renew(struct armed *armed);
