// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_functions.c — any bytes as a list of functions: one within limits, or a reason. */
#include "agent/functions.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct functions *f = NULL;
	struct err err = {};
	size_t sites = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (functions_parse(&f, text, size, &err) < 0) {
		if (!err.text[0] || f)
			__builtin_trap();
		return 0;
	}
	for (size_t i = 0; i < f->object_count; i++) {
		if (f->objects[i].first_site != sites ||
		    (f->objects[i].build_id ? !*f->objects[i].build_id : !f->objects[i].path))
			__builtin_trap();
		sites += f->objects[i].site_count;
	}
	if (sites != f->site_count)
		__builtin_trap();
	functions_free(f);
	return 0;
}
