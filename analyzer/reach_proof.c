// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* reach_proof.c — a function cannot run, though its object may be loaded. */
#include "analyzer/reach_proof.h"

#include <fnmatch.h>

#include "analyzer/nature.h"
#include "analyzer/reach_names.h"
#include "include/array.h"

#define PRELOAD_BYTES_MAX (64u << 10)

/* The call graph of one file, kept for the next question about it. */
struct known {
	struct known *next;
	size_t file;
	struct arena *arena;
	struct code code;
	struct callgraph *graph; /* NULL: not understood */
	const char *error;
};

struct reach_prover {
	struct arena *arena;
	const struct inventory *inv;
	const struct closure *closure;
	struct rootfs *root;
	size_t *loadable; /* ELF files of the closure, ascending */
	size_t loadable_count;
	bool anyone_looks_up; /* something other than the C library and the loader */
	struct reach_names *names;
	struct obstacle *common; /* that stand in the way of every proof */
	size_t common_count, common_capacity;
	struct known *known; /* the graph borrows its code, so that none of them may move */
};

const char *obstacle_name(enum obstacle_kind kind)
{
#define OBSTACLE_NAME(id, name) name,
	static const char *const names[] = { OBSTACLES(OBSTACLE_NAME) };
#undef OBSTACLE_NAME

	return names[kind];
}

const char *const *reach_proof_assumptions(void)
{
	static const char *const texts[] = {
		"no object from outside the image is loaded into its programs (LD_PRELOAD, "
		"LD_AUDIT, debuggers)",
		"no program puts a function's name together from parts in any way but a printf "
		"pattern with %s",
		"no name of a function comes from a configuration file or over the network into "
		"dlsym",
		"no program is attacked through another fault that lets it run any code it likes",
		NULL
	};

	return texts;
}

