// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbols_debug_file.c — symbols that stand in a file of their own, found by build-id or by the link to it. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "analyzer/debug_link.h"
#include "analyzer/elf_note.h"
#include "analyzer/symbols_build.h"

/* A regular file below the directory. Links may lead about in it, as Fedora's do, but not out of it. */
static int open_below(const char *dir, const char *path)
{
	_cleanup_close_ int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (root < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? take_fd(&fd) : -EINVAL;
}

/* Only of the same build: any other's addresses are those of other code. */
static int add_debug_file(struct symbols_build *build, int fd, struct err *err)
{
	struct elf_file file;
	const char *id = NULL;
	int r = elffile_open_debug(&file, fd, build->table->arena, err);

	if (r >= 0 && elfnote_build_id(&id, &file, build->table->arena) < 0)
		r = err_oom(err);
	if (r < 0)
		return r;
	if (!id || strcmp(id, build->table->build_id))
		return err_set(err, ESTALE, "its build-id is %s, not %s", id ? id : "missing",
			       build->table->build_id);
	return symbols_add_companion(build, fd, SYMBOL_DEBUG_FILE, err);
}

static int add_by_build_id(struct symbols_build *build, bool *found, const char *const *dirs,
			   size_t dir_count, struct err *err)
{
	const char *id = build->table->build_id;
	const char *path;
	int r = 0;

	if (!id || strlen(id) < 4)
		return 0;
	path = arena_printf(build->table->arena, ".build-id/%.2s/%s.debug", id, id + 2);
	if (!path)
		return err_oom(err);
	for (size_t i = 0; i < dir_count; i++) {
		_cleanup_close_ int fd = open_below(dirs[i], path);

		if (fd < 0)
			continue;
		r = add_debug_file(build, fd, err);
		if (r >= 0) {
			*found = true;
			return 0;
		}
		err_prefix(err, r, "%s",
			   path); /* the report does not say where data of others lay */
	}
	return r;
}

/* A file of that name alone says nothing: its content must be what the link was made for. */
static int add_linked(struct symbols_build *build, int fd, const char *name, uint32_t want,
		      struct err *err)
{
	uint32_t crc = 0;
	int r = debug_link_crc(&crc, fd);

	if (r < 0)
		return err_sys(err, -r, "%s", name);
	if (crc != want)
		return err_set(err, ESTALE, "%s: its checksum is %08x, not %08x", name, crc, want);
	r = symbols_add_companion(build, fd, SYMBOL_DEBUG_FILE, err);
	return r < 0 ? err_prefix(err, r, "%s", name) : 0;
}

static int add_by_link(struct symbols_build *build, const char *const *dirs, size_t dir_count,
		       struct err *err)
{
	static const char *const places[] = { "", ".debug/" };
	const struct elf_file *file = &build->table->file;
	char name[DEBUG_LINK_MAX], path[DEBUG_LINK_MAX + 16];
	uint32_t crc;
	int r = 0;

	if (!debug_link_read(file, name, &crc))
		return 0;
	for (size_t i = 0; i < 2 * dir_count; i++) {
		_cleanup_close_ int fd = -1;

		snprintf(path, sizeof(path), "%s%s", places[i % 2], name);
		fd = open_below(dirs[i / 2], path);
		if (fd < 0)
			continue;
		r = add_linked(build, fd, path, crc, err);
		if (r >= 0)
			return 0;
	}
	return r;
}

int symbols_add_debug_file(struct symbols_build *build, const char *const *dirs, size_t dir_count,
			   struct err *err)
{
	bool found = false;
	int r = add_by_build_id(build, &found, dirs, dir_count, err);

	return r < 0 || found ? r : add_by_link(build, dirs, dir_count, err);
}
