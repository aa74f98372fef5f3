// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* jwt.c — tokens that somebody else's login has issued. */
#include "server/jwt.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "include/array.h"
#include "server/auth.h"
#include "server/json_in.h"
#include "server/public_key.h"

/* Clocks differ. */
#define LEEWAY_S 60
#define FILE_BYTES_MAX (256u << 10)

struct named_key {
	struct public_key *key;
	char *kid; /* NULL: it has none, and may be meant by any */
};

struct jwt_keys {
	struct named_key *items;
	size_t count, capacity;
};

int jwt_keys_new(struct jwt_keys **ret, struct err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : err_oom(err);
}

void jwt_keys_free(struct jwt_keys *keys)
{
	for (size_t i = 0; keys && i < keys->count; i++) {
		public_key_free(keys->items[i].key);
		free(keys->items[i].kid);
	}
	if (keys)
		free(keys->items);
	free(keys);
}

/* base64url without padding (RFC 7515 §2), of which there is one spelling only. Freed by the caller; NULL: it is none. */
static unsigned char *decode(const char *text, size_t len, size_t *ret_len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char *bytes = malloc(len * 3 / 4 + 4), *to = bytes;
	unsigned held = 0, bits = 0;

	for (size_t i = 0; bytes && i < len; i++) {
		const char *at = text[i] ? strchr(digits, text[i]) : NULL;

		if (!at) {
			free(bytes);
			return NULL;
		}
		held = held << 6 | (unsigned)(at - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (unsigned char)(held >> bits);
			held &= (1u << bits) - 1;
		}
	}
	if (bytes && (bits >= 6 || held)) {
		free(bytes);
		return NULL;
	}
	if (bytes) {
		*to = '\0';
		*ret_len = (size_t)(to - bytes);
	}
	return bytes;
}

static unsigned char *decode_member(const cJSON *jwk, const char *name, size_t *ret_len)
{
	const char *text = json_in_text(jwk, name);

	return text ? decode(text, strlen(text), ret_len) : NULL;
}

static int read_rsa(struct public_key **ret, const cJSON *jwk, struct err *err)
{
	size_t n_len = 0, e_len = 0;
	_cleanup_free_ unsigned char *n = decode_member(jwk, "n", &n_len);
	_cleanup_free_ unsigned char *e = decode_member(jwk, "e", &e_len);

	if (!n || !e || n_len > 2048 || e_len > 2048)
		return err_set(err, EINVAL, "an RSA key without its numbers");
	return public_key_from_rsa(ret, n, n_len, e, e_len, err);
}

static int read_curve(struct public_key **ret, const cJSON *jwk, bool is_p256, struct err *err)
{
	size_t x_len = 0, y_len = 0;
	_cleanup_free_ unsigned char *x = decode_member(jwk, "x", &x_len);
	_cleanup_free_ unsigned char *y = is_p256 ? decode_member(jwk, "y", &y_len) : NULL;

	if (!x || x_len != 32 || (is_p256 && (!y || y_len != 32)))
		return err_set(err, EINVAL, "a key without its point of 32 bytes");
	return is_p256 ? public_key_from_p256(ret, x, y, err)
		       : public_key_from_ed25519(ret, x, err);
}

static bool is_word(const cJSON *obj, const char *name, const char *word)
{
	const char *text = json_in_text(obj, name);

	return text && !strcmp(text, word);
}

static int read_jwk(struct public_key **ret, const cJSON *jwk, struct err *err)
{
	const char *kty = json_in_text(jwk, "kty"), *alg = json_in_text(jwk, "alg");
	int r;

	if (json_in_get(jwk, "d") || json_in_get(jwk, "k"))
		return err_set(err, EINVAL, "a key that is private: give only the public half");
	if (kty && !strcmp(kty, "RSA"))
		r = read_rsa(ret, jwk, err);
	else if (kty && !strcmp(kty, "EC") && is_word(jwk, "crv", "P-256"))
		r = read_curve(ret, jwk, true, err);
	else if (kty && !strcmp(kty, "OKP") && is_word(jwk, "crv", "Ed25519"))
		r = read_curve(ret, jwk, false, err);
	else
		return err_set(err, EINVAL, "a key that is neither RSA, P-256 nor Ed25519");
	if (r == 0 && alg && strcmp(alg, public_key_algorithm(*ret)) != 0) {
		public_key_free(take_ptr(*ret));
		return err_set(err, EINVAL, "a key for '%.32s': RS256, ES256 and EdDSA are taken",
			       alg);
	}
	return r;
}

