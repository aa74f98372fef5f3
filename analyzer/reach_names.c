// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* reach_names.c — names of functions that stand as strings in the objects of an image. */
#include "analyzer/reach_names.h"

#include <elf.h>
#include <fnmatch.h>

#include "analyzer/elf_dynamic.h"
#include "include/array.h"

#define STRETCH_BYTES (1u << 20)
#define NAME_MAX_BYTES 1024u /* longer names are not told apart by what is before that */
#define PATTERN_LETTERS_MIN 3u

struct wanted {
	const char *name;
	uint64_t hash; /* over the letters from the last to the first */
	size_t len, file;
	size_t pattern, patterns; /* which of the first `patterns` may build it; none: as many */
};

struct pattern {
	const char *glob;
	size_t file;
};

struct reach_names {
	struct arena *arena;
	struct wanted *items;
	size_t count, capacity;
	uint32_t *slots; /* number + 1, or 0 */
	size_t slot_count;
	size_t longest;
	struct pattern *patterns;
	size_t pattern_count, pattern_capacity;
};

static uint64_t extend(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * 0x100000001b3ull;
}

#define HASH_START 0xcbf29ce484222325ull

int reach_names_new(struct reach_names **ret)
{
	_cleanup_(reach_names_freep) struct reach_names *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	names->arena = arena_new();
	if (!names->arena)
		return -ENOMEM;
	*ret = take_ptr(names);
	return 0;
}

void reach_names_free(struct reach_names *names)
{
	if (!names)
		return;
	free(names->items);
	free(names->slots);
	free(names->patterns);
	arena_free(names->arena);
	free(names);
}

/* The slot of a name, or the empty one where it belongs. */
static uint32_t *slot_of(const struct reach_names *names, uint64_t hash, const char *text,
			 size_t len)
{
	size_t at = hash & (names->slot_count - 1);

	for (;; at = (at + 1) & (names->slot_count - 1)) {
		const struct wanted *w;

		if (!names->slots[at])
			return &names->slots[at];
		w = &names->items[names->slots[at] - 1];
		if (w->hash == hash && w->len == len && !memcmp(w->name, text, len))
			return &names->slots[at];
	}
}

