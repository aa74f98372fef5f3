// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_callgraph.c — any bytes as machine code in an ELF file: a graph that holds together, or refused with a reason. */
#include <stdint.h>
#include <sys/mman.h>

#include "analyzer/callgraph.h"
#include "analyzer/instructions.h"
#include "analyzer/reach_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What others rely on: functions sorted, disjoint, in code; offsets and addresses that agree. */
static void check_code(const struct code *code)
{
	uint64_t offset, address;
	size_t room;

	for (size_t i = 0; i < code->function_count; i++) {
		const struct code_function *f = &code->functions[i];

		if (f->start >= f->end || (i && code->functions[i - 1].end > f->start))
			__builtin_trap();
		if (!code_bytes_at(code, f->start, &room) || room < f->end - f->start)
			__builtin_trap();
		if (code_function_at(code, f->end - 1) != f)
			__builtin_trap();
		if (code_offset(code, f->start, &offset) < 0 ||
		    code_address(code, offset, &address) < 0)
			__builtin_trap();
	}
}

static void check_instructions(const struct code *code)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct err err = {};

	if (decoder_open(&decoder, code, &err) < 0)
		return;
	for (size_t i = 0; i < code->function_count && i < 16; i++) {
		int r;

		err.text[0] = '\0';
		r = instruction_check(decoder, code->functions[i].start + i, &err);
		if (r < 0 && !err.text[0])
			__builtin_trap();
	}
}

/* A function is among its own ancestors. */
static void check_graph(const struct callgraph *graph, const struct code *code, struct arena *arena)
{
	struct ancestry a;
	struct err err = {};

	for (size_t i = 0; i < code->function_count && i < 16; i++) {
		uint64_t at = code->functions[i].start;

		if (!callgraph_has_edge(graph, at, at))
			__builtin_trap();
		if (callgraph_ancestors(&a, graph, &at, 1, arena, &err) < 0)
			__builtin_trap();
		for (size_t k = 1; k < a.exported_count; k++)
			if (strcmp(a.exported[k - 1].name, a.exported[k].name) > 0)
				__builtin_trap();
	}
}

static void check_names(int fd)
{
	_cleanup_(reach_names_freep) struct reach_names *names = NULL;
	const char *pattern;
	struct err err = {};

	if (reach_names_new(&names) < 0 || reach_names_want(names, "shown") < 0)
		return;
	if (reach_names_scan(names, fd, 7, true, &err) < 0 && !err.text[0])
		__builtin_trap();
	if (reach_names_find(names, "unwanted", &pattern) != SIZE_MAX && !pattern)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(callgraph_freep) struct callgraph *graph = NULL;
	struct code code = {};
	struct err err = {};
	int r;

	if (fd < 0 || !arena || write(fd, data, size) != (ssize_t)size)
		return 0;
	check_names(fd);
	r = code_read(&code, fd, arena, &err);
	if (r >= 0) {
		check_code(&code);
		check_instructions(&code);
		r = callgraph_build(&graph, &code, -1, &err);
	}
	if (r < 0 && !err.text[0])
		__builtin_trap();
	if (r >= 0)
		check_graph(graph, &code, arena);
	return 0;
}
