// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kubescape_view.c — an inventory and traces, seen as Kubescape sees an SBOM and a profile. */
#include "analyzer/kubescape_view.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/string_set.h"
#include "kubescape-compat/pattern.h"

struct building {
	struct kubescape_view *view;
	const struct inventory *inv;
	struct string_set evidence; /* paths of files that tell of packages */
	struct kube_texts recorded; /* paths, borrowed */
};

/* Nodes: packages, files of the inventory, evidence. */
static size_t file_node(const struct building *b, size_t file)
{
	return b->inv->package_count + file;
}

static size_t evidence_node(const struct building *b, size_t number)
{
	return b->inv->package_count + b->inv->file_count + number;
}

/* What Syft finds a package by: the file that the inventory names, or one of these in the directory that it names. */
#define EVIDENCE_MAX 4u

static size_t evidence_of(const struct building *b, const struct package *p,
			  const char *ret[EVIDENCE_MAX])
{
	static const char *const manifests[] = { "METADATA", "PKG-INFO", "package.json" };
	size_t n = 0;

	if (!p->location)
		return 0;
	ret[n++] = p->location;
	for (size_t i = 0; i < sizeof(manifests) / sizeof(*manifests); i++)
		ret[n++] = arena_printf(b->view->arena, "%s/%s", p->location, manifests[i]);
	return n;
}

static int collect_evidence(struct building *b)
{
	const char *paths[EVIDENCE_MAX];

	for (size_t i = 0; i < b->inv->package_count; i++) {
		size_t n = evidence_of(b, &b->inv->packages[i], paths);

		for (size_t e = 0; e < n; e++)
			if (!paths[e] ||
			    string_set_add(&b->evidence, paths[e], strlen(paths[e]), NULL) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* Syft lists the files of these; of others it knows what tells of them, and no more. */
static bool lists_files(const char *type)
{
	return !strcmp(type, "deb") || !strcmp(type, "apk") || !strcmp(type, "rpm") ||
	       !strcmp(type, "pypi");
}

/* Under the resolved path: of a link it is what the link leads to. */
static int relate_files(struct building *b, size_t package)
{
	const struct package *p = &b->inv->packages[package];
	int r = 0;

	for (size_t i = 0; r == 0 && lists_files(p->type) && i < p->file_count; i++) {
		size_t file = p->files[i];
		const struct inventory_file *f = &b->inv->files[file];

		if (f->kind == FILE_LINK)
			file = f->target ? inventory_find_exact(b->inv, f->target) : INVENTORY_NONE;
		if (file != INVENTORY_NONE)
			r = relevancy_relate(b->view->relevancy, package, file_node(b, file),
					     RELEVANCY_CONTAINS);
	}
	return r;
}

/* A package that is found by a file of another one overlaps with it, and leads to it. */
static int relate_evidence(struct building *b, size_t package)
{
	struct relevancy *relevancy = b->view->relevancy;
	const char *paths[EVIDENCE_MAX];
	size_t n = evidence_of(b, &b->inv->packages[package], paths);
	int r = 0;

	for (size_t e = 0; r == 0 && e < n; e++) {
		size_t file, number;

		if (!paths[e])
			return -ENOMEM;
		number = string_set_find(&b->evidence, paths[e], strlen(paths[e]));
		if (number != STRING_SET_NONE)
			r = relevancy_relate(relevancy, package, evidence_node(b, number),
					     RELEVANCY_EVIDENT);
		file = inventory_find_exact(b->inv, paths[e]);
		for (size_t o = 0;
		     r == 0 && file != INVENTORY_NONE && o < b->inv->files[file].owner_count; o++)
			r = relevancy_relate(relevancy, b->inv->files[file].owners[o], package,
					     RELEVANCY_OTHER);
	}
	return r;
}

static int relate_dependencies(struct building *b, size_t package)
{
	const struct package *p = &b->inv->packages[package];
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->depend_count; i++)
		r = relevancy_relate(b->view->relevancy, p->depends[i], package,
				     RELEVANCY_DEPENDENCY);
	return r;
}

/* A program counts as executed; a script, its loader and what is mapped only by the opens they are seen with. */
static bool is_recorded(const struct trace_use *use)
{
	if (!use->path || use->is_dir || use->outside_root)
		return false;
	switch (use->kind) {
	case USE_EXEC:
		return true;
	case USE_OPEN_READ:
	case USE_OPEN_WRITE:
	case USE_OPEN_PATH:
		return !use->how || !strcmp(use->how, "open") || !strcmp(use->how, "openat");
	case USE_SCRIPT:
	case USE_INTERPRETER:
	case USE_MAP:
		break;
	}
	return false;
}

/* Every path that it has recorded, or would have. */
static int collect_recorded(struct building *b, const struct trace *trace)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < trace->use_count; i++)
		if (is_recorded(&trace->uses[i]))
			r = kube_texts_add(&b->recorded, trace->uses[i].path);
	for (size_t i = 0; r == 0 && i < trace->failed_count; i++) {
		const char *path = trace->failed[i];

		if (*path != '/')
			path = arena_printf(b->view->arena, "/%s", path);
		r = path ? kube_texts_add(&b->recorded, path) : -ENOMEM;
	}
	return r;
}

