// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* delivery.c — content on its way to the server. */
#include "agent/delivery.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/emit.h"
#include "agent/functions.h"

#define PIECE_BYTES_MAX (8ull << 20)
#define ID_BYTES 37
/* A server that says again and again that something else is there will not be believed for ever. */
#define TURNS_MAX 8

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* What a status means, with the server's own words. */
static int judge(struct delivery *delivery, const struct upload_reply *reply, struct err *err)
{
	const char *text = reply->body ? reply->body : "";
	/* Who says to go elsewhere is not the server. */
	bool later = reply->status < 400 || reply->status >= 500 || reply->status == 401 ||
		     reply->status == 403 || reply->status == 408 || reply->status == 429;

	if (reply->status >= 200 && reply->status < 300)
		return 0;
	delivery->retry_after_s = reply->retry_after_s;
	return err_set(err, later ? EAGAIN : ECANCELED, "the server answers %ld: %.300s",
		       reply->status, text);
}

static int call(struct delivery *delivery, const struct upload_request *request, cJSON **ret,
		long *ret_status, struct err *err)
{
	struct upload_reply reply = {};
	int r = upload_send(&reply, delivery->upload, request, err);

	delivery->retry_after_s = 0;
	/* Whatever it was, a key that is being replaced or no way there: the server has not said that it wants it no more. */
	if (r < 0)
		return -EAGAIN;
	*ret_status = reply.status;
	*ret = reply.body ? cJSON_Parse(reply.body) : NULL;
	r = judge(delivery, &reply, err);
	if (r == 0 && !*ret)
		r = err_set(err, EAGAIN, "the server's answer is no JSON");
	upload_reply_done(&reply);
	return r;
}

static const cJSON *member_of(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool number_of(uint64_t *ret, const cJSON *object, const char *key)
{
	const cJSON *item = member_of(object, key);

	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > 9e15)
		return false;
	*ret = (uint64_t)item->valuedouble;
	return true;
}

static void emit_begin(struct text *out, const struct delivery *delivery,
		       const struct delivered *content)
{
	emit_open(out, NULL, '{');
	emit_string(out, "analysis_id", content->member->analysis);
	emit_u64(out, "attempt", content->member->attempt);
	emit_string(out, "pod_uid", content->member->uid);
	emit_string(out, "node", delivery->node);
	emit_string(out, "container", content->member->name);
	emit_string(out, "kind", content->kind);
	emit_string(out, "sha256", content->digest);
	emit_u64(out, "bytes", content->bytes);
	emit_close(out, '}');
}

struct transfer {
	char id[ID_BYTES];
	uint64_t offset, piece;
	bool complete;
};

/* The id goes into paths: it must be one. */
static int take_transfer(struct transfer *ret, const cJSON *json, struct err *err)
{
	const cJSON *id = member_of(json, "upload_id");

	if (!cJSON_IsString(id) || strlen(id->valuestring) != ID_BYTES - 1 ||
	    strspn(id->valuestring, "0123456789abcdef-") != ID_BYTES - 1 ||
	    !number_of(&ret->offset, json, "offset") ||
	    !number_of(&ret->piece, json, "piece_bytes_max") || !ret->piece)
		return err_set(err, EAGAIN, "the server's answer is none that we know");
	memcpy(ret->id, id->valuestring, ID_BYTES);
	if (ret->piece > PIECE_BYTES_MAX)
		ret->piece = PIECE_BYTES_MAX;
	ret->complete = cJSON_IsTrue(member_of(json, "complete"));
	return 0;
}

static int begin(struct transfer *ret, struct delivery *delivery, const struct delivered *content,
		 struct err *err)
{
	_cleanup_text_ struct text body = {};
	_cleanup_(cJSON_Deletep) cJSON *json = NULL;
	struct upload_request request = { .method = "POST",
					  .path = "/api/v1/agent/uploads",
					  .fd = -1 };
	long status;
	int r;

	emit_begin(&body, delivery, content);
	if (body.failed)
		return err_oom(err);
	request.json = body.data;
	r = call(delivery, &request, &json, &status, err);
	return r < 0 ? r : take_transfer(ret, json, err);
}

