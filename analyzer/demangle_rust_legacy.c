// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* demangle_rust_legacy.c — _ZN, parts with their lengths, a hash, E: Rust's scheme that looks like C++. */
#include <stdint.h>

#include "analyzer/demangle_text.h"

#define HASH_BYTES 17 /* h and 16 hex digits */

static bool is_hash(const char *part, size_t len)
{
	return len == HASH_BYTES && part[0] == 'h' && strspn(part + 1, "0123456789abcdef") >= 16;
}

/* The next part; false at anything else. */
static bool next_part(const char **at, const char **part, size_t *len)
{
	const char *p = *at;

	*len = 0;
	if (*p < '1' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		*len = *len * 10 + (size_t)(*p - '0');
		if (*len > 65536)
			return false;
	}
	if (strnlen(p, *len) < *len)
		return false;
	*part = p;
	*at = p + *len;
	return true;
}

static void put_utf8(struct demangle_text *text, uint32_t c)
{
	char bytes[4];
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		bytes[n++] = (char)(0xe0 | c >> 12);
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | c >> 18);
		bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	}
	demangle_put(text, bytes, n);
}

/* $u7e$: a character by its number; false when it is none that may be printed. */
static bool put_number(struct demangle_text *text, const char *digits, size_t len)
{
	uint32_t c = 0;

	if (!len || len > 6)
		return false;
	for (size_t i = 0; i < len; i++) {
		static const char hex[] = "0123456789abcdef";
		const char *found = digits[i] ? strchr(hex, digits[i]) : NULL;

		if (!found)
			return false;
		c = c << 4 | (uint32_t)(found - hex);
	}
	if (c < 0x20 || c == 0x7f || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return false;
	put_utf8(text, c);
	return true;
}

/* What stands between two dollars; false when it is unknown. */
static bool put_escape(struct demangle_text *text, const char *code, size_t len)
{
	static const struct {
		const char *code, *text;
	} codes[] = { { "SP", "@" }, { "BP", "*" }, { "RF", "&" }, { "LT", "<" },
		      { "GT", ">" }, { "LP", "(" }, { "RP", ")" }, { "C", "," } };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (strlen(codes[i].code) == len && !memcmp(codes[i].code, code, len)) {
			demangle_puts(text, codes[i].text);
			return true;
		}
	return *code == 'u' && put_number(text, code + 1, len - 1);
}

static void put_part(struct demangle_text *text, const char *part, size_t len)
{
	const char *end = part + len;

	/* An underscore makes an identifier of what begins with an escape. */
	if (len > 1 && part[0] == '_' && part[1] == '$')
		part++;
	while (part < end) {
		size_t left = (size_t)(end - part);
		const char *close = *part == '$' ? memchr(part + 1, '$', left - 1) : NULL;

		if (*part == '.' && left > 1 && part[1] == '.') {
			demangle_puts(text, "::");
			part += 2;
		} else if (close && put_escape(text, part + 1, (size_t)(close - part - 1))) {
			part = close + 1;
		} else {
			demangle_put(text, part++, 1);
		}
	}
}

bool demangle_rust_legacy(struct demangle_text *text, const char *name)
{
	const char *part, *next;
	size_t len, next_len;

	if (strncmp(name, "_ZN", 3) != 0)
		return false;
	name += 3;
	if (!next_part(&name, &part, &len))
		return false;
	for (size_t parts = 0; next_part(&name, &next, &next_len); parts++) {
		demangle_puts(text, parts ? "::" : "");
		put_part(text, part, len);
		part = next;
		len = next_len;
	}
	/* The last one is the hash. Behind the end only what LLVM adds (.llvm.123) may stand. */
	return *name == 'E' && (!name[1] || name[1] == '.') && is_hash(part, len);
}