static bool has_name(const char *const *sorted, size_t count, const char *name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(sorted[middle], name);

		if (!c)
			return true;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool imports(const struct elf_facts *elf, const char *name)
{
	return has_name(elf->imported, elf->imported_count, name);
}

static bool exports(const struct elf_facts *elf, const char *name)
{
	return has_name(elf->exported, elf->exported_count, name);
}

/* The C library and the loader look names up for themselves, though they import nothing to do so: name services, character
 * sets, the unwinder, and how the one starts the other ("__libc_early_init"). */
static bool is_c_library(const struct elf_facts *elf)
{
	static const char *const sonames[] = { "libc.so", "libc.musl", "ld-linux",
					       "ld-musl", "ld64.so",   "ld.so" };

	if (exports(elf, "dlsym") || exports(elf, "__libc_dlsym"))
		return true;
	for (size_t i = 0; elf->soname && i < sizeof(sonames) / sizeof(*sonames); i++)
		if (!strncmp(elf->soname, sonames[i], strlen(sonames[i])))
			return true;
	return false;
}

static bool looks_up(const struct elf_facts *elf)
{
	return imports(elf, "dlsym") || imports(elf, "dlvsym") || imports(elf, "dlfunc") ||
	       imports(elf, "__libc_dlsym") || (elf->is_static && elf->imports_dlopen);
}

/* Objects that call what they are told, by name: foreign function interfaces, and makers of code that bind names. */
static bool calls_by_name(const char *name)
{
	static const char *const globs[] = {
		"libffi.so*",    "_ctypes*.so",          "_cffi_backend*.so",
		"libjffi*.so*",  "fiddle*.so",           "ffi_c.so",
		"ffi.so",        "libjnidispatch*.so*",  "libluajit*.so*",
		"luajit*",       "libgirepository*.so*", "libLLVM*.so*",
		"libgccjit.so*", "libtcc*.so*",          "libdyncall*.so*",
		"FFI.so",        "libclang-cpp.so*",     "libcling*.so*",
		"libjvm.so*",    "libdyncall_s*",
	};

	for (size_t i = 0; i < sizeof(globs) / sizeof(*globs); i++)
		if (!fnmatch(globs[i], name, 0))
			return true;
	return false;
}

_printf_(4, 5) static int add_common(struct reach_prover *p, enum obstacle_kind kind, size_t file,
				     const char *fmt, ...)
{
	struct obstacle *slot;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	slot = array_add(p->common, p->common_count, p->common_capacity);
	if (!slot)
		return -ENOMEM;
	slot->kind = kind;
	slot->file = file;
	slot->text = arena_strdup(p->arena, text);
	return slot->text ? 0 : -ENOMEM;
}

/* Things of one loadable object that concern every proof. */
static int judge_object(struct reach_prover *p, size_t file)
{
	const struct inventory_file *f = &p->inv->files[file];
	const char *soname = f->elf && f->elf->soname ? f->elf->soname : path_name(f->path);

	if (!f->elf)
		return add_common(p, OBSTACLE_UNREAD, file, "%s could not be read: %s", f->path,
				  f->elf_error ? f->elf_error : "unknown reason");
	p->anyone_looks_up |= looks_up(f->elf) && !is_c_library(f->elf);
	if (calls_by_name(path_name(f->path)) || calls_by_name(soname))
		return add_common(p, OBSTACLE_FOREIGN_CALL, file,
				  "%s calls functions whose names it is told", f->path);
	return 0;
}

static int find_loadable(struct reach_prover *p, struct err *err)
{
	const struct inventory *inv = p->inv;
	int r = 0;

	p->loadable = arena_alloc(p->arena, (inv->file_count + 1) * sizeof(*p->loadable));
	if (!p->loadable)
		return err_oom(err);
	for (size_t i = 0; i < inv->file_count && r >= 0; i++) {
		if (inv->files[i].kind != FILE_ELF || !closure_reaches(p->closure, i))
			continue;
		p->loadable[p->loadable_count++] = i;
		r = judge_object(p, i);
	}
	if (r >= 0 && closure_open_reason(p->closure))
		r = add_common(p, OBSTACLE_CLOSURE, INVENTORY_NONE, "%s",
			       closure_open_reason(p->closure));
	return r < 0 ? err_oom(err) : 0;
}

static int judge_preload(struct reach_prover *p, struct err *err)
{
	char *text;
	size_t len;
	int r = rootfs_read(p->root, "/etc/ld.so.preload", PRELOAD_BYTES_MAX, p->arena, &text, &len,
			    NULL);

	if (r == -ENOENT || (r >= 0 && !text[strspn(text, " \t\r\n:")]))
		return 0;
	r = add_common(p, OBSTACLE_PRELOAD, INVENTORY_NONE,
		       "/etc/ld.so.preload loads objects into every program");
	return r < 0 ? err_oom(err) : 0;
}

static int scan_object(struct reach_prover *p, size_t file, struct err *err)
{
	const struct inventory_file *f = &p->inv->files[file];
	_cleanup_close_ int fd = -1;
	struct err why = {};
	int r;

	if (!f->elf || (!p->anyone_looks_up && !is_c_library(f->elf)))
		return 0;
	fd = rootfs_open_file(p->root, f->path);
	r = fd < 0 ? err_sys(&why, -fd, "open")
		   : reach_names_scan(p->names, fd, file, looks_up(f->elf) || is_c_library(f->elf),
				      &why);
	if (r == -ENOMEM)
		return err_oom(err);
	if (r >= 0)
		return 0;
	r = add_common(p, OBSTACLE_UNREAD, file, "%s could not be searched for names: %s", f->path,
		       why.text);
	return r < 0 ? err_oom(err) : 0;
}

/* Every name that is exported anywhere may be asked about. */
static int find_names(struct reach_prover *p, struct err *err)
{
	int r = reach_names_new(&p->names);

	for (size_t i = 0; i < p->inv->file_count && r >= 0; i++) {
		const struct elf_facts *elf = p->inv->files[i].elf;

		for (size_t k = 0; elf && k < elf->exported_count && r >= 0; k++) {
			r = reach_names_want(p->names, elf->exported[k]);
			r = r == -ENAMETOOLONG ? 0 : r;
		}
	}
	if (r < 0)
		return err_oom(err);
	for (size_t i = 0; i < p->loadable_count && r >= 0; i++)
		r = scan_object(p, p->loadable[i], err);
	return r;
}

int reach_prover_new(struct reach_prover **ret, const struct inventory *inv,
		     const struct closure *closure, struct rootfs *root, struct err *err)
{
	_cleanup_(reach_prover_freep) struct reach_prover *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_oom(err);
	p->inv = inv;
	p->closure = closure;
	p->root = root;
	p->arena = arena_new();
	if (!p->arena)
		return err_oom(err);
	r = find_loadable(p, err);
	if (r >= 0)
		r = judge_preload(p, err);
	if (r >= 0)
		r = find_names(p, err);
	if (r < 0)
		return r;
	*ret = take_ptr(p);
	return 0;
}

void reach_prover_free(struct reach_prover *p)
{
	if (!p)
		return;
	for (struct known *k = p->known, *next; k; k = next) {
		next = k->next;
		callgraph_free(k->graph);
		arena_free(k->arena);
		free(k);
	}
	free(p->common);
	reach_names_free(p->names);
	arena_free(p->arena);
	free(p);
}

void reach_prover_inherit(struct reach_prover *to, struct reach_prover *from)
{
	struct known **end = &to->known;

	while (*end)
		end = &(*end)->next;
	*end = from->known;
	from->known = NULL;
}

static int read_graph(struct known *known, int fd, struct err *err)
{
	int r = code_read(&known->code, fd, known->arena, err);

	return r < 0 ? r : callgraph_build(&known->graph, &known->code, -1, err);
}

/* The call graph of a file; one that is not understood is known for that. */
static int know(struct known **ret, struct reach_prover *p, size_t file, struct err *err)
{
	_cleanup_close_ int fd = -1;
	struct err why = {};
	struct known *k;
	int r;

	for (k = p->known; k; k = k->next)
		if (k->file == file) {
			*ret = k;
			return 0;
		}
	k = calloc(1, sizeof(*k));
	if (!k)
		return err_oom(err);
	k->file = file;
	k->arena = arena_new();
	if (!k->arena) {
		free(k);
		return err_oom(err);
	}
	k->next = p->known;
	p->known = k;
	fd = rootfs_open_file(p->root, p->inv->files[file].path);
	r = fd < 0 ? err_sys(&why, -fd, "open") : read_graph(k, fd, &why);
	if (r == -ENOMEM)
		return err_oom(err);
	if (r < 0)
		k->error = arena_strdup(k->arena, why.text);
	if (r < 0 && !k->error)
		return err_oom(err);
	*ret = k;
	return 0;
}

struct proving {
	struct reach_prover *p;
	struct reach_proof *proof;
	size_t file;
	struct obstacle *list;
	size_t count, capacity;
};

static void proving_done(struct proving *proving)
{
	free(proving->list);
}

_printf_(4, 5) static int add(struct proving *g, enum obstacle_kind kind, size_t file,
			      const char *fmt, ...)
{
	struct obstacle *slot = array_add(g->list, g->count, g->capacity);
	char text[1024];
	va_list ap;

	if (!slot)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	slot->kind = kind;
	slot->file = file;
	slot->text = arena_strdup(g->p->arena, text);
	return slot->text ? 0 : -ENOMEM;
}

/* What was just added leads in at that address. */
static int enters(struct proving *g, int r, uint64_t address)
{
	if (r >= 0)
		g->list[g->count - 1].enters = address;
	return r;
}

static uint64_t address_of(const struct reach_proof *proof, const char *name)
{
	for (size_t i = 0; i < proof->exported_count; i++)
		if (!strcmp(proof->exported[i].name, name))
			return proof->exported[i].address;
	return 0;
}

static int name_order(const void *key, const void *item)
{
	return strcmp(key, ((const struct exported *)item)->name);
}

/* How many of the exported names are in a sorted list, and the first of them. Most lists are short beside those names. */
static size_t count_common(const struct reach_proof *proof, const char *const *sorted, size_t count,
			   const char **first)
{
	size_t n = 0;

	*first = NULL;
	for (size_t i = 0; i < count && count < proof->exported_count; i++) {
		if (!array_find(sorted[i], proof->exported, proof->exported_count,
				sizeof(*proof->exported), name_order))
			continue;
		*first = *first ? *first : sorted[i];
		n++;
	}
	for (size_t i = 0; i < proof->exported_count && count >= proof->exported_count; i++) {
		const char *name = proof->exported[i].name;

		if ((i && !strcmp(name, proof->exported[i - 1].name)) || /* another version */
		    !has_name(sorted, count, name))
			continue;
		*first = *first ? *first : name;
		n++;
	}
	return n;
}

static int add_names(struct proving *g, enum obstacle_kind kind, size_t file, const char *verb,
		     size_t n, const char *first)
{
	const char *path = g->p->inv->files[file].path;

	if (n > 1)
		return add(g, kind, file, "%s %s %s and %zu more names that lead there", path, verb,
			   first, n - 1);
	return add(g, kind, file, "%s %s %s", path, verb, first);
}

static int judge_other(struct proving *g, size_t file)
{
	const struct inventory_file *f = &g->p->inv->files[file];
	const struct elf_facts *own = g->p->inv->files[g->file].elf;
	const char *first;
	size_t n;
	int r = 0;

	n = count_common(g->proof, f->elf->imported, f->elf->imported_count, &first);
	if (n)
		r = enters(g, add_names(g, OBSTACLE_IMPORTED, file, "imports", n, first),
			   address_of(g->proof, first));
	n = count_common(g->proof, f->elf->exported, f->elf->exported_count, &first);
	if (n && r >= 0)
		r = add_names(g, OBSTACLE_TWIN, file, "exports, too,", n, first);
	else if (r >= 0 && own->soname && f->elf->soname && !strcmp(own->soname, f->elf->soname))
		r = add(g, OBSTACLE_TWIN, file, "%s is called %s, too", f->path, own->soname);
	return r;
}

static int judge_others(struct proving *g)
{
	struct reach_prover *p = g->p;
	int r = 0;

	g->proof->checked = arena_alloc(p->arena, p->loadable_count * sizeof(*g->proof->checked));
	if (!g->proof->checked)
		return -ENOMEM;
	for (size_t i = 0; i < p->loadable_count && r >= 0; i++) {
		size_t file = p->loadable[i];

		if (file == g->file || !p->inv->files[file].elf)
			continue;
		g->proof->checked[g->proof->checked_count++] = file;
		r = judge_other(g, file);
	}
	return r;
}

static int judge_lookups(struct proving *g)
{
	const struct reach_proof *proof = g->proof;
	int r = 0;

	for (size_t i = 0; i < proof->exported_count && r >= 0; i++) {
		const char *name = proof->exported[i].name, *pattern;
		size_t file;

		if (i && !strcmp(name, proof->exported[i - 1].name))
			continue;
		file = reach_names_find(g->p->names, name, &pattern);
		if (file == SIZE_MAX)
			continue;
		r = pattern
			? add(g, OBSTACLE_LOOKED_UP, file,
			      "%s can build the name %s and look it up",
			      g->p->inv->files[file].path, name)
			: add(g, OBSTACLE_LOOKED_UP, file,
			      "the name %s stands as a string in %s, and names can be looked up",
			      name, g->p->inv->files[file].path);
	}
	return r;
}

static int judge_own(struct proving *g, const struct known *known, const struct ancestry *a)
{
	const struct callgraph_facts *facts = callgraph_get_facts(known->graph);
	const char *path = g->p->inv->files[g->file].path;
	int r = 0;

	for (size_t i = 0; i < a->opened_count && r >= 0; i++) {
		if (a->opened[i].why == OPEN_ENTRY && !closure_executes(g->p->closure, g->file))
			continue; /* libraries that can be started, too, and nobody does */
		g->proof->openings |= 1u << a->opened[i].why;
		r = enters(g,
			   add(g, OBSTACLE_OPEN, g->file, "0x%jx in %s leads there: %s",
			       (uintmax_t)a->opened[i].address, path,
			       opening_text(a->opened[i].why)),
			   a->opened[i].address);
	}
	if (r >= 0 && facts->writable_code)
		r = add(g, OBSTACLE_WRITES_CODE, g->file, "%s has code that may be written to",
			path);
	if (r >= 0 && facts->text_relocations)
		r = add(g, OBSTACLE_WRITES_CODE, g->file, "the loader writes into the code of %s",
			path);
	return r;
}

static int obstacle_order(const void *a, const void *b)
{
	const struct obstacle *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int conclude(struct proving *g)
{
	struct reach_proof *proof = g->proof;

	for (size_t i = 0; i < g->p->common_count; i++) {
		struct obstacle *slot = array_add(g->list, g->count, g->capacity);

		if (!slot)
			return -ENOMEM;
		*slot = g->p->common[i];
	}
	array_sort(g->list, g->count, sizeof(*g->list), obstacle_order);
	for (size_t i = 0; i < g->count; i++)
		proof->kinds |= 1u << g->list[i].kind;
	proof->obstacle_total = g->count;
	proof->obstacle_count = g->count < OBSTACLES_MAX ? g->count : OBSTACLES_MAX;
	proof->obstacles =
	    arena_alloc(g->p->arena, proof->obstacle_count * sizeof(*proof->obstacles));
	if (!proof->obstacles)
		return -ENOMEM;
	if (g->count)
		memcpy(proof->obstacles, g->list,
		       proof->obstacle_count * sizeof(*proof->obstacles));
	proof->holds = !g->count;
	return 0;
}

/* The object's own part: ancestors, and what may run them. */
static int prove_within(struct proving *g, const uint64_t *addresses, size_t count, struct err *err)
{
	struct ancestry a = {};
	struct known *known;
	int r;

	r = know(&known, g->p, g->file, err);
	if (r < 0)
		return r;
	if (!known->graph) {
		r = add(g, OBSTACLE_NOT_UNDERSTOOD, g->file, "%s: %s",
			g->p->inv->files[g->file].path, known->error);
		return r < 0 ? err_oom(err) : 0;
	}
	r = callgraph_ancestors(&a, known->graph, addresses, count, g->p->arena, err);
	if (r < 0)
		return r;
	g->proof->ancestor_count = a.function_count;
	g->proof->exported = a.exported;
	g->proof->exported_count = a.exported_count;
	return judge_own(g, known, &a) < 0 ? err_oom(err) : 0;
}

/* How the first of the obstacles gets there, as an example. */
static int find_way(struct proving *g, const uint64_t *addresses, size_t count, struct err *err)
{
	struct reach_proof *proof = g->proof;
	struct known *known;
	size_t i = 0;
	int r = know(&known, g->p, g->file, err);

	while (i < proof->obstacle_count && !proof->obstacles[i].enters)
		i++;
	if (r < 0 || !known->graph || i == proof->obstacle_count)
		return r;
	r = callgraph_path(&proof->way, &proof->way_count, known->graph, proof->obstacles[i].enters,
			   addresses, count, g->p->arena, err);
	if (r == 0 && proof->way_count)
		proof->way_from = &proof->obstacles[i];
	return r;
}

int reach_prove(const struct reach_proof **ret, struct reach_prover *p, size_t file,
		const uint64_t *addresses, size_t count, struct err *err)
{
	_cleanup_(proving_done) struct proving g = { .p = p, .file = file };
	int r;

	if (file >= p->inv->file_count || !p->inv->files[file].elf || !count)
		return err_set(err, EINVAL, "nothing to prove: no ELF file, or no function of it");
	g.proof = arena_alloc(p->arena, sizeof(*g.proof));
	if (!g.proof)
		return err_oom(err);
	r = prove_within(&g, addresses, count, err);
	if (r < 0)
		return err_prefix(err, r, "%s", p->inv->files[file].path);
	if (judge_others(&g) < 0 || judge_lookups(&g) < 0 || conclude(&g) < 0)
		return err_oom(err);
	r = find_way(&g, addresses, count, err);
	if (r < 0)
		return r;
	*ret = g.proof;
	return 0;
}
