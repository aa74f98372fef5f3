// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* auth.c — who asks, and what they may. */
#include "server/auth.h"

#include <string.h>
#include <strings.h>

#include "server/agent_tokens.h"
#include "server/clock.h"
#include "server/jwt.h"
#include "server/log.h"
#include "server/peer_certificate.h"
#include "server/routes.h"

#define KEY_ID_CHARS 16
#define KEY_SECRET_CHARS 64
/* last_used is for people: once in five minutes will do. */
#define USED_EVERY_MS 300000

static const struct {
	const char *word;
	unsigned bit;
} scope_words[] = {
	{ "read", SCOPE_READ },   { "submit", SCOPE_SUBMIT }, { "cancel", SCOPE_CANCEL },
	{ "admin", SCOPE_ADMIN }, { "agent", SCOPE_AGENT },   { "metrics", SCOPE_METRICS },
};
#define SCOPES (sizeof(scope_words) / sizeof(*scope_words))

int auth_scopes(unsigned *ret, const char *text, struct err *err)
{
	unsigned bits = 0;

	while (*text) {
		size_t len = strcspn(text, ","), i = 0;

		while (i < SCOPES && (strlen(scope_words[i].word) != len ||
				      strncmp(scope_words[i].word, text, len) != 0))
			i++;
		if (i == SCOPES)
			return err_set(
			    err, EINVAL,
			    "scope '%.*s' is none of read, submit, cancel, admin, agent, metrics",
			    (int)len, text);
		bits |= scope_words[i].bit;
		text += len + (text[len] == ',');
	}
	if (!bits)
		return err_set(err, EINVAL, "a key needs at least one scope");
	*ret = bits;
	return 0;
}

int auth_make_key(char ret_text[KEY_TEXT_BYTES], struct api_key *key, struct err *err)
{
	char id[KEY_ID_CHARS + 1], secret[KEY_SECRET_CHARS + 1], hash[DIGEST_HEX_BYTES];

	id_secret(id, KEY_ID_CHARS / 2);
	id_secret(secret, KEY_SECRET_CHARS / 2);
	snprintf(ret_text, KEY_TEXT_BYTES, "vex_%s_%s", id, secret);
	digest_of(hash, ret_text, strlen(ret_text));
	explicit_bzero(secret, sizeof(secret));
	key->id = strdup(id);
	key->hash = strdup(hash);
	return key->id && key->hash ? 0 : err_oom(err);
}

static const char *given_key(const struct request *request)
{
	const char *bearer = request_header(request, "Authorization");

	if (bearer && !strncasecmp(bearer, "Bearer ", 7))
		return bearer + 7 + strspn(bearer + 7, " ");
	return request_header(request, "X-API-Key");
}

static void be_local(struct principal *principal, bool everywhere)
{
	*principal = (struct principal){ .scopes = SCOPE_ALL, .everywhere = everywhere };
	snprintf(principal->org, sizeof(principal->org), ORG_DEFAULT);
	snprintf(principal->actor, sizeof(principal->actor), everywhere ? "operator" : "local");
}

/* A page in a browser may name any host that resolves to loopback: only names of this machine itself will do. */
static bool host_is_local(const struct request *request)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *host = request_header(request, "Host");
	size_t len;

	if (!host)
		return true; /* HTTP/1.0: no browser */
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	for (size_t i = 0; i < 3; i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], host, len))
			return true;
	return !strncmp(host, request->app->settings->host, len) &&
	       strlen(request->app->settings->host) == len;
}

/* For people only: a disk that is full keeps nobody from reading, cancelling or revoking. */
static void note_use(const struct request *request, const char *id)
{
	struct err err = {};

	if (store_key_used(request->app->db, id, &err) < 0)
		log_event(LOG_WARNING, "key_use_not_noted", log_text("request_id", request->id),
			  log_text("reason", err.text));
}

/* A page of another site may send what needs no permission of ours, though it cannot read the answer; browsers say whose page it is. */
static bool page_is_ours(const struct request *request)
{
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *origin = request_header(request, "Origin");
	const char *host = request_header(request, "Host"), *from;

	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	if (!origin)
		return true;
	from = strstr(origin, "://");
	return from && host && !strcasecmp(from + 3, host);
}

