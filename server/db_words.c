// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* db_words.c — the words of a statement that each database has of its own. */
#include <string.h>

#include "server/db.h"
#include "server/text.h"

char *sql_translate(const char *statement, const struct sql_word *words)
{
	struct text out = {};

	while (*statement) {
		const struct sql_word *w = words;

		while (w->word && strncmp(w->word, statement, strlen(w->word)) != 0)
			w++;
		if (w->word)
			text_put(&out, w->meaning);
		else
			text_put_n(&out, statement, 1);
		statement += w->word ? strlen(w->word) : 1;
	}
	return text_take(&out);
}
