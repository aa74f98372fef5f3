// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * demangle_rust_v0.c — Rust's symbol names of version 0, by RFC 2603 and the rustc book, "v0 Symbol Format".
 *
 * A recursive descent that prints while it reads. Back references are followed only while it prints, and steps and depth
 * have limits: a short name could otherwise stand for an endless one. Names in Punycode stay as they are, in punycode{…}.
 */
#include <stdint.h>
#include <stdio.h>

#include "analyzer/demangle_text.h"

#define DEPTH_MAX 200
#define STEPS_MAX 200000

struct v0 {
	struct demangle_text *text;
	const char *start; /* behind _R: what back references count from */
	const char *at;
	unsigned depth, steps;
	unsigned silent;    /* > 0: read without printing */
	uint64_t lifetimes; /* bound by the binders around */
};

static bool read_path(struct v0 *v, bool in_value);
static bool read_type(struct v0 *v);
static bool read_const(struct v0 *v);

static void put(struct v0 *v, const char *text)
{
	if (!v->silent)
		demangle_puts(v->text, text);
}

static bool take(struct v0 *v, char c)
{
	if (*v->at != c)
		return false;
	v->at++;
	return true;
}

static bool enter(struct v0 *v)
{
	return ++v->depth <= DEPTH_MAX && ++v->steps <= STEPS_MAX && !v->text->full;
}

