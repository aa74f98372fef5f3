/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * status_notes.h — how a status was reached, in the one free text that OpenVEX leaves for every status.
 *
 *   notes = pair *("; " pair)     pair = key "=" value     key = a-z *(a-z | 0-9 | "_")
 *   value = 1*(printable ASCII without ";" and "%", or "%" and two hex digits)     a key stands once
 *
 * Keys that vexxy writes, in this order:
 *   rule        R1…R11: the rule of analyzer/verdict.h that decided
 *   gated       the rule that R9 turned down
 *   class       P0…P3 proof, D1…D4 observation (reachability reference 6); absent for R6, R9, R10, R11
 *   confidence  estimated probability that the status is right, 0.0000 to 1.0000
 *   model       version of the model behind confidence
 *   policy      strict, balanced, kubescape
 *   map         who names the functions, and sha256: of them as report.json has them: a line each of path, symbol, file and source,
 *               tabs between them; only where functions are named, as the next two
 *   sites       places watched from the start / places known
 *   build_id    of the (first) object in which they are
 *   trace       complete, incomplete (end missing), late (began after the first instruction)
 *   drops       losses that may hide a use
 *   runs, units, window_s   traces, units of observation in them, seconds watched
 *   quiet       units at the end in which no file was used for the first time
 *   loo95       probability that a further unit uses a file for the first time: upper bound at 95 % (window.h)
 *   unseen      residual risk of what was watched, where a rule used it
 *   copies      findings that scanners cannot tell apart and that share this statement (the most cautious decides)
 *   prior       a statement of others is on this: contradicts, open, differs, agrees or superseded (analyzer/prior.h); prior_status,
 *               prior_by (its author) and prior_in (sha256: of its file) are those of the one that tells most against ours
 *   expires     negative statements: when to look again at the latest
 *   workload    sha256: of what ran: a line "command JSON" for each command and "mark NAME" for each phase, sorted, each once
 *   evidence    sha256: of the trace; of several, of their hex digests in order, one a line
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "include/cleanup.h"

#define STATUS_NOTES_VALUE_MAX 256

/* Appends a pair to what was written to `out` since it was opened (*any tells whether there was one). */
_printf_(4, 5) void status_notes_add(FILE *out, bool *any, const char *key, const char *fmt, ...);
/* The decoded value of a key. False when the text is no such list, or lacks the key. */
bool status_notes_get(const char *notes, const char *key, char ret[STATUS_NOTES_VALUE_MAX]);
/* Is the whole text of that grammar? */
bool status_notes_valid(const char *notes);
