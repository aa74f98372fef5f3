// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* base64.c — base64 as configuration files have it. */
#include "server/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	char *text = malloc(len / 3 * 4 + 5), *at = text;

	for (size_t i = 0; text && i < len; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16;

		bits |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
		bits |= i + 2 < len ? bytes[i + 2] : 0;
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*at++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	if (text)
		*at = '\0';
	return text;
}

static int value_of(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int base64_decode(unsigned char **ret, size_t *ret_len, const char *text, size_t len,
		  struct err *err)
{
	_cleanup_free_ unsigned char *bytes = malloc(len / 4 * 3 + 4);
	size_t n = 0, count = 0, padding = 0;
	uint32_t bits = 0;

	if (!bytes)
		return err_oom(err);
	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);

		if (text[i] == '\n' || text[i] == '\r')
			continue;
		padding += text[i] == '=';
		if ((value < 0 || padding) && text[i] != '=')
			return err_set(err, EBADMSG, "no base64 at byte %zu", i);
		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		if (++count % 4 != 1)
			bytes[n++] = (unsigned char)(bits >> (2 * (3 - (count - 1) % 4)));
	}
	if (padding > 2 || count % 4 == 1 || (padding && (count + padding) % 4))
		return err_set(err, EBADMSG, "base64 of %zu digits is cut", count);
	bytes[n] = '\0';
	*ret = take_ptr(bytes);
	*ret_len = n;
	return 0;
}
