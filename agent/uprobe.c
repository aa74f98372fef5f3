// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* uprobe.c — one program at many places of one file. */
#include "agent/uprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel writes: on x86 a breakpoint is one byte, on arm64 it is an instruction (UPROBES_BRK_IMM). */
#if defined(__aarch64__)
#define BREAKPOINT_BYTES 4
static const unsigned char breakpoint[BREAKPOINT_BYTES] = { 0xa0, 0x00, 0x20, 0xd4 };
#else
#define BREAKPOINT_BYTES 1
static const unsigned char breakpoint[BREAKPOINT_BYTES] = { 0xcc };
#endif
#define VIEW_BYTES (64u << 10)
#define PREFIXES_MAX 4u

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

/*
 * On x86 prefixes of a segment (the first of notrack is one) and lock: is_prefix_bad in the kernel's arch/x86/kernel/uprobes.c.
 * They may follow others. On arm64 nothing begins a function that is refused.
 */
static bool is_doubtful(const unsigned char *bytes, size_t len)
{
#if defined(__x86_64__)
	for (size_t i = 0; i < len && memchr("\x66\x67\xf2\xf3\x26\x2e\x36\x3e\xf0", bytes[i], 9);
	     i++)
		if (memchr("\x26\x2e\x36\x3e\xf0", bytes[i], 5))
			return true;
#else
	(void)bytes, (void)len;
#endif
	return false;
}

void uprobe_doubt(bool *marks, int file_fd, const struct uprobe_sites *sites)
{
	_cleanup_free_ unsigned char *bytes = malloc(VIEW_BYTES);
	uint64_t begin = 0, end = 0;

	for (uint32_t i = 0; bytes && i < sites->count; i++) {
		uint64_t at = sites->offsets[i];
		ssize_t n;

		if (at < begin || at + PREFIXES_MAX > end) {
			n = pread(file_fd, bytes, VIEW_BYTES, (off_t)at);
			begin = at;
			end = at + (n > 0 ? (uint64_t)n : 0);
		}
		if (at < end)
			marks[i] = is_doubtful(bytes + (at - begin),
					       end - at < PREFIXES_MAX ? end - at : PREFIXES_MAX);
	}
}

/* Two views of the same part of a file: what the file has, and what a memory has of it. */
struct views {
	int file_fd, memory_fd;
	const struct code_mapping *mapping;
	uint64_t begin, end; /* of the part that is here */
	unsigned char file[VIEW_BYTES], memory[VIEW_BYTES];
};

/* Brings the part that begins at the offset here, as far as it is mapped. */
static int views_move(struct views *v, uint64_t offset)
{
	const struct code_mapping *m = v->mapping;
	uint64_t left = m->offset + (m->end - m->start) - offset;
	size_t want = left < VIEW_BYTES ? left : VIEW_BYTES;
	ssize_t n = pread(v->file_fd, v->file, want, (off_t)offset);

	if (n > 0)
		n = pread(v->memory_fd, v->memory, (size_t)n,
			  (off_t)(m->start + (offset - m->offset)));
	if (n < 0)
		return -errno;
	v->begin = offset;
	v->end = offset + (uint64_t)n;
	return 0;
}

bool uprobe_is_within(const struct code_mapping *m, uint64_t offset)
{
	return offset >= m->offset && offset - m->offset + BREAKPOINT_BYTES <= m->end - m->start;
}

static int compare(bool *marks, struct views *v, const struct uprobe_sites *sites)
{
	for (uint32_t i = 0; i < sites->count; i++) {
		uint64_t at = sites->offsets[i];
		int r = 0;

		if (marks[i] || !uprobe_is_within(v->mapping, at))
			continue;
		if (at < v->begin || at + BREAKPOINT_BYTES > v->end)
			r = views_move(v, at);
		if (r < 0)
			return r;
		if (at + BREAKPOINT_BYTES > v->end)
			continue;
		at -= v->begin;
		marks[i] = memcmp(v->memory + at, v->file + at, BREAKPOINT_BYTES) != 0 &&
			   !memcmp(v->memory + at, breakpoint, BREAKPOINT_BYTES);
	}
	return 0;
}

int uprobe_confirm(bool *marks, int file_fd, const struct uprobe_sites *sites,
		   const struct code_mapping *mapping)
{
	_cleanup_free_ struct views *views = calloc(1, sizeof(*views));
	_cleanup_close_ int memory = -1;
	char path[40];

	if (!views)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/%d/mem", mapping->pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (memory < 0)
		return -errno;
	views->file_fd = file_fd;
	views->memory_fd = memory;
	views->mapping = mapping;
	return compare(marks, views, sites);
}

int uprobe_confirm_here(bool *marks, int file_fd, const struct uprobe_sites *sites)
{
	struct code_mapping mapping = { .pid = getpid() };
	uint64_t end = 0;
	void *map;
	int r;

	for (uint32_t i = 0; i < sites->count; i++)
		if (sites->offsets[i] >= end)
			end = sites->offsets[i] + BREAKPOINT_BYTES;
	map = mmap(NULL, end, PROT_READ, MAP_PRIVATE, file_fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	mapping.start = (uintptr_t)map;
	mapping.end = mapping.start + end;
	r = uprobe_confirm(marks, file_fd, sites, &mapping);
	munmap(map, end);
	return r;
}

int uprobe_check(bool *marks, int program_fd, int file_fd, const struct uprobe_sites *sites)
{
	_cleanup_close_ int link = attach(program_fd, file_fd, sites, getpid());
	int r;

	if (link < 0)
		return take_fd(&link);
	r = uprobe_confirm_here(marks, file_fd, sites);
	return r < 0 ? r : take_fd(&link);
}
