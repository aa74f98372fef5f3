// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* code_go.c — the functions of a Go program. */
#include "analyzer/code_go.h"

int code_take_go(struct code *code, const struct go_pclntab *go, struct arena *arena,
		 struct err *err)
{
	size_t n = go->function_count, all = n + code->function_count;
	struct code_function *functions = arena_alloc(arena, (all + 1) * sizeof(*functions));
	uint64_t end = n ? go->functions[n - 1].addr : 0;

	if (!functions)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		functions[i] = (struct code_function){ .start = go->functions[i].addr,
						       .end = go->functions[i].end };
		end = go->functions[i].end > end ? go->functions[i].end : end;
	}
	for (size_t i = 0; i < code->function_count; i++)
		if (!go->function_count || code->functions[i].end <= go->functions[0].addr ||
		    code->functions[i].start >= end)
			functions[n++] = code->functions[i];
	return code_set_functions(code, functions, n, arena, err);
}
