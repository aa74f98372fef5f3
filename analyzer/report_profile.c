// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_profile.c — what was seen to run, whatever the vulnerabilities: traces, execution profile, packages. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/coverage.h"
#include "analyzer/report.h"
#include "analyzer/usage.h"
#include "include/array.h"

#define NS_PER_S 1000000000u

static void put_losses(struct json_writer *w, cJSON *item, const struct trace *t)
{
	cJSON *losses = json_put_object(w, item, "losses"), *counts;

	for (enum trace_loss i = 0; i < TRACE_LOSS_COUNT; i++)
		json_put_u64(w, losses, trace_loss_name(i), t->losses[i]);
	json_put_u64(w, losses, "unknown", t->unknown_losses);
	json_put_u64(w, item, "lost", trace_lost(t));
	json_put_u64(w, item, "capped", t->capped);
	counts = json_put_object(w, item, "counts");
	for (enum trace_kind i = 0; i < TRACE_KIND_COUNT; i++)
		json_put_u64(w, counts, trace_kind_name(i), t->counts[i]);
	json_put_u64(w, counts, "unknown", t->counts[TRACE_KIND_COUNT]);
}

static void put_seconds(struct json_writer *w, cJSON *item, const char *key, uint64_t ns)
{
	char text[48];

	snprintf(text, sizeof(text), "%llu.%09llu", (unsigned long long)(ns / NS_PER_S),
		 (unsigned long long)(ns % NS_PER_S));
	w->failed |= !cJSON_AddRawToObject(item, key, text);
}

static void put_watched(struct json_writer *w, cJSON *item, const struct trace *t)
{
	cJSON *array = json_put_array(w, item, "watched");

	for (enum trace_kind i = 0; i < TRACE_KIND_COUNT; i++)
		if (t->watched[i])
			json_push_text(w, array, trace_kind_name(i));
}

static void push_trace(struct json_writer *w, cJSON *array, const struct trace *t, size_t number)
{
	cJSON *item = json_push_object(w, array);

	json_put_u64(w, item, "number", number);
	json_put_text(w, item, "sha256", t->digest);
	json_put_optional(w, item, "image", t->image);
	json_put_optional(w, item, "image_digest", t->image_digest);
	json_put_optional(w, item, "container_id", t->container_id);
	json_put_optional(w, item, "agent", t->agent);
	json_put_optional(w, item, "kernel", t->kernel);
	json_put_optional(w, item, "boot_id", t->boot_id);
	json_put_optional(w, item, "backend", t->backend);
	json_put_optional(w, item, "isolation", t->isolation);
	json_put_optional(w, item, "level", t->level);
	json_put_optional(w, item, "start", t->start);
	put_seconds(w, item, "duration_seconds", t->duration_ns);
	json_put_text(w, item, "began", t->began_first_exec ? "first_exec" : "late");
	json_put_bool(w, item, "complete", t->complete);
	json_put_optional(w, item, "end_reason", t->end_reason);
	if (t->exit_status >= 0)
		json_put_u64(w, item, "exit_status", (uint64_t)t->exit_status);
	json_put_bool(w, item, "ended_well", trace_ended_well(t));
	json_put_u64(w, item, "units", t->unit_count + 1);
	json_put_u64(w, item, "window_s", t->window_s);
	json_put_u64(w, item, "failed_opens", t->failed_opens);
	put_watched(w, item, t);
	put_losses(w, item, t);
}

void report_put_traces(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *array = json_put_array(w, doc, "traces");

	for (size_t i = 0; i < a->trace_count; i++)
		push_trace(w, array, a->traces[i], i + 1);
}

/* Texts of all traces: sorted and each once before they are written. */
struct texts {
	const char **items;
	size_t count, room;
	bool failed;
};

static void texts_done(struct texts *t)
{
	free(t->items);
}

