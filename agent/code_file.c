// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* code_file.c — the file behind a mapping of a process. */
#include "agent/code_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_BYTES_MAX (PATH_MAX + 256)

struct mapping {
	uint64_t start, end, offset;
	bool exec;
	char *path; /* within the line; "": none */
};

/* Of a line of /proc/PID/maps. */
static int mapping_parse(struct mapping *ret, char *line)
{
	char rights[5] = "";
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*u %n", &ret->start,
		   &ret->end, rights, &ret->offset, &at) < 4 ||
	    !at)
		return -EINVAL;
	ret->exec = rights[2] == 'x';
	ret->path = line + at;
	ret->path[strcspn(ret->path, "\n")] = '\0';
	return 0;
}

static FILE *open_maps(pid_t pid)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re");
}

static int open_link(const char *link)
{
	_cleanup_close_ int found = open(link, O_PATH | O_CLOEXEC);
	struct stat st;
	char self[40];
	int fd;

	/* O_PATH first: opening a device may already do something. */
	if (found < 0 || fstat(found, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int open_mapping(pid_t pid, const struct mapping *m)
{
	char link[96];

	snprintf(link, sizeof(link), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, m->start,
		 m->end);
	return open_link(link);
}

/* With what is mapped there. */
static int take_mapping(struct code_mapping *ret, pid_t pid, const struct mapping *m)
{
	int fd = open_mapping(pid, m);

	if (fd >= 0)
		*ret = (struct code_mapping){ pid, m->start, m->end, m->offset };
	return fd;
}

int code_file_open(struct code_mapping *ret, pid_t pid, uint64_t address)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	char line[LINE_BYTES_MAX];
	struct mapping m;

	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps))
		if (mapping_parse(&m, line) == 0 && address >= m.start && address < m.end)
			return take_mapping(ret, pid, &m);
	return -ENOENT;
}

int code_file_next(struct code_mapping *ret, char **ret_path, pid_t pid, uint64_t *address,
		   uint64_t end)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	_cleanup_free_ char *path = NULL;
	char line[LINE_BYTES_MAX];
	struct mapping m;
	int fd;

	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps)) {
		if (mapping_parse(&m, line) < 0 || m.end <= *address || m.start >= end || !m.exec ||
		    m.path[0] != '/')
			continue;
		*address = m.end;
		path = strdup(m.path);
		fd = path ? take_mapping(ret, pid, &m) : -ENOMEM;
		if (fd >= 0)
			*ret_path = take_ptr(path);
		return fd;
	}
	return -ENOENT;
}

/* Notes for each address what lies there; what is not found stays empty. */
static void emit_known(char (*names)[LINE_BYTES_MAX], FILE *maps, const uint64_t *addresses,
		       size_t count)
{
	char line[LINE_BYTES_MAX];
	struct mapping m;

	while (fgets(line, sizeof(line), maps)) {
		if (mapping_parse(&m, line) < 0 || m.path[0] != '/')
			continue;
		for (size_t i = 0; i < count; i++)
			if (addresses[i] >= m.start && addresses[i] < m.end)
				snprintf(names[i], sizeof(names[i]), "%s+0x%" PRIx64, m.path,
					 addresses[i] - m.start + m.offset);
	}
}

void code_file_emit_stack(struct text *out, pid_t pid, const uint64_t *addresses, size_t count)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	_cleanup_free_ char(*names)[LINE_BYTES_MAX] = calloc(count + 1, sizeof(*names));
	char number[24];

	if (!names || !maps || !count)
		return;
	emit_known(names, maps, addresses, count);
	emit_open(out, "stack", '[');
	for (size_t i = 0; i < count; i++) {
		snprintf(number, sizeof(number), "0x%" PRIx64, addresses[i]);
		emit_string(out, NULL, names[i][0] ? names[i] : number);
	}
	emit_close(out, ']');
}
