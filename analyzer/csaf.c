// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * csaf.c — CSAF 2.0, profile VEX (section 4.5): the image, the packages that are its components, and a vulnerability per CVE.
 *
 * A product that a status is given to is a relationship: this package as a component of this image. Vulnerabilities without a
 * CVE id are left out, and named in a note: trivy reads the CVE of every entry, and fails on one that has none.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/digest.h"
#include "analyzer/form.h"
#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/previous.h"
#include "analyzer/rfc3339.h"
#include "include/version.h"

/* What of the document before stays: tracking.id is the same for every edition, and each is a revision. */
struct revisions {
	const cJSON *history; /* NULL: this is the first */
	const char *initial;  /* when that was released */
	uint64_t count;       /* of the history */
	bool repeats;         /* as if nothing had changed since: no revision is added */
};

struct csaf {
	const struct form *form;
	struct json_writer json;
	struct revisions before;
	const char **images; /* package URLs, in the order of their product ids */
	size_t image_count;
};

/* CVE-YYYY-NNNN and more digits: the schema's pattern. */
static bool is_cve(const char *id)
{
	size_t digits;

	if (strncmp(id, "CVE-", 4) != 0 || strspn(id + 4, "0123456789") != 4 || id[8] != '-')
		return false;
	digits = strspn(id + 9, "0123456789");
	return digits >= 4 && !id[9 + digits];
}

const char *csaf_refusal(const struct analysis *analysis)
{
	const struct findings *f = analysis->findings;

	for (size_t i = 0; i < f->count; i++)
		if (!openvex_left_out(&f->items[i]) && is_cve(f->items[i].id))
			return NULL;
	return "no vulnerability has a CVE id";
}

static const char *image_product(const struct csaf *c, size_t image)
{
	return arena_printf(c->form->arena, "image-%zu", image + 1);
}

static const char *component_product(const struct csaf *c, size_t image, const char *purl)
{
	return arena_printf(c->form->arena, "image-%zu:%s", image + 1, purl);
}

static bool collect_images(struct csaf *c)
{
	const struct product *p = &c->form->analysis->product;
	size_t n = p->digest_count ? p->digest_count : 1;

	c->images = arena_alloc(c->form->arena, n * sizeof(*c->images));
	for (size_t i = 0; c->images && i < n; i++) {
		c->images[i] = p->digest_count ? arena_printf(c->form->arena, "pkg:oci/%s@%s",
							      p->name, p->digests[i])
					       : p->id_fallback;
		c->image_count += c->images[i] != NULL;
	}
	return c->image_count == n;
}

static void push_product(struct csaf *c, cJSON *array, const char *name, const char *id,
			 const char *purl)
{
	cJSON *item = json_push_object(&c->json, array);

	json_put_text(&c->json, item, "name", name);
	json_put_text(&c->json, item, "product_id", id);
	json_put_text(&c->json, json_put_object(&c->json, item, "product_identification_helper"),
		      "purl", purl);
}

static void push_relationship(struct csaf *c, cJSON *array, size_t image, const char *name,
			      const char *purl)
{
	cJSON *item = json_push_object(&c->json, array), *product;

	json_put_text(&c->json, item, "category", "default_component_of");
	json_put_text(&c->json, item, "product_reference", purl);
	json_put_text(&c->json, item, "relates_to_product_reference", image_product(c, image));
	product = json_put_object(&c->json, item, "full_product_name");
	json_put_text(&c->json, product, "name",
		      arena_printf(c->form->arena, "%s: %s", name, c->images[image]));
	json_put_text(&c->json, product, "product_id", component_product(c, image, purl));
}

/* A package under one of its spellings. */
struct component {
	const char *purl, *name;
};

static int compare_components(const void *pa, const void *pb)
{
	const struct component *a = pa, *b = pb;
	int r = strcmp(a->purl, b->purl);

	return r ? r : strcmp(a->name, b->name);
}

