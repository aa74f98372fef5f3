// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* patch.c — unified diffs, read within limits. */
#include "analyzer/patch.h"

#include <string.h>

#include "include/array.h"

/* Where the reader stands. Lines are kept with their newline. */
struct reader {
	struct patch *patch;
	size_t file_capacity;
	const char *at, *end;
	size_t line; /* the number of the line at `at` */
};

struct line {
	const char *text;
	size_t len; /* without newline and carriage return */
	size_t full;
};

void patch_free(struct patch *patch)
{
	if (!patch)
		return;
	for (size_t i = 0; i < patch->file_count; i++) {
		for (size_t k = 0; k < patch->files[i].hunk_count; k++)
			free(patch->files[i].hunks[k].lines);
		free(patch->files[i].hunks);
	}
	free(patch->files);
	arena_free(patch->arena);
	free(patch);
}

static bool peek(const struct reader *in, struct line *ret)
{
	const char *newline;

	if (in->at >= in->end)
		return false;
	newline = memchr(in->at, '\n', (size_t)(in->end - in->at));
	ret->text = in->at;
	ret->full = newline ? (size_t)(newline - in->at) + 1 : (size_t)(in->end - in->at);
	ret->len = newline ? ret->full - 1 : ret->full;
	if (ret->len && ret->text[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static void skip(struct reader *in, const struct line *line)
{
	in->at += line->full;
	in->line++;
}

static bool starts(const struct line *line, const char *with)
{
	size_t n = strlen(with);

	return line->len >= n && !memcmp(line->text, with, n);
}

/* A number of at most nine digits; false when there is none. */
static bool read_number(const char **at, const char *end, size_t *ret)
{
	const char *from = *at;

	*ret = 0;
	while (*at < end && **at >= '0' && **at <= '9' && *at - from < 9)
		*ret = *ret * 10 + (size_t)(*(*at)++ - '0');
	return *at > from && (*at == end || **at < '0' || **at > '9');
}

static bool read_range(const char **at, const char *end, char mark, size_t *start, size_t *count)
{
	if (*at >= end || **at != mark)
		return false;
	++*at;
	*count = 1;
	if (!read_number(at, end, start))
		return false;
	if (*at >= end || **at != ',')
		return true;
	++*at;
	return read_number(at, end, count);
}

/* "@@ -1,2 +3,4 @@ what follows is not believed" */
static bool read_heading(const struct line *line, struct patch_hunk *ret)
{
	const char *at = line->text + 3, *end = line->text + line->len;

	if (!starts(line, "@@ ") || !read_range(&at, end, '-', &ret->old_start, &ret->old_count) ||
	    at >= end || *at++ != ' ')
		return false;
	return read_range(&at, end, '+', &ret->new_start, &ret->new_count) && end - at >= 3 &&
	       !memcmp(at, " @@", 3);
}

/* The text of a name in quotes, as C and git write it. */
static const char *unquote(const char *at, const char *end, struct arena *arena)
{
	char *copy = arena_alloc(arena, (size_t)(end - at) + 1), *to = copy;

	for (at++; copy && at < end && *at != '"'; at++) {
		unsigned byte = 0, digits = 0;

		if (*at != '\\' || at + 1 >= end) {
			*to++ = *at;
			continue;
		}
		at++;
		for (; digits < 3 && at + digits < end && at[digits] >= '0' && at[digits] <= '7';
		     digits++)
			byte = byte * 8 + (unsigned)(at[digits] - '0');
		*to++ = digits ? (char)byte : *at == 't' ? '\t' : *at == 'n' ? '\n' : *at;
		at += digits ? digits - 1 : 0;
	}
	return copy;
}

/* A date as diff puts it behind the name, when no tab divides them. */
static size_t before_date(const char *text, size_t len)
{
	for (size_t i = 1; i + 12 < len; i++)
		if (text[i] == ' ' && text[i + 5] == '-' && text[i + 8] == '-' &&
		    strspn(text + i + 1, "0123456789") == 4)
			return i;
	return len;
}

/* The name behind "--- " and its like; *ret is NULL for /dev/null. */
static int read_name(const char **ret, const struct line *line, size_t from, struct arena *arena,
		     struct err *err)
{
	const char *text = line->text + from, *tab;
	size_t len = line->len - from;
	const char *name;

	if (len && *text == '"') {
		name = unquote(text, text + len, arena);
	} else {
		tab = memchr(text, '\t', len);
		len = tab ? (size_t)(tab - text) : before_date(text, len);
		while (len && text[len - 1] == ' ')
			len--;
		name = arena_strndup(arena, text, len);
	}
	if (!name)
		return err_oom(err);
	*ret = strcmp(name, "/dev/null") ? name : NULL;
	return 0;
}

static struct patch_file *add_file(struct reader *in, struct err *err)
{
	struct patch *patch = in->patch;
	struct patch_file *file = NULL;

	if (patch->file_count >= PATCH_FILES_MAX)
		err_set(err, EFBIG, "changes more than %u files", PATCH_FILES_MAX);
	else if (!(file = array_add(patch->files, patch->file_count, in->file_capacity)))
		err_oom(err);
	else
		file->at = in->line;
	return file;
}

static int add_line(struct patch_hunk *hunk, size_t *capacity, char kind, const struct line *line)
{
	struct patch_line *slot = array_add(hunk->lines, hunk->line_count, *capacity);
	size_t mark = line->len && strchr(" -+", *line->text) ? 1 : 0;

	if (!slot)
		return -ENOMEM;
	*slot = (struct patch_line){ kind, line->text + mark, line->full - mark };
	return 0;
}

/* "\ No newline at end of file" is said of the line before it. */
static void end_without_newline(struct patch_hunk *hunk)
{
	struct patch_line *last = hunk->line_count ? &hunk->lines[hunk->line_count - 1] : NULL;

	if (last && last->len > 1 && last->text[last->len - 1] == '\n')
		last->len--;
}

/* The lines of a hunk, as many as its heading says. Mailers drop the blank of an empty line of context. */
static int read_lines(struct reader *in, struct patch_hunk *hunk, struct err *err)
{
	size_t old_left = hunk->old_count, new_left = hunk->new_count, capacity = 0;
	struct line line;

	while (old_left || new_left) {
		char kind;

		if (!peek(in, &line))
			return err_set(err, EBADMSG, "line %zu: the hunk of line %zu is cut off",
				       in->line, hunk->at);
		kind = line.len ? *line.text : ' ';
		if (kind == '\\') {
			end_without_newline(hunk);
			skip(in, &line);
			continue;
		}
		if (!strchr(" -+", kind) || (kind != '+' && !old_left) ||
		    (kind != '-' && !new_left))
			return err_set(err, EBADMSG,
				       "line %zu: does not fit the hunk of line %zu, which wants "
				       "%zu old and %zu new lines more",
				       in->line, hunk->at, old_left, new_left);
		old_left -= kind != '+';
		new_left -= kind != '-';
		if (add_line(hunk, &capacity, kind, &line) < 0)
			return err_oom(err);
		skip(in, &line);
	}
	if (peek(in, &line) && starts(&line, "\\ ")) {
		end_without_newline(hunk);
		skip(in, &line);
	}
	return 0;
}

static int read_hunks(struct reader *in, struct patch_file *file, struct err *err)
{
	size_t capacity = file->hunk_count;
	struct patch_hunk heading, *hunk;
	struct line line;
	int r = 0;

	while (r == 0 && peek(in, &line)) {
		heading = (struct patch_hunk){ .at = in->line };
		if (!starts(&line, "@@"))
			return 0;
		if (!read_heading(&line, &heading))
			return err_set(err, EBADMSG,
				       "line %zu: no heading of a hunk: expected '@@ -L,N +L,N @@'",
				       in->line);
		hunk = array_add(file->hunks, file->hunk_count, capacity);
		if (!hunk)
			return err_oom(err);
		*hunk = heading;
		skip(in, &line);
		r = read_lines(in, hunk, err);
	}
	return r;
}

static bool is_pair(const struct reader *in, const struct line *line)
{
	struct reader ahead = *in;
	struct line next;

	if (!starts(line, "--- "))
		return false;
	skip(&ahead, line);
	if (!peek(&ahead, &next) || !starts(&next, "+++ "))
		return false;
	skip(&ahead, &next);
	/* Such lines may stand in a description too. */
	return !peek(&ahead, &next) || starts(&next, "@@");
}

/* "--- old", "+++ new" and the hunks. `file` is that of the git heading above, or NULL. */
static int read_pair(struct reader *in, struct patch_file *file, struct line *line, struct err *err)
{
	const char *old_name = NULL, *new_name = NULL;
	int r;

	if (!file && !(file = add_file(in, err)))
		return -EFBIG;
	r = read_name(&old_name, line, 4, in->patch->arena, err);
	skip(in, line);
	if (r == 0 && peek(in, line))
		r = read_name(&new_name, line, 4, in->patch->arena, err);
	if (r < 0)
		return r;
	skip(in, line);
	if (!file->renamed) {
		file->old_name = old_name;
		file->new_name = new_name;
	}
	file->unread = false;
	return read_hunks(in, file, err);
}

/* "diff --git a/x b/x": both names are one unless lines below say otherwise. */
static void read_git_names(struct patch_file *file, const struct line *line, struct arena *arena)
{
	const char *text = line->text + strlen("diff --git ");
	size_t len = line->len - strlen("diff --git "), half = len / 2;

	if (len < 3 || len % 2 == 0 || text[half] != ' ')
		return;
	file->old_name = arena_strndup(arena, text, half);
	file->new_name = arena_strndup(arena, text + half + 1, half);
}

/* The lines below "diff --git", up to "---", the next file or what is none of git's. */
static int read_git(struct reader *in, struct line *line, struct err *err)
{
	static const char *const known[] = {
		"index ",         "old mode ",          "new mode ",
		"new file mode ", "deleted file mode ", "similarity index ",
		"dissimilarity ", "copy from ",         "copy to ",
		"Binary files "
	};
	struct patch_file *file = add_file(in, err);
	struct arena *arena = in->patch->arena;
	int r = 0;

	if (!file)
		return -EFBIG;
	file->unread = true;
	read_git_names(file, line, arena);
	for (skip(in, line); r == 0 && peek(in, line); skip(in, line)) {
		bool is_known = false;

		if (is_pair(in, line))
			return read_pair(in, file, line, err);
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			is_known |= starts(line, known[i]);
		if (starts(line, "rename from ") || starts(line, "rename to ")) {
			bool to = starts(line, "rename to ");

			r = read_name(to ? &file->new_name : &file->old_name, line, to ? 10 : 12,
				      arena, err);
			file->renamed = to;
			file->unread = false;
		} else if (!is_known) {
			break;
		}
	}
	return r;
}

static int read_files(struct reader *in, struct err *err)
{
	struct line line;
	int r = 0;

	while (r == 0 && peek(in, &line)) {
		bool git = starts(&line, "diff --git ");

		if (!git && !is_pair(in, &line)) {
			skip(in, &line);
			continue;
		}
		if (!in->patch->file_count)
			in->patch->header_len = (size_t)(in->at - in->patch->text);
		r = git ? read_git(in, &line, err) : read_pair(in, NULL, &line, err);
	}
	return r;
}

int patch_parse(struct patch **ret, const char *text, size_t len, struct err *err)
{
	_cleanup_(patch_freep) struct patch *patch = calloc(1, sizeof(*patch));
	struct reader in = { .line = 1 };
	int r;

	if (!patch || !(patch->arena = arena_new()))
		return err_oom(err);
	if (len > PATCH_BYTES_MAX)
		return err_set(err, EFBIG, "a patch of more than %u MiB", PATCH_BYTES_MAX >> 20);
	patch->text = arena_strndup(patch->arena, text, len);
	if (!patch->text)
		return err_oom(err);
	if (strlen(patch->text) != len)
		return err_set(err, EBADMSG, "has a NUL: no patch is a binary file");
	in.patch = patch;
	in.at = patch->text;
	in.end = patch->text + len;
	patch->header_len = len;
	r = read_files(&in, err);
	if (r < 0)
		return r;
	*ret = take_ptr(patch);
	return 0;
}

int patch_path(const char **ret, const char *name, unsigned strip, struct arena *arena,
	       struct err *err)
{
	const char *at = name, *slash;
	char *path;

	for (unsigned i = 0; i < strip && (slash = strchr(at, '/')); i++)
		at = slash + strspn(slash, "/");
	while (!strncmp(at, "./", 2))
		at += 2 + strspn(at + 2, "/");
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ')
			return err_set(err, EINVAL, "a name has the byte 0x%02x",
				       (unsigned char)*c);
	if (!*at || *at == '/' || at[strlen(at) - 1] == '/')
		return err_set(err, EINVAL, "'%.200s' is no name of a file in the tree", name);
	for (const char *c = at; c; c = strchr(c, '/') ? strchr(c, '/') + 1 : NULL)
		if (!strncmp(c, "..", 2) && (!c[2] || c[2] == '/'))
			return err_set(err, EINVAL, "'%.200s' leads out of the tree", name);
	path = arena_strdup(arena, at);
	if (!path)
		return err_oom(err);
	*ret = path;
	return 0;
}
