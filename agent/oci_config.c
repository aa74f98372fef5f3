// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* oci_config.c — the configuration of the container. */
#include "agent/oci_config.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const baseline[] = { "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",
					"CAP_SETUID", "CAP_SETGID",       "CAP_NET_BIND_SERVICE",
					"CAP_KILL" };

static const char *const masked[] = {
	"/proc/acpi",        "/proc/asound",        "/proc/kcore",
	"/proc/keys",        "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug",   "/proc/scsi",
	"/proc/kallsyms",    "/proc/interrupts",    "/sys/firmware",
	"/sys/kernel",       "/sys/fs/bpf",         "/sys/devices/virtual/powercap",
};

static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					"/proc/sysrq-trigger" };

struct mount {
	const char *target, *type, *source, *options[8];
};

static const struct mount mounts[] = {
	{ "/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=64k" } },
	{ "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=64m" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
};

static void emit_list(struct text *out, const char *key, const char *const *items, size_t count)
{
	emit_open(out, key, '[');
	for (size_t i = 0; i < count && items[i]; i++)
		emit_string(out, NULL, items[i]);
	emit_close(out, ']');
}

static void emit_rlimit(struct text *out, const char *type, uint64_t value)
{
	emit_open(out, NULL, '{');
	emit_string(out, "type", type);
	emit_u64(out, "hard", value);
	emit_u64(out, "soft", value);
	emit_close(out, '}');
}

static void emit_user(struct text *out, const struct user *user)
{
	emit_open(out, "user", '{');
	emit_u64(out, "uid", user->uid);
	emit_u64(out, "gid", user->gid);
	emit_open(out, "additionalGids", '[');
	for (size_t i = 0; i < user->group_count; i++)
		emit_u64(out, NULL, user->groups[i]);
	emit_close(out, ']');
	emit_close(out, '}');
}

static void emit_process(struct text *out, const struct oci_config *c)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };

	emit_open(out, "process", '{');
	emit_bool(out, "terminal", false);
	emit_user(out, c->user);
	emit_list(out, "args", (const char *const *)c->args, SIZE_MAX);
	emit_list(out, "env", (const char *const *)c->env, SIZE_MAX);
	emit_string(out, "cwd", c->cwd);
	emit_open(out, "capabilities", '{');
	for (size_t i = 0; i < COUNT(sets); i++)
		emit_list(out, sets[i], baseline, c->capabilities ? COUNT(baseline) : 0);
	emit_close(out, '}');
	emit_open(out, "rlimits", '[');
	emit_rlimit(out, "RLIMIT_NOFILE", c->files);
	emit_rlimit(out, "RLIMIT_CORE", 0);
	emit_rlimit(out, "RLIMIT_FSIZE", c->file_bytes);
	emit_close(out, ']');
	emit_bool(out, "noNewPrivileges", true);
	emit_close(out, '}');
}

static void emit_mount(struct text *out, const struct mount *mount)
{
	emit_open(out, NULL, '{');
	emit_string(out, "destination", mount->target);
	emit_string(out, "type", mount->type);
	emit_string(out, "source", mount->source);
	emit_list(out, "options", mount->options, COUNT(mount->options));
	emit_close(out, '}');
}

static void emit_mounts(struct text *out, const struct oci_config *c)
{
	emit_open(out, "mounts", '[');
	for (size_t i = 0; i < COUNT(mounts); i++)
		emit_mount(out, &mounts[i]);
	for (size_t i = 0; i < c->bind_count; i++)
		emit_mount(out, &(struct mount){ c->binds[i].target,
						 "bind",
						 c->binds[i].source,
						 { "bind", "ro", "nosuid", "nodev", "noexec" } });
	for (size_t i = 0; i < c->scratch_count; i++)
		emit_mount(out, &(struct mount){ c->scratch[i],
						 "tmpfs",
						 "tmpfs",
						 { "nosuid", "nodev", "mode=1777", "size=256m" } });
	emit_close(out, ']');
}

static void emit_resources(struct text *out, const struct oci_config *c)
{
	emit_open(out, "resources", '{');
	emit_open(out, "devices", '[');
	emit_open(out, NULL, '{');
	emit_bool(out, "allow", false);
	emit_string(out, "access", "rwm");
	emit_close(out, '}');
	emit_close(out, ']');
	emit_open(out, "memory", '{');
	emit_u64(out, "limit", c->memory_bytes);
	if (c->limit_swap)
		emit_u64(out, "swap", c->memory_bytes);
	emit_close(out, '}');
	emit_open(out, "pids", '{');
	emit_u64(out, "limit", c->pids);
	emit_close(out, '}');
	emit_close(out, '}');
}

static void emit_linux(struct text *out, const struct oci_config *c)
{
	static const char *const namespaces[] = {
		"pid", "ipc", "uts", "mount", "cgroup", "network"
	};

	emit_open(out, "linux", '{');
	emit_open(out, "namespaces", '[');
	for (size_t i = 0; i < COUNT(namespaces) - (c->host_network ? 1 : 0); i++) {
		emit_open(out, NULL, '{');
		emit_string(out, "type", namespaces[i]);
		emit_close(out, '}');
	}
	emit_close(out, ']');
	emit_string(out, "cgroupsPath", c->cgroup);
	if (!c->host_network) {
		/* A service of an ordinary user may have port 80, as it has under other engines. */
		emit_open(out, "sysctl", '{');
		emit_string(out, "net.ipv4.ip_unprivileged_port_start", "0");
		emit_close(out, '}');
	}
	emit_resources(out, c);
	emit_list(out, "maskedPaths", masked, COUNT(masked));
	emit_list(out, "readonlyPaths", readonly, COUNT(readonly));
	if (c->seccomp)
		oci_seccomp_emit(out);
	emit_close(out, '}');
}

void oci_config_emit(struct text *out, const struct oci_config *c)
{
	emit_open(out, NULL, '{');
	emit_string(out, "ociVersion", "1.0.2");
	emit_process(out, c);
	emit_open(out, "root", '{');
	emit_string(out, "path", "rootfs");
	emit_bool(out, "readonly", c->readonly);
	emit_close(out, '}');
	emit_string(out, "hostname", "vexxy");
	emit_mounts(out, c);
	emit_linux(out, c);
	emit_close(out, '}');
}
