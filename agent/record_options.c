// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* record_options.c — what `vexxy-agent record` was asked for. */
#include "agent/record_options.h"

#include <string.h>

#define AT(member) offsetof(struct record_options, member)
#define SECONDS_MAX 31536000
#define ENV_BYTES_MAX (1 << 20)

const struct option_def record_option_table[] = {
	{ "out", 'o', "FILE", "the trace to write", OPTION_STRING, AT(out), 0, 0 },
	{ "rootfs", 0, "DIR", "run the command in this root directory, which is not changed",
	  OPTION_STRING, AT(rootfs), 0, 0 },
	{ "image", 0, "REF", "run an image: oci:DIR, an archive, or what skopeo can copy",
	  OPTION_STRING, AT(image), 0, 0 },
	{ "cgroup", 0, "PATH", "record what already runs in this cgroup", OPTION_STRING, AT(cgroup),
	  0, 0 },
	{ "pid", 0, "PID", "record what already runs in this process's cgroup", OPTION_NUMBER,
	  AT(pid), 1, 4194304 },
	{ "duration", 0, "S", "end after that many seconds", OPTION_NUMBER, AT(duration_s), 1,
	  SECONDS_MAX },
	{ "window", 0, "S", "length of a unit of observation (default 5; 0: only the driver's)",
	  OPTION_NUMBER, AT(window_s), 0, 86400 },
	{ "functions", 0, "FILE", "report which functions of this list run (made by vexxy)",
	  OPTION_STRING, AT(functions), 0, 0 },
	{ "coverage", 0, NULL, "the list is long: report hits without their callers", OPTION_FLAG,
	  AT(coverage), 0, 0 },
	{ "env", 'e', "K=V", "add to the workload's environment", OPTION_LIST, AT(env), 0, 0 },
	{ "env-file", 0, "FILE", "the same, apart by NUL: for what is nobody else's to read",
	  OPTION_STRING, AT(env_file), 0, 0 },
	{ "driver", 0, "FILE", "a program on this host that exercises the workload", OPTION_STRING,
	  AT(driver), 0, 0 },
	{ "until-driver", 0, NULL, "end when the driver has ended", OPTION_FLAG, AT(until_driver),
	  0, 0 },
	{ "ready-port", 0, "N", "start the driver when this TCP port is listened on", OPTION_NUMBER,
	  AT(ready_port), 1, 65535 },
	{ "ready-file", 0, "PATH", "start the driver when the workload has made this file",
	  OPTION_STRING, AT(ready_file), 0, 0 },
	{ "ready-timeout", 0, "S", "give up when it is not ready after that long (default 60)",
	  OPTION_NUMBER, AT(ready_timeout_s), 1, SECONDS_MAX },
	{ "runtime", 0, "NAME",
	  "of the container: runc (default), or runsc: gVisor, which tells of files only",
	  OPTION_STRING, AT(runtime_name), 0, 0 },
	{ "network", 0, "MODE", "of the container: none (default) or host", OPTION_STRING,
	  AT(network), 0, 0 },
	{ "user", 0, "USER", "of the container: name or number, with :GROUP (default: the image's)",
	  OPTION_STRING, AT(user), 0, 0 },
	{ "workdir", 0, "DIR", "working directory in the container", OPTION_STRING, AT(workdir), 0,
	  0 },
	{ "caps", 0, "SET", "of the container: baseline (default for root), none", OPTION_STRING,
	  AT(caps), 0, 0 },
	{ "seccomp", 0, "MODE", "of the container: default or off", OPTION_STRING, AT(seccomp), 0,
	  0 },
	{ "memory", 0, "MB", "limit of the container (default 4096)", OPTION_NUMBER, AT(memory_mb),
	  16, 1u << 24 },
	{ "pids", 0, "N", "limit of processes in the container (default 1024)", OPTION_NUMBER,
	  AT(pids), 4, 1u << 20 },
	{ "disk", 0, "MB", "limit of what the container may write (default 1024)", OPTION_NUMBER,
	  AT(disk_mb), 1, 1u << 20 },
	{ "backend", 0, "NAME", "auto (default), raw or fentry", OPTION_STRING, AT(backend), 0, 0 },
	{ "policy", 0, "NAME", "first-seen (default), or all: every repeat too, for debugging",
	  OPTION_STRING, AT(policy), 0, 0 },
	{ "quiet", 'q', NULL, "say nothing but errors", OPTION_FLAG, AT(quiet), 0, 0 },
	{ "progress", 0, NULL, "say how far it is, also when stderr is no terminal", OPTION_FLAG,
	  AT(progress), 0, 0 },
	{},
};

static int check_word(const char *name, const char *value, const char *first, const char *second,
		      struct err *err)
{
	if (!value || !strcmp(value, first) || !strcmp(value, second))
		return 0;
	return err_set(err, EINVAL, "--%s: '%s' is neither '%s' nor '%s'", name, value, first,
		       second);
}

static int check_words(const struct record_options *o, struct err *err)
{
	int r = 0;

	if (o->backend && strcmp(o->backend, "auto") != 0)
		r = check_word("backend", o->backend, "raw", "fentry", err);
	if (r == 0)
		r = check_word("policy", o->policy, "first-seen", "all", err);
	if (r == 0)
		r = check_word("runtime", o->runtime_name, "runc", "runsc", err);
	if (r == 0)
		r = check_word("network", o->network, "none", "host", err);
	if (r == 0)
		r = check_word("seccomp", o->seccomp, "default", "off", err);
	if (r == 0)
		r = check_word("caps", o->caps, "baseline", "none", err);
	for (size_t i = 0; r == 0 && i < o->env.count; i++)
		if (!strchr(o->env.items[i], '=') || *o->env.items[i] == '=')
			r = err_set(err, EINVAL, "--env: '%s' is not of the form K=V",
				    o->env.items[i]);
	return r;
}

