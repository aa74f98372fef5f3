// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* local_record.c — vexxy-agent runs and records the image. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/clock.h"
#include "server/exercise.h"
#include "server/local_run.h"
#include "server/text.h"
#include "server/tree.h"

#define IMAGE_ENTRIES_MAX 4000000u
#define AGENT_GRACE_MS 20000
/* Beside the observation: unpacking, starting, ending. */
#define RECORD_EXTRA_S 300

static bool is_digest(const char *text)
{
	return text && !strncmp(text, "sha256:", 7) && strlen(text) == 71 &&
	       strspn(text + 7, "0123456789abcdef") == 64;
}

/* The image that runs: where the digest names an index, one of those in it. */
int run_find_manifest(struct run *run, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *index = NULL;
	char path[PATH_BYTES + 96];
	const char *digest;
	int r;

	snprintf(path, sizeof(path), "%s/index.json", run->image_dir);
	r = json_in_load(&index, path, 4u << 20, err);
	if (r < 0)
		return r;
	digest = json_in_text(cJSON_GetArrayItem(json_in_get(index, "manifests"), 0), "digest");
	if (!is_digest(digest))
		return err_set(err, EBADMSG, "'%s' names no manifest", path);
	snprintf(run->manifest, sizeof(run->manifest), "%s", digest);
	snprintf(run->rootfs, sizeof(run->rootfs), "%s/vexxy/sha256-%s/rootfs", run->cache,
		 digest + 7);
	/* That it was used is what keeps it. */
	snprintf(path, sizeof(path), "%.450s/vexxy/sha256-%s", run->cache, digest + 7);
	(void)!utimensat(AT_FDCWD, path, NULL, 0);
	return 0;
}

/* Between 35 and 75 % the observation goes by. What was seen so far comes with it. */
static void hear_agent(void *ctx, const char *line)
{
	unsigned long long seconds, execs, opened, mapped, calls, lost;
	int64_t now = clock_steady_ms(), percent;
	struct run *run = ctx;
	char data[256], reason[16];

	if (sscanf(line, "recorded %*f s (%15[a-z_])", reason) == 1)
		run->interrupted = !strcmp(reason, "interrupted");
	if (sscanf(
		line,
		"%llu s: %llu execs, %llu files opened, %llu mapped, %llu system calls, %llu lost",
		&seconds, &execs, &opened, &mapped, &calls, &lost) != 6 ||
	    now - run->reported_ms < 1000)
		return;
	run->reported_ms = now;
	percent = 35 + (int64_t)seconds * 40 / (run->plan.duration_s ? run->plan.duration_s : 1);
	snprintf(data, sizeof(data),
		 "{\"seconds\":%llu,\"execs\":%llu,\"files_opened\":%llu,\"files_mapped\":%llu,"
		 "\"system_calls\":%llu,\"lost\":%llu}",
		 seconds, execs, opened, mapped, calls, lost);
	if (execution_report(run->x, JOB_RUNNING, percent > 75 ? 75 : percent, "Runtime analysis",
			     data, NULL) < 0)
		return; /* the next tick says why */
}

/* The cgroup of the workload begins with this name. */
static void note_agent(void *ctx, int pid)
{
	struct run *run = ctx;

	snprintf(run->x->sandbox_id, sizeof(run->x->sandbox_id), "vexxy-%d", pid);
}

/* In a file: a command line is for everybody on this machine to read. */
static int add_environment(struct run *run, struct err *err)
{
	const cJSON *environment = json_in_get(run->config, "environment"), *item;
	const char *path = run_word(run, "%s/environment", run->x->dir);
	_cleanup_close_ int fd = -1;
	struct text text = {};
	int r = 0;

	if (!cJSON_GetArraySize(environment))
		return 0;
	cJSON_ArrayForEach(item, environment)
	{
		text_printf(&text, "%s=%s", item->string, item->valuestring);
		text_put_n(&text, "", 1);
	}
	if (!path || text.failed)
		r = err_oom(err);
	if (r == 0)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (r == 0 && (fd < 0 || write(fd, text.bytes, text.len) != (ssize_t)text.len))
		r = err_sys(err, errno ? errno : EIO, "cannot write '%s'", path);
	text_done(&text);
	if (r < 0)
		return r;
	return run_add_pair(run, "--env-file", path) < 0 ? err_oom(err) : 0;
}

static int add_command(struct run *run)
{
	const cJSON *command = json_in_get(run->config, "command"), *item;
	int r = 0;

	if (!cJSON_GetArraySize(command))
		return 0;
	r = run_add(run, "--");
	cJSON_ArrayForEach(item, command) r = r ? r : run_add(run, item->valuestring);
	return r;
}

