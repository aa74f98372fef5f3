// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* compare_words.c — Kubescape's word, from its objects. */
#include "analyzer/compare.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/findings_claim.h"
#include "analyzer/json.h"
#include "analyzer/sbom_relevancy.h"
#include "analyzer/verdict.h"
#include "kubescape-compat/exchange.h"
#include "kubescape-compat/manifest.h"

#define COMPARE_MANIFESTS_MAX 1000u
#define OBJECT_BYTES_MAX (512u << 20)
#define DISAGREEMENTS_SHOWN 20u

/* Everything that was given, while it is read. */
struct reading {
	struct kubescape_words *words;
	const char *const *digests; /* of the report's image; none: any will do */
	size_t digest_count;
	struct kube_objects objects;
	struct kube_profiles profiles, ours; /* ours: those of the image, borrowed */
	char *sbom_text;
	struct kube_sbom *sbom;
	struct kube_manifest *manifests; /* of the image */
	size_t manifest_count, manifest_room;
	struct sbom_relevancy *relevancy;
	struct kubescape_said *filtered; /* what the filtered manifests have, by id and purl */
	size_t filtered_count, filtered_room;
	size_t image_manifests, filtered_manifests, exchanges;
	size_t empty, foreign;
	const char *foreign_digest; /* the first of them */
	size_t own, others;         /* statements in exchanges: Kubescape's, of others */
};

static void reading_done(struct reading *r)
{
	sbom_relevancy_free(r->relevancy);
	kube_sbom_free(r->sbom);
	free(r->sbom_text);
	for (size_t i = 0; i < r->manifest_count; i++)
		kube_manifest_done(&r->manifests[i]);
	free(r->manifests);
	free(r->filtered);
	free(r->ours.items);
	kube_profiles_done(&r->profiles);
	kube_objects_done(&r->objects);
}

_printf_(2, 3) static int note(struct kubescape_words *w, const char *fmt, ...)
{
	char text[FINDINGS_TEXT_MAX];
	const char **slot = array_add(w->notes, w->note_count, w->note_room);
	va_list ap;

	if (!slot)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*slot = findings_text(text, w->arena);
	return *slot ? 0 : -ENOMEM;
}

/* Of the report's image, or of nobody knows which? */
static bool is_ours(struct reading *r, const char *digest)
{
	if (!digest || !*digest || !r->digest_count)
		return true;
	for (size_t i = 0; i < r->digest_count; i++)
		if (!strcmp(r->digests[i], digest))
			return true;
	r->foreign++;
	if (!r->foreign_digest)
		r->foreign_digest = arena_strdup(r->words->arena, digest);
	return false;
}

static int read_sbom(struct reading *r, char **text, size_t len, struct err *err)
{
	struct kube_sbom *sbom = NULL;
	int e = kube_sbom_read(&sbom, *text, len, json_parse, err);

	if (e < 0)
		return e;
	if (!is_ours(r, sbom->digest)) {
		kube_sbom_free(sbom);
		return 0;
	}
	if (r->sbom) {
		kube_sbom_free(sbom);
		return note(r->words, "more than one SBOM of the image: only the first is used") < 0
			   ? err_oom(err)
			   : 0;
	}
	r->sbom = sbom;
	r->sbom_text = take_ptr(*text);
	return 0;
}

/* The text is taken when it must live on. */
static int read_text(struct reading *r, char **text, size_t len, struct err *err)
{
	enum kube_kind kind;
	cJSON *tree = NULL;
	int e;

	if (kube_peek_kind(*text, len, &kind) && kind == KUBE_SBOM)
		return read_sbom(r, text, len, err);
	if (len > JSON_BYTES_MAX)
		return err_set(err, EFBIG, "longer than the limit of %u MiB", JSON_BYTES_MAX >> 20);
	e = json_parse(&tree, *text, len, err);
	return e < 0 ? e : kube_objects_add(&r->objects, tree, err);
}

