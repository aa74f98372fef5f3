// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* local_record.c — skopeo fetches the image by its digest, vexxy-agent runs and records it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "server/clock.h"
#include "server/exercise.h"
#include "server/local_run.h"

#define PULL_SECONDS 900
#define AGENT_GRACE_MS 20000
/* Beside the observation: unpacking, starting, ending. */
#define RECORD_EXTRA_S 300

static bool has_no_tls(const struct run *run, const char *repo)
{
	const struct option_list *hosts = &run->settings->insecure_registries;
	size_t len = strcspn(repo, "/");

	for (size_t i = 0; i < hosts->count; i++)
		if (strlen(hosts->items[i]) == len && !strncmp(hosts->items[i], repo, len))
			return true;
	return false;
}

/* What registries say when another attempt will not help. */
static void hear_skopeo(void *ctx, const char *line)
{
	static const char *const final[] = {
		"manifest unknown", "unauthorized",      "denied",
		"not found",        "invalid reference", "repository name"
	};
	struct run *run = ctx;

	for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++)
		if (strcasestr(line, final[i]))
			snprintf(run->permanent, sizeof(run->permanent), "%s", final[i]);
}

static int pull_to(struct run *run, const char *target, struct err *err)
{
	struct child child = { .timeout_ms = PULL_SECONDS * 1000, .line = hear_skopeo };
	const char *repo = run_repository(run);
	int r = 0;

	if (!repo)
		return err_oom(err);
	r = r ? r : run_add(run, "skopeo");
	r = r ? r : run_add_pair(run, "--override-os", "linux");
	r = r ? r : run_add_pair(run, "copy", "--quiet");
	if (has_no_tls(run, repo))
		r = r ? r : run_add(run, "--src-tls-verify=false");
	if (run->settings->auth_file)
		r = r ? r : run_add_pair(run, "--src-authfile", run->settings->auth_file);
	r = r ? r : run_add(run, run_word(run, "docker://%s@%s", repo, run->x->job->image_digest));
	r = r ? r : run_add(run, run_word(run, "oci:%s:image", target));
	if (r < 0)
		return err_oom(err);
	r = run_program(run, &child, err);
	if (r == -EIO && !run->permanent[0])
		r = -EAGAIN; /* the network, or the registry, may come back */
	return r == -EIO || r == -EAGAIN ? err_prefix(err, r, "image '%s'", run->x->job->image_ref)
					 : r;
}

/* By digest, once for all analyses: the content is what the name says. */
int run_pull(struct run *run, struct err *err)
{
	const char *hex = run->x->job->image_digest + strlen("sha256:");
	char part[PATH_BYTES + 16], index[PATH_BYTES + 16];
	int r = run_report(run, JOB_RUNNING, 5, "Fetching image", err);

	snprintf(run->image_dir, PATH_BYTES, "%.400s/images/%s", run->settings->data_dir, hex);
	snprintf(index, sizeof(index), "%s/index.json", run->image_dir);
	snprintf(part, sizeof(part), "%s/image", run->x->dir);
	if (r < 0 || access(index, F_OK) == 0)
		return r;
	r = pull_to(run, part, err);
	if (r == 0 && rename(part, run->image_dir) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		r = err_sys(err, errno, "cannot keep the image in '%s'", run->image_dir);
	return r;
}

static bool is_digest(const char *text)
{
	return text && !strncmp(text, "sha256:", 7) && strlen(text) == 71 &&
	       strspn(text + 7, "0123456789abcdef") == 64;
}

/* The image that runs: where the digest names an index, one of those in it. */
int run_find_manifest(struct run *run, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *index = NULL;
	char path[PATH_BYTES + 16];
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
	return 0;
}

/* Between 35 and 75 % the observation goes by. What was seen so far comes with it. */
static void hear_agent(void *ctx, const char *line)
{
	unsigned long long seconds, execs, opened, mapped, calls, lost;
	int64_t now = clock_steady_ms(), percent;
	struct run *run = ctx;
	char data[256];

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

static int add_environment(struct run *run)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach(item, json_in_get(run->config, "environment")) r =
	    r ? r : run_add(run, run_word(run, "--env=%s=%s", item->string, item->valuestring));
	return r;
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
					   .uid = run->settings->analysis_uid + 1,
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
	r = r ? r : add_environment(run);
	r = r ? r : add_command(run);
	if (r < 0)
		return err_oom(err);
	r = run_program(run, &child, err);
	/* Somebody killed one of its helpers: that is not the image's doing. */
	return r == -EIO && strstr(err->text, "killed by signal") ? -EAGAIN : r;
}