/* base-62-number: "_" is 0, "0_" is 1, … */
static bool read_base62(struct v0 *v, uint64_t *ret)
{
	uint64_t n = 0;

	if (take(v, '_')) {
		*ret = 0;
		return true;
	}
	for (;; v->at++) {
		char c = *v->at;
		uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
				 : c >= 'a' && c <= 'z' ? (uint64_t)(c - 'a') + 10
				 : c >= 'A' && c <= 'Z' ? (uint64_t)(c - 'A') + 36
							: 62;

		if (digit == 62)
			break;
		if (__builtin_mul_overflow(n, 62, &n) || __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*ret = n + 1;
	return n != UINT64_MAX && take(v, '_');
}

/* A number behind its tag: 0 without the tag, else one more than it says. */
static bool read_tagged(struct v0 *v, char tag, uint64_t *ret)
{
	*ret = 0;
	if (!take(v, tag))
		return true;
	return read_base62(v, ret) && (*ret)++ != UINT64_MAX;
}

struct identifier {
	const char *bytes;
	size_t len;
	bool punycode;
	uint64_t disambiguator;
};

static bool read_plain_identifier(struct v0 *v, struct identifier *ret)
{
	size_t len = 0;

	ret->punycode = take(v, 'u');
	if (*v->at < '0' || *v->at > '9')
		return false;
	if (!take(v, '0'))
		for (; *v->at >= '0' && *v->at <= '9'; v->at++) {
			len = len * 10 + (size_t)(*v->at - '0');
			if (len > 65536)
				return false;
		}
	take(v, '_');
	if (strnlen(v->at, len) < len)
		return false;
	ret->bytes = v->at;
	ret->len = len;
	v->at += len;
	return true;
}

static bool read_identifier(struct v0 *v, struct identifier *ret)
{
	return read_tagged(v, 's', &ret->disambiguator) && read_plain_identifier(v, ret);
}

static void put_identifier(struct v0 *v, const struct identifier *id)
{
	put(v, id->punycode ? "punycode{" : "");
	if (!v->silent)
		demangle_put(v->text, id->bytes, id->len);
	put(v, id->punycode ? "}" : "");
}

/* Reads with fn from where the reference points, which lies before it. */
static bool follow(struct v0 *v, bool (*fn)(struct v0 *v, bool in_value), bool in_value)
{
	const char *here = v->at - 1, *back;
	uint64_t offset;
	bool ok;

	if (!read_base62(v, &offset) || offset >= (uint64_t)(here - v->start))
		return false;
	if (v->silent)
		return true;
	back = v->at;
	v->at = v->start + offset;
	ok = fn(v, in_value);
	v->at = back;
	return ok;
}

static void put_lifetime(struct v0 *v, uint64_t index)
{
	char name[32];
	uint64_t depth = v->lifetimes - index;

	if (!index || index > v->lifetimes)
		put(v, "'_");
	else if (depth < 26)
		put(v, (char[]){ '\'', (char)('a' + depth), '\0' });
	else if (snprintf(name, sizeof(name), "'_%ju", (uintmax_t)depth) > 0)
		put(v, name);
}

static bool read_generic_arg(struct v0 *v)
{
	uint64_t lifetime;

	if (take(v, 'L')) {
		if (!read_base62(v, &lifetime))
			return false;
		put_lifetime(v, lifetime);
		return true;
	}
	return take(v, 'K') ? read_const(v) : read_type(v);
}

/* Items until E, with commas; how many in *ret. */
static bool read_list(struct v0 *v, bool (*item)(struct v0 *v), size_t *ret)
{
	size_t n = 0;

	while (!take(v, 'E')) {
		put(v, n++ ? ", " : "");
		if (!*v->at || !item(v))
			return false;
	}
	if (ret)
		*ret = n;
	return true;
}

/* N: a namespace, what it is in, its name. Capital namespaces are what the compiler makes: closures and shims. */
static bool read_nested(struct v0 *v, bool in_value)
{
	struct identifier id;
	char number[32], space = *v->at;

	if (!((space >= 'a' && space <= 'z') || (space >= 'A' && space <= 'Z')))
		return false;
	v->at++;
	if (!read_path(v, in_value) || !read_identifier(v, &id))
		return false;
	if (space >= 'a') {
		put(v, id.len ? "::" : "");
		put_identifier(v, &id);
		return true;
	}
	put(v, "::{");
	put(v, space == 'C' ? "closure" : space == 'S' ? "shim" : (char[]){ space, '\0' });
	put(v, id.len ? ":" : "");
	put_identifier(v, &id);
	snprintf(number, sizeof(number), "#%ju}", (uintmax_t)id.disambiguator);
	put(v, number);
	return true;
}

/* Where an impl stands says nothing that its type does not say. */
static bool skip_impl_path(struct v0 *v)
{
	uint64_t disambiguator;
	bool ok;

	v->silent++;
	ok = read_tagged(v, 's', &disambiguator) && read_path(v, false);
	v->silent--;
	return ok;
}

/* M: <type>, X and Y: <type as trait>. */
static bool read_impl(struct v0 *v, char kind)
{
	if (kind != 'Y' && !skip_impl_path(v))
		return false;
	put(v, "<");
	if (!read_type(v))
		return false;
	if (kind != 'M') {
		put(v, " as ");
		if (!read_path(v, false))
			return false;
	}
	put(v, ">");
	return true;
}

static bool read_path_inside(struct v0 *v, bool in_value)
{
	struct identifier id;
	char kind = *v->at;

	if (!kind)
		return false;
	v->at++;
	switch (kind) {
	case 'C':
		if (!read_identifier(v, &id))
			return false;
		put_identifier(v, &id);
		return true;
	case 'M':
	case 'X':
	case 'Y':
		return read_impl(v, kind);
	case 'N':
		return read_nested(v, in_value);
	case 'I':
		if (!read_path(v, in_value))
			return false;
		put(v, in_value ? "::<" : "<");
		if (!read_list(v, read_generic_arg, NULL))
			return false;
		put(v, ">");
		return true;
	case 'B':
		return follow(v, read_path, in_value);
	default:
		return false;
	}
}

static bool read_path(struct v0 *v, bool in_value)
{
	bool ok = enter(v) && read_path_inside(v, in_value);

	v->depth--;
	return ok;
}

static const char *basic_type(char c)
{
	static const char *const names[26] = {
		['a' - 'a'] = "i8",   ['b' - 'a'] = "bool",  ['c' - 'a'] = "char",
		['d' - 'a'] = "f64",  ['e' - 'a'] = "str",   ['f' - 'a'] = "f32",
		['h' - 'a'] = "u8",   ['i' - 'a'] = "isize", ['j' - 'a'] = "usize",
		['l' - 'a'] = "i32",  ['m' - 'a'] = "u32",   ['n' - 'a'] = "i128",
		['o' - 'a'] = "u128", ['p' - 'a'] = "_",     ['s' - 'a'] = "i16",
		['t' - 'a'] = "u16",  ['u' - 'a'] = "()",    ['v' - 'a'] = "...",
		['x' - 'a'] = "i64",  ['y' - 'a'] = "u64",   ['z' - 'a'] = "!",
	};

	return c >= 'a' && c <= 'z' ? names[c - 'a'] : NULL;
}

/* G: so many lifetimes are bound here, more than can be needed. The caller takes them back. */
static bool read_binder(struct v0 *v, uint64_t *ret)
{
	if (!read_tagged(v, 'G', ret) || *ret > 1000)
		return false;
	if (!*ret)
		return true;
	put(v, "for<");
	for (uint64_t i = 0; i < *ret; i++) {
		put(v, i ? ", " : "");
		v->lifetimes++;
		put_lifetime(v, 1);
	}
	put(v, "> ");
	return true;
}

static bool read_abi(struct v0 *v)
{
	struct identifier abi;

	if (!take(v, 'K'))
		return true;
	put(v, "extern \"");
	if (take(v, 'C')) {
		put(v, "C");
	} else {
		if (!read_plain_identifier(v, &abi) || abi.punycode)
			return false;
		/* An underscore stands for the dash that a symbol cannot have. */
		for (size_t i = 0; i < abi.len; i++)
			put(v, (char[]){ abi.bytes[i] == '_' ? '-' : abi.bytes[i], '\0' });
	}
	put(v, "\" ");
	return true;
}

static bool read_function_type(struct v0 *v)
{
	uint64_t bound = 0;
	bool ok = read_binder(v, &bound);

	if (ok && take(v, 'U'))
		put(v, "unsafe ");
	ok = ok && read_abi(v);
	put(v, "fn(");
	ok = ok && read_list(v, read_type, NULL);
	put(v, ")");
	if (ok && !take(v, 'u')) {
		put(v, " -> ");
		ok = read_type(v);
	}
	v->lifetimes -= bound <= v->lifetimes ? bound : v->lifetimes;
	return ok;
}

/* A trait with what it binds: Trait<A, Item = B>. The list of the path stays open for it. */
static bool read_dyn_trait(struct v0 *v)
{
	bool open = false;
	struct identifier id;

	if (*v->at == 'I') {
		v->at++;
		if (!read_path(v, false))
			return false;
		put(v, "<");
		if (!read_list(v, read_generic_arg, NULL))
			return false;
		open = true;
	} else if (!read_path(v, false)) {
		return false;
	}
	while (take(v, 'p')) {
		put(v, open ? ", " : "<");
		open = true;
		if (!read_plain_identifier(v, &id))
			return false;
		put_identifier(v, &id);
		put(v, " = ");
		if (!read_type(v))
			return false;
	}
	put(v, open ? ">" : "");
	return true;
}

static bool read_dyn(struct v0 *v)
{
	uint64_t bound = 0, lifetime;
	bool ok;
	size_t n = 0;

	put(v, "dyn ");
	ok = read_binder(v, &bound);
	while (ok && !take(v, 'E')) {
		put(v, n++ ? " + " : "");
		ok = *v->at && ++v->steps <= STEPS_MAX && read_dyn_trait(v);
	}
	v->lifetimes -= bound <= v->lifetimes ? bound : v->lifetimes;
	if (!ok || !take(v, 'L') || !read_base62(v, &lifetime))
		return false;
	if (lifetime) {
		put(v, " + ");
		put_lifetime(v, lifetime);
	}
	return true;
}

static bool read_reference(struct v0 *v, bool mutable)
{
	uint64_t lifetime = 0;

	put(v, "&");
	if (take(v, 'L')) {
		if (!read_base62(v, &lifetime))
			return false;
		if (lifetime) {
			put_lifetime(v, lifetime);
			put(v, " ");
		}
	}
	put(v, mutable ? "mut " : "");
	return read_type(v);
}

static bool read_sequence(struct v0 *v, bool sized)
{
	put(v, "[");
	if (!read_type(v))
		return false;
	if (sized) {
		put(v, "; ");
		if (!read_const(v))
			return false;
	}
	put(v, "]");
	return true;
}

static bool read_tuple(struct v0 *v)
{
	size_t n = 0;

	put(v, "(");
	if (!read_list(v, read_type, &n))
		return false;
	put(v, n == 1 ? ",)" : ")");
	return true;
}

static bool read_type_again(struct v0 *v, bool in_value)
{
	(void)in_value;
	return read_type(v);
}

static bool read_const_again(struct v0 *v, bool in_value)
{
	(void)in_value;
	return read_const(v);
}

static bool read_type_inside(struct v0 *v)
{
	const char *basic = basic_type(*v->at);
	char kind = *v->at;

	if (basic) {
		v->at++;
		put(v, basic);
		return true;
	}
	if (!kind || !strchr("ASTRQPOFDB", kind))
		return read_path(v, false);
	v->at++;
	switch (kind) {
	case 'R':
	case 'Q':
		return read_reference(v, kind == 'Q');
	case 'P':
	case 'O':
		put(v, kind == 'P' ? "*const " : "*mut ");
		return read_type(v);
	case 'A':
	case 'S':
		return read_sequence(v, kind == 'A');
	case 'T':
		return read_tuple(v);
	case 'F':
		return read_function_type(v);
	case 'D':
		return read_dyn(v);
	default:
		return follow(v, read_type_again, false);
	}
}

static bool read_type(struct v0 *v)
{
	bool ok = enter(v) && read_type_inside(v);

	v->depth--;
	return ok;
}

/* Digits of base 16 until "_". */
static bool read_hex(struct v0 *v, uint64_t *ret, const char **digits, size_t *len)
{
	*digits = v->at;
	*ret = 0;
	for (; (*v->at >= '0' && *v->at <= '9') || (*v->at >= 'a' && *v->at <= 'f'); v->at++)
		*ret = *ret << 4 | (uint64_t)(*v->at <= '9' ? *v->at - '0' : *v->at - 'a' + 10);
	*len = (size_t)(v->at - *digits);
	return take(v, '_');
}

static bool read_number(struct v0 *v, char type)
{
	const char *digits;
	uint64_t value;
	size_t len;
	char text[32];

	if (strchr("alnsxi", type) && take(v, 'n'))
		put(v, "-");
	if (!read_hex(v, &value, &digits, &len))
		return false;
	if (type == 'b') {
		put(v, value ? "true" : "false");
	} else if (len > 16) {
		put(v, "0x");
		if (!v->silent)
			demangle_put(v->text, digits, len);
	} else if (snprintf(text, sizeof(text), type == 'c' ? "'\\u{%jx}'" : "%ju",
			    (uintmax_t)value) > 0) {
		put(v, text);
	}
	return true;
}

/* Numbers, characters and booleans; constants of other types are so rare that the name is not read. */
static bool read_const_inside(struct v0 *v)
{
	char type = *v->at;

	if (take(v, 'B'))
		return follow(v, read_const_again, false);
	if (take(v, 'p')) {
		put(v, "_");
		return true;
	}
	if (!type || !strchr("ahlmnostxyijbc", type))
		return false;
	v->at++;
	return read_number(v, type);
}

static bool read_const(struct v0 *v)
{
	bool ok = enter(v) && read_const_inside(v);

	v->depth--;
	return ok;
}

bool demangle_rust_v0(struct demangle_text *text, const char *name)
{
	struct v0 v = { .text = text, .start = name + 2, .at = name + 2 };

	if (strncmp(name, "_R", 2) != 0)
		return false;
	/* A number here would be a version of the scheme that is yet to come. */
	if (*v.at >= '0' && *v.at <= '9')
		return false;
	if (!read_path(&v, true))
		return false;
	/* The crate that made the instance. */
	if (*v.at && *v.at != '.' && *v.at != '$') {
		v.silent++;
		if (!read_path(&v, false))
			return false;
	}
	return !*v.at || *v.at == '.' || *v.at == '$';
}
