/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* advisory_check.h — are OSV records with functions what they should be? */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/arena.h"
#include "analyzer/string_set.h"
#include "include/err.h"

#define ADVISORY_FAULTS_KEPT 1000u
#define ADVISORY_FILE_BYTES_MAX (256u << 20)

struct advisory_fault {
	const char *file;
	size_t record;  /* from 1: of JSON Lines the line, of an array the element */
	const char *id; /* or NULL */
	const char *at; /* "affected[0].ranges[1]"; "" for the record */
	const char *text;
};

struct advisory_check {
	struct arena *arena;
	struct advisory_fault *faults; /* the first ADVISORY_FAULTS_KEPT, malloc'ed */
	size_t fault_count, fault_capacity;
	size_t total; /* of all faults */
	size_t records, functions;
	struct string_set keys; /* id, ecosystem and package of what was read */
	const char *file, *id;
	size_t record;
	bool out_of_memory;
};

_must_check_ int advisory_check_init(struct advisory_check *check, struct err *err);
void advisory_check_done(struct advisory_check *check);

/* Checks every record of a file: one, an array, or JSON Lines. 0 also when there are faults; an error only for what cannot be
 * read at all. */
_must_check_ int advisory_check_file(struct advisory_check *check, const char *path,
				     struct err *err);
/* The same for a text; `name` stands for it. */
_must_check_ int advisory_check_text(struct advisory_check *check, const char *text, size_t len,
				     const char *name, struct err *err);

/* For advisory_check*.c: notes a fault at a place. */
_printf_(3, 4) void advisory_fault(struct advisory_check *check, const char *at, const char *fmt,
				   ...);
/* Checks what a record says of functions in one element of "affected", which stands at `at`. */
void advisory_check_functions(struct advisory_check *check, const cJSON *entry, const char *at);
/* Names every member of the object that is none of `known` (NULL-terminated). */
void advisory_check_keys(struct advisory_check *check, const cJSON *object, const char *at,
			 const char *const *known);
