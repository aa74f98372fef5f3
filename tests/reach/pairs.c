// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * pairs.c — what the proof of R4 settles, and whether it is ever wrong; run.sh calls it.
 *
 *   pairs list ROOT STORE      every function of the store's libraries in a root, as first_hits reads places
 *   pairs prove ROOT STORE RESULTS [PROGRAM HITS]…
 *       RESULTS/all.tsv        pairs of a program and a CVE of a library that it loads: settled, or what stands in the way
 *       RESULTS/alone.tsv      the same, but for what other programs do that it could start: each has pairs of its own
 *       standard output        HITS: what first_hits saw run under PROGRAM; no such function may be proved unable to run alone
 *
 * A program is proved about as if it were the only one that ran. "Loads": by DT_NEEDED, also through other libraries.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analyzer/file.h"
#include "analyzer/reach_proof.h"
#include "analyzer/symbol_store.h"
#include "include/array.h"

#define HITS_BYTES_MAX (64u << 20)

static const char *const kinds[] = {
#define KIND_NAME(id, name) name,
	OBSTACLES(KIND_NAME)
#undef KIND_NAME
};

struct tally {
	size_t pairs, settled;
	size_t with[OBSTACLE_COUNT],
	    only[OBSTACLE_COUNT];     /* pairs with that obstacle; with no other kind */
	size_t opened[OPENING_COUNT]; /* among those with OPEN */
};

/* One program, as if nothing else had run. */
struct scene {
	struct trace trace;
	struct trace_use use;
	struct usage *usage;
	struct closure *closure;
	struct reach_prover *prover;
};

/* A function that a program was seen to run. */
struct checked {
	const char *program;
	size_t file;
	uint64_t offset;
};

struct world {
	struct checked *checked;
	size_t checked_count, checked_capacity;
	struct inventory *inv;
	struct rootfs *root;
	struct symbol_store *store;
	const struct store_object **known; /* per file */
	enum file_kind *kinds;             /* per file, as they are */
	struct scene last;                 /* its call graphs serve the next one */
	bool alone;
	FILE *out;
};

static void scene_done(struct scene *s)
{
	reach_prover_free(s->prover);
	closure_free(s->closure);
	usage_free(s->usage);
}

static bool is_program(const struct inventory_file *f)
{
	return f->executable && f->elf && f->elf->interpreter && !strstr(f->path, ".so");
}

/* Other programs as files that can be started and do nothing. */
static void hide_others(const struct world *w, const char *program)
{
	for (size_t i = 0; i < w->inv->file_count; i++) {
		struct inventory_file *f = &w->inv->files[i];
		bool other = strcmp(f->path, program) && (is_program(f) || f->kind == FILE_SCRIPT);

		f->kind = other && w->alone ? FILE_OTHER : w->kinds[i];
	}
}

static int scene_set(struct scene *s, const struct world *w, const char *program, struct err *err)
{
	struct trace *traces[] = { &s->trace };
	int r;

	hide_others(w, program);

	s->use = (struct trace_use){
		.kind = USE_EXEC, .path = program, .comm = "program", .t = 1, .line = 2, .count = 1
	};
	s->trace.uses = &s->use;
	s->trace.use_count = 1;
	r = usage_collect(&s->usage, w->inv, traces, 1, err);
	if (r >= 0)
		r = closure_compute(&s->closure, w->inv, s->usage, err);
	return r < 0 ? r : reach_prover_new(&s->prover, w->inv, s->closure, w->root, err);
}

static void world_done(struct world *w)
{
	scene_done(&w->last);
	rootfs_close(w->root);
	symbol_store_free(w->store);
	inventory_free(w->inv);
	free(w->known);
	free(w->kinds);
	free(w->checked);
}

static int world_open(struct world *w, const char *root, const char *store, struct err *err)
{
	int r = inventory_build(&w->inv, root, err);

	if (r >= 0)
		r = rootfs_open(&w->root, root, err);
	if (r >= 0 && store)
		r = symbol_store_load(&w->store, store, err);
	if (r < 0)
		return r;
	w->known = calloc(w->inv->file_count + 1, sizeof(*w->known));
	w->kinds = calloc(w->inv->file_count + 1, sizeof(*w->kinds));
	if (!w->known || !w->kinds)
		return err_oom(err);
	for (size_t i = 0; i < w->inv->file_count; i++) {
		const struct elf_facts *elf = w->inv->files[i].elf;

		w->kinds[i] = w->inv->files[i].kind;
		if (!store)
			continue;

		if (elf && elf->build_id)
			w->known[i] = symbol_store_lookup(w->store, elf->build_id);
	}
	return 0;
}

