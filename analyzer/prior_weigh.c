// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* prior_weigh.c — which statements of others are on a finding of ours, and whether they say the same. */
#include "analyzer/prior_files.h"

#include "include/array.h"

#include "analyzer/findings_claim.h"

const char *prior_relation_name(enum prior_relation relation)
{
	static const char *const names[] = { "superseded", "agrees", "differs", "open",
					     "contradicts" };

	return names[relation];
}

const char *prior_left_text(enum prior_left left)
{
	static const char *const texts[] = {
		"no finding of this analysis is about its vulnerability",
		"it is about another product",
		"it is about another package of the product",
		"it lacks a status of OpenVEX, a vulnerability or a product",
	};

	return texts[left];
}

/* How near a statement has come to a finding so far. */
enum reach { REACH_UNKNOWN, REACH_ID, REACH_PRODUCT, REACH_APPLIED, REACH_FAULTY };

struct placed {
	size_t finding;
	struct prior_statement statement;
};

struct weighing {
	struct priors *ret;
	const struct prior_files *files;
	const struct analysis *analysis;
	struct placed *items;
	size_t count, room;
	/* Of the document being looked at, by the order of its vex. */
	unsigned char *reach;
	size_t *seen; /* the finding, plus one, that was last held against the statement */
};

/* A finding as statements are held against it. */
struct subject {
	size_t finding;
	struct asked *purls;
	size_t purl_count;
	const char *arch;
};

/* What of a statement matched. */
struct match {
	const struct vex_product *product;
	const char *subcomponent, *named_by;
	bool product_matched;
};

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The name under which the component is that package, or NULL. */
static const char *package_name_of(const struct vex_component *c, const struct subject *s)
{
	for (size_t i = 0; i < c->name_count; i++)
		for (size_t p = 0; p < s->purl_count; p++)
			if (!strcmp(c->names[i].text, s->purls[p].text) ||
			    (c->names[i].purl && s->purls[p].purl &&
			     purl_same_package(c->names[i].purl, s->purls[p].purl, s->arch)))
				return c->names[i].text;
	return NULL;
}

/* "sha256:<hex>", "<hex>" or "…@sha256:<hex>". */
static bool text_is_digest(const char *text, const char *digest)
{
	size_t len = strlen(text), want = strlen(digest);

	if (!strcmp(text, digest + strlen("sha256:")))
		return true;
	if (len < want || strcmp(text + len - want, digest))
		return false;
	return len == want || text[len - want - 1] == '@';
}

static bool is_image(const struct purl *purl)
{
	return purl && (!strcmp(purl->type, "oci") || !strcmp(purl->type, "docker"));
}

static bool names_digest(const struct vex_component *c, const struct product *product)
{
	for (size_t i = 0; i < c->name_count; i++) {
		const struct vex_name *name = &c->names[i];

		if (same(name->text, product->id_fallback))
			return true;
		for (size_t d = 0; d < product->digest_count; d++)
			if (text_is_digest(name->text, product->digests[d]) ||
			    (is_image(name->purl) &&
			     same(name->purl->version, product->digests[d])))
				return true;
	}
	return false;
}

static bool names_name(const struct vex_component *c, const struct product *product)
{
	for (size_t i = 0; i < c->name_count; i++) {
		const struct vex_name *name = &c->names[i];

		if (product->ref && !strcmp(name->text, product->ref))
			return true;
		if (is_image(name->purl) && same(name->purl->name, product->name) &&
		    (!name->purl->version || strncmp(name->purl->version, "sha256:", 7)))
			return true;
	}
	return false;
}

/* Is the package among the subcomponents, or the whole product meant? */
static bool product_covers(const struct vex_product *product, const struct subject *s,
			   const char **subcomponent)
{
	*subcomponent = NULL;
	for (size_t i = 0; i < product->subcomponent_count && !*subcomponent; i++)
		*subcomponent = package_name_of(&product->subcomponents[i], s);
	return !product->subcomponent_count || *subcomponent;
}

/* The surest name first: digest, package, name. */
static void match_product(struct match *m, const struct vex_product *product,
			  const struct subject *s, const struct product *image)
{
	static const char *const order[] = { "digest", "package", "name" };
	const char *subcomponent;
	int rank = 3, before = 0;

	while (m->named_by && before < 3 && strcmp(order[before], m->named_by))
		before++;
	if (names_digest(&product->component, image))
		rank = 0;
	else if (package_name_of(&product->component, s))
		rank = 1;
	else if (names_name(&product->component, image))
		rank = 2;
	if (rank == 3)
		return;
	m->product_matched = true;
	if ((m->named_by && before <= rank) || !product_covers(product, s, &subcomponent))
		return;
	m->product = product;
	m->subcomponent = subcomponent;
	m->named_by = order[rank];
}

