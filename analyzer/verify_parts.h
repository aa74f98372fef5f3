/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* verify_parts.h — what the parts of verify share. For verify*.c only. */
#pragma once

#include "analyzer/attestation.h"
#include "analyzer/dsse.h"
#include "analyzer/intoto.h"
#include "analyzer/verify.h"

/* An envelope whose signature holds, and what it says. */
struct verify_envelope {
	struct dsse dsse;
	struct intoto statement;
};

#define VERIFY_ENVELOPES_MAX 64

/* The envelopes of a file. */
struct verify_envelopes {
	struct verify_envelope items[VERIFY_ENVELOPES_MAX];
	size_t count;
	const struct verify_envelope *vex, *trace, *links; /* NULL: there is none that holds */
};

/* Reads a file of envelopes, one a line, or of one envelope or bundle; `name` stands for it in faults. `exact`: it must stand as
 * we write it. */
void verify_read_envelopes(struct verification *v, struct verify_envelopes *ret,
			   const struct verify_options *options, const char *path, const char *name,
			   bool exact);
void verify_envelopes_done(struct verify_envelopes *e);

/* Are all of one image, and of the one asked for? */
void verify_subjects(struct verification *v, const struct verify_envelopes *e,
		     const struct verify_options *options, const char *name);
/* The files of a result against what is signed. */
void verify_files(struct verification *v, const struct verify_envelopes *e, const char *dir);
/* The VEX document: rules and times. `text` NULL: the file, with the report beside it. */
void verify_vex(struct verification *v, const char *path, const char *text, const char *name,
		const struct verify_options *options);
/* Could it have been written then? */
void verify_time(struct verification *v, const char *name, const char *timestamp, time_t now);
