// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * pkgversion_apk.c — Alpine's order: digits{.digits}[letter]{_suffix[digits]}[~hash][-rdigits].
 *
 * A later number with a leading zero is compared as text, as Gentoo does; of two versions that are equal up to the end
 * of one, the longer is newer, unless what follows is a suffix of a pre-release.
 */
#include "analyzer/pkgversion.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* In the order in which they may stand; of two different ones at the same place the earlier one is the newer version. */
enum token { FIRST_NUMBER, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID };

static const char *const suffixes[] = {
	"alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"
};
#define SUFFIX_PRE_COUNT 4u
#define SUFFIX_COUNT (sizeof(suffixes) / sizeof(*suffixes))

struct reader {
	enum token token;
	const char *text; /* of the token */
	size_t len;
	const char *next;
	unsigned suffix;
};

static enum token read_number(struct reader *r, enum token token)
{
	r->text = r->next;
	r->len = strspn(r->next, "0123456789");
	r->next += r->len;
	return r->len ? token : INVALID;
}

static enum token read_suffix(struct reader *r)
{
	r->text = r->next;
	r->len = strspn(r->next, "abcdefghijklmnopqrstuvwxyz");
	r->next += r->len;
	for (r->suffix = 0; r->suffix < SUFFIX_COUNT; r->suffix++)
		if (strlen(suffixes[r->suffix]) == r->len &&
		    !memcmp(suffixes[r->suffix], r->text, r->len))
			return SUFFIX;
	return INVALID;
}

static enum token read_hash(struct reader *r)
{
	r->text = r->next;
	r->len = strspn(r->next, "0123456789abcdef");
	r->next += r->len;
	return r->len ? HASH : INVALID;
}

static enum token read_token(struct reader *r)
{
	char c = *r->next;

	if (c == '\0')
		return END;
	if (isdigit((unsigned char)c) && r->token == SUFFIX)
		return read_number(r, SUFFIX_NUMBER);
	if (islower((unsigned char)c) && r->token <= NUMBER) {
		r->text = r->next++;
		r->len = 1;
		return LETTER;
	}
	r->next++;
	if (c == '.' && r->token <= NUMBER)
		return read_number(r, NUMBER);
	if (c == '_' && r->token <= SUFFIX_NUMBER)
		return read_suffix(r);
	if (c == '~' && r->token < HASH)
		return read_hash(r);
	if (c == '-' && *r->next == 'r' && r->token < REVISION) {
		r->next++;
		return read_number(r, REVISION);
	}
	return INVALID;
}

static void advance(struct reader *r)
{
	r->token = read_token(r);
}

static struct reader start(const char *text)
{
	struct reader r = { .next = text };

	r.token = read_number(&r, FIRST_NUMBER);
	return r;
}

static int is_version(const char *text)
{
	struct reader r = start(text);

	while (r.token < END)
		advance(&r);
	return r.token == END;
}

static int compare_text(const struct reader *a, const struct reader *b)
{
	size_t same = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->text, b->text, same);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_token(const struct reader *a, const struct reader *b)
{
	switch (a->token) {
	case NUMBER:
		if (*a->text == '0' || *b->text == '0')
			return compare_text(a, b);
		return pkgversion_compare_digits(a->text, a->len, b->text, b->len);
	case FIRST_NUMBER:
	case SUFFIX_NUMBER:
	case REVISION:
		return pkgversion_compare_digits(a->text, a->len, b->text, b->len);
	case SUFFIX:
		return (int)a->suffix - (int)b->suffix;
	default:
		return compare_text(a, b);
	}
}

int pkgversion_compare_apk(int *ret, const char *a, const char *b)
{
	struct reader x = start(a), y = start(b);
	int order = 0;

	if (!is_version(a) || !is_version(b))
		return -EINVAL;
	while (x.token == y.token && x.token < END) {
		order = compare_token(&x, &y);
		if (order)
			break;
		advance(&x);
		advance(&y);
	}
	if (order == 0 && x.token != y.token) {
		if (x.token == SUFFIX && x.suffix < SUFFIX_PRE_COUNT)
			order = -1;
		else if (y.token == SUFFIX && y.suffix < SUFFIX_PRE_COUNT)
			order = 1;
		else
			order = x.token < y.token ? 1 : -1;
	}
	*ret = order;
	return 0;
}
