// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pattern.c — paths as Kubescape's storage shortens them. */
#include "kubescape-compat/pattern.h"

#include <string.h>

static size_t segment_length(const char *at)
{
	return strcspn(at, "/");
}

static bool is_one(const char *at, size_t len)
{
	return len == strlen(KUBE_ONE_SEGMENT) && !memcmp(at, KUBE_ONE_SEGMENT, len);
}

static bool is_any(const char *at, size_t len)
{
	return len == 1 && *at == '*';
}

size_t kube_path_literal(const char *pattern)
{
	const char *at = pattern;

	for (;;) {
		size_t len = segment_length(at);

		if (is_one(at, len) || is_any(at, len))
			return (size_t)(at - pattern);
		if (!at[len])
			return strlen(pattern);
		at += len + 1;
	}
}

bool kube_path_is_pattern(const char *path)
{
	return path[kube_path_literal(path)] != '\0';
}

/* The next segment, or NULL behind the last. */
static const char *next(const char *at)
{
	size_t len = segment_length(at);

	return at[len] ? at + len + 1 : NULL;
}

static bool segment_matches(const char *pattern, const char *path)
{
	size_t n = segment_length(pattern), m = segment_length(path);

	return is_one(pattern, n) || (n == m && !memcmp(pattern, path, n));
}

/* Only the last "*" needs to be tried again: what an earlier one took too little of, a later one can take. */
bool kube_path_matches(const char *pattern, const char *path)
{
	const char *p = pattern, *s = path, *star = NULL, *from = NULL;

	while (s) {
		if (p && is_any(p, segment_length(p))) {
			if (!next(p))
				return true; /* at the end: the segment at s, and all behind it */
			star = p = next(p);
			from = s;
		} else if (p && segment_matches(p, s)) {
			p = next(p);
			s = next(s);
		} else if (star && from && next(from)) {
			p = star;
			s = from = next(from);
		} else {
			return false;
		}
	}
	return !p;
}
