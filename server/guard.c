// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* guard.c — requests that two readers could frame differently are refused. */
#include "server/guard.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 §5.6.2. */
static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c))
			return false;
	}
	return len > 0;
}

static bool has_controls(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return true;
	return false;
}

const char *guard_authority(const char *uri)
{
	if (!strncasecmp(uri, "http://", 7))
		return uri + 7;
	return !strncasecmp(uri, "https://", 8) ? uri + 8 : NULL;
}

static int check_uri(const char *uri, struct err *err)
{
	if (*uri != '/' && !guard_authority(uri))
		return err_set(err, EBADMSG, "the request target is no path");
	for (; *uri; uri++) {
		if ((unsigned char)*uri <= 0x20 || *uri == 0x7f || *uri == '#')
			return err_set(err, EBADMSG,
				       "a character in the path that does not belong there");
		if (uri[0] == '%' && uri[1] == '0' && uri[2] == '0')
			return err_set(err, EBADMSG, "%%00 in the path");
	}
	return 0;
}

static const struct header *find(const struct guarded *g, const char *name, size_t *ret_count)
{
	const struct header *found = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < g->count; i++)
		if (!strcasecmp(g->headers[i].name, name)) {
			found = &g->headers[i];
			++*ret_count;
		}
	return found;
}

static int check_once(const struct guarded *g, struct err *err)
{
	static const char *const once[] = {
		"Content-Length", "Transfer-Encoding", "Host",
		"Authorization",  "Content-Type",      "Idempotency-Key"
	};
	size_t count;

	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++) {
		find(g, once[i], &count);
		if (count > 1)
			return err_set(err, EBADMSG, "the header %s stands %zu times", once[i],
				       count);
	}
	find(g, "Host", &count);
	if (g->is_http_11 && count != 1)
		return err_set(err, EBADMSG, "a request of HTTP/1.1 needs a Host header");
	return 0;
}

/* A proxy that goes by one of the two and we by the other would mean different servers. */
static int check_authority(const struct guarded *g, struct err *err)
{
	const char *authority = guard_authority(g->uri);
	size_t count, len = authority ? strcspn(authority, "/?") : 0;
	const struct header *host = find(g, "Host", &count);

	if (!authority ||
	    (len && host && host->value_len == len && !strncasecmp(host->value, authority, len)))
		return 0;
	return err_set(err, EBADMSG, "the request target names another host than the header Host");
}

static int check_length(const char *text, int64_t *ret, struct err *err)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] || digits > 18)
		return err_set(err, EBADMSG, "Content-Length is no number");
	*ret = strtoll(text, NULL, 10);
	return 0;
}

static int check_framing(const struct guarded *g, int64_t *ret_length, struct err *err)
{
	size_t lengths, encodings;
	const struct header *length = find(g, "Content-Length", &lengths);
	const struct header *encoding = find(g, "Transfer-Encoding", &encodings);

	*ret_length = -1;
	if (lengths && encodings)
		return err_set(err, EBADMSG,
			       "Content-Length and Transfer-Encoding exclude each other");
	if (encodings && (strcasecmp(encoding->value, "chunked") != 0 || !g->is_http_11))
		return err_set(err, EBADMSG, "the only Transfer-Encoding is chunked, in HTTP/1.1");
	return lengths ? check_length(length->value, ret_length, err) : 0;
}

int guard_check(const struct guarded *g, int64_t *ret_length, struct err *err)
{
	int r = check_uri(g->uri, err);

	if (r == 0 && !is_token(g->method, strlen(g->method)))
		r = err_set(err, EBADMSG, "the method is no token");
	for (size_t i = 0; r == 0 && i < g->count; i++) {
		const struct header *h = &g->headers[i];

		if (!is_token(h->name, h->name_len) || strlen(h->name) != h->name_len)
			r = err_set(err, EBADMSG, "a header's name is no token");
		else if (has_controls(h->value, h->value_len) || strlen(h->value) != h->value_len)
			r = err_set(err, EBADMSG, "a control character in the header %.64s",
				    h->name);
	}
	if (r == 0)
		r = check_once(g, err);
	if (r == 0)
		r = check_authority(g, err);
	return r < 0 ? r : check_framing(g, ret_length, err);
}
