// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* openvex.c — an analysis as an OpenVEX 0.2.0 document that grype and trivy obey. */
#include "analyzer/openvex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/edition.h"
#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/openvex_hash.h"
#include "analyzer/previous.h"
#include "include/version.h"

const char *openvex_product_warning(const struct product *product)
{
	return product->digest_count
		   ? NULL
		   : "no image digest is known: the product is named by the inventory's digest, "
		     "which no scanner finds in an image; trivy will suppress nothing, grype "
		     "only when it is told this name and version for what it scans";
}

const char *openvex_refusal(const struct analysis *analysis)
{
	if (analysis->options.policy == POLICY_KUBESCAPE)
		return "the policy 'kubescape' calls unproved things not_affected: it is for "
		       "comparison, and no OpenVEX document is made from it";
	if (!openvex_covered(analysis))
		return "there is nothing to state, and OpenVEX has no empty document";
	return NULL;
}

/* A document under construction. */
struct writer {
	const struct analysis *analysis;
	struct arena *arena;
	const char *namespace;
	const struct edition *edition;
	struct json_writer json;
};

/* An @id stands first, but is made of what follows: a place was kept for it. */
static void set_id(struct writer *w, cJSON *obj, const char *kind, const char *hex)
{
	json_replace_text(&w->json, obj, "@id",
			  arena_printf(w->arena, "%s/%s-%s", w->namespace, kind, hex));
}

static const char *action_text(const struct writer *w, const struct openvex_statement *s)
{
	const struct finding *f = s->finding;
	const char *name = f->package_name, *version = f->package_version;

	if (s->verdict->action)
		return s->verdict->action;
	if (f->fixed_version)
		return arena_printf(w->arena, "Update %s from %s to %s or later.", name, version,
				    f->fixed_version);
	return arena_printf(w->arena,
			    "No fix known for %s %s: remove it, or keep what it does out of "
			    "an attacker's reach.",
			    name, version);
}

static void put_vulnerability(struct writer *w, cJSON *statement, const struct finding *f)
{
	cJSON *vulnerability = json_put_object(&w->json, statement, "vulnerability"), *aliases;

	if (f->url && iri_is_url(f->url))
		json_put_text(&w->json, vulnerability, "@id", f->url);
	json_put_text(&w->json, vulnerability, "name", f->id);
	if (!f->alias_count)
		return;
	aliases = json_put_array(&w->json, vulnerability, "aliases");
	for (size_t i = 0; i < f->alias_count; i++)
		json_push_text(&w->json, aliases, f->aliases[i]);
}

/* One product; hex is the digest of a manifest, or NULL for the fallback (whose digest is of no image). */
static void push_product(struct writer *w, cJSON *products, const char *id, const char *hex,
			 const struct openvex_statement *s)
{
	cJSON *product = json_push_object(&w->json, products), *subs;

	json_put_text(&w->json, product, "@id", id);
	if (hex)
		json_put_text(&w->json, json_put_object(&w->json, product, "hashes"), "sha-256",
			      hex);
	subs = json_put_array(&w->json, product, "subcomponents");
	for (size_t i = 0; i < s->purl_count; i++)
		json_put_text(&w->json, json_push_object(&w->json, subs), "@id", s->purls[i]);
}

static void put_products(struct writer *w, cJSON *statement, const struct openvex_statement *s)
{
	const struct product *product = &w->analysis->product;
	cJSON *products = json_put_array(&w->json, statement, "products");

	if (!product->digest_count)
		push_product(w, products, product->id_fallback, NULL, s);
	for (size_t i = 0; i < product->digest_count; i++)
		push_product(
		    w, products,
		    arena_printf(w->arena, "pkg:oci/%s@%s", product->name, product->digests[i]),
		    product->digests[i] + strlen("sha256:"), s);
}

static void put_reasons(struct writer *w, cJSON *statement, const struct openvex_statement *s)
{
	const struct verdict *v = s->verdict;
	_cleanup_free_ char *notes = openvex_status_notes(w->analysis, s);

	json_put_text(&w->json, statement, "status_notes", notes);
	if (v->status == STATUS_NOT_AFFECTED) {
		json_put_text(&w->json, statement, "justification",
			      justification_name(v->justification));
		json_put_text(&w->json, statement, "impact_statement", v->reason);
	}
	if (v->status == STATUS_AFFECTED)
		json_put_text(&w->json, statement, "action_statement", action_text(w, s));
}

static int push_statement(struct writer *w, cJSON *statements, const struct openvex_statement *s,
			  struct err *err)
{
	cJSON *statement = json_push_object(&w->json, statements);
	char hex[DIGEST_HEX_BYTES];
	int r;

