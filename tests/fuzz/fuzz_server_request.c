// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_server_request.c — any bytes as a request target and headers, a line each: what the guard passes can be split and routed. */
#include <stdint.h>

#include "include/array.h"
#include "server/guard.h"
#include "server/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line, NUL-terminated in place; NULL at the end. */
static char *next_line(char **at, char *end)
{
	char *line = *at, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	stop = stop ? stop : end;
	*stop = '\0';
	*at = stop + 1;
	return line;
}

static void take_header(struct request *request, char *line)
{
	char *colon = strchr(line, ':');

	struct header header = { .name = line };

	if (!colon)
		return;
	*colon++ = '\0';
	header.value = colon;
	header.name_len = strlen(line);
	header.value_len = strlen(colon);
	if (request_add_header(request, &header) < 0 &&
	    request->header_count != REQUEST_HEADERS_MAX)
		__builtin_trap();
}

static void route(struct request *request, const struct guarded *guarded)
{
	struct err err = {};
	int64_t length;
	char allow[64];

	if (guard_check(guarded, &length, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return;
	}
	if (length < -1 || strchr(request->uri, ' ') || request_split(request, &err) < 0)
		return;
	request->method = "GET";
	request->route = route_find(request, allow);
	if (request->route && strchr(request->route->path, '{') && !request->path_values[0])
		__builtin_trap();
	reply_etag(request, "tag");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	struct request request = { .upload.fd = -1, .reply.fd = -1 };
	struct guarded guarded = { .is_http_11 = size && data[0] & 1, .method = "GET" };
	char *at = text, *line;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	line = next_line(&at, text + size);
	request.uri = strdup(line ? line : "/");
	while ((line = next_line(&at, text + size)))
		take_header(&request, line);
	guarded.uri = request.uri;
	guarded.headers = request.headers;
	guarded.count = request.header_count;
	if (request.uri)
		route(&request, &guarded);
	request_done(&request);
	return 0;
}