/* Takes the key over. */
static int add(struct jwt_keys *keys, struct public_key *key, const char *kid, struct err *err)
{
	struct named_key *slot = NULL;

	if (keys->count < JWT_KEYS_MAX)
		slot = array_add(keys->items, keys->count, keys->capacity);
	if (!slot) {
		public_key_free(key);
		return keys->count < JWT_KEYS_MAX
			   ? err_oom(err)
			   : err_set(err, EINVAL, "more than %d keys", JWT_KEYS_MAX);
	}
	slot->key = key;
	slot->kid = kid ? strdup(kid) : NULL;
	return kid && !slot->kid ? err_oom(err) : 0;
}

static int add_set(struct jwt_keys *keys, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *set = NULL;
	const cJSON *list, *jwk;
	size_t offset, before = keys->count;
	int r = json_in_parse(&set, text, len, &offset, err);

	if (r < 0)
		return err_set(err, EINVAL, "neither a public key in PEM nor a JWK set");
	list = json_in_get(set, "keys");
	if (!cJSON_IsArray(list))
		return err_set(err, EINVAL, "a JWK set has a list of 'keys'");
	cJSON_ArrayForEach(jwk, list)
	{
		struct public_key *key = NULL;

		if (r < 0 || is_word(jwk, "use", "enc"))
			continue;
		r = read_jwk(&key, jwk, err);
		r = r ? r : add(keys, key, json_in_text(jwk, "kid"), err);
	}
	return r == 0 && keys->count == before ? err_set(err, EINVAL, "there is no key in it") : r;
}

int jwt_keys_add(struct jwt_keys *keys, const char *text, size_t len, struct err *err)
{
	struct public_key *key = NULL;
	int r;

	if (!strstr(text, "-----BEGIN"))
		return add_set(keys, text, len, err);
	if (strstr(text, "PRIVATE KEY"))
		return err_set(err, EINVAL, "a key that is private: give only the public half");
	r = public_key_from_pem(&key, text, len, err);
	return r ? r : add(keys, key, NULL, err);
}

int jwt_keys_load(struct jwt_keys *keys, const char *path, struct err *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = calloc(1, FILE_BYTES_MAX + 1);
	size_t len;

	if (!text)
		return err_oom(err);
	if (!file)
		return err_sys(err, errno, "'%s'", path);
	len = fread(text, 1, FILE_BYTES_MAX, file);
	return err_prefix(err, jwt_keys_add(keys, text, len, err), "'%s'", path);
}

/* The parts of a token: header.payload.signature. */
struct token {
	cJSON *header, *payload;
	unsigned char *signature;
	size_t signed_len, signature_len;
};

static void token_done(struct token *t)
{
	cJSON_Delete(t->header);
	cJSON_Delete(t->payload);
	free(t->signature);
}

static int parse_part(cJSON **ret, const char *text, size_t len, struct err *err)
{
	size_t bytes_len = 0, offset;
	_cleanup_free_ unsigned char *bytes = decode(text, len, &bytes_len);

	if (!bytes || json_in_parse(ret, (const char *)bytes, bytes_len, &offset, NULL) < 0 ||
	    !cJSON_IsObject(*ret))
		return err_set(err, EACCES, "the token is malformed");
	return 0;
}

