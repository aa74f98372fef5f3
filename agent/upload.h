/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* upload.h — requests to the server, by libcurl. One at a time; the connection is kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "include/cleanup.h"
#include "include/err.h"

struct upload_options {
	const char *url; /* https://HOST[:PORT] */
	const char *
	    key_file; /* an API key or a token; read again for each request, for it may be renewed. NULL: none */
	const char *ca, *certificate,
	    *certificate_key; /* PEM files, or NULL; read for each connection */
};

struct upload;

_must_check_ int upload_open(struct upload **ret, const struct upload_options *options,
			     struct err *err);
void upload_close(struct upload *upload);
DEFINE_CLEANUP(struct upload *, upload_close)

struct upload_request {
	const char *method, *path;
	const char *json; /* the body; or */
	int fd;           /* without json, a part of this file; -1: no body */
	uint64_t offset, bytes;
	int save_fd; /* > 0: where the body of a reply with status 200 goes, instead of into memory; at most save_max bytes */
	uint64_t save_max;
};

struct upload_reply {
	long status;
	char *body;             /* NUL-terminated; the caller's */
	unsigned retry_after_s; /* 0: not said */
};
void upload_reply_done(struct upload_reply *reply);

/* 0 with whatever status came back; -EHOSTUNREACH when none did, with the reason. */
_must_check_ int upload_send(struct upload_reply *ret, struct upload *upload,
			     const struct upload_request *request, struct err *err);
