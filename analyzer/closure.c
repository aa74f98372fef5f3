// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* closure.c — what is able to run, given the programs that ran. */
#include "analyzer/closure.h"

#include <fnmatch.h>

#include "analyzer/closure_graph.h"
#include "analyzer/nature.h"

#define CHAIN_MAX 16

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static const char *soname_of(const struct inventory_file *file)
{
	return file->elf && file->elf->soname ? file->elf->soname : path_name(file->path);
}

bool closure_is_loader(const struct inventory_file *file)
{
	const char *name = soname_of(file);

	return starts_with(name, "ld-linux") || starts_with(name, "ld-musl") ||
	       starts_with(name, "ld64.so") || starts_with(name, "ld.so") ||
	       starts_with(name, "libc.musl-");
}

bool closure_is_c_library(const struct inventory_file *file)
{
	const char *name = soname_of(file);

	return closure_is_loader(file) || starts_with(name, "libc.so.") ||
	       starts_with(name, "libdl.so.") || starts_with(name, "libpthread.so.");
}

static bool imports(const struct elf_facts *elf, const char *name)
{
	size_t low = 0, high = elf->imported_count, middle;
	int c;

	while (low < high) {
		middle = low + (high - low) / 2;
		c = strcmp(elf->imported[middle], name);
		if (c == 0)
			return true;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool imports_any(const struct elf_facts *elf, const char *const *names)
{
	for (; *names; names++)
		if (imports(elf, *names))
			return true;
	return false;
}

/* Able to execute by a name of its own, not just by the general door to all system calls. */
static bool executes_by_name(const struct elf_facts *elf)
{
	static const char *const names[] = { "execve",   "execv",       "execvp",       "execvpe",
					     "execl",    "execlp",      "execle",       "fexecve",
					     "execveat", "posix_spawn", "posix_spawnp", NULL };

	return imports_any(elf, names);
}

static bool uses_shell(const struct elf_facts *elf)
{
	static const char *const names[] = { "system",    "popen",         "wordexp",
					     "_IO_popen", "__libc_system", NULL };

	return imports_any(elf, names);
}

void closure_set_open(struct closure *c, const char *fmt, const char *what)
{
	if (c->open)
		return;
	c->open = arena_printf(c->arena, fmt, what);
	if (!c->open)
		c->open = "there was no memory to say why";
}

void closure_reach(struct closure *c, size_t file, size_t parent, enum reach how)
{
	if (file == INVENTORY_NONE || c->inv->files[file].kind == FILE_LINK)
		return;
	/* A copy is the same code. */
	for (size_t copy = file; !c->how[copy]; copy = c->usage->copies[copy]) {
		c->how[copy] = how;
		c->parent[copy] = parent;
		c->queue[c->queued++] = copy;
	}
}

void closure_execute(struct closure *c, size_t file, size_t parent, enum reach how)
{
	if (file == INVENTORY_NONE || c->inv->files[file].kind == FILE_LINK)
		return;
	for (size_t copy = file; !c->executed[copy]; copy = c->usage->copies[copy])
		c->executed[copy] = true;
	closure_reach(c, file, parent, how);
}

static bool same_machine(const struct elf_facts *a, const struct elf_facts *b)
{
	return !a || !b || !a->machine || !b->machine || !strcmp(a->machine, b->machine);
}

/* What ran has found all that it needs: when the image does not have it, it came from somewhere else. */
static void miss_needed(struct closure *c, size_t file, const char *name)
{
	const char *text;

	if (c->how[file] != REACH_RAN && c->how[file] != REACH_MAPPED &&
	    c->how[file] != REACH_WITNESSED)
		return;
	text = arena_printf(c->arena, "%s needs %.200s, which the image does not have",
			    c->inv->files[file].path, name);
	closure_set_open(c, "%s", text ? text : "something is needed that the image does not have");
}

static void reach_needed(struct closure *c, size_t file, const char *name)
{
	const struct elf_facts *elf = c->inv->files[file].elf;
	size_t by_path = strchr(name, '/') ? inventory_find(c->inv, name) : INVENTORY_NONE;
	bool found = by_path != INVENTORY_NONE;

	closure_reach(c, by_path, file, REACH_NEEDED);
	name = path_name(name);
	for (size_t i = names_at_least(&c->objects, name); i < c->objects.count; i++) {
		if (strcmp(c->objects.items[i].name, name))
			break;
		if (!same_machine(elf, c->inv->files[c->objects.items[i].file].elf))
			continue;
		closure_reach(c, c->objects.items[i].file, file, REACH_NEEDED);
		found = true;
	}
	if (!found)
		miss_needed(c, file, name);
}

/* glibc's own dlopen: nss_module.c, gconv_dl.c, pthread_cancel and backtrace (libgcc_s), getaddrinfo (libidn2). */
static void reach_services(struct closure *c, size_t file)
{
	static const char *const patterns[] = { "libnss_*.so*", "libgcc_s.so*", "libidn2.so*" };

	if (c->services)
		return;
	c->services = true;
	for (size_t i = 0; i < c->objects.count; i++) {
		const struct name *item = &c->objects.items[i];
		bool hit = strstr(c->inv->files[item->file].path, "/gconv/");

		for (size_t p = 0; p < sizeof(patterns) / sizeof(*patterns); p++)
			hit |= !fnmatch(patterns[p], item->name, 0);
		if (hit)
			closure_reach(c, item->file, file, REACH_C_LIBRARY);
	}
}

static bool is_shared_object(const char *path)
{
	const char *name = path_name(path);

	return strstr(name, ".so.") || !fnmatch("*.so", name, 0);
}

static void check_object(struct closure *c, size_t file)
{
	const struct inventory_file *f = &c->inv->files[file];

	if (!f->elf)
		closure_set_open(
		    c, "%s could not be read, so what it may load or execute is not known",
		    f->path);
	else if (f->elf->hints_truncated)
		closure_set_open(c,
				 "%s has more strings than are kept, so not all it may load or "
				 "execute is known",
				 f->path);
	else if (f->elf->is_go)
		closure_set_open(c, "%s is a Go program, whose strings cannot be told apart",
				 f->path);
	else if (f->elf->is_rust && (f->elf->imports_dlopen || executes_by_name(f->elf)))
		closure_set_open(c,
				 "%s is a Rust program that can load or execute, and its strings "
				 "cannot be told apart",
				 f->path);
	if (nature_is_interpreter_library(path_name(f->path)) ||
	    nature_is_interpreter_library(soname_of(f)))
		closure_set_open(c, "%s is an interpreter that can load any module", f->path);
	if (!is_shared_object(f->path) && nature_is_interpreter(f->path))
		closure_set_open(c, "%s can start or load whatever it is told", f->path);
	if (closure_is_loader(f) && c->how[file] == REACH_EXECUTED)
		closure_set_open(c, "%s can be told to start any program", f->path);
}

static void visit_object(struct closure *c, size_t file)
{
	const struct inventory_file *f = &c->inv->files[file];

	check_object(c, file);
	if (!f->elf)
		return;
	for (size_t i = 0; i < f->elf->needed_count; i++)
		reach_needed(c, file, f->elf->needed[i]);
	if (f->elf->interpreter)
		closure_execute(c, inventory_find(c->inv, f->elf->interpreter), file,
				REACH_INTERPRETER);
	if (starts_with(soname_of(f), "libc.so.") || (f->elf->is_static && !f->elf->is_go))
		reach_services(c, file);
	if (closure_is_c_library(f))
		return; /* what it exports is not what it does */
	if (uses_shell(f->elf))
		closure_execute(c, inventory_find(c->inv, "/bin/sh"), file, REACH_SHELL);
	c->can_load |= f->elf->imports_dlopen;
	c->can_execute |= f->elf->imports_exec;
}

static void visit_script(struct closure *c, size_t file)
{
	const struct inventory_file *f = &c->inv->files[file];

	closure_set_open(
	    c, "%s is a script, and its interpreter can start or load whatever it says", f->path);
	if (f->script)
		closure_execute(c, inventory_find(c->inv, f->script), file, REACH_INTERPRETER);
}

static void visit(struct closure *c, size_t file)
{
	const struct inventory_file *f = &c->inv->files[file];

	if (c->usage->files[file].written)
		closure_set_open(c, "%s was opened for writing, so its content may have changed",
				 f->path);
	if (f->kind == FILE_ELF)
		visit_object(c, file);
	else if (f->kind == FILE_SCRIPT)
		visit_script(c, file);
	else if (c->how[file] != REACH_MAPPED) /* no "#!": execvp hands it to the shell */
		closure_execute(c, inventory_find(c->inv, "/bin/sh"), file, REACH_SHELL);
}

/* What only a second observer saw ran all the same. */
static void reach_witnessed(struct closure *c)
{
	for (size_t i = 0; i < c->inv->file_count; i++) {
		if (c->usage->files[i].witnessed_run && closure_is_loader(&c->inv->files[i]))
			closure_set_open(c, "%s was told to start a program, as Kubescape saw",
					 c->inv->files[i].path);
		if (!c->usage->files[i].witnessed)
			continue;
		closure_execute(c, i, INVENTORY_NONE, REACH_WITNESSED);
		if (is_shared_object(c->inv->files[i].path))
			closure_reach_neighbours(c, i);
	}
}

static void reach_roots(struct closure *c)
{
	const struct inventory *inv = c->inv;

	for (size_t i = 0; i < inv->file_count; i++) {
		const struct file_usage *f = &c->usage->files[i];

		if (f->class != USE_CLASS_CODE || f->copied || !use_runs(f->use->kind))
			continue; /* a copy comes with what it is one of */
		if (f->executed)
			closure_execute(c, i, INVENTORY_NONE, REACH_RAN);
		closure_reach(c, i, INVENTORY_NONE, REACH_MAPPED);
		if (f->use->kind == USE_EXEC && closure_is_loader(&inv->files[i]))
			closure_set_open(c, "%s was told to start a program", inv->files[i].path);
		if (f->use->kind == USE_MAP && is_shared_object(inv->files[i].path))
			closure_reach_neighbours(c, i);
	}
	reach_witnessed(c);
	if (c->usage->strays_running)
		closure_set_open(c, "%s ran, which the inventory does not have",
				 c->usage->strays[0].use->path ? c->usage->strays[0].use->path
							       : "a file without a name");
}

static int run(struct closure *c)
{
	size_t done = 0;
	int r = 0;

	reach_roots(c);
	do {
		while (done < c->queued)
			visit(c, c->queue[done++]);
		r = closure_follow_hints(c);
	} while (r >= 0 && done < c->queued);
	return r;
}

int closure_compute(struct closure **ret, const struct inventory *inv, const struct usage *usage,
		    struct err *err)
{
	_cleanup_(closure_freep) struct closure *c = calloc(1, sizeof(*c));
	size_t n = inv->file_count + 1;

	if (!c)
		return err_oom(err);
	c->inv = inv;
	c->usage = usage;
	c->arena = arena_new();
	c->how = calloc(n, sizeof(*c->how));
	c->executed = calloc(n, sizeof(*c->executed));
	c->parent = calloc(n, sizeof(*c->parent));
	c->queue = calloc(n, sizeof(*c->queue));
	if (!c->arena || !c->how || !c->executed || !c->parent || !c->queue)
		return err_oom(err);
	if (names_of_objects(&c->objects, inv) < 0 || names_of_programs(&c->programs, inv) < 0 ||
	    run(c) < 0)
		return err_oom(err);
	*ret = take_ptr(c);
	return 0;
}

void closure_free(struct closure *c)
{
	if (!c)
		return;
	names_done(&c->objects);
	names_done(&c->programs);
	string_set_done(&c->load_hints);
	string_set_done(&c->execute_hints);
	free(c->how);
	free(c->executed);
	free(c->parent);
	free(c->queue);
	arena_free(c->arena);
	free(c);
}

const char *closure_open_reason(const struct closure *c)
{
	return c->open;
}

bool closure_reaches(const struct closure *c, size_t file)
{
	return c->how[file] != REACH_NOT;
}

bool closure_executes(const struct closure *c, size_t file)
{
	return c->executed[file];
}

size_t closure_count(const struct closure *c)
{
	return c->queued;
}

static const char *reach_text(enum reach how)
{
	switch (how) {
	case REACH_NEEDED:
		return "needed";
	case REACH_INTERPRETER:
		return "its interpreter";
	case REACH_NAMED:
		return "named by a string, dlopen";
	case REACH_DIRECTORY:
		return "in a directory of plug-ins";
	case REACH_C_LIBRARY:
		return "loaded by the C library itself";
	case REACH_EXECUTED:
		return "named by a string, exec";
	case REACH_SHELL:
		return "the shell, by system or popen";
	default:
		return "";
	}
}

const char *closure_chain(struct closure *c, size_t file)
{
	size_t steps[CHAIN_MAX], n = 0;
	const char *text;

	for (size_t at = file; at != INVENTORY_NONE && n < CHAIN_MAX; at = c->parent[at]) {
		if (!c->how[at])
			return NULL;
		steps[n++] = at;
	}
	text = arena_printf(c->arena, "%s%s", c->inv->files[steps[n - 1]].path,
			    c->how[steps[n - 1]] == REACH_RAN         ? " ran"
			    : c->how[steps[n - 1]] == REACH_MAPPED    ? " was mapped"
			    : c->how[steps[n - 1]] == REACH_WITNESSED ? " was seen by Kubescape"
								      : " …");
	for (n--; n-- > 0 && text;)
		text = arena_printf(c->arena, "%s → %s (%s)", text,
				    path_name(c->inv->files[steps[n]].path),
				    reach_text(c->how[steps[n]]));
	return text;
}

/* What of a package's file can run: 1 when it is in the set, 0 when it is surely data, < 0 when it is neither. */
static int look_at(const struct closure *c, size_t file)
{
	if (closure_reaches(c, file))
		return 1;
	return nature_of(&c->inv->files[file]) == NATURE_DATA ? 0 : -1;
}

/* The same of what a link leads to, as far as it is nobody's: that may have come with the package. */
static int look_behind(const struct closure *c, const struct inventory_file *link, size_t *ret)
{
	const struct inventory *inv = c->inv;
	size_t len = link->target ? strlen(link->target) : 0, at = INVENTORY_NONE;
	int worst = 0, r;

	if (!len)
		return 0;
	if (!strcmp(link->target, "/"))
		return -1;
	at = link->to_directory ? closure_first_below(inv, link->target, len)
				: inventory_find_exact(inv, link->target);
	for (; at < inv->file_count; at++) {
		if (link->to_directory && (strncmp(inv->files[at].path, link->target, len) ||
					   inv->files[at].path[len] != '/'))
			break;
		r = inv->files[at].owner_count ? 0 : look_at(c, at);
		if (r > 0)
			*ret = at;
		if (r > 0 || !link->to_directory)
			return r;
		worst = r < worst ? r : worst;
	}
	return worst;
}

enum ability closure_of_package(const struct closure *c, const struct package *package,
				size_t *file)
{
	bool data_only = true;

	*file = INVENTORY_NONE;
	for (size_t i = 0; i < package->file_count; i++) {
		const struct inventory_file *f = &c->inv->files[package->files[i]];
		size_t at = package->files[i];
		int r = f->kind == FILE_LINK ? look_behind(c, f, &at) : look_at(c, at);

		if (r > 0) {
			*file = at;
			return ABILITY_REACHED;
		}
		data_only &= r == 0;
	}
	if (data_only)
		return ABILITY_NO_CODE;
	return c->open ? ABILITY_OPEN : ABILITY_UNABLE;
}
