// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* demangle.c — which scheme a name is of; C++ by libiberty. */
#include "analyzer/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>

#include "analyzer/demangle_text.h"

struct cpp_output {
	struct demangle_text text;
	jmp_buf full;
};

/*
 * A short name can stand for an endless one (each substitution doubles what came before), and libiberty's printer cannot be
 * told to stop. It keeps everything on the stack, as it is made for crash handlers, so it may be left by a jump.
 */
static void put_cpp(const char *from, size_t len, void *ctx)
{
	struct cpp_output *output = ctx;

	demangle_put(&output->text, from, len);
	if (output->text.full)
		longjmp(output->full, 1);
}

static bool demangle_cpp(struct demangle_text *text, const char *name)
{
	struct cpp_output output = { .text = *text };
	bool ok;

	if (strncmp(name, "_Z", 2) != 0 || setjmp(output.full))
		return false;
	ok = cplus_demangle_v3_callback(name, DMGL_NO_OPTS, put_cpp, &output);
	*text = output.text;
	return ok;
}

enum mangling demangle(char *ret, size_t size, const char *name)
{
	static bool (*const schemes[])(struct demangle_text *, const char *) = {
		[MANGLING_RUST_LEGACY] = demangle_rust_legacy,
		[MANGLING_RUST_V0] = demangle_rust_v0,
		[MANGLING_CPP] = demangle_cpp,
	};

	*ret = '\0';
	if (!demangle_looks_mangled(name) || strnlen(name, DEMANGLE_IN_MAX) == DEMANGLE_IN_MAX)
		return MANGLING_NONE;
	for (enum mangling m = MANGLING_RUST_LEGACY; m <= MANGLING_CPP; m++) {
		struct demangle_text text = { .to = ret, .size = size };

		if (!schemes[m](&text, name) || text.full || !text.len)
			continue;
		ret[text.len] = '\0';
		return m;
	}
	*ret = '\0';
	return MANGLING_NONE;
}

bool demangle_looks_mangled(const char *name)
{
	return !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
}
