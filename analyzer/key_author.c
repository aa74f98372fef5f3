// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* key_author.c — whose key it is, as its file documents it. */
#include "analyzer/key_author.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/json.h"

#define LABEL "Author: "

bool key_author_is_valid(const char *author)
{
	size_t len = strlen(author), n;

	if (!len || len > KEY_AUTHOR_BYTES_MAX || *author == ' ' || author[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i += n) {
		n = utf8_length(author + i, len - i);
		if (!n || (unsigned char)author[i] < ' ' || author[i] == 0x7f)
			return false;
	}
	return true;
}

/* The line at `at`, without its end. */
static size_t line_length(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t len = (size_t)((newline ? newline : end) - at);

	return len && at[len - 1] == '\r' ? len - 1 : len;
}

int key_author_parse(char **ret, const char *text, size_t len, struct err *err)
{
	const char *pem = memmem(text, len, "-----BEGIN", 10), *end = pem ? pem : text + len, *next;
	_cleanup_free_ char *found = NULL;

	for (const char *at = text; at < end; at = next ? next + 1 : end) {
		size_t n = line_length(at, end);

		next = memchr(at, '\n', (size_t)(end - at));
		if (n < sizeof(LABEL) - 1 || strncmp(at, LABEL, sizeof(LABEL) - 1))
			continue;
		if (found)
			return err_set(err, EBADMSG, "tells two authors");
		found = strndup(at + sizeof(LABEL) - 1, n - (sizeof(LABEL) - 1));
		if (!found)
			return err_oom(err);
		if (!key_author_is_valid(found))
			return err_set(err, EBADMSG,
				       "tells an author that is no single line of at most %d "
				       "printable bytes",
				       KEY_AUTHOR_BYTES_MAX);
	}
	*ret = take_ptr(found);
	return 0;
}

char *key_author_format(const char *author, const char *pem)
{
	size_t size = strlen(pem) + (author ? sizeof(LABEL) + strlen(author) : 0) + 1;
	char *text = malloc(size);

	if (text)
		snprintf(text, size, "%s%s%s%s", author ? LABEL : "", author ? author : "",
			 author ? "\n" : "", pem);
	return text;
}
