// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* leftovers.c — processes of a job that are still there. */
#include "server/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "server/clock.h"

#define ENVIRON_BYTES_MAX 65536
#define FOUND_MAX 256
#define ASK_MS 12000

struct found {
	pid_t pid, parent;
};

static size_t slurp(char *ret, size_t max, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	while (fd >= 0 && len < max && (n = read(fd, ret + len, max - len)) > 0)
		len += (size_t)n;
	return len;
}

static bool has_variable(const char *text, size_t len, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (const char *at = text; at < text + len;
	     at += strnlen(at, (size_t)(text + len - at)) + 1)
		if (!strncmp(at, name, n) && at[n] == '=' && (!value || !strcmp(at + n + 1, value)))
			return true;
	return false;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	const char *at;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	len = slurp(text, sizeof(text) - 1, path);
	text[len] = '\0';
	at = strrchr(text, ')');
	return at && at[1] && at[2] ? (pid_t)strtol(at + 4, NULL, 10) : 0;
}

static size_t find(struct found *found, const char *name, const char *value)
{
	_cleanup_free_ char *text = malloc(ENVIRON_BYTES_MAX + 1);
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0, len;
	char path[64];

	while (text && proc && (entry = readdir(proc)) && count < FOUND_MAX) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%d/environ", pid);
		len = slurp(text, ENVIRON_BYTES_MAX, path);
		text[len] = '\0';
		if (len && has_variable(text, len, name, value))
			found[count++] = (struct found){ pid, parent_of(pid) };
	}
	if (proc)
		closedir(proc);
	return count;
}

/* Not those whose parent is one of them: a guardian does its work when its parent is gone. */
static void signal_first(const struct found *found, size_t count, int signal)
{
	for (size_t i = 0; i < count; i++) {
		bool is_child = false;

		for (size_t k = 0; k < count; k++)
			is_child |= found[k].pid == found[i].parent;
		if (!is_child)
			kill(found[i].pid, signal);
	}
}

int leftovers_end(const char *name, const char *value, int64_t timeout_ms, struct err *err)
{
	int64_t begun = clock_steady_ms(), now = begun;
	struct found found[FOUND_MAX];
	bool asked = false, killed = false;
	size_t count;

	while ((count = find(found, name, value)) &&
	       (now = clock_steady_ms()) - begun < timeout_ms) {
		if (!asked || (now - begun > ASK_MS && !killed)) {
			signal_first(found, count, asked ? SIGKILL : SIGTERM);
			killed = asked;
			asked = true;
		}
		usleep(50000);
	}
	return count ? err_set(err, EBUSY, "%zu processes of the job will not end", count) : 0;
}
