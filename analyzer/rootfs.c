// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rootfs.c — the merged root of an image, read without ever leaving it. */
#include "analyzer/rootfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "include/array.h"

struct rootfs {
	int fd;
	char path[PATH_MAX]; /* as the kernel names it; empty for "/" */
};

static int open_in(const struct rootfs *root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};
	int fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* The name the kernel knows an open file by. -ENAMETOOLONG when it does not fit a page. */
static int fd_path(int fd, char ret[static PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, PATH_MAX);
	if (n < 0)
		return -errno;
	if (n >= PATH_MAX || ret[0] != '/')
		return -ENAMETOOLONG;
	ret[n] = '\0';
	return 0;
}

int rootfs_open(struct rootfs **ret, const char *path, struct err *err)
{
	_cleanup_(rootfs_closep) struct rootfs *root = calloc(1, sizeof(*root));
	int r;

	if (!root)
		return err_oom(err);
	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd < 0)
		return err_sys(err, errno, "root directory '%s'", path);
	r = open_in(root, ".", O_PATH, 0);
	if (r < 0)
		return err_sys(err, -r,
			       "root directory '%s': openat2 (Linux 5.6 or newer is needed)", path);
	close(r);
	r = fd_path(root->fd, root->path);
	if (r < 0)
		return err_sys(err, -r, "root directory '%s': its own name (is /proc mounted?)",
			       path);
	if (!strcmp(root->path, "/"))
		root->path[0] = '\0';
	*ret = take_ptr(root);
	return 0;
}

void rootfs_close(struct rootfs *root)
{
	if (!root)
		return;
	if (root->fd >= 0)
		close(root->fd);
	free(root);
}