/* Every spelling that is stated on, once; sorted. */
static struct component *collect_components(struct csaf *c, size_t *count)
{
	const struct form *form = c->form;
	struct component *items;
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < form->count; i++)
		n += form->statements[i].from->purl_count;
	items = arena_alloc(form->arena, (n + 1) * sizeof(*items));
	if (!items)
		return NULL;
	n = 0;
	for (size_t i = 0; i < form->count; i++) {
		const struct openvex_statement *s = form->statements[i].from;
		const char *name = form_package(form, s->finding);

		if (!name)
			return NULL;
		for (size_t k = 0; is_cve(s->finding->id) && k < s->purl_count; k++)
			items[n++] = (struct component){ s->purls[k], name };
	}
	array_sort(items, n, sizeof(*items), compare_components);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(items[kept - 1].purl, items[i].purl) != 0)
			items[kept++] = items[i];
	*count = kept;
	return items;
}

static void put_product_tree(struct csaf *c, cJSON *doc)
{
	cJSON *tree = json_put_object(&c->json, doc, "product_tree"), *array;
	size_t n = 0;
	const struct component *items = collect_components(c, &n);

	c->json.failed |= !items;
	array = json_put_array(&c->json, tree, "full_product_names");
	for (size_t i = 0; i < c->image_count; i++)
		push_product(c, array, c->images[i], image_product(c, i), c->images[i]);
	for (size_t i = 0; i < n; i++)
		push_product(c, array, items[i].name, items[i].purl, items[i].purl);
	array = json_put_array(&c->json, tree, "relationships");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c->image_count; k++)
			push_relationship(c, array, k, items[i].name, items[i].purl);
}

/* The products of a statement: every spelling as a component of every image. */
static void push_products(struct csaf *c, cJSON *array, const struct form_statement *s)
{
	for (size_t i = 0; i < s->from->purl_count; i++)
		for (size_t k = 0; k < c->image_count; k++)
			json_push_text(&c->json, array, component_product(c, k, s->from->purls[i]));
}

static void put_products(struct csaf *c, cJSON *obj, const struct form_statement *s)
{
	push_products(c, json_put_array(&c->json, obj, "product_ids"), s);
}

static cJSON *find_or_put_array(struct csaf *c, cJSON *obj, const char *key)
{
	cJSON *array = cJSON_GetObjectItemCaseSensitive(obj, key);

	return array ? array : json_put_array(&c->json, obj, key);
}

static void put_status(struct csaf *c, cJSON *item, const struct form_statement *s, size_t n)
{
	static const struct {
		enum status status;
		const char *bucket;
	} buckets[] = { { STATUS_FIXED, "fixed" },
			{ STATUS_AFFECTED, "known_affected" },
			{ STATUS_NOT_AFFECTED, "known_not_affected" },
			{ STATUS_UNDER_INVESTIGATION, "under_investigation" } };
	cJSON *status = json_put_object(&c->json, item, "product_status");

	for (size_t b = 0; b < sizeof(buckets) / sizeof(*buckets); b++)
		for (size_t i = 0; i < n; i++)
			if (s[i].from->verdict->status == buckets[b].status)
				push_products(c, find_or_put_array(c, status, buckets[b].bucket),
					      &s[i]);
}

/* Of a negative statement: the flag a machine reads, and the reason for people. */
static void put_impact(struct csaf *c, cJSON *item, const struct form_statement *s)
{
	cJSON *flag = json_push_object(&c->json, find_or_put_array(c, item, "flags")), *threat;

	json_put_text(&c->json, flag, "label", justification_name(s->from->verdict->justification));
	json_put_text(&c->json, flag, "date", s->timestamp);
	put_products(c, flag, s);
	threat = json_push_object(&c->json, find_or_put_array(c, item, "threats"));
	json_put_text(&c->json, threat, "category", "impact");
	json_put_text(&c->json, threat, "date", s->timestamp);
	json_put_text(&c->json, threat, "details", s->from->verdict->reason);
	put_products(c, threat, s);
}

