/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * attestation.h — what is said of a result under a signature, so that a stranger can check who said it and what it rests on.
 *
 * evidence.intoto.jsonl holds one DSSE envelope a line (dsse.h), over in-toto statements (intoto.h) about the image's digests:
 *   1. the OpenVEX document, whole (absent when none was made); predicate type https://openvex.dev/ns/v0.2.0, or as chosen
 *   2. runtime-trace/v0.1: what was watched, when, what was lost, and the digest of every trace ("vexxy_traces",
 *      "vexxy_losses" are ours); the log in it is a summary: programs, libraries, endpoints
 *   3. scai/v0.3, the links: per file of the result its digest (attribute ANALYSIS_FILE), per VEX statement its conditions
 *      (status, rule, confidence … as in status_notes) and where in report.json its evidence stands (VEX_STATEMENT)
 * vex.sigstore.json is the envelope of the first as a Sigstore bundle for a plain key.
 *
 * All three are made of the files of the result alone: the same files give the same payloads, byte for byte, and who verifies
 * makes them again. Signatures by Ed25519 are the same bytes, too; those by P-256 are not (crypto.h): compare payloads.
 */
#pragma once

#include <stddef.h>

#include "analyzer/crypto.h"
#include "analyzer/staging.h"

#define ATTESTATION_FILE "evidence.intoto.jsonl"
#define ATTESTATION_BUNDLE "vex.sigstore.json"
#define ATTESTATION_VEX "vex.openvex.json"
#define ATTESTATION_REPORT "report.json"
#define ATTESTATION_PREDICATE "https://openvex.dev/ns/v0.2.0"
#define ATTESTATION_TRACE_PREDICATE "https://in-toto.io/attestation/runtime-trace/v0.1"
#define ATTESTATION_LINKS_PREDICATE "https://in-toto.io/attestation/scai/v0.3"
#define ATTESTATION_STATEMENTS_MAX 3

/* A file of the result: its name there, and where it lies now. */
struct attestation_file {
	const char *name, *path;
};

struct attestation {
	struct {
		const char *predicate_type;
		char *text;
	} items[ATTESTATION_STATEMENTS_MAX];
	size_t count;
};

/* "https://openvex.dev/ns" (cosign's --type openvex, vexctl) or a version below it (trivy takes both). */
bool attestation_is_vex_type(const char *predicate_type);

/* The payloads, from the files of a result, which hold report.json. predicate_type is that of the first and must live as long.
 * Freed by attestation_done. */
_must_check_ int attestation_make(struct attestation *ret, const struct attestation_file *files,
				  size_t n, const char *predicate_type, struct err *err);
/* Signs them, and writes ATTESTATION_FILE and ATTESTATION_BUNDLE into the staging directory. */
_must_check_ int attestation_sign(const struct attestation *attestation, const struct key *key,
				  const struct staging *staging, struct err *err);
void attestation_done(struct attestation *attestation);
