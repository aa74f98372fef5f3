// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_watch.c — what is there, and every change of it from then on. */
#include "server/kube_watch.h"

#include <string.h>

#include "server/clock.h"
#include "server/kube_status.h"
#include "server/log.h"

/* How long the API server is asked to keep a watch open: not all of them end at the same moment. */
#define WATCH_S 240
#define WATCH_MORE_S 60
/* It may say nothing all that time; a connection that died without a word is given up a little later. */
#define SILENCE_S (WATCH_S + WATCH_MORE_S + 15)
#define OBJECT_BYTES_MAX (4u << 20)

struct watching {
	struct kube *kube;
	const struct kube_watch *watch;
	char *version;
	bool enough, heard;
	int result; /* of event, once it is enough */
};

static int tell(struct watching *w, enum kube_event event, const cJSON *object, struct err *err)
{
	int r = w->watch->event(w->watch->ctx, event, object, err);

	w->enough |= r != 0;
	w->result = r < 0 ? r : 0;
	return r < 0 ? r : 0;
}

static int take_item(void *ctx, const cJSON *item, struct err *err)
{
	struct watching *w = ctx;

	return w->enough ? 0 : tell(w, KUBE_PRESENT, item, err);
}

static int list(struct watching *w, struct err *err)
{
	int r = tell(w, KUBE_LISTING, NULL, err);

	free(w->version);
	w->version = NULL;
	if (r == 0 && !w->enough)
		r = kube_each(&w->version, w->kube, w->watch->path, w->watch->selector, take_item,
			      w, err);
	if (r == 0 && !w->enough && !*w->version)
		r = err_set(err, EBADMSG, "the API server's list has no version");
	if (r == 0 && !w->enough)
		r = tell(w, KUBE_LISTED, NULL, err);
	return r;
}

static int note_version(struct watching *w, const cJSON *object, struct err *err)
{
	const char *version = json_in_text(json_in_get(object, "metadata"), "resourceVersion");

	if (!version || !*version)
		return 0;
	free(w->version);
	w->version = strdup(version);
	return w->version ? 0 : err_oom(err);
}

/* {"type":"ADDED","object":{…}} */
static int take_line(void *ctx, const char *line, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct watching *w = ctx;
	const cJSON *object;
	const char *type;
	size_t offset;
	int r = json_in_parse(&tree, line, len, &offset, err);

	if (r < 0) /* cut where the connection broke: it comes again */
		return err_set(err, EAGAIN, "a watch sent no JSON");
	type = json_in_text(tree, "type");
	object = json_in_get(tree, "object");
	if (!type || !cJSON_IsObject(object))
		return err_set(err, EAGAIN, "a watch sent no event");
	w->heard = true;
	if (!strcmp(type, "ERROR"))
		return kube_status_error(500, object, err);
	r = note_version(w, object, err);
	if (r == 0 && (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED")))
		r = tell(w, KUBE_CHANGED, object, err);
	else if (r == 0 && !strcmp(type, "DELETED"))
		r = tell(w, KUBE_DELETED, object, err);
	return r == 0 && w->enough ? -EALREADY : r;
}

static int follow(struct watching *w, struct err *err)
{
	_cleanup_free_ char *path = NULL,
			    *chosen = kube_escape(w->watch->selector ? w->watch->selector : ""),
			    *version = kube_escape(w->version);
	int64_t seconds = WATCH_S + clock_steady_ms() % WATCH_MORE_S;

	if (!chosen || !version ||
	    asprintf(&path,
		     "%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%lld&labelSelector=%s"
		     "&resourceVersion=%s",
		     w->watch->path, (long long)seconds, chosen, version) < 0)
		return err_oom(err);
	return kube_ask(NULL, NULL, w->kube,
			&(struct kube_call){ .path = path,
					     .reply_max = OBJECT_BYTES_MAX,
					     .line = take_line,
					     .ctx = w,
					     .silence_s = SILENCE_S },
			err);
}

/* Whether it goes on after that: 0 after a wait, or what the wait returned. */
static int get_over(struct watching *w, int r, int64_t *pause_ms, struct err *err)
{
	if (r == 0 && w->heard)
		return 0; /* it ended as it does after some minutes */
	if (r == -ERANGE) {
		free(w->version);
		w->version = NULL;
	} else if (r < 0 && r != -EAGAIN && r != -ETIMEDOUT) {
		return r;
	}
	*pause_ms = w->heard ? kube_pause_next(0) : kube_pause_next(*pause_ms);
	log_event(LOG_DEBUG, "kube_watch_broken", log_text("reason", err ? err->text : ""));
	return kube_pause(w->kube, *pause_ms, err);
}

int kube_watch(struct kube *kube, const struct kube_watch *watch, struct err *err)
{
	struct watching w = { .kube = kube, .watch = watch };
	int64_t pause = 0;
	int r = 0;

	while (r == 0 && !w.enough) {
		struct err why = {};

		w.heard = !w.version;
		r = w.version ? follow(&w, &why) : list(&w, &why);
		r = w.enough ? w.result : get_over(&w, r, &pause, &why);
		if (r < 0)
			err_set(err, -r, "%s", why.text);
	}
	free(w.version);
	return r;
}
