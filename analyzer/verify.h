/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * verify.h — does a signed result hold: who signed it, of what image, every file, every rule, and does it follow?
 *
 * Everything is compared that attestation.h says: signatures and form of each envelope and of the bundle (openvex.md rules 40 to
 * 45), subjects, the digest of every file (46), payloads against the files they are made of, the VEX document against all
 * rules of lint, times against the clock. Nothing is asked of a network. What is off is a fault that names the file; what one
 * should know but is not wrong is a note. Envelopes of a result must also stand as vexxy writes them, byte for byte; one that
 * is verified by itself may be laid out otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "analyzer/arena.h"
#include "analyzer/crypto.h"

struct verify_options {
	const char *path; /* directory of a result, or one file of envelopes, or a bundle */
	const struct key *key;
	const char
	    *image_digest;  /* "sha256:<64 hex>" or the bare hex: must be a subject; NULL: any */
	const char *author; /* whose key it is, who alone may state with it; NULL: not told */
	time_t now;
};

struct verify_finding {
	bool is_fault;
	const char *file, *text;
};

struct verification {
	struct arena *arena;
	const char *path;
	struct verify_finding *items; /* in the order in which they were found */
	size_t count, room, fault_count;
	size_t signatures, files, statements; /* that hold; of the VEX document */
	bool rederived;                       /* its inputs give the same again (rederive.h) */
	bool out_of_memory;
};

/* Without any finding. Borrows the path; NULL: no memory. */
struct verification *verification_new(const char *path);
/* Finds what is off; 0, also when something is. < 0 with a reason when it could not be decided: there is nothing at path. */
_must_check_ int verify_run(struct verification **ret, const struct verify_options *options,
			    struct err *err);
void verification_free(struct verification *v);
DEFINE_CLEANUP(struct verification *, verification_free)

_printf_(3, 4) void verify_fault(struct verification *v, const char *file, const char *fmt, ...);
_printf_(3, 4) void verify_note(struct verification *v, const char *file, const char *fmt, ...);
