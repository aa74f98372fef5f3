// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_status.c — what an API server says when it refuses. */
#include "server/kube_status.h"

#include <string.h>

#define CAUSES_MAX 8

static int code_of(unsigned status, const char *reason)
{
	switch (status) {
	case 401:
		return EPERM;
	case 403:
		return EACCES;
	case 404:
		return ENOENT;
	case 409:
		return reason && !strcmp(reason, "AlreadyExists") ? EEXIST : EBUSY;
	case 410:
		return ERANGE;
	case 408:
	case 429:
		return EAGAIN;
	default:
		return status >= 500 ? EAGAIN : EINVAL;
	}
}

/* "…; spec.x: must be y": what is wrong with an object that was not taken. */
static void add_causes(struct err *err, const cJSON *object)
{
	const cJSON *cause;
	int n = 0;

	cJSON_ArrayForEach(cause, json_in_get(json_in_get(object, "details"), "causes"))
	{
		const char *field = json_in_text(cause, "field"),
			   *message = json_in_text(cause, "message");
		size_t len = strlen(err->text);

		if (n++ == CAUSES_MAX || !message || strstr(err->text, message))
			continue;
		snprintf(err->text + len, sizeof(err->text) - len, "; %s: %.200s",
			 field ? field : "", message);
	}
}

int kube_status_error(unsigned status, const cJSON *object, struct err *err)
{
	const char *reason = json_in_text(object, "reason"),
		   *message = json_in_text(object, "message");
	int64_t code = json_in_int(object, "code", status);
	int r = err_set(err, code_of((unsigned)code, reason), "the API server: %s%s%.600s",
			reason ? reason : "", reason ? ": " : "",
			message ? message : "no reason given");

	if (err)
		add_causes(err, object);
	return r;
}

int kube_status_refusal(unsigned status, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;
	const char *kind;
	size_t offset;

	if (json_in_parse(&object, text, len, &offset, NULL) == 0 &&
	    (kind = json_in_text(object, "kind")) && !strcmp(kind, "Status"))
		return kube_status_error(status, object, err);
	/* A proxy before it, or no API server at all. */
	return err_set(err, code_of(status, NULL),
		       "the API server answers with HTTP status %u: %.*s", status,
		       (int)strcspn(text, "\r\n") > 200 ? 200 : (int)strcspn(text, "\r\n"), text);
}
