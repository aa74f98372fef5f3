/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * jwt.h — tokens that somebody else's login has issued (RFC 7519, compact JWS), checked by public keys that the operator gave.
 *
 * A key is for one algorithm: RS256, ES256 or EdDSA, whatever the token says of itself, so that "none" and HMAC by a public key
 * are nothing. Taken are tokens that have not expired ("exp" is a must), are valid already ("nbf"), come from the issuer and are
 * for the audience that were set; one that is for some audience when none was set is not for us (§4.1.3). No "crit".
 *
 * "org_id" is the organisation, "sub" who asks, "scope" what they may, in our words with blanks between (default: read submit
 * cancel), "is_admin": true adds admin.
 */
#pragma once

#include <stdint.h>

#include "include/err.h"
#include "server/request.h"

#define JWT_BYTES_MAX 8192
#define JWT_KEYS_MAX 64

struct jwt_keys;

_must_check_ int jwt_keys_new(struct jwt_keys **ret, struct err *err);
void jwt_keys_free(struct jwt_keys *keys);
DEFINE_CLEANUP(struct jwt_keys *, jwt_keys_free)
/* Adds a public key in PEM, or those of a JWK set; private and symmetric ones are refused: they are not for us. */
_must_check_ int jwt_keys_add(struct jwt_keys *keys, const char *text, size_t len, struct err *err);
_must_check_ int jwt_keys_load(struct jwt_keys *keys, const char *path, struct err *err);

/* What a token says of itself, of which nothing is checked: for whoever only asks who is to check it. The caller's. -EACCES. */
_must_check_ int jwt_peek(cJSON **ret_claims, const char *token, struct err *err);

struct jwt_rules {
	const char *issuer, *audience, *algorithm; /* NULL: any; for the audience see above */
};

/* Whose token it is. -EACCES: it is not valid, and why. */
_must_check_ int jwt_check(struct principal *ret, const struct jwt_keys *keys,
			   const struct jwt_rules *rules, const char *token, int64_t now_ms,
			   struct err *err);
