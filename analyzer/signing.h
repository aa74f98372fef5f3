/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* signing.h — the key that a result is signed with, and which files belong to the result. */
#pragma once

#include <time.h>

#include "analyzer/crypto.h"
#include "analyzer/attestation.h"
#include "analyzer/staging.h"
#include "include/options.h"

#define SIGNING_TIME_MIN 1577836800 /* 2020-01-01: a clock that shows less was never set */

struct signing_options {
	const char *key, *passphrase_file, *predicate_type;
};

/* The rows of the option table for a command whose options hold a struct signing_options `at`. */
#define SIGNING_OPTIONS(type, at)                                                               \
	{ "key",                                                                                \
	  0,                                                                                    \
	  "PEM",                                                                                \
	  "sign the result with this private key (vexxy keygen; -: on stdin)",                  \
	  OPTION_STRING,                                                                        \
	  offsetof(type, at.key),                                                               \
	  0,                                                                                    \
	  0 },                                                                                  \
	    { "passphrase-file",                                                                \
	      0,                                                                                \
	      "FILE",                                                                           \
	      "the key's passphrase is its first line (else VEXXY_KEY_PASSPHRASE)",             \
	      OPTION_STRING,                                                                    \
	      offsetof(type, at.passphrase_file),                                               \
	      0,                                                                                \
	      0 },                                                                              \
	{                                                                                       \
		"predicate-type", 0, "URI",                                                     \
		    "of the signed VEX: https://openvex.dev/ns, or a version (default v0.2.0)", \
		    OPTION_STRING, offsetof(type, at.predicate_type), 0, 0                      \
	}

/* Are the options whole? -EINVAL with what is wrong: wrong usage. */
_must_check_ int signing_check(const struct signing_options *options, struct err *err);
/* The key, NULL when none is named, and whose it is (key_author.h). */
_must_check_ int signing_open(struct key **ret, char **ret_author,
			      const struct signing_options *options, struct err *err);
/* Signs what is staged, with those of `kept` that lie in the target directory already (traces, run.functions). -EDOM for
 * a time before SIGNING_TIME_MIN, which nobody would accept. */
_must_check_ int signing_sign(const struct key *key, const struct signing_options *options,
			      const struct staging *staging, const struct option_list *kept,
			      time_t timestamp, struct err *err);
/* Removes from the directory the signatures of what lay there before. */
_must_check_ int signing_clear(const char *dir, struct err *err);
