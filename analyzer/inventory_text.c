// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_text.c — any bytes as text of a JSON document, and back without loss. */
#include "analyzer/inventory_text.h"

#include <string.h>

#include "analyzer/json.h"

#define SHARED_MAX 63u

static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-";

static char *put_hex(char *at, unsigned char byte)
{
	static const char hex[] = "0123456789ABCDEF";

	*at++ = '%';
	*at++ = hex[byte >> 4];
	*at++ = hex[byte & 15];
	return at;
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '%';
}

char *inventory_text_write(struct arena *arena, const char *text)
{
	size_t len = strlen(text), more = 0, n;
	char *ret, *at;

	for (size_t i = 0; i < len; i++)
		more += !is_plain(text[i]);
	at = ret = arena_alloc(arena, len + 2 * more + 1);
	for (size_t i = 0; ret && i < len; i += n) {
		n = utf8_length(text + i, len - i);
		if (n > 1 || is_plain(text[i])) {
			memcpy(at, text + i, n);
			at += n;
		} else {
			at = put_hex(at, (unsigned char)text[i]);
			n = 1;
		}
	}
	return ret;
}

static size_t shared_length(const char *a, const char *b)
{
	size_t n = 0;

	while (n < SHARED_MAX && a[n] && a[n] == b[n])
		n++;
	return n;
}

char *inventory_list_write(struct arena *arena, const char *const *items, size_t count)
{
	_cleanup_free_ char *text = NULL;
	const char *before = "";
	size_t room = 1;
	char *at;

	for (size_t i = 0; i < count; i++)
		room += 3 * strlen(items[i]) + 2;
	at = text = malloc(room);
	if (!text)
		return NULL;
	for (size_t i = 0; i < count; before = items[i++]) {
		size_t shared = shared_length(before, items[i]);

		if (i)
			*at++ = ' ';
		*at++ = digits[shared];
		for (const char *c = items[i] + shared; *c; c++)
			if (is_plain(*c) && *c != ' ')
				*at++ = *c;
			else
				at = put_hex(at, (unsigned char)*c);
	}
	return arena_strndup(arena, text, (size_t)(at - text));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Replaces %XX in text[0…len); writes at most len bytes and no NUL. How many, or -EBADMSG. */
static long decode(char *to, const char *text, size_t len)
{
	char *at = to;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (text[i] != '%') {
			*at++ = text[i];
			continue;
		}
		high = len - i > 2 ? hex_value(text[i + 1]) : -1;
		low = high < 0 ? -1 : hex_value(text[i + 2]);
		if (low < 0 || (!high && !low))
			return -EBADMSG;
		*at++ = (char)(high << 4 | low);
		i += 2;
	}
	return at - to;
}

static char *take_room(struct inventory_text *t, size_t len)
{
	if (len >= t->left)
		return NULL;
	t->left -= len + 1;
	return arena_alloc(t->arena, len + 1);
}

static int no_room(struct inventory_text *t, size_t len)
{
	return len >= t->left
		   ? err_set(t->err, EFBIG, "more than %zu MiB of text", INVENTORY_TEXT_MAX >> 20)
		   : err_oom(t->err);
}

int inventory_text_read(struct inventory_text *t, const char *text, const char **ret)
{
	size_t len = strlen(text);
	char *copy = take_room(t, len);

	if (!copy)
		return no_room(t, len);
	if (decode(copy, text, len) < 0)
		return err_set(t->err, EBADMSG,
			       "'%.80s' has a '%%' that is not followed by two "
			       "digits of a byte",
			       text);
	*ret = copy;
	return 0;
}

static int read_item(struct inventory_text *t, const char *text, size_t len, const char *before,
		     const char **ret)
{
	const char *digit = len && *text ? strchr(digits, *text) : NULL;
	size_t shared = digit ? (size_t)(digit - digits) : 0;
	char *copy;

	if (!digit || shared > strlen(before))
		return err_set(t->err, EBADMSG, "'%.*s' is no item of a list",
			       (int)(len < 80 ? len : 80), text);
	copy = take_room(t, shared + len - 1);
	if (!copy)
		return no_room(t, shared + len - 1);
	memcpy(copy, before, shared);
	if (decode(copy + shared, text + 1, len - 1) < 0)
		return err_set(t->err, EBADMSG,
			       "'%.*s' has a '%%' that is not followed by two "
			       "digits of a byte",
			       (int)(len < 80 ? len : 80), text);
	*ret = copy;
	return 0;
}

int inventory_list_read(struct inventory_text *t, const char *text, bool sorted, const char ***ret,
			size_t *ret_count)
{
	const char **items, *before = "", *end;
	size_t count = 1, n = 0;
	int r;

	if (!*text) {
		*ret = NULL;
		*ret_count = 0;
		return 0;
	}
	for (const char *c = text; (c = strchr(c, ' ')); c++)
		count++;
	items = (const char **)take_room(t, count * sizeof(*items));
	if (!items)
		return no_room(t, count * sizeof(*items));
	for (; n < count; text = end + 1) {
		end = strchrnul(text, ' ');
		r = read_item(t, text, (size_t)(end - text), before, &items[n]);
		if (r < 0)
			return r;
		if (sorted && n && strcmp(before, items[n]) >= 0)
			return err_set(t->err, EBADMSG, "'%.80s' is out of order", items[n]);
		before = items[n++];
	}
	*ret = items;
	*ret_count = count;
	return 0;
}