static void put_remediation(struct csaf *c, cJSON *item, const struct form_statement *s)
{
	cJSON *remedy = json_push_object(&c->json, find_or_put_array(c, item, "remediations"));
	bool fix = s->from->finding->fixed_version != NULL;

	json_put_text(&c->json, remedy, "category", fix ? "vendor_fix" : "none_available");
	json_put_text(&c->json, remedy, "details", s->action);
	put_products(c, remedy, s);
}

static void push_note(struct csaf *c, cJSON *notes, const char *category, const char *title,
		      const char *text)
{
	cJSON *note = json_push_object(&c->json, notes);

	json_put_text(&c->json, note, "category", category);
	json_put_text(&c->json, note, "text", text);
	json_put_text(&c->json, note, "title", title);
}

static void put_notes(struct csaf *c, cJSON *item, const struct form_statement *s, size_t n)
{
	const struct finding *f = s->from->finding;
	cJSON *notes = json_put_array(&c->json, item, "notes");

	if (f->summary && *f->summary)
		push_note(c, notes, "description", "What it is", f->summary);
	for (size_t i = 0; i < n; i++) {
		const char *name = form_package(c->form, s[i].from->finding);

		push_note(c, notes, "details",
			  arena_printf(c->form->arena, "%s: %s", name,
				       status_name(s[i].from->verdict->status)),
			  s[i].from->verdict->reason);
		push_note(c, notes, "other", arena_printf(c->form->arena, "How sure: %s", name),
			  s[i].notes);
	}
}

static void put_ids(struct csaf *c, cJSON *item, const struct finding *f)
{
	cJSON *ids, *id;

	if (!f->alias_count)
		return;
	ids = json_put_array(&c->json, item, "ids");
	for (size_t i = 0; i < f->alias_count; i++) {
		size_t len = strcspn(f->aliases[i], "-");

		id = json_push_object(&c->json, ids);
		json_put_text(&c->json, id, "system_name",
			      len ? arena_strndup(c->form->arena, f->aliases[i], len) : "id");
		json_put_text(&c->json, id, "text", f->aliases[i]);
	}
}

static void put_reference(struct csaf *c, cJSON *item, const struct finding *f)
{
	cJSON *reference;

	if (!f->url || !iri_is_url(f->url) || !uri_is_valid(f->url))
		return;
	reference = json_push_object(&c->json, json_put_array(&c->json, item, "references"));
	json_put_text(&c->json, reference, "category", "external");
	json_put_text(&c->json, reference, "summary", "the record of the vulnerability");
	json_put_text(&c->json, reference, "url", f->url);
}

/* All statements on one CVE: it may stand only once (mandatory test 6.1.23). */
static void push_vulnerability(struct csaf *c, cJSON *array, const struct form_statement *s,
			       size_t n)
{
	cJSON *item = json_push_object(&c->json, array);

	json_put_text(&c->json, item, "cve", s->from->finding->id);
	put_ids(c, item, s->from->finding);
	put_notes(c, item, s, n);
	put_status(c, item, s, n);
	for (size_t i = 0; i < n; i++) {
		if (s[i].from->verdict->status == STATUS_NOT_AFFECTED)
			put_impact(c, item, &s[i]);
		if (s[i].from->verdict->status == STATUS_AFFECTED)
			put_remediation(c, item, &s[i]);
	}
	put_reference(c, item, s->from->finding);
}

static size_t same_vulnerability(const struct form *form, size_t first)
{
	const char *id = form->statements[first].from->finding->id;
	size_t n = 1;

	while (first + n < form->count &&
	       !strcmp(form->statements[first + n].from->finding->id, id))
		n++;
	return n;
}

