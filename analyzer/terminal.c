// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* terminal.c — text for people that cannot steer their terminal. */
#include "analyzer/terminal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The printable character at s, or how it is to be shown instead. Returns the bytes consumed. */
static size_t next_character(const char *s, char shown[8], size_t *columns)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;
	uint32_t point = n == 2 ? c & 0x1f : n == 3 ? c & 0x0f : c & 0x07;
	bool plain = c >= 0x20 && c < 0x7f;

	if (c >= 0xc2 && c < 0xf5) {
		plain = true;
		for (size_t i = 1; i < n && plain; i++) {
			plain = ((unsigned char)s[i] & 0xc0) == 0x80;
			point = point << 6 | ((unsigned char)s[i] & 0x3f);
		}
		/* C1 controls, and marks that reverse the direction of text. */
		plain = plain && point >= 0xa0 && !(point >= 0x200b && point <= 0x200f) &&
			!(point >= 0x2028 && point <= 0x202e) &&
			!(point >= 0x2066 && point <= 0x2069) && point != 0xfeff && point != 0x061c;
	}
	if (!plain) {
		snprintf(shown, 8, "\\x%02x", c);
		*columns = 4;
		return 1;
	}
	memcpy(shown, s, n);
	shown[n] = '\0';
	*columns = 1;
	return n;
}

size_t terminal_columns(const char *text)
{
	size_t sum = 0, columns;
	char shown[8];

	while (text && *text) {
		text += next_character(text, shown, &columns);
		sum += columns;
	}
	return sum;
}

size_t terminal_put(FILE *out, const char *text, size_t max)
{
	bool cut = max && terminal_columns(text) > max;
	size_t sum = 0, columns, n;
	char shown[8];

	for (; text && *text; text += n, sum += columns) {
		n = next_character(text, shown, &columns);
		if (cut && sum + columns + 1 > max) {
			fputs("…", out);
			return sum + 1;
		}
		fputs(shown, out);
	}
	return sum;
}

void terminal_line(FILE *out, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	terminal_put(out, text, 0);
	fputc('\n', out);
}

bool terminal_has_colour(FILE *out)
{
	const char *none = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(none && *none);
}

unsigned terminal_width(FILE *out, unsigned otherwise)
{
	struct winsize size;

	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : otherwise;
}
