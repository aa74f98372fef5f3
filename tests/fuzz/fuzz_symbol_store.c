// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_symbol_store.c — any text as a symbol store: refused with a reason, or written and read again to the same bytes. */
#include <stdint.h>

#include "analyzer/symbol_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a probe would trust. */
static void check_sites(const struct store_object *o, const struct store_sites *sites)
{
	uint64_t offset;

	for (size_t i = 0; i < sites->count; i++)
		if (store_object_offset(o, sites->addresses[i], &offset) < 0 ||
		    (i && sites->addresses[i] <= sites->addresses[i - 1]))
			__builtin_trap();
}

static void check_object(const struct symbol_store *store, const struct store_object *o)
{
	if (symbol_store_lookup(store, o->build_id) != o)
		__builtin_trap();
	for (size_t i = 0; i < o->cve_count; i++) {
		if (store_object_cve(o, o->cves[i].id) != &o->cves[i])
			__builtin_trap();
		for (size_t k = 0; k < o->cves[i].function_count; k++) {
			check_sites(o, &o->cves[i].functions[k].entries);
			check_sites(o, &o->cves[i].functions[k].inlined);
			check_sites(o, &o->cves[i].functions[k].lines);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *second = NULL;
	size_t len, second_len;
	struct err err = {};

	if (symbol_store_parse(&store, (const char *)data, size, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	for (size_t i = 0; i < store->count; i++)
		check_object(store, &store->objects[i]);
	if (symbol_store_format(store, &text, &len, &err) < 0 ||
	    symbol_store_parse(&again, text, len, &err) < 0 ||
	    symbol_store_format(again, &second, &second_len, &err) < 0 || len != second_len ||
	    memcmp(text, second, len) != 0)
		__builtin_trap();
	return 0;
}