static const char *text_in(struct weighing *w, const cJSON *object, const char *key)
{
	return findings_text(json_string(object, key), w->ret->arena);
}

static int place(struct weighing *w, size_t document, const struct vex_statement *s,
		 const struct match *m, size_t finding)
{
	const cJSON *item = w->files->items[document].statements[s->index];
	const char *timestamp = text_in(w, item, "timestamp");
	struct placed *p;

	if (w->count >= PRIOR_ITEMS_MAX)
		return -EFBIG;
	p = array_add(w->items, w->count, w->room);
	if (!p)
		return -ENOMEM;
	p->finding = finding;
	p->statement = (struct prior_statement){
		.document = document,
		.index = s->index,
		.id = text_in(w, item, "@id"),
		.status = s->status,
		.justification = text_in(w, item, "justification"),
		.impact = text_in(w, item, "impact_statement"),
		.action = text_in(w, item, "action_statement"),
		.notes = text_in(w, item, "status_notes"),
		.timestamp = timestamp ? timestamp : w->ret->documents[document].timestamp,
		.product = m->product->component.id,
		.subcomponent = m->subcomponent,
		.named_by = m->named_by,
		.passed_on = w->files->items[document].exchange && !kube_statement_is_own(item),
		.time = s->time,
	};
	return 0;
}

static int hold(struct weighing *w, size_t document, size_t at, const struct subject *s)
{
	const struct vex_statement *statement = &w->files->items[document].vex.statements[at];
	struct match m = {};
	enum reach reach = REACH_ID;
	int r = 0;

	if (w->reach[at] == REACH_FAULTY || w->seen[at] == s->finding + 1)
		return 0;
	w->seen[at] = s->finding + 1;
	for (size_t i = 0; i < statement->product_count; i++)
		match_product(&m, &statement->products[i], s, &w->analysis->product);
	if (m.product_matched)
		reach = REACH_PRODUCT;
	if (m.product) {
		reach = REACH_APPLIED;
		r = place(w, document, statement, &m, s->finding);
	}
	if (w->reach[at] < reach)
		w->reach[at] = (unsigned char)reach;
	return r;
}

static int hold_id(struct weighing *w, size_t document, const char *id, const struct subject *s)
{
	const struct vex_key *keys;
	size_t n = vex_find(&w->files->items[document].vex, id, &keys);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = hold(w, document, keys[i].statement, s);
	return r;
}

static int subject_init(struct subject *s, const struct weighing *w, size_t finding)
{
	const struct finding *f = &w->analysis->findings->items[finding];
	int r = 0;

	*s = (struct subject){ .finding = finding };
	if (f->package != INVENTORY_NONE)
		s->arch = w->analysis->inventory->packages[f->package].arch;
	s->purls = arena_alloc(w->ret->arena, (f->purl_count + 1) * sizeof(*s->purls));
	if (!s->purls)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < f->purl_count; i++)
		r = asked_init(&s->purls[s->purl_count++], f->purls[i], w->ret->arena);
	return r;
}

static bool is_status(const char *text)
{
	for (enum status s = STATUS_NOT_AFFECTED; s <= STATUS_UNDER_INVESTIGATION; s++)
		if (!strcmp(text, status_name(s)))
			return true;
	return false;
}

/* What cannot be held against anything. */
static int find_faulty(struct weighing *w, const struct vex *vex)
{
	_cleanup_free_ bool *named = calloc(vex->statement_count + 1, sizeof(*named));

	if (!named)
		return -ENOMEM;
	for (size_t i = 0; i < vex->key_count; i++)
		named[vex->keys[i].statement] = true;
	for (size_t i = 0; i < vex->statement_count; i++)
		if (!is_status(vex->statements[i].status) || !vex->statements[i].product_count ||
		    !named[i])
			w->reach[i] = REACH_FAULTY;
	return 0;
}

