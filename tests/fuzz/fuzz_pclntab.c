// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_pclntab.c — a Go program whose headers are right, with any bytes as its tables. */
#include <stdint.h>

#include "analyzer/go_linked.h"
#include "analyzer/symbols.h"
#include "tests/unit/pclntab_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Replaces runs of bytes: place (two bytes), how many, and the bytes. */
static void overwrite(struct tiny_go *go, const uint8_t *data, size_t size)
{
	while (size >= 3) {
		size_t at = TINY_GO_TABLE +
			    ((size_t)data[0] << 8 | data[1]) % (sizeof(go->bytes) - TINY_GO_TABLE);
		size_t len = data[2] % 17;

		data += 3;
		size -= 3;
		len = len < size ? len : size;
		len = len < sizeof(go->bytes) - at ? len : sizeof(go->bytes) - at;
		memcpy(go->bytes + at, data, len);
		data += len;
		size -= len;
	}
}

static void check(const struct symbols *symbols)
{
	const struct go_pclntab *go = symbols->go;
	const struct function_name wanted = { LANGUAGE_GO, "main", "outer", NULL };

	for (size_t i = 0; i < go->inlined_count; i++) {
		const struct go_inlined *in = &go->inlined[i];

		if (in->addr > in->end || in->function >= go->function_count || !*in->name ||
		    (i && strcmp(in[-1].name, in->name) > 0))
			__builtin_trap();
	}
	if (go_linked(go, &wanted) > NAME_EXACT)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned formats[] = { 2, 16, 18, 20 };
	_cleanup_close_ int fd = -1;
	_cleanup_(symbols_freep) struct symbols *symbols = NULL;
	struct tiny_go go;
	struct err err = {};

	if (!size)
		return 0;
	tiny_go_make(&go, formats[data[0] & 3], data[0] & 4, data[0] & 8 ? 4 : 8);
	overwrite(&go, data + 1, size - 1);
	fd = tiny_go_file(&go);
	if (fd < 0)
		return 0;
	/* Its headers are right, so whatever its tables are, it can be read. */
	if (symbols_read(&symbols, fd, NULL, 0, &err) < 0)
		__builtin_trap();
	if (symbols->go)
		check(symbols);
	return 0;
}