static void texts_add(struct texts *t, const char *text)
{
	const char **slot = array_add(t->items, t->count, t->room);

	if (slot)
		*slot = text;
	t->failed |= !slot;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* At most REPORT_PATHS_MAX, with the number of those left out when there are any. */
static void put_texts(struct json_writer *w, cJSON *obj, const char *key, struct texts *t)
{
	cJSON *array = json_put_array(w, obj, key);
	uint64_t written = 0, left_out = 0;
	char name[64];

	w->failed |= t->failed;
	array_sort(t->items, t->count, sizeof(*t->items), compare_texts);
	for (size_t i = 0; i < t->count; i++) {
		if (i && !strcmp(t->items[i - 1], t->items[i]))
			continue;
		if (written == REPORT_PATHS_MAX) {
			left_out++;
			continue;
		}
		json_push_text(w, array, t->items[i]);
		written++;
	}
	if (!left_out)
		return;
	snprintf(name, sizeof(name), "%s_left_out", key);
	json_put_u64(w, obj, name, left_out);
}

typedef bool (*use_filter)(const struct trace_use *use);

static bool is_inside(const struct trace_use *use)
{
	return use->path && !use->memfd && !use->unresolved && !use->outside_root;
}

static bool is_accessed(const struct trace_use *use)
{
	return is_inside(use) && !use->is_dir;
}

static bool is_program(const struct trace_use *use)
{
	return is_inside(use) && (use->kind == USE_EXEC || use->kind == USE_SCRIPT);
}

/* A program is mapped as well, when it is executed: it stands under the programs. */
static bool is_library(const struct trace_use *use)
{
	if (!is_inside(use))
		return false;
	if (use->kind == USE_INTERPRETER)
		return true;
	return use->kind == USE_MAP && !(use->how && !strcmp(use->how, "exec"));
}

static bool is_outside(const struct trace_use *use)
{
	return use->path && use->outside_root && !use->is_dir;
}

static void put_paths(struct json_writer *w, cJSON *profile, const char *key,
		      const struct analysis *a, use_filter filter)
{
	_cleanup_(texts_done) struct texts texts = {};

	for (size_t i = 0; i < a->trace_count; i++)
		for (size_t k = 0; k < a->traces[i]->use_count; k++)
			if (filter(&a->traces[i]->uses[k]))
				texts_add(&texts, a->traces[i]->uses[k].path);
	put_texts(w, profile, key, &texts);
}

static void put_syscalls(struct json_writer *w, cJSON *profile, const struct analysis *a)
{
	_cleanup_(texts_done) struct texts texts = {};

	for (size_t i = 0; i < a->trace_count; i++)
		for (size_t k = 0; k < a->traces[i]->syscall_count; k++)
			texts_add(&texts, a->traces[i]->syscalls[k]);
	put_texts(w, profile, "syscalls", &texts);
}

static int compare_nets(const void *pa, const void *pb)
{
	const struct trace_net *a = *(const struct trace_net *const *)pa;
	const struct trace_net *b = *(const struct trace_net *const *)pb;
	int r = (int)b->listen - (int)a->listen;

	r = r ? r : strcmp(a->family ? a->family : "", b->family ? b->family : "");
	r = r ? r : strcmp(a->address ? a->address : "", b->address ? b->address : "");
	r = r ? r : (a->port > b->port) - (a->port < b->port);
	return r ? r : (int)a->failed - (int)b->failed;
}

static void push_net(struct json_writer *w, cJSON *array, const struct trace_net *net)
{
	cJSON *item = json_push_object(w, array);

	json_put_text(w, item, "op", net->listen ? "listen" : "connect");
	json_put_optional(w, item, "family", net->family);
	json_put_optional(w, item, "address", net->address);
	json_put_u64(w, item, "port", net->port);
	json_put_bool(w, item, "failed", net->failed);
}

static void put_nets(struct json_writer *w, cJSON *profile, const struct analysis *a)
{
	cJSON *array = json_put_array(w, profile, "network_connections");
	_cleanup_free_ const struct trace_net **nets = NULL;
	size_t count = 0, n = 0;
	uint64_t left_out = 0;

	for (size_t i = 0; i < a->trace_count; i++)
		count += a->traces[i]->net_count;
	nets = calloc(count + 1, sizeof(struct trace_net *));
	w->failed |= !nets;
	for (size_t i = 0; i < a->trace_count && nets; i++) {
		left_out += a->traces[i]->nets_left_out;
		for (size_t k = 0; k < a->traces[i]->net_count; k++)
			nets[n++] = &a->traces[i]->nets[k];
	}
	array_sort(nets, n, sizeof(struct trace_net *), compare_nets);
	for (size_t i = 0; i < n; i++)
		if (!i || compare_nets(&nets[i - 1], &nets[i]))
			push_net(w, array, nets[i]);
	if (left_out)
		json_put_u64(w, profile, "network_connections_left_out", left_out);
}

/* Uses of what has no path: memory, and files whose name could not be told. */
static uint64_t count_nameless(const struct analysis *a)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < a->trace_count; i++)
		for (size_t k = 0; k < a->traces[i]->use_count; k++)
			sum += a->traces[i]->uses[k].memfd || a->traces[i]->uses[k].unresolved;
	return sum;
}

