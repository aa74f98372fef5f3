// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_events.c — progress as server-sent events: what was stored, and then what comes. */
#include <string.h>

#include "server/api.h"
#include "server/app.h"
#include "server/clock.h"
#include "server/log.h"
#include "server/store.h"

#define EVENTS_AT_ONCE 32

struct event_stream {
	struct stream stream;
	struct app *app;
	char job_id[ID_BYTES];
	int64_t seq, said_ms;
	bool subscribed, ended;
	bool was_over;       /* the job, when it was asked: what is stored is all */
	struct text pending; /* what did not fit yet */
	size_t sent;
};

static int put_event(void *ctx, const struct job_event *event)
{
	struct event_stream *s = ctx;

	text_printf(&s->pending, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)event->seq,
		    event->type, event->data);
	s->seq = event->seq;
	s->ended |= !strcmp(event->type, "done");
	return 0;
}

/* Fills `pending` with what is new; a comment when there was nothing for long. */
static int fetch(struct event_stream *s)
{
	struct err err = {};
	int r = 0;

	if (!s->subscribed) {
		r = hub_subscribe(s->app->hub, s->job_id, &s->stream, &err);
		s->subscribed = r == 0;
	}
	if (r == 0)
		r = store_events(s->app->db, s->job_id, s->seq, EVENTS_AT_ONCE, put_event, s, &err);
	if (r < 0)
		log_event(LOG_WARNING, "stream_failed", log_text("job_id", s->job_id),
			  log_text("reason", err.text));
	s->ended |= r == 0 && s->was_over;
	if (r == 0 && clock_steady_ms() - s->said_ms >= HUB_HEARTBEAT_MS - 500)
		text_put(&s->pending, ": alive\n\n");
	return r;
}

static ptrdiff_t next_bytes(struct stream *stream, char *bytes, size_t max)
{
	struct event_stream *s = (struct event_stream *)stream;
	size_t n;

	if (s->sent == s->pending.len) {
		s->sent = s->pending.len = 0;
		if (s->ended || s->app->draining || fetch(s) < 0 || s->pending.failed)
			return -1;
		if (s->ended && !s->pending.len)
			return -1;
	}
	n = s->pending.len - s->sent;
	n = n < max ? n : max;
	if (n) {
		memcpy(bytes, s->pending.bytes + s->sent, n);
		s->sent += n;
		s->said_ms = clock_steady_ms();
	}
	return (ptrdiff_t)n;
}

static void free_stream(struct stream *stream)
{
	struct event_stream *s = (struct event_stream *)stream;

	if (s->subscribed)
		hub_unsubscribe(s->app->hub, stream);
	metrics_stream(s->app->metrics, -1);
	text_done(&s->pending);
	free(s);
}

int api_events(struct request *request, struct err *err)
{
	const char *last = request_header(request, "Last-Event-ID");
	_cleanup_job_ struct job job = {};
	struct event_stream *s;
	int r = store_job(&job, request->app->db, request->principal.org, request_path(request, 0),
			  err);

	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_oom(err);
	s->stream.next = next_bytes;
	s->stream.free = free_stream;
	s->app = request->app;
	s->seq = last ? strtoll(last, NULL, 10) : 0;
	s->said_ms = clock_steady_ms();
	s->was_over = job_state_is_final(job.state);
	snprintf(s->job_id, sizeof(s->job_id), "%s", job.id);
	text_put(&s->pending, "retry: 2000\n\n");
	metrics_stream(request->app->metrics, 1);
	request->reply.status = 200;
	request->reply.type = "text/event-stream";
	request->reply.stream = &s->stream;
	reply_header(request, "Cache-Control", "no-store");
	reply_header(request, "X-Accel-Buffering", "no");
	return 0;
}
