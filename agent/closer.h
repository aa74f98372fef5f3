/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * closer.h — closes descriptors elsewhere: closing a link of probes waits some 50 ms for all CPUs, and whoever hits them in the
 * meantime should not wait for us. Several waits at the same time take no longer than one.
 */
#pragma once

#include "include/cleanup.h"

struct closer;

/* Threads are started with need. NULL when there is no memory. */
struct closer *closer_new(void);
/* Takes the descriptor over; where there is no thread or memory, it is closed here. < 0: nothing to do. */
void closer_add(struct closer *closer, int fd);
/* Waits until all that were added are closed. */
void closer_wait(struct closer *closer);
/* The same; then there is no closer any more. */
void closer_free(struct closer *closer);
DEFINE_CLEANUP(struct closer *, closer_free)