static size_t find_needed(const struct inventory *inv, const char *name)
{
	static const char *const dirs[] = { "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
					    "/lib", "/usr/lib" };
	char path[512];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		size_t at;

		snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		at = inventory_find(inv, path);
		if (at != INVENTORY_NONE)
			return at;
	}
	return INVENTORY_NONE;
}

/* What the loader maps before the program begins. */
static size_t load(const struct inventory *inv, size_t program, bool *loaded, size_t *queue)
{
	size_t done = 0, count = 0;

	memset(loaded, 0, inv->file_count * sizeof(*loaded));
	loaded[program] = true;
	queue[count++] = program;
	for (; done < count; done++) {
		const struct elf_facts *elf = inv->files[queue[done]].elf;

		for (size_t i = 0; elf && i < elf->needed_count; i++) {
			size_t at = find_needed(inv, elf->needed[i]);

			if (at == INVENTORY_NONE || loaded[at])
				continue;
			loaded[at] = true;
			queue[count++] = at;
		}
	}
	return count;
}

static void take(struct tally *t, const struct reach_proof *proof)
{
	t->pairs++;
	t->settled += proof->holds;
	for (unsigned k = 0; k < OBSTACLE_COUNT; k++) {
		t->with[k] += proof->kinds >> k & 1;
		t->only[k] += proof->kinds == 1u << k;
	}
	for (unsigned k = 0; k < OPENING_COUNT; k++)
		t->opened[k] += proof->openings >> k & 1;
}

static int collect(uint64_t **ret, size_t *ret_count, const struct store_cve *cve)
{
	uint64_t *all = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < cve->function_count; i++) {
		const struct store_sites *sites[] = { &cve->functions[i].entries,
						      &cve->functions[i].inlined };

		for (size_t k = 0; k < 2; k++)
			for (size_t n = 0; n < sites[k]->count; n++) {
				uint64_t *slot = array_add(all, count, capacity);

				if (!slot) {
					free(all);
					return -ENOMEM;
				}
				*slot = sites[k]->addresses[n];
			}
	}
	*ret = all;
	*ret_count = count;
	return 0;
}

/* In whole: what of its functions could not be placed may be anywhere. */
static bool is_placed(const struct store_cve *cve)
{
	for (size_t i = 0; i < cve->function_count; i++)
		if (cve->functions[i].kind == STORE_UNRESOLVED)
			return false;
	return true;
}

static int count_library(struct tally *all, struct tally *own, const struct world *w,
			 struct scene *s, size_t program, size_t file, struct err *err)
{
	const struct store_object *o = w->known[file];
	int r = 0;

	for (size_t i = 0; i < o->cve_count && r >= 0; i++) {
		const struct reach_proof *proof;
		_cleanup_free_ uint64_t *addresses = NULL;
		size_t n;

		if (collect(&addresses, &n, &o->cves[i]) < 0)
			return err_oom(err);
		if (!n || !is_placed(&o->cves[i]))
			continue;
		r = reach_prove(&proof, s->prover, file, addresses, n, err);
		if (r < 0)
			break;
		take(all, proof);
		take(own, proof);
		fprintf(w->out, "%s\t%s\t%s\t%s\t%zu\t%zu\t%s\n", w->inv->files[program].path,
			w->inv->files[file].path, o->cves[i].id, proof->holds ? "settled" : "open",
			proof->ancestor_count, proof->exported_count,
			proof->obstacle_count ? proof->obstacles[0].text : "");
	}
	return r;
}

static void print_scene(const struct world *w, const struct scene *s, size_t program)
{
	const char *open = closure_open_reason(s->closure);

	fprintf(w->out, "# %s: %zu objects could run%s%s\n", w->inv->files[program].path,
		closure_count(s->closure), open ? "; open: " : "", open ? open : "");
}