int rootfs_open_file(struct rootfs *root, const char *path)
{
	_cleanup_close_ int found = open_in(root, path, O_PATH, 0);
	char link[32];
	struct stat st;
	int fd;

	if (found < 0)
		return found;
	if (fstat(found, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	/* By the descriptor, so that what was looked at is what is opened. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int read_whole(int fd, char *to, size_t size, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = pread(fd, to + len, size - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

int rootfs_read(struct rootfs *root, const char *path, size_t max, struct arena *arena, char **ret,
		size_t *ret_len, struct err *err)
{
	_cleanup_close_ int fd = rootfs_open_file(root, path);
	struct stat st;
	char *text;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return -ENOENT;
	if (fd == -EINVAL)
		return err_set(err, EINVAL, "'%s' is not a regular file", path);
	if (fd < 0)
		return err_sys(err, -fd, "'%s'", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return err_set(err, EFBIG, "'%s' has %jd bytes, at most %zu are read", path,
			       (intmax_t)st.st_size, max);
	text = arena_alloc(arena, (size_t)st.st_size + 1);
	if (!text)
		return err_oom(err);
	r = read_whole(fd, text, (size_t)st.st_size, ret_len);
	if (r < 0)
		return err_sys(err, -r, "'%s'", path);
	*ret = text;
	return 0;
}

int rootfs_canonical(struct rootfs *root, const char *path, struct arena *arena, char **ret)
{
	_cleanup_close_ int fd = open_in(root, path, O_PATH, 0);
	size_t skip = strlen(root->path);
	char name[PATH_MAX];
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = fd_path(fd, name);
	if (r < 0)
		return r;
	/* The kernel appends " (deleted)" to a name that is gone, and moves a renamed root. */
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!st.st_nlink || strncmp(name, root->path, skip) || (name[skip] && name[skip] != '/'))
		return -ESTALE;
	*ret = arena_strdup(arena, name[skip] ? name + skip : "/");
	return *ret ? 0 : -ENOMEM;
}

int rootfs_lstat(struct rootfs *root, const char *path, struct stat *ret)
{
	_cleanup_close_ int fd = open_in(root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

/* One directory being walked: its names, and how many were visited. */
struct level {
	char **names;
	size_t count, capacity, next;
	size_t path_len; /* of the directory, without a slash at the end */
};

struct walk {
	struct rootfs *root;
	dev_t dev; /* of the root itself */
	size_t total;
	char *path; /* of the entry at hand */
	size_t path_capacity;
	struct level levels[ROOTFS_DEPTH_MAX];
	size_t depth;
};

static void level_done(struct level *level)
{
	for (size_t i = 0; i < level->count; i++)
		free(level->names[i]);
	free(level->names);
	*level = (struct level){};
}

static void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	for (size_t i = 0; i < walk->depth; i++)
		level_done(&walk->levels[i]);
	free(walk->path);
	free(walk);
}
DEFINE_CLEANUP(struct walk *, walk_free)

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Reads the directory at walk->path into the next level. < 0: it cannot be read. */
static int walk_enter(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth];
	_cleanup_close_ int fd = open_in(walk->root, *walk->path ? walk->path : "/",
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
	_cleanup_(close_dir) DIR *dir = NULL;
	struct dirent *entry;
	char **slot;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	take_fd(&fd);
	walk->depth++; /* from here on walk_free releases the level */
	level->path_len = strlen(walk->path);
	while (errno = 0, (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (++walk->total > ROOTFS_FILES_MAX)
			return -E2BIG;
		slot = array_add(level->names, level->count, level->capacity);
		if (!slot)
			return -ENOMEM;
		*slot = strdup(entry->d_name);
		if (!*slot)
			return -ENOMEM;
	}
	if (errno)
		return -errno;
	array_sort(level->names, level->count, sizeof(*level->names), name_order);
	return 0;
}

/* Puts the next name of the level behind its directory in walk->path. */
static int walk_name(struct walk *walk, struct level *level)
{
	const char *name = level->names[level->next++];
	size_t need = level->path_len + strlen(name) + 2;
	char *grown;

	if (need > walk->path_capacity) {
		grown = realloc(walk->path, need + PATH_MAX);
		if (!grown)
			return -ENOMEM;
		walk->path = grown;
		walk->path_capacity = need + PATH_MAX;
	}
	walk->path[level->path_len] = '/';
	memcpy(walk->path + level->path_len + 1, name, strlen(name) + 1);
	return 0;
}

static bool is_kernel_mount(const struct walk *walk, const struct rootfs_entry *entry)
{
	return entry->st.st_dev != walk->dev &&
	       (!strcmp(entry->path, "/proc") || !strcmp(entry->path, "/sys") ||
		!strcmp(entry->path, "/dev"));
}

/* Fills the entry for walk->path and enters it when it is a directory. O_NOFOLLOW still opens a link at the end. */
static int walk_look(struct walk *walk, struct rootfs_entry *entry, char target[static PATH_MAX])
{
	_cleanup_close_ int fd =
	    open_in(walk->root, walk->path, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
	size_t depth = walk->depth;
	ssize_t n;
	int r;

	entry->path = walk->path;
	if (fd < 0) {
		entry->error = -fd;
		return fd == -ENOMEM || fd == -EMFILE || fd == -ENFILE ? fd : 0;
	}
	if (fstat(fd, &entry->st) < 0)
		return -errno;
	if (S_ISLNK(entry->st.st_mode)) {
		n = readlinkat(fd, "", target, PATH_MAX - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		entry->target = target;
	}
	if (!S_ISDIR(entry->st.st_mode))
		return 0;
	if (is_kernel_mount(walk, entry)) {
		entry->error = EXDEV;
		return 0;
	}
	if (walk->depth == ROOTFS_DEPTH_MAX) {
		entry->error = ENAMETOOLONG;
		return 0;
	}
	r = walk_enter(walk);
	if (r == -E2BIG || r == -ENOMEM)
		return r;
	if (r < 0) {
		entry->error = -r;
		if (walk->depth > depth)
			level_done(&walk->levels[--walk->depth]);
	}
	return 0;
}

static int walk_fault(struct walk *walk, int r, struct err *err)
{
	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %u files, looked at up to '%s'",
			       ROOTFS_FILES_MAX, walk->path);
	return err_sys(err, -r, "'%s'", *walk->path ? walk->path : "/");
}

int rootfs_walk(struct rootfs *root, rootfs_visit_fn visit, void *ctx, struct err *err)
{
	_cleanup_(walk_freep) struct walk *walk = calloc(1, sizeof(*walk));
	char target[PATH_MAX];
	struct stat st;
	int r;

	if (!walk)
		return err_oom(err);
	walk->root = root;
	walk->path = calloc(1, PATH_MAX);
	walk->path_capacity = PATH_MAX;
	if (!walk->path)
		return err_oom(err);
	if (fstat(root->fd, &st) < 0)
		return err_sys(err, errno, "'/'");
	walk->dev = st.st_dev;
	r = walk_enter(walk);
	if (r < 0)
		return walk_fault(walk, r, err);
	while (walk->depth) {
		struct level *level = &walk->levels[walk->depth - 1];
		struct rootfs_entry entry = {};

		if (level->next == level->count) {
			level_done(level);
			walk->depth--;
			continue;
		}
		r = walk_name(walk, level);
		if (r >= 0)
			r = walk_look(walk, &entry, target);
		if (r < 0)
			return walk_fault(walk, r, err);
		r = visit(ctx, &entry);
		if (r < 0)
			return r;
	}
	return 0;
}
