/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * symbol_archives.h — from a package for development and the fixes of its source to the static libraries of a symbol store.
 *
 * The library is taken as it is shipped: its own symbol table tells where the functions are, so nothing has to be rebuilt. A function
 * is one of a fix when it has its name ("f", or what a compiler makes of it: "f.part.0", "f.cold"), and its member that of the
 * source ("url.o", "libcurl_la-url.o" for "lib/url.c"). What was inlined everywhere has no symbol, and gets no signature.
 */
#pragma once

#include "analyzer/fix_records.h"
#include "analyzer/symbol_store.h"

/* What became of one package's libraries. */
struct archives_told {
	size_t archives, functions, ambiguous, short_ones, unknown;
};

/* Unpacks one .deb by dpkg-deb and adds its lib*.a, those with functions of fixes. `source`: of which source package it is; NULL: what
 * it says itself, and -ENOENT with a reason when the records say nothing of that. */
_must_check_ int symbol_archives_add(struct symbol_store *store, const char *deb,
				     const char *source, const struct fix_records *records,
				     struct archives_told *told, struct err *err);
/* The same with a library's bytes at hand; `like` says whose they are: file, package, source, version. */
_must_check_ int symbol_archives_add_bytes(struct symbol_store *store, const char *text, size_t len,
					   const struct store_archive *like,
					   const struct fix_records *records,
					   struct archives_told *told, struct err *err);
