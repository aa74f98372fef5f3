// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pieces.c — the members of a JSON object, or the items of a list, as slices of its text. */
#include "kubescape-compat/pieces.h"

#include <string.h>
#include <strings.h>

static struct pieces pieces_of(const char *text, size_t len, bool is_object)
{
	struct pieces p = { .text = text, .len = len, .is_object = is_object };

	while (p.at < len && strchr(" \t\r\n", text[p.at]) && text[p.at])
		p.at++;
	p.failed = p.at >= len || text[p.at] != (is_object ? '{' : '[');
	p.at += !p.failed;
	return p;
}

struct pieces pieces_of_object(const char *text, size_t len)
{
	return pieces_of(text, len, true);
}

struct pieces pieces_of_list(const char *text, size_t len)
{
	return pieces_of(text, len, false);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct pieces *p)
{
	while (p->at < p->len && is_blank(p->text[p->at]))
		p->at++;
}

/* Behind the quote that ends the string which begins at `at`; false when none does. */
static bool skip_string(struct pieces *p)
{
	for (p->at++; p->at < p->len; p->at++) {
		const char *quote = memchr(p->text + p->at, '"', p->len - p->at), *escape;

		if (!quote)
			return false;
		escape = memchr(p->text + p->at, '\\', (size_t)(quote - p->text) - p->at);
		if (!escape) {
			p->at = (size_t)(quote - p->text) + 1;
			return true;
		}
		p->at = (size_t)(escape - p->text) + 1; /* whatever is escaped is skipped */
	}
	return false;
}

/* Up to the comma or bracket behind a value, whatever is in it. */
static bool skip_value(struct pieces *p)
{
	size_t depth = 0;

	while (p->at < p->len) {
		switch (p->text[p->at]) {
		case '"':
			if (!skip_string(p))
				return false;
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (!depth)
				return true;
			depth--;
			break;
		case ',':
			if (!depth)
				return true;
			break;
		default:
			break;
		}
		p->at++;
	}
	return false;
}

static bool take_key(struct pieces *p, struct piece *key)
{
	size_t from = p->at + 1;

	if (p->at >= p->len || p->text[p->at] != '"' || !skip_string(p))
		return false;
	*key = (struct piece){ p->text + from, p->at - 1 - from };
	skip_blanks(p);
	if (p->at >= p->len || p->text[p->at] != ':')
		return false;
	p->at++;
	skip_blanks(p);
	return true;
}

bool pieces_next(struct pieces *p, struct piece *key, struct piece *value)
{
	char close = p->is_object ? '}' : ']';
	size_t from, to;

	*key = (struct piece){ "", 0 };
	skip_blanks(p);
	if (p->failed || p->ended || p->at >= p->len)
		return false;
	if (p->text[p->at] == close) {
		p->ended = !p->comma; /* a comma promises one more */
		return false;
	}
	p->failed = p->is_object && !take_key(p, key);
	from = p->at;
	p->failed = p->failed || !skip_value(p);
	if (p->failed)
		return false;
	for (to = p->at; to > from && is_blank(p->text[to - 1]); to--)
		;
	*value = (struct piece){ p->text + from, to - from };
	p->comma = p->text[p->at] == ',';
	p->at += p->comma;
	return true;
}

bool pieces_ended(const struct pieces *p)
{
	return p->ended;
}

bool piece_is(const struct piece *key, const char *name)
{
	return key->len == strlen(name) && !strncasecmp(key->text, name, key->len);
}
