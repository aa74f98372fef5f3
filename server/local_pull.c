// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * local_pull.c — skopeo fetches the image by its digest: as a user of its own, within walls and in a network of its own, so many
 * bytes and no more. What it has fetched is then ours, and kept for the organisation that named it by that name: to know
 * another's digest opens nothing.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "server/digest.h"
#include "server/local_run.h"
#include "server/registry.h"

#define PULL_SECONDS 900
#define PULL_MEMORY_MB 4096
#define PULL_PROCESSES 512

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
		"manifest unknown",  "unauthorized",    "denied",    "not found",
		"invalid reference", "repository name", "Forbidden", "MB came"
	};
	struct run *run = ctx;

	for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++)
		if (strcasestr(line, final[i]))
			snprintf(run->permanent, sizeof(run->permanent), "%s", final[i]);
}

static int add_each(struct run *run, const char *option, const struct option_list *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = run_add(run, run_word(run, "--%s=%s", option, list->items[i]));
	return r;
}

/* Its way into the network, which ends at what is neither public nor allowed. */
static int add_way(struct run *run)
{
	const struct settings *s = run->settings;
	int r = run_add_pair(run, CHILD_SELF, "fetch");

	r = r ? r : run_add_number(run, "--uid", run_uid(run, UID_OF_FETCH));
	r = r ? r : run_add_number(run, "--bytes", (int64_t)s->image_mb);
	r = r ? r : add_each(run, "host", &s->registries);
	r = r ? r : add_each(run, "host", &s->insecure_registries);
	r = r ? r : add_each(run, "allow", &s->allowed_addresses);
	return r ? r : run_add(run, "--");
}

static int add_walls(struct run *run, const char *dir)
{
	static const char *const programs[] = { "/usr", "/lib", "/lib64", "/bin",
						"/etc/ld.so.cache" };
	static const char *const looks[] = {
		"/proc/self",           "/etc/containers", "/etc/ssl",         "/etc/pki",
		"/etc/ca-certificates", "/etc/hosts",      "/etc/resolv.conf", "/etc/nsswitch.conf",
		"/etc/passwd",          "/etc/group",      "/sys/kernel/mm"
	};
	int r = run_add_pair(run, CHILD_SELF, "confine");

	run->is_confined = true;
	r = r ? r : run_add_number(run, "--uid", run_uid(run, UID_OF_FETCH));
	r = r ? r : run_add_number(run, "--memory", PULL_MEMORY_MB);
	r = r ? r : run_add_number(run, "--file", (int64_t)run->settings->image_mb);
	r = r ? r : run_add_number(run, "--processes", PULL_PROCESSES);
	r = r ? r : run_add(run, "--network");
	r = r ? r : run_add(run, "--read-all"); /* credentials, and the directories above */
	if (run->settings->auth_file)
		r = r ? r : run_add(run, run_word(run, "--read=%s", run->settings->auth_file));
	for (size_t i = 0; r == 0 && i < sizeof(looks) / sizeof(*looks); i++)
		r = run_add(run, run_word(run, "--read=%s", looks[i]));
	for (size_t i = 0; r == 0 && i < sizeof(programs) / sizeof(*programs); i++)
		r = run_add(run, run_word(run, "--execute=%s", programs[i]));
	r = r ? r : run_add(run, "--write=/dev/null");
	r = r ? r : run_add(run, run_word(run, "--write=%s", dir));
	return r ? r : run_add(run, "--");
}

static int add_skopeo(struct run *run, const char *repo, const char *dir)
{
	int r = run_add(run, "skopeo");

	r = r ? r : run_add_pair(run, "--override-os", "linux");
	r = r ? r : run_add_pair(run, "--tmpdir", dir);
	r = r ? r : run_add_pair(run, "copy", "--quiet");
	if (has_no_tls(run, repo))
		r = r ? r : run_add(run, "--src-tls-verify=false");
	if (run->settings->auth_file)
		r = r ? r : run_add_pair(run, "--src-authfile", run->settings->auth_file);
	r = r ? r : run_add(run, run_word(run, "docker://%s@%s", repo, run->x->job->image_digest));
	return r ? r : run_add(run, run_word(run, "oci:%s/image:image", dir));
}

static int pull_to(struct run *run, const char *dir, struct err *err)
{
	struct child child = { .timeout_ms = PULL_SECONDS * 1000, .line = hear_skopeo };
	const char *repo = run_repository(run);
	uid_t uid = run_uid(run, UID_OF_FETCH);
	int r;

	if (mkdir(dir, 0700) < 0 || (geteuid() == 0 && chown(dir, uid, uid) < 0))
		return err_sys(err, errno, "cannot make '%s'", dir);
	snprintf(run->scratch_variable, sizeof(run->scratch_variable), "HOME=%s", dir);
	if (!repo || add_way(run) < 0 || add_walls(run, dir) < 0 || add_skopeo(run, repo, dir) < 0)
		return err_oom(err);
	r = run_program(run, &child, err);
	/* The others' is another place. */
	snprintf(run->scratch_variable, sizeof(run->scratch_variable), "TMPDIR=%s", run->scratch);
	if (r == -EIO && !run->permanent[0])
		r = -EAGAIN; /* the network, or the registry, may come back */
	return r == -EIO || r == -EAGAIN ? err_prefix(err, r, "image '%s'", run->x->job->image_ref)
					 : r;
}

/* Ours, where only files and directories are and none has another name elsewhere: what fetched it is a stranger's by now. */
static int own_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if ((flag != FTW_F && flag != FTW_D) ||
	    (flag == FTW_F && (!S_ISREG(st->st_mode) || st->st_nlink != 1)))
		return 1;
	return lchown(path, geteuid(), getegid()) < 0 ||
	       chmod(path, flag == FTW_D ? 0711 : 0644) < 0;
}

static int keep(struct run *run, const char *dir, struct err *err)
{
	char made[PATH_BYTES + 32];

	snprintf(made, sizeof(made), "%s/image", dir);
	if (nftw(made, own_one, 16, FTW_PHYS) != 0)
		return err_set(err, EBADMSG, "what was fetched is no image of files");
	if (rename(made, run->image_dir) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		return err_sys(err, errno, "cannot keep the image in '%s'", run->image_dir);
	return 0;
}

static int find_place(struct run *run, struct err *err)
{
	const char *repo = run_repository(run);
	char key[DIGEST_HEX_BYTES];
	const char *text;

	if (!repo)
		return err_oom(err);
	text = run_word(run, "%s\n%s\n%s", run->x->job->org, repo, run->x->job->image_digest);
	if (!text)
		return err_oom(err);
	digest_of(key, text, strlen(text));
	snprintf(run->image_dir, PATH_BYTES, "%.400s/images/%s", run->settings->data_dir, key);
	return 0;
}

int run_pull(struct run *run, struct err *err)
{
	char dir[PATH_BYTES + 16], index[PATH_BYTES + 16];
	int r = run_report(run, JOB_RUNNING, 5, "Fetching image", err);

	r = r ? r : find_place(run, err);
	r = r ? r : registry_check(run->settings, run->x->job->image_ref, err);
	if (r < 0)
		return r;
	snprintf(index, sizeof(index), "%s/index.json", run->image_dir);
	/* That it was used is what keeps it. */
	if (utimensat(AT_FDCWD, run->image_dir, NULL, 0) == 0 && access(index, F_OK) == 0)
		return 0;
	snprintf(dir, sizeof(dir), "%s/fetch", run->x->dir);
	r = pull_to(run, dir, err);
	return r ? r : keep(run, dir, err);
}