/* As /proc/PID/environ has them. A command line can be read by everybody on this machine, a file need not be. */
static int read_env_file(struct record_options *o, struct err *err)
{
	_cleanup_fclose_ FILE *file = o->env_file ? fopen(o->env_file, "re") : NULL;
	size_t len;

	if (!o->env_file)
		return 0;
	if (!file)
		return err_sys(err, errno, "--env-file '%s'", o->env_file);
	o->env_text = calloc(1, ENV_BYTES_MAX + 2);
	if (!o->env_text)
		return err_oom(err);
	len = fread(o->env_text, 1, ENV_BYTES_MAX + 1, file);
	if (ferror(file))
		return err_sys(err, errno, "--env-file '%s'", o->env_file);
	if (len > ENV_BYTES_MAX)
		return err_set(err, EINVAL, "--env-file '%s' is larger than %d KiB", o->env_file,
			       ENV_BYTES_MAX >> 10);
	for (const char *at = o->env_text; at < o->env_text + len; at += strlen(at) + 1)
		if (option_list_add(&o->env, at) < 0)
			return err_oom(err);
	return 0;
}

static int choose_kind(struct record_options *o, struct err *err)
{
	int others = !!o->rootfs + !!o->image + !!o->cgroup + !!o->pid;

	if (others > 1)
		return err_set(err, EINVAL,
			       "give one of --rootfs, --image, --cgroup and --pid, not several");
	if (!others && !o->command)
		return err_set(
		    err, EINVAL,
		    "nothing to record: give -- CMD, --rootfs, --image, --cgroup or --pid");
	if (o->rootfs && !o->command)
		return err_set(err, EINVAL, "--rootfs has no command of its own: give -- CMD");
	o->kind = o->rootfs || o->image ? TARGET_CONTAINER
		  : others              ? TARGET_RUNNING
					: TARGET_COMMAND;
	return 0;
}

/* An option that would be without effect is a mistake of somebody who expects one. */
static int check_together(const struct record_options *o, struct err *err)
{
	const char *container = o->network        ? "network"
				: o->runtime_name ? "runtime"
				: o->user         ? "user"
				: o->workdir      ? "workdir"
				: o->caps         ? "caps"
				: o->seccomp      ? "seccomp"
						  : NULL;

	if (o->kind != TARGET_CONTAINER && container)
		return err_set(err, EINVAL, "--%s belongs to --rootfs and --image", container);
	if (o->kind == TARGET_RUNNING && (o->command || o->env.count))
		return err_set(err, EINVAL,
			       "%s does not go with --cgroup and --pid: they start nothing",
			       o->command ? "a command" : "--env");
	if (o->runtime == RUNTIME_GVISOR && (o->functions || o->backend))
		return err_set(err, EINVAL, "--%s does not go with --runtime runsc: %s",
			       o->functions ? "functions" : "backend",
			       o->functions ? "no probe can be put into code that runs under gVisor"
					    : "this kernel sees nothing of what runs under gVisor");
	if (o->coverage && !o->functions)
		return err_set(err, EINVAL, "--coverage needs --functions");
	if (!o->driver && (o->until_driver || o->ready_port || o->ready_file))
		return err_set(err, EINVAL, "--%s needs --driver",
			       o->until_driver ? "until-driver"
			       : o->ready_port ? "ready-port"
					       : "ready-file");
	return 0;
}

int record_options_parse(struct record_options *ret, int argc, char **argv, struct err *err)
{
	struct record_options o = { .window_s = 5,
				    .ready_timeout_s = 60,
				    .memory_mb = 4096,
				    .pids = 1024,
				    .disk_mb = 1024 };
	struct option_list operands = {};
	int r = options_parse(record_option_table, &o, argc, argv, &operands, err);

	if (r >= 0 && operands.count)
		r = err_set(err, EINVAL, "'%s' is no option; a command goes behind --",
			    operands.items[0]);
	option_list_done(&operands);
	if (r >= 0) {
		o.command = r < argc ? argv + r : NULL;
		if (o.runtime_name && !strcmp(o.runtime_name, "runsc"))
			o.runtime = RUNTIME_GVISOR;
		r = o.out ? choose_kind(&o, err)
			  : err_set(err, EINVAL, "no --out FILE for the trace");
	}
	if (r == 0)
		r = read_env_file(&o, err);
	if (r == 0)
		r = check_words(&o, err);
	if (r == 0)
		r = check_together(&o, err);
	if (r < 0)
		record_options_done(&o);
	else
		*ret = o;
	return r;
}

void record_options_done(struct record_options *options)
{
	option_list_done(&options->env);
	free(options->env_text);
	options->env_text = NULL;
}

struct source_options record_source_options(const struct record_options *o)
{
	struct source_options s = {};

	if (o->backend && !strcmp(o->backend, "raw"))
		s.backend = SOURCE_RAW;
	else if (o->backend && !strcmp(o->backend, "fentry"))
		s.backend = SOURCE_FENTRY;
	s.functions = o->functions;
	s.stacks = !o->coverage;
	s.all_events = o->policy && !strcmp(o->policy, "all");
	return s;
}