/* One piece, or the end. Where the server is elsewhere, it says where. */
static int step(struct transfer *transfer, struct delivery *delivery,
		const struct delivered *content, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *json = NULL;
	uint64_t left = content->bytes - transfer->offset;
	struct upload_request request = { .method = left ? "PUT" : "POST", .fd = -1 };
	char path[128];
	long status = 0;
	int r;

	if (left) {
		snprintf(path, sizeof(path), "/api/v1/agent/uploads/%s?offset=%" PRIu64,
			 transfer->id, transfer->offset);
		request.fd = content->fd;
		request.offset = transfer->offset;
		request.bytes = left < transfer->piece ? left : transfer->piece;
	} else {
		snprintf(path, sizeof(path), "/api/v1/agent/uploads/%s/complete", transfer->id);
	}
	request.path = path;
	r = call(delivery, &request, &json, &status, err);
	if (r == 0)
		return take_transfer(transfer, json, err);
	if (status == 409 && number_of(&transfer->offset, member_of(json, "details"), "offset") &&
	    transfer->offset <= content->bytes)
		return -EEXIST;
	/* What was there was something else; the server has thrown it away, and it begins anew. */
	if (status == 422 && !left) {
		transfer->offset = 0;
		return -EEXIST;
	}
	return r;
}

int delivery_send(struct delivery *delivery, const struct delivered *content, struct err *err)
{
	struct transfer transfer = {};
	bool has_sent = false;
	unsigned turns = 0;
	int r = begin(&transfer, delivery, content, err);

	while (r == 0 && !transfer.complete) {
		if (transfer.offset > content->bytes)
			return err_set(err, ECANCELED, "the server has more than there is");
		/* Where something was not as it should be it is seen through, so that turns are counted. */
		if (has_sent && content->by_pieces && !turns && transfer.offset < content->bytes)
			return 1;
		r = step(&transfer, delivery, content, err);
		has_sent |= r == 0;
		if (r == -EEXIST)
			r = ++turns < TURNS_MAX ? 0 : -ECANCELED;
	}
	return r;
}

int delivery_ask(bool *lacks, struct delivery *delivery, const char *const *digests, size_t count,
		 struct err *err)
{
	_cleanup_text_ struct text body = {};
	_cleanup_(cJSON_Deletep) cJSON *json = NULL;
	struct upload_request request = { .method = "POST",
					  .path = "/api/v1/agent/missing",
					  .fd = -1 };
	const cJSON *item;
	long status;
	int r;

	emit_open(&body, NULL, '{');
	emit_open(&body, "sha256", '[');
	for (size_t i = 0; i < count; i++)
		emit_string(&body, NULL, digests[i]);
	emit_close(&body, ']');
	emit_close(&body, '}');
	if (body.failed)
		return err_oom(err);
	request.json = body.data;
	r = call(delivery, &request, &json, &status, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		lacks[i] = false;
		cJSON_ArrayForEach(item, member_of(json, "missing")) lacks[i] |=
		    cJSON_IsString(item) && !strcmp(item->valuestring, digests[i]);
	}
	return 0;
}

/* A node's name, a pod's uid: letters that need no escape, as the daemon's options and the cgroup's name have them; others are not
 * of our pods. */
int delivery_functions(struct delivery *delivery, const struct pod_member *member, int fd,
		       struct err *err)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	struct upload_reply reply = {};
	struct upload_request request = {
		.method = "GET", .fd = -1, .save_fd = fd, .save_max = FUNCTIONS_BYTES_MAX
	};
	char path[512];
	int r;

	if (strspn(delivery->node, plain) != strlen(delivery->node) ||
	    snprintf(path, sizeof(path),
		     "/api/v1/agent/functions/%s?attempt=%" PRIu64 "&pod_uid=%s&node=%s",
		     member->analysis, member->attempt, member->uid,
		     delivery->node) >= (int)sizeof(path))
		return err_set(err, ECANCELED, "the node's name '%s' is none", delivery->node);
	if (ftruncate(fd, 0) < 0)
		return err_sys(err, errno, "cannot write the list");
	request.path = path;
	r = upload_send(&reply, delivery->upload, &request, err);
	delivery->retry_after_s = 0;
	if (r < 0)
		return -EAGAIN;
	r = judge(delivery, &reply, err);
	upload_reply_done(&reply);
	return r;
}

int delivery_beat(struct delivery *delivery, const char *json, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	const struct upload_request request = {
		.method = "POST", .path = "/api/v1/agent/heartbeat", .json = json, .fd = -1
	};
	long status;

	return call(delivery, &request, &reply, &status, err);
}
