// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* patch_apply.c — hunks find their place in a text, as GNU patch searches for it. */
#include <string.h>

#include "analyzer/patch.h"
#include "include/array.h"

#define LINES_MAX 4000000u
#define STEPS_MAX 400000000u /* lines compared for one file: some seconds */

struct lines {
	struct patch_line *items;
	size_t count, capacity;
};

/* A hunk as the search sees it. */
struct pattern {
	const struct patch_line **old; /* the lines that must be there */
	size_t count;
	size_t prefix, suffix; /* lines of context at its ends */
};

struct work {
	struct lines old;
	size_t next; /* the first old line that no hunk has passed */
	ptrdiff_t offset;
	size_t new_line; /* lines written so far */
	size_t room, steps;
	struct patched out;
};

static void lines_done(struct lines *lines)
{
	free(lines->items);
}

static void pattern_done(struct pattern *pattern)
{
	free(pattern->old);
}

static void work_done(struct work *work)
{
	lines_done(&work->old);
	patched_done(&work->out);
}

void patched_done(struct patched *patched)
{
	free(patched->text);
	free(patched->changes);
	*patched = (struct patched){};
}

static int split(struct lines *to, const char *text, size_t len, struct err *err)
{
	for (size_t n; len; text += n, len -= n) {
		const char *newline = memchr(text, '\n', len);
		struct patch_line *line = array_add(to->items, to->count, to->capacity);

		n = newline ? (size_t)(newline - text) + 1 : len;
		if (!line)
			return err_oom(err);
		*line = (struct patch_line){ ' ', text, n };
		if (to->count > LINES_MAX)
			return err_set(err, EFBIG, "has more than %u lines", LINES_MAX);
	}
	return 0;
}

/* The newline at the end of the last line is nobody's concern. */
static bool same_line(const struct patch_line *a, const struct patch_line *b)
{
	size_t x = a->len, y = b->len;

	x -= x && a->text[x - 1] == '\n';
	y -= y && b->text[y - 1] == '\n';
	return x == y && !memcmp(a->text, b->text, x);
}

static int pattern_init(struct pattern *ret, const struct patch_hunk *hunk)
{
	size_t n = hunk->line_count;

	*ret = (struct pattern){ .old = calloc(n + 1, sizeof(*ret->old)) };
	if (!ret->old)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (hunk->lines[i].kind != '+')
			ret->old[ret->count++] = &hunk->lines[i];
	while (ret->prefix < n && hunk->lines[ret->prefix].kind == ' ')
		ret->prefix++;
	while (ret->suffix < n && hunk->lines[n - 1 - ret->suffix].kind == ' ')
		ret->suffix++;
	return 0;
}

static bool fits(struct work *work, const struct pattern *p, size_t at, size_t prefix,
		 size_t suffix)
{
	if (at < work->next || at > work->old.count || p->count > work->old.count - at)
		return false;
	for (size_t i = prefix; i + suffix < p->count; i++)
		if (++work->steps > STEPS_MAX || !same_line(&work->old.items[at + i], p->old[i]))
			return false;
	return true;
}

/* With less context at one end than at the other the hunk is at that end of the file. */
static bool find(struct work *work, const struct pattern *p, size_t guess, bool first,
		 unsigned fuzz, size_t *ret)
{
	size_t context = p->prefix > p->suffix ? p->prefix : p->suffix;
	ptrdiff_t prefix = (ptrdiff_t)(fuzz + p->prefix) - (ptrdiff_t)context;
	ptrdiff_t suffix = (ptrdiff_t)(fuzz + p->suffix) - (ptrdiff_t)context;
	size_t n = work->old.count, low = prefix > 0 ? (size_t)prefix : 0;
	size_t high = suffix > 0 ? (size_t)suffix : 0;

	if (prefix < 0 && first) {
		*ret = 0;
		return fits(work, p, 0, low, high);
	}
	if (suffix < 0) {
		*ret = n >= p->count ? n - p->count : 0;
		return fits(work, p, *ret, low, high);
	}
	for (size_t away = 0; away <= n && ++work->steps <= STEPS_MAX; away++) {
		*ret = guess + away;
		if (fits(work, p, *ret, low, high))
			return true;
		*ret = guess - away;
		if (away && away <= guess && fits(work, p, *ret, low, high))
			return true;
	}
	return false;
}

static int locate(struct work *work, const struct patch_hunk *hunk, unsigned fuzz, size_t *ret,
		  struct err *err)
{
	_cleanup_(pattern_done) struct pattern pattern = {};
	size_t start = hunk->old_count ? hunk->old_start - !!hunk->old_start : hunk->old_start;
	ptrdiff_t guess = (ptrdiff_t)start + work->offset;
	size_t context;

