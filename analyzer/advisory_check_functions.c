// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* advisory_check_functions.c — what OSV records say of functions, and whether ours are true to what they rest on. */
#include <string.h>

#include "analyzer/advisory_check.h"
#include "analyzer/json.h"

#define AT_BYTES 320
#define SYMBOL_MAX 1024u

/* A name as it may stand in a symbol table, or as a person writes it: "operator ==", "T.M", "a::b". */
static bool is_symbol(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len && len <= SYMBOL_MAX && *text != ' ' && text[len - 1] != ' ';
}

/* The element of an array whose member `key` is that text. */
static const cJSON *find(const cJSON *array, const char *key, const char *text)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		const char *value = json_string(item, key);

		if (value && text && !strcmp(value, text))
			return item;
	}
	return NULL;
}

/* A symbol of ours must be a function that its patch found there before. */
static void check_origin(struct advisory_check *check, const cJSON *patch, const char *symbol,
			 const char *at)
{
	const cJSON *functions = json_array(patch, "functions");
	const cJSON *function = find(functions, "name", symbol);
	const char *change;

	function = function ? function : find(functions, "now", symbol);
	change = json_string(function, "change");
	if (!function)
		advisory_fault(check, at, "'%.100s' is no function of '%.100s'", symbol,
			       json_string(patch, "name"));
	else if (change && !strcmp(change, "added"))
		advisory_fault(check, at, "'%.100s' was added by the fix: it cannot be at fault",
			       symbol);
	else if (json_bool(function, "macro", false))
		advisory_fault(check, at, "'%.100s' is a macro, no function", symbol);
}

static void check_symbols(struct advisory_check *check, const cJSON *symbols, const cJSON *patch,
			  const char *at)
{
	_cleanup_(string_set_donep) struct string_set set = {};
	const cJSON *item;
	char place[AT_BYTES];
	size_t i = 0;

	cJSON_ArrayForEach(item, symbols)
	{
		const char *symbol = cJSON_GetStringValue(item);
		size_t before = set.count;

		snprintf(place, sizeof(place), "%.250s[%zu]", at, i++);
		if (!is_symbol(symbol)) {
			advisory_fault(check, place, "is no name of a function");
			continue;
		}
		check->functions++;
		if (string_set_add(&set, symbol, strlen(symbol), NULL) < 0)
			check->out_of_memory = true;
		else if (set.count == before)
			advisory_fault(check, place, "'%.100s' stands twice", symbol);
		if (patch)
			check_origin(check, patch, symbol, place);
	}
}

static void check_import(struct advisory_check *check, const cJSON *import, const cJSON *own,
			 const char *at)
{
	static const char *const known[] = { "path", "symbols", "derived_symbols",
					     "goos", "goarch",  "source",
					     NULL };
	const char *path = json_string(import, "path"), *source = json_string(import, "source");
	const cJSON *symbols = json_get(import, "symbols");
	const cJSON *patch = source ? find(json_array(own, "patches"), "name", source) : NULL;
	char place[AT_BYTES];

	advisory_check_keys(check, import, at, known);
	if (!path || !*path)
		advisory_fault(check, at, "says not where: no 'path'");
	if (json_get(import, "source") && (!source || !*source))
		advisory_fault(check, at, "its 'source' is no text");
	if (own && !patch)
		advisory_fault(check, at, "its 'source' is none of the patches");
	if (symbols && !cJSON_IsArray(symbols))
		advisory_fault(check, at, "its 'symbols' are no array");
	if ((symbols || own) && !cJSON_GetArraySize(symbols))
		advisory_fault(check, at,
			       "names no symbol: leave 'symbols' out when everything in "
			       "'path' is meant, or leave the import out");
	snprintf(place, sizeof(place), "%.200s.symbols", at);
	check_symbols(check, symbols, patch, place);
	snprintf(place, sizeof(place), "%.200s.derived_symbols", at);
	check_symbols(check, json_array(import, "derived_symbols"), NULL, place);
}

static bool is_sha256(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static void check_own(struct advisory_check *check, const cJSON *own, bool imports, const char *at)
{
	const cJSON *patch;
	size_t i = 0;

	if (json_bool(own, "decidable", !imports) != imports)
		advisory_fault(check, at, "'decidable' is not what the imports say");
	cJSON_ArrayForEach(patch, json_array(own, "patches"))
	{
		if (!is_sha256(json_string(patch, "sha256")))
			advisory_fault(check, at, "patches[%zu]: its 'sha256' is none", i);
		i++;
	}
	if (!i)
		advisory_fault(check, at, "names no patch that it rests on");
}

void advisory_check_functions(struct advisory_check *check, const cJSON *entry, const char *at)
{
	const cJSON *imports = json_get(json_object(entry, "ecosystem_specific"), "imports");
	const cJSON *own = json_object(json_object(entry, "database_specific"), "vexxy"), *import;
	char place[AT_BYTES];
	size_t i = 0;

	cJSON_ArrayForEach(import, imports)
	{
		snprintf(place, sizeof(place), "%.100s.ecosystem_specific.imports[%zu]", at, i++);
		check_import(check, import, own, place);
	}
	snprintf(place, sizeof(place), "%.100s.ecosystem_specific.imports", at);
	if (imports && !i)
		advisory_fault(check, place, "is empty: leave it out when no function is known");
	snprintf(place, sizeof(place), "%.100s.database_specific.vexxy", at);
	if (own)
		check_own(check, own, i > 0, place);
}
