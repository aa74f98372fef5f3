// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* uprobe.c — one program at many places of one file. */
#include "agent/uprobe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is compared: on x86 a breakpoint is one byte and may have a neighbour, on arm64 it is an instruction. */
#if defined(__x86_64__)
#define BREAKPOINT_BYTES 1
#else
#define BREAKPOINT_BYTES 4
#endif

/* link_create of union bpf_attr for uprobe_multi, as in the kernel's include/uapi/linux/bpf.h since 6.6. */
struct link_create {
	uint32_t program_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_counters, cookies;
	uint32_t count, multi_flags;
	uint32_t pid;
};
#define LINK_CREATE_BYTES 60 /* without the padding at the end */

static int link_create(struct link_create *attr)
{
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, attr, LINK_CREATE_BYTES);
}

static int attach(int program_fd, int file_fd, const struct uprobe_sites *sites, pid_t only)
{
	char path[40];
	struct link_create attr = { .program_fd = (uint32_t)program_fd,
				    .attach_type = UPROBE_ATTACH_TYPE,
				    .path = (uintptr_t)path,
				    .offsets = (uintptr_t)sites->offsets,
				    .cookies = (uintptr_t)sites->cookies,
				    .count = sites->count,
				    .pid = (uint32_t)only };
	int fd;

	/* By way of the descriptor: it is this file, whatever is at its path by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file_fd);
	fd = link_create(&attr);
	return fd < 0 ? -errno : fd;
}

int uprobe_try(int program_fd)
{
	uint64_t offset = 0;
	struct link_create attr = { .program_fd = (uint32_t)program_fd,
				    .attach_type = UPROBE_ATTACH_TYPE,
				    .path = (uintptr_t) "/",
				    .offsets = (uintptr_t)&offset,
				    .count = 1 };
	int fd = link_create(&attr);

	/* A directory is refused as such only where everything before was understood. */
	if (fd < 0 && errno == EBADF)
		return 0;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno == EINVAL)
		errno = EOPNOTSUPP;
	return -1;
}

int uprobe_attach(int program_fd, int file_fd, const struct uprobe_sites *sites)
{
	return attach(program_fd, file_fd, sites, 0);
}

/* Marks what differs between the mapping and the file: that is where breakpoints are. */
static int compare(bool *ret, const unsigned char *map, int file_fd,
		   const struct uprobe_sites *sites)
{
	unsigned char bytes[BREAKPOINT_BYTES];

	for (uint32_t i = 0; i < sites->count; i++) {
		uint64_t at = sites->offsets[i];

		if (pread(file_fd, bytes, sizeof(bytes), (off_t)at) != (ssize_t)sizeof(bytes))
			return errno ? -errno : -EIO;
		ret[i] = memcmp(map + at, bytes, sizeof(bytes)) != 0;
	}
	return 0;
}

int uprobe_check(bool *ret_accepted, int program_fd, int file_fd, const struct uprobe_sites *sites)
{
	_cleanup_close_ int link = attach(program_fd, file_fd, sites, getpid());
	uint64_t end = 0;
	void *map;
	int r;

	if (link < 0)
		return take_fd(&link);
	for (uint32_t i = 0; i < sites->count; i++)
		if (sites->offsets[i] >= end)
			end = sites->offsets[i] + BREAKPOINT_BYTES;
	map = mmap(NULL, end, PROT_READ, MAP_PRIVATE, file_fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	errno = 0;
	r = compare(ret_accepted, map, file_fd, sites);
	munmap(map, end);
	return r < 0 ? r : take_fd(&link);
}
