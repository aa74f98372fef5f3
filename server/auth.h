/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * auth.h — who asks, and what they may.
 *
 * A key is "vex_ID_SECRET"; the store has the SHA-256 of all of it, which needs no slow hash because the secret is 32 random
 * bytes. As long as there is no key at all, the server listens on loopback only, and whoever can reach that may do everything.
 *
 * Agents may show a certificate (peer_certificate.h) or the token of their service account (agent_tokens.h) instead. With those they
 * may only do what is an agent's, and that of their own node.
 */
#pragma once

#include "server/app.h"
#include "server/store.h"

#define KEY_TEXT_BYTES 96
#define ORG_DEFAULT "default"

/* Fills request->principal. 0; or the status to answer with, 401 or 403, and the reason. AUTH_LATER: somebody else is to be asked
 * first, by auth_review. */
#define AUTH_LATER 1u
_must_check_ unsigned auth_check(struct request *request, struct err *err);
/* The same, as long as that takes: never AUTH_LATER. 503: it cannot be said now. */
_must_check_ unsigned auth_review(struct request *request, struct err *err);
/* "read,submit" → bits; -EINVAL names the word. */
_must_check_ int auth_scopes(unsigned *ret, const char *text, struct err *err);

/* A new key: its text is told once and kept nowhere. */
_must_check_ int auth_make_key(char ret_text[KEY_TEXT_BYTES], struct api_key *key, struct err *err);
/* What the audit log says of this request, apart from what was acted on; borrows from it. */
struct audit auth_audit_entry(const struct request *request, const char *action);
/* Writes into the audit log; a failure is logged. */
void auth_audit(const struct request *request, const char *action, const char *target,
		const char *details);
