// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbols.c — the functions of an ELF file that have a name. */
#include "analyzer/symbols.h"

#include "analyzer/elf_note.h"
#include "analyzer/symbols_build.h"
#include "include/array.h"

#define AT_STEPS_MAX 4096 /* functions that one address is looked for in */
#define SYMBOL_NAMES_BYTES_MAX (1u << 30)

const char *symbol_origin_name(enum symbol_origin origin)
{
#define SYMBOL_NAME(id, name) name,
	static const char *const names[] = { SYMBOL_ORIGINS(SYMBOL_NAME) };
#undef SYMBOL_NAME

	return names[origin];
}

enum rung symbol_rung(const struct symbol *symbol)
{
	return symbol->exported ? RUNG_EXPORTED : RUNG_LOCAL_DEBUG;
}

bool symbols_is_code(const struct elf_file *file, uint64_t addr)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct elf_segment *s = &file->segments[i];

		if (s->type == PT_LOAD && (s->flags & PF_X) && addr >= s->vaddr &&
		    addr - s->vaddr < s->filesz)
			return true;
	}
	return false;
}

int symbols_add(struct symbols_build *build, struct symbol symbol)
{
	struct symbols *table = build->table;
	struct symbol *slot;
	size_t room = SYMBOL_NAMES_BYTES_MAX - build->name_bytes, len = strnlen(symbol.name, room);

	/* All names together, as they can lie within each other: what sorting costs is bounded by that. */
	if (table->count >= SYMBOLS_MAX || len >= room)
		return -E2BIG;
	build->name_bytes += len;
	if (table->file.machine == EM_ARM)
		symbol.addr &= ~1ull; /* the bit tells Thumb from ARM */
	if (!symbols_is_code(&table->file, symbol.addr)) {
		table->outside++;
		return 0;
	}
	slot = array_add(table->items, table->count, build->capacity);
	if (!slot)
		return -ENOMEM;
	*slot = symbol;
	return 0;
}

int symbols_note(struct symbols_build *build, const char *where, const struct err *why)
{
	struct symbols *table = build->table;
	const char **slot, *text = arena_printf(table->arena, "%s: %s", where, why->text);

	if (!text)
		return -ENOMEM;
	slot = array_add(table->notes, table->note_count, build->note_capacity);
	if (!slot)
		return -ENOMEM;
	*slot = text;
	return 0;
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Those without a version last. */
static int compare_versions(const struct symbol *a, const struct symbol *b)
{
	if (!a->version || !b->version)
		return !a->version - !b->version;
	return strcmp(a->version, b->version);
}

static int compare_places(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;
	int r = order(a->addr, b->addr);

	r = r ? r : strcmp(a->name, b->name);
	r = r ? r : compare_versions(a, b);
	r = r ? r : order(a->origin, b->origin);
	return r ? r : order(a->size, b->size);
}

static int compare_names(const void *pa, const void *pb)
{
	const struct symbol *const *a = pa, *const *b = pb;
	int r = strcmp((*a)->name, (*b)->name);

	return r ? r : order((uintptr_t)*a, (uintptr_t)*b);
}

/* What a second witness of the same function adds to the first. */
static void merge(struct symbol *first, const struct symbol *second)
{
	first->size = first->size ? first->size : second->size;
	first->version_default |= second->version_default && first->version && second->version;
	first->exported |= second->exported;
	first->local &= second->local;
	first->ifunc |= second->ifunc;
	if (second->origin < first->origin)
		first->origin = second->origin;
}

/* The same name at the same address is one function, unless each has a version of its own. */
static void merge_twins(struct symbols *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		struct symbol *last = kept ? &table->items[kept - 1] : NULL;
		const struct symbol *s = &table->items[i];

		if (last && last->addr == s->addr && !strcmp(last->name, s->name) &&
		    (!s->version || !compare_versions(last, s)))
			merge(last, s);
		else
			table->items[kept++] = *s;
	}
	table->count = kept;
}

static int index_table(struct symbols *table)
{
	uint64_t end, reach = 0;

	if (table->count)
		array_sort(table->items, table->count, sizeof(*table->items), compare_places);
	merge_twins(table);
	table->by_name = calloc(table->count + 1, sizeof(*table->by_name));
	table->reach = calloc(table->count + 1, sizeof(*table->reach));
	if (!table->by_name || !table->reach)
		return -ENOMEM;
	for (size_t i = 0; i < table->count; i++) {
		const struct symbol *s = &table->items[i];

		table->by_name[i] = s;
		if (__builtin_add_overflow(s->addr, s->size ? s->size : 1, &end))
			end = UINT64_MAX;
		reach = end > reach ? end : reach;
		table->reach[i] = reach;
	}
	array_sort(table->by_name, table->count, sizeof(*table->by_name), compare_names);
	return 0;
}

