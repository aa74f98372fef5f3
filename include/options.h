/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * options.h — one table per command: the parser, --help, the manual page and the shell completion all come from it.
 *
 * A command describes its options in a table that ends with {}. Each value is stored at an offset of the command's
 * own options structure, so that the result is an ordinary struct that is passed on as const.
 */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/array.h"
#include "include/err.h"

#define OPTIONS_MAX 128

enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_STRING, /* const char *: borrowed from argv */
	OPTION_LIST, /* struct option_list: may be given many times, or followed by several values */
	OPTION_NUMBER, /* uint64_t, decimal, within min..max */
	OPTION_REAL,   /* double, within 0..1 */
	/* struct option_list: name and value, in turn, for another program; the value is NULL for a flag, and a number
	 * within min..max where max is not 0 */
	OPTION_FORWARD,
};

struct option_list {
	const char **items;
	size_t count, capacity;
};

struct option_def {
	const char *name;  /* long name without dashes */
	char letter;       /* short name, or 0 */
	const char *value; /* what --help calls the value; NULL for a flag */
	const char *help;
	enum option_type type;
	size_t offset;
	uint64_t min, max; /* OPTION_NUMBER */
};

static inline void option_list_done(struct option_list *list)
{
	free(list->items);
	*list = (struct option_list){};
}

_must_check_ static inline int option_list_add(struct option_list *list, const char *item)
{
	const char **slot = array_add(list->items, list->count, list->capacity);

	if (!slot)
		return -ENOMEM;
	*slot = item;
	return 0;
}

static inline int option_number(uint64_t *ret, const struct option_def *def, const char *text,
				struct err *err)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || v < def->min ||
	    (def->max && v > def->max))
		return err_set(err, EINVAL, "--%s: '%s' is not a whole number from %llu to %llu",
			       def->name, text, (unsigned long long)def->min,
			       (unsigned long long)(def->max ? def->max : UINT64_MAX));
	*ret = v;
	return 0;
}

static inline int option_real(double *ret, const struct option_def *def, const char *text,
			      struct err *err)
{
	char *end;
	double v = strtod(text, &end);

	if (*end || end == text || !(v >= 0 && v <= 1))
		return err_set(err, EINVAL, "--%s: '%s' is not a number from 0 to 1", def->name,
			       text);
	*ret = v;
	return 0;
}

static inline int option_forward(struct option_list *list, const struct option_def *def,
				 const char *text, struct err *err)
{
	uint64_t number;
	int r = def->max ? option_number(&number, def, text, err) : 0;

	if (r < 0)
		return r;
	if (option_list_add(list, def->name) < 0 || option_list_add(list, text) < 0)
		return err_oom(err);
	return 0;
}

static inline int option_store(void *values, const struct option_def *def, const char *text,
			       struct err *err)
{
	void *at = (char *)values + def->offset;

	switch (def->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_STRING:
		*(const char **)at = text;
		return 0;
	case OPTION_LIST:
		return option_list_add(at, text) < 0 ? err_oom(err) : 0;
	case OPTION_NUMBER:
		return option_number(at, def, text, err);
	case OPTION_REAL:
		return option_real(at, def, text, err);
	case OPTION_FORWARD:
		return option_forward(at, def, text, err);
	}
	return err_set(err, EINVAL, "--%s: unknown type in the option table", def->name);
}

/* Turns the table into getopt's form. Option number i answers with the value 256 + i. */
static inline size_t options_to_getopt(const struct option_def *defs, struct option *ret,
				       char *letters)
{
	size_t n = 0;

	*letters++ = '+'; /* stop at the first operand: what follows -- belongs to the workload */
	*letters++ = ':';
	for (; defs[n].name && n < OPTIONS_MAX; n++) {
		ret[n] =
		    (struct option){ defs[n].name, defs[n].value ? required_argument : no_argument,
				     NULL, 256 + (int)n };
		if (!defs[n].letter)
			continue;
		*letters++ = defs[n].letter;
		if (defs[n].value)
			*letters++ = ':';
	}
	ret[n] = (struct option){};
	*letters = '\0';
	return n;
}

static inline const struct option_def *option_by_code(const struct option_def *defs, size_t n,
						      int code)
{
	if (code >= 256 && (size_t)(code - 256) < n)
		return &defs[code - 256];
	for (size_t i = 0; i < n; i++)
		if (defs[i].letter == code)
			return &defs[i];
	return NULL;
}

/* One option that getopt has found: its value, and for a list the words that follow it. */
static inline int option_take(const struct option_def *defs, size_t n, int code, void *values,
			      int argc, char **argv, struct err *err)
{
	const struct option_def *def =
	    code == '?' || code == ':' ? NULL : option_by_code(defs, n, code);
	int r;

	if (code == ':')
		return err_set(err, EINVAL, "option '%s' needs a value", argv[optind - 1]);
	if (!def)
		return err_set(err, EINVAL, "unknown option '%s'", argv[optind - 1]);
	r = option_store(values, def, optarg, err);
	while (r >= 0 && def->type == OPTION_LIST && optind < argc && argv[optind][0] != '-')
		r = option_store(values, def, argv[optind++], err);
	return r;
}

/*
 * Parses argv[1…] into *values and the words that are no options into *operands (freed by the caller). Returns the
 * index of the first word behind "--", or argc. A list option takes the words that follow it up to the next one that
 * starts with a dash. -EINVAL with a reason when the words are off (exit status 2).
 */
_must_check_ static inline int options_parse(const struct option_def *defs, void *values, int argc,
					     char **argv, struct option_list *operands,
					     struct err *err)
{
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
	size_t n = options_to_getopt(defs, longs, letters);
	int code, r;

	optind = 0;
	opterr = 0;
	for (;;) {
		while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
			r = option_take(defs, n, code, values, argc, argv, err);
			if (r < 0)
				return r;
		}
		if (optind >= argc || !strcmp(argv[optind - 1], "--"))
			return optind;
		if (option_list_add(operands, argv[optind++]) < 0)
			return err_oom(err);
	}
}

/* Prints the options, aligned, as --help shows them. */
static inline void options_help(FILE *out, const struct option_def *defs)
{
	char left[64];
	int columns;

	for (; defs->name; defs++) {
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", defs->letter ? '-' : ' ',
			 defs->letter ? defs->letter : ' ', defs->letter ? "," : " ", defs->name,
			 defs->value ? " " : "", defs->value ? defs->value : "");
		columns = 0;
		for (const char *c = left; *c; c++)
			columns +=
			    (*c & 0xc0) != 0x80; /* "FILE…" is five columns wide, not seven */
		fprintf(out, "  %s%*s %s\n", left, columns < 30 ? 30 - columns : 0, "", defs->help);
	}
}
