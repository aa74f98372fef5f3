/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* session.h — one server, and the key for it, over as many calls as a verb needs. */
#pragma once

#include "include/client.h"
#include "server/http_client.h"
#include "server/json_in.h"

struct session {
	struct http_client *http;
	char *base;      /* "https://host:port", no slash behind it */
	char key[200];   /* "Authorization: Bearer …"; "": none */
	char *authority; /* PEM, or NULL */
};

/* The server and key that the options or the environment name. -EINVAL: they are no server, or no key. */
_must_check_ int session_open(struct session *ret, const struct client_options *options,
			      struct err *err);
/* A small file's text, of certificates; freed by the caller. */
_must_check_ int session_read_pem(char **ret, const char *path, struct err *err);
/* The key is wiped. */
void session_close(struct session *session);

struct session_call {
	const char *method, *path;
	const char *body;  /* JSON, or NULL */
	const char *file;  /* or a file's content */
	const char *extra; /* one more header, "Name: value", or NULL */
};
/* The reply; freed by cJSON_Delete. Where the server refuses: -EREMOTEIO with its reason, every field named, or -ENOENT. */
_must_check_ int session_ask(cJSON **ret, struct session *session, const struct session_call *call,
			     struct err *err);
/* A reply of any size and kind, into a file or a stream that is open for writing. */
_must_check_ int session_fetch(struct session *session, const char *path, int fd, struct err *err);
/* A stream of any length: what `take` gets of it. 0 when the server ended it. */
_must_check_ int session_follow(struct session *session, const char *path, const char *extra,
				int (*take)(void *ctx, const char *bytes, size_t len), void *ctx,
				struct err *err);