static int add_go(struct symbols_build *build)
{
	struct symbols *table = build->table;
	struct err why = {};
	int r = go_pclntab_read(&table->go, &table->file, &table->dynamic, table->arena, &why);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -ENOMEM ? r : symbols_note(build, "Go's table of functions", &why);
	for (size_t i = 0; i < table->go->function_count && r >= 0; i++) {
		const struct go_function *f = &table->go->functions[i];

		r = symbols_add(build, (struct symbol){ .addr = f->addr,
							.size = f->end - f->addr,
							.name = f->name,
							.origin = SYMBOL_GO_PCLNTAB });
	}
	return r;
}

/* What the loader does not need cannot make the file unreadable: it becomes a note. */
static int or_note(struct symbols_build *build, int r, const char *where, const struct err *why)
{
	return r >= 0 || r == -ENOMEM ? r : symbols_note(build, where, why);
}

static int read_sources(struct symbols_build *build, const char *const *dirs, size_t dir_count,
			struct err *err)
{
	struct symbols *table = build->table;
	struct err why = {};
	int r = symbols_add_dynamic(build, err);

	if (r < 0)
		return r;
	r = symbols_add_symtab(build, &table->file, SYMBOL_SYMTAB, &why);
	r = or_note(build, r, "symtab", &why);
	if (r >= 0)
		r = or_note(build, symbols_add_debugdata(build, &why), ".gnu_debugdata", &why);
	if (r >= 0)
		r = or_note(build, symbols_add_debug_file(build, dirs, dir_count, &why),
			    "debug file", &why);
	if (r >= 0)
		r = add_go(build);
	if (r >= 0)
		r = index_table(table);
	return r < 0 ? err_sys(err, -r, "symbols") : 0;
}

int symbols_read(struct symbols **ret, int fd, const char *const *debug_dirs,
		 size_t debug_dir_count, struct err *err)
{
	_cleanup_(symbols_freep) struct symbols *table = calloc(1, sizeof(*table));
	struct symbols_build build = { .table = table };
	int r;

	if (!table || !(table->arena = arena_new()))
		return err_oom(err);
	r = elffile_open(&table->file, fd, table->arena, err);
	if (r < 0)
		return r;
	if (table->file.type != ET_EXEC && table->file.type != ET_DYN)
		return err_set(err, ENOTSUP,
			       "neither a program nor a shared object: nothing has an address");
	if (elfnote_build_id(&table->build_id, &table->file, table->arena) < 0)
		return err_oom(err);
	r = read_sources(&build, debug_dirs, debug_dir_count, err);
	if (r < 0)
		return r;
	*ret = take_ptr(table);
	return 0;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->items);
	free(symbols->by_name);
	free(symbols->reach);
	free(symbols->notes);
	arena_free(symbols->arena);
	free(symbols);
}

const struct symbol *const *symbols_named(const struct symbols *symbols, const char *name,
					  size_t *ret_count)
{
	size_t low = 0, high = symbols->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(symbols->by_name[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < symbols->count && !strcmp(symbols->by_name[end]->name, name);)
		end++;
	*ret_count = end - low;
	return symbols->by_name + low;
}

/* The better of two names of one place. */
static bool is_better(const struct symbol *a, const struct symbol *b)
{
	size_t a_front = strspn(a->name, "_"), b_front = strspn(b->name, "_");
	int r = b->exported - a->exported;

	r = r ? r : b->version_default - a->version_default;
	r = r ? r : a->local - b->local;
	r = r ? r : order(a_front, b_front);
	r = r ? r : order(strlen(a->name), strlen(b->name));
	return (r ? r : strcmp(a->name, b->name)) < 0;
}

const struct symbol *symbols_at(const struct symbols *symbols, uint64_t addr)
{
	const struct symbol *best = NULL;
	size_t low = 0, high = symbols->count;

	/* Behind the last one that begins at or before the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->items[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t steps = 0; low-- > 0 && symbols->reach[low] > addr && steps < AT_STEPS_MAX;
	     steps++) {
		const struct symbol *s = &symbols->items[low];

		if (best && s->addr != best->addr)
			break;
		if (addr - s->addr < (s->size ? s->size : 1) && (!best || is_better(s, best)))
			best = s;
	}
	return best;
}
