// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rebuilt.c — packages unpacked, and each file that they make paired with its debug data and the shipped one. */
#include "analyzer/rebuilt.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "include/array.h"

#include "analyzer/child.h"
#include "analyzer/digest.h"
#include "analyzer/elf_facts.h"
#include "analyzer/elf_note.h"

/* A file that is kept open while its tables are in use. */
struct opened {
	int built, shipped;
};

struct rebuilt {
	struct scratch scratch;
	struct arena *arena;
	struct rootfs *debug; /* all debug data together */
	char debug_dir[PATH_MAX];
	struct site_package package;
	struct opened *opened; /* of each file */
	size_t file_capacity, opened_count, opened_capacity;
	const char **notes, **shipped;
	size_t note_count, note_capacity, shipped_count, shipped_capacity;
};

/* What a package says of itself. */
struct control {
	const char *path, *name, *version, *arch;
};

struct controls {
	struct control *items;
	size_t count, capacity;
};

void rebuilt_close(struct rebuilt *rebuilt)
{
	struct site_package *package;

	if (!rebuilt)
		return;
	package = &rebuilt->package;
	for (size_t i = 0; i < package->file_count; i++) {
		decoder_close(package->files[i].decoder);
		dwarf_sites_free(package->files[i].dwarf);
		symbols_free(package->files[i].names);
	}
	for (size_t i = 0; i < rebuilt->opened_count; i++) {
		cleanup_close(&rebuilt->opened[i].built);
		cleanup_close(&rebuilt->opened[i].shipped);
	}
	rootfs_close(package->tree);
	rootfs_close(rebuilt->debug);
	free(package->files);
	free(rebuilt->opened);
	free(rebuilt->notes);
	free(rebuilt->shipped);
	arena_free(rebuilt->arena);
	scratch_done(&rebuilt->scratch);
	free(rebuilt);
}

const struct site_package *rebuilt_package(const struct rebuilt *rebuilt)
{
	return &rebuilt->package;
}

const char *const *rebuilt_notes(const struct rebuilt *rebuilt, size_t *ret_count)
{
	*ret_count = rebuilt->note_count;
	return rebuilt->notes;
}

const char *const *rebuilt_shipped(const struct rebuilt *rebuilt, size_t *ret_count)
{
	*ret_count = rebuilt->shipped_count;
	return rebuilt->shipped;
}

_printf_(2, 3) static int note(struct rebuilt *rebuilt, const char *fmt, ...)
{
	const char **slot = array_add(rebuilt->notes, rebuilt->note_count, rebuilt->note_capacity);
	char text[ERR_TEXT_MAX + PATH_MAX];
	va_list ap;

	if (!slot)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*slot = arena_strdup(rebuilt->arena, text);
	return *slot ? 0 : -ENOMEM;
}

static int compare_controls(const void *a, const void *b)
{
	const struct control *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->arch, y->arch);
}

/* One field of a package's control file. */
static int read_field(struct arena *arena, const char *path, const char *field, const char **ret,
		      struct err *err)
{
	const char *const argv[] = { "dpkg-deb", "-f", path, field, NULL };
	_cleanup_free_ char *out = NULL;
	int r = child_run(argv, &out, err);

	if (r < 0)
		return r;
	*ret = arena_strndup(arena, out, strcspn(out, "\n"));
	if (!*ret)
		return err_oom(err);
	if (!**ret || strchr(*ret, '/'))
		return err_set(err, EBADMSG, "'%s': field '%s' is missing or odd", path, field);
	return 0;
}

static int read_control(struct rebuilt *rebuilt, struct controls *to, const char *path,
			struct err *err)
{
	struct control *c = array_add(to->items, to->count, to->capacity);
	int r;