void report_put_profile(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	_cleanup_(coverage_donep) struct coverage coverage = {};
	cJSON *profile = json_put_object(w, doc, "execution_profile");
	uint64_t ns = 0, failed = 0;

	for (size_t i = 0; i < a->trace_count; i++) {
		ns += a->traces[i]->duration_ns;
		failed += a->traces[i]->failed_opens;
	}
	put_seconds(w, profile, "duration_seconds", ns);
	put_paths(w, profile, "programs", a, is_program);
	put_paths(w, profile, "loaded_libraries", a, is_library);
	put_paths(w, profile, "files_accessed", a, is_accessed);
	put_paths(w, profile, "files_outside_root", a, is_outside);
	json_put_u64(w, profile, "uses_without_path", count_nameless(a));
	json_put_u64(w, profile, "failed_opens", failed);
	put_syscalls(w, profile, a);
	put_nets(w, profile, a);
	w->failed |= coverage_of(&coverage, a->traces, a->trace_count) < 0;
	coverage_put(w, profile, &coverage, a->traces, a->trace_count, REPORT_PATHS_MAX);
}

static void push_package(struct json_writer *w, cJSON *array, const struct analysis *a,
			 const struct package *p)
{
	const struct usage *usage = a->verdicts->usage;
	cJSON *item = json_push_object(w, array);
	size_t used = 0, at;
	enum use_class class = usage_of_package(usage, p, &at);

	for (size_t i = 0; i < p->file_count; i++)
		used += usage->files[p->files[i]].class >= USE_CLASS_TOUCHED;
	json_put_text(w, item, "type", p->type);
	json_put_text(w, item, "name", p->name);
	json_put_optional(w, item, "version", p->version);
	json_put_optional(w, item, "purl", p->purl);
	json_put_u64(w, item, "files", p->file_count);
	json_put_bool(w, item, "files_known", p->files_known);
	if (class < USE_CLASS_TOUCHED)
		return;
	json_put_text(w, item, "usage", class == USE_CLASS_CODE ? "code" : "data");
	json_put_u64(w, item, "files_used", used);
	json_put_text(w, item, "seen", a->inventory->files[at].path);
	json_put_u64(w, item, "trace", usage->files[at].trace + 1);
	json_put_u64(w, item, "line", usage->files[at].use->line);
}

void report_put_packages(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *packages = json_put_object(w, doc, "packages");
	cJSON *used = json_put_array(w, packages, "used");
	cJSON *unused = json_put_array(w, packages, "unused");
	size_t file;

	for (size_t i = 0; i < a->inventory->package_count; i++) {
		const struct package *p = &a->inventory->packages[i];
		bool in_use = usage_of_package(a->verdicts->usage, p, &file) >= USE_CLASS_TOUCHED;

		push_package(w, in_use ? used : unused, a, p);
	}
}
