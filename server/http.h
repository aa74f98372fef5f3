/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * http.h — connections, by libmicrohttpd: epoll, a few threads, none of which ever blocks.
 *
 * A service decides twice: `begin` sees method, path and headers before the body comes (guarded by guard.h), `finish` the whole
 * request. What may take long finishes on other threads, the connection sleeping meanwhile.
 */
#pragma once

#include "include/err.h"
#include "server/request.h"

#define REQUEST_BYTES_MIN 4096

#define HTTP_LATER 2

struct http;

struct http_service {
	/* 0: go on, with at most *ret_body_max bytes of body. 1: request->reply is made. length < 0: not said. HTTP_LATER: `admit`
	 * is to say that, which may take long; nothing of a body is taken before. */
	int (*begin)(struct request *request, int64_t length, uint64_t *ret_body_max);
	int (*admit)(struct request *request, int64_t length, uint64_t *ret_body_max);
	/* Makes the reply. */
	void (*finish)(struct request *request);
	/* May finish run on the connection's thread? */
	bool (*is_quick)(const struct request *request);
	/* It is on its way, or the client has gone. */
	void (*end)(const struct request *request, uint64_t took_us);
};

struct http_options {
	const char *address; /* numeric; "" for a unix socket at `path` */
	uint16_t port;       /* 0: any */
	const char *path;
	unsigned threads, workers, connections_max, per_address_max, idle_s;
	/* All of a request's head must come within so long, and of its body so much more as REQUEST_BYTES_MIN a second allow; 0:
	 * in its own time. */
	unsigned request_s;
	const char *certificate, *key; /* PEM texts, for TLS; or NULL */
	const char *client_ca;         /* PEM: a client may show a certificate of its; or NULL */
	const struct http_service *service;
	struct app *app;
};

_must_check_ int http_start(struct http **ret, const struct http_options *options, struct err *err);
uint16_t http_port(const struct http *http);
/* No new connections; those that are there are served. */
void http_quiesce(struct http *http);
/* Every stream must have been ended. */
void http_stop(struct http *http);
