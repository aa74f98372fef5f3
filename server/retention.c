// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* retention.c — what is old enough is removed. */
#include "server/retention.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "server/clock.h"
#include "server/log.h"
#include "server/store.h"
#include "server/tree.h"

#define DAY_MS 86400000LL
#define FIRST_MS 60000
#define EVERY_MS 3600000

struct retention {
	struct app *app;
	pthread_t thread;
};

static bool is_older(int dir, const char *name, int64_t before_ms)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	       (int64_t)st.st_mtim.tv_sec * 1000 < before_ms;
}

/* Directories that say by their time when they were last used. First out of sight: half an image is none. */
static int64_t sweep_directories(const char *path, const char *prefix, int64_t before_ms)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char gone[PATH_MAX];
	int64_t count = 0;

	snprintf(gone, sizeof(gone), "%s/.gone", path);
	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    !is_older(dirfd(dir), entry->d_name, before_ms))
			continue;
		tree_remove(gone);
		if (renameat(dirfd(dir), entry->d_name, AT_FDCWD, gone) == 0)
			count++;
		tree_remove(gone);
	}
	if (dir)
		closedir(dir);
	return count;
}

static int64_t sweep_images(const struct app *app, int64_t before_ms)
{
	char path[PATH_MAX];
	int64_t count;

	snprintf(path, sizeof(path), "%s/images", app->settings->data_dir);
	count = sweep_directories(path, "", before_ms);
	/* As the agent has unpacked them. */
	snprintf(path, sizeof(path), "%s/cache/vexxy", app->settings->data_dir);
	return count + sweep_directories(path, "sha256-", before_ms);
}

static int is_named(void *ctx, const char *digest)
{
	const struct app *app = ctx;

	return store_has_content(app->db, digest, NULL);
}

int retention_sweep(struct retention_counts *ret, struct app *app, struct err *err)
{
	const struct settings *s = app->settings;
	struct retention_counts c = {};
	const struct {
		enum retention_kind kind;
		uint64_t days;
		int64_t *count;
	} kinds[] = {
		{ RETENTION_EVENTS, s->keep_events, &c.events },
		{ RETENTION_TRACES, s->keep_traces, &c.traces },
		{ RETENTION_JOBS, s->keep_jobs, &c.jobs },
		{ RETENTION_INPUTS, s->keep_inputs, &c.inputs },
		{ RETENTION_AUDIT, s->keep_audit, &c.audit },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].days)
			r = store_forget(kinds[i].count, app->db, kinds[i].kind,
					 (int64_t)kinds[i].days * DAY_MS, err);
	if (s->keep_images)
		c.images = sweep_images(app, clock_ms() - (int64_t)s->keep_images * DAY_MS);
	/* Behind all that names them. */
	if (r == 0)
		r = blobs_sweep(&c.contents, app->blobs, clock_ms() - DAY_MS, is_named, app, err);
	*ret = c;
	return r;
}

static void sweep(struct app *app)
{
	struct retention_counts c;
	struct err err = {};

	if (retention_sweep(&c, app, &err) < 0)
		log_event(LOG_ERROR, "retention_failed", log_text("reason", err.text));
	if (c.jobs || c.traces || c.events || c.inputs || c.audit || c.images || c.contents)
		log_event(LOG_INFO, "retention", log_number("jobs", c.jobs),
			  log_number("traces", c.traces), log_number("events", c.events),
			  log_number("inputs", c.inputs), log_number("audit", c.audit),
			  log_number("images", c.images), log_number("contents", c.contents));
}

static void *run(void *ctx)
{
	struct app *app = ((struct retention *)ctx)->app;
	int64_t due = clock_steady_ms() + FIRST_MS;

	while (hub_sleep(app->hub, 5000))
		if (clock_steady_ms() > due) {
			sweep(app);
			due = clock_steady_ms() + EVERY_MS;
		}
	return NULL;
}

int retention_start(struct retention **ret, struct app *app, struct err *err)
{
	struct retention *r = calloc(1, sizeof(*r));

	if (!r)
		return err_oom(err);
	r->app = app;
	if (pthread_create(&r->thread, NULL, run, r) != 0) {
		free(r);
		return err_set(err, EAGAIN, "cannot start a thread for retention");
	}
	*ret = r;
	return 0;
}

void retention_stop(struct retention *r)
{
	if (!r)
		return;
	hub_close(r->app->hub);
	pthread_join(r->thread, NULL);
	free(r);
}