static int said_of(struct kubescape_said *ret, struct kubescape_words *w, const char *id,
		   const char *purl, const char *name)
{
	struct purl parsed, *copy;

	ret->id = findings_text(id, w->arena);
	ret->purl = findings_text(purl, w->arena);
	ret->package = findings_text(name, w->arena);
	if (!ret->purl || purl_parse(&parsed, ret->purl, w->arena, NULL) < 0)
		return 0;
	copy = arena_alloc(w->arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = parsed;
	ret->parsed = copy;
	return 0;
}

static struct kubescape_said *add_word(struct kubescape_words *w, const char *id, const char *purl,
				       const char *name)
{
	struct kubescape_said *said;

	if (w->count >= COMPARE_WORDS_MAX)
		return NULL;
	said = array_add(w->items, w->count, w->room);
	if (!said || said_of(said, w, id, purl, name) < 0)
		return NULL;
	if (!said->id || !said->purl)
		w->count--; /* of nothing that can be named */
	return said;
}

static int cannot_add(const struct kubescape_words *w, struct err *err)
{
	if (w->count >= COMPARE_WORDS_MAX)
		return err_set(err, EFBIG, "more than %u statements", COMPARE_WORDS_MAX);
	return err_oom(err);
}

static int read_component(struct reading *r, const cJSON *statement, const cJSON *component,
			  struct err *err)
{
	struct kubescape_words *w = r->words;
	struct kubescape_said *said =
	    add_word(w, kube_statement_vulnerability(statement), kube_text(component, "@id"), NULL);

	if (!said)
		return cannot_add(w, err);
	said->status = findings_text(kube_text(statement, "status"), w->arena);
	said->justification = findings_text(kube_text(statement, "justification"), w->arena);
	if (!said->status)
		said->status = "";
	return 0;
}

/* Of the products that are of another image it speaks to others. */
static int read_product(struct reading *r, const cJSON *statement, const cJSON *product,
			struct err *err)
{
	const cJSON *components = NULL, *item;
	char digest[KUBE_DIGEST_BYTES] = "";
	struct purl purl;
	const char *id = kube_text(product, "@id");
	int e = kube_list(&components, product, "subcomponents", err);

	if (e == 0 && id && purl_parse(&purl, id, r->words->arena, NULL) == 0 && purl.version)
		snprintf(digest, sizeof(digest), "%s", purl.version);
	if (e < 0 || (!strncmp(digest, "sha256:", 7) && !is_ours(r, digest)))
		return e;
	cJSON_ArrayForEach(item, components)
	{
		if (e == 0)
			e = read_component(r, statement, item, err);
	}
	return e;
}

static int read_statements(struct reading *r, const cJSON *document, struct err *err)
{
	const cJSON *statements = NULL, *products = NULL, *item, *product;
	int e = kube_list(&statements, document, "statements", err);

	cJSON_ArrayForEach(item, statements)
	{
		if (!kube_statement_is_own(item)) {
			r->others++;
			continue;
		}
		r->own++;
		products = NULL;
		if (e == 0)
			e = kube_list(&products, item, "products", err);
		cJSON_ArrayForEach(product, products)
		{
			if (e == 0)
				e = read_product(r, item, product, err);
		}
	}
	return e;
}

static int read_exchange(struct reading *r, const struct kube_object *object, struct err *err)
{
	struct kube_exchange exchange;
	char digest[KUBE_DIGEST_BYTES] = "", title[256];
	int e = kube_exchange_read(&exchange, object, err);

	if (e < 0)
		return err_prefix(err, e, "%s", kube_object_title(object, title, sizeof(title)));
	if (!exchange.document) {
		r->empty++;
		return 0;
	}
	kube_image_digest(digest, kube_annotation(object, "image-id"));
	if (!is_ours(r, digest))
		return 0;
	r->exchanges++;
	if (!r->words->source)
		r->words->source =
		    arena_strdup(r->words->arena, kube_object_title(object, title, sizeof(title)));
	return read_statements(r, exchange.document, err);
}

static int read_manifest(struct reading *r, const struct kube_object *object, struct err *err)
{
	struct kube_manifest manifest = {}, *kept;
	char title[256];
	int e = kube_manifest_read(&manifest, object, err);

	if (e < 0)
		return err_prefix(err, e, "%s", kube_object_title(object, title, sizeof(title)));
	if (!manifest.payload || !is_ours(r, manifest.digest)) {
		r->empty += !manifest.payload;
		kube_manifest_done(&manifest);
		return 0;
	}
	kept = r->manifest_count < COMPARE_MANIFESTS_MAX
		   ? array_add(r->manifests, r->manifest_count, r->manifest_room)
		   : NULL;
	if (!kept) {
		kube_manifest_done(&manifest);
		return err_set(err, EFBIG, "more than %u manifests", COMPARE_MANIFESTS_MAX);
	}
	*kept = manifest;
	r->filtered_manifests += manifest.filtered;
	r->image_manifests += !manifest.filtered;
	return 0;
}

static int read_objects(struct reading *r, struct err *err)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < r->objects.count; i++) {
		const struct kube_object *object = &r->objects.items[i];

		if (object->kind == KUBE_EXCHANGE)
			e = read_exchange(r, object, err);
		else if (object->kind == KUBE_MANIFEST)
			e = read_manifest(r, object, err);
	}
	return e;
}