static int count_program(struct tally *all, struct tally *per_file, struct world *w, size_t program,
			 bool *loaded, size_t *queue, struct err *err)
{
	struct scene s = {};
	size_t n = load(w->inv, program, loaded, queue);
	int r = 0;

	for (size_t i = 1; i < n && r >= 0; i++) {
		if (!w->known[queue[i]] || !w->known[queue[i]]->cve_count)
			continue;
		if (!s.prover) {
			r = scene_set(&s, w, w->inv->files[program].path, err);
			if (r >= 0)
				print_scene(w, &s, program);
			if (r >= 0 && w->last.prover)
				reach_prover_inherit(s.prover, w->last.prover);
		}
		if (r >= 0)
			r = count_library(all, &per_file[queue[i]], w, &s, program, queue[i], err);
	}
	if (s.prover) {
		scene_done(&w->last);
		w->last = s;
	}
	return r;
}

static void print_tally(FILE *out, const char *name, const struct tally *t)
{
	if (!t->pairs)
		return;
	fprintf(out, "# %s: pairs %zu, settled %zu (%.1f %%)\n", name, t->pairs, t->settled,
		100.0 * (double)t->settled / (double)t->pairs);
	for (unsigned k = 0; k < OBSTACLE_COUNT; k++)
		if (t->with[k])
			fprintf(out, "#   %-14s stands in the way of %zu, alone of %zu\n", kinds[k],
				t->with[k], t->only[k]);
	for (unsigned k = 1; k < OPENING_COUNT; k++)
		if (t->opened[k])
			fprintf(out, "#     open in %zu: %s\n", t->opened[k],
				opening_text((enum opening)k));
}

static void print_all(const struct world *w, const struct tally *per_file, const struct tally *all)
{
	for (size_t i = 0; i < w->inv->file_count; i++)
		print_tally(w->out, w->inv->files[i].path, &per_file[i]);
	print_tally(w->out, "all", all);
	print_tally(stdout, w->alone ? "alone" : "with all that it could start", all);
}

static int count(struct world *w, bool alone, const char *results, struct err *err)
{
	_cleanup_free_ struct tally *per_file = calloc(w->inv->file_count + 1, sizeof(*per_file));
	_cleanup_free_ bool *loaded = calloc(w->inv->file_count + 1, sizeof(*loaded));
	_cleanup_free_ size_t *queue = calloc(w->inv->file_count + 1, sizeof(*queue));
	struct tally all = {};
	char path[4096];
	int r = 0;

	if (!per_file || !loaded || !queue)
		return err_oom(err);
	snprintf(path, sizeof(path), "%s/%s.tsv", results, alone ? "alone" : "all");
	w->alone = alone;
	w->out = fopen(path, "w");
	if (!w->out)
		return err_sys(err, errno, "%s", path);
	for (size_t i = 0; i < w->inv->file_count && r >= 0; i++)
		if (is_program(&w->inv->files[i]))
			r = count_program(&all, per_file, w, i, loaded, queue, err);
	if (r >= 0)
		print_all(w, per_file, &all);
	if (fclose(w->out) != 0 && r >= 0)
		r = err_sys(err, errno, "%s", path);
	return r;
}

static int list(const char *root, const char *store, struct err *err)
{
	_cleanup_(world_done) struct world w = {};
	int r = world_open(&w, root, store, err);

	if (r < 0)
		return r;
	puts("vexxy-functions 1");
	for (size_t i = 0; i < w.inv->file_count; i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		_cleanup_close_ int fd = -1;
		struct code code = {};

		if (!w.known[i] || !w.known[i]->soname || !w.known[i]->cve_count)
			continue;
		fd = rootfs_open_file(w.root, w.inv->files[i].path);
		if (!arena || fd < 0)
			return err_set(err, EIO, "%s", w.inv->files[i].path);
		r = code_read(&code, fd, arena, err);
		if (r < 0)
			return r;
		printf("object %s\n", w.inv->files[i].elf->build_id);
		for (size_t k = 0; k < code.function_count; k++) {
			uint64_t offset;

			if (code_offset(&code, code.functions[k].start, &offset) == 0)
				printf("site 0x%" PRIx64 " f\n", offset);
		}
	}
	return 0;
}

/* The file of the inventory with that build-id; a proof about copies is one about each. */
static size_t find_build_id(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->file_count; i++)
		if (inv->files[i].elf && inv->files[i].elf->build_id &&
		    !strcmp(inv->files[i].elf->build_id, id))
			return i;
	return INVENTORY_NONE;
}

/* The code of the file that was asked for last: hits of one file stand together. */
struct last_code {
	size_t file;
	struct arena *arena;
	int fd;
	struct code code;
};

static void last_done(struct last_code *last)
{
	cleanup_close(&last->fd);
	arena_free(last->arena);
}