int run_prepare_exercise(struct run *run, struct err *err)
{
	const struct exercise exercise = { .dir = run->x->dir,
					   .config = run->config,
					   .plan = &run->plan,
					   .uid = run_uid(run, UID_OF_SCRIPT),
					   .cgroup = run->script_cgroup,
					   .shares_network =
					       !strcmp(run->settings->network, "host") };
	int r = exercise_prepare(run->driver, sizeof(run->driver), &exercise, err);

	return r < 0 ? r : 0;
}

static int add_driver(struct run *run)
{
	const cJSON *port = cJSON_GetArrayItem(json_in_get(run->config, "ports"), 0);
	int r = run->driver[0] ? run_add_pair(run, "--driver", run->driver) : 0;

	if (run->driver[0] && port) {
		r = r ? r : run_add_number(run, "--ready-port", port->valueint);
		r = r ? r : run_add_number(run, "--ready-timeout", run->plan.health_timeout_s);
	}
	return r;
}

static int check_size(const struct run *run, const char *dir, struct err *err)
{
	uint64_t max = run->settings->image_mb << 20;
	struct tree_size size;

	tree_measure(&size, dir, max);
	if (size.bytes <= max && size.entries <= IMAGE_ENTRIES_MAX)
		return 0;
	return err_set(
	    err, EFBIG, "image '%s': unpacked it is larger than %llu MB, or has more than %u files",
	    run->x->job->image_ref, (unsigned long long)run->settings->image_mb, IMAGE_ENTRIES_MAX);
}

/* While the agent unpacks: a few bytes may become as many as the disk has. */
static int watch_unpacking(struct run *run, struct err *err)
{
	size_t len = strlen(run->x->sandbox_id);
	char dir[PATH_MAX];
	const struct dirent *entry;
	DIR *cache;
	int r = 0;

	if (run->measured)
		return 0;
	if (access(run->rootfs, F_OK) == 0) {
		run->measured = true;
		return check_size(run, run->rootfs, err);
	}
	snprintf(dir, sizeof(dir), "%s/vexxy", run->cache);
	cache = opendir(dir);
	while (r == 0 && cache && (entry = readdir(cache)))
		if (len && !strncmp(entry->d_name, run->x->sandbox_id, len) &&
		    entry->d_name[len] == '-') {
			snprintf(dir, sizeof(dir), "%s/vexxy/%s", run->cache, entry->d_name);
			r = check_size(run, dir, err);
		}
	if (cache)
		closedir(cache);
	return r;
}

/* What is too large is not kept for the next. */
static void drop_unpacked(const struct run *run)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", run->rootfs);
	*strrchr(dir, '/') = '\0';
	tree_remove(dir);
}

int run_record(struct run *run, struct err *err)
{
	struct child child = { .timeout_ms = (run->plan.duration_s + RECORD_EXTRA_S) * 1000,
			       .stop_signal = SIGTERM,
			       .grace_ms = AGENT_GRACE_MS,
			       .started = note_agent,
			       .line = hear_agent };
	const struct settings *s = run->settings;
	int r = run_report(run, JOB_RUNNING, 15, "Deploying workload", err);

	if (r < 0)
		return r;
	r = run_add_pair(run, run_find_program(run, s->agent, "vexxy-agent"), "record");
	r = r ? r : run_add_pair(run, "--out", run_word(run, "%s/run.trace.gz", run->x->out));
	r = r ? r : run_add_pair(run, "--image", run_word(run, "oci:%s:image", run->image_dir));
	r = r ? r : run_add_number(run, "--duration", run->plan.duration_s);
	r = r ? r : run_add_number(run, "--memory", (int64_t)s->memory_mb);
	r = r ? r : run_add_number(run, "--pids", (int64_t)s->pids);
	r = r ? r : run_add_number(run, "--disk", (int64_t)s->disk_mb);
	r = r ? r : run_add_pair(run, "--network", s->network);
	r = r ? r : run_add(run, "--progress");
	if (run->functions[0])
		r = r ? r : run_add_pair(run, "--functions", run->functions);
	r = r ? r : add_driver(run);
	if (r < 0)
		return err_oom(err);
	r = add_environment(run, err);
	if (r < 0)
		return r;
	if (add_command(run) < 0)
		return err_oom(err);
	run->unpacked = access(run->rootfs, F_OK) == 0;
	run->measured = run->unpacked;
	run->watch = watch_unpacking;
	r = run_program(run, &child, err);
	run->watch = NULL;
	/* We did not: what it did not see for want of time would count as unused. */
	if (r == 0 && run->interrupted)
		r = err_set(err, EAGAIN, "somebody ended the recording before its time");
	if (!run->measured && r != -EFBIG && access(run->rootfs, F_OK) == 0)
		r = check_size(run, run->rootfs, err) < 0 ? -EFBIG : r;
	if (r == -EFBIG && !run->unpacked)
		drop_unpacked(run);
	return r;
}
