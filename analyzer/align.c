// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* align.c — two sequences of functions matched by content and order, and held against exported names. */
#include "analyzer/align.h"

#include "include/array.h"

#include "analyzer/instructions.h"

#define ROUNDS_MAX 64u /* of anchors within anchors */
#define ANCHOR_BYTES_MIN 48u

/* FNV-1a: equal contents are compared by hash alone, 64 bits wide; an error shows as a contradiction of names. */
#define HASH_START 0xcbf29ce484222325ull
#define HASH_STEP 0x100000001b3ull

struct sequence {
	uint64_t *hashes; /* 0: not understood, equal to nothing */
	const struct code *code;
	size_t count;
};

struct aligner {
	struct sequence a, b;
	struct align_match *matches;
};

static uint64_t hash_bytes(uint64_t hash, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * HASH_STEP;
	return hash;
}

/* Blanks the distance to an address, where the instruction holds it: 4 bytes, or the last one. */
static void mask(unsigned char *bytes, const struct instruction *in, uint64_t address)
{
	int64_t distance = (int64_t)(address - (in->address + in->length));
	int32_t wide = (int32_t)distance, there;

	for (unsigned at = 1; at + 4 <= in->length; at++) {
		memcpy(&there, bytes + at, 4);
		if (there != wide)
			continue;
		memset(bytes + at, 0, 4);
		return;
	}
	if (in->length > 1 && (int8_t)bytes[in->length - 1] == distance)
		bytes[in->length - 1] = 0;
}

struct hashing {
	const struct code *code;
	const struct code_function *function;
	uint64_t hash;
};

static int hash_instruction(void *ctx, const struct instruction *in)
{
	struct hashing *h = ctx;
	const unsigned char *at;
	unsigned char bytes[32];
	size_t room;

	at = code_bytes_at(h->code, in->address, &room);
	if (!at || room < in->length || in->length > sizeof(bytes))
		return -ERANGE;
	memcpy(bytes, at, in->length);
	for (size_t i = 0; i < in->reference_count; i++) {
		uint64_t address = in->references[i].address;

		if (address < h->function->start || address >= h->function->end)
			mask(bytes, in, address);
	}
	h->hash = hash_bytes(h->hash, bytes, in->length);
	return 0;
}

static int hash_functions(struct sequence *ret, const struct code *code, struct err *err)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	int r = decoder_open(&decoder, code, err);

	if (r < 0)
		return r;
	ret->hashes = calloc(code->function_count + 1, sizeof(*ret->hashes));
	if (!ret->hashes)
		return err_oom(err);
	ret->code = code;
	ret->count = code->function_count;
	for (size_t i = 0; i < ret->count; i++) {
		struct hashing h = { code, &code->functions[i], HASH_START };
		struct err unsure;

		r = decoder_sweep(decoder, h.function->start, h.function->end, hash_instruction, &h,
				  &unsure);
		if (r == 1)
			ret->hashes[i] = h.hash | 1;
	}
	return 0;
}

