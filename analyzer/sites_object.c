// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* sites_object.c — the functions of findings in one ELF file: by the store, by names, by Go's table. */
#include "analyzer/sites_object.h"

#include <fnmatch.h>

#include "analyzer/code_go.h"
#include "analyzer/function_name.h"
#include "analyzer/go_linked.h"
#include "analyzer/nature.h"
#include "include/array.h"

static int take_go(struct object *o, struct err *err)
{
	struct go_buildinfo info = {};

	if (go_buildinfo_read(&info, &o->symbols->file, &o->symbols->dynamic, o->arena, NULL) == 0)
		o->main_package = info.main_package;
	return code_take_go(&o->code, o->symbols->go, o->arena, err);
}

int object_open(struct object *o, const struct inventory *inv, size_t file, int fd,
		const struct store_list *stores, const struct option_list *debug_dirs,
		struct arena *arena, struct err *err)
{
	const struct inventory_file *facts = &inv->files[file];
	int r;

	*o = (struct object){ .file = file, .facts = facts, .fd = fd, .arena = arena };
	o->stores = stores;
	for (size_t i = 0; !o->stored && facts->elf && i < stores->count; i++)
		if (facts->elf->build_id)
			o->stored = symbol_store_lookup(stores->items[i], facts->elf->build_id);
	r = symbols_read(&o->symbols, fd, debug_dirs->items, debug_dirs->count, err);
	if (r == 0)
		r = code_read(&o->code, fd, arena, err);
	if (r == 0 && o->symbols->go)
		r = take_go(o, err);
	if (r == 0)
		r = decoder_open(&o->decoder, &o->code, err); /* borrows code: o must not move */
	if (r < 0)
		object_close(o);
	return r;
}

void object_close(struct object *object)
{
	if (object->decoder)
		decoder_close(object->decoder);
	symbols_free(object->symbols);
	*object = (struct object){ .fd = -1 };
}

int object_place(const struct object *object, uint64_t address, uint64_t *ret_offset,
		 struct err *err)
{
	int r = instruction_check(object->decoder, address, err);

	if (r < 0)
		return r;
	if (code_offset(&object->code, address, ret_offset) < 0)
		return err_set(err, EINVAL, "0x%jx is not in the code of the file",
			       (uintmax_t)address);
	return 0;
}

void placing_doubt(struct placing *p, struct arena *arena, const char *why)
{
	if (p->to->doubt)
		return;
	p->to->doubt = why ? arena_strdup(arena, why) : NULL;
	if (!p->to->doubt)
		p->error = -ENOMEM;
}

/* Its path and the address belong together: the object's entry is made with its first address. */
static void add_address(struct placing *p, const struct object *o, uint64_t address)
{
	struct finding_sites *to = p->to;
	struct site_object *at = to->object_count ? &to->objects[to->object_count - 1] : NULL;
	uint64_t *slot;

	if (!at || at->file != o->file) {
		at = array_add(to->objects, to->object_count, p->object_capacity);
		if (!at) {
			p->error = -ENOMEM;
			return;
		}
		at->file = o->file;
		p->address_capacity = 0;
	}
	slot = array_add(at->addresses, at->address_count, p->address_capacity);
	if (slot)
		*slot = address;
	else
		p->error = -ENOMEM;
}

void placing_add(struct placing *p, const struct object *o, uint64_t address, enum site_kind kind,
		 enum rung rung, const char *symbol)
{
	struct err err = {};
	struct site *site;
	uint64_t offset;
	char *name;

	if (kind != SITE_LINE)
		add_address(p, o, address);
	if (object_place(o, address, &offset, &err) < 0) {
		placing_doubt(p, o->arena,
			      arena_printf(o->arena, "%s in %s at 0x%jx cannot be watched: %s",
					   symbol, o->facts->path, (uintmax_t)address, err.text));
		return;
	}
	name = arena_strdup(o->arena, symbol);
	site = name && p->to->count < SITES_MAX ? array_add(p->to->items, p->to->count, p->capacity)
						: NULL;
	if (!site) {
		p->error = -ENOMEM;
		return;
	}
	for (char *c = name; *c; c++) /* a word of the agent's list */
		if ((unsigned char)*c <= ' ' || *c == 127)
			*c = '_';
	*site = (struct site){ o->file, address, offset, name, kind, rung };
	if (rung > p->to->rung || p->to->rung == RUNG_PACKAGE)
		p->to->rung = rung;
}