static int grow(struct reach_names *names)
{
	size_t more = names->slot_count ? names->slot_count * 2 : 1024;
	uint32_t *slots;

	if (names->count * 2 < names->slot_count)
		return 0;
	slots = calloc(more, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(names->slots);
	names->slots = slots;
	names->slot_count = more;
	for (size_t i = 0; i < names->count; i++)
		*slot_of(names, names->items[i].hash, names->items[i].name, names->items[i].len) =
		    (uint32_t)i + 1;
	return 0;
}

int reach_names_want(struct reach_names *names, const char *name)
{
	size_t len = strlen(name);
	uint64_t hash = HASH_START;
	struct wanted *item;
	uint32_t *slot;

	if (!len || len > NAME_MAX_BYTES)
		return len ? -ENAMETOOLONG : 0;
	if (grow(names) < 0)
		return -ENOMEM;
	for (size_t i = len; i-- > 0;)
		hash = extend(hash, name[i]);
	slot = slot_of(names, hash, name, len);
	if (*slot)
		return 0;
	item = array_add(names->items, names->count, names->capacity);
	if (!item)
		return -ENOMEM;
	*item = (struct wanted){ name, hash, len, SIZE_MAX, 0, 0 };
	*slot = (uint32_t)names->count;
	names->longest = len > names->longest ? len : names->longest;
	return 0;
}

/* All names that the string ending before `end` ends with. */
static void match_ends(struct reach_names *names, const char *start, const char *end, size_t file)
{
	uint64_t hash = HASH_START;

	if (!names->slot_count)
		return;
	for (const char *at = end; at > start && (size_t)(end - at) < names->longest;) {
		uint32_t slot;

		hash = extend(hash, *--at);
		slot = *slot_of(names, hash, at, (size_t)(end - at));
		if (slot && names->items[slot - 1].file == SIZE_MAX)
			names->items[slot - 1].file = file;
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$' || c == '.';
}

/* The end of a conversion that may stand for a part of a name ("%s", "%.*s", "%02d"), or NULL. */
static const char *conversion_end(const char *at, const char *end)
{
	for (at++; at < end && strchr("0123456789.*-lhz", *at); at++)
		;
	return at < end && strchr("sdiuxXc", *at) ? at + 1 : NULL;
}

/* "%s_init" → "*_init": nothing but letters of names and conversions, with enough letters to mean something. */
static bool make_glob(char *glob, const char *start, const char *end)
{
	size_t letters = 0, n = 0;

	for (const char *c = start; c && c < end;) {
		bool converts = *c == '%';

		if (!converts && !is_letter(*c))
			return false;
		letters += !converts;
		glob[n++] = converts ? '*' : *c;
		c = converts ? conversion_end(c, end) : c + 1;
		if (!c)
			return false;
	}
	glob[n] = '\0';
	return letters >= PATTERN_LETTERS_MIN;
}

static int take_pattern(struct reach_names *names, const char *start, const char *end, size_t file)
{
	char glob[NAME_MAX_BYTES + 1];
	struct pattern *slot;

	if ((size_t)(end - start) > NAME_MAX_BYTES || !memchr(start, '%', (size_t)(end - start)) ||
	    !make_glob(glob, start, end))
		return 0;
	if (names->pattern_count == REACH_PATTERNS_MAX)
		return -E2BIG;
	slot = array_add(names->patterns, names->pattern_count, names->pattern_capacity);
	if (!slot)
		return -ENOMEM;
	*slot = (struct pattern){ arena_strdup(names->arena, glob), file };
	return slot->glob ? 0 : -ENOMEM;
}

struct scan {
	struct reach_names *names;
	const struct elf_file *elf;
	size_t file;
	bool patterns;
	char *buffer; /* what is left of the last stretch, then the next one */
};

/* The strings that end in the buffer. Returns how many bytes behind the last NUL there are; -ENOMEM, -E2BIG. */
static long take_strings(struct scan *s, size_t len)
{
	const char *start = s->buffer, *end = s->buffer + len, *stop;
	int r;

	while ((stop = memchr(start, '\0', (size_t)(end - start)))) {
		const char *word = stop;

		while (word > start && (unsigned char)word[-1] > ' ' &&
		       (unsigned char)word[-1] < 127)
			word--;
		match_ends(s->names, word, stop, s->file);
		r = s->patterns ? take_pattern(s->names, word, stop, s->file) : 0;
		if (r < 0)
			return r;
		start = stop + 1;
	}
	return end - start;
}

static int scan_range(struct scan *s, uint64_t from, uint64_t to, struct err *err)
{
	size_t kept = 0;
	long left;
	int r;

	while (from < to) {
		size_t n = to - from < STRETCH_BYTES ? (size_t)(to - from) : STRETCH_BYTES;

		r = elffile_read(s->elf, s->buffer + kept, from, n);
		if (r < 0)
			return err_sys(err, -r, "read at offset %ju", (uintmax_t)from);
		from += n;
		n += kept;
		left = take_strings(s, n);
		if (left == -E2BIG)
			return err_set(err, E2BIG, "more than %u patterns of names",
				       REACH_PATTERNS_MAX);
		if (left < 0)
			return err_oom(err);
		kept = (size_t)left < NAME_MAX_BYTES ? (size_t)left : NAME_MAX_BYTES;
		memmove(s->buffer, s->buffer + n - kept, kept);
	}
	return 0;
}

int reach_names_scan(struct reach_names *names, int fd, size_t file, bool patterns, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_free_ char *buffer = malloc(STRETCH_BYTES + NAME_MAX_BYTES);
	struct elf_dynamic dyn = {};
	struct elf_file elf = {};
	struct scan scan = { names, &elf, file, patterns, buffer };
	int r;

	if (!arena || !buffer)
		return err_oom(err);
	r = elffile_open(&elf, fd, arena, err);
	if (r >= 0)
		r = elfdyn_read(&dyn, &elf, arena, err);
	for (size_t i = 0; i < elf.segment_count && r >= 0; i++) {
		const struct elf_segment *s = &elf.segments[i];
		uint64_t from = s->offset, to = s->offset + s->filesz;
		uint64_t hole = dyn.strings_offset, hole_end = hole + dyn.strings_len;

		if (s->type != PT_LOAD)
			continue;
		if (dyn.strings_len && from <= hole && hole_end <= to) {
			r = scan_range(&scan, from, hole, err);
			from = hole_end;
		}
		if (r >= 0)
			r = scan_range(&scan, from, to, err);
	}
	return r;
}

/* The first pattern from `from` on that may build the name, or how many there are. */
static size_t match_pattern(const struct reach_names *names, const char *name, size_t from)
{
	while (from < names->pattern_count && fnmatch(names->patterns[from].glob, name, 0))
		from++;
	return from;
}

size_t reach_names_find(struct reach_names *names, const char *name, const char **pattern)
{
	struct wanted *item = NULL;
	size_t len = strlen(name), at;
	uint64_t hash = HASH_START;
	uint32_t slot = 0;

	*pattern = NULL;
	for (size_t i = len; i-- > 0;)
		hash = extend(hash, name[i]);
	if (names->slot_count)
		slot = *slot_of(names, hash, name, len);
	if (slot)
		item = &names->items[slot - 1];
	if (item && item->file != SIZE_MAX)
		return item->file;
	/* Many proofs ask for the same names. */
	if (item && item->pattern == item->patterns && item->patterns < names->pattern_count) {
		item->pattern = match_pattern(names, name, item->patterns);
		item->patterns = names->pattern_count;
	}
	at = item ? item->pattern : match_pattern(names, name, 0);
	if (at == names->pattern_count)
		return SIZE_MAX;
	*pattern = names->patterns[at].glob;
	return names->patterns[at].file;
}
