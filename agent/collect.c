// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* collect.c — files of a container that the centre may lack. */
#include "agent/collect.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "agent/root_file.h"
#include "include/array.h"

#define FILES_MAX 4096
#define DIRECTORY_FILES_MAX 4096

/* Where distributions keep what they know of their packages. */
static const char *const databases[] = {
	"/etc/os-release",
	"/usr/lib/os-release",
	"/var/lib/dpkg/status",
	"/lib/apk/db/installed",
	"/usr/lib/apk/db/installed",
	"/var/lib/rpm/rpmdb.sqlite",
	"/var/lib/rpm/Packages",
	"/var/lib/rpm/Packages.db",
	"/usr/lib/sysimage/rpm/rpmdb.sqlite",
	"/usr/lib/sysimage/rpm/Packages.db",
};
static const struct {
	const char *dir, *suffix;
} directories[] = {
	{ "/var/lib/dpkg/status.d", "" },
	{ "/var/lib/dpkg/info", ".list" },
	{ "/var/lib/dpkg/info", ".md5sums" },
};

static void dir_close(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_close)

void collect_done(struct collect *collect)
{
	for (size_t i = 0; i < collect->count; i++)
		free(collect->items[i].path);
	free(collect->items);
	*collect = (struct collect){};
}

void collect_note(struct collect *collect, const struct source_event *e)
{
	uint32_t dev = e->dev_major << 20 | e->dev_minor;
	struct collected *item;

	if ((e->kind != TRACE_MAP && e->kind != TRACE_EXEC) || !e->path || e->memfd)
		return;
	for (size_t i = 0; i < collect->count; i++)
		if (collect->items[i].ino == e->ino && collect->items[i].dev == dev &&
		    (e->ino || !strcmp(collect->items[i].path, e->path)))
			return; /* gVisor does not tell which file it is */
	if (e->deleted || e->truncated || e->outside_root || collect->count == FILES_MAX) {
		collect->skipped++;
		return;
	}
	item = array_add(collect->items, collect->count, collect->capacity);
	if (item)
		*item = (struct collected){ strdup(e->path), e->ino, dev };
	if (!item || !item->path) {
		collect->count -= item != NULL;
		collect->skipped++;
	}
}

struct sending {
	struct ship_message message;
	int root_fd, socket;
	uint64_t skipped;
};

/* ino 0: whichever file is there. A path where nothing is costs nothing; one that was seen and is gone counts. */
static int send_path(struct sending *s, const char *path, uint64_t ino)
{
	struct stat st;
	_cleanup_close_ int fd = root_file_open(s->root_fd, path, &st);

	if (fd < 0 || (ino && st.st_ino != ino) || strlen(path) >= sizeof(s->message.text)) {
		s->skipped += ino || (fd < 0 && fd != -ENOENT && fd != -ENOTDIR);
		return 0;
	}
	memcpy(s->message.text, path, strlen(path) + 1);
	return ship_send(s->socket, &s->message, fd);
}

static DIR *open_directory(int root_fd, const char *path)
{
	_cleanup_close_ int found = root_file_find(root_fd, path);
	char self[40];
	DIR *dir;
	int fd;

	if (found < 0)
		return NULL;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fd = open(self, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		cleanup_close(&fd);
	return dir;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return *name != '.' && len >= end && !strcmp(name + len - end, suffix);
}

static int send_directory(struct sending *s, const char *path, const char *suffix)
{
	_cleanup_(dir_closep) DIR *dir = open_directory(s->root_fd, path);
	struct dirent *entry;
	char below[PATH_MAX];
	unsigned n = 0;
	int r = 0;

	while (r == 0 && dir && (entry = readdir(dir))) {
		if (!ends_with(entry->d_name, suffix))
			continue;
		if (++n > DIRECTORY_FILES_MAX || snprintf(below, sizeof(below), "%s/%s", path,
							  entry->d_name) >= (int)sizeof(below))
			s->skipped++;
		else
			r = send_path(s, below, 0);
	}
	return r;
}

int collect_send(struct collect *collect, int root_fd, const struct pod_member *member, int socket)
{
	struct sending s = { .message = { .kind = SHIP_FILE, .member = *member },
			     .root_fd = root_fd,
			     .socket = socket,
			     .skipped = collect->skipped };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(databases) / sizeof(*databases); i++)
		r = send_path(&s, databases[i], 0);
	for (size_t i = 0; r == 0 && i < sizeof(directories) / sizeof(*directories); i++)
		r = send_directory(&s, directories[i].dir, directories[i].suffix);
	for (size_t i = 0; r == 0 && i < collect->count; i++)
		r = send_path(&s, collect->items[i].path, collect->items[i].ino);
	s.message.kind = SHIP_FILES_END;
	s.message.skipped = s.skipped;
	s.message.text[0] = '\0';
	return r < 0 ? r : ship_send(socket, &s.message, -1);
}
