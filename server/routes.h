/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * routes.h — the one table of what the server answers to.
 *
 * Matching, validation, scopes, body limits, /openapi.json and the docs all come from it: to add a call, add a row (and the
 * tables of its fields to schemas.c) and a handler.
 */
#pragma once

#include "server/fields.h"
#include "server/request.h"

enum route_flag {
	ROUTE_INLINE = 1,   /* only reads, and quickly: answered on the thread of the connection */
	ROUTE_UPLOAD = 2,   /* the body goes to a file */
	ROUTE_ETAG = 4,     /* what the client has already is not sent again: If-None-Match */
	ROUTE_HIDDEN = 8,   /* not in the documentation */
	ROUTE_CONTROL = 16, /* only on the control socket */
	ROUTE_LENIENT = 32, /* the body may be absent */
	ROUTE_BLOB = 64,    /* asks for a content, which may be far away */
};

struct reply_def {
	unsigned status; /* 0 ends the list */
	const char *help, *type;
	const struct field *fields; /* of JSON, or NULL */
};

struct route {
	const char *method, *path; /* "/a/{name}/b" */
	int (*handle)(struct request *request, struct err *err);
	const char *summary, *tag;
	unsigned scopes; /* one of these; 0: for everybody */
	unsigned flags;
	const struct field *parameters; /* of the path, in order */
	const struct field *query;
	const struct field *body; /* JSON; NULL: none */
	const char *body_schema;  /* its name among the components */
	uint64_t body_max;        /* 0 of an upload: what the operator chose */
	const struct reply_def *replies;
	bool conflict;               /* can answer 409 */
	bool absent;                 /* can answer 404, though its path names nothing */
	const char *example;         /* of an upload */
	bool external;               /* can answer 502, for a service that is not ours */
	const struct field *headers; /* parameters in the head of the request */
};

extern const struct route routes[];
extern const size_t route_count;

/* The route of method and path; fills request->path_values. NULL: none, then *ret_allow (may be NULL) says which methods there are
 * for the path, "" for none. */
const struct route *route_find(struct request *request, char ret_allow[64]);
