// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pkgversion_pypi.c — Python's order (PEP 440): [N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local], in all its spellings. */
#include "analyzer/pkgversion.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct number {
	const char *text;
	size_t len;
};

struct pep440 {
	struct number epoch, pre, post, dev;
	const char *release; /* dotted numbers */
	const char *local;   /* NULL when there is none */
	char pre_kind;       /* 'a', 'b', 'c', or 0 */
	bool has_post, has_dev;
	const char *end; /* behind the last byte that is not a space */
};

static struct number take_number(const char **s)
{
	struct number n = { *s, strspn(*s, "0123456789") };

	*s += n.len;
	return n;
}

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* One of the words behind an optional separator, and the number behind it, which may be missing (then 0). */
static bool take_tag(const char **s, const char *const *words, struct number *ret, size_t *which)
{
	const char *at = *s + is_separator(**s);

	for (*which = 0; words[*which]; ++*which) {
		size_t len = strlen(words[*which]);

		if (strncasecmp(at, words[*which], len))
			continue;
		at += len;
		at += is_separator(*at);
		*ret = take_number(&at);
		*s = at;
		return true;
	}
	return false;
}

static void take_pre(struct pep440 *v, const char **s)
{
	static const char *const words[] = { "alpha", "beta", "preview", "pre", "rc",
					     "a",     "b",    "c",       NULL };
	size_t which;

	if (take_tag(s, words, &v->pre, &which))
		v->pre_kind = "abcccabc"[which];
}

static void take_post(struct pep440 *v, const char **s)
{
	static const char *const words[] = { "post", "rev", "r", NULL };
	size_t which;

	if (**s == '-' && isdigit((unsigned char)(*s)[1])) {
		++*s;
		v->post = take_number(s);
		v->has_post = true;
		return;
	}
	v->has_post = take_tag(s, words, &v->post, &which);
}

static bool local_ok(const char *s, const char *end)
{
	bool wanted = true;

	for (; s < end; s++) {
		if (isalnum((unsigned char)*s))
			wanted = false;
		else if (is_separator(*s) && !wanted)
			wanted = true;
		else
			return false;
	}
	return !wanted;
}

static bool take_release(struct pep440 *v, const char **s)
{
	v->release = *s;
	for (;;) {
		if (take_number(s).len == 0)
			return false;
		if (**s != '.' || !isdigit((unsigned char)(*s)[1]))
			return true;
		++*s;
	}
}

static int parse(struct pep440 *ret, const char *text)
{
	static const char *const dev[] = { "dev", NULL };
	struct pep440 v = {};
	const char *s = text + strspn(text, " \t\n\r\f\v"), *epoch;
	size_t which;

	v.end = s + strlen(s);
	while (v.end > s && isspace((unsigned char)v.end[-1]))
		v.end--;
	s += *s == 'v' || *s == 'V';
	epoch = s;
	v.epoch = take_number(&epoch);
	if (*epoch == '!' && v.epoch.len)
		s = epoch + 1;
	else
		v.epoch = (struct number){};
	if (!take_release(&v, &s))
		return -EINVAL;
	take_pre(&v, &s);
	take_post(&v, &s);
	v.has_dev = take_tag(&s, dev, &v.dev, &which);
	if (*s == '+') {
		v.local = s + 1;
		if (!local_ok(v.local, v.end))
			return -EINVAL;
		s = v.end;
	}
	if (s != v.end)
		return -EINVAL;
	*ret = v;
	return 0;
}

static int compare_number(struct number a, struct number b)
{
	return pkgversion_compare_digits(a.text, a.len, b.text, b.len);
}

/* Trailing zeros do not count: what is missing is 0. */
static int compare_release(const char *s, const char *t)
{
	struct number a, b;
	int order;

	do {
		a = take_number(&s);
		b = take_number(&t);
		order = compare_number(a, b);
		if (order)
			return order;
		s += *s == '.' && isdigit((unsigned char)s[1]);
		t += *t == '.' && isdigit((unsigned char)t[1]);
	} while (isdigit((unsigned char)*s) || isdigit((unsigned char)*t));
	return 0;
}

/* A development release of no pre-release sorts before all pre-releases; a final one and its posts after them. */
static int pre_rank(const struct pep440 *v)
{
	if (v->pre_kind)
		return v->pre_kind;
	return !v->has_post && v->has_dev ? 0 : 'z';
}

/* Numbers are newer than words, words compare without regard to case; the longer is newer (PEP 440, local versions). */
static int compare_segment(const char *a, size_t m, const char *b, size_t n)
{
	bool x = strspn(a, "0123456789") >= m, y = strspn(b, "0123456789") >= n;
	int order;

	if (x && y)
		return pkgversion_compare_digits(a, m, b, n);
	if (x != y)
		return x ? 1 : -1;
	order = strncasecmp(a, b, m < n ? m : n);
	return order ? order : (m > n) - (m < n);
}

static int compare_local(const struct pep440 *a, const struct pep440 *b)
{
	const char *s = a->local, *t = b->local;
	size_t m, n;
	int order;

	if (!s || !t)
		return (s != NULL) - (t != NULL);
	while (s < a->end && t < b->end) {
		for (m = 0; s + m < a->end && !is_separator(s[m]);)
			m++;
		for (n = 0; t + n < b->end && !is_separator(t[n]);)
			n++;
		order = compare_segment(s, m, t, n);
		if (order)
			return order;
		s += m + 1;
		t += n + 1;
	}
	return (s < a->end) - (t < b->end);
}

static int compare(const struct pep440 *a, const struct pep440 *b)
{
	int order = compare_number(a->epoch, b->epoch);

	if (order == 0)
		order = compare_release(a->release, b->release);
	if (order == 0)
		order = pre_rank(a) - pre_rank(b);
	if (order == 0 && a->pre_kind)
		order = compare_number(a->pre, b->pre);
	if (order == 0)
		order = a->has_post - b->has_post;
	if (order == 0 && a->has_post)
		order = compare_number(a->post, b->post);
	if (order == 0)
		order = b->has_dev - a->has_dev;
	if (order == 0 && a->has_dev)
		order = compare_number(a->dev, b->dev);
	return order ? order : compare_local(a, b);
}

int pkgversion_compare_pypi(int *ret, const char *a, const char *b)
{
	struct pep440 x, y;

	if (parse(&x, a) < 0 || parse(&y, b) < 0)
		return -EINVAL;
	*ret = compare(&x, &y);
	return 0;
}
