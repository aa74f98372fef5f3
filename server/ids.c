// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* ids.c — names that nobody else has. */
#include "server/ids.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* getrandom(2) cannot fail for so few bytes once the kernel's pool is up, except by a signal before that. */
static void fill(unsigned char *bytes, size_t count)
{
	while (getrandom(bytes, count, 0) != (ssize_t)count)
		;
}

void id_new(char ret[ID_BYTES], int64_t now_ms)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	char *at = ret;

	fill(b, sizeof(b));
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(now_ms >> (40 - 8 * i));
	b[6] = (b[6] & 0x0f) | 0x70;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = hex[b[i] >> 4];
		*at++ = hex[b[i] & 15];
	}
	*at = '\0';
}

static bool has_form(const char *text, const char *digits)
{
	if (strlen(text) != ID_BYTES - 1)
		return false;
	for (int i = 0; i < ID_BYTES - 1; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
							    : !strchr(digits, text[i]))
			return false;
	return true;
}

bool id_is_valid(const char *text)
{
	return has_form(text, "0123456789abcdef");
}

bool id_is_uuid(const char *text)
{
	return has_form(text, "0123456789abcdefABCDEF");
}

void id_lower(char *uuid)
{
	for (; *uuid; uuid++)
		if (*uuid >= 'A' && *uuid <= 'F')
			*uuid = (char)(*uuid | 0x20);
}

void id_secret(char *ret, size_t count)
{
	unsigned char byte;

	for (size_t i = 0; i < count; i++) {
		fill(&byte, 1);
		snprintf(ret + 2 * i, 3, "%02x", byte);
	}
}