/* What the store knows of the CVE in an object, under any of its names. */
static const struct store_cve *stored_cve(const struct store_object *stored,
					  const struct finding *f, bool *elsewhere)
{
	const struct store_cve *cve = store_object_cve(stored, f->id);

	*elsewhere = store_object_is_elsewhere(stored, f->id);
	for (size_t i = 0; !cve && i < f->alias_count; i++) {
		cve = store_object_cve(stored, f->aliases[i]);
		*elsewhere |= store_object_is_elsewhere(stored, f->aliases[i]);
	}
	return cve;
}

static bool looked_for(const struct store_cve *cve, const char *symbol)
{
	for (size_t i = 0; i < cve->function_count; i++) {
		const struct store_function *f = &cve->functions[i];

		if (!strcmp(f->name, symbol))
			return true;
		for (size_t k = 0; k < f->made_count; k++)
			if (!strcmp(f->made[k], symbol))
				return true;
	}
	return false;
}

/* Was the function looked for in the objects of that source package? */
static bool is_in_store(const struct object *o, const struct finding *f, const char *symbol)
{
	for (size_t s = 0; s < o->stores->count; s++) {
		const struct symbol_store *store = o->stores->items[s];

		for (size_t i = 0; i < store->count; i++) {
			const struct store_cve *cve;
			bool elsewhere;

			if (strcmp(store->objects[i].source, o->stored->source) != 0)
				continue;
			cve = stored_cve(&store->objects[i], f, &elsewhere);
			if (cve && looked_for(cve, symbol))
				return true;
		}
	}
	return false;
}

/* An advisory may name more than the store was made for: that it has no place for those says nothing about them. */
static void doubt_unknown(const struct object *o, struct placing *p)
{
	for (size_t i = 0; i < p->finding->function_count && !p->error; i++) {
		const struct finding_function *f = &p->finding->functions[i];

		if (f->derived || (f->symbol && is_in_store(o, p->finding, f->symbol)))
			continue;
		placing_doubt(p, o->arena,
			      arena_printf(o->arena, "the symbol store was not made for %s",
					   f->symbol ? f->symbol : "all of the code at fault"));
	}
}

static void add_stored(struct placing *p, const struct object *o, const struct store_sites *sites,
		       enum site_kind kind, enum rung rung, const char *symbol)
{
	for (size_t i = 0; i < sites->count && !p->error; i++)
		placing_add(p, o, sites->addresses[i], kind, rung, symbol);
}

static enum risk equality_risk(enum equality equality)
{
	return equality == EQUALITY_IDENTICAL ? RISK_SITE_IDENTICAL
	       : equality == EQUALITY_TEXT    ? RISK_SITE_TEXT
					      : RISK_SITE_ALIGNED;
}

static void note_placing(struct placing *p, enum risk risk)
{
	if (!p->to->placing || risk_value(risk) >= risk_value(p->to->placing))
		p->to->placing = risk;
}

/* Has the object nothing of what the fix changes beside the functions, by the very words of the record that is believed here? */
static bool is_apart(const struct object *o, const struct finding *f)
{
	bool apart = false;

	if (!f->functions_partial)
		return true;
	apart = store_object_is_apart(o->stored, f->id, f->functions_partial);
	for (size_t i = 0; !apart && i < f->alias_count; i++)
		apart = store_object_is_apart(o->stored, f->aliases[i], f->functions_partial);
	return apart;
}

static void find_stored(const struct object *o, struct placing *p, const struct store_cve *cve)
{
	bool apart = is_apart(o, p->finding);
	size_t before = p->to->count;

	p->apart_everywhere &= apart;
	if (cve->why && !(apart && p->finding->functions_partial &&
			  !strcmp(cve->why, p->finding->functions_partial)))
		placing_doubt(p, o->arena, cve->why);
	for (size_t i = 0; i < cve->function_count && !p->error; i++) {
		const struct store_function *f = &cve->functions[i];

		if (f->kind == STORE_UNRESOLVED)
			placing_doubt(p, o->arena,
				      arena_printf(o->arena, "where %s is in %s was not found out",
						   f->name, o->facts->path));
		add_stored(p, o, &f->entries, SITE_ENTRY, RUNG_STORE, f->name);
		add_stored(p, o, &f->inlined, SITE_COPY, RUNG_INLINED, f->name);
		add_stored(p, o, &f->lines, SITE_LINE, RUNG_STORE, f->name);
	}
	if (p->to->count > before)
		p->absent_everywhere = false;
	note_placing(p, equality_risk(o->stored->equality));
}

