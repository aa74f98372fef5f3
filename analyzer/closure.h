/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * closure.h — what is able to run, given the programs that ran (R7): loaded into them, or executed by them.
 *
 * Roots are all files that were executed or mapped, also those that only a second observer saw. From each object that can run the closure goes on to
 *   1. its interpreter and everything it needs. A name is taken to be every object of that name or soname in the image,
 *      wherever it lies: which directories are searched depends on an environment that nobody has recorded
 *   2. when any object that can run imports dlopen: every object that a string in any of them names, by path, by name, by a
 *      printf pattern or as a directory ("…/modules") that is none of the loader's own; and the neighbours of a plug-in
 *      that was mapped. The string may be in another object than the one that calls dlopen
 *   3. what the C library loads by itself: name services, character sets, libgcc_s, libidn2
 *   4. when any object that can run is able to execute: every program that a string in any of them names, by path, or, in
 *      those that execute themselves, by name. The C library's own strings do not count: its shell is that of system() and
 *      popen(), and who imports those is able to run /bin/sh
 *   5. the interpreter of a script.
 * A copy of what can run, a file of the same build-id, can run. A link of a package stands for what it leads to where that is
 * nobody's.
 * The set is open, and nothing can be proved unable, when a shell, an interpreter or a program that runs what it is told is in
 * it; when code ran that the inventory does not have or that was written to; when an object could not be read, its strings
 * were too many, or they cannot be told apart (Go; Rust when it executes or loads).
 * What is left to the doubt that confidence states: names that come from a configuration file alone and lie in no directory
 * that a program names.
 */
#pragma once

#include "analyzer/usage.h"

struct closure;

/* Borrows both. */
_must_check_ int closure_compute(struct closure **ret, const struct inventory *inv,
				 const struct usage *usage, struct err *err);
void closure_free(struct closure *closure);
DEFINE_CLEANUP(struct closure *, closure_free)

/* Why the set is open, as a sentence part ("/bin/dash ran, and …"); NULL when it is closed. */
const char *closure_open_reason(const struct closure *closure);
bool closure_reaches(const struct closure *closure, size_t file);
/* Can it be started as a program? Of a file that is reached: else it is only loaded, and what its header names as the beginning
 * of a program is none. */
bool closure_executes(const struct closure *closure, size_t file);
/* How a file is reached: "/usr/sbin/nginx ran → libssl.so.3 (needed)". NULL when it is not, or without memory. */
const char *closure_chain(struct closure *closure, size_t file);
/* Programs and objects in the set. */
size_t closure_count(const struct closure *closure);

enum ability {
	ABILITY_UNABLE, /* the set is closed, and no file of the package is in it */
	ABILITY_NO_CODE, /* every file of the package is surely data: nothing to run, whatever the set */
	ABILITY_OPEN,    /* the set is open */
	ABILITY_REACHED, /* a file of the package is in the set: *file */
};

enum ability closure_of_package(const struct closure *closure, const struct package *package,
				size_t *file);