/* The statements that are on nothing, in the order of the document, and why. */
static int count_left(struct weighing *w, size_t document)
{
	static const enum prior_left why[] = {
		[REACH_UNKNOWN] = PRIOR_NO_FINDING,
		[REACH_ID] = PRIOR_OTHER_PRODUCT,
		[REACH_PRODUCT] = PRIOR_OTHER_PACKAGE,
		[REACH_FAULTY] = PRIOR_FAULTY,
	};
	const struct prior_file *file = &w->files->items[document];
	struct prior_document *d = &w->ret->documents[document];
	_cleanup_free_ size_t *places = calloc(file->statement_count + 1, sizeof(*places));
	size_t kept = 0;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < file->vex.statement_count; i++)
		places[file->vex.statements[i].index] = i;
	for (size_t i = 0; i < file->statement_count; i++) {
		const cJSON *vulnerability = json_object(file->statements[i], "vulnerability");
		enum reach reach = w->reach[places[i]];

		if (reach == REACH_APPLIED) {
			d->applied++;
			continue;
		}
		d->left[why[reach]]++;
		if (kept++ < PRIOR_LEFT_KEPT)
			w->ret->left_out[w->ret->left_out_count++] =
			    (struct prior_left_out){ document, i, text_in(w, vulnerability, "name"),
						     why[reach] };
	}
	return 0;
}

static int hold_document(struct weighing *w, size_t document, const struct subject *subjects)
{
	const struct findings *findings = w->analysis->findings;
	const struct vex *vex = &w->files->items[document].vex;
	int r;

	w->reach = calloc(vex->statement_count + 1, sizeof(*w->reach));
	w->seen = calloc(vex->statement_count + 1, sizeof(*w->seen));
	r = w->reach && w->seen ? find_faulty(w, vex) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		r = hold_id(w, document, f->id, &subjects[i]);
		for (size_t a = 0; r == 0 && a < f->alias_count; a++)
			r = hold_id(w, document, f->aliases[a], &subjects[i]);
	}
	if (r == 0)
		r = count_left(w, document);
	free(w->reach);
	free(w->seen);
	return r;
}