/* Does the advisory speak of this object? */
static bool speaks_of(const struct finding_function *f, const struct inventory_file *file)
{
	const char *soname = file->elf ? file->elf->soname : NULL;

	return !f->path || !strcmp(f->path, "*") || (soname && !strcmp(f->path, soname)) ||
	       !strcmp(f->path, path_name(file->path)) || !fnmatch(f->path, file->path, 0);
}

/* A name that stands for the choice among several: all that it may choose. */
static void add_ifunc(const struct object *o, struct placing *p, const struct symbol *symbol)
{
	const struct symbol **targets;
	struct err err = {};
	size_t n;

	if (symbols_ifunc_targets(o->symbols, symbol, &targets, &n, &err) < 0) {
		placing_doubt(p, o->arena,
			      arena_printf(o->arena, "%s in %s is chosen when it is loaded: %s",
					   symbol->name, o->facts->path, err.text));
		return;
	}
	for (size_t i = 0; i < n && !p->error; i++)
		placing_add(p, o, targets[i]->addr, SITE_ENTRY, symbol_rung(targets[i]),
			    symbol->name);
}

static void add_symbol(const struct object *o, struct placing *p, const struct symbol *symbol,
		       const char *name)
{
	p->absent_everywhere = false;
	if (symbol->ifunc)
		add_ifunc(o, p, symbol);
	else
		placing_add(p, o, symbol->addr, SITE_ENTRY, symbol_rung(symbol), name);
	placing_doubt(p, o->arena,
		      arena_printf(o->arena,
				   "copies of %s that a compiler may have inlined in %s are not "
				   "known: the symbol store has nothing on it",
				   name, o->facts->path));
	note_placing(p, RISK_SITE_NAMED);
}

/* C, C++ and Rust: by the names that the file or its debug data has. That a name is missing proves nothing. */
static void find_named(const struct object *o, struct placing *p, const struct finding_function *f)
{
	struct function_name wanted = { .language = f->path ? LANGUAGE_C : LANGUAGE_RUST,
					.name = f->symbol };
	bool any = false;
	size_t n = 0;

	if (f->path && !speaks_of(f, o->facts))
		return;
	if (f->symbol && strstr(f->symbol, "::") && f->path)
		wanted.language = LANGUAGE_CPP;
	if (f->symbol && wanted.language == LANGUAGE_C) {
		const struct symbol *const *named = symbols_named(o->symbols, f->symbol, &n);

		for (size_t i = 0; i < n && !p->error; i++)
			add_symbol(o, p, named[i], f->symbol);
		any = n;
	}
	for (size_t i = 0; f->symbol && wanted.language != LANGUAGE_C && i < o->symbols->count; i++)
		if (function_name_match(&wanted, o->symbols->items[i].name) >= NAME_PART) {
			add_symbol(o, p, &o->symbols->items[i], f->symbol);
			any = true;
		}
	if (!any)
		placing_doubt(p, o->arena,
			      arena_printf(o->arena,
					   "%s has no name in %s, which may have it still",
					   f->symbol ? f->symbol : "all of the code at fault",
					   o->facts->path));
}

static bool runs_here(const char **limits, const char *here)
{
	for (; limits && *limits; limits++)
		if (!strcmp(*limits, here))
			return true;
	return false;
}

/* Go's names of operating systems and machines. */
static bool go_concerns(const struct object *o, const struct finding_function *f)
{
	const char *machine = o->facts->elf->machine;
	const char *arch = !strcmp(machine, "x86_64")    ? "amd64"
			   : !strcmp(machine, "aarch64") ? "arm64"
							 : NULL;

	if (f->os && !runs_here(f->os, "linux"))
		return false;
	return !f->arch || !arch || runs_here(f->arch, arch);
}

static bool go_matches(const struct function_name *wanted, const struct finding_function *f,
		       const char *name)
{
	size_t len = strlen(f->path);

	if (f->symbol)
		return function_name_match(wanted, name) >= NAME_PART;
	return !strncmp(name, f->path, len) && name[len] == '.'; /* everything in the package */
}

/* Go: the table has every function that is linked, inlined ones too, so a name that is not there says that it is not. (Seen
 * with 1.26: plain arithmetic that folds into its caller leaves no name. That is a risk, and stated as one.) */
