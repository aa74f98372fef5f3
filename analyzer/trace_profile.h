/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * trace_profile.h — a trace in Kubescape's own form, so that what was recorded appears where its users look.
 *
 * Opens that succeeded, of paths that are sure, with the flags that follow from the access; programs that were executed (their
 * arguments are not recorded); system calls by name. It says that it is complete only when nothing was lost from the first
 * instruction to the end.
 */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/trace.h"

/* Can a profile have it: is it an open or a program, and its path one that JSON holds and that is sure to be the one? */
bool trace_profile_tells(const struct trace_use *use);
/* The machine of the trace in Go's words ("amd64"), or NULL. */
const char *trace_profile_architecture(const struct trace *trace);

struct profile_identity {
	const char *
	    instance_id; /* apiVersion-<v>/namespace-<ns>/kind-<Kind>/name-<name>/containerName-<container> */
	const char *wlid; /* of the workload at the top, or NULL */
};

/* A ContainerProfile. The caller deletes it; NULL with the reason. */
cJSON *trace_profile_document(const struct trace *trace, const struct profile_identity *identity,
			      struct err *err);
