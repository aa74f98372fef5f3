// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* changelog.c — debian/changelog: which version names a CVE. */
#include "analyzer/changelog.h"

#include <string.h>

#include "analyzer/cve_ids.h"
#include "include/array.h"

#define ENTRIES_MAX 20000u

struct entries {
	struct changelog_entry *items;
	size_t count, capacity;
};

static void entries_done(struct entries *entries)
{
	free(entries->items);
}

/* "source (version) distribution …; urgency=…" */
static int read_head(struct entries *entries, const char *line, size_t len, struct arena *arena,
		     struct err *err)
{
	const char *open = memchr(line, '(', len), *end = line + len;
	const char *close = open ? memchr(open, ')', (size_t)(end - open)) : NULL;
	struct changelog_entry *entry;
	const char *name_end, *word;

	if (!close || open == line || close == open + 1)
		return 0;
	if (entries->count >= ENTRIES_MAX)
		return err_set(err, EFBIG, "has more than %u entries", ENTRIES_MAX);
	entry = array_add(entries->items, entries->count, entries->capacity);
	if (!entry)
		return err_oom(err);
	for (name_end = open; name_end > line && name_end[-1] == ' ';)
		name_end--;
	for (word = close + 1; word < end && *word == ' ';)
		word++;
	entry->source = arena_strndup(arena, line, (size_t)(name_end - line));
	entry->version = arena_strndup(arena, open + 1, (size_t)(close - open - 1));
	for (len = 0; word + len < end && !strchr(" ;", word[len]);)
		len++;
	entry->distribution = arena_strndup(arena, word, len);
	entry->body = end;
	return entry->source && entry->version && entry->distribution ? 0 : err_oom(err);
}

/* " -- name <address>  date" */
static void read_foot(struct changelog_entry *entry, const char *line, size_t len)
{
	struct tm tm = {};
	char date[64];
	long zone;

	for (size_t i = len; i > 1; i--)
		if (line[i - 1] == ' ' && line[i - 2] == ' ') {
			snprintf(date, sizeof(date), "%.*s", (int)(len - i), line + i);
			if (!strptime(date, "%a, %d %b %Y %H:%M:%S %z", &tm))
				return;
			zone = tm.tm_gmtoff;
			entry->date = timegm(&tm) - zone;
			return;
		}
}

int changelog_parse(struct changelog *ret, const char *text, size_t len, struct arena *arena,
		    struct err *err)
{
	_cleanup_(entries_done) struct entries entries = {};
	struct changelog_entry *all;
	int r = 0;

	for (size_t n; len && r == 0; text += n, len -= n) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline ? (size_t)(newline - text) : len;
		struct changelog_entry *last =
		    entries.count ? &entries.items[entries.count - 1] : NULL;

		n = newline ? line + 1 : line;
		if (line > 4 && !memcmp(text, " -- ", 4) && last)
			read_foot(last, text, line);
		else if (line && *text != ' ' && *text != '\t')
			r = read_head(&entries, text, line, arena, err);
		else if (last)
			last->body_len = (size_t)(text + line - last->body);
	}
	if (r == 0 && !entries.count)
		r = err_set(err, EBADMSG, "is no changelog: no line 'source (version) …'");
	if (r < 0)
		return r;
	all = arena_alloc(arena, entries.count * sizeof(*all));
	if (!all)
		return err_oom(err);
	memcpy(all, entries.items, entries.count * sizeof(*all));
	*ret = (struct changelog){ all, entries.count };
	return 0;
}

int changelog_versions_with(const struct changelog *changelog, const char *cve, struct arena *arena,
			    const char ***ret)
{
	const char **versions = arena_alloc(arena, (changelog->count + 1) * sizeof(*versions));
	size_t n = 0;

	if (!versions)
		return -ENOMEM;
	for (size_t i = 0; i < changelog->count; i++) {
		_cleanup_(string_set_donep) struct string_set set = { .arena = arena };
		const struct changelog_entry *entry = &changelog->entries[i];

		if (cve_ids_find(&set, entry->body, entry->body_len) < 0)
			return -ENOMEM;
		if (string_set_find(&set, cve, strlen(cve)) != STRING_SET_NONE)
			versions[n++] = entry->version;
	}
	*ret = n ? versions : NULL;
	return 0;
}