static int code_of(struct last_code *last, const struct world *w, size_t file, struct err *err)
{
	if (last->arena && last->file == file)
		return 0;
	last_done(last);
	*last = (struct last_code){ .file = file, .arena = arena_new() };
	last->fd = rootfs_open_file(w->root, w->inv->files[file].path);
	if (!last->arena || last->fd < 0)
		return err_set(err, EIO, "%s", w->inv->files[file].path);
	return code_read(&last->code, last->fd, last->arena, err);
}

static int check_hit(const struct world *w, const char *program, struct last_code *last,
		     size_t file, uint64_t offset, size_t *wrong, struct err *err)
{
	const struct reach_proof *proof;
	uint64_t address;
	int r = code_of(last, w, file, err);

	if (r >= 0 && code_address(&last->code, offset, &address) < 0)
		r = err_set(err, ERANGE, "0x%" PRIx64 " is no code", offset);
	if (r >= 0)
		r = reach_prove(&proof, w->last.prover, file, &address, 1, err);
	if (r < 0)
		return r;
	if (proof->holds) {
		++*wrong;
		printf("WRONG\t%s ran 0x%" PRIx64 " of %s, which was proved unable to\n", program,
		       offset, w->inv->files[file].path);
	}
	return 0;
}

/* Was that program seen to run that function in a run before this one? */
static bool is_known(const struct world *w, const char *program, size_t file, uint64_t offset)
{
	for (size_t i = 0; i < w->checked_count; i++)
		if (w->checked[i].offset == offset && w->checked[i].file == file &&
		    !strcmp(w->checked[i].program, program))
			return true;
	return false;
}

static int note_checked(struct world *w, const char *program, size_t file, uint64_t offset,
			struct err *err)
{
	struct checked *slot = array_add(w->checked, w->checked_count, w->checked_capacity);

	if (!slot)
		return err_oom(err);
	*slot = (struct checked){ program, file, offset };
	return 0;
}

static int check(struct world *w, const char *program, const char *hits, struct err *err)
{
	_cleanup_(last_done) struct last_code last = { .fd = -1 };
	_cleanup_free_ char *text = NULL;
	size_t len, n = 0, wrong = 0;
	struct scene s = {};
	char *rest, id[64];
	int r = file_read(&text, &len, hits, HITS_BYTES_MAX, err);

	w->alone = true;
	if (r >= 0)
		r = scene_set(&s, w, program, err);
	if (r >= 0 && w->last.prover)
		reach_prover_inherit(s.prover, w->last.prover);
	scene_done(&w->last);
	w->last = s;
	for (char *line = r < 0 ? NULL : strtok_r(text, "\n", &rest); line && r >= 0;
	     line = strtok_r(NULL, "\n", &rest)) {
		uint64_t offset;
		size_t file;

		if (sscanf(line, "hit %63s 0x%" SCNx64, id, &offset) != 2)
			continue;
		file = find_build_id(w->inv, id);
		if (file == INVENTORY_NONE)
			return err_set(err, ENOENT, "%s: no file with build-id %s", hits, id);
		if (is_known(w, program, file, offset))
			continue;
		n++;
		r = note_checked(w, program, file, offset, err);
		if (r >= 0)
			r = check_hit(w, program, &last, file, offset, &wrong, err);
	}
	if (r >= 0)
		printf("%s\t%zu more functions ran, %zu of them proved unable to\n", program, n,
		       wrong);
	return r < 0 ? r : wrong ? err_set(err, EINVAL, "the proof is wrong") : 0;
}

static int prove(int argc, char **argv, struct err *err)
{
	_cleanup_(world_done) struct world w = {};
	int r = world_open(&w, argv[0], argv[1], err);

	for (int i = 3; i + 1 < argc && r >= 0; i += 2)
		r = check(&w, argv[i], argv[i + 1], err);
	if (r >= 0)
		r = count(&w, true, argv[2], err);
	return r < 0 ? r : count(&w, false, argv[2], err);
}

int main(int argc, char **argv)
{
	struct err err = {};
	int r = -1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[1], "list"))
		r = list(argv[2], argv[3], &err);
	else if (argc >= 5 && argc % 2 && !strcmp(argv[1], "prove"))
		r = prove(argc - 2, argv + 2, &err);
	else
		fputs("usage: see the head of pairs.c\n", stderr);
	if (r < 0)
		fprintf(stderr, "error: %s\n", err.text);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
