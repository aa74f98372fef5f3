// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* ar.c — the members of a static library in memory. */
#include "analyzer/ar.h"

#include <ar.h>
#include <errno.h>
#include <string.h>

#define THIN "!<thin>\n"

bool ar_is(const char *text, size_t len)
{
	return len >= SARMAG && (!memcmp(text, ARMAG, SARMAG) || !memcmp(text, THIN, SARMAG));
}

int ar_open(struct ar *ret, const char *text, size_t len, struct err *err)
{
	if (len > AR_BYTES_MAX)
		return err_set(err, EFBIG, "the archive is larger than %u bytes", AR_BYTES_MAX);
	if (!ar_is(text, len))
		return err_set(err, EBADMSG, "it is no archive of ar");
	if (memcmp(text, ARMAG, SARMAG) != 0)
		return err_set(err, EBADMSG, "a thin archive has no members of its own");
	*ret = (struct ar){ .data = text, .len = len, .at = SARMAG };
	return 0;
}

/* Digits up to a blank; false when there are others. */
static bool read_number(const char *field, size_t len, size_t *ret)
{
	size_t n = 0, i = 0;

	for (; i < len && field[i] >= '0' && field[i] <= '9'; i++)
		n = n * 10 + (size_t)(field[i] - '0');
	*ret = n;
	if (!i)
		return false;
	for (; i < len; i++)
		if (field[i] != ' ')
			return false;
	return true;
}

/* "name/", or "/12": what stands in the table from there up to "/\n". */
static bool read_name(const struct ar *ar, const struct ar_hdr *head, struct ar_member *ret)
{
	const char *name = head->ar_name, *end;
	size_t left = sizeof(head->ar_name), at;

	if (*name == '/') {
		if (!read_number(name + 1, left - 1, &at) || at >= ar->names_len)
			return false;
		name = ar->names + at;
		left = ar->names_len - at;
		end = memchr(name, '\n', left);
		if (end && end > name && end[-1] == '/')
			end--;
	} else {
		end = memchr(name, '/', left);
		for (at = left; !end && at && name[at - 1] == ' '; at--)
			;
		end = end ? end : name + at;
	}
	if (!end || end == name || end - name >= AR_NAME_MAX ||
	    memchr(name, 0, (size_t)(end - name)))
		return false;
	memcpy(ret->name, name, (size_t)(end - name));
	ret->name[end - name] = '\0';
	return true;
}

static bool is_index(const struct ar_hdr *head)
{
	return !memcmp(head->ar_name, "/               ", 16) ||
	       !memcmp(head->ar_name, "/SYM64/         ", 16);
}

/* The next one's head and bytes; 0 at the end. */
static int read_head(struct ar *ar, struct ar_hdr *head, const char **data, size_t *size,
		     struct err *err)
{
	size_t at = ar->at + (ar->at & 1); /* members begin at even places */

	if (at >= ar->len)
		return 0;
	if (ar->len - at < sizeof(*head))
		return err_set(err, EBADMSG, "the archive ends within a member's head");
	memcpy(head, ar->data + at, sizeof(*head));
	if (memcmp(head->ar_fmag, ARFMAG, sizeof(head->ar_fmag)) != 0 ||
	    !read_number(head->ar_size, sizeof(head->ar_size), size))
		return err_set(err, EBADMSG, "there is no member's head at byte %zu", at);
	at += sizeof(*head);
	if (*size > ar->len - at)
		return err_set(err, EBADMSG, "the archive ends within the member at byte %zu", at);
	*data = ar->data + at;
	ar->at = at + *size;
	return 1;
}

int ar_next(struct ar *ar, struct ar_member *ret, struct err *err)
{
	struct ar_hdr head;
	const char *data = NULL;
	size_t size = 0;
	int r;

	while ((r = read_head(ar, &head, &data, &size, err)) > 0) {
		if (++ar->count > AR_MEMBERS_MAX)
			return err_set(err, EFBIG, "more than %u members", AR_MEMBERS_MAX);
		if (is_index(&head))
			continue;
		if (!memcmp(head.ar_name, "//              ", 16)) {
			ar->names = data;
			ar->names_len = size;
			continue;
		}
		if (!read_name(ar, &head, ret))
			return err_set(err, EBADMSG, "the member before byte %zu has no name",
				       ar->at);
		ret->data = data;
		ret->size = size;
		return 1;
	}
	return r;
}