static void put_vulnerabilities(struct csaf *c, cJSON *doc)
{
	cJSON *array = json_put_array(&c->json, doc, "vulnerabilities");
	size_t n;

	for (size_t i = 0; i < c->form->count; i += n) {
		n = same_vulnerability(c->form, i);
		if (is_cve(c->form->statements[i].from->finding->id))
			push_vulnerability(c, array, &c->form->statements[i], n);
	}
}

/* Names the vulnerabilities that are left out; nothing when none is. */
static void put_left_out(struct csaf *c, cJSON *document)
{
	_cleanup_free_ char *text = NULL;
	const struct form *form = c->form;
	size_t len = 0, n;
	FILE *out = open_memstream(&text, &len);
	bool any = false;

	for (size_t i = 0; out && i < form->count; i += n) {
		const char *id = form->statements[i].from->finding->id;

		n = same_vulnerability(form, i);
		if (is_cve(id))
			continue;
		fprintf(out, "%s%s",
			any ? ", "
			    : "Without a CVE id, and therefore only in the OpenVEX document: ",
			id);
		any = true;
	}
	if (!out || fclose(out) != 0)
		c->json.failed = true;
	else if (any)
		push_note(c, json_put_array(&c->json, document, "notes"), "general", "Left out",
			  text);
}

/* The same for every edition of the document on this image. */
static const char *tracking_id(const struct csaf *c)
{
	const char *name = c->form->analysis->product.name;
	char hex[DIGEST_HEX_BYTES];

	digest_bytes(hex, c->images[0], strlen(c->images[0]));
	return arena_printf(c->form->arena, "vexxy-%s-%.16s", name, hex);
}

/* How many statements are new, or not what they were. */
static size_t count_changed(const struct form *form)
{
	size_t n = 0;

	for (size_t i = 0; i < form->count; i++) {
		const struct form_statement *s = &form->statements[i];

		n += !strcmp(s->updated ? s->updated : s->timestamp, form->timestamp);
	}
	return n;
}

static void push_revision(struct csaf *c, cJSON *history)
{
	cJSON *item = json_push_object(&c->json, history);
	uint64_t number = c->before.count + 1;

	json_put_text(&c->json, item, "date", c->form->timestamp);
	json_put_text(&c->json, item, "number",
		      arena_printf(c->form->arena, "%llu", (unsigned long long)number));
	json_put_text(&c->json, item, "summary",
		      number == 1 ? "First version."
				  : arena_printf(c->form->arena,
						 "%zu of %zu statements are new or changed.",
						 count_changed(c->form), c->form->count));
}

static void put_history(struct csaf *c, cJSON *tracking)
{
	cJSON *history =
	    c->before.history ? cJSON_Duplicate(c->before.history, true) : cJSON_CreateArray();

	if (!history || !cJSON_AddItemToObject(tracking, "revision_history", history)) {
		cJSON_Delete(history);
		c->json.failed = true;
		return;
	}
	if (!c->before.repeats)
		push_revision(c, history);
}

static void put_tracking(struct csaf *c, cJSON *document)
{
	cJSON *tracking = json_put_object(&c->json, document, "tracking"), *item;
	uint64_t version = c->before.count + !c->before.repeats;

	json_put_text(&c->json, tracking, "current_release_date", c->form->timestamp);
	item = json_put_object(&c->json, tracking, "generator");
	json_put_text(&c->json, item, "date", c->form->timestamp);
	item = json_put_object(&c->json, item, "engine");
	json_put_text(&c->json, item, "name", "vexxy");
	json_put_text(&c->json, item, "version", VEXXY_VERSION);
	json_put_text(&c->json, tracking, "id", tracking_id(c));
	json_put_text(&c->json, tracking, "initial_release_date",
		      c->before.initial ? c->before.initial : c->form->timestamp);
	put_history(c, tracking);
	json_put_text(&c->json, tracking, "status", "final");
	json_put_text(&c->json, tracking, "version",
		      arena_printf(c->form->arena, "%llu", (unsigned long long)version));
}