static int compare_said(const void *pa, const void *pb)
{
	const struct kubescape_said *a = pa, *b = pb;
	int r = strcmp(a->id, b->id);

	return r ? r : strcmp(a->purl, b->purl);
}

static void sort_words(struct kubescape_words *w)
{
	array_sort(w->items, w->count, sizeof(*w->items), compare_said);
}

static int collect_filtered(struct reading *r)
{
	for (size_t m = 0; m < r->manifest_count; m++)
		for (size_t i = 0; r->manifests[m].filtered && i < r->manifests[m].match_count;
		     i++) {
			const struct kube_match *match = &r->manifests[m].matches[i];
			struct kubescape_said *said;

			if (!match->purl)
				continue;
			said = array_add(r->filtered, r->filtered_count, r->filtered_room);
			if (!said)
				return -ENOMEM;
			said->id = match->id;
			said->purl = match->purl;
		}
	array_sort(r->filtered, r->filtered_count, sizeof(*r->filtered), compare_said);
	return 0;
}

/* By the filtered manifests; without any, by the relevancy; without that Kubescape calls all affected. */
static bool match_is_relevant(const struct reading *r, const struct kube_match *match)
{
	const struct kubescape_said key = { .id = match->id, .purl = match->purl };
	const char *by, *why;

	if (r->filtered_manifests)
		return array_find(&key, r->filtered, r->filtered_count, sizeof(*r->filtered),
				  compare_said);
	if (r->relevancy)
		return sbom_relevancy_of(r->relevancy, match->purl, &by, &why, r->words->arena) > 0;
	return true;
}

static int add_match(struct reading *r, const struct kube_match *match, struct err *err)
{
	struct kubescape_said *said;

	if (!match->purl)
		return 0;
	said = add_word(r->words, match->id, match->purl, match->name);
	if (!said)
		return cannot_add(r->words, err);
	said->status = "affected";
	if (!r->filtered_manifests && !r->relevancy) {
		said->by = "scan";
		said->why = "it was scanned without relevancy: every match is called affected";
	}
	if (match_is_relevant(r, match))
		return 0;
	said->status = "not_affected";
	said->justification = "vulnerable_code_not_present";
	return 0;
}

