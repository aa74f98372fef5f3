// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_linked.c — vexxy symbols lookup --store, of a file that no store knows: functions of static libraries in it. */
#include <fcntl.h>
#include <inttypes.h>

#include "analyzer/cmd_symbols.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/linked.h"

struct asked {
	const struct option_list *operands; /* CVEs from the third on; none: all */
	const struct code *code;
	struct linked *items;
	size_t count;
};

static bool is_asked(const struct asked *a, const struct linked *item)
{
	for (size_t i = 2; i < a->operands->count; i++)
		if (store_signature_is_of(item->function, a->operands->items[i]))
			return true;
	return a->operands->count == 2;
}

static size_t print_text(const struct asked *a)
{
	uint64_t offset;
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct store_signature *f = a->items[i].function;
		const struct store_archive *of = a->items[i].archive;

		if (!is_asked(a, &a->items[i]) ||
		    code_offset(a->code, a->items[i].address, &offset) < 0)
			continue;
		if (!n++)
			printf("%s: functions of static libraries are linked in, as "
			       "address@offset\n",
			       a->operands->items[1]);
		printf("  0x%" PRIx64 "@0x%" PRIx64 " %s (%s) of %s %s, %s:", a->items[i].address,
		       offset, f->name, f->file, of->package, of->version, of->file);
		for (size_t k = 0; k < f->cve_count; k++)
			printf(" %s", f->cves[k]);
		printf("\n");
	}
	return n;
}

static int print_json(const struct asked *a, size_t *n, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *to = cJSON_CreateObject();
	_cleanup_free_ char *text = NULL;
	struct json_writer w = {};
	cJSON *list = json_put_array(&w, to, "linked");
	uint64_t offset;

	for (size_t i = 0; i < a->count; i++) {
		const struct store_signature *f = a->items[i].function;
		char address[32], at[32];
		cJSON *item;

		if (!is_asked(a, &a->items[i]) ||
		    code_offset(a->code, a->items[i].address, &offset) < 0)
			continue;
		++*n;
		item = json_push_object(&w, list);
		snprintf(address, sizeof(address), "0x%" PRIx64, a->items[i].address);
		snprintf(at, sizeof(at), "0x%" PRIx64, offset);
		json_put_text(&w, item, "address", address);
		json_put_text(&w, item, "offset", at);
		json_put_text(&w, item, "name", f->name);
		json_put_text(&w, item, "file", f->file);
		json_put_text(&w, item, "archive", a->items[i].archive->file);
		json_put_text(&w, item, "package", a->items[i].archive->package);
		json_put_text(&w, item, "version", a->items[i].archive->version);
		json_put_texts(&w, item, "cves", f->cves, f->cve_count);
	}
	text = w.failed ? NULL : json_print_line(to);
	if (!text)
		return err_oom(err);
	puts(text);
	return 0;
}

int symbols_lookup_linked(const struct symbols_options *opts, const struct option_list *operands,
			  const struct symbol_store *store, struct err *err)
{
	const char *path = operands->items[1];
	_cleanup_(linked_index_freep) struct linked_index *index = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct asked asked = { .operands = operands };
	struct code code = {};
	size_t n = 0;
	int r;

	if (!arena)
		return err_oom(err);
	if (fd < 0)
		return EXIT_MISSING; /* the operand is a build-id */
	r = code_read(&code, fd, arena, err);
	if (r >= 0)
		r = linked_index_new(&index, &store, 1, err);
	if (r >= 0)
		r = linked_find(&asked.items, &asked.count, index, &code, arena, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", path);
	asked.code = &code;
	if (opts->json)
		r = print_json(&asked, &n, err);
	else
		n = print_text(&asked);
	return r < 0 ? r : n ? EXIT_SUCCESS : EXIT_MISSING;
}
