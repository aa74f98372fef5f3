// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* exercise.c — from a job's configuration to what drive.h works by. */
#include "server/exercise.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "server/drive.h"
#include "server/json_out.h"

#define RESULT_BYTES_MAX (1u << 20)

_printf_(4, 5) static int write_file(const char *path, mode_t mode, struct err *err,
				     const char *fmt, ...)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	va_list ap;
	int n;

	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	va_start(ap, fmt);
	n = vdprintf(fd, fmt, ap);
	va_end(ap);
	return n < 0 ? err_sys(err, errno, "cannot write '%s'", path) : 0;
}

static int write_plan(const struct exercise *e, const char *dir, struct err *err)
{
	struct json_out out = {};
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	const cJSON *port;

	json_out_open(&out, NULL, '{');
	json_out_open(&out, "ports", '[');
	cJSON_ArrayForEach(port, json_in_get(e->config, "ports"))
	    json_out_int(&out, NULL, port->valueint);
	json_out_close(&out, ']');
	json_out_optional(&out, "health_path", json_in_text(e->config, "health_check_path"));
	json_out_int(&out, "health_timeout_s", e->plan->health_timeout_s);
	json_out_int(&out, "script_timeout_s", e->plan->duration_s);
	json_out_int(&out, "uid", (int64_t)e->uid);
	json_out_text(&out, "cgroup", e->cgroup);
	json_out_close(&out, '}');
	text = text_take(&out.text);
	if (!text)
		return err_oom(err);
	snprintf(path, sizeof(path), "%s/" DRIVE_PLAN, dir);
	return write_file(path, 0600, err, "%s\n", text);
}

static int write_script(const struct exercise *e, const char *dir, const char *script,
			struct err *err)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/" DRIVE_SCRIPT, dir);
	r = write_file(path, 0600, err, "%s", script);
	snprintf(path, sizeof(path), "%s/" DRIVE_WORK, dir);
	if (r == 0 && (mkdir(path, 0700) < 0 || chown(path, (uid_t)e->uid, (gid_t)e->uid) < 0))
		r = err_sys(err, errno, "cannot make '%s'", path);
	return r;
}

/* Paths of ours: the data directory may have a quote in its name. */
static void put_quoted(struct text *text, const char *path)
{
	text_put(text, "'");
	for (; *path; path++)
		if (*path == '\'')
			text_put(text, "'\\''");
		else
			text_put_n(text, path, 1);
	text_put(text, "'");
}

static int write_driver(const char *path, const char *dir, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct text line = {};

	/* This program as it runs, also when another has been installed in its place since. */
	text_printf(&line, "exec /proc/%d/exe drive ", getpid());
	put_quoted(&line, dir);
	text = text_take(&line);
	return text ? write_file(path, 0700, err, "#!/bin/sh\n%s\n", text) : err_oom(err);
}

int exercise_prepare(char *ret_driver, size_t size, const struct exercise *e, struct err *err)
{
	const char *script = json_in_text(e->config, "test_script");
	char dir[PATH_MAX - 64];
	int r;

	if (e->shares_network || (!script && !cJSON_GetArraySize(json_in_get(e->config, "ports"))))
		return 0;
	snprintf(dir, sizeof(dir), "%s/drive", e->dir);
	/* The script passes through, to its own directory. */
	if (mkdir(dir, 0711) < 0)
		return err_sys(err, errno, "cannot make '%s'", dir);
	r = write_plan(e, dir, err);
	if (r == 0 && script)
		r = write_script(e, dir, script, err);
	snprintf(ret_driver, size, "%s/driver", dir);
	r = r ? r : write_driver(ret_driver, dir, err);
	return r < 0 ? r : 1;
}

char *exercise_result(const char *dir)
{
	_cleanup_(cJSON_Deletep) cJSON *result = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/drive/" DRIVE_RESULT, dir);
	if (json_in_load(&result, path, RESULT_BYTES_MAX, NULL) < 0)
		return NULL;
	return cJSON_PrintUnformatted(result);
}
