// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pipeline.c — from files to documents. */
#include "analyzer/pipeline.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/analysis.h"
#include "analyzer/digest.h"
#include "analyzer/form.h"
#include "analyzer/functions_file.h"
#include "analyzer/image.h"
#include "analyzer/input_list.h"
#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/manifests.h"
#include "analyzer/openvex.h"
#include "analyzer/previous.h"
#include "analyzer/prior.h"
#include "analyzer/product.h"
#include "analyzer/profiles.h"
#include "analyzer/rootfs.h"
#include "analyzer/same_image.h"
#include "analyzer/sbom.h"
#include "analyzer/staging.h"
#include "analyzer/terminal.h"
#include "analyzer/trace_set.h"
#include "kubescape-compat/syft.h"

#define TRACES_MAX 1024
#define INVENTORY_FILE "inventory.cdx.json"

/* Everything one analysis holds on to, freed together. */
struct pipeline {
	const struct pipeline_options *options;
	struct arena *arena;
	struct image *image;
	struct inventory *inventory;
	struct kube_sbom *sbom; /* --sbom as Kubescape has it, or NULL */
	char *sbom_text;
	struct findings *findings;
	struct store_list stores;
	struct sites *sites;
	struct functions_file functions;
	struct trace_set traces;
	struct verdicts *verdicts;
	struct profiles profiles;
	struct profile_choice choice;
	struct manifest_of_image manifest;
	struct previous *previous;
	struct prior_files *prior_files;
	struct priors *priors;
	struct analysis analysis;
	struct input_list inputs;
	struct staging staging;
	struct key *key;  /* NULL: the result is not signed */
	char *key_author; /* whose key it is, or NULL: it does not tell */
};

void pipeline_options_done(struct pipeline_options *options)
{
	option_list_done(&options->traces);
	option_list_done(&options->vulns);
	option_list_done(&options->advisories);
	option_list_done(&options->image_digests);
	option_list_done(&options->stores);
	option_list_done(&options->debug_dirs);
	option_list_done(&options->priors);
	option_list_done(&options->profiles);
	option_list_done(&options->kept);
	option_list_done(&options->also);
	option_list_done(&options->previous_files);
}

void pipeline_close(struct pipeline *p)
{
	if (!p)
		return;
	staging_done(&p->staging);
	priors_free(p->priors);
	prior_files_free(p->prior_files);
	key_free(p->key);
	free(p->key_author);
	input_list_done(&p->inputs);
	verdicts_free(p->verdicts);
	manifests_done(&p->manifest);
	profiles_done(&p->profiles);
	previous_free(p->previous);
	trace_set_done(&p->traces);
	functions_file_done(&p->functions);
	sites_free(p->sites);
	for (size_t i = 0; i < p->stores.count; i++)
		symbol_store_free(p->stores.items[i]);
	free(p->stores.items);
	findings_free(p->findings);
	kube_sbom_free(p->sbom);
	free(p->sbom_text);
	inventory_free(p->inventory);
	image_free(p->image);
	arena_free(p->arena);
	free(p);
}

const struct functions_file *pipeline_functions(const struct pipeline *p)
{
	return &p->functions;
}

int pipeline_check(const struct pipeline_options *o, struct err *err)
{
	int roots = !!o->rootfs + !!o->image + !!o->inventory;
	enum policy policy;

	if (!o->outdir)
		return err_set(err, EINVAL, "say where the documents go: -o OUTDIR");
	if (roots != 1)
		return err_set(
		    err, EINVAL,
		    "say what is in the image by one of --rootfs, --image and --inventory");
	if (policy_from_string(o->policy, &policy) < 0)
		return err_set(err, EINVAL, "policy '%s' is none of strict, balanced, kubescape",
			       o->policy);
	if (!o->vulns.count)
		return err_set(err, EINVAL, "give the vulnerabilities to decide on: --vulns FILE");
	if (o->namespace && !iri_is_valid(o->namespace))
		return err_set(err, EINVAL, "--namespace: '%.200s' is no absolute IRI",
			       o->namespace);
	for (size_t i = 0; i < o->also.count; i++)
		if (form_names_check(o->also.items[i], err) < 0)
			return -EINVAL;
	return signing_check(&o->signing, err);
}