	if (s->verdict->status == STATUS_NOT_AFFECTED && !s->verdict->justification)
		return err_set(err, EINVAL, "%s is not_affected without a justification",
			       s->finding->id);
	json_put_text(&w->json, statement, "@id", "");
	put_vulnerability(w, statement, s->finding);
	put_products(w, statement, s);
	json_put_text(&w->json, statement, "status", status_name(s->verdict->status));
	put_reasons(w, statement, s);
	r = openvex_statement_hash(hex, statement, err);
	if (r < 0)
		return r;
	set_id(w, statement, "statement", hex);
	edition_stamp(w->edition, &w->json, statement);
	return 0;
}

static void put_head(struct writer *w, cJSON *doc)
{
	const char *model = w->analysis->verdicts->model;

	json_put_text(&w->json, doc, "@context", OPENVEX_CONTEXT);
	json_put_text(&w->json, doc, "@id", "");
	json_put_text(&w->json, doc, "author", w->analysis->author);
	json_put_text(&w->json, doc, "role", "Document Creator");
	json_put_text(&w->json, doc, "timestamp", w->edition->timestamp);
	/* A number of cJSON's own, since the hash reads it back. */
	w->json.failed |= !cJSON_AddNumberToObject(doc, "version", (double)w->edition->version);
	json_put_text(&w->json, doc, "tooling",
		      model ? arena_printf(w->arena, "vexxy " VEXXY_VERSION " (model %s)", model)
			    : "vexxy " VEXXY_VERSION);
}

static int fill_document(struct writer *w, cJSON *doc, struct err *err)
{
	struct openvex_statement *statements;
	char hex[DIGEST_HEX_BYTES];
	cJSON *array;
	size_t n;
	int r = openvex_statements(&statements, &n, w->analysis, w->arena, err);

	if (r < 0)
		return r;
	put_head(w, doc);
	array = json_put_array(&w->json, doc, "statements");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = push_statement(w, array, &statements[i], err);
	if (r == 0)
		r = openvex_hash(hex, doc, err);
	if (r == 0)
		set_id(w, doc, "vex", hex);
	return r;
}

static int check_inputs(const struct writer *w, struct err *err)
{
	const struct analysis *a = w->analysis;
	const char *id = a->product.id_fallback;

	if (!a->author || !a->author[strspn(a->author, " \t")])
		return err_set(err, EINVAL, "an OpenVEX document needs an author");
	if (!iri_is_valid(w->namespace))
		return err_set(err, EINVAL, "the namespace '%.80s' is no absolute IRI",
			       w->namespace);
	if (openvex_refusal(a))
		return err_set(err, ENODATA, "%s", openvex_refusal(a));
	if (!a->product.digest_count && (!id || !iri_is_valid(id)))
		return err_set(err, EINVAL, "the product has neither a digest nor an identifier");
	return 0;
}

static int make_edition(cJSON **ret, struct writer *w, const struct edition *edition,
			struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	int r;

	w->edition = edition;
	r = doc ? fill_document(w, doc, err) : err_oom(err);
	if (w->json.failed)
		r = err_oom(err); /* whatever else went wrong for it */
	if (r == 0)
		*ret = take_ptr(doc);
	return r;
}

static bool is_text_of(const cJSON *doc, const char *text)
{
	_cleanup_free_ char *printed = json_print(doc);

	return printed && !strcmp(printed, text);
}

/* The document before when nothing of it changed, else the one that follows it. */
static int make_following(cJSON **ret, struct writer *w, const struct previous_document *before,
			  struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	struct edition repeat, next;
	int r = edition_repeat(&repeat, before->tree, w->arena, err);

	if (r < 0)
		return err_prefix(err, r, "--previous: '%.200s'", before->path);
	r = make_edition(&doc, w, &repeat, err);
	if (r < 0)
		return r;
	if (is_text_of(doc, before->text)) {
		*ret = take_ptr(doc);
		return 0;
	}
	r = edition_next(&next, &repeat, w->analysis->timestamp, err);
	if (r < 0)
		return err_prefix(err, r, "--previous: '%.200s'", before->path);
	return make_edition(ret, w, &next, err);
}

static int make_document(cJSON **ret, struct writer *w, struct err *err)
{
	const struct previous *previous = w->analysis->previous;
	struct edition first;
	int r;

	if (previous && previous->openvex.tree)
		return make_following(ret, w, &previous->openvex, err);
	r = edition_first(&first, w->analysis->timestamp, err);
	return r < 0 ? r : make_edition(ret, w, &first, err);
}

cJSON *openvex_document(const struct analysis *analysis, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct writer writer = {
		.analysis = analysis,
		.arena = arena,
		.namespace = analysis->namespace ? analysis->namespace : OPENVEX_NAMESPACE,
	};
	cJSON *doc = NULL;

	if (!arena) {
		err_oom(err);
		return NULL;
	}
	if (check_inputs(&writer, err) < 0 || make_document(&doc, &writer, err) < 0)
		return NULL;
	return doc;
}
