// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_debuginfo.c — vexxy symbols debuginfo: separate debug data from debuginfod servers, for --debug-dir. */
#include <inttypes.h>
#include <unistd.h>

#include "analyzer/cmd_symbols.h"
#include "analyzer/debug_fetch.h"
#include "analyzer/image.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/terminal.h"

#define URLS_VARIABLE "DEBUGINFOD_URLS"

/* What is said of each, and counted. */
struct telling {
	const struct debug_wants *wants;
	size_t counts[DEBUG_OUTCOMES], settled;
	bool bar;
	struct json_writer w;
	cJSON *failures;
};

static void settled(void *ctx, const struct debug_want *want, enum debug_outcome outcome,
		    const char *reason)
{
	struct telling *t = ctx;
	cJSON *item;

	t->counts[outcome]++;
	t->settled++;
	if (reason) {
		terminal_line(stderr, "%s%s: %s: %s", t->bar ? "\r\033[K" : "", want->path,
			      want->id, reason);
		item = json_push_object(&t->w, t->failures);
		json_put_text(&t->w, item, "build_id", want->id);
		json_put_text(&t->w, item, "path", want->path);
		json_put_text(&t->w, item, "reason", reason);
	}
	if (t->bar)
		fprintf(stderr, "\r%zu of %zu build-ids, %zu fetched\033[K", t->settled,
			t->wants->count, t->counts[DEBUG_FETCHED]);
}

static int collect(struct debug_wants *wants, const struct symbols_options *opts,
		   const struct option_list *operands, struct err *err)
{
	_cleanup_(inventory_freep) struct inventory *inv = NULL;
	_cleanup_(image_freep) struct image *image = NULL;
	const char *root = opts->rootfs;
	int r = 0;

	for (size_t i = 1; i < operands->count && r == 0; i++)
		r = debug_wants_add_file(wants, operands->items[i], err);
	if (r == 0 && opts->image)
		r = image_unpack(&image, opts->image, err);
	if (r == 0 && image)
		root = image->rootfs;
	if (r == 0 && root)
		r = inventory_build(&inv, root, err);
	else if (r == 0 && opts->inventory)
		r = inventory_load(&inv, opts->inventory, err);
	return r < 0 || !inv ? r : debug_wants_add_inventory(wants, inv, root, err);
}

/* Those of the options, else of the variable that elfutils and gdb know. */
static int take_urls(struct option_list *ret, const struct symbols_options *opts,
		     struct arena *arena, struct err *err)
{
	const char *variable = getenv(URLS_VARIABLE);
	char *words, *save = NULL;

	for (size_t i = 0; i < opts->urls.count; i++)
		if (option_list_add(ret, opts->urls.items[i]) < 0)
			return err_oom(err);
	words = opts->urls.count || !variable ? NULL : arena_strdup(arena, variable);
	for (char *word = words ? strtok_r(words, " \t\n", &save) : NULL; word;
	     word = strtok_r(NULL, " \t\n", &save))
		if (option_list_add(ret, word) < 0)
			return err_oom(err);
	return 0;
}

static int print(struct telling *t, bool json, struct err *err)
{
	static const char *const names[] = { "fetched", "there", "nowhere", "failed" };
	_cleanup_(cJSON_Deletep) cJSON *to = json ? cJSON_CreateObject() : NULL;
	_cleanup_free_ char *text = NULL;

	if (!json) {
		printf("build-ids  %zu; ELF files without one: %zu\n", t->wants->count,
		       t->wants->without_id);
		printf("fetched    %zu\nthere      %zu, already\n", t->counts[DEBUG_FETCHED],
		       t->counts[DEBUG_THERE]);
		printf("nowhere    %zu, on no server\nfailed     %zu\n", t->counts[DEBUG_NOWHERE],
		       t->counts[DEBUG_FAILED]);
	} else {
		json_put_u64(&t->w, to, "build_ids", t->wants->count);
		json_put_u64(&t->w, to, "without_build_id", t->wants->without_id);
		for (size_t i = 0; i < DEBUG_FAILED; i++)
			json_put_u64(&t->w, to, names[i], t->counts[i]);
		cJSON_AddItemToObject(to, names[DEBUG_FAILED], t->failures);
		t->failures = NULL;
		text = t->w.failed ? NULL : json_print_line(to);
		if (!text)
			return err_oom(err);
		puts(text);
	}
	return fflush(stdout) != 0 ? err_sys(err, errno, "cannot write") : 0;
}

static int fetch(const struct symbols_options *opts, const struct debug_wants *wants,
		 const struct option_list *urls, struct err *err)
{
	struct telling t = { .wants = wants,
			     .bar = isatty(STDERR_FILENO) == 1,
			     .failures = cJSON_CreateArray() };
	const struct debug_fetch what = { .dir = opts->out,
					  .ca = opts->ca,
					  .limit_mb = opts->limit_mb,
					  .timeout_s = opts->timeout,
					  .urls = urls,
					  .settled = settled,
					  .ctx = &t };
	int r = debug_fetch_all(&what, wants, err);

	if (t.bar)
		fputs("\r\033[K", stderr);
	if (r == 0)
		r = print(&t, opts->json, err);
	cJSON_Delete(t.failures);
	if (r < 0)
		return r;
	if (t.counts[DEBUG_FAILED])
		return err_set(err, EIO, "%zu of %zu could not be fetched", t.counts[DEBUG_FAILED],
			       wants->count);
	return t.counts[DEBUG_NOWHERE] ? EXIT_MISSING : EXIT_SUCCESS;
}

int symbols_debuginfo_check(const struct symbols_options *opts, const struct option_list *operands,
			    struct err *err)
{
	const char *variable = getenv(URLS_VARIABLE);

	if ((operands->count > 1) + !!opts->rootfs + !!opts->image + !!opts->inventory != 1)
		return err_set(err, EINVAL,
			       "whose? ELF files, or one of --rootfs, --image, --inventory");
	if (!opts->out)
		return err_set(err, EINVAL, "-o DIR: where the debug data is to be kept");
	if (!opts->urls.count && (!variable || !variable[strspn(variable, " \t\n")]))
		return err_set(err, EINVAL, "which server? --url URL, or " URLS_VARIABLE);
	return 0;
}

int symbols_debuginfo(const struct symbols_options *opts, const struct option_list *operands,
		      struct err *err)
{
	_cleanup_(option_list_done) struct option_list urls = {};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(debug_wants_done) struct debug_wants wants = { .arena = arena };
	int r = arena ? 0 : err_oom(err);

	r = r ? r : take_urls(&urls, opts, arena, err);
	r = r ? r : collect(&wants, opts, operands, err);
	return r ? r : fetch(opts, &wants, &urls, err);
}
