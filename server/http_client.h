/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * http_client.h — what we ask of other servers over HTTP, by libcurl; nothing else here knows of that.
 *
 * A client keeps its connections for the next call; it is for one thread at a time. Nothing is taken from the environment, no
 * proxy either, and a redirect is an answer like any other: whoever follows one has looked at it before.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "server/text.h"

struct http_client;

_must_check_ int http_client_new(struct http_client **ret, struct err *err);
void http_client_free(struct http_client *client);
DEFINE_CLEANUP(struct http_client *, http_client_free)

/* All that is not set is NULL or 0. Everything is borrowed until the call returns. */
struct http_call {
	const char *method; /* NULL: GET */
	const char *url;    /* of http: or https: */
	const char *unix_path;
	const char *proxy; /* URL; only where the operator named one */
	/* Where to connect instead of where the URL says, "HOST:PORT" or "[V6]:PORT": the URL's name is asked for all the
	 * same, and is what the certificate must have. An address that was looked at goes here. */
	const char *connect_to;
	const char *const *headers; /* "Name: value" …, NULL */
	/* The body: bytes; or, without them, as many of the file, from its start. */
	const void *body;
	uint64_t body_len;
	int body_fd;
	/* 0: 8 MiB, 10 s, 60 s. Longer, slower or larger is a failure. timeout_ms < 0: as long as it takes. */
	uint64_t answer_max;
	int64_t connect_ms, timeout_ms;
	int64_t silence_s; /* so long without a byte is a failure; 0: none */
	/* PEM. ca NULL: those that the system trusts. */
	const char *ca, *certificate, *key;
	bool trusts_anybody;
	/* AWS signature version 4: "aws:amz:REGION:s3" and "KEY:SECRET". Or only the latter: Basic. */
	const char *sigv4, *user;
	/* Gets the body as it comes, which answer->body is without then. < 0 ends the call. */
	int (*take)(void *ctx, unsigned status, const char *bytes, size_t len);
	/* About once a second; < 0 ends the call. */
	int (*tick)(void *ctx);
	void *ctx;
};

struct http_answer {
	unsigned status;
	struct text head; /* "Name: value\r\n" … */
	struct text body;
};
void http_answer_done(struct http_answer *answer);
/* Does what was answered so pass by itself? Who goes down, comes up, or has too much to do says such. */
static inline bool http_status_passes(unsigned status)
{
	return status == 408 || status == 429 || status >= 500;
}
/* The value of the last header of that name (any case), at most size - 1 bytes of it. False: there is none. */
bool http_answer_header(char *ret, size_t size, const struct http_answer *answer, const char *name);

/* 0: there is an answer, of whatever status; freed by the caller. -EINVAL: the URL, or what goes with it. -EACCES: it is not whom
 * its certificate should name. -EFBIG: the answer is larger than allowed. -ETIMEDOUT. -EAGAIN: not reached, or broken off. What
 * take or tick returned. */
_must_check_ int http_client_ask(struct http_answer *ret, struct http_client *client,
				 const struct http_call *call, struct err *err);

struct http_url {
	char scheme[8], host[256]; /* host: of an IPv6 address without brackets */
	uint16_t port;
	bool has_user;
};
/* Where a reference in what `base` answers leads to (RFC 3986, 5.2). Freed by the caller. -EINVAL: nowhere. */
_must_check_ int http_url_join(char **ret, const char *base, const char *reference,
			       struct err *err);
/* -EINVAL: no URL of http: or https:. */
_must_check_ int http_url_parse(struct http_url *ret, const char *url, struct err *err);
