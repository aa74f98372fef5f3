// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* align_carry.c — what a store knows of one file, said of another version of it as far as it holds. */
#include "analyzer/align.h"

#include "include/array.h"

#include "analyzer/instructions.h"

struct carrier {
	struct arena *arena;
	const struct code *from, *to;
	const struct align_match *matches;
	struct decoder *decoder; /* of `to` */
	struct err *err;
};

/* Where a place went: 0, or -ESRCH with the reason in err. */
static int carry_address(struct carrier *c, uint64_t address, uint64_t *ret)
{
	const struct code_function *f = code_function_at(c->from, address), *to;
	const struct align_match *m = f ? &c->matches[f - c->from->functions] : NULL;

	if (!m || m->to == ALIGN_NONE)
		return err_set(c->err, ESRCH, "no function is like the one at 0x%jx",
			       (uintmax_t)address);
	to = &c->to->functions[m->to];
	if (m->changed && address != f->start)
		return err_set(c->err, ESRCH, "the function around 0x%jx changed",
			       (uintmax_t)address);
	*ret = to->start + (address - f->start);
	if (instruction_check(c->decoder, *ret, c->err) < 0)
		return -ESRCH;
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int carry_sites(struct carrier *c, const struct store_sites *from, struct store_sites *ret)
{
	int r = 0;

	ret->count = from->count;
	ret->addresses = arena_alloc(c->arena, (from->count + 1) * sizeof(*ret->addresses));
	if (!ret->addresses)
		return err_oom(c->err);
	for (size_t i = 0; i < from->count && r == 0; i++)
		r = carry_address(c, from->addresses[i], &ret->addresses[i]);
	array_sort(ret->addresses, ret->count, sizeof(*ret->addresses), compare_addresses);
	return r;
}

static int add_reason(struct carrier *c, struct store_cve *cve, const char *why)
{
	cve->why = cve->why ? arena_printf(c->arena, "%s; %s", cve->why, why)
			    : arena_strdup(c->arena, why);
	return cve->why ? 0 : err_oom(c->err);
}

/* An absence was proved of another version. */
static int carry_function(struct carrier *c, const struct store_function *from,
			  struct store_cve *cve, struct store_function *ret)
{
	struct store_function f = *from;
	const char *text;
	int r = -ESRCH;

	snprintf(c->err->text, sizeof(c->err->text), "\"%s\" was said of another version",
		 store_kind_name(from->kind));
	if (store_kind_has_entries(f.kind) || store_kind_has_inlined(f.kind)) {
		r = carry_sites(c, &from->entries, &f.entries);
		if (r == 0)
			r = carry_sites(c, &from->inlined, &f.inlined);
		if (r == 0)
			r = carry_sites(c, &from->lines, &f.lines);
	}
	if (r != -ESRCH) {
		*ret = f;
		return r;
	}
	*ret = (struct store_function){ .name = f.name, .file = f.file, .kind = STORE_UNRESOLVED };
	text = arena_printf(c->arena, "'%s' of %s: %s", f.name, f.file, c->err->text);
	return text ? add_reason(c, cve, text) : err_oom(c->err);
}

static int carry_cve(struct carrier *c, const struct store_cve *from, struct store_cve *ret)
{
	int r = 0;

	*ret = *from;
	ret->functions =
	    arena_alloc(c->arena, (from->function_count + 1) * sizeof(*ret->functions));
	if (!ret->functions)
		return err_oom(c->err);
	for (size_t i = 0; i < from->function_count && r == 0; i++)
		r = carry_function(c, &from->functions[i], ret, &ret->functions[i]);
	return r;
}

static int carry_code(struct carrier *c, struct store_object *ret)
{
	ret->code = arena_alloc(c->arena, (c->to->segment_count + 1) * sizeof(*ret->code));
	if (!ret->code)
		return err_oom(c->err);
	for (ret->code_count = 0; ret->code_count < c->to->segment_count; ret->code_count++) {
		const struct code_segment *s = &c->to->segments[ret->code_count];

		ret->code[ret->code_count] = (struct store_segment){ s->start, s->end, s->offset };
	}
	return 0;
}

int align_carry(struct symbol_store *store, const struct store_object *object,
		const struct code *from, const struct code *to, const struct align_match *matches,
		const char *build_id, struct store_object *ret, struct err *err)
{
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	struct err why = {};
	struct carrier c = { store->arena, from, to, matches, NULL, &why };
	struct store_object o = *object;
	int r = decoder_open(&decoder, to, err);

	if (r < 0)
		return r;
	c.decoder = decoder;
	o.build_id = arena_strdup(store->arena, build_id);
	o.aligned_from = object->build_id;
	o.equality = EQUALITY_ALIGNED;
	o.elsewhere_count = o.apart_count = 0; /* of another version: not looked for */
	o.cves = arena_alloc(store->arena, (object->cve_count + 1) * sizeof(*o.cves));
	if (!o.build_id || !o.cves)
		return err_oom(err);
	r = carry_code(&c, &o);
	for (size_t i = 0; i < object->cve_count && r == 0; i++)
		r = carry_cve(&c, &object->cves[i], &o.cves[i]);
	if (r < 0)
		return err_set(err, -r, "%s", why.text);
	*ret = o;
	return 0;
}