/* Every match of the image; where there is no manifest of it, of the filtered ones. */
static int add_matches(struct reading *r, struct err *err)
{
	char title[256];
	int e = 0;

	for (size_t m = 0; m < r->manifest_count; m++) {
		const struct kube_manifest *manifest = &r->manifests[m];

		if (manifest->filtered && r->image_manifests)
			continue;
		if (!r->words->source)
			r->words->source = arena_printf(
			    r->words->arena, "%s%s",
			    kube_object_title(manifest->object, title, sizeof(title)),
			    manifest->filtered      ? ", filtered"
			    : r->filtered_manifests ? ", and what the filtered one has of it"
			    : r->relevancy ? ", and the relevancy of the SBOM under the profile"
					   : ", without relevancy: all is affected");
		for (size_t i = 0; e == 0 && i < manifest->match_count; i++)
			e = add_match(r, &manifest->matches[i], err);
	}
	return e;
}

/* Where the objects contradict each other, the one that was believed is told. */
static int check_against_filtered(struct reading *r)
{
	size_t shown = 0;

	if (!r->exchanges || !r->filtered_manifests)
		return 0;
	for (size_t i = 0; i < r->words->count; i++) {
		const struct kubescape_said *said = &r->words->items[i];
		bool relevant = array_find(said, r->filtered, r->filtered_count,
					   sizeof(*r->filtered), compare_said);

		if (relevant == !strcmp(said->status, "affected") || shown++ >= DISAGREEMENTS_SHOWN)
			continue;
		if (note(r->words,
			 "%s in %s: its VEX says %s, which is not what its filtered manifest has",
			 said->id, said->purl, said->status) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_reasons(struct reading *r)
{
	size_t shown = 0;

	for (size_t i = 0; r->relevancy && i < r->words->count; i++) {
		struct kubescape_said *said = &r->words->items[i];
		int relevant = sbom_relevancy_of(r->relevancy, said->purl, &said->by, &said->why,
						 r->words->arena);

		if (relevant == 0)
			said->why = "no file of it was opened or executed, nor one of a package "
				    "that depends on it";
		if (relevant < 0 || relevant == !strcmp(said->status, "affected"))
			continue;
		said->by = said->why = NULL;
		if (shown++ < DISAGREEMENTS_SHOWN &&
		    note(r->words, "%s in %s: it says %s, but the SBOM under the profile gives %s",
			 said->id, said->purl, said->status,
			 relevant ? "affected" : "not_affected") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int note_rest(struct reading *r)
{
	struct kubescape_words *w = r->words;
	int e = 0;

	if (r->empty)
		e = note(w,
			 "%zu objects have metadata only, as a list returns them: get them one by "
			 "one, or with resourceVersion=fullSpec",
			 r->empty);
	if (e == 0 && r->foreign)
		e = note(w, "%zu objects or products are of another image (%s): left out",
			 r->foreign, r->foreign_digest ? r->foreign_digest : "");
	if (e == 0 && r->others)
		e = note(w, "%zu statements in its VEX are not Kubescape's: left out", r->others);
	if (e == 0 && !r->digest_count)
		e = note(w, "the analysis names no image digest: whether these objects are of its "
			    "image is not known");
	if (e == 0 && r->exchanges > 1)
		e = note(w, "%zu VEX objects: affected is what one of them says is", r->exchanges);
	for (size_t i = 0; e == 0 && r->relevancy && i < r->ours.count; i++)
		if (r->ours.items[i].doubt)
			e = note(w, "the profile of '%s' may lack uses: %s",
				 r->ours.items[i].container ? r->ours.items[i].container : "?",
				 r->ours.items[i].doubt);
	return e;
}

static int find_relevancy(struct reading *r, struct err *err)
{
	struct kube_texts paths = {};
	int e = kube_profiles_read(&r->profiles, &r->objects, err);

	if (e < 0)
		return e;
	r->ours.items = calloc(r->profiles.count + 1, sizeof(*r->ours.items));
	if (!r->ours.items)
		return err_oom(err);
	for (size_t i = 0; i < r->profiles.count; i++)
		if (is_ours(r, r->profiles.items[i].digest))
			r->ours.items[r->ours.count++] = r->profiles.items[i];
	if (!r->sbom || !r->ours.count)
		return 0;
	for (size_t i = 0; e == 0 && i < r->ours.count; i++)
		e = kube_profile_paths(&paths, &r->ours.items[i]);
	e = e < 0 ? err_oom(err)
		  : sbom_relevancy_new(&r->relevancy, r->sbom, paths.items, paths.count, err);
	free(paths.items);
	return e;
}

static int nothing_said(const struct reading *r, struct err *err)
{
	if (r->foreign)
		return err_set(err, ENOENT,
			       "what was given of Kubescape's is of another image, %s, not of %s",
			       r->foreign_digest ? r->foreign_digest : "?",
			       r->digest_count ? r->digests[0] : "the one that was analysed");
	if (r->empty)
		return err_set(err, ENOENT,
			       "what was given of Kubescape's has metadata only, as a list returns "
			       "it: get the objects one by one, or with resourceVersion=fullSpec");
	return err_set(err, ENOENT,
		       "what was given of Kubescape's says nothing of vulnerabilities: give an "
		       "OpenVulnerabilityExchangeContainer, or the VulnerabilityManifests");
}

static int conclude(struct reading *r, struct err *err)
{
	int e = find_relevancy(r, err);

	if (e == 0)
		e = read_objects(r, err);
	if (e == 0 && collect_filtered(r) < 0)
		e = err_oom(err);
	if (e == 0 && !r->exchanges)
		e = add_matches(r, err);
	if (e < 0)
		return e;
	if (!r->words->source)
		return nothing_said(r, err);
	sort_words(r->words);
	if (check_against_filtered(r) < 0 || add_reasons(r) < 0 || note_rest(r) < 0)
		return err_oom(err);
	return 0;
}

static int words_new(struct kubescape_words **ret, struct err *err)
{
	struct kubescape_words *words = calloc(1, sizeof(*words));

	if (!words || !(words->arena = arena_new())) {
		free(words);
		return err_oom(err);
	}
	*ret = words;
	return 0;
}

void kubescape_words_free(struct kubescape_words *words)
{
	if (!words)
		return;
	free(words->items);
	free(words->notes);
	arena_free(words->arena);
	free(words);
}

int kubescape_words_parse(struct kubescape_words **ret, const char *text, size_t len,
			  struct err *err)
{
	_cleanup_(kubescape_words_freep) struct kubescape_words *words = NULL;
	_cleanup_(reading_done) struct reading reading = {};
	_cleanup_free_ char *copy = calloc(1, len + 1);
	int r = words_new(&words, err);

	if (r == 0 && !copy)
		r = err_oom(err);
	if (r < 0)
		return r;
	memcpy(copy, text, len);
	reading.words = words;
	r = read_text(&reading, &copy, len, err);
	if (r == 0)
		r = conclude(&reading, err);
	if (r < 0)
		return r;
	*ret = take_ptr(words);
	return 0;
}

int kubescape_words_load(struct kubescape_words **ret, const char *const *paths, size_t count,
			 const char *const *digests, size_t digest_count, struct err *err)
{
	_cleanup_(kubescape_words_freep) struct kubescape_words *words = NULL;
	_cleanup_(reading_done) struct reading reading = { .digests = digests,
							   .digest_count = digest_count };
	int r = words_new(&words, err);

	reading.words = words;
	for (size_t i = 0; r == 0 && i < count; i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		r = file_read(&text, &len, paths[i], OBJECT_BYTES_MAX, err);
		if (r < 0)
			return r;
		r = read_text(&reading, &text, len, err);
		if (r < 0)
			return err_prefix(err, r, "'%.200s'", paths[i]);
	}
	if (r == 0)
		r = conclude(&reading, err);
	if (r < 0)
		return r;
	*ret = take_ptr(words);
	return 0;
}
