// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * function_path.c — names of functions that are paths with "::".
 *
 * Every path is brought into one form and then compared: generics are dropped, "<Type as Trait>::fn" and
 * "<impl Trait for Type>::fn" become "Type::fn" with "Trait::fn" beside it, "<Type>::fn" becomes "Type::fn".
 */
#include "analyzer/function_path.h"

#include <string.h>

#define PARTS_MAX 64
#define DEPTH_MAX 16 /* types within types that still tell where a function is */

struct part {
	const char *at;
	size_t len;
};

/* Parts in order. What has too many of them, or no form, is `strange`. */
struct path {
	struct part parts[PARTS_MAX];
	size_t count;
	bool strange;
	bool
	    inner; /* a closure, or another thing that the compiler made of the function, was taken off its end */
};

/* Behind the bracket that closes the one at `at`; the end when none does. "->" and "=>" close nothing. */
static const char *behind_bracket(const char *at, const char *end)
{
	unsigned depth = 0;

	for (const char *p = at; p < end; p++) {
		if (strchr("<([{", *p))
			depth++;
		else if (strchr(")]}", *p) || (*p == '>' && p[-1] != '-' && p[-1] != '='))
			depth--;
		if (!depth)
			return p + 1;
	}
	return end;
}

/* The first place of `word` outside of brackets, or NULL. */
static const char *find_outside(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	while (at < end) {
		if ((size_t)(end - at) >= len && !memcmp(at, word, len))
			return at;
		at = strchr("<([{", *at) ? behind_bracket(at, end) : at + 1;
	}
	return NULL;
}

static void add_part(struct path *path, const char *at, size_t len)
{
	if (path->count == PARTS_MAX)
		path->strange = true;
	else if (len)
		path->parts[path->count++] = (struct part){ at, len };
}

static void read_path(struct path *path, struct path *trait, const char *at, const char *end,
		      unsigned depth);

/* What stands before a type's name. */
static const char *skip_references(const char *at, const char *end)
{
	static const char *const words[] = { "&", "mut ", "dyn ", "*const ", "*" };

	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
			size_t len = strlen(words[i]);

			if ((size_t)(end - at) >= len && !memcmp(at, words[i], len)) {
				at += len;
				again = true;
			}
		}
	}
	return at;
}

/* <…> at the start of a path, or <impl …> in it: the type takes the place of all before. */
static void read_bracket(struct path *path, struct path *trait, const char *at, const char *end,
			 unsigned depth)
{
	const char *as = find_outside(at, end, " as "), *for_;
	bool impl = end - at > 5 && !memcmp(at, "impl ", 5);
	struct path unused = {};

	path->count = 0;
	if (trait)
		trait->count = 0;
	if (impl) {
		at += 5;
		for_ = find_outside(at, end, " for ");
		if (for_ && trait)
			read_path(trait, NULL, at, for_, depth);
		at = for_ ? for_ + 5 : at;
	} else if (as) {
		if (trait)
			read_path(trait, NULL, as + 4, end, depth);
		end = as;
	}
	read_path(path, &unused, skip_references(at, end), end, depth + 1);
}

/* The bracket that a path begins with holds a type, and one with an impl, wherever it stands; any other holds generics. */
static bool holds_type(const char *at, const char *close, bool first)
{
	return close > at + 1 && close[-1] == '>' &&
	       (first || (close - at > 6 && !memcmp(at + 1, "impl ", 5)));
}

static void read_path(struct path *path, struct path *trait, const char *at, const char *end,
		      unsigned depth)
{
	const char *start = at, *stop;

	path->strange |= depth > DEPTH_MAX;
	for (; at < end && depth <= DEPTH_MAX; at = stop) {
		stop = at + 1;
		if (*at == ':')
			continue;
		if (*at == '<') {
			stop = behind_bracket(at, end);
			if (trait && holds_type(at, stop, at == start))
				read_bracket(path, trait, at + 1, stop - 1, depth);
			continue;
		}
		stop = at;
		while (stop < end && *stop != '<' && (*stop != ':' || stop[1] != ':'))
			stop = strchr("([{", *stop) ? behind_bracket(stop, end) : stop + 1;
		add_part(path, at, (size_t)(stop - at));
		if (trait && trait->count)
			add_part(trait, at, (size_t)(stop - at));
	}
}

static bool same_part(const struct part *a, const struct part *b)
{
	return a->len == b->len && !memcmp(a->at, b->at, a->len);
}

/* Dashes of a crate's name are underscores in code. */
static bool same_crate(const struct part *a, const struct part *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (a->at[i] != b->at[i] && !(strchr("-_", a->at[i]) && strchr("-_", b->at[i])))
			return false;
	return true;
}

static bool is_made(const struct part *part)
{
	return *part->at == '{';
}

/* Takes off closures and shims at the end. */
static void take_off_made(struct path *path)
{
	while (path->count > 1 && is_made(&path->parts[path->count - 1])) {
		path->count--;
		path->inner = true;
	}
}

/* Is `path` the wanted one, or something in it? */
static enum name_match compare_whole(const struct path *wanted, const struct path *path)
{
	if (path->count < wanted->count || !same_crate(&wanted->parts[0], &path->parts[0]))
		return NAME_NONE;
	for (size_t i = 1; i < wanted->count; i++)
		if (!same_part(&wanted->parts[i], &path->parts[i]))
			return NAME_NONE;
	return path->inner || path->count > wanted->count ? NAME_PART : NAME_EXACT;
}

