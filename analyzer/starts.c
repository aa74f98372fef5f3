// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* starts.c — where every function of a file begins. */
#include "analyzer/starts.h"

#include "analyzer/code_go.h"
#include "analyzer/instructions.h"
#include "analyzer/symbols.h"
#include "include/array.h"

static const char *name_of(const struct symbols *symbols, uint64_t address, struct arena *arena)
{
	const struct symbol *symbol = symbols_at(symbols, address);
	char *name;

	/* A resolver is not the function that it chooses. */
	if (!symbol || symbol->addr != address || symbol->ifunc || !*symbol->name)
		return arena_printf(arena, "0x%jx", (uintmax_t)address);
	name = arena_strdup(arena, symbol->name);
	for (char *c = name; c && *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 127)
			*c = '_';
	return name;
}

static int by_offset(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int find_all(struct starts *ret, struct decoder *decoder, const struct code *code,
		    const struct symbols *symbols, struct arena *arena, struct err *err)
{
	struct starts found = { .items = arena_alloc(arena, (code->function_count + 1) *
								sizeof(*found.items)) };

	if (!found.items)
		return err_oom(err);
	for (size_t i = 0; i < code->function_count; i++) {
		uint64_t address = code->functions[i].start;
		struct start start = {};
		struct err why = {};
		int r = instruction_check(decoder, address, &why);

		if (r == -ENOMEM)
			return err_oom(err);
		if (r < 0 || code_offset(code, address, &start.offset) < 0) {
			found.refused++;
			continue;
		}
		start.symbol = name_of(symbols, address, arena);
		if (!start.symbol)
			return err_oom(err);
		found.items[found.count++] = start;
	}
	array_sort(found.items, found.count, sizeof(*found.items), by_offset);
	if (symbols->build_id && !(found.build_id = arena_strdup(arena, symbols->build_id)))
		return err_oom(err);
	*ret = found;
	return 0;
}

int starts_find(struct starts *ret, int fd, struct arena *arena, struct err *err)
{
	_cleanup_(symbols_freep) struct symbols *symbols = NULL;
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	struct code code = {};
	int r;

	if (!scratch)
		return err_oom(err);
	r = symbols_read(&symbols, fd, NULL, 0, err);
	if (r == 0)
		r = code_read(&code, fd, scratch, err);
	if (r == 0 && symbols->go)
		r = code_take_go(&code, symbols->go, scratch, err);
	if (r == 0)
		r = decoder_open(&decoder, &code, err);
	return r < 0 ? r : find_all(ret, decoder, &code, symbols, arena, err);
}
