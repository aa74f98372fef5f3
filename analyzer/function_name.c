// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* function_name.c — matching of names in C and Go; the others are paths. */
#include "analyzer/function_name.h"

#include <string.h>

#include "analyzer/demangle.h"
#include "analyzer/function_path.h"

/* Compilers append what they did behind a dot: .part.0, .constprop.1, .cold, .llvm.123. */
static enum name_match match_c(const char *name, const char *symbol)
{
	size_t len = strlen(name);

	if (strncmp(symbol, name, len) != 0)
		return NAME_NONE;
	return !symbol[len] ? NAME_EXACT : symbol[len] == '.' ? NAME_PART : NAME_NONE;
}

/* The dot behind the package: the first one behind the last slash, but slashes of type arguments do not count. */
static const char *package_end(const char *symbol)
{
	size_t len = strcspn(symbol, "[(");
	const char *from = symbol;

	for (size_t i = 0; i < len; i++)
		if (symbol[i] == '/')
			from = symbol + i + 1;
	from = memchr(from, '.', len - (size_t)(from - symbol));
	return from;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Go writes dots of the last element, and what is not printable, as %2e. */
static bool package_equals(const char *escaped, size_t len, const char *package)
{
	size_t i = 0;

	for (; i < len && *package; package++) {
		int high = escaped[i] == '%' && len - i > 2 ? hex_digit(escaped[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(escaped[i + 2]) : -1;

		if ((unsigned char)*package !=
		    (low >= 0 ? (unsigned)(high << 4 | low) : (unsigned char)escaped[i]))
			return false;
		i += low >= 0 ? 3 : 1;
	}
	return i == len && !*package;
}

static enum name_match match_package(const struct function_name *wanted, const char *symbol,
				     size_t len)
{
	static const char vendor[] = "vendor/";
	const char *at = symbol, *end = symbol + len;

	if (package_equals(symbol, len, wanted->package) ||
	    (len == 4 && !memcmp(symbol, "main", 4) && wanted->main_package &&
	     !strcmp(wanted->main_package, wanted->package)))
		return NAME_EXACT;
	/* A copy that was taken along is the same code, perhaps of another version. */
	while ((at = memmem(at, (size_t)(end - at), vendor, sizeof(vendor) - 1))) {
		bool whole = at == symbol || at[-1] == '/';

		at += sizeof(vendor) - 1;
		if (whole && package_equals(at, (size_t)(end - at), wanted->package))
			return NAME_LIKELY;
	}
	return NAME_NONE;
}

/* Compares without (*…) around receivers and without type arguments in brackets; *rest stands behind the wanted name. */
static bool starts_with_name(const char *symbol, const char *name, const char **rest)
{
	unsigned depth = 0;

	for (;; symbol++) {
		if (*symbol == '[')
			depth++;
		else if (*symbol == ']' && depth)
			depth--;
		else if (depth && *symbol)
			continue;
		else if (*symbol && strchr("(*)", *symbol))
			continue;
		else if (!*name || *symbol != *name)
			break;
		else if (!*symbol)
			break;
		else
			name++;
	}
	*rest = symbol;
	return !*name;
}

static enum name_match match_go(const struct function_name *wanted, const char *symbol)
{
	char name[1024];
	size_t len = 0;
	const char *dot = package_end(symbol), *rest;
	enum name_match match;

	if (!dot || !wanted->package)
		return NAME_NONE;
	match = match_package(wanted, symbol, (size_t)(dot - symbol));
	if (match == NAME_NONE)
		return NAME_NONE;
	/* The wanted name may have a star and type arguments, too. */
	for (const char *p = wanted->name; *p && *p != '['; p++)
		if (!strchr("(*)", *p) && len < sizeof(name) - 1)
			name[len++] = *p;
	name[len] = '\0';
	if (!starts_with_name(dot + 1, name, &rest))
		return NAME_NONE;
	if (!*rest)
		return match;
	/* F.func1, F.gowrap2, F.deferwrap1, T.M-fm, F-range1 */
	return *rest != '.' && *rest != '-' ? NAME_NONE : match == NAME_EXACT ? NAME_PART : match;
}

/* Mangled, but not to be read: each part of a name still stands in it with its length before it. */
static enum name_match match_unread(const char *name, const char *symbol)
{
	const char *last = function_path_last(name);
	size_t len = strcspn(last, "<([");

	return memmem(symbol, strlen(symbol), last, len) ? NAME_LIKELY : NAME_NONE;
}

/* Behind a mangled name stands what the compiler did to it: .part.0, .cold, .llvm.123. Rust's legacy scheme has dots in it. */
static bool has_suffix(const char *symbol, enum mangling mangling)
{
	const char *end = symbol;

	if (mangling != MANGLING_RUST_LEGACY)
		return strchr(symbol, '.') != NULL;
	while ((end = strstr(end, "E.")) && end[2] == '.')
		end += 2;
	return end != NULL;
}

static enum name_match match_path(const struct function_name *wanted, enum mangling mangling,
				  const char *readable, const char *symbol)
{
	enum name_match match = NAME_NONE;

	if ((mangling == MANGLING_CPP) == (wanted->language == LANGUAGE_CPP))
		match = mangling == MANGLING_CPP ? function_path_match_cpp(wanted->name, readable)
						 : function_path_match_rust(wanted->name, readable);
	return match == NAME_EXACT && has_suffix(symbol, mangling) ? NAME_PART : match;
}

enum name_match function_name_match(const struct function_name *wanted, const char *symbol)
{
	char readable[FUNCTION_NAME_MAX];
	enum mangling mangling;

	if (wanted->language == LANGUAGE_C)
		return match_c(wanted->name, symbol);
	if (wanted->language == LANGUAGE_GO)
		return match_go(wanted, symbol);
	mangling = demangle(readable, sizeof(readable), symbol);
	if (mangling == MANGLING_NONE && demangle_looks_mangled(symbol))
		return match_unread(wanted->name, symbol);
	if (mangling == MANGLING_NONE)
		/* extern "C" and #[no_mangle]: only the last part of the name is left. */
		return match_c(function_path_last(wanted->name), symbol) ? NAME_LIKELY : NAME_NONE;
	return match_path(wanted, mangling, readable, symbol);
}