static int load_traces(struct pipeline *p, struct err *err)
{
	const struct option_list *paths = &p->options->traces;

	return trace_set_load(&p->traces, paths->items, paths->count, err);
}

/* What is of Kubescape's form is read once, and kept. */
static int join_sbom(struct pipeline *p, struct err *err)
{
	const char *path = p->options->sbom;
	_cleanup_(sbom_freep) struct sbom *sbom = NULL;
	int r = sbom_load_kubescape(&p->sbom, &p->sbom_text, path, err);

	if (r == 0 && p->sbom && p->sbom->object->name)
		r = sbom_of_kubescape(&sbom, p->sbom, path, err);
	else if (r == 0)
		r = sbom_load(&sbom, path, err);
	if (r == 0)
		r = inventory_join(p->inventory, sbom, err);
	if (p->sbom && p->sbom->relationship_count)
		p->analysis.options.sbom = p->sbom;
	return r;
}

static int load_inventory(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	int r;

	if (o->image) {
		r = image_unpack(&p->image, o->image, err);
		if (r < 0)
			return r;
	}
	if (o->inventory)
		r = inventory_load(&p->inventory, o->inventory, err);
	else
		r = inventory_build(&p->inventory, o->image ? p->image->rootfs : o->rootfs, err);
	return r < 0 || !o->sbom ? r : join_sbom(p, err);
}

/* Both may hold OSV records, so one file can carry a vulnerability and its functions; but only --vulns reports. */
static int load_findings(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	const struct findings_inputs inputs = { .vulns = o->vulns.items,
						.vuln_count = o->vulns.count,
						.advisories = o->advisories.items,
						.advisory_count = o->advisories.count };

	return findings_load(&p->findings, p->inventory, &inputs, err);
}

/* Before anything is recorded: a document that cannot be read is told at once. */
static int load_profiles(struct pipeline *p, struct err *err)
{
	const struct option_list *paths = &p->options->profiles;

	return paths->count ? profiles_load(&p->profiles, paths->items, paths->count, err) : 0;
}

/* Only now it is known which image this is. */
static int choose_profiles(struct pipeline *p, struct err *err)
{
	int r;

	if (!p->options->profiles.count)
		return 0;
	r = profiles_choose(&p->choice, &p->profiles,
			    &(struct profile_subject){ .product = &p->analysis.product,
						       .inventory = p->inventory,
						       .traces = p->traces.items,
						       .trace_count = p->traces.count,
						       .container = p->options->container },
			    p->arena, err);
	p->analysis.options.profiles = &p->choice;
	return r;
}

/* Only for what is written of it. */
static int find_manifest(struct pipeline *p, struct err *err)
{
	if (!p->options->profiles.count ||
	    !form_is_named(form_kind_by_name("kubescape", 9), &p->options->also))
		return 0;
	p->analysis.manifest = &p->manifest;
	return manifests_find(&p->manifest, &p->options->vulns, &p->analysis.product, err);
}

static int load_priors(struct pipeline *p, struct err *err)
{
	const struct option_list *paths = &p->options->priors;

	return paths->count ? prior_files_load(&p->prior_files, paths->items, paths->count, err)
			    : 0;
}

static int load_previous(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;

	if (o->previous)
		return previous_load(&p->previous, o->previous, err);
	return o->previous_files.count ? previous_load_files(&p->previous, &o->previous_files, err)
				       : 0;
}

static const char *root_of(const struct pipeline *p)
{
	return p->image ? p->image->rootfs : p->options->rootfs;
}