static int check_key(struct request *request, const char *text, struct err *err)
{
	char id[KEY_ID_CHARS + 1], hash[DIGEST_HEX_BYTES];
	struct api_key key = {};
	int64_t now = clock_ms();
	bool valid;
	int r;

	if (strlen(text) != 4 + KEY_ID_CHARS + 1 + KEY_SECRET_CHARS ||
	    strncmp(text, "vex_", 4) != 0 || text[4 + KEY_ID_CHARS] != '_')
		return err_set(err, EACCES, "this is no API key of ours");
	snprintf(id, sizeof(id), "%.*s", KEY_ID_CHARS, text + 4);
	digest_of(hash, text, strlen(text));
	r = store_key(&key, request->app->db, id, err);
	if (r < 0)
		return r == -ENOENT ? err_set(err, EACCES, "the API key is not valid") : r;
	valid = strlen(key.hash) == DIGEST_HEX_BYTES - 1 && digest_equal(key.hash, hash) &&
		!key.revoked_ms && (!key.expires_ms || key.expires_ms > now);
	if (valid)
		r = auth_scopes(&request->principal.scopes, key.scopes, err);
	snprintf(request->principal.org, sizeof(request->principal.org), "%s", key.org);
	snprintf(request->principal.actor, sizeof(request->principal.actor), "key:%s", id);
	if (valid && r == 0 && now - key.last_used_ms > USED_EVERY_MS)
		note_use(request, id);
	api_key_done(&key);
	if (valid)
		return r;
	return err_set(err, EACCES,
		       "the API key is not valid: it is unknown, revoked or has expired");
}

/* A key of ours has no dot, a token has two. */
static bool is_token(const struct request *request, const char *text)
{
	return request->app->jwt_keys && strncmp(text, "vex_", 4) != 0 && strchr(text, '.');
}

static int check_token(struct request *request, const char *text, struct err *err)
{
	const struct settings *s = request->app->settings;
	const struct jwt_rules rules = { s->jwt_issuer, s->jwt_audience, s->jwt_algorithm };

	return jwt_check(&request->principal, request->app->jwt_keys, &rules, text, clock_ms(),
			 err);
}

/* What else may be done by agents, they may not do by an identity of their own. */
static bool is_for_agents(const struct request *request)
{
	return request->route && request->route->scopes == SCOPE_AGENT;
}

static unsigned status_of(int r)
{
	return r == 0 ? 0 : r == -EACCES ? 401 : r == -EHOSTDOWN || r == -EBUSY ? 503 : 500;
}

static unsigned check_certificate(struct request *request, struct err *err)
{
	struct principal *p = &request->principal;
	char node[NODE_BYTES];
	int r = request->tls && is_for_agents(request)
		    ? peer_certificate_node(node, request->tls, err)
		    : -ENOENT;

	if (r == -ENOENT)
		return err_set(err, EACCES, "an API key is needed: Authorization: Bearer vex_…"),
		       401;
	if (r < 0)
		return 401;
	*p = (struct principal){ .scopes = SCOPE_AGENT, .everywhere = true, .is_agent = true };
	snprintf(p->org, sizeof(p->org), ORG_DEFAULT);
	snprintf(p->actor, sizeof(p->actor), "agent:%.72s", node);
	memcpy(p->node, node, sizeof(p->node));
	return 0;
}

unsigned auth_review(struct request *request, struct err *err)
{
	int r = agent_tokens_review(&request->principal, request->app->agent_tokens,
				    given_key(request), clock_steady_ms(), err);

	return r == 0 ? 0 : r == -EACCES ? 401 : 503;
}

unsigned auth_check(struct request *request, struct err *err)
{
	const char *text = given_key(request);
	int r;

	if (request->on_control) {
		be_local(&request->principal, true);
		return 0;
	}
	if (!request->app->has_keys) {
		if (!host_is_local(request)) {
			err_set(err, EACCES,
				"without an API key only this machine's own names are served");
			return 403;
		}
		if (!page_is_ours(request)) {
			err_set(err, EACCES,
				"without an API key no other site's page may ask anything here");
			return 403;
		}
		be_local(&request->principal, false);
		return 0;
	}
	if (!text)
		return check_certificate(request, err);
	if (is_for_agents(request) && agent_tokens_is_meant(request->app->agent_tokens, text)) {
		r = agent_tokens_find(&request->principal, request->app->agent_tokens, text,
				      clock_steady_ms(), err);
		return r == -EINPROGRESS ? AUTH_LATER : status_of(r);
	}
	return status_of(is_token(request, text) ? check_token(request, text, err)
						 : check_key(request, text, err));
}

struct audit auth_audit_entry(const struct request *request, const char *action)
{
	return (struct audit){ .org = request->principal.org,
			       .actor = request->principal.actor,
			       .action = action,
			       .request_id = request->id };
}

void auth_audit(const struct request *request, const char *action, const char *target,
		const char *details)
{
	struct audit audit = auth_audit_entry(request, action);
	struct err err = {};

	audit.target = target;
	audit.details = details;
	if (store_audit_add(request->app->db, &audit, &err) < 0)
		log_event(LOG_ERROR, "audit_failed", log_text("request_id", request->id),
			  log_text("reason", err.text));
}
