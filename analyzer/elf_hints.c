// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_hints.c — what a program's own strings say that it could load or execute. */
#include "analyzer/elf_hints.h"

#include <errno.h>
#include <string.h>

static const char go_mark[] = "\xff Go buildinf:";

/* Bytes a word is made of: printable, and neither blank nor what sets words apart in a shell or a search path. */
static const bool in_word[256] = {
	['!'] = 1,  ['#' ... '%'] = 1, ['*' ... '+'] = 1, ['-' ... '9'] = 1, ['?' ... 'Z'] = 1,
	['\\'] = 1, ['^' ... '_'] = 1, ['a' ... 'z'] = 1, ['~'] = 1,
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '+' || c == '.';
}

static int keep(struct hints *hints, const char *word, size_t len)
{
	if (hints->words.count >= hints->max &&
	    string_set_find(&hints->words, word, len) == STRING_SET_NONE) {
		hints->truncated = true;
		return 0;
	}
	return string_set_add(&hints->words, word, len, NULL);
}

/* ".so" at its end, or before a version, a pattern or the like: not "x.sock". */
static const char *find_so(const char *word, size_t len)
{
	const char *end = word + len, *at = word;

	while ((at = memmem(at, (size_t)(end - at), ".so", 3))) {
		if (at + 3 == end || !is_name_char(at[3]) || at[3] == '.')
			return at;
		at += 3;
	}
	return NULL;
}

static bool is_library_name(const char *word, size_t len)
{
	if (len < 5 || memcmp(word, "lib", 3))
		return false;
	for (size_t i = 3; i < len; i++)
		if (!is_name_char(word[i]))
			return false;
	return true;
}

/* "/x…" with a name behind the slash; a pattern such as "/%s" is none. */
static bool is_absolute(const char *word, size_t len)
{
	return len >= 3 && word[0] == '/' && is_name_char(word[1]);
}

static bool starts_path(const char *at, size_t len)
{
	static const char *const roots[] = { "/usr/", "/bin/",  "/sbin/", "/lib",  "/opt/",
					     "/etc/", "/home/", "/root/", "/var/", "/tmp/" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (len > strlen(roots[i]) && !memcmp(at, roots[i], strlen(roots[i])))
			return true;
	return false;
}

/* Go and Rust put strings end to end, and patterns precede paths ("%s/lib/x.so"): what starts inside a word is kept from
 * there to the word's end. */
static int take_inside(struct hints *hints, const char *word, size_t len)
{
	for (size_t i = 1; i + 4 < len; i++) {
		const char *at = word + i;

		if (*at == '/' ? !starts_path(at, len - i)
			       : memcmp(at, "lib", 3) || !find_so(at, len - i))
			continue;
		if (keep(hints, at, len - i) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int take_word(struct hints *hints, const char *word, size_t len)
{
	const char *name = memrchr(word, '/', len);
	bool good = find_so(word, len) || is_absolute(word, len) || is_library_name(word, len);
	int r = 0;

	if (len > 7 && memmem(word, len, "/rustc/", 7))
		hints->is_rust = true;
	if (good)
		r = keep(hints, word, len);
	if (r >= 0)
		r = take_inside(hints, word, len);
	if (r < 0 || good || !hints->programs)
		return r;
	name = name ? name + 1 : word;
	len -= (size_t)(name - word);
	if (len && string_set_find(hints->programs, name, len) != STRING_SET_NONE)
		r = keep(hints, name, len);
	return r;
}

long hints_scan(struct hints *hints, const char *data, size_t len, bool last)
{
	const unsigned char *at = (const unsigned char *)data, *end = at + len, *word;
	size_t n;

	if (!hints->is_go && memmem(data, len, go_mark, sizeof(go_mark) - 1))
		hints->is_go = true;
	while (at < end) {
		while (at < end && !in_word[*at])
			at++;
		word = at;
		while (at < end && in_word[*at] && at - word < HINT_WORD_MAX)
			at++;
		n = (size_t)(at - word);
		if (at == end && n < HINT_WORD_MAX && !last)
			return (long)n;
		if (n >= 2 && take_word(hints, (const char *)word, n) < 0)
			return -ENOMEM;
	}
	return 0;
}