static int load_stores(struct pipeline *p, struct err *err)
{
	const struct option_list *paths = &p->options->stores;
	int r = 0;

	p->stores.items = calloc(paths->count + 1, sizeof(*p->stores.items));
	if (!p->stores.items)
		return err_oom(err);
	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		r = symbol_store_load(&p->stores.items[i], paths->items[i], err);
		p->stores.count += r == 0;
	}
	return r;
}

/* Where the functions are, when some are known, by the advisories or a store, and the files are at hand. */
static int find_sites(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	bool any = o->stores.count;
	int r;

	for (size_t i = 0; i < p->findings->count; i++)
		any |= p->findings->items[i].function_count > 0;
	if (!any || !root_of(p))
		return 0;
	r = load_stores(p, err);
	if (r < 0)
		return r;
	r = sites_find(&p->sites, p->inventory, p->findings, root_of(p), &p->stores, &o->debug_dirs,
		       err);
	if (r == 0)
		r = functions_file_format(&p->functions, p->sites, NULL, 0, p->inventory, err);
	p->analysis.options.sites = p->sites;
	p->analysis.options.rootfs = root_of(p);
	p->analysis.options.watch_identity = p->functions.identity;
	return r;
}

/* ---- coverage: every function of the chosen files ---- */

static bool is_chosen(const struct inventory_file *file, const struct option_list *globs)
{
	if (file->kind != FILE_ELF || !functions_file_has(file))
		return false;
	for (size_t i = 0; i < globs->count; i++)
		if (!fnmatch(globs->items[i], file->path, 0))
			return true;
	return !globs->count;
}

static int cover_file(struct pipeline *p, struct covered *to, size_t file, struct rootfs *root,
		      struct err *err)
{
	_cleanup_close_ int fd = rootfs_open_file(root, p->inventory->files[file].path);
	int r = fd < 0 ? err_sys(err, -fd, "open") : starts_find(&to->starts, fd, p->arena, err);

	to->file = file;
	return r < 0 ? err_prefix(err, r, "'%s'", p->inventory->files[file].path) : 0;
}

/* A file that cannot be looked into is left out, unless it is the only one: err has the first of them then. */
static int cover_files(struct pipeline *p, const struct option_list *globs, struct rootfs *root,
		       struct covered *covered, size_t *ret_count, struct err *err)
{
	struct err first = {};
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < p->inventory->file_count && r != -ENOMEM; i++) {
		struct err why = {};

		if (!is_chosen(&p->inventory->files[i], globs))
			continue;
		r = cover_file(p, &covered[n], i, root, &why);
		n += r == 0 && covered[n].starts.count;
		if (r < 0 && !first.text[0])
			first = why;
	}
	if (r == -ENOMEM)
		return err_oom(err);
	*ret_count = n;
	if (n)
		return 0;
	if (first.text[0])
		return err_set(err, ENOENT, "coverage: %s", first.text);
	return err_set(err, ENOENT, "coverage: no program or library with functions is chosen");
}

int pipeline_cover(struct pipeline *p, const struct option_list *globs, struct err *err)
{
	_cleanup_free_ struct covered *covered = NULL;
	struct functions_file functions = {};
	struct rootfs *root = NULL;
	size_t n = 0;
	int r;

	if (!root_of(p))
		return err_set(err, EINVAL, "coverage needs the files themselves: --rootfs");
	covered = calloc(p->inventory->file_count + 1, sizeof(*covered));
	r = covered ? rootfs_open(&root, root_of(p), err) : err_oom(err);
	if (r == 0)
		r = cover_files(p, globs, root, covered, &n, err);
	if (r == 0)
		r = functions_file_format(&functions, p->sites, covered, n, p->inventory, err);
	if (root)
		rootfs_close(root);
	if (r < 0)
		return r;
	functions_file_done(&p->functions);
	p->functions = functions;
	return 0;
}

static int save_inventory(struct pipeline *p, struct err *err)
{
	char path[PATH_MAX];
	int r = staging_open(&p->staging, p->options->outdir, err);

	if (r < 0)
		return r;
	return inventory_save(p->inventory, staging_path(&p->staging, INVENTORY_FILE, path), err);
}

