// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_show.c — status, lists, cancel. */
#include <string.h>

#include "server/client/bar.h"
#include "server/client/verbs.h"
#include "server/ids.h"

int verb_job(const char **ret, const struct verb_call *call, struct err *err)
{
	if (call->operands->count != 1)
		return err_set(err, EINVAL, "say which analysis: its id, as submit printed it");
	if (!id_is_valid(call->operands->items[0]))
		return err_set(err, EINVAL, "'%s' is no id of an analysis",
			       call->operands->items[0]);
	*ret = call->operands->items[0];
	return 0;
}

void verb_print(const cJSON *reply)
{
	_cleanup_free_ char *text = cJSON_PrintUnformatted(reply);

	puts(text ? text : "null");
	fflush(stdout);
}

static void put_member(const char *label, const cJSON *reply, const char *key)
{
	const char *value = json_in_text(reply, key);

	if (!value)
		return;
	printf("%-10s ", label);
	put_safely(stdout, value);
	putchar('\n');
}

static void put_status(const cJSON *reply)
{
	put_member("analysis", reply, "job_id");
	put_member("image", reply, "image_ref");
	put_member("digest", reply, "image_digest");
	put_member("status", reply, "status");
	printf("%-10s %lld%%\n", "progress", (long long)json_in_int(reply, "progress_percent", 0));
	put_member("phase", reply, "current_phase");
	put_member("error", reply, "error_message");
	put_member("submitted", reply, "created_at");
	put_member("started", reply, "started_at");
	put_member("ended", reply, "completed_at");
}

static int show_one(const struct verb_call *call, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	const char *job;
	char path[96];
	int r = verb_job(&job, call, err);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/api/v1/analysis/%s/status", job);
	r = session_ask(&reply, call->session, &(struct session_call){ .path = path }, err);
	if (r == 0 && call->options->json)
		verb_print(reply);
	else if (r == 0)
		put_status(reply);
	return r;
}

static void put_row(const cJSON *job)
{
	const char *id = json_in_text(job, "id"), *state = json_in_text(job, "status");
	const char *image = json_in_text(job, "image_ref");

	printf("%-36s  %-9s  %3lld%%  ", id ? id : "?", state ? state : "?",
	       (long long)json_in_int(job, "progress_percent", 0));
	put_safely(stdout, image ? image : "?");
	putchar('\n');
}

static int show_all(const struct verb_call *call, struct err *err)
{
	static const char *const states[] = { "queued",   "running", "analyzing",
					      "complete", "failed",  "cancelled" };
	const struct client_options *o = call->options;
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	const cJSON *job;
	char path[128];
	size_t i = 0;
	int r;

	while (o->state && i < 6 && strcmp(states[i], o->state) != 0)
		i++;
	if (i == 6)
		return err_set(err, EINVAL, "--state: '%s' is no state", o->state);
	snprintf(path, sizeof(path), "/api/v1/analysis?limit=%llu%s%s",
		 (unsigned long long)(o->limit ? o->limit : 50), o->state ? "&status_filter=" : "",
		 o->state ? states[i] : "");
	r = session_ask(&reply, call->session, &(struct session_call){ .path = path }, err);
	if (r < 0)
		return r;
	if (o->json)
		verb_print(reply);
	else
		cJSON_ArrayForEach(job, json_in_get(reply, "jobs")) put_row(job);
	return 0;
}

int verb_status(const struct verb_call *call, int *ret_status, struct err *err)
{
	(void)ret_status;
	return call->operands->count ? show_one(call, err) : show_all(call, err);
}

int verb_cancel(const struct verb_call *call, int *ret_status, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	const char *job, *message;
	char path[96];
	int r = verb_job(&job, call, err);

	(void)ret_status;
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/api/v1/analysis/%s", job);
	r = session_ask(&reply, call->session,
			&(struct session_call){ .method = "DELETE", .path = path }, err);
	if (r < 0)
		return r;
	message = json_in_text(reply, "message");
	if (call->options->json)
		verb_print(reply);
	else
		puts(message ? message : "cancelled");
	return 0;
}
