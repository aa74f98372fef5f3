/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * dsse.h — signed envelopes (DSSE v1) over in-toto statements, and the Sigstore bundle around one of them.
 *
 *   {"payload":BASE64,"payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":S,"sig":BASE64}]}
 *   {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":S}},"dsseEnvelope":{…}}
 *
 * What is signed is the pre-authentication encoding of type and payload, never JSON: nothing is parsed before its signature
 * holds but the envelope itself. Exactly one signature; nothing beside the members above; standard base64 only.
 */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/crypto.h"

#define DSSE_PAYLOAD_TYPE "application/vnd.in-toto+json"
#define DSSE_BUNDLE_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"

/* An envelope taken apart. The bytes are freed by dsse_done. */
struct dsse {
	unsigned char *payload; /* a NUL stands behind it */
	size_t payload_len;
	unsigned char *signature;
	size_t signature_len;
	char *keyid; /* "" when it names none */
};

/* "DSSEv1 LEN TYPE LEN BODY". Freed by the caller. */
_must_check_ int dsse_pae(char **ret, size_t *ret_len, const char *type, const void *body,
			  size_t len);

/* A new envelope of the payload, with the key's fingerprint as keyid. */
_must_check_ int dsse_sign(cJSON **ret, const struct key *key, const void *payload, size_t len,
			   struct err *err);
/* A new bundle around an envelope (which is copied). */
_must_check_ int dsse_bundle(cJSON **ret, const struct key *key, const cJSON *envelope,
			     struct err *err);

/* Takes an envelope apart; its signature is not checked yet. -EBADMSG names what is wrong. */
_must_check_ int dsse_parse(struct dsse *ret, const cJSON *envelope, struct err *err);
/* The same with the envelope in a bundle. *hint is borrowed from it. */
_must_check_ int dsse_parse_bundle(struct dsse *ret, const char **hint, const cJSON *bundle,
				   struct err *err);
bool dsse_is_bundle(const cJSON *tree);
/* Did this key sign it? -EBADMSG says by which key it claims to be signed. */
_must_check_ int dsse_check(const struct dsse *envelope, const struct key *key, struct err *err);
void dsse_done(struct dsse *envelope);