/* The product's digests from every place that tells one. */
static int collect_digests(struct pipeline *p, struct err *err)
{
	struct product *product = &p->analysis.product;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->options->image_digests.count; i++)
		r = product_add_digest(product, p->options->image_digests.items[i], p->arena, err);
	for (size_t i = 0; r == 0 && p->image && i < p->image->digest_count; i++)
		r = product_add_digest(product, p->image->digests[i], p->arena, err);
	for (size_t i = 0; r == 0 && !product->digest_count && i < p->traces.count; i++)
		if (p->traces.items[i]->image_digest)
			r = product_add_digest(product, p->traces.items[i]->image_digest, p->arena,
					       err);
	return r;
}

/* What R9 must know beside the traces themselves: was it this image that ran, and that was scanned? */
static int compare_digests(struct pipeline *p, struct err *err)
{
	const struct same_image_inputs in = {
		.product = &p->analysis.product,
		.traces = p->traces.items,
		.trace_count = p->traces.count,
		.findings = p->findings,
		.sbom = p->options->sbom,
		.sbom_digest = p->inventory->sbom_digest,
	};

	return same_image_check(&p->analysis.options.image_mismatch, &in, p->arena, err);
}

static int identify_product(struct pipeline *p, struct err *err)
{
	struct product *product = &p->analysis.product;
	const char *ref = p->options->image ? p->options->image : p->traces.items[0]->image;
	char hex[DIGEST_HEX_BYTES], path[PATH_MAX];
	int r;

	product->ref = p->options->again ? p->options->again->ref : ref;
	if (p->options->name)
		ref = p->options->name;
	if (ref)
		product->name = product_name_from_ref(ref, p->arena);
	if (!product->name && p->options->name)
		return err_set(err, EINVAL, "--name: '%.200s' holds no name of an image",
			       p->options->name);
	if (!product->name)
		product->name = "rootfs";
	r = collect_digests(p, err);
	if (r < 0)
		return r;
	r = digest_path(hex, staging_path(&p->staging, INVENTORY_FILE, path), err);
	if (r < 0)
		return r;
	product->id_fallback =
	    arena_printf(p->arena, "pkg:generic/%s@sha256:%s", product->name, hex);
	return product->id_fallback ? compare_digests(p, err) : err_oom(err);
}

const struct pipeline_role pipeline_roles[] = {
	{ "vulns", offsetof(struct pipeline_options, vulns) },
	{ "advisories", offsetof(struct pipeline_options, advisories) },
	{ "symbols", offsetof(struct pipeline_options, stores) },
	{ "prior", offsetof(struct pipeline_options, priors) },
	{ "profile", offsetof(struct pipeline_options, profiles) },
	{},
};

/* What an option of that role holds. */
static const struct option_list *list_of(const struct pipeline_options *o, size_t offset)
{
	return (const void *)((const char *)o + offset);
}

/* A root directory and an image are named by their inventory, and by their code where that was read. */
static int add_root(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	const char *root = o->rootfs ? o->rootfs : o->image ? o->image : o->inventory;
	const char *role = o->inventory ? "inventory" : o->rootfs ? "rootfs" : "image";
	char path[PATH_MAX];
	int r = input_list_add(&p->inputs, role, root,
			       staging_path(&p->staging, INVENTORY_FILE, path), err);

	if (r < 0 || !p->sites)
		return r;
	r = input_list_add_code(&p->inputs, p->inventory, root, root_of(p), err);
	return r < 0 ? r : input_list_add_debug(&p->inputs, p->inventory, &o->debug_dirs, err);
}

/* The same result again is told in the words of the first one: its inputs keep the names that they had then, the image also how
 * it was given. Where inputs are others, the list will not be the same. */
