// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_files.c — what is in the root, file by file, before anybody owns it. */
#include "analyzer/inventory_build.h"

#include <elf.h>
#include <fnmatch.h>
#include <string.h>

#include "analyzer/nature.h"
#include "include/array.h"

#define INCLUDES_MAX 256u
#define HEAD_BYTES 256 /* as much as the kernel looks at for #! (BINPRM_BUF_SIZE) */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

static bool is_code_archive(const char *path)
{
	static const char *const ends[] = {
		".jar", ".war", ".ear", ".whl", ".egg", ".zip", ".pyz"
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

static const char *next_word(const char **at)
{
	const char *word;

	*at += strspn(*at, " \t");
	word = *at;
	*at += strcspn(*at, " \t");
	return *at > word ? word : NULL;
}

/* The program in "#!/usr/bin/env -S -i A=b python3 -u": the first word that is neither option nor assignment. */
static int env_program(const char *at, struct arena *arena, const char **ret)
{
	const char *word;

	while ((word = next_word(&at))) {
		size_t len = (size_t)(at - word);

		if (*word == '-' || memchr(word, '=', len))
			continue;
		*ret = arena_strndup(arena, word, len);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_script(struct builder *b, struct entry *entry, char head[static HEAD_BYTES + 1])
{
	const char *at = head + 2, *word, *name, *end;
	char *path;
	int r;

	entry->kind = FILE_SCRIPT;
	entry->keep = true;
	head[strcspn(head, "\r\n")] = '\0';
	word = next_word(&at);
	if (!word)
		return 0;
	end = at;
	path = arena_strndup(b->scratch, word, (size_t)(end - word));
	if (!path)
		return -ENOMEM;
	name = strrchr(path, '/');
	if (name && !strcmp(name, "/env")) {
		r = env_program(at, b->inv->arena, &entry->script_argument);
		if (r < 0)
			return r;
	}
	return *path == '/' ? builder_canonical(b, path, &entry->script) : 0;
}

static int unreadable(struct builder *b, const struct entry *entry, int code)
{
	if (entry->mode & 0111 || nature_is_code_name(entry->path))
		return builder_fault(b, "'%s' cannot be read: %s", entry->path, strerror(code));
	return builder_note(b, "'%s' cannot be read: %s", entry->path, strerror(code));
}

/* Looks into a regular file to tell what kind it is. */
static int read_kind(struct builder *b, struct entry *entry)
{
	_cleanup_close_ int fd = -1;
	char head[HEAD_BYTES + 1];
	ssize_t n;

	entry->kind = FILE_REGULAR;
	entry->keep = entry->mode & 0111 || is_code_archive(entry->path);
	if (entry->size < 3)
		return 0;
	fd = rootfs_open_file(b->root, entry->path);
	if (fd < 0)
		return unreadable(b, entry, -fd);
	n = pread(fd, head, HEAD_BYTES, 0);
	if (n < 0)
		return unreadable(b, entry, errno);
	head[n] = '\0';
	if (n >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG)) {
		entry->kind = FILE_ELF;
		entry->keep = true;
	} else if (n > 2 && head[0] == '#' && head[1] == '!') {
		return read_script(b, entry, head);
	}
	return 0;
}

/* "/d/__pycache__/m.cpython-311.opt-1.pyc" is compiled from "/d/m.py" (PEP 3147, PEP 488), "/d/m.pyc" from "/d/m.py". */
static const char *pyc_source(const char *path, struct arena *arena)
{
	const char *name = strrchr(path, '/') + 1, *end = name + strlen(name) - 4,
		   *directory = name;
	const char *cache = "/__pycache__/";
	const char *dot;

	if (name - path >= 13 && !strncmp(name - 13, cache, 13)) {
		directory = name - 12;
		for (int i = 0; i < 2; i++) {
			dot = memrchr(name, '.', (size_t)(end - name));
			if (!dot)
				return NULL;
			end = dot;
			if (strncmp(dot, ".opt-", 5))
				break;
		}
	}
	return arena_printf(arena, "%.*s%.*s.py", (int)(directory - path), path, (int)(end - name),
			    name);
}

static int note_pyc(struct builder *b, uint32_t number)
{
	struct entry *entry = &b->entries[number];
	size_t at, known = b->pyc_names.count;
	const char *source;
	int r;

	if (!ends_with(entry->path, ".pyc"))
		return 0;
	source = pyc_source(entry->path, b->scratch);
	if (!source)
		return 0;
	r = string_set_add(&b->pyc_names, source, strlen(source), &at);
	if (r < 0)
		return r;
	if (at == known) {
		if (array_room((void **)&b->pycs, known, &b->pyc_capacity, sizeof(*b->pycs)) < 0)
			return -ENOMEM;
		b->pycs[at] = ENTRY_NONE;
	}
	entry->next_pyc = b->pycs[at];
	b->pycs[at] = number;
	return 0;
}

static int left_out(struct builder *b, const struct rootfs_entry *found)
{
	if (found->error == EXDEV)
		return builder_note(b, "'%s' is another mount: its content is left out",
				    found->path);
	if (found->error == ENAMETOOLONG)
		return builder_fault(b,
				     "'%.256s…' lies deeper than %u directories or has too long "
				     "a path: left out",
				     found->path, ROOTFS_DEPTH_MAX);
	return builder_fault(b, "'%s' cannot be read: %s", found->path, strerror(found->error));
}

static int visit(void *ctx, const struct rootfs_entry *found)
{
	struct builder *b = ctx;
	struct entry *entry;
	size_t number;
	int r;

	r = found->error ? left_out(b, found) : 0;
	if (r < 0 || !found->st.st_mode)
		return r;
	r = string_set_add(&b->paths, found->path, strlen(found->path), &number);
	if (r < 0)
		return r;
	if (number < b->entry_count) /* a directory that changed while it was read */
		return 0;
	entry = array_add(b->entries, b->entry_count, b->entry_capacity);
	if (!entry)
		return -ENOMEM;
	*entry = (struct entry){
		.path = b->paths.items[number],
		.size = found->st.st_size < 0 ? 0 : (uint64_t)found->st.st_size,
		.mode = found->st.st_mode,
		.next_pyc = ENTRY_NONE,
		.owner = ENTRY_NONE,
		.kind = FILE_OTHER,
	};
	if (S_ISLNK(entry->mode)) {
		entry->kind = FILE_LINK;
		entry->keep = true;
		return 0;
	}
	if (!S_ISREG(entry->mode))
		return 0;
	r = read_kind(b, entry);
	return r < 0 ? r : note_pyc(b, (uint32_t)number);
}

int inventory_read_files(struct builder *b, struct err *err)
{
	b->paths.arena = b->inv->arena;
	return rootfs_walk(b->root, visit, b, err);
}

/* Directories of libraries being collected, and the configuration that was read for it: each file once. */
struct search {
	struct string_set dirs, seen;
	unsigned includes; /* at most INCLUDES_MAX: bounds time and depth */
};

static void search_done(struct search *search)
{
	string_set_done(&search->dirs);
	string_set_done(&search->seen);
}

static int add_library_dir(struct builder *b, struct search *search, const char *path)
{
	const char *canonical;
	uint32_t entry;
	int r;

	r = builder_canonical(b, path, &canonical);
	if (r < 0 || !canonical)
		return r;
	entry = builder_find(b, canonical, strlen(canonical));
	if (entry == ENTRY_NONE || (b->entries[entry].mode & S_IFMT) != S_IFDIR)
		return 0;
	return string_set_add(&search->dirs, canonical, strlen(canonical), NULL);
}

static int read_conf(struct builder *b, struct search *search, const char *path);

/* "include /etc/ld.so.conf.d/[*].conf": in the order of their names, as glob(3) gives them. */
static int include_conf(struct builder *b, struct search *search, const char *pattern)
{
	const char *place;
	int r;

	if (search->includes++ >= INCLUDES_MAX)
		return builder_note(b, "'/etc/ld.so.conf' includes more than %u times, skipping",
				    INCLUDES_MAX);
	if (*pattern != '/') {
		pattern = arena_printf(b->scratch, "/etc/%s", pattern);
		if (!pattern)
			return -ENOMEM;
	}
	r = builder_place(b, pattern, &place);
	if (r < 0 || !place)
		return r;
	for (size_t i = 0; i < b->entry_count && r >= 0; i++)
		if (!fnmatch(place, b->entries[i].path, FNM_PATHNAME | FNM_PERIOD))
			r = read_conf(b, search, b->entries[i].path);
	return r;
}

/* /etc/ld.so.conf as ldconfig(8) reads it; the loader itself goes by the cache that is made from it. */
static int read_conf(struct builder *b, struct search *search, const char *path)
{
	struct lines lines;
	const char *line;
	char *text, *word;
	size_t len;
	int r;

	if (string_set_find(&search->seen, path, strlen(path)) != STRING_SET_NONE)
		return 0;
	r = string_set_add(&search->seen, path, strlen(path), NULL);
	if (r < 0)
		return r;
	r = builder_read(b, path, 1u << 20, &text, &len);
	if (r < 0 || !text)
		return r;
	lines = (struct lines){ text, text + len, 0 };
	while (r >= 0 && lines_next(&lines, &line, &len)) {
		word = arena_strndup(b->scratch, line, len);
		if (!word)
			return -ENOMEM;
		word[strcspn(word, "#")] = '\0';
		word += strspn(word, " \t");
		len = strlen(word);
		while (len && strchr(" \t", word[len - 1]))
			word[--len] = '\0';
		if (!strncmp(word, "include ", 8) || !strncmp(word, "include\t", 8))
			r = include_conf(b, search, word + 8 + strspn(word + 8, " \t"));
		else if (*word == '/')
			r = add_library_dir(b, search, word);
	}
	return r;
}

/* musl has a path file per architecture instead; its default comes with the list below. */
static int read_musl_paths(struct builder *b, struct search *search)
{
	char *text, *at, *path;
	size_t len;
	int r = 0;

	for (size_t i = 0; i < b->entry_count && r >= 0; i++) {
		if (fnmatch("/etc/ld-musl-*.path", b->entries[i].path, FNM_PATHNAME))
			continue;
		r = builder_read(b, b->entries[i].path, 1u << 20, &text, &len);
		if (r < 0 || !text)
			return r;
		at = text;
		while (r >= 0 && (path = strsep(&at, ":\n")))
			r = *path == '/' ? add_library_dir(b, search, path) : 0;
	}
	return r;
}

int inventory_read_libraries(struct builder *b)
{
	/* What loaders search without being told: glibc, Debian's multiarch glibc, musl. */
	static const char *const defaults[] = {
		"/lib/x86_64-linux-gnu",
		"/usr/lib/x86_64-linux-gnu",
		"/lib/aarch64-linux-gnu",
		"/usr/lib/aarch64-linux-gnu",
		"/lib/i386-linux-gnu",
		"/usr/lib/i386-linux-gnu",
		"/lib/arm-linux-gnueabihf",
		"/usr/lib/arm-linux-gnueabihf",
		"/lib/powerpc64le-linux-gnu",
		"/usr/lib/powerpc64le-linux-gnu",
		"/lib/s390x-linux-gnu",
		"/usr/lib/s390x-linux-gnu",
		"/lib/riscv64-linux-gnu",
		"/usr/lib/riscv64-linux-gnu",
		"/lib64",
		"/usr/lib64",
		"/lib",
		"/usr/local/lib",
		"/usr/lib",
	};
	_cleanup_(search_done) struct search search = { .dirs.arena = b->inv->arena };
	int r;

	r = read_conf(b, &search, "/etc/ld.so.conf");
	if (r >= 0)
		r = read_musl_paths(b, &search);
	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults) && r >= 0; i++)
		r = add_library_dir(b, &search, defaults[i]);
	if (r < 0 || !search.dirs.count)
		return r;
	b->inv->library_dirs = arena_alloc(b->inv->arena, search.dirs.count * sizeof(char *));
	if (!b->inv->library_dirs)
		return -ENOMEM;
	memcpy(b->inv->library_dirs, search.dirs.items, search.dirs.count * sizeof(char *));
	b->inv->library_dir_count = search.dirs.count;
	return 0;
}
