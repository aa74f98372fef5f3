// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_stats.c — what a trace adds up to. */
#include <inttypes.h>

#include "include/array.h"

#include "analyzer/coverage.h"
#include "analyzer/json.h"
#include "analyzer/terminal.h"
#include "analyzer/trace_text.h"

#define TOP_PATHS 10u
#define UNITS_SHOWN_MAX 10000u

const char *use_kind_name(enum use_kind kind)
{
	switch (kind) {
	case USE_EXEC:
		return "exec";
	case USE_SCRIPT:
		return "script";
	case USE_INTERPRETER:
		return "interpreter";
	case USE_MAP:
		return "map";
	case USE_OPEN_READ:
		return "read";
	case USE_OPEN_WRITE:
		return "write";
	case USE_OPEN_PATH:
		return "path";
	}
	return "use";
}

static int compare_uses(const void *a, const void *b)
{
	const struct trace_use *x = *(const struct trace_use *const *)a;
	const struct trace_use *y = *(const struct trace_use *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->line > y->line) - (x->line < y->line);
}

/* The most frequent uses of one kind, then in the order of the trace. Returns how many there are in ret. */
static size_t top_uses(const struct trace *trace, enum use_kind kind, const struct trace_use **all,
		       size_t *total)
{
	size_t n = 0;

	for (size_t i = 0; i < trace->use_count; i++)
		if (trace->uses[i].kind == kind && trace->uses[i].path)
			all[n++] = &trace->uses[i];
	array_sort(all, n, sizeof(*all), compare_uses);
	*total = n;
	return n < TOP_PATHS ? n : TOP_PATHS;
}

static void print_top(FILE *out, const struct trace *trace, const struct trace_use **all)
{
	size_t total, n;

	for (enum use_kind kind = USE_EXEC; kind <= USE_OPEN_PATH; kind++) {
		n = top_uses(trace, kind, all, &total);
		if (!n)
			continue;
		fprintf(out, "\n%s: %zu different paths\n", use_kind_name(kind), total);
		for (size_t i = 0; i < n; i++) {
			fprintf(out, "  %8" PRIu64 "  ", all[i]->count);
			terminal_put(out, all[i]->path, 0);
			fputc('\n', out);
		}
		if (n < total)
			fprintf(out, "            … and %zu more\n", total - n);
	}
}

/* "name count", with a comma before all but the first. What did not happen is not said. */
static void print_count(FILE *out, bool *any, const char *name, uint64_t count)
{
	if (count)
		fprintf(out, "%s%s %" PRIu64, *any ? ", " : "", name, count);
	*any |= count > 0;
}

static void print_counts(FILE *out, const struct trace *trace)
{
	bool any = false;

	fputs("losses      ", out);
	for (enum trace_loss i = 0; i < TRACE_LOSS_COUNT; i++)
		print_count(out, &any, trace_loss_name(i), trace->losses[i]);
	print_count(out, &any, "of unknown cause", trace->unknown_losses);
	print_count(out, &any, "capped", trace->capped);
	fputs(any ? "\nrecords     " : "none\nrecords     ", out);
	any = false;
	for (enum trace_kind i = 0; i <= TRACE_KIND_COUNT; i++)
		print_count(out, &any, trace_kind_name(i), trace->counts[i]);
	fprintf(out, "\n            failed opens %" PRIu64 "\n", trace->failed_opens);
}

static void print_coverage(FILE *out, const struct trace *trace)
{
	_cleanup_(coverage_donep) struct coverage coverage = {};
	struct trace *const traces[] = { (struct trace *)trace };
	char text[COVERAGE_TEXT_BYTES];

	if (coverage_of(&coverage, traces, 1) < 0 || !coverage.functions)
		return;
	coverage_percent(text, coverage.ran, coverage.functions);
	fprintf(out, "\nfunctions that ran: %s %%, %" PRIu64 " of %" PRIu64 "\n", text,
		coverage.ran, coverage.functions);
	for (size_t i = 0; i < coverage.count; i++) {
		const struct coverage_file *file = &coverage.items[i];

		coverage_percent(text, file->ran, file->functions);
		fprintf(out, "  %6s %%  %" PRIu64 " of %" PRIu64 "  ", text, file->ran,
			file->functions);
		terminal_put(out, file->object, 0);
		fputs(file->late ? " (watched late)\n" : "\n", out);
	}
	for (size_t i = 0; trace->unit_count && i < trace->functions.unit_count; i++) {
		coverage_percent(text, trace->functions.unit_ran[i], coverage.functions);
		fprintf(out, "  unit %zu: %s %%, %" PRIu64 "\n", i, text,
			trace->functions.unit_ran[i]);
	}
}