static void rename_inputs(struct pipeline *p)
{
	const struct pipeline_again *again = p->options->again;

	for (size_t i = 0; i < p->inputs.count && i < again->input_count; i++) {
		if (i == 0)
			p->inputs.items[i].role = again->inputs[i].role;
		if (!strcmp(p->inputs.items[i].role, again->inputs[i].role))
			p->inputs.items[i].path = again->inputs[i].path;
	}
}

static int add_previous(struct pipeline *p, struct err *err)
{
	const char *paths[] = { p->previous->openvex.path, p->previous->csaf.path };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++)
		if (paths[i])
			r = input_list_add(&p->inputs, "previous", paths[i], paths[i], err);
	return r;
}

static int collect_inputs(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	int r = add_root(p, err);

	for (size_t i = 0; r == 0 && i < p->traces.count; i++)
		r = input_list_add_trace(&p->inputs, p->traces.items[i], err);
	for (const struct pipeline_role *role = pipeline_roles; r == 0 && role->name; role++)
		r = input_list_add_all(&p->inputs, role->name, list_of(o, role->offset), err);
	if (r == 0 && o->sbom)
		r = input_list_add(&p->inputs, "sbom", o->sbom, o->sbom, err);
	if (r == 0 && p->previous)
		r = add_previous(p, err);
	if (r == 0 && o->again)
		rename_inputs(p);
	p->analysis.inputs = p->inputs.items;
	p->analysis.input_count = p->inputs.count;
	return r;
}

/* That of the newest trace's end, unless SOURCE_DATE_EPOCH is set. */
static int choose_time(struct pipeline *p, struct err *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	long long value;
	char *end;

	p->analysis.timestamp =
	    p->options->again ? p->options->again->timestamp : trace_set_end(&p->traces);
	if (p->options->again || !epoch || !*epoch)
		return 0;
	errno = 0;
	value = strtoll(epoch, &end, 10);
	if (errno || *end || value < 0 || value > 253402300799LL) /* 9999-12-31T23:59:59Z */
		return err_set(err, EINVAL,
			       "SOURCE_DATE_EPOCH is '%.32s', not a count of seconds since 1970",
			       epoch);
	p->analysis.timestamp = (time_t)value;
	return 0;
}

static int decide(struct pipeline *p, struct err *err)
{
	int r = verdicts_reach(&p->verdicts, p->inventory, p->findings, p->traces.items,
			       p->traces.count, &p->analysis.options, err);

	p->analysis.inventory = p->inventory;
	p->analysis.findings = p->findings;
	p->analysis.traces = p->traces.items;
	p->analysis.trace_count = p->traces.count;
	p->analysis.verdicts = p->verdicts;
	if (r == 0 && p->prior_files)
		r = priors_weigh(&p->priors, p->prior_files, &p->analysis, err);
	p->analysis.priors = p->priors;
	p->analysis.namespace = p->options->namespace;
	p->analysis.also = &p->options->also;
	p->analysis.container = p->options->container;
	p->analysis.previous = p->previous;
	p->analysis.sbom = p->sbom;
	return r;
}

