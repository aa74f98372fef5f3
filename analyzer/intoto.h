/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * intoto.h — in-toto statements (v1): what is said (predicate), of what (subjects, by digest).
 *
 *   {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":S,"digest":{"sha256":HEX}}…],"predicateType":URI,
 *    "predicate":{…}}
 *
 * Nothing beside these members: cosign and sigstore-go refuse it, and so do we.
 */
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "analyzer/json_writer.h"
#include "include/err.h"

#define INTOTO_TYPE "https://in-toto.io/Statement/v1"
#define INTOTO_SUBJECTS_MAX 1024 /* as sigstore-go */
#define INTOTO_DIGESTS_MAX 32

struct intoto {
	cJSON *tree;
	const char *predicate_type; /* these are borrowed from the tree */
	const cJSON *subjects, *predicate;
};

/* -EBADMSG names what is wrong. Freed by intoto_done. */
_must_check_ int intoto_parse(struct intoto *ret, const char *payload, size_t len, struct err *err);
void intoto_done(struct intoto *statement);
/* Is the thing with this SHA-256 (64 hex digits) one of its subjects? */
bool intoto_is_about(const struct intoto *statement, const char *hex);

/* A new statement; copies the subjects, takes the predicate over (also when it fails: NULL). */
cJSON *intoto_statement(struct json_writer *w, const cJSON *subjects, const char *predicate_type,
			cJSON *predicate);
/* A resource descriptor by name and SHA-256; yields it. */
cJSON *intoto_put_resource(struct json_writer *w, cJSON *obj, const char *key, const char *name,
			   const char *sha256);
