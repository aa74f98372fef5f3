/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * symbol_sites.h — from a rebuilt source package and the fixes in it to the lines of a symbol store.
 *
 * Every file that the package makes is asked for every function. A function has places in a file (its own code, copies), or it is
 * elsewhere in the package, or it is proved not to be compiled at all, or it is unresolved. The proof is that in
 * none of the files, each with debug data for all of its code, there is a symbol, a function or a copy of that name, not
 * even one whose code the compiler made part of an equal one, nor machine code from a line of its body; and that nothing hides it: no macro makes or renames it, and either its source is
 * known to the debug data or no code comes from a source that is not in the package (one that the build wrote, of others perhaps).
 */
#pragma once

#include "analyzer/dwarf_sites.h"
#include "analyzer/fix_records.h"
#include "analyzer/instructions.h"
#include "analyzer/symbol_store.h"
#include "analyzer/symbols.h"

/* One file that the package makes. */
struct site_file {
	const char *path; /* in the image */
	const char *package, *version, *arch;
	struct symbols *names;     /* of the rebuilt file, with its debug data */
	struct dwarf_sites *dwarf; /* NULL: it has none */
	/* Of the shipped file: */
	const char *build_id, *soname;
	struct code *code; /* NULL: it is not shipped, or another one: nothing is said of it */
	struct decoder *decoder; /* of the code */
	enum equality equality;
};

struct site_package {
	const char *source, *dsc, *dsc_sha256;
	struct rootfs *tree; /* the sources as they were compiled */
	struct site_file *files;
	size_t file_count;
};

/* Adds what is found about the package's fixes to the store. */
_must_check_ int symbol_sites_add(struct symbol_store *store, const struct site_package *package,
				  const struct fix_records *fixes, struct err *err);