/* Types begin with a capital; their name stays when a path leads to them by another way. */
static bool is_type(const struct part *part)
{
	return *part->at >= 'A' && *part->at <= 'Z';
}

/* The same crate, type and function: what is exported again under another path. */
static enum name_match compare_ends(const struct path *wanted, const struct path *path)
{
	const struct part *w = wanted->parts, *p = path->parts;
	size_t wn = wanted->count, pn = path->count;

	if (pn < 2 || wn < 2 || !same_crate(&w[0], &p[0]) || !same_part(&w[wn - 1], &p[pn - 1]))
		return NAME_NONE;
	if (wn > 2 && is_type(&w[wn - 2]) && !is_made(&p[pn - 2]) &&
	    !same_part(&w[wn - 2], &p[pn - 2]))
		return NAME_NONE;
	return NAME_LIKELY;
}

enum name_match function_path_match_rust(const char *wanted_text, const char *readable)
{
	struct path wanted = {}, wanted_trait = {}, path = {}, trait = {};
	enum name_match match;

	read_path(&wanted, &wanted_trait, wanted_text, wanted_text + strlen(wanted_text), 0);
	read_path(&path, &trait, readable, readable + strlen(readable), 0);
	if (path.strange || trait.strange || wanted.strange)
		return NAME_LIKELY;
	if (!wanted.count || !path.count)
		return NAME_NONE;
	take_off_made(&path);
	take_off_made(&trait);
	match = compare_whole(&wanted, &path);
	if (match == NAME_NONE)
		match = compare_ends(&wanted, &path);
	/* A trait's function in an impl of any type: perhaps the one that the advisory means. */
	if (match == NAME_NONE && trait.count &&
	    (compare_whole(&wanted, &trait) || compare_ends(&wanted, &trait)))
		match = NAME_LIKELY;
	return match;
}

/* Namespaces that people do not write: of a library's version, and without a name. */
static bool is_silent_namespace(const struct part *part)
{
	static const char *const names[] = { "__cxx11", "__1", "_V2", "(anonymous namespace)" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == part->len && !memcmp(names[i], part->at, part->len))
			return true;
	return false;
}

/* Does an operator's sign stand there, and no arguments? */
static bool is_sign(const char *start, const char *at)
{
	return strchr("<(", *at) &&
	       ((at - start >= 8 && !memcmp(at - 8, "operator", 8)) ||
		(*at == '<' && at - start >= 9 && !memcmp(at - 9, "operator<", 9)));
}

static void add_cpp_part(struct path *path, const char *at, const char *end)
{
	const char *tag = memmem(at, (size_t)(end - at), "[abi:", 5);

	end = tag ? tag : end;
	while (end > at && end[-1] == ' ')
		end--;
	add_part(path, at, (size_t)(end - at));
	if (path->count && is_silent_namespace(&path->parts[path->count - 1]))
		path->count--;
}

/* Parameters are dropped, of the function and of one that it is in. */
static void read_cpp(struct path *path, const char *text)
{
	const char *start = text, *end = text + strlen(text);

	for (const char *at = text; at < end;) {
		if (at == start && strchr("({", *at)) {
			/* "(anonymous namespace)", "{lambda(int)#1}" */
			at = behind_bracket(at, end);
		} else if (is_sign(text, at)) {
			/* operator(), operator<, operator<< */
			at += *at == '(' && at[1] ? 2 : 1;
		} else if (*at == '<' || *at == '(') {
			add_cpp_part(path, start, at);
			start = at = behind_bracket(at, end);
		} else if (at[0] == ':' && at + 1 < end && at[1] == ':') {
			add_cpp_part(path, start, at);
			start = at += 2;
		} else {
			at++;
		}
	}
	add_cpp_part(path, start, end);
}

/* "non-virtual thunk to X": code that the compiler made for X. */
static const char *behind_thunk(const char *readable)
{
	const char *to = strstr(readable, " thunk to ");

	return to ? to + 10 : readable;
}

enum name_match function_path_match_cpp(const char *wanted_text, const char *readable)
{
	const char *function = behind_thunk(readable);
	struct path wanted = {}, path = { .inner = function != readable };
	enum name_match match;
	size_t skip;

	read_cpp(&wanted, wanted_text);
	read_cpp(&path, function);
	if (path.strange || wanted.strange)
		return NAME_LIKELY;
	if (!wanted.count || path.count < wanted.count)
		return NAME_NONE;
	match = compare_whole(&wanted, &path);
	if (match != NAME_NONE)
		return match;
	/* Without its namespaces. */
	skip = path.count - wanted.count;
	for (size_t i = 0; i < wanted.count; i++)
		if (!same_part(&wanted.parts[i], &path.parts[skip + i]))
			return NAME_NONE;
	return NAME_LIKELY;
}

const char *function_path_last(const char *path)
{
	const char *end = path + strlen(path), *last = path;

	for (const char *at = path; at < end;) {
		if (at[0] == ':' && at[1] == ':')
			last = at + 2;
		at = strchr("<([{", *at) ? behind_bracket(at, end) : at + 1;
	}
	return last;
}