/* Is that the n-th revision, released no earlier than `last` and no later than now? */
static bool is_revision(const cJSON *item, uint64_t n, const char *last, const char *now)
{
	const char *date = json_string(item, "date"), *number = json_string(item, "number");
	struct timespec time;
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return date && strlen(date) == strlen(now) && rfc3339_parse(&time, date) == 0 && number &&
	       !strcmp(number, text) && json_string(item, "summary") &&
	       cJSON_GetArraySize(item) == 3 && strcmp(date, last) >= 0 && strcmp(date, now) <= 0;
}

static int read_revisions(struct csaf *c, struct err *err)
{
	const struct previous *previous = c->form->analysis->previous;
	const cJSON *tracking, *history, *item;
	const char *id, *last = "";

	if (!previous || !previous->csaf.tree)
		return 0;
	tracking = json_object(json_object(previous->csaf.tree, "document"), "tracking");
	history = json_array(tracking, "revision_history");
	id = json_string(tracking, "id");
	if (!id || !history || !history->child)
		return err_set(err, EBADMSG, "--previous: '%.200s': it has no revision",
			       previous->csaf.path);
	if (strcmp(id, tracking_id(c)) != 0)
		return 0; /* of another image: this one is the first */
	cJSON_ArrayForEach(item, history)
	{
		if (!is_revision(item, c->before.count + 1, last, c->form->timestamp))
			return err_set(err, EBADMSG,
				       "--previous: '%.200s': revision %llu is not one that can "
				       "stand before %s",
				       previous->csaf.path, (unsigned long long)c->before.count + 1,
				       c->form->timestamp);
		last = json_string(item, "date");
		c->before.count++;
	}
	c->before.history = history;
	c->before.initial = json_string(history->child, "date");
	return 0;
}

static void put_document(struct csaf *c, cJSON *doc)
{
	const struct analysis *a = c->form->analysis;
	cJSON *document = json_put_object(&c->json, doc, "document"), *publisher;

	json_put_text(&c->json, document, "category", "csaf_vex");
	json_put_text(&c->json, document, "csaf_version", "2.0");
	json_put_text(&c->json, document, "lang", "en");
	put_left_out(c, document);
	publisher = json_put_object(&c->json, document, "publisher");
	json_put_text(&c->json, publisher, "category", "other");
	json_put_text(&c->json, publisher, "name", a->author);
	json_put_text(&c->json, publisher, "namespace",
		      a->namespace ? a->namespace : OPENVEX_NAMESPACE);
	json_put_text(&c->json, document, "title",
		      arena_printf(c->form->arena, "Vulnerabilities that can be reached in %s",
				   a->product.name));
	put_tracking(c, document);
}

static cJSON *make_revision(struct csaf *c, bool repeats, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();

	c->before.repeats = repeats;
	put_document(c, doc);
	put_product_tree(c, doc);
	put_vulnerabilities(c, doc);
	if (c->json.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}

/* The document before when nothing of it changed, else one with one more revision. */
static cJSON *make_document(struct csaf *c, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	_cleanup_free_ char *text = NULL;

	if (!c->before.history)
		return make_revision(c, false, err);
	doc = make_revision(c, true, err);
	text = doc ? json_print(doc) : NULL;
	if (!doc)
		return NULL;
	if (text && !strcmp(text, c->form->analysis->previous->csaf.text))
		return take_ptr(doc);
	return make_revision(c, false, err);
}

cJSON *csaf_document(const struct form *form, struct err *err)
{
	const char *refusal = csaf_refusal(form->analysis);
	const char *namespace = form->analysis->namespace;
	struct csaf csaf = { .form = form };

	if (refusal || (namespace && !uri_is_valid(namespace))) {
		err_set(err, EINVAL, "csaf: %s",
			refusal ? refusal : "the namespace is no URI of ASCII characters");
		return NULL;
	}
	if (!collect_images(&csaf)) {
		err_oom(err);
		return NULL;
	}
	return read_revisions(&csaf, err) < 0 ? NULL : make_document(&csaf, err);
}
