// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* dsse.c — signed envelopes (DSSE v1) over in-toto statements, and the Sigstore bundle around one of them. */
#include "analyzer/dsse.h"

#include <string.h>

#include "analyzer/json.h"
#include "analyzer/json_writer.h"

int dsse_pae(char **ret, size_t *ret_len, const char *type, const void *body, size_t len)
{
	char head[256];
	int n = snprintf(head, sizeof(head), "DSSEv1 %zu %s %zu ", strlen(type), type, len);
	char *pae;

	if (n >= (int)sizeof(head))
		return -ENAMETOOLONG;
	pae = malloc((size_t)n + len + 1);
	if (!pae)
		return -ENOMEM;
	memcpy(pae, head, (size_t)n);
	memcpy(pae + n, body, len);
	pae[(size_t)n + len] = '\0';
	*ret = pae;
	*ret_len = (size_t)n + len;
	return 0;
}

int dsse_sign(cJSON **ret, const struct key *key, const void *payload, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *envelope = cJSON_CreateObject();
	_cleanup_free_ char *pae = NULL, *body = base64_encode(payload, len), *sig = NULL;
	unsigned char signature[SIGNATURE_BYTES_MAX];
	char keyid[FINGERPRINT_BYTES];
	struct json_writer w = {};
	size_t pae_len, n;
	cJSON *item;
	int r = dsse_pae(&pae, &pae_len, DSSE_PAYLOAD_TYPE, payload, len);

	if (r < 0)
		return err_oom(err);
	r = key_sign(key, pae, pae_len, signature, &n, err);
	/* A signature that went wrong must not leave the house: it can give the key away. */
	if (r == 0 && !key_verify(key, pae, pae_len, signature, n))
		r = err_set(err, EIO, "the signature does not hold");
	if (r == 0)
		r = key_fingerprint(key, keyid, err);
	if (r < 0)
		return r;
	sig = base64_encode(signature, n);
	json_put_text(&w, envelope, "payload", body);
	json_put_text(&w, envelope, "payloadType", DSSE_PAYLOAD_TYPE);
	item = json_push_object(&w, json_put_array(&w, envelope, "signatures"));
	json_put_text(&w, item, "keyid", keyid);
	json_put_text(&w, item, "sig", sig);
	if (w.failed)
		return err_oom(err);
	*ret = take_ptr(envelope);
	return 0;
}

int dsse_bundle(cJSON **ret, const struct key *key, const cJSON *envelope, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *bundle = cJSON_CreateObject(), *copy = NULL;
	struct json_writer w = {};
	char hint[HINT_BYTES];
	cJSON *material;
	int r = key_hint(key, hint, err);

	if (r < 0)
		return r;
	json_put_text(&w, bundle, "mediaType", DSSE_BUNDLE_TYPE);
	material = json_put_object(&w, bundle, "verificationMaterial");
	json_put_text(&w, json_put_object(&w, material, "publicKey"), "hint", hint);
	copy = cJSON_Duplicate(envelope, true);
	if (w.failed || !copy || !cJSON_AddItemToObject(bundle, "dsseEnvelope", copy))
		return err_oom(err);
	take_ptr(copy);
	*ret = take_ptr(bundle);
	return 0;
}

/* A member that must be base64. */
static int read_base64(unsigned char **ret, size_t *ret_len, const cJSON *obj, const char *key,
		       struct err *err)
{
	const char *text = json_string(obj, key);
	int r;

	if (!text)
		return err_set(err, EBADMSG, "has no text '%s'", key);
	r = base64_decode(ret, ret_len, text, err);
	return r < 0 ? err_prefix(err, r, "'%s'", key) : 0;
}

static int read_signature(struct dsse *ret, const cJSON *envelope, struct err *err)
{
	static const char *const members[] = { "keyid", "sig", NULL };
	const cJSON *signatures = json_array(envelope, "signatures"), *item;
	int n = cJSON_GetArraySize(signatures), r;
	const char *keyid;

	if (n < 1)
		return err_set(err, EBADMSG, "carries no signature");
	if (n > 1)
		return err_set(err, EBADMSG, "carries %d signatures, expected is one", n);
	item = cJSON_GetArrayItem(signatures, 0);
	if (!cJSON_IsObject(item))
		return err_set(err, EBADMSG, "its signature is no object");
	r = json_only(item, members, err);
	if (r < 0)
		return err_prefix(err, r, "its signature");
	if (json_get(item, "keyid") && !json_string(item, "keyid"))
		return err_set(err, EBADMSG, "its keyid is no text");
	keyid = json_string(item, "keyid");
	ret->keyid = strdup(keyid ? keyid : "");
	if (!ret->keyid)
		return err_oom(err);
	return read_base64(&ret->signature, &ret->signature_len, item, "sig", err);
}

