/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* request.h — a request as a handler sees it, and the reply that it makes; nothing of the HTTP library. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/err.h"
#include "server/digest.h"
#include "server/fields.h"
#include "server/ids.h"
#include "server/json_in.h"
#include "server/text.h"

#define REQUEST_HEADERS_MAX 64
#define REQUEST_ID_BYTES 129
#define PATH_PARAMETERS_MAX 3
#define QUERY_PARAMETERS_MAX 16

#define NODE_BYTES 254 /* a name of a node */

struct route;
struct app;

struct header {
	const char *name, *value;
	size_t name_len, value_len;
};

enum scope {
	SCOPE_READ = 1,
	SCOPE_SUBMIT = 2,
	SCOPE_CANCEL = 4,
	SCOPE_ADMIN = 8,
	SCOPE_AGENT = 16,
	SCOPE_METRICS = 32,
	SCOPE_ALL = 63,
};

struct principal {
	char org[65];   /* whose data it sees */
	char actor[80]; /* for the audit log: "key:ID", "local" */
	unsigned scopes;
	bool
	    everywhere; /* keys of every organisation: the operator on the control socket; agents by their own identity */
	bool
	    is_agent; /* by a certificate or a token of its own, and not by a key: only what is of its node */
	char node[NODE_BYTES]; /* of such an agent; "": its token does not tell */
};

/* Bytes that come over time. next: writes up to max bytes; 0: nothing now, -1: the end. Calls of it never overlap. */
struct stream {
	ptrdiff_t (*next)(struct stream *stream, char *bytes, size_t max);
	void (*free)(struct stream *stream);
	void (*wake)(void *ctx); /* set by the server: call next again; from any thread */
	void *wake_ctx;
};

struct reply {
	unsigned status;
	const char *type; /* of the body, borrowed */
	struct text body;
	int fd; /* a file instead of the body, from its start; closed by the server. -1: none */
	uint64_t fd_bytes;
	struct stream *stream; /* or this */
	struct reply_header {
		const char *name; /* a literal */
		char *value;
	} * headers;
	size_t header_count, header_capacity;
	bool is_lost; /* there was no memory for all of it: it must not be sent */
};

struct upload {
	char path[512]; /* where the body was written; "": not asked for */
	int fd;
	uint64_t bytes;
	struct digest *digest;
	char hex[DIGEST_HEX_BYTES]; /* when all is there */
};

struct request {
	struct app *app;
	const struct route *route;
	char *uri;          /* as it was sent, split at '?' */
	const char *method; /* HEAD is GET here */
	struct {
		const char *name;
		char *value;
	} query[QUERY_PARAMETERS_MAX];
	size_t query_count;
	char *path_values[PATH_PARAMETERS_MAX]; /* in the order of the route's path */
	struct header *headers;
	size_t header_count, header_capacity;
	char id[REQUEST_ID_BYTES];
	char peer[64];
	bool on_control; /* came in by the control socket, which only the operator can open */
	void *
	    tls; /* the session, where clients may show a certificate (peer_certificate.h); or NULL */
	struct principal principal;
	struct text body;
	cJSON *json; /* the body, checked against the route's table */
	struct upload upload;
	/* What a handler looks at: when it fails with -EINVAL or -EBADMSG, that is where the fault is. */
	struct fault_place blame;
	int64_t begun_us;
	struct reply reply;
};

/* One more, whose texts live as long as the request. -E2BIG: there are REQUEST_HEADERS_MAX already. */
_must_check_ int request_add_header(struct request *request, const struct header *header);
/* The first header of that name (any case), or NULL. */
const char *request_header(const struct request *request, const char *name);
/* A query parameter, decoded, or NULL. */
const char *request_query(const struct request *request, const char *name);
int64_t request_query_int(const struct request *request, const char *name, int64_t otherwise);
/* The value of the n-th {parameter} of the path. */
const char *request_path(const struct request *request, size_t n);
/* A client's id for the request is kept when it is printable; else the request gets one. */
void request_take_id(struct request *request);
/* Splits and decodes path and query in place. -EINVAL: not decodable, or too many parameters. */
_must_check_ int request_split(struct request *request, struct err *err);
/* Frees what the request holds, not itself. */
void request_done(struct request *request);

/* The reply: JSON that the text holds (moved); -1 with 500 when the text failed. */
void reply_json(struct request *request, unsigned status, struct text *json);
/* The reply is an object whose one list, still open, a query has filled; nothing of it when that failed. Returns r. */
struct json_out;
_must_check_ int reply_list(struct request *request, struct json_out *out, int r);
/* The envelope of every error: {error, message, details, request_id}, and for who asks for it that of RFC 9457 with it. details: a
 * JSON object, or NULL. */
void reply_error(struct request *request, unsigned status, const char *code, const char *message,
		 const char *details);
/* 422, naming all of them. */
struct faults;
void reply_faults(struct request *request, const char *message, struct faults *faults);
/* From an errno-like result with its reason; what is not the client's doing is 500 or 503, and logged. */
void reply_failure(struct request *request, int r, const struct err *err);
/* name: a literal. */
_printf_(3, 4) void reply_header(struct request *request, const char *name, const char *fmt, ...);
/* The SHA-256 of what is sent (RFC 9530). */
void reply_digest(struct request *request, const char *hex);
/* Sets the ETag. True when the client has it already: the reply is a 304 then. */
bool reply_etag(struct request *request, const char *tag);