	if (pattern_init(&pattern, hunk) < 0)
		return err_oom(err);
	guess = guess < 0 ? 0 : guess;
	/* Fuzz does without lines of context, never without those that go. */
	context = pattern.prefix > pattern.suffix ? pattern.prefix : pattern.suffix;
	fuzz = fuzz < context ? fuzz : (unsigned)context;
	for (unsigned f = 0; f <= fuzz; f++) {
		if (!find(work, &pattern, (size_t)guess, hunk->old_start <= 1, f, ret))
			continue;
		work->offset = (ptrdiff_t)*ret - (ptrdiff_t)start;
		work->out.fuzz = f > work->out.fuzz ? f : work->out.fuzz;
		return 0;
	}
	return err_set(err, EBADMSG, "the hunk of line %zu finds no place%s", hunk->at,
		       work->steps > STEPS_MAX ? " in the time it may take" : "");
}

static int put(struct work *work, const struct patch_line *line, struct err *err)
{
	struct patched *out = &work->out;
	/* What stood at the end without a newline gets one when something follows. */
	bool mend = out->len && line->len && out->text[out->len - 1] != '\n';
	size_t room = work->room ? work->room : 65536;
	char *grown;

	while (room < out->len + line->len + 2)
		room *= 2;
	if (room > PATCH_TEXT_BYTES_MAX * 2u)
		return err_set(err, EFBIG, "would grow over %u MiB", PATCH_TEXT_BYTES_MAX >> 20);
	if (room > work->room) {
		grown = realloc(out->text, room);
		if (!grown)
			return err_oom(err);
		out->text = grown;
		work->room = room;
	}
	if (mend)
		out->text[out->len++] = '\n';
	memcpy(out->text + out->len, line->text, line->len);
	out->len += line->len;
	work->new_line++;
	return 0;
}

static int copy_until(struct work *work, size_t line, struct err *err)
{
	int r = 0;

	while (r == 0 && work->next < line)
		r = put(work, &work->old.items[work->next++], err);
	return r;
}

/* One run of lines that go and come. What goes and comes again at either end of it has not changed. */
static int add_change(struct patched *out, const struct lines *gone, const struct lines *come,
		      size_t old_line, size_t new_line, struct err *err)
{
	size_t head = 0, tail = 0, less = gone->count < come->count ? gone->count : come->count;
	struct patch_change *change;

	while (head < less && same_line(&gone->items[head], &come->items[head]))
		head++;
	while (head + tail < less && same_line(&gone->items[gone->count - 1 - tail],
					       &come->items[come->count - 1 - tail]))
		tail++;
	if (head + tail == gone->count && gone->count == come->count)
		return 0;
	change = array_add(out->changes, out->change_count, out->change_capacity);
	if (!change)
		return err_oom(err);
	change->old_count = gone->count - head - tail;
	change->new_count = come->count - head - tail;
	change->old_start = old_line + head + !!change->old_count;
	change->new_start = new_line + head + !!change->new_count;
	return 0;
}

static int put_hunk(struct work *work, const struct patch_hunk *hunk, struct err *err)
{
	_cleanup_(lines_done) struct lines gone = {}, come = {};
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < hunk->line_count) {
		size_t old_line = work->next, new_line = work->new_line;

		gone.count = come.count = 0;
		for (; r == 0 && i < hunk->line_count && hunk->lines[i].kind != ' '; i++) {
			bool goes = hunk->lines[i].kind == '-';
			struct lines *to = goes ? &gone : &come;
			struct patch_line *slot = array_add(to->items, to->count, to->capacity);

			if (!slot)
				return err_oom(err);
			*slot = hunk->lines[i];
			if (goes)
				work->next++;
			else
				r = put(work, slot, err);
		}
		if (r == 0 && (gone.count || come.count))
			r = add_change(&work->out, &gone, &come, old_line, new_line, err);
		for (; r == 0 && i < hunk->line_count && hunk->lines[i].kind == ' '; i++)
			r = put(work, &work->old.items[work->next++], err);
	}
	return r;
}

int patch_apply(struct patched *ret, const struct patch_file *file, const char *old, size_t old_len,
		unsigned fuzz, struct err *err)
{
	_cleanup_(work_done) struct work work = {};
	size_t at = 0;
	int r = split(&work.old, old, old_len, err);

	for (size_t i = 0; r == 0 && i < file->hunk_count; i++) {
		r = locate(&work, &file->hunks[i], fuzz, &at, err);
		if (r == 0)
			r = copy_until(&work, at, err);
		if (r == 0)
			r = put_hunk(&work, &file->hunks[i], err);
	}
	if (r == 0)
		r = copy_until(&work, work.old.count, err);
	if (r == 0)
		r = put(&work, &(struct patch_line){ ' ', "", 0 }, err);
	if (r < 0)
		return r;
	work.out.text[work.out.len] = '\0';
	*ret = work.out;
	work.out = (struct patched){};
	return 0;
}