static int describe_documents(struct weighing *w)
{
	struct priors *p = w->ret;
	size_t n = w->files->count;

	p->documents = arena_alloc(p->arena, (n + 1) * sizeof(*p->documents));
	p->left_out = arena_alloc(p->arena, (n * PRIOR_LEFT_KEPT + 1) * sizeof(*p->left_out));
	if (!p->documents || !p->left_out)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct prior_file *file = &w->files->items[i];
		const cJSON *doc = file->document, *version = json_get(doc, "version");

		p->documents[i] =
		    (struct prior_document){ .sha256 = file->sha256,
					     .id = text_in(w, doc, "@id"),
					     .author = text_in(w, doc, "author"),
					     .role = text_in(w, doc, "role"),
					     .timestamp = text_in(w, doc, "timestamp"),
					     .tooling = text_in(w, doc, "tooling"),
					     .version = text_in(w, doc, "version"),
					     .statements = file->statement_count };
		if (cJSON_IsNumber(version))
			p->documents[i].version =
			    arena_printf(p->arena, "%.15g", version->valuedouble);
		if (!p->documents[i].author) /* nothing of it can be printed */
			p->documents[i].author = "?";
	}
	p->document_count = n;
	return 0;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_time(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

/* Of one author on one product and subcomponent of one finding? */
static int compare_topics(const struct placed *a, const struct placed *b,
			  const struct priors *priors)
{
	const struct prior_statement *x = &a->statement, *y = &b->statement;
	int r = (a->finding > b->finding) - (a->finding < b->finding);

	r = r ? r
	      : strcmp(priors->documents[x->document].author,
		       priors->documents[y->document].author);
	r = r ? r : compare_text(x->product, y->product);
	return r ? r : compare_text(x->subcomponent, y->subcomponent);
}

static int compare_placed(const void *pa, const void *pb, void *priors)
{
	const struct placed *a = pa, *b = pb;
	int r = compare_topics(a, b, priors);

	r = r ? r : compare_time(&a->statement.time, &b->statement.time);
	if (!r && a->statement.document != b->statement.document)
		r = a->statement.document < b->statement.document ? -1 : 1;
	return r ? r
		 : (a->statement.index > b->statement.index) -
		       (a->statement.index < b->statement.index);
}

/* -1: not known; 0: nothing needs to be done; 1: something does. */
static int advice(const char *status)
{
	if (!strcmp(status, status_name(STATUS_UNDER_INVESTIGATION)))
		return -1;
	return !strcmp(status, status_name(STATUS_AFFECTED));
}

static enum prior_relation relate(const struct prior_statement *s, const struct verdict *v)
{
	const char *ours = status_name(v->status);

	if (advice(s->status) < 0 || advice(ours) < 0)
		return strcmp(s->status, ours) ? PRIOR_OPEN : PRIOR_AGREES;
	if (advice(s->status) != advice(ours))
		return PRIOR_CONTRADICTS;
	if (strcmp(s->status, ours) ||
	    (v->status == STATUS_NOT_AFFECTED &&
	     !same(s->justification, justification_name(v->justification))))
		return PRIOR_DIFFERS;
	return PRIOR_AGREES;
}

static int conclude(struct weighing *w, struct prior_statement *s, size_t finding)
{
	const struct verdict *v = &w->analysis->verdicts->items[finding];
	const char *ours = justification_name(v->justification), *theirs = s->justification;

	if (s->relation != PRIOR_SUPERSEDED)
		s->relation = relate(s, v);
	s->why = arena_printf(w->ret->arena, "%s %s %s%s%s%s, this analysis %s%s%s%s",
			      w->ret->documents[s->document].author,
			      s->passed_on ? "passes on" : "says", s->status, theirs ? " (" : "",
			      theirs ? theirs : "", theirs ? ")" : "", status_name(v->status),
			      ours ? " (" : "", ours ? ours : "", ours ? ")" : "");
	return s->why ? 0 : -ENOMEM;
}

static int arrange(struct weighing *w)
{
	struct priors *p = w->ret;
	size_t n = w->analysis->findings->count, finding = 0;

	p->items = arena_alloc(p->arena, (w->count + 1) * sizeof(*p->items));
	p->firsts = arena_alloc(p->arena, (n + 1) * sizeof(*p->firsts));
	if (!p->items || !p->firsts)
		return -ENOMEM;
	array_sort_with(w->items, w->count, sizeof(*w->items), compare_placed, p);
	for (size_t i = 0; i < w->count; i++) {
		bool last =
		    i + 1 == w->count || compare_topics(&w->items[i], &w->items[i + 1], p) != 0;

		while (finding <= w->items[i].finding)
			p->firsts[finding++] = i;
		p->items[i] = w->items[i].statement;
		p->items[i].relation = last ? PRIOR_AGREES : PRIOR_SUPERSEDED;
		if (conclude(w, &p->items[i], w->items[i].finding) < 0)
			return -ENOMEM;
	}
	while (finding <= n)
		p->firsts[finding++] = w->count;
	p->finding_count = n;
	for (size_t i = 0; i < n; i++) {
		const struct prior_statement *s = priors_strongest(p, i);

		p->contradictions += s && s->relation == PRIOR_CONTRADICTS;
	}
	return 0;
}

static int weigh(struct weighing *w)
{
	size_t n = w->analysis->findings->count;
	_cleanup_free_ struct subject *subjects = calloc(n + 1, sizeof(*subjects));
	int r = subjects ? describe_documents(w) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = subject_init(&subjects[i], w, i);
	for (size_t i = 0; r == 0 && i < w->files->count; i++)
		r = hold_document(w, i, subjects);
	return r == 0 ? arrange(w) : r;
}

int priors_weigh(struct priors **ret, const struct prior_files *files,
		 const struct analysis *analysis, struct err *err)
{
	_cleanup_(priors_freep) struct priors *priors = calloc(1, sizeof(*priors));
	struct weighing w = { .ret = priors, .files = files, .analysis = analysis };
	int r;

	if (!priors || !(priors->arena = arena_new()))
		return err_oom(err);
	r = weigh(&w);
	free(w.items);
	if (r == -EFBIG)
		return err_set(err, EFBIG,
			       "the statements of others are on findings more than %u times",
			       PRIOR_ITEMS_MAX);
	if (r < 0)
		return err_oom(err);
	*ret = take_ptr(priors);
	return 0;
}

void priors_free(struct priors *priors)
{
	if (!priors)
		return;
	arena_free(priors->arena);
	free(priors);
}

const struct prior_statement *priors_on(const struct priors *priors, size_t finding, size_t *count)
{
	*count = 0;
	if (!priors || finding >= priors->finding_count)
		return NULL;
	*count = priors->firsts[finding + 1] - priors->firsts[finding];
	return &priors->items[priors->firsts[finding]];
}

const struct prior_statement *priors_strongest(const struct priors *priors, size_t finding)
{
	const struct prior_statement *best = NULL, *s;
	size_t n;

	s = priors_on(priors, finding, &n);
	for (size_t i = 0; i < n; i++)
		if (!best || s[i].relation > best->relation ||
		    (s[i].relation == best->relation && compare_time(&s[i].time, &best->time) > 0))
			best = &s[i];
	return best;
}