	if (!c)
		return err_oom(err);
	if (to->count > REBUILT_PACKAGES_MAX)
		return err_set(err, EFBIG, "more than %u packages", REBUILT_PACKAGES_MAX);
	c->path = arena_strdup(rebuilt->arena, path);
	if (!c->path)
		return err_oom(err);
	r = read_field(rebuilt->arena, path, "Package", &c->name, err);
	if (r == 0)
		r = read_field(rebuilt->arena, path, "Version", &c->version, err);
	if (r == 0)
		r = read_field(rebuilt->arena, path, "Architecture", &c->arch, err);
	return r;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* All .deb below `dir`, sorted by package; their own machine's only. */
static int read_controls(struct rebuilt *rebuilt, const char *dir, const char *sub,
			 struct controls *to, struct err *err)
{
	char place[PATH_MAX - 256], path[PATH_MAX];
	_cleanup_(cleanup_dir) DIR *d = NULL;
	struct dirent *entry;
	int r = 0;

	snprintf(place, sizeof(place), "%s/%s", dir, sub);
	d = opendir(place);
	if (!d)
		return err_sys(err, errno, "'%s'", place);
	while (r == 0 && (errno = 0, entry = readdir(d))) {
		if (!ends_with(entry->d_name, ".deb") || ends_with(entry->d_name, "_all.deb"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", place, entry->d_name);
		r = read_control(rebuilt, to, path, err);
	}
	if (r == 0 && errno)
		return err_sys(err, errno, "'%s'", place);
	array_sort(to->items, to->count, sizeof(*to->items), compare_controls);
	return r;
}

static int unpack(const char *deb, const char *to, struct err *err)
{
	const char *const argv[] = { "dpkg-deb", "-x", deb, to, NULL };

	return child_run(argv, NULL, err);
}

static bool is_debug(const struct control *c)
{
	return ends_with(c->name, "-dbgsym") || ends_with(c->name, "-dbg");
}

/* The version itself, or the same sources built again ("1.0-1+b2"). */
static bool is_build_of(const char *shipped, const char *version)
{
	size_t n = strlen(version), digits;

	if (strncmp(shipped, version, n) != 0)
		return false;
	if (!shipped[n])
		return true;
	if (strncmp(shipped + n, "+b", 2) != 0)
		return false;
	digits = strspn(shipped + n + 2, "0123456789");
	return digits && !shipped[n + 2 + digits];
}

static const struct control *find_control(const struct controls *in, const struct control *like)
{
	for (size_t i = 0; i < in->count; i++)
		if (!strcmp(in->items[i].name, like->name) &&
		    is_build_of(in->items[i].version, like->version) &&
		    !strcmp(in->items[i].arch, like->arch))
			return &in->items[i];
	return NULL;
}

/* Its DWARF: that of the file with its build-id, else its own. */
static int read_debug(struct rebuilt *rebuilt, struct site_file *file, int built, struct err *err)
{
	const char *id = file->names->build_id;
	_cleanup_close_ int fd = -1;
	struct err why = {};
	char path[PATH_MAX];
	int r;

	if (id && strlen(id) > 2) {
		snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
		fd = rootfs_open_file(rebuilt->debug, path);
	}
	r = dwarf_sites_read(&file->dwarf, fd >= 0 ? fd : built, rebuilt->debug, &why);
	if (r == -ENOMEM)
		return err_oom(err);
	if (r < 0 && note(rebuilt, "%s: '%s': %s", file->package, file->path, why.text) < 0)
		return err_oom(err);
	return 0;
}

/* The file as it is shipped, when it is the same. */
static int read_shipped(struct rebuilt *rebuilt, struct site_file *file, int built, int shipped,
			struct err *err)
{
	struct code *code = arena_alloc(rebuilt->arena, sizeof(*code));
	struct elf_facts facts = {};
	struct code own = {};
	int r;

	if (!code)
		return err_oom(err);
	r = code_read(code, shipped, rebuilt->arena, err);
	if (r == 0)
		r = code_read(&own, built, rebuilt->arena, err);
	if (r == 0)
		r = elf_equal(code, &own, &file->equality, rebuilt->arena, err);
	if (r == 0)
		r = elf_facts_read(&facts, shipped, NULL, rebuilt->arena, err);
	if (r == 0 && !facts.build_id)
		r = err_set(err, EBADE, "it has no build-id");
	if (r == 0)
		r = decoder_open(&file->decoder, code, err);
	if (r < 0)
		return r;
	file->build_id = facts.build_id;
	file->soname = facts.soname;
	file->code = code;
	return 0;
}

struct unpacked {
	struct rebuilt *rebuilt;
	const struct control *control;
	const char *version;            /* as it is shipped */
	struct rootfs *built, *shipped; /* shipped: NULL when there is none */
	struct err *err;
};

static int add_shipped(struct unpacked *in, struct site_file *file, struct opened *opened)
{
	struct err why = {};
	int r;

	opened->shipped = in->shipped ? rootfs_open_file(in->shipped, file->path) : -ENOENT;
	if (opened->shipped < 0) {
		r = note(in->rebuilt, "%s: '%s' is not shipped", file->package, file->path);
		return r < 0 ? err_oom(in->err) : 0;
	}
	r = read_shipped(in->rebuilt, file, opened->built, opened->shipped, &why);
	if (r < 0)
		r = note(in->rebuilt, "%s: '%s' is refused: %s", file->package, file->path,
			 why.text);
	return r < 0 ? err_oom(in->err) : 0;
}

/* Takes over the descriptor. */
static int add_file(struct unpacked *in, const char *path, int built)
{
	struct rebuilt *rebuilt = in->rebuilt;
	struct site_package *package = &rebuilt->package;
	const char *dirs[] = { rebuilt->debug_dir };
	struct opened *opened =
	    array_add(rebuilt->opened, rebuilt->opened_count, rebuilt->opened_capacity);
	struct site_file *file;
	int r;

	if (!opened) {
		close(built);
		return err_oom(in->err);
	}
	*opened = (struct opened){ built, -1 };
	if (package->file_count >= REBUILT_FILES_MAX)
		return err_set(in->err, EFBIG, "more than %u programs and libraries",
			       REBUILT_FILES_MAX);
	file = array_add(package->files, package->file_count, rebuilt->file_capacity);
	if (!file || !(file->path = arena_strdup(rebuilt->arena, path)))
		return err_oom(in->err);
	file->package = in->control->name;
	file->version = in->version;
	file->arch = in->control->arch;
	r = symbols_read(&file->names, built, dirs, 1, in->err);
	if (r == 0)
		r = read_debug(rebuilt, file, built, in->err);
	return r < 0 ? err_prefix(in->err, r, "'%s'", path) : add_shipped(in, file, opened);
}

static int visit(void *ctx, const struct rootfs_entry *entry)
{
	struct unpacked *in = ctx;
	_cleanup_close_ int fd = -1;
	unsigned char head[EI_NIDENT + 2] = {};
	unsigned type;

	if (!S_ISREG(entry->st.st_mode))
		return 0;
	fd = rootfs_open_file(in->built, entry->path);
	if (fd < 0)
		return err_sys(in->err, -fd, "'%s'", entry->path);
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, ELFMAG, SELFMAG))
		return 0;
	type = head[EI_DATA] == ELFDATA2MSB ? head[EI_NIDENT + 1] : head[EI_NIDENT];
	if (type != ET_DYN && type != ET_EXEC)
		return 0;
	return add_file(in, entry->path, take_fd(&fd));
}

/* Unpacks one package, and the shipped one beside it. */
static int add_package(struct rebuilt *rebuilt, const struct control *control,
		       const struct control *shipped, struct err *err)
{
	_cleanup_(rootfs_closep) struct rootfs *built_root = NULL;
	_cleanup_(rootfs_closep) struct rootfs *shipped_root = NULL;
	struct unpacked in = { .rebuilt = rebuilt,
			       .control = control,
			       .version = shipped ? shipped->version : control->version,
			       .err = err };
	char built_dir[PATH_MAX], shipped_dir[PATH_MAX];
	int r;

	snprintf(built_dir, sizeof(built_dir), "%s/built.%s", rebuilt->scratch.dir, control->name);
	snprintf(shipped_dir, sizeof(shipped_dir), "%s/shipped.%s", rebuilt->scratch.dir,
		 control->name);
	r = unpack(control->path, built_dir, err);
	if (r == 0)
		r = rootfs_open(&built_root, built_dir, err);
	if (r == 0 && shipped)
		r = unpack(shipped->path, shipped_dir, err);
	if (r == 0 && shipped)
		r = rootfs_open(&shipped_root, shipped_dir, err);
	if (r < 0)
		return r;
	in.built = built_root;
	in.shipped = shipped_root;
	return rootfs_walk(built_root, visit, &in, err);
}

static void controls_done(struct controls *controls)
{
	free(controls->items);
}

static int add_packages(struct rebuilt *rebuilt, const char *dir, struct err *err)
{
	_cleanup_(controls_done) struct controls built = {};
	_cleanup_(controls_done) struct controls shipped = {};
	char debug[PATH_MAX - 64];
	int r = read_controls(rebuilt, dir, "built", &built, err);

	if (r == 0)
		r = read_controls(rebuilt, dir, "shipped", &shipped, err);
	for (size_t i = 0; i < shipped.count && r == 0; i++) {
		const char **slot =
		    array_add(rebuilt->shipped, rebuilt->shipped_count, rebuilt->shipped_capacity);

		if (!slot)
			return err_oom(err);
		*slot = shipped.items[i].path;
	}
	snprintf(debug, sizeof(debug), "%s/debug", rebuilt->scratch.dir);
	snprintf(rebuilt->debug_dir, sizeof(rebuilt->debug_dir), "%s/usr/lib/debug", debug);
	if (r == 0 && mkdir(debug, 0700) < 0)
		r = err_sys(err, errno, "'%s'", debug);
	for (size_t i = 0; i < built.count && r == 0; i++)
		if (is_debug(&built.items[i]))
			r = unpack(built.items[i].path, debug, err);
	if (r == 0)
		r = rootfs_open(&rebuilt->debug, debug, err);
	for (size_t i = 0; i < built.count && r == 0; i++)
		if (!is_debug(&built.items[i]))
			r = add_package(rebuilt, &built.items[i],
					find_control(&shipped, &built.items[i]), err);
	return r;
}

/* The one .dsc: its digest, and the name of the source package, which stands before its version. */
static int find_dsc(struct rebuilt *rebuilt, const char *dir, struct err *err)
{
	_cleanup_(cleanup_dir) DIR *d = opendir(dir);
	struct site_package *package = &rebuilt->package;
	char path[PATH_MAX], digest[DIGEST_HEX_BYTES];
	struct dirent *entry;
	int r;

	if (!d)
		return err_sys(err, errno, "'%s'", dir);
	while ((entry = readdir(d))) {
		if (!ends_with(entry->d_name, ".dsc"))
			continue;
		if (package->dsc)
			return err_set(err, EBADMSG, "'%s' has more than one .dsc", dir);
		package->dsc = arena_strdup(rebuilt->arena, entry->d_name);
		package->source =
		    arena_strndup(rebuilt->arena, entry->d_name, strcspn(entry->d_name, "_"));
		if (!package->dsc || !package->source)
			return err_oom(err);
	}
	if (!package->dsc)
		return err_set(err, ENOENT, "'%s' has no .dsc: it tells what was rebuilt", dir);
	snprintf(path, sizeof(path), "%s/%s", dir, package->dsc);
	r = digest_path(digest, path, err);
	if (r < 0)
		return r;
	package->dsc_sha256 = arena_strdup(rebuilt->arena, digest);
	return package->dsc_sha256 ? 0 : err_oom(err);
}

int rebuilt_open(struct rebuilt **ret, const char *dir, struct err *err)
{
	_cleanup_(rebuilt_closep) struct rebuilt *rebuilt = calloc(1, sizeof(*rebuilt));
	char source[PATH_MAX];
	int r;

	if (!rebuilt || !(rebuilt->arena = arena_new()))
		return err_oom(err);
	snprintf(source, sizeof(source), "%s/source", dir);
	r = find_dsc(rebuilt, dir, err);
	if (r == 0)
		r = rootfs_open(&rebuilt->package.tree, source, err);
	if (r == 0)
		r = scratch_open(&rebuilt->scratch, err);
	if (r == 0)
		r = add_packages(rebuilt, dir, err);
	if (r < 0)
		return r;
	*ret = take_ptr(rebuilt);
	return 0;
}