static void find_go(const struct object *o, struct placing *p, const struct finding_function *f)
{
	const struct go_pclntab *go = o->symbols->go;
	struct function_name wanted = { LANGUAGE_GO, f->path, f->symbol, o->main_package };
	bool any = false;

	if (!f->path || !go_concerns(o, f))
		return;
	if (f->symbol && go_linked(go, &wanted) == NAME_NONE) {
		note_placing(p, RISK_SITE_FOLDED);
		return;
	}
	for (size_t i = 0; i < go->function_count && !p->error; i++)
		if (go_matches(&wanted, f, go->functions[i].name)) {
			placing_add(p, o, go->functions[i].addr, SITE_ENTRY, RUNG_LOCAL_DEBUG,
				    go->functions[i].name);
			any = true;
		}
	for (size_t i = 0; i < go->inlined_count && !p->error; i++)
		if (go_matches(&wanted, f, go->inlined[i].name)) {
			placing_add(p, o, go->inlined[i].addr, SITE_COPY, RUNG_INLINED,
				    go->inlined[i].name);
			note_placing(p, RISK_SITE_INLINED);
			any = true;
		}
	note_placing(p, RISK_SITE_NAMED);
	if (!go->inlined_known)
		placing_doubt(p, o->arena, "where Go has inlined functions could not be read");
	if (any)
		p->absent_everywhere = false;
	else if (f->symbol)
		placing_doubt(p, o->arena,
			      arena_printf(o->arena, "%s has a name like %s.%s, but no such code",
					   o->facts->path, f->path, f->symbol));
}

bool object_is_go(const struct object *o, struct placing *p)
{
	const struct elf_facts *elf = o->facts->elf;

	p->seen_object |= o->symbols->go != NULL;
	if (o->symbols->go || (!elf->is_go && !elf->is_static))
		return o->symbols->go != NULL;
	p->absent_everywhere = false;
	placing_doubt(p, o->arena,
		      arena_printf(o->arena, "%s may be a Go program whose table cannot be read",
				   o->facts->path));
	return false;
}

void object_find(const struct object *o, struct placing *p)
{
	const struct store_cve *cve = NULL;
	bool elsewhere = false;

	if (o->stored)
		cve = stored_cve(o->stored, p->finding, &elsewhere);
	if (cve || elsewhere)
		doubt_unknown(o, p);
	if (cve) {
		find_stored(o, p, cve);
		return;
	}
	if (elsewhere) {
		p->apart_everywhere &= is_apart(o, p->finding);
		return;
	}
	p->apart_everywhere = false;
	for (size_t i = 0; i < p->finding->function_count && !p->error; i++) {
		const struct finding_function *f = &p->finding->functions[i];

		if (f->derived)
			continue;
		if (o->symbols->go)
			find_go(o, p, f);
		else
			find_named(o, p, f);
	}
	if (!o->symbols->go) /* names prove no absence */
		p->absent_everywhere = false;
}

static bool is_cve_of(const struct finding *f, const struct store_signature *signature)
{
	bool is = store_signature_is_of(signature, f->id);

	for (size_t i = 0; !is && i < f->alias_count; i++)
		is = store_signature_is_of(signature, f->aliases[i]);
	return is;
}

static bool is_source_of(const struct finding *f, const struct package *package, const char *source)
{
	if (package)
		return !strcmp(package->source ? package->source : package->name, source);
	return f->package_name && !strcmp(f->package_name, source);
}

void object_take_linked(const struct object *o, struct placing *p, const struct linked *item,
			const struct package *package)
{
	if (!is_source_of(p->finding, package, item->archive->source))
		return;
	/* Where one of its functions is, others may be that have no signature: inlined, or too short for one. */
	p->absent_everywhere = false;
	p->apart_everywhere = false;
	p->to->linked = o->file;
	if (!p->finding->function_count)
		return; /* it is there all the same, but which functions count is for the advisories to say */
	placing_doubt(p, o->arena,
		      arena_printf(o->arena,
				   "%s was linked with %s of %s, and what else it has of that "
				   "cannot be told",
				   o->facts->path, path_name(item->archive->file),
				   item->archive->package));
	if (!is_cve_of(p->finding, item->function))
		return;
	placing_add(p, o, item->address, SITE_ENTRY, RUNG_SIGNATURE, item->function->name);
	note_placing(p, RISK_SITE_SIGNATURE);
}
