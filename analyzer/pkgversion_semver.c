// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pkgversion_semver.c — Semantic Versioning 2.0.0 §11, and what Go writes: "v1.2.3", "go1.22", "1.21rc2". */
#include "analyzer/pkgversion.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char identifier_bytes[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";

struct semver {
	const char *core[3];
	size_t core_len[3];
	const char *pre; /* dotted identifiers, NULL when it is a release */
	size_t pre_len;
};

/* Dotted identifiers that are not empty; numbers of a pre-release have no leading zero (§9). */
static bool identifiers_ok(const char *s, size_t len, bool is_pre)
{
	const char *end = s + len;
	size_t n;

	for (;; s++) {
		n = strspn(s, identifier_bytes);
		if (n == 0 || s + n > end)
			return false;
		if (is_pre && n > 1 && *s == '0' && strspn(s, "0123456789") == n)
			return false;
		s += n;
		if (s == end)
			return true;
		if (*s != '.')
			return false;
	}
}

/* One to three numbers; all three unless `loose`. Returns what follows, or NULL. */
static const char *parse_core(struct semver *ret, const char *s, bool loose)
{
	for (int i = 0; i < 3; i++) {
		ret->core[i] = s;
		ret->core_len[i] = strspn(s, "0123456789");
		if (ret->core_len[i] == 0 || (ret->core_len[i] > 1 && *s == '0'))
			return NULL;
		s += ret->core_len[i];
		if (i < 2 && *s != '.')
			return loose ? s : NULL;
		s += i < 2;
	}
	return s;
}

static int parse(struct semver *ret, const char *text, bool golang)
{
	struct semver v = {};
	const char *s = parse_core(&v, text, golang);

	if (!s)
		return -EINVAL;
	/* The toolchain's names: "1.21rc2" has no '-'. */
	if (*s == '-' || (golang && (!strncmp(s, "rc", 2) || !strncmp(s, "beta", 4)))) {
		s += *s == '-';
		v.pre = s;
		v.pre_len = strcspn(s, "+");
		if (!identifiers_ok(s, v.pre_len, true))
			return -EINVAL;
		s += v.pre_len;
	}
	if (*s == '+' && !identifiers_ok(s + 1, strlen(s + 1), false))
		return -EINVAL;
	if (*s && *s != '+')
		return -EINVAL;
	*ret = v;
	return 0;
}

/* §11.4.1–3: numbers before words, numbers by value, words by bytes. */
static int compare_identifier(const char *a, size_t m, const char *b, size_t n)
{
	bool x = strspn(a, "0123456789") >= m, y = strspn(b, "0123456789") >= n;
	int order;

	if (x && y)
		return pkgversion_compare_digits(a, m, b, n);
	if (x != y)
		return x ? -1 : 1;
	order = memcmp(a, b, m < n ? m : n);
	return order ? order : (m > n) - (m < n);
}

static int compare_pre(const struct semver *a, const struct semver *b)
{
	const char *s = a->pre, *t = b->pre, *s_end, *t_end;
	size_t m, n;
	int order;

	if (!s || !t)
		return (t != NULL) - (s != NULL);
	s_end = s + a->pre_len;
	t_end = t + b->pre_len;
	while (s < s_end && t < t_end) {
		m = strspn(s, identifier_bytes);
		n = strspn(t, identifier_bytes);
		order = compare_identifier(s, m, t, n);
		if (order)
			return order;
		s += m + 1;
		t += n + 1;
	}
	return (s < s_end) - (t < t_end);
}

static int compare(const struct semver *a, const struct semver *b)
{
	int order;

	for (int i = 0; i < 3; i++) {
		order = pkgversion_compare_digits(a->core[i], a->core_len[i], b->core[i],
						  b->core_len[i]);
		if (order)
			return order;
	}
	return compare_pre(a, b);
}

int pkgversion_compare_semver(int *ret, const char *a, const char *b)
{
	struct semver x, y;

	if (parse(&x, a, false) < 0 || parse(&y, b, false) < 0)
		return -EINVAL;
	*ret = compare(&x, &y);
	return 0;
}

static const char *skip_go_prefix(const char *text)
{
	if (!strncmp(text, "go", 2) && isdigit((unsigned char)text[2]))
		return text + 2;
	return text + (*text == 'v');
}

int pkgversion_compare_golang(int *ret, const char *a, const char *b)
{
	struct semver x, y;

	if (parse(&x, skip_go_prefix(a), true) < 0 || parse(&y, skip_go_prefix(b), true) < 0)
		return -EINVAL;
	*ret = compare(&x, &y);
	return 0;
}
