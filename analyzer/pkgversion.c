// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pkgversion.c — which of two versions is older: choice of the rule, and the rules of dpkg and rpm. */
#include "analyzer/pkgversion.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

int pkgversion_compare_digits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	while (a_len && *a == '0')
		a++, a_len--;
	while (b_len && *b == '0')
		b++, b_len--;
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return a_len ? memcmp(a, b, a_len) : 0;
}

int pkgversion_compare(int *ret, const char *type, const char *a, const char *b)
{
	static const struct {
		const char *type;
		int (*compare)(int *ret, const char *a, const char *b);
	} rules[] = {
		{ "deb", pkgversion_compare_deb },       { "rpm", pkgversion_compare_rpm },
		{ "apk", pkgversion_compare_apk },       { "pypi", pkgversion_compare_pypi },
		{ "npm", pkgversion_compare_semver },    { "cargo", pkgversion_compare_semver },
		{ "golang", pkgversion_compare_golang },
	};

	if (!a || !b || strnlen(a, PKGVERSION_TEXT_MAX + 1) > PKGVERSION_TEXT_MAX ||
	    strnlen(b, PKGVERSION_TEXT_MAX + 1) > PKGVERSION_TEXT_MAX)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (!strcmp(type, rules[i].type))
			return rules[i].compare(ret, a, b);
	return -ENOTSUP;
}

/* [epoch:]version[-release], the parts borrowed from the text. */
struct parts {
	const char *epoch, *version, *release;
	size_t epoch_len, version_len, release_len;
};

/* dpkg reads the release behind the last '-', rpm allows one '-' only: the same place. */
static int split(struct parts *ret, const char *text, const char *also)
{
	const char *colon = strchr(text, ':'), *dash;
	struct parts p = { .epoch = "", .release = "" };

	if (colon) {
		p.epoch = text;
		p.epoch_len = (size_t)(colon - text);
		if (p.epoch_len == 0 || p.epoch_len != strspn(text, "0123456789"))
			return -EINVAL;
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	p.version = text;
	p.version_len = dash ? (size_t)(dash - text) : strlen(text);
	if (dash) {
		p.release = dash + 1;
		p.release_len = strlen(p.release);
		if (p.release_len == 0)
			return -EINVAL;
	}
	if (p.version_len == 0)
		return -EINVAL;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(also, *text))
			return -EINVAL;
	*ret = p;
	return 0;
}

/* Policy: '~' sorts before the end, the end before letters, letters before everything else. */
static int deb_order(const char *s, size_t len)
{
	if (len == 0 || isdigit((unsigned char)*s))
		return 0;
	if (*s == '~')
		return -1;
	return isalpha((unsigned char)*s) ? (unsigned char)*s : (unsigned char)*s + 256;
}

static size_t digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && isdigit((unsigned char)s[n]))
		n++;
	return n;
}

static int deb_compare_part(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t m, n;
	int order;

	while (a_len || b_len) {
		while ((a_len && !isdigit((unsigned char)*a)) ||
		       (b_len && !isdigit((unsigned char)*b))) {
			order = deb_order(a, a_len) - deb_order(b, b_len);
			if (order)
				return order;
			a++, a_len--;
			b++, b_len--;
		}
		m = digits(a, a_len);
		n = digits(b, b_len);
		order = pkgversion_compare_digits(a, m, b, n);
		if (order)
			return order;
		a += m, a_len -= m;
		b += n, b_len -= n;
	}
	return 0;
}

int pkgversion_compare_deb(int *ret, const char *a, const char *b)
{
	struct parts x, y;
	int order;

	if (split(&x, a, ".+-~:") < 0 || split(&y, b, ".+-~:") < 0)
		return -EINVAL;
	order = pkgversion_compare_digits(x.epoch, x.epoch_len, y.epoch, y.epoch_len);
	if (order == 0)
		order = deb_compare_part(x.version, x.version_len, y.version, y.version_len);
	if (order == 0)
		order = deb_compare_part(x.release, x.release_len, y.release, y.release_len);
	*ret = order;
	return 0;
}

/* Steps over what separates segments: all but letters, digits, '~' and '^'. */
static void rpm_skip(const char **s, size_t *len)
{
	while (*len && !isalnum((unsigned char)**s) && **s != '~' && **s != '^')
		(*s)++, (*len)--;
}

/* '~' sorts before everything, even the end; '^' before everything but the end. 2: neither decides. */
static int rpm_marks(const char **a, size_t *a_len, const char **b, size_t *b_len)
{
	bool x = *a_len && **a == '~', y = *b_len && **b == '~';
	bool u = *a_len && **a == '^', v = *b_len && **b == '^';

	if (!x && !y && !u && !v)
		return 2;
	if (x != y)
		return x ? -1 : 1;
	if (!x && u != v)
		return u ? (*b_len ? -1 : 1) : (*a_len ? 1 : -1);
	(*a)++, (*a_len)--;
	(*b)++, (*b_len)--;
	return 0;
}

static size_t letters(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && isalpha((unsigned char)s[n]))
		n++;
	return n;
}

/* One segment, of digits or of letters as the first text begins; a number is newer than letters. */
static int rpm_segment(const char *a, size_t a_len, const char *b, size_t b_len, size_t *m,
		       size_t *n)
{
	size_t same;
	int order;

	if (isdigit((unsigned char)*a)) {
		*m = digits(a, a_len);
		*n = digits(b, b_len);
		return *n ? pkgversion_compare_digits(a, *m, b, *n) : 1;
	}
	*m = letters(a, a_len);
	*n = letters(b, b_len);
	if (*n == 0)
		return -1;
	same = *m < *n ? *m : *n;
	order = memcmp(a, b, same);
	return order ? order : (*m > *n) - (*m < *n);
}

static int rpm_compare_part(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t m, n;
	int order;

	for (;;) {
		rpm_skip(&a, &a_len);
		rpm_skip(&b, &b_len);
		order = rpm_marks(&a, &a_len, &b, &b_len);
		if (order == 0)
			continue;
		if (order != 2)
			return order;
		if (!a_len || !b_len)
			return (a_len > 0) - (b_len > 0);
		order = rpm_segment(a, a_len, b, b_len, &m, &n);
		if (order)
			return order;
		a += m, a_len -= m;
		b += n, b_len -= n;
	}
}

/* A release that only one side names is not compared, as rpm does for dependencies. */
int pkgversion_compare_rpm(int *ret, const char *a, const char *b)
{
	struct parts x, y;
	int order;

	if (split(&x, a, ".+-~^_:") < 0 || split(&y, b, ".+-~^_:") < 0)
		return -EINVAL;
	order = pkgversion_compare_digits(x.epoch, x.epoch_len, y.epoch, y.epoch_len);
	if (order == 0)
		order = rpm_compare_part(x.version, x.version_len, y.version, y.version_len);
	if (order == 0 && x.release_len && y.release_len)
		order = rpm_compare_part(x.release, x.release_len, y.release, y.release_len);
	*ret = order;
	return 0;
}