int dsse_parse(struct dsse *ret, const cJSON *envelope, struct err *err)
{
	static const char *const members[] = { "payload", "payloadType", "signatures", NULL };
	_cleanup_(dsse_done) struct dsse dsse = {};
	const char *type = json_string(envelope, "payloadType");
	int r;

	if (!cJSON_IsObject(envelope))
		return err_set(err, EBADMSG, "is no DSSE envelope");
	r = json_only(envelope, members, err);
	if (r < 0)
		return r;
	if (!type || strcmp(type, DSSE_PAYLOAD_TYPE))
		return err_set(err, EBADMSG, "its payloadType is '%.80s', not " DSSE_PAYLOAD_TYPE,
			       type ? type : "");
	r = read_base64(&dsse.payload, &dsse.payload_len, envelope, "payload", err);
	if (r == 0)
		r = read_signature(&dsse, envelope, err);
	if (r < 0)
		return r;
	*ret = dsse;
	dsse = (struct dsse){};
	return 0;
}

bool dsse_is_bundle(const cJSON *tree)
{
	return json_get(tree, "mediaType") || json_get(tree, "dsseEnvelope");
}

int dsse_parse_bundle(struct dsse *ret, const char **hint, const cJSON *bundle, struct err *err)
{
	static const char *const members[] = { "mediaType", "verificationMaterial", "dsseEnvelope",
					       NULL };
	static const char *const materials[] = { "publicKey", NULL }, *const hints[] = { "hint",
											 NULL };
	const cJSON *material = json_object(bundle, "verificationMaterial");
	const cJSON *key = json_object(material, "publicKey");
	const char *type = json_string(bundle, "mediaType");
	int r = json_only(bundle, members, err);

	if (r < 0)
		return r;
	if (!type || strcmp(type, DSSE_BUNDLE_TYPE))
		return err_set(err, EBADMSG, "its mediaType is '%.80s', not " DSSE_BUNDLE_TYPE,
			       type ? type : "");
	if (!key || !json_string(key, "hint"))
		return err_set(err, EBADMSG,
			       "is not of a plain key: 'verificationMaterial' has no 'publicKey' "
			       "with a hint");
	r = json_only(material, materials, err);
	if (r == 0)
		r = json_only(key, hints, err);
	if (r < 0)
		return err_prefix(err, r, "'verificationMaterial'");
	r = dsse_parse(ret, json_get(bundle, "dsseEnvelope"), err);
	if (r < 0)
		return err_prefix(err, r, "'dsseEnvelope'");
	*hint = json_string(key, "hint");
	return 0;
}

int dsse_check(const struct dsse *envelope, const struct key *key, struct err *err)
{
	char mine[FINGERPRINT_BYTES];
	_cleanup_free_ char *pae = NULL;
	bool named, holds;
	size_t len;
	int r = key_fingerprint(key, mine, err);

	if (r < 0)
		return r;
	if (dsse_pae(&pae, &len, DSSE_PAYLOAD_TYPE, envelope->payload, envelope->payload_len) < 0)
		return err_oom(err);
	holds = key_verify(key, pae, len, envelope->signature, envelope->signature_len);
	named = !*envelope->keyid || !strcmp(envelope->keyid, mine);
	if (holds && named)
		return 0;
	if (holds)
		return err_set(err, EBADMSG,
			       "its keyid '%.60s' is not that of the key that signed it, %s",
			       envelope->keyid, mine);
	if (!named)
		return err_set(err, EBADMSG, "is signed by the key %.60s, not by the one given, %s",
			       envelope->keyid, mine);
	return err_set(err, EBADMSG,
		       "the signature is not one of the %s key given over this payload: it was "
		       "changed, or signed by another key",
		       key_type_name(key_get_type(key)));
}

void dsse_done(struct dsse *envelope)
{
	free(envelope->payload);
	free(envelope->signature);
	free(envelope->keyid);
	*envelope = (struct dsse){};
}
