/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * openvex_hash.h — what a document says, as one number: go-vex's canonical hash (openvex reference 1.7).
 *
 * It covers time, version, author, and of each statement the vulnerability, status, justification, time and components. It
 * does not cover notes, impact and action texts: those only a signature protects. go-vex up to 0.2.8 walks hashes and
 * identifiers of a component in random order; we sort them, which is the same while there is at most one of each.
 */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/digest.h"
#include "include/err.h"

/* -EINVAL when the document has no time that can be read. */
_must_check_ int openvex_hash(char ret[DIGEST_HEX_BYTES], const cJSON *document, struct err *err);

/* What one statement is about, whatever it says: vulnerability name, product ids, subcomponent ids. Names our
 * statements, so that they keep their @id when the conclusion changes. */
_must_check_ int openvex_statement_hash(char ret[DIGEST_HEX_BYTES], const cJSON *statement,
					struct err *err);