static void touch(const struct building *b, const char *path)
{
	size_t file = inventory_find_exact(b->inv, path);
	size_t number = string_set_find(&b->evidence, path, strlen(path));

	if (file != INVENTORY_NONE)
		relevancy_touch(b->view->relevancy, file_node(b, file), path);
	if (number != STRING_SET_NONE)
		relevancy_touch(b->view->relevancy, evidence_node(b, number), path);
}

/* The first file whose path is not before the text. */
static size_t first_file(const struct inventory *inv, const char *text, size_t len)
{
	size_t low = 0, high = inv->file_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strncmp(inv->files[mid].path, text, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A pattern stands for every file that it matches. */
static void touch_pattern(const struct building *b, const char *pattern)
{
	struct relevancy *relevancy = b->view->relevancy;
	const struct inventory *inv = b->inv;
	size_t len = kube_path_literal(pattern);

	for (size_t i = first_file(inv, pattern, len);
	     i < inv->file_count && !strncmp(inv->files[i].path, pattern, len); i++)
		if (!relevancy->nodes[file_node(b, i)].kept &&
		    kube_path_matches(pattern, inv->files[i].path))
			relevancy_touch(relevancy, file_node(b, i), pattern);
	for (size_t i = 0; i < b->evidence.count; i++)
		if (!relevancy->nodes[evidence_node(b, i)].kept &&
		    kube_path_matches(pattern, b->evidence.items[i]))
			relevancy_touch(relevancy, evidence_node(b, i), pattern);
}

/* What a trace has is the path itself, whatever signs are in it. */
static void touch_recorded(const struct building *b, bool patterns)
{
	for (size_t i = 0; i < b->recorded.count; i++) {
		const char *path = b->recorded.items[i];

		if (patterns && kube_path_is_pattern(path))
			touch_pattern(b, path);
		else
			touch(b, path);
	}
}

static int relate_all(struct building *b)
{
	struct kubescape_view *view = b->view;
	int r = collect_evidence(b);

	if (r == 0)
		r = relevancy_new(&view->relevancy, b->inv->package_count,
				  b->inv->file_count + b->evidence.count, NULL);
	for (size_t i = 0; r == 0 && i < b->inv->package_count; i++) {
		r = relate_files(b, i);
		if (r == 0)
			r = relate_evidence(b, i);
		if (r == 0)
			r = relate_dependencies(b, i);
	}
	return r;
}

static int build(struct building *b, const struct kubescape_inputs *in, struct err *err)
{
	struct kubescape_view *view = b->view;
	int r = 0;

	for (size_t i = 0; r == 0 && !in->profiles && i < in->trace_count; i++)
		r = collect_recorded(b, in->traces[i]);
	for (size_t i = 0; r == 0 && in->profiles && i < in->profiles->count; i++)
		r = kube_profile_paths(&b->recorded, in->profiles->items[i]);
	if (r == 0 && in->sbom)
		return sbom_relevancy_new(&view->exact, in->sbom, b->recorded.items,
					  b->recorded.count, err);
	if (r == 0)
		r = relate_all(b);
	if (r == 0) {
		touch_recorded(b, in->profiles);
		r = relevancy_spread(view->relevancy);
	}
	return r < 0 ? err_oom(err) : 0;
}

int kubescape_view_new(struct kubescape_view **ret, const struct inventory *inv,
		       const struct kubescape_inputs *inputs, struct err *err)
{
	_cleanup_(kubescape_view_freep) struct kubescape_view *view = calloc(1, sizeof(*view));
	struct building b = { .view = view, .inv = inv };
	int r;

	if (!view || !(view->arena = arena_new()))
		return err_oom(err);
	view->inv = inv;
	r = build(&b, inputs, err);
	string_set_done(&b.evidence);
	free(b.recorded.items);
	if (r < 0)
		return r;
	*ret = take_ptr(view);
	return 0;
}

void kubescape_view_free(struct kubescape_view *view)
{
	if (!view)
		return;
	relevancy_free(view->relevancy);
	sbom_relevancy_free(view->exact);
	arena_free(view->arena);
	free(view);
}

static const char *package_name(const void *ctx, size_t package)
{
	return ((const struct inventory *)ctx)->packages[package].name;
}

/* As the inventory has it: 1 relevant, 0 not. */
static int ask_inventory(const struct kubescape_view *view, const struct finding *finding,
			 struct kubescape_word *word)
{
	size_t package = finding->package;

	if (package == INVENTORY_NONE || !view->relevancy->nodes[package].kept)
		return 0;
	word->by = relevancy_ground(view->relevancy, package);
	word->why = relevancy_why(view->relevancy, package, package_name, view->inv, view->arena);
	return 1;
}

/* As its SBOM has it, under any spelling of the package: 1 relevant, 0 not, -ENOENT: not there. */
static int ask_sbom(const struct kubescape_view *view, const struct finding *finding,
		    struct kubescape_word *word)
{
	size_t package = finding->package;
	const char *arch = package == INVENTORY_NONE ? NULL : view->inv->packages[package].arch;
	int found = -ENOENT, one;
	struct purl purl;

	for (size_t i = 0; i < finding->purl_count; i++) {
		if (purl_parse(&purl, finding->purls[i], view->arena, NULL) < 0)
			continue;
		one = sbom_relevancy_of_package(view->exact, &purl, arch, &word->by, &word->why,
						view->arena);
		if (one > 0)
			return one;
		found = one == 0 ? 0 : found;
	}
	return found;
}

struct kubescape_word kubescape_view_says(const struct kubescape_view *view,
					  const struct finding *finding)
{
	struct kubescape_word word = { .status = STATUS_AFFECTED };
	int relevant;

	if (finding->installed_is_fixed) {
		word.silent = true;
		word.why = "the scanner matches nothing where the fix is installed";
		return word;
	}
	relevant =
	    view->exact ? ask_sbom(view, finding, &word) : ask_inventory(view, finding, &word);
	if (relevant > 0)
		return word;
	if (relevant == -ENOENT) {
		word.silent = true;
		word.why =
		    "the SBOM does not have the package, so that its scanner matches nothing";
		return word;
	}
	word.status = STATUS_NOT_AFFECTED;
	word.justification = VULNERABLE_CODE_NOT_PRESENT;
	word.why = arena_printf(view->arena,
				"no file of %s was opened or executed, nor one of a package that "
				"depends on it",
				finding->package_name ? finding->package_name : "it");
	return word;
}
