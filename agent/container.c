// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* container.c — a root directory or an image as a confined container under runc. */
#include "agent/container.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/cgroup.h"
#include "agent/oci_config.h"
#include "agent/root_file.h"
#include "agent/root_program.h"

#define MB (1024ull * 1024)
#define OPEN_FILES_MAX 65536
#define LOG_BYTES_MAX (1u << 20)
#define OUTPUT_BYTES_MAX (16u << 20)
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int below(char ret[PATH_MAX], const struct container *c, const char *name)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", c->holdings->work_dir, name);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int make_dir(char ret[PATH_MAX], const struct container *c, const char *name,
		    struct err *err)
{
	if (below(ret, c, name) < 0 || mkdir(ret, 0755) < 0)
		return err_sys(err, errno, "cannot make '%s'", ret);
	return 0;
}

static int write_text(const struct container *c, const char *name, const char *text, size_t len,
		      struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	if (below(path, c, name) < 0)
		return err_sys(err, ENAMETOOLONG, "'%s'", name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

static int mount_tmpfs(const char *dir, uint64_t mb, struct err *err)
{
	char options[64];

	snprintf(options, sizeof(options), "mode=0755,size=%llum", (unsigned long long)mb);
	if (mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return err_sys(err, errno, "cannot mount a memory file system at '%s'", dir);
	return 0;
}

/* A read-only view of the root at a path of ours, so that what the path holds cannot matter to mount options. */
static int bind_lower(const struct container *c, const char *lower, struct err *err)
{
	if (mount(c->rootfs, lower, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, lower, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NODEV, NULL) < 0)
		return err_sys(err, errno, "cannot mount '%s' read-only", c->rootfs);
	return 0;
}

static int mount_overlay(const struct container *c, const char *lower, const char *rootfs,
			 struct err *err)
{
	char disk[PATH_MAX], upper[PATH_MAX], work[PATH_MAX], options[3 * PATH_MAX + 64];
	int r = make_dir(disk, c, "disk", err);

	if (r == 0)
		r = mount_tmpfs(disk, c->options->disk_mb, err);
	if (r == 0)
		r = make_dir(upper, c, "disk/upper", err);
	if (r == 0)
		r = make_dir(work, c, "disk/work", err);
	if (r < 0)
		return r;
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper,
		 work);
	return mount("overlay", rootfs, "overlay", MS_NODEV, options) < 0 ? -errno : 0;
}

/* The root that the container sees: writable above the one given, or that one read-only where overlay does not work. */
static int mount_root(struct container *c, struct err *err)
{
	char lower[PATH_MAX], rootfs[PATH_MAX];
	struct err why = {};
	int r = mount_tmpfs(c->holdings->work_dir, 64, err);

	if (r == 0)
		r = make_dir(lower, c, "lower", err);
	if (r == 0)
		r = make_dir(rootfs, c, "rootfs", err);
	if (r == 0)
		r = bind_lower(c, lower, err);
	if (r < 0)
		return r;
	c->is_overlay = mount_overlay(c, lower, rootfs, &why) == 0;
	if (!c->is_overlay && mount(lower, rootfs, NULL, MS_BIND | MS_REC, NULL) < 0)
		return err_sys(err, errno, "cannot mount '%s'", rootfs);
	return 0;
}

static int choose_runtime(struct container *c, struct err *err)
{
	if (c->sink) {
		c->runtime = "runsc";
		return helper_is_installed(c->runtime)
			   ? 0
			   : err_set(err, ENOENT, "no 'runsc' here: install gVisor (runsc)");
	}
	/* crun refuses hybrid cgroups. */
	if (helper_is_installed("runc"))
		c->runtime = "runc";
	else if (cgroup_is_pure_v2() && helper_is_installed("crun"))
		c->runtime = "crun";
	else
		return err_set(err, ENOENT, "no 'runc' here: install runc to run containers");
	return 0;
}

/* Where the root comes from. */
static int find_root(struct container *c, struct err *err)
{
	struct stat st;
	int r;

	if (c->options->image) {
		r = image_cache_get(&c->image, c->options->image, c->helpers, c->holdings, err);
		if (r == 0)
			memcpy(c->rootfs, c->image.rootfs, sizeof(c->rootfs));
		return r;
	}
	if (!realpath(c->options->rootfs, c->rootfs) || stat(c->rootfs, &st) < 0)
		return err_sys(err, errno, "rootfs '%s'", c->options->rootfs);
	if (!S_ISDIR(st.st_mode))
		return err_sys(err, ENOTDIR, "rootfs '%s'", c->options->rootfs);
	return 0;
}

static int add_all(struct strings *list, char *const *items, struct err *err)
{
	for (; items && *items; items++)
		if (strings_add(list, *items) < 0)
			return err_oom(err);
	return 0;
}

/* A command that was given stands for entry point and command of the image. */
static int fill_process(struct container *c, struct err *err)
{
	const struct image_config *config = &c->image.config;
	int r = 0;

	if (c->options->command) {
		r = add_all(&c->args, c->options->command, err);
	} else {
		r = add_all(&c->args, config->entrypoint.items, err);
		if (r == 0)
			r = add_all(&c->args, config->command.items, err);
	}
	if (r == 0 && !c->args.count)
		return err_set(err, EINVAL, "the image names no command: give one behind --");
	if (r == 0 && strings_add(&c->env, DEFAULT_PATH) < 0)
		r = err_oom(err);
	for (size_t i = 0; r == 0 && i < config->env.count; i++)
		if (strings_set_env(&c->env, config->env.items[i]) < 0)
			r = err_oom(err);
	for (size_t i = 0; r == 0 && i < c->options->env.count; i++)
		if (strings_set_env(&c->env, c->options->env.items[i]) < 0)
			r = err_oom(err);
	return r;
}

static int find_user(struct container *c, struct user *ret, struct err *err)
{
	_cleanup_close_ int fd = open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *passwd = NULL, *group = NULL;
	const char *spec = c->options->user ? c->options->user : c->image.config.user;
	size_t len;

	/* An image may have neither: numbers do without. */
	(void)!root_file_read(&passwd, &len, fd, "/etc/passwd", USERS_FILE_BYTES_MAX);
	(void)!root_file_read(&group, &len, fd, "/etc/group", USERS_FILE_BYTES_MAX);
	return users_find(ret, spec ? spec : "", passwd, group, err);
}

static uint64_t open_files_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max > OPEN_FILES_MAX)
		return OPEN_FILES_MAX;
	return limit.rlim_max;
}