/* A function of a gap: its content and its place. */
struct member {
	uint64_t hash;
	size_t at;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* What lies between two matches. */
struct gap {
	size_t a, a_end, b, b_end;
};

static size_t take_members(struct member *to, const struct sequence *s, size_t from, size_t end)
{
	size_t n = 0;

	for (size_t i = from; i < end; i++)
		if (s->hashes[i] &&
		    s->code->functions[i].end - s->code->functions[i].start >= ANCHOR_BYTES_MIN)
			to[n++] = (struct member){ s->hashes[i], i };
	array_sort(to, n, sizeof(*to), compare_members);
	return n;
}

static bool is_single(const struct member *all, size_t n, size_t i)
{
	return (!i || all[i - 1].hash != all[i].hash) &&
	       (i + 1 == n || all[i + 1].hash != all[i].hash);
}

/* Contents that occur once on both sides, as pairs in the order of a; hash holds the place in b. */
static size_t take_pairs(struct member *a, size_t n, const struct member *b, size_t m)
{
	size_t pairs = 0, k = 0;

	for (size_t i = 0; i < n; i++) {
		bool single = is_single(a, n, i);
		size_t at = a[i].at;

		while (k < m && b[k].hash < a[i].hash)
			k++;
		if (!single || k == m || b[k].hash != a[i].hash || !is_single(b, m, k))
			continue;
		a[pairs++] = (struct member){ b[k].at, at };
	}
	for (size_t i = 0; i < pairs; i++) {
		size_t at = a[i].at;

		a[i] = (struct member){ at, (size_t)a[i].hash };
	}
	array_sort(a, pairs, sizeof(*a), compare_members);
	return pairs;
}

/* The longest run of pairs whose places in b rise, too; the others have moved and are not used. */
static int keep_rising(struct member *pairs, size_t *count)
{
	size_t n = *count, length = 0;
	_cleanup_free_ size_t *tails = calloc(n + 1, sizeof(*tails));
	_cleanup_free_ size_t *before = calloc(n + 1, sizeof(*before));

	if (!tails || !before)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = length;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (pairs[tails[middle]].at < pairs[i].at)
				low = middle + 1;
			else
				high = middle;
		}
		before[i] = low ? tails[low - 1] : n;
		tails[low] = i;
		length = low == length ? length + 1 : length;
	}
	for (size_t i = length ? tails[length - 1] : n, k = length; k; i = before[i])
		tails[--k] = i;
	for (size_t k = 0; k < length; k++)
		pairs[k] = pairs[tails[k]];
	*count = length;
	return 0;
}

static void match(struct aligner *al, size_t a, size_t b)
{
	al->matches[a].to = b;
}

static bool are_equal(const struct aligner *al, size_t a, size_t b)
{
	return al->a.hashes[a] && al->a.hashes[a] == al->b.hashes[b];
}

/* From both ends as far as contents are equal. */
static void close_in(struct aligner *al, struct gap *gap)
{
	while (gap->a < gap->a_end && gap->b < gap->b_end && are_equal(al, gap->a, gap->b))
		match(al, gap->a++, gap->b++);
	while (gap->a < gap->a_end && gap->b < gap->b_end &&
	       are_equal(al, gap->a_end - 1, gap->b_end - 1))
		match(al, --gap->a_end, --gap->b_end);
}

/* At the ends of the file there is no match on both sides. */
static void match_single(struct aligner *al, const struct gap *gap)
{
	if (gap->a_end - gap->a != 1 || gap->b_end - gap->b != 1 || !gap->a || !gap->b ||
	    gap->a_end == al->a.count || gap->b_end == al->b.count)
		return;
	match(al, gap->a, gap->b);
	al->matches[gap->a].changed = true;
}

static int fill(struct aligner *al, struct gap gap, unsigned round)
{
	_cleanup_free_ struct member *a = NULL, *b = NULL;
	size_t n, m;
	int r = 0;

	close_in(al, &gap);
	match_single(al, &gap);
	if (gap.a_end - gap.a < 2 || gap.b_end - gap.b < 1 || round > ROUNDS_MAX)
		return 0;
	a = calloc(gap.a_end - gap.a, sizeof(*a));
	b = calloc(gap.b_end - gap.b, sizeof(*b));
	if (!a || !b)
		return -ENOMEM;
	n = take_members(a, &al->a, gap.a, gap.a_end);
	m = take_members(b, &al->b, gap.b, gap.b_end);
	n = take_pairs(a, n, b, m);
	if (!n)
		return 0;
	r = keep_rising(a, &n);
	for (size_t i = 0; i <= n && r == 0; i++) {
		struct gap inner = { gap.a, i < n ? (size_t)a[i].hash : gap.a_end, gap.b,
				     i < n ? a[i].at : gap.b_end };

		if (i < n)
			match(al, (size_t)a[i].hash, a[i].at);
		r = fill(al, inner, round + 1);
		gap.a = inner.a_end + 1;
		gap.b = inner.b_end + 1;
	}
	return r;
}

static void aligner_done(struct aligner *al)
{
	free(al->a.hashes);
	free(al->b.hashes);
	free(al->matches);
}

/* The one function that a file exports under that name, or NULL. */
static const struct symbol *find_exported(const struct symbols *names, const struct symbol *like)
{
	const struct symbol *found = NULL, *const * all;
	size_t n;

	all = symbols_named(names, like->name, &n);
	for (size_t i = 0; i < n; i++) {
		if (!all[i]->exported || strcmp(all[i]->version ? all[i]->version : "",
						like->version ? like->version : "") != 0)
			continue;
		if (found && found->addr != all[i]->addr)
			return NULL;
		found = all[i];
	}
	return found;
}

