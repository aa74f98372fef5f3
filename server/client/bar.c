// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* bar.c — what is said of progress. */
#include "server/client/bar.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CELLS_MAX 40

void put_safely(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		/* C1 controls are U+0080 to U+009F; U+2028 to U+202E and U+2066 to U+2069 turn the direction of text. */
		bool c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
		bool turns = c[0] == 0xe2 && ((c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
					      (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));

		fputc(*c < 0x20 || *c == 0x7f || c1 || turns ? '?' : *c, out);
		c += c1 ? 1 : turns ? 2 : 0;
	}
}

void bar_begin(struct bar *bar)
{
	*bar = (struct bar){ .is_terminal = isatty(STDERR_FILENO) == 1 };
	bar->out = bar->is_terminal ? stderr : stdout;
}

static unsigned width_of_terminal(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void draw(struct bar *bar, int64_t percent, const char *phase, const char *detail)
{
	unsigned width = width_of_terminal(), cells = width / 3 < CELLS_MAX ? width / 3 : CELLS_MAX;
	unsigned full = (unsigned)percent * cells / 100, used = cells + 8;
	char text[256];

	fputs("\r[", bar->out);
	for (unsigned i = 0; i < cells; i++)
		fputc(i < full ? '#' : '.', bar->out);
	fprintf(bar->out, "] %3d%% ", (int)percent);
	snprintf(text, sizeof(text), "%s%s%s", phase, *detail ? ": " : "", detail);
	if (width > used && strlen(text) > width - used - 1)
		text[width - used - 1] = '\0';
	put_safely(bar->out, text);
	fputs("\033[K", bar->out);
	fflush(bar->out);
	bar->drawn = true;
}

void bar_show(struct bar *bar, int64_t percent, const char *phase, const char *detail)
{
	percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
	if (bar->is_terminal) {
		draw(bar, percent, phase, detail);
		return;
	}
	if (!strcmp(bar->phase, phase))
		return;
	snprintf(bar->phase, sizeof(bar->phase), "%s", phase);
	fprintf(bar->out, "%3d%% ", (int)percent);
	put_safely(bar->out, phase);
	fputc('\n', bar->out);
	fflush(bar->out);
}

void bar_clear(struct bar *bar)
{
	if (bar->drawn)
		fputs("\r\033[K", bar->out);
	bar->drawn = false;
}
