/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * pieces.h — the members of a JSON object, or the items of a list, as slices of its text: a document of 100 MB without its tree.
 *
 * Brackets and strings are told apart, nothing is parsed: what is no JSON comes out as pieces that no parser takes, or ends the walk
 * early, and then pieces_ended is false. Never reads past the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct piece {
	const char *text;
	size_t len;
};

struct pieces {
	const char *text;
	size_t len, at;
	bool is_object, comma, failed, ended;
};

struct pieces pieces_of_object(const char *text, size_t len);
struct pieces pieces_of_list(const char *text, size_t len);
/* The next one: key without its quotes (of an object only, else it is empty) and value without blanks around it. False at the end. */
bool pieces_next(struct pieces *pieces, struct piece *key, struct piece *value);
/* After false: did the closing bracket arrive? */
bool pieces_ended(const struct pieces *pieces);
/* Is the key that name, in any case? Names with escapes are no known ones. */
bool piece_is(const struct piece *key, const char *name);