/* Without swap there is nothing to limit, and often no way to say so. */
static bool has_swap(void)
{
	_cleanup_fclose_ FILE *swaps = fopen("/proc/swaps", "re");
	char line[256];

	return swaps && fgets(line, sizeof(line), swaps) && fgets(line, sizeof(line), swaps);
}

/* /etc/hosts and the like, as every engine provides them: many services do not start without "localhost". */
static int write_names(const struct container *c, bool host_network, struct err *err)
{
	static const char hosts[] = "127.0.0.1\tlocalhost vexxy\n::1\tlocalhost ip6-localhost\n";
	_cleanup_close_ int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	char resolv[4096];
	ssize_t len = fd >= 0 && host_network ? read(fd, resolv, sizeof(resolv)) : 0;
	int r = write_text(c, "hosts", hosts, strlen(hosts), err);

	if (r == 0)
		r = write_text(c, "resolv.conf", resolv, len > 0 ? (size_t)len : 0, err);
	return r < 0 ? r : write_text(c, "hostname", "vexxy\n", strlen("vexxy\n"), err);
}

static int write_config(const struct container *c, const struct user *user, struct err *err)
{
	static const char *const scratch[] = { "/tmp", "/run", "/var/tmp" };
	const struct record_options *o = c->options;
	_cleanup_text_ struct text text = {};
	char hosts[PATH_MAX], resolv[PATH_MAX], hostname[PATH_MAX];
	const struct oci_bind binds[] = { { hosts, "/etc/hosts" },
					  { resolv, "/etc/resolv.conf" },
					  { hostname, "/etc/hostname" } };
	const char *cwd = o->workdir ? o->workdir : c->image.config.workdir;
	struct oci_config config = {
		.args = c->args.items,
		.env = c->env.items,
		.cwd = cwd ? cwd : "/",
		.cgroup = c->cgroup,
		.user = user,
		.capabilities = o->caps ? !strcmp(o->caps, "baseline") : user->uid == 0,
		.host_network = o->network && !strcmp(o->network, "host"),
		.seccomp = !o->seccomp || strcmp(o->seccomp, "off") != 0,
		.readonly = !c->is_overlay,
		.limit_swap = has_swap(),
		.memory_bytes = o->memory_mb * MB,
		.pids = o->pids,
		.files = open_files_limit(),
		.file_bytes = o->disk_mb * MB,
		.binds = binds,
		.bind_count = c->is_overlay ? sizeof(binds) / sizeof(*binds) : 0,
		.scratch = scratch,
		.scratch_count = c->is_overlay ? 0 : sizeof(scratch) / sizeof(*scratch),
	};
	int r = below(hosts, c, "hosts");

	if (r == 0)
		r = below(resolv, c, "resolv.conf");
	if (r == 0)
		r = below(hostname, c, "hostname");
	if (r < 0)
		return err_sys(err, -r, "'%s'", c->holdings->work_dir);
	r = write_names(c, config.host_network, err);
	if (r < 0)
		return r;
	oci_config_emit(&text, &config);
	return text.failed ? err_oom(err) : write_text(c, "config.json", text.data, text.len, err);
}