static int write_documents(struct pipeline *p, struct err *err)
{
	static const struct {
		const char *name;
		cJSON *(*make)(const struct analysis *analysis, struct err *err);
	} documents[] = {
		{ "vex.openvex.json", openvex_document },
		{ "report.json", report_document },
		{ "sbom.filtered.cdx.json", sbom_filtered_document },
		{ "inputs.json", inputs_document },
	};
	char path[PATH_MAX];
	int r;

	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = NULL;

		if (documents[i].make == openvex_document && openvex_refusal(&p->analysis))
			continue;
		tree = documents[i].make(&p->analysis, err);
		if (!tree)
			return err->text[0] ? -EINVAL : err_oom(err);
		r = json_save(tree, staging_path(&p->staging, documents[i].name, path), err);
		if (r == 0 && documents[i].make == openvex_document && p->options->also.count)
			r = forms_write(&p->analysis, tree, &p->options->also, &p->staging, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What lies in outdir and is part of the result: traces that were recorded there, and what was watched in them. */
static int sign(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	_cleanup_(option_list_done) struct option_list kept = {};

	if (!p->key)
		return 0;
	for (size_t i = 0; i < o->traces.count + o->kept.count; i++)
		if (option_list_add(&kept, i < o->traces.count
					       ? o->traces.items[i]
					       : o->kept.items[i - o->traces.count]) < 0)
			return err_oom(err);
	return signing_sign(p->key, &o->signing, &p->staging, &kept, p->analysis.timestamp, err);
}

static int commit(struct pipeline *p, struct err *err)
{
	int r = forms_clear(&p->staging, err);

	if (r == 0)
		r = staging_commit(&p->staging, err);
	return r == 0 && !p->key ? signing_clear(p->options->outdir, err) : r;
}

static void show(const struct pipeline *p)
{
	const char *refusal = openvex_refusal(&p->analysis);

	table_print(stdout, &p->analysis, terminal_has_colour(stdout), terminal_width(stdout, 100));
	if (refusal)
		fprintf(stdout, "No OpenVEX document was written: %s.\n", refusal);
	for (const struct form_kind *kind = form_kinds; !refusal && kind->name; kind++)
		if (form_is_named(kind, &p->options->also) && kind->refusal &&
		    kind->refusal(&p->analysis))
			fprintf(stdout, "No %s was written: %s.\n", kind->file,
				kind->refusal(&p->analysis));
}

typedef int (*step_fn)(struct pipeline *, struct err *);

static int take_steps(struct pipeline *p, const step_fn *steps, size_t n, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = steps[i](p, err);
	return r;
}

/* Who signs makes the statements: nobody makes them in another one's name (openvex reference, rule 4). */
static int open_key(struct pipeline *p, struct err *err)
{
	const struct pipeline_options *o = p->options;
	int r = signing_open(&p->key, &p->key_author, &o->signing, err);

	if (r < 0)
		return r;
	if (o->author && p->key_author && strcmp(o->author, p->key_author) != 0)
		return err_set(err, EINVAL,
			       "--author: the key '%.200s' is that of '%s', and not of '%.200s'",
			       o->signing.key, p->key_author, o->author);
	p->analysis.author = o->author ? o->author : p->key_author ? p->key_author : "vexxy";
	return 0;
}

int pipeline_open(struct pipeline **ret, const struct pipeline_options *options, struct err *err)
{
	static const step_fn steps[] = { load_priors,    load_profiles, load_previous,
					 load_inventory, load_findings, find_sites };
	_cleanup_(pipeline_closep) struct pipeline *p = calloc(1, sizeof(*p));
	int r = pipeline_check(options, err);

	if (r < 0)
		return r;
	if (!p || !(p->arena = arena_new()))
		return err_oom(err);
	p->inputs.arena = p->arena;
	p->options = options;
	p->analysis.options = (struct verdict_options){ .bound = options->bound,
							.min_units = options->min_units,
							.min_window_s = options->min_window_s,
							.unexercised = options->unexercised };
	r = policy_from_string(options->policy, &p->analysis.options.policy);
	if (r == 0)
		r = open_key(p, err); /* before anything long begins */
	if (r == 0)
		r = take_steps(p, steps, sizeof(steps) / sizeof(*steps), err);
	if (r < 0)
		return r;
	*ret = take_ptr(p);
	return 0;
}

int pipeline_decide(struct pipeline *p, struct err *err)
{
	static const step_fn steps[] = {
		load_traces, save_inventory, identify_product, choose_profiles, find_manifest,
		choose_time, collect_inputs, decide,           write_documents, sign,
		commit
	};
	int r = take_steps(p, steps, sizeof(steps) / sizeof(*steps), err);

	if (r == 0 && !p->options->quiet)
		show(p);
	return r;
}

int pipeline_run(const struct pipeline_options *options, struct err *err)
{
	_cleanup_(pipeline_closep) struct pipeline *p = NULL;
	int r = pipeline_open(&p, options, err);

	return r < 0 ? r : pipeline_decide(p, err);
}
