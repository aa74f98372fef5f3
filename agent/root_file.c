// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* root_file.c — files below a root that somebody else made. */
#include "agent/root_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

int root_file_find(int root_fd, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* What is there for the asking: we may ask more than the one who put a link to it. */
static bool is_of_kernel(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC;
}

int root_file_open(int root_fd, const char *path, struct stat *ret)
{
	/* O_PATH first: opening a device or a FIFO may already do something. */
	_cleanup_close_ int found = root_file_find(root_fd, path);
	char self[40];
	int fd;

	if (found < 0)
		return found;
	if (fstat(found, ret) < 0)
		return -errno;
	if (!S_ISREG(ret->st_mode) || is_of_kernel(found))
		return -EINVAL;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int root_file_read(char **ret, size_t *ret_len, int root_fd, const char *path, size_t max)
{
	struct stat st;
	_cleanup_close_ int fd = root_file_open(root_fd, path, &st);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (len < (size_t)st.st_size && n > 0) {
		n = read(fd, text + len, (size_t)st.st_size - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}
