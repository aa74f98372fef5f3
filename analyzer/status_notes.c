// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* status_notes.c — key=value; key=value … */
#include "analyzer/status_notes.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#define KEY_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define PAIRS_MAX 64

void status_notes_add(FILE *out, bool *any, const char *key, const char *fmt, ...)
{
	char value[STATUS_NOTES_VALUE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	fprintf(out, "%s%s=", *any ? "; " : "", key);
	for (const unsigned char *c = (const unsigned char *)value; *c; c++)
		fprintf(out, *c < 0x20 || *c > 0x7e || *c == ';' || *c == '%' ? "%%%02X" : "%c",
			*c);
	*any = true;
}

/* One pair as slices of the text. */
struct pair {
	const char *key, *value;
	size_t key_len, value_len;
};

/* Reads the pair at *text and moves behind it and its "; ". */
static bool next_pair(const char **text, struct pair *ret)
{
	ret->key = *text;
	ret->key_len = strspn(*text, KEY_CHARS);
	if (!islower((unsigned char)**text) || ret->key[ret->key_len] != '=')
		return false;
	ret->value = ret->key + ret->key_len + 1;
	ret->value_len = strcspn(ret->value, ";");
	if (!ret->value_len)
		return false;
	*text = ret->value + ret->value_len;
	if (!**text)
		return true;
	if (strncmp(*text, "; ", 2) || !(*text)[2])
		return false;
	*text += 2;
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes; false for what the grammar does not allow or what is too long. ret may be NULL. */
static bool decode(const struct pair *pair, char *ret)
{
	size_t out = 0;

	for (size_t i = 0; i < pair->value_len; i++, out++) {
		int c = (unsigned char)pair->value[i];

		if (c < 0x20 || c > 0x7e || out + 1 >= STATUS_NOTES_VALUE_MAX)
			return false;
		if (c == '%') {
			int high, low;

			if (pair->value_len - i < 3)
				return false;
			high = hex_value(pair->value[i + 1]);
			low = hex_value(pair->value[i + 2]);
			if (high < 0 || low < 0 || (high | low) == 0)
				return false;
			c = high << 4 | low;
			i += 2;
		}
		if (ret)
			ret[out] = (char)c;
	}
	if (ret)
		ret[out] = '\0';
	return true;
}

static bool same_key(const struct pair *pair, const char *key, size_t len)
{
	return pair->key_len == len && !memcmp(pair->key, key, len);
}

bool status_notes_valid(const char *notes)
{
	struct pair pairs[PAIRS_MAX];

	for (size_t n = 0; n < PAIRS_MAX; n++) {
		if (!next_pair(&notes, &pairs[n]) || !decode(&pairs[n], NULL))
			return false;
		for (size_t i = 0; i < n; i++)
			if (same_key(&pairs[i], pairs[n].key, pairs[n].key_len))
				return false;
		if (!*notes)
			return true;
	}
	return false;
}

bool status_notes_get(const char *notes, const char *key, char ret[STATUS_NOTES_VALUE_MAX])
{
	struct pair pair;

	if (!status_notes_valid(notes))
		return false;
	while (*notes && next_pair(&notes, &pair))
		if (same_key(&pair, key, strlen(key)))
			return decode(&pair, ret);
	return false;
}
