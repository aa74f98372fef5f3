// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_store.c — vexxy symbols lookup --store: what a store knows of a file. */
#include <fcntl.h>
#include <inttypes.h>

#include "analyzer/cmd_symbols.h"
#include "analyzer/elf_note.h"
#include "analyzer/symbol_store.h"

static bool is_build_id(const char *word)
{
	size_t n = strspn(word, "0123456789abcdef");

	return n >= 2 && n % 2 == 0 && !word[n];
}

/* The word itself, or the build-id of the file of that name. */
static int find_build_id(const char *word, struct arena *arena, const char **ret, struct err *err)
{
	_cleanup_close_ int fd = open(word, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct elf_file file = {};
	int r;

	if (fd < 0 && errno == ENOENT && is_build_id(word)) {
		*ret = word;
		return 0;
	}
	if (fd < 0)
		return err_sys(err, errno, "'%s'", word);
	r = elffile_open(&file, fd, arena, err);
	*ret = NULL; /* it may have none */
	if (r == 0)
		r = elfnote_build_id(ret, &file, arena) < 0 ? err_oom(err) : 0;
	return r < 0 ? err_prefix(err, r, "'%s'", word) : 0;
}

static void print_sites(const struct store_object *object, const char *what,
			const struct store_sites *sites)
{
	uint64_t offset;

	if (sites->count)
		printf("    %-8s", what);
	for (size_t i = 0; i < sites->count; i++)
		if (store_object_offset(object, sites->addresses[i], &offset) == 0)
			printf(" 0x%" PRIx64 "@0x%" PRIx64, sites->addresses[i], offset);
	if (sites->count)
		printf("\n");
}

static void print_cve(const struct store_object *object, const struct store_cve *cve)
{
	printf("%s: %s%s\n", cve->id, cve->why ? "not complete: " : "complete",
	       cve->why ? cve->why : "");
	for (size_t i = 0; i < cve->function_count; i++) {
		const struct store_function *f = &cve->functions[i];

		printf("  %s (%s): %s", f->name, f->file, store_kind_name(f->kind));
		for (size_t k = 0; k < f->made_count; k++)
			printf("%s%s", k ? ", " : ", made as ", f->made[k]);
		printf("\n");
		print_sites(object, "entries", &f->entries);
		print_sites(object, "inlined", &f->inlined);
		print_sites(object, "lines", &f->lines);
	}
}

static void print_object(const struct store_object *o)
{
	printf("%s %s\n  %s %s (%s), of source %s, %s\n", o->build_id, o->file, o->package,
	       o->version, o->arch, o->source, equality_name(o->equality));
	printf("  %zu CVEs with places, or proved absent; %zu elsewhere in the package\n",
	       o->cve_count, o->elsewhere_count);
	printf("  places are given as address@offset in the file\n");
}

/* False: the store knows nothing of it. */
static bool print_asked(const struct store_object *object, const char *id)
{
	const struct store_cve *cve = store_object_cve(object, id);

	if (cve)
		print_cve(object, cve);
	else if (store_object_is_elsewhere(object, id))
		printf("%s: no code in this file, but in another one of the package\n", id);
	else
		printf("%s: not looked for\n", id);
	return cve || store_object_is_elsewhere(object, id);
}

/* The line of the store, whole: who reads JSON can look for a CVE himself. */
static int print_json(const struct store_object *object, struct err *err)
{
	const struct symbol_store one = { .objects = (struct store_object *)object, .count = 1 };
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = symbol_store_format(&one, &text, &len, err);

	if (r == 0)
		fputs(text, stdout);
	return r;
}

/* False when the store knows nothing of one of them. */
static bool print_text(const struct store_object *object, const struct option_list *operands)
{
	bool whole = true;

	print_object(object);
	for (size_t i = 2; i < operands->count; i++)
		whole &= print_asked(object, operands->items[i]);
	for (size_t i = 0; i < object->cve_count && operands->count == 2; i++)
		print_cve(object, &object->cves[i]);
	for (size_t i = 0; i < object->elsewhere_count && operands->count == 2; i++)
		print_asked(object, object->elsewhere[i]);
	return whole;
}

int symbols_lookup_store(const struct symbols_options *opts, const struct option_list *operands,
			 struct err *err)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct store_object *object;
	const char *build_id;
	int r = arena ? find_build_id(operands->items[1], arena, &build_id, err) : err_oom(err);

	if (r == 0)
		r = symbol_store_load(&store, opts->store, err);
	if (r < 0)
		return r;
	object = build_id ? symbol_store_lookup(store, build_id) : NULL;
	if (!object) {
		r = symbols_lookup_linked(opts, operands, store, err);
		if (r == EXIT_MISSING && !opts->json)
			printf("%s: the store knows nothing of it\n",
			       build_id ? build_id : operands->items[1]);
		return r;
	}
	if (opts->json)
		return print_json(object, err);
	return print_text(object, operands) ? EXIT_SUCCESS : EXIT_MISSING;
}
