// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* base64.c — base64 as configuration files have it. */
#include "server/base64.h"

#include <stdint.h>
#include <string.h>

static int value_of(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int base64_decode(unsigned char **ret, size_t *ret_len, const char *text, size_t len,
		  struct err *err)
{
	_cleanup_free_ unsigned char *bytes = malloc(len / 4 * 3 + 4);
	size_t n = 0, digits = 0, padding = 0;
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
		if (++digits % 4 != 1)
			bytes[n++] = (unsigned char)(bits >> (2 * (3 - (digits - 1) % 4)));
	}
	if (padding > 2 || digits % 4 == 1 || (padding && (digits + padding) % 4))
		return err_set(err, EBADMSG, "base64 of %zu digits is cut", digits);
	bytes[n] = '\0';
	*ret = take_ptr(bytes);
	*ret_len = n;
	return 0;
}
