// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* iri.c — the grammar of RFC 3987 section 2.2, which contains that of RFC 3986 appendix A. */
#include "analyzer/iri.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "analyzer/json.h"

/* A part of the text and the punctuation it may have beside unreserved characters and sub-delims. */
struct part {
	const char *at, *end;
	const char *also;
	bool private_use; /* RFC 3987 iprivate: only in a query */
};

static uint32_t utf8_decode(const char *text, size_t n)
{
	uint32_t c = (unsigned char)text[0] & (n == 1 ? 0x7f : 0xff >> (n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return c;
}

static bool is_ucschar(uint32_t c)
{
	if (c < 0x10000)
		return (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) ||
		       (c >= 0xfdf0 && c <= 0xffef);
	return c <= 0xefffd && (c & 0xffff) <= 0xfffd && !(c >= 0xe0000 && c < 0xe1000);
}

static bool is_iprivate(uint32_t c)
{
	return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && c <= 0xffffd) ||
	       (c >= 0x100000 && c <= 0x10fffd);
}

/* How long the permitted character at p->at is, or 0. */
static size_t part_char(const struct part *p)
{
	const char *s = p->at;
	size_t n = utf8_length(s, (size_t)(p->end - s));
	uint32_t c;

	if (n == 0)
		return 0;
	if (*s == '%')
		return p->end - s >= 3 && isxdigit((unsigned char)s[1]) &&
			       isxdigit((unsigned char)s[2])
			   ? 3
			   : 0;
	if (n == 1)
		return isalnum((unsigned char)*s) ||
		       (*s && (strchr("-._~!$&'()*+,;=", *s) || strchr(p->also, *s)));
	c = utf8_decode(s, n);
	return is_ucschar(c) || (p->private_use && is_iprivate(c)) ? n : 0;
}

static bool part_is_valid(struct part p)
{
	size_t n;

	for (; p.at < p.end; p.at += n) {
		n = part_char(&p);
		if (n == 0)
			return false;
	}
	return true;
}

/* What stands between [ and ]: an IPv6 address or "v", hex digits, ".", characters. */
static bool is_ip_literal(const char *at, const char *end)
{
	char text[64];
	size_t hex;
	struct in6_addr address;

	if (at < end && (*at == 'v' || *at == 'V')) {
		hex = strspn(at + 1, "0123456789abcdefABCDEF");
		at += 1 + hex;
		for (const char *c = at; c < end; c++)
			if ((unsigned char)*c >= 0x80 || *c == '%')
				return false;
		return hex && end - at >= 2 && *at == '.' &&
		       part_is_valid((struct part){ at + 1, end, ":", false });
	}
	if ((size_t)(end - at) >= sizeof(text))
		return false;
	memcpy(text, at, (size_t)(end - at));
	text[end - at] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static bool authority_is_valid(const char *at, const char *end)
{
	const char *sign = memchr(at, '@', (size_t)(end - at)), *close, *port;

	if (sign && !part_is_valid((struct part){ at, sign, ":", false }))
		return false;
	at = sign ? sign + 1 : at;
	if (at < end && *at == '[') {
		close = memchr(at, ']', (size_t)(end - at));
		if (!close || !is_ip_literal(at + 1, close))
			return false;
		port = close + 1;
		if (port < end && *port != ':')
			return false;
	} else {
		port = memchr(at, ':', (size_t)(end - at));
		port = port ? port : end;
		if (!part_is_valid((struct part){ at, port, "", false }))
			return false;
	}
	for (const char *c = port + 1; c < end; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return true;
}

/* The character behind "scheme:", or NULL. */
static const char *skip_scheme(const char *text)
{
	if (!isalpha((unsigned char)*text))
		return NULL;
	while (isalnum((unsigned char)*text) || (*text && strchr("+-.", *text)))
		text++;
	return *text == ':' ? text + 1 : NULL;
}

bool iri_is_valid(const char *text)
{
	const char *at = skip_scheme(text), *end;

	if (!at)
		return false;
	if (!strncmp(at, "//", 2)) {
		end = at + 2 + strcspn(at + 2, "/?#");
		if (!authority_is_valid(at + 2, end))
			return false;
		at = end;
	}
	end = at + strcspn(at, "?#");
	if (!part_is_valid((struct part){ at, end, ":@/", false }))
		return false;
	at = end;
	if (*at == '?') {
		end = at + strcspn(at, "#");
		if (!part_is_valid((struct part){ at + 1, end, ":@/?", true }))
			return false;
		at = end;
	}
	return !*at || part_is_valid((struct part){ at + 1, at + strlen(at), ":@/?", false });
}

bool uri_is_valid(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return false;
	return iri_is_valid(text);
}

bool iri_is_url(const char *text)
{
	size_t n = !strncasecmp(text, "https://", 8) ? 8 : !strncasecmp(text, "http://", 7) ? 7 : 0;

	return n && text[n] && !strchr("/?#:@", text[n]) && iri_is_valid(text);
}