/* The numbers of an exported function on both sides; false when it does not begin a function on each. */
static bool find_pair(const struct align_side *from, const struct align_side *to,
		      const struct symbol *s, size_t *ret_a, size_t *ret_b)
{
	const struct symbol *there = s->exported ? find_exported(to->names, s) : NULL;
	const struct code_function *a = code_function_at(from->code, s->addr);
	const struct code_function *b = there ? code_function_at(to->code, there->addr) : NULL;

	if (!a || !b || a->start != s->addr || b->start != there->addr)
		return false;
	*ret_a = (size_t)(a - from->code->functions);
	*ret_b = (size_t)(b - to->code->functions);
	return true;
}

static int check_names(const struct aligner *al, const struct align_side *from,
		       const struct align_side *to, size_t *ret_agreed, struct err *err)
{
	size_t agreed = 0, a, b;

	for (size_t i = 0; i < from->names->count; i++) {
		const struct symbol *s = &from->names->items[i];

		if (!find_pair(from, to, s, &a, &b) || al->matches[a].to == ALIGN_NONE)
			continue;
		if (al->matches[a].to != b)
			return err_set(err, EBADE,
				       "'%s' would be at 0x%jx, but its symbol says 0x%jx", s->name,
				       (uintmax_t)to->code->functions[al->matches[a].to].start,
				       (uintmax_t)to->code->functions[b].start);
		agreed++;
	}
	*ret_agreed = agreed;
	return 0;
}

/* Would a match of a with b stand in the order of the others? */
static bool is_in_order(const struct aligner *al, size_t a, size_t b)
{
	for (size_t i = a; i-- > 0;)
		if (al->matches[i].to != ALIGN_NONE) {
			if (al->matches[i].to >= b)
				return false;
			break;
		}
	for (size_t i = a + 1; i < al->a.count; i++)
		if (al->matches[i].to != ALIGN_NONE)
			return al->matches[i].to > b;
	return true;
}

static void match_names(struct aligner *al, const struct align_side *from,
			const struct align_side *to)
{
	size_t a, b;

	for (size_t i = 0; i < from->names->count; i++) {
		if (!find_pair(from, to, &from->names->items[i], &a, &b) ||
		    al->matches[a].to != ALIGN_NONE || !is_in_order(al, a, b))
			continue;
		match(al, a, b);
		al->matches[a].changed = !are_equal(al, a, b);
	}
}

/* What is still open between two matches. */
static int fill_gaps(struct aligner *al)
{
	size_t b = 0;
	int r = 0;

	for (size_t a = 0; a < al->a.count && r == 0; a++) {
		size_t end = a;

		while (end < al->a.count && al->matches[end].to == ALIGN_NONE)
			end++;
		if (end > a)
			r = fill(
			    al,
			    (struct gap){ a, end, b,
					  end < al->a.count ? al->matches[end].to : al->b.count },
			    0);
		a = end;
		b = a < al->a.count ? al->matches[a].to + 1 : b;
	}
	return r;
}

int align_functions(const struct align_side *from, const struct align_side *to,
		    struct align_match **ret, size_t *ret_agreed, struct err *err)
{
	_cleanup_(aligner_done) struct aligner al = {};
	int r = hash_functions(&al.a, from->code, err);

	if (r == 0)
		r = hash_functions(&al.b, to->code, err);
	if (r < 0)
		return r;
	al.matches = calloc(al.a.count + 1, sizeof(*al.matches));
	if (!al.matches)
		return err_oom(err);
	for (size_t i = 0; i < al.a.count; i++)
		al.matches[i].to = ALIGN_NONE;
	if (fill_gaps(&al) < 0)
		return err_oom(err);
	r = check_names(&al, from, to, ret_agreed, err);
	if (r < 0)
		return r;
	match_names(&al, from, to);
	if (fill_gaps(&al) < 0)
		return err_oom(err);
	*ret = take_ptr(al.matches);
	return 0;
}
