/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * profile_start.h — is a profile of the start of the container that was traced, or of another one?
 *
 * Both may know of the start: when it was, on what machine, and with which program the container began. A profile is made minutes after
 * the container's first instruction and is kept under a name that all starts of one template share, so one of an earlier start looks
 * like one of this: its object is older than the traced start. Who is of the same time, machine and program cannot be told apart.
 */
#pragma once

#include "analyzer/inventory.h"
#include "analyzer/trace.h"
#include "kubescape-compat/profile.h"

/* Clocks of a node and of a cluster may differ by so much. */
#define PROFILE_SKEW_S 300
/* The agent's first report comes two minutes after the start, at the latest when the data on the pod has arrived (15 minutes), and
 * storage puts it together within a minute: an object made later than this is of a later start. */
#define PROFILE_BEGIN_S 3600

/* Why it is of the start of none of the traces, in *ret; NULL when nothing says that. -ENOMEM. */
_must_check_ int profile_start_differs(const char **ret, const struct kube_profile *profile,
				       const struct inventory *inv, struct trace *const *traces,
				       size_t trace_count, struct arena *arena);
