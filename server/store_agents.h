/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* store_agents.h — the agents that were heard of, and what they have uploaded for which analysis. As store.h promises. */
#pragma once

#include "server/store.h"

/* Of whom nothing was heard for so long is silent; agents beat every 15 s. */
#define AGENT_UP_MS 60000

struct agent_node {
	char *org, *node, *version, *kernel, *arch, *backend;
	char *details; /* JSON: what it said of itself */
	int64_t first_ms, seen_ms;
};
void agent_node_done(struct agent_node *agent);
/* It is there, and like this: a new row, or the one of that node. Times are the store's. */
_must_check_ int store_agent_seen(struct db *db, const struct agent_node *agent, struct err *err);
typedef int (*agent_node_fn)(void *ctx, const struct agent_node *agent);
/* By node; org NULL: of all. */
_must_check_ int store_agent_list(struct db *db, const char *org, agent_node_fn fn, void *ctx,
				  struct err *err);

struct agent_upload {
	char id[ID_BYTES], job_id[ID_BYTES];
	char *org, *pod_uid, *node, *container, *kind, *digest, *created_by;
	int64_t attempt, bytes, created_ms, completed_ms;
	bool is_complete;
	bool is_bound; /* wanted by an agent that may speak only of the pods of its node */
};
void agent_upload_done(struct agent_upload *upload);

/* Of one analysis: its files, and, so that no number of files keeps a trace away, its traces and lists of files. */
#define AGENT_FILES_MAX 4096
#define AGENT_TRACES_MAX 256
#define AGENT_UPLOAD_BYTES_MAX (8ll << 30) /* all together, of each of the two */

/*
 * Begins an upload for an analysis of `wanted->org` (NULL: of any) that is worked on, or finds the one of the same content for the
 * same container: *ret is what stands then. Content that agents of this organisation have given already makes a file complete at
 * once. Files come after the trace, and are taken of one that is complete, too. -ENOENT: no such analysis; -EALREADY: it is not worked
 * on, as *ret_state says; -EFBIG: more than one analysis may have.
 */
/* Of one that is bound also: -ESTALE: the attempt is over; -EAGAIN: where its sandbox is is not known yet; -ENOENT: it has no such
 * pod; -EPERM: that is on another node. */
_must_check_ int store_upload_begin(struct agent_upload *ret, enum job_state *ret_state,
				    struct db *db, const struct agent_upload *wanted,
				    struct err *err);
/* -ENOENT. */
_must_check_ int store_upload(struct agent_upload *ret, struct db *db, const char *org,
			      const char *id, struct err *err);
/* The digest of the list of functions that is to be watched in a pod, of whom `wanted` says analysis, attempt, pod, node and whether
 * he is bound; "": there is none. Fails as store_upload_begin does. */
_must_check_ int store_functions_get(char ret[DIGEST_HEX_BYTES], enum job_state *ret_state,
				     struct db *db, const struct agent_upload *wanted,
				     struct err *err);
_must_check_ int store_upload_complete(struct db *db, const char *id, struct err *err);
typedef int (*agent_upload_fn)(void *ctx, const struct agent_upload *upload);
/* Those of an analysis that are complete, in the order in which they became so. */
_must_check_ int store_upload_list(struct db *db, const char *job_id, agent_upload_fn fn, void *ctx,
				   struct err *err);
/* Takes the next one that was begun before a time and never completed; 1, or 0 when there is none. */
_must_check_ int store_upload_expire(char ret_id[ID_BYTES], struct db *db, int64_t before_ms,
				     struct err *err);
/* 1: an agent of this organisation (NULL: of any) has given this content; 0: none has. */
_must_check_ int store_upload_has(struct db *db, const char *org, const char *digest,
				  struct err *err);
