// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_follow.c — an analysis, event by event, to its end; over servers that restart and lines that break. */
#include <string.h>
#include <unistd.h>

#include "server/client/bar.h"
#include "server/client/sse.h"
#include "server/client/verbs.h"
#include "server/clock.h"

#define AGAIN_S 2
#define GIVE_UP_MS 120000

struct following {
	const struct verb_call *call;
	const char *job;
	struct sse sse;
	struct bar bar;
	int64_t heard_ms;
	bool ended;
	char state[16];
	char reason[512];
};

/* "12 s observed, 345 files, 2 lost" */
static void describe(char *ret, size_t size, const cJSON *observed)
{
	int64_t lost = json_in_int(observed, "lost", 0);
	int n;

	*ret = '\0';
	if (!cJSON_IsObject(observed))
		return;
	n = snprintf(ret, size, "%lld s, %lld programs, %lld files",
		     (long long)json_in_int(observed, "seconds", 0),
		     (long long)json_in_int(observed, "execs", 0),
		     (long long)json_in_int(observed, "files_opened", 0));
	if (lost && n > 0 && (size_t)n < size)
		snprintf(ret + n, size - (size_t)n, ", %lld lost", (long long)lost);
}

static void end_with(struct following *f, const cJSON *status)
{
	const char *state = json_in_text(status, "status");
	const char *reason = json_in_text(status, "error_message");

	f->ended = true;
	snprintf(f->state, sizeof(f->state), "%s", state ? state : "unknown");
	snprintf(f->reason, sizeof(f->reason), "%s", reason ? reason : "");
}

static int take_event(void *ctx, const char *type, const char *data)
{
	struct following *f = ctx;
	_cleanup_(cJSON_Deletep) cJSON *event = NULL;
	const char *phase;
	char detail[128];
	size_t offset;

	f->heard_ms = clock_steady_ms();
	if (json_in_parse(&event, data, strlen(data), &offset, NULL) < 0)
		return 0; /* of a newer server: not for us */
	if (!strcmp(type, "done"))
		end_with(f, event);
	if (f->call->options->json) {
		verb_print(event);
		return 0;
	}
	phase = json_in_text(event, "current_phase");
	describe(detail, sizeof(detail), json_in_get(event, "observed"));
	if (!strcmp(type, "retry"))
		phase = "Trying again";
	bar_show(&f->bar, json_in_int(event, "progress_percent", 0), phase ? phase : type, detail);
	return 0;
}

static int take_bytes(void *ctx, const char *bytes, size_t len)
{
	struct following *f = ctx;

	f->heard_ms = clock_steady_ms();
	return sse_take(&f->sse, bytes, len);
}

/* When a stream ended without saying how: has the analysis? */
static int look(struct following *f, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *status = NULL;
	char path[96];
	const char *state;
	int r;

	snprintf(path, sizeof(path), "/api/v1/analysis/%s/status", f->job);
	r = session_ask(&status, f->call->session, &(struct session_call){ .path = path }, err);
	if (r < 0)
		return r;
	state = json_in_text(status, "status");
	if (state &&
	    (!strcmp(state, "complete") || !strcmp(state, "failed") || !strcmp(state, "cancelled")))
		end_with(f, status);
	return 0;
}

static int listen_once(struct following *f, struct err *err)
{
	char path[96], last[64];
	int r;

	snprintf(path, sizeof(path), "/api/v1/analysis/%s/events", f->job);
	snprintf(last, sizeof(last), "Last-Event-ID: %s", f->sse.id);
	sse_restart(&f->sse);
	r = session_follow(f->call->session, path, *f->sse.id ? last : NULL, take_bytes, f, err);
	if (r == 0 && !f->ended)
		r = look(f, err);
	return f->ended ? 0 : r;
}

static int listen(struct following *f, struct err *err)
{
	int r;

	f->heard_ms = clock_steady_ms();
	for (;;) {
		r = listen_once(f, err);
		if (f->ended)
			return 0;
		/* A server that restarts, or has too much to do, a line that breaks: what is wrong for good is none of these. */
		if (r < 0 && r != -EAGAIN && r != -ETIMEDOUT)
			return r;
		if (clock_steady_ms() - f->heard_ms > GIVE_UP_MS)
			return r < 0 ? r : err_set(err, EAGAIN, "the server says nothing any more");
		sleep(AGAIN_S);
	}
}

int verb_follow(const struct verb_call *call, const char *job, int *ret_status, struct err *err)
{
	struct following f = { .call = call, .job = job };
	int r;

	f.sse.event = take_event;
	f.sse.ctx = &f;
	bar_begin(&f.bar);
	r = listen(&f, err);
	bar_clear(&f.bar);
	sse_done(&f.sse);
	if (r < 0)
		return r;
	if (!call->options->json) {
		printf("%s%s", f.state, *f.reason ? ": " : "");
		put_safely(stdout, f.reason);
		putchar('\n');
	}
	*ret_status = strcmp(f.state, "complete") ? EXIT_ENDED_BADLY : EXIT_SUCCESS;
	return 0;
}

int verb_watch(const struct verb_call *call, int *ret_status, struct err *err)
{
	const char *job;
	int r = verb_job(&job, call, err);

	return r < 0 ? r : verb_follow(call, job, ret_status, err);
}
