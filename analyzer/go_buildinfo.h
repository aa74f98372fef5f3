/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* go_buildinfo.h — what a Go program says of its making: Go's version, the main module, and the modules in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/elf_relative.h"

struct go_module {
	const char *path,
	    *version; /* "" where it is not said; of a replaced module those of what replaces it */
};

struct go_buildinfo {
	const char *go_version;   /* "go1.22.1" */
	const char *main_package; /* import path of package main; NULL: not said */
	struct go_module main;    /* path NULL: not said */
	struct go_module *deps;   /* in the order in which they stand there */
	size_t dep_count;
};

/* -ENOENT: there is none. -EBADMSG with a reason: there is one, but it lies. Memory is the arena's. Described by Go's
 * debug/buildinfo. */
_must_check_ int go_buildinfo_read(struct go_buildinfo *ret, const struct elf_file *file,
				   const struct elf_dynamic *dyn, struct arena *arena,
				   struct err *err);
