/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * sse.h — server-sent events out of bytes that come in any pieces (HTML Living Standard §9.2.6).
 *
 * Lines end with \n, \r\n or \r. What is longer than SSE_LINE_MAX or SSE_DATA_MAX ends the stream with -EMSGSIZE: the server is none
 * of ours.
 */
#pragma once

#include "include/err.h"
#include "server/text.h"

#define SSE_LINE_MAX (64u << 10)
#define SSE_DATA_MAX (256u << 10)
#define SSE_ID_BYTES 32

struct sse {
	char id[SSE_ID_BYTES]; /* of the last event that had one: Last-Event-ID */
	/* data: without the last newline. < 0 ends it. */
	int (*event)(void *ctx, const char *type, const char *data);
	void *ctx;
	/* Between the pieces. */
	char type[32];
	struct text line, data;
	bool after_return, has_data;
};

/* 0, -EMSGSIZE, -ENOMEM, or what event returned. */
_must_check_ int sse_take(struct sse *sse, const char *bytes, size_t len);
/* Forgets an event that was cut; the id stays. */
void sse_restart(struct sse *sse);
void sse_done(struct sse *sse);
