// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* root_program.c — which file below a root a name means. */
#include "agent/root_program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/root_file.h"

/* What the kernel reads of a file to see how to run it (BINPRM_BUF_SIZE). */
#define FIRST_BYTES 256

static int path_of(char ret[PATH_MAX], int fd)
{
	char self[40];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, ret, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return n < PATH_MAX - 1 ? 0 : -ENAMETOOLONG;
}

int root_path(char ret[PATH_MAX], int root_fd, const char *path)
{
	_cleanup_close_ int fd = root_file_find(root_fd, path);
	char root[PATH_MAX], whole[PATH_MAX];
	size_t len;
	int r;

	if (fd < 0)
		return fd;
	r = path_of(root, root_fd);
	if (r == 0)
		r = path_of(whole, fd);
	if (r < 0)
		return r;
	len = strcmp(root, "/") ? strlen(root) : 0;
	if (strncmp(whole, root, len) != 0 || whole[len] != '/')
		return -EXDEV;
	memcpy(ret, whole + len, strlen(whole + len) + 1);
	return 0;
}

static int in_dir(char ret[PATH_MAX], int root_fd, const char *dir, size_t dir_len,
		  const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%.*s/%s", (int)dir_len, dir, name);

	return n < PATH_MAX ? root_path(ret, root_fd, path) : -ENAMETOOLONG;
}

/* exec passes over the others when it looks along PATH. */
static bool is_program(int root_fd, const char *path)
{
	_cleanup_close_ int fd = root_file_find(root_fd, path);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111;
}

int root_program(char ret[PATH_MAX], int root_fd, const char *word, const char *cwd,
		 char *const *env)
{
	const char *path = "";
	int r = -ENOENT;

	if (strchr(word, '/'))
		return *word == '/' ? root_path(ret, root_fd, word)
				    : in_dir(ret, root_fd, cwd, strlen(cwd), word);
	for (; env && *env; env++)
		if (!strncmp(*env, "PATH=", 5))
			path = *env + 5;
	for (size_t n; r < 0 && *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		r = in_dir(ret, root_fd, path, n, word);
		if (r == 0 && !is_program(root_fd, ret))
			r = -EACCES;
	}
	return r;
}

int root_script(char ret[PATH_MAX], int root_fd, const char *path)
{
	struct stat st;
	_cleanup_close_ int fd = root_file_open(root_fd, path, &st);
	char first[FIRST_BYTES + 1], *word;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, first, FIRST_BYTES, 0);
	if (n < 0)
		return -errno;
	first[n] = '\0';
	if (strncmp(first, "#!", 2) != 0)
		return 0;
	word = first + 2 + strspn(first + 2, " \t");
	word[strcspn(word, " \t\n")] = '\0';
	if (!*word)
		return -ENOEXEC;
	memcpy(ret, word, strlen(word) + 1);
	return 1;
}
