/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* watching.h — were the functions of an object watched, in every trace that ran its code? Only then is their silence one. */
#pragma once

#include "analyzer/inventory.h"
#include "analyzer/trace.h"

enum watched {
	WATCHED, /* in every trace that ran the object, from before its first instruction, no place refused */
	WATCHED_IDLE, /* no trace ran the object */
	WATCHED_NOT, /* a trace ran it and watched nothing, or other places than these inputs ask for */
	WATCHED_GAP,   /* watched, but late, or not all places */
	WATCHED_BLIND, /* a trace that cannot tell what code does saw it opened or executed */
};

/* `identity`: of the list of places (functions_file.h). The line of what decided in *ret_trace, *ret_line (0: none). */
enum watched watching_of(const struct inventory *inv, size_t file, struct trace *const *traces,
			 size_t trace_count, const char *identity, size_t *ret_trace,
			 uint64_t *ret_line);
/* Is that the object of a hit or of what was watched? By build-id where there is one, else by path. */
bool watching_is_of(const struct inventory *inv, size_t file, const char *object,
		    const char *build_id);