static int explain_failure(const struct container *c, int r, struct err *err)
{
	_cleanup_close_ int fd = open(c->holdings->work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *log = NULL;
	size_t len;

	if (r != -EIO || root_file_read(&log, &len, fd, "log", LOG_BYTES_MAX) < 0)
		return r;
	return len ? err_set(err, -r, "cannot start the container: %.700s", helper_message(log))
		   : r;
}

/* What runsc is told before the verb; of other runtimes: NULL. Its network is that of its own kernel, or of the host. */
static const char *network_of(const struct container *c)
{
	const char *mode = c->options->network;

	if (!c->sink)
		return NULL;
	return mode && !strcmp(mode, "host") ? "--network=host" : "--network=none";
}

static int add_words(struct option_list *argv, const char *const *words)
{
	int r = 0;

	for (; r == 0 && *words; words++)
		r = option_list_add(argv, *words);
	return r;
}

/* runsc connects while it makes the sandbox, and waits for an answer. */
static int start_runtime(struct container *c, const char *const *argv,
			 const struct helper_stdio *stdio, struct err *err)
{
	struct helpers place = *c->helpers;
	pid_t runtime;
	int r, w;

	if (c->sink)
		place.cgroup = c->cgroup_dir; /* the sandbox stays where it was made */
	r = helper_start(&runtime, &place, argv, NULL, stdio, err);
	if (r < 0)
		return r;
	r = c->sink ? gvisor_sink_accept(c->sink, runtime, c->helpers->stop_fd, err) : 0;
	if (r < 0)
		kill(runtime, SIGKILL);
	w = helper_wait(c->helpers, runtime, c->runtime, r < 0 ? NULL : err);
	if (r < 0 || w < 0)
		return r < 0 ? r : explain_failure(c, w, err);
	if (c->sink && c->sink->fd < 0)
		return err_set(err, EPROTO,
			       "runsc made a sandbox and did not connect to '%s': a gVisor with "
			       "--pod-init-config is needed (December 2022 or newer)",
			       c->sink->address.sun_path);
	return 0;
}

/* Behind mount_root, which hides what was in the directory before. */
static int open_sink(const struct container *c, struct err *err)
{
	_cleanup_text_ struct text text = {};
	int r = c->sink ? gvisor_sink_open(c->sink, c->holdings->work_dir, err) : 0;

	if (!c->sink || r < 0)
		return r;
	gvisor_session_emit(&text, c->sink->address.sun_path, false);
	return text.failed ? err_oom(err) : write_text(c, "session.json", text.data, text.len, err);
}

static int run_create(struct container *c, struct err *err)
{
	char state[PATH_MAX], log[PATH_MAX], pid[PATH_MAX], session[PATH_MAX];
	const char *const place[] = { c->runtime, "--root", state, "--log", log, NULL };
	const char *const gvisor[] = { network_of(c), "--pod-init-config", session, NULL };
	const char *const verb[] = { "create",     "--bundle", c->holdings->work_dir,
				     "--pid-file", pid,        c->holdings->cgroup,
				     NULL };
	struct helper_stdio stdio = { -1, -1, -1 };
	struct option_list argv = {};
	int r;

	if (below(state, c, "state") < 0 || below(log, c, "log") < 0 || below(pid, c, "pid") < 0 ||
	    below(session, c, "session.json") < 0)
		return err_sys(err, ENAMETOOLONG, "'%s'", c->holdings->work_dir);
	r = open_sink(c, err);
	if (r == 0)
		r = relay_start(&c->relay, c->helpers, OUTPUT_BYTES_MAX, err);
	if (r < 0)
		return r;
	stdio.out = c->relay.out;
	stdio.err = c->relay.err;
	if (add_words(&argv, place) < 0 || (c->sink && add_words(&argv, gvisor) < 0) ||
	    add_words(&argv, verb) < 0 || option_list_add(&argv, NULL) < 0)
		r = err_oom(err);
	else
		r = start_runtime(c, argv.items, &stdio, err);
	option_list_done(&argv);
	relay_close_ends(&c->relay);
	return r;
}

static int read_pid(struct container *c, struct err *err)
{
	_cleanup_close_ int fd = open(c->holdings->work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (root_file_read(&text, &len, fd, "pid", 64) == 0)
		c->pid = (pid_t)strtol(text, NULL, 10);
	return c->pid > 1 ? 0
			  : err_set(err, EIO, "%s did not say the container's process", c->runtime);
}

/* gVisor says that the first program was started, and not which file that is: what it will find before anything has run. */
static void find_program(struct container *c)
{
	_cleanup_close_ int root = container_open_root(c);
	const char *cwd = c->options->workdir ? c->options->workdir : c->image.config.workdir;

	if (root < 0 ||
	    root_program(c->program, root, c->args.items[0], cwd ? cwd : "/", c->env.items) < 0)
		*c->program = '\0';
}

int container_create(struct container *c, struct err *err)
{
	struct user user;
	int r = choose_runtime(c, err);

	if (r == 0)
		r = find_root(c, err);
	if (r == 0)
		r = fill_process(c, err);
	if (r == 0)
		r = find_user(c, &user, err);
	if (r == 0)
		r = mount_root(c, err);
	if (r == 0)
		r = write_config(c, &user, err);
	if (r == 0)
		r = run_create(c, err);
	if (r == 0 && c->sink)
		find_program(c);
	return r < 0 ? r : read_pid(c, err);
}

int container_open_root(const struct container *c)
{
	char rootfs[PATH_MAX];
	int fd =
	    below(rootfs, c, "rootfs") < 0 ? -1 : open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int container_start(struct container *c, struct err *err)
{
	char state[PATH_MAX], log[PATH_MAX];
	const char *const rest[] = { "start", c->holdings->cgroup, NULL };
	const char *const argv[] = { c->runtime,
				     "--root",
				     state,
				     "--log",
				     log,
				     c->sink ? network_of(c) : rest[0],
				     c->sink ? rest[0] : rest[1],
				     c->sink ? rest[1] : NULL,
				     NULL };
	int r;

	if (below(state, c, "state") < 0 || below(log, c, "log") < 0)
		return err_sys(err, ENAMETOOLONG, "'%s'", c->holdings->work_dir);
	relay_begin(&c->relay);
	r = helper_run(c->helpers, argv, NULL, 0, err);
	return r < 0 ? explain_failure(c, r, err) : 0;
}

void container_done(struct container *c)
{
	relay_done(&c->relay);
	image_cache_done(&c->image);
	strings_done(&c->args);
	strings_done(&c->env);
}