static int parse(struct token *ret, const char *text, struct err *err)
{
	const char *first = strchr(text, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	int r;

	if (!second || strchr(second + 1, '.') || strlen(text) > JWT_BYTES_MAX)
		return err_set(err, EACCES, "the token is malformed");
	r = parse_part(&ret->header, text, (size_t)(first - text), err);
	r = r ? r : parse_part(&ret->payload, first + 1, (size_t)(second - first - 1), err);
	if (r < 0)
		return r;
	ret->signed_len = (size_t)(second - text);
	ret->signature = decode(second + 1, strlen(second + 1), &ret->signature_len);
	return ret->signature ? 0 : err_set(err, EACCES, "the token is malformed");
}

int jwt_peek(cJSON **ret_claims, const char *text, struct err *err)
{
	_cleanup_(token_done) struct token token = {};
	int r = parse(&token, text, err);

	if (r == 0)
		*ret_claims = take_ptr(token.payload);
	return r;
}

static int check_header(const cJSON *header, const struct jwt_rules *rules, struct err *err)
{
	const char *alg = json_in_text(header, "alg"), *typ = json_in_text(header, "typ");

	if (!alg || (rules->algorithm && strcmp(alg, rules->algorithm) != 0))
		return err_set(err, EACCES, "the token is of an algorithm that is not taken");
	if (json_in_get(header, "crit"))
		return err_set(err, EACCES, "the token wants something that is not known here");
	if (typ && strcasecmp(typ, "JWT") != 0 && strcasecmp(typ, "at+jwt") != 0)
		return err_set(err, EACCES, "the token is of another kind");
	return 0;
}

static bool is_signed(const struct token *t, const struct jwt_keys *keys, const char *text)
{
	const char *kid = json_in_text(t->header, "kid"), *alg = json_in_text(t->header, "alg");

	for (size_t i = 0; i < keys->count; i++) {
		const struct named_key *k = &keys->items[i];

		if (strcmp(public_key_algorithm(k->key), alg) != 0 ||
		    (k->kid && kid && strcmp(k->kid, kid) != 0))
			continue;
		if (public_key_verifies(k->key, text, t->signed_len, t->signature,
					t->signature_len))
			return true;
	}
	return false;
}

/* In seconds; fractions are allowed (RFC 7519 §2). */
static int check_time(const cJSON *claims, double now, struct err *err)
{
	const cJSON *exp = json_in_get(claims, "exp"), *nbf = json_in_get(claims, "nbf");

	if (!cJSON_IsNumber(exp))
		return err_set(err, EACCES, "the token does not say when it expires");
	if (!(exp->valuedouble + LEEWAY_S > now))
		return err_set(err, EACCES, "the token has expired");
	if (nbf && (!cJSON_IsNumber(nbf) || !(nbf->valuedouble - LEEWAY_S <= now)))
		return err_set(err, EACCES, "the token is not valid yet");
	return 0;
}

static bool is_for(const cJSON *audience, const char *wanted)
{
	const cJSON *one;

	if (cJSON_IsString(audience))
		return !strcmp(audience->valuestring, wanted);
	if (!cJSON_IsArray(audience))
		return false;
	cJSON_ArrayForEach(one, audience) if (cJSON_IsString(one) &&
					      !strcmp(one->valuestring, wanted)) return true;
	return false;
}

static int check_claims(const cJSON *claims, const struct jwt_rules *rules, double now,
			struct err *err)
{
	const cJSON *audience = json_in_get(claims, "aud");
	int r = check_time(claims, now, err);

	if (r < 0)
		return r;
	if (rules->issuer && !is_word(claims, "iss", rules->issuer))
		return err_set(err, EACCES, "the token is of another issuer");
	if (rules->audience ? !is_for(audience, rules->audience) : audience != NULL)
		return err_set(err, EACCES, "the token is for another audience");
	return 0;
}

static bool is_organisation(const char *text)
{
	size_t len = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") : 0;

	return len && len <= 64 && !text[len] && !strchr("._-", *text);
}

/* Words of ours; others belong to other services. */
static unsigned scopes_of(const cJSON *claims)
{
	const cJSON *scope = json_in_get(claims, "scope");
	const char *at = cJSON_IsString(scope) ? scope->valuestring : "";
	unsigned bits = scope ? 0 : SCOPE_READ | SCOPE_SUBMIT | SCOPE_CANCEL;

	for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		char word[16];
		unsigned bit;

		snprintf(word, sizeof(word), "%.*s", (int)(len < 15 ? len : 15), at);
		if (len < 15 && !strchr(word, ',') && auth_scopes(&bit, word, NULL) == 0)
			bits |= bit;
		at += len;
	}
	return json_in_bool(claims, "is_admin", false) ? bits | SCOPE_ADMIN : bits;
}

static int take_principal(struct principal *ret, const cJSON *claims, struct err *err)
{
	const char *org = json_in_text(claims, "org_id"), *subject = json_in_text(claims, "sub");
	size_t len = subject ? strlen(subject) : 0;

	if (!is_organisation(org))
		return err_set(err, EACCES, "the token names no organization: org_id");
	if (!len || len > 64)
		return err_set(err, EACCES, "the token does not say whose it is: sub");
	*ret = (struct principal){ .scopes = scopes_of(claims) };
	snprintf(ret->org, sizeof(ret->org), "%s", org);
	snprintf(ret->actor, sizeof(ret->actor), "jwt:%s", subject);
	for (char *c = ret->actor; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return 0;
}

int jwt_check(struct principal *ret, const struct jwt_keys *keys, const struct jwt_rules *rules,
	      const char *text, int64_t now_ms, struct err *err)
{
	_cleanup_(token_done) struct token token = {};
	int r = parse(&token, text, err);

	r = r ? r : check_header(token.header, rules, err);
	if (r == 0 && !is_signed(&token, keys, text))
		r = err_set(err, EACCES, "the token is not signed by a key that is trusted here");
	r = r ? r : check_claims(token.payload, rules, (double)now_ms / 1000, err);
	return r ? r : take_principal(ret, token.payload, err);
}
