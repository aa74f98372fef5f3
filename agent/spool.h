/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * spool.h — the directory in which traces wait until the server has them, and in which stands what was being recorded.
 *
 *   ANALYSIS.ATTEMPT.UID.CONTAINER.N.trace.gz        ended; with ".part" behind it: not yet, or never, when its writer was killed
 *   UID.pod                                          a pod that is being recorded: what its gate said
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/pod.h"

struct spool;

/* Makes the directory and waits until no other daemon, nor a recorder of one, works in it. What was left half is taken as it is. */
_must_check_ int spool_open(struct spool **ret, const char *dir, struct err *err);
void spool_close(struct spool *spool);
DEFINE_CLEANUP(struct spool *, spool_close)

const char *spool_dir(const struct spool *spool);
/* Bytes of all traces in it. */
uint64_t spool_bytes(const struct spool *spool);
/*
 * What one more recorder may write, of `places` that there still are, when so much is free and `given` bytes of that are promised to
 * others: an equal part, so that together they stay within the limit. 0: too little for a trace.
 */
uint64_t spool_share(uint64_t free_bytes, uint64_t given, size_t places);

/* Those that a pod's recorder left half when it was killed (uid NULL: any recorder) are ended: without a last line a trace says itself
 * that it is not whole. */
void spool_take_parts(const struct spool *spool, const char *uid);
/* Calls for every trace that is ended. */
typedef int (*spool_fn)(void *ctx, const char *name, const struct pod_member *member);
_must_check_ int spool_each(const struct spool *spool, spool_fn fn, void *ctx);
/* A trace for reading; the descriptor, or -errno. */
_must_check_ int spool_get(const struct spool *spool, const char *name);
void spool_remove(const struct spool *spool, const char *name);

/* A pod is being recorded; it is not any more. */
_must_check_ int spool_note(const struct spool *spool, const char *uid,
			    const struct pod_claim *claim, struct err *err);
void spool_forget(const struct spool *spool, const char *uid);
/* Was it, when a daemon ended without notice? What its gate said then. */
bool spool_noted(struct pod_claim *ret, const struct spool *spool, const char *uid);
/* Forgets the pods for which `keep` is false. */
void spool_sweep(const struct spool *spool, bool (*keep)(void *ctx, const char *uid), void *ctx);

/* A file of it is there, empty, and its time is now: all that can be said where there is no room. */
void spool_touch(const struct spool *spool, const char *name);
/* Replaces a file of it, whole. */
_must_check_ int spool_write(const struct spool *spool, const char *name, const char *bytes,
			     size_t len, struct err *err);