void trace_stats_text(FILE *out, const struct trace *trace)
{
	_cleanup_free_ const struct trace_use **all = calloc(trace->use_count + 1, sizeof(*all));

	fprintf(out, "complete    %s\n", trace->complete ? "yes" : "no: the last line is missing");
	fprintf(out, "began       %s\n",
		trace->began_first_exec ? "before the first instruction" : "late");
	fputs("ended       ", out);
	terminal_put(out, trace->end_reason ? trace->end_reason : "(not told)", 0);
	fprintf(out, "\nlasted      %.6f s\n", (double)trace->duration_ns / 1e9);
	if (trace->use_count)
		fprintf(out, "uses        from %.6f s to %.6f s\n", (double)trace->uses[0].t / 1e9,
			(double)trace->uses[trace->use_count - 1].t / 1e9);
	fprintf(out, "units       %zu\n", trace->unit_count + 1);
	print_counts(out, trace);
	fprintf(out, "system calls, %zu:", trace->syscall_count);
	for (size_t i = 0; i < trace->syscall_count; i++) {
		fputc(' ', out);
		terminal_put(out, trace->syscalls[i], 0);
	}
	fputc('\n', out);
	print_coverage(out, trace);
	if (all)
		print_top(out, trace, all);
}

static void add_top(cJSON *document, const struct trace *trace, const struct trace_use **all)
{
	cJSON *kinds = cJSON_AddObjectToObject(document, "paths"), *list, *item;
	size_t total, n;

	for (enum use_kind kind = USE_EXEC; kind <= USE_OPEN_PATH; kind++) {
		n = top_uses(trace, kind, all, &total);
		if (!n)
			continue;
		list = cJSON_AddArrayToObject(kinds, use_kind_name(kind));
		for (size_t i = 0; i < n; i++) {
			item = cJSON_CreateObject();
			json_add_string(item, "path", all[i]->path);
			json_add_u64(item, "count", all[i]->count);
			cJSON_AddItemToArray(list, item);
		}
	}
}

cJSON *trace_stats_document(const struct trace *trace)
{
	_cleanup_free_ const struct trace_use **all = calloc(trace->use_count + 1, sizeof(*all));
	_cleanup_(cJSON_Deletep) cJSON *document = cJSON_CreateObject();
	_cleanup_(coverage_donep) struct coverage coverage = {};
	struct trace *const traces[] = { (struct trace *)trace };
	struct json_writer writer = {};
	cJSON *group;

	if (!all || !document)
		return NULL;
	cJSON_AddBoolToObject(document, "complete", trace->complete);
	cJSON_AddBoolToObject(document, "began_first_exec", trace->began_first_exec);
	json_add_string(document, "end_reason", trace->end_reason);
	json_add_u64(document, "duration_ns", trace->duration_ns);
	if (trace->use_count) {
		json_add_u64(document, "first_use_ns", trace->uses[0].t);
		json_add_u64(document, "last_use_ns", trace->uses[trace->use_count - 1].t);
	}
	json_add_u64(document, "units", trace->unit_count + 1);
	json_add_u64(document, "failed_opens", trace->failed_opens);
	group = cJSON_AddObjectToObject(document, "losses");
	for (enum trace_loss i = 0; i < TRACE_LOSS_COUNT; i++)
		json_add_u64(group, trace_loss_name(i), trace->losses[i]);
	json_add_u64(group, "unknown", trace->unknown_losses);
	json_add_u64(group, "capped", trace->capped);
	group = cJSON_AddObjectToObject(document, "records");
	for (enum trace_kind i = 0; i <= TRACE_KIND_COUNT; i++)
		json_add_u64(group, trace_kind_name(i), trace->counts[i]);
	group = cJSON_AddArrayToObject(document, "syscalls");
	for (size_t i = 0; i < trace->syscall_count; i++)
		json_push_string(group, trace->syscalls[i]);
	if (coverage_of(&coverage, traces, 1) < 0)
		return NULL;
	coverage_put(&writer, document, &coverage, traces, 1, UNITS_SHOWN_MAX);
	if (writer.failed)
		return NULL;
	add_top(document, trace, all);
	return take_ptr(document);
}
