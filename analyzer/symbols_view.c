// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbols_view.c — the functions of a file as a person or a machine reads them. */
#include "analyzer/symbols_view.h"

#include <stdlib.h>

#include "analyzer/demangle.h"
#include "analyzer/function_name.h"
#include "analyzer/go_buildinfo.h"
#include "analyzer/go_linked.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/terminal.h"
#include "include/array.h"

/* A name that was asked for, in each of the forms in which it could be meant. */
struct asked {
	const char *text;
	struct function_name name; /* language is set for each symbol */
	struct function_name go;   /* package NULL: it cannot be a name of Go */
	size_t found;
};

struct shown {
	const struct symbol *symbol;      /* or */
	const struct go_inlined *inlined; /* a stretch of an inlined copy */
	enum name_match match;            /* NAME_NONE: nothing was asked for */
};

struct symbols_view {
	struct symbols *symbols;
	const char *path;
	struct asked *asked;
	size_t asked_count;
	struct shown *shown;
	size_t shown_count, shown_capacity;
	size_t counts[SYMBOL_ORIGIN_COUNT];
	bool has_info;
	struct go_buildinfo info;
};

static const char *match_name(enum name_match match)
{
	static const char *const names[] = { "", "likely", "part", "exact" };

	return names[match];
}

/* "import/path.Recv.Method": the package ends at the first dot behind the last slash. */
static int split_go(struct asked *asked, const struct symbols_view *view)
{
	const char *slash = strrchr(asked->text, '/');
	const char *dot = strchr(slash ? slash : asked->text, '.');
	struct function_name *go = &asked->go;

	if (!view->symbols->go || !dot)
		return 0;
	*go = (struct function_name){ .language = LANGUAGE_GO,
				      .name = dot + 1,
				      .main_package = view->info.main_package };
	go->package = arena_strndup(view->symbols->arena, asked->text, (size_t)(dot - asked->text));
	return go->package ? 0 : -ENOMEM;
}

static enum name_match match_plain(const struct symbol *symbol, const char *text)
{
	size_t len = strlen(symbol->name);
	const char *version = text + len;

	if (strncmp(symbol->name, text, len) != 0)
		return NAME_NONE;
	if (!*version)
		return NAME_EXACT;
	version += strspn(version, "@");
	return version > text + len && symbol->version && !strcmp(version, symbol->version)
		   ? NAME_EXACT
		   : NAME_NONE;
}

static enum name_match match_symbol(const struct asked *asked, const struct symbol *symbol)
{
	struct function_name name = asked->name;
	enum name_match match = match_plain(symbol, asked->text);

	if (match == NAME_NONE && asked->go.package)
		match = function_name_match(&asked->go, symbol->name);
	if (match == NAME_NONE && demangle_looks_mangled(symbol->name)) {
		name.language = LANGUAGE_RUST;
		match = function_name_match(&name, symbol->name);
		name.language = LANGUAGE_CPP;
		if (match == NAME_NONE)
			match = function_name_match(&name, symbol->name);
	} else if (match == NAME_NONE) {
		name.language = LANGUAGE_C;
		match = function_name_match(&name, symbol->name);
	}
	return match;
}

static int show(struct symbols_view *view, struct shown shown)
{
	struct shown *slot = array_add(view->shown, view->shown_count, view->shown_capacity);

	if (!slot)
		return -ENOMEM;
	*slot = shown;
	return 0;
}

/* By the name that it matches best. */
static int show_symbol(struct symbols_view *view, const struct symbol *symbol)
{
	enum name_match best = NAME_NONE, match;

	for (size_t i = 0; i < view->asked_count; i++) {
		match = match_symbol(&view->asked[i], symbol);
		view->asked[i].found += match != NAME_NONE;
		best = match > best ? match : best;
	}
	return view->asked_count && best == NAME_NONE
		   ? 0
		   : show(view, (struct shown){ .symbol = symbol, .match = best });
}

/* Names of one function stand together; each is compared once. */
static int show_inlined(struct symbols_view *view)
{
	const struct go_pclntab *go = view->symbols->go;
	enum name_match match = NAME_NONE, one;
	int r = 0;

	for (size_t i = 0; go && view->asked_count && i < go->inlined_count && r >= 0; i++) {
		const struct go_inlined *inlined = &go->inlined[i];

		if (!i || strcmp(inlined->name, inlined[-1].name)) {
			match = NAME_NONE;
			for (size_t k = 0; k < view->asked_count; k++) {
				one = match_symbol(&view->asked[k],
						   &(struct symbol){ .name = inlined->name });
				view->asked[k].found += one != NAME_NONE;
				match = one > match ? one : match;
			}
		}
		if (match != NAME_NONE)
			r = show(view, (struct shown){ .inlined = inlined, .match = match });
	}
	return r;
}

static int fill(struct symbols_view *view, const char *const *names)
{
	const struct symbols *symbols = view->symbols;
	int r = 0;

	for (size_t i = 0; i < view->asked_count && r >= 0; i++) {
		view->asked[i] = (struct asked){ .text = names[i], .name.name = names[i] };
		r = split_go(&view->asked[i], view);
	}
	for (size_t i = 0; i < symbols->count && r >= 0; i++) {
		view->counts[symbols->items[i].origin]++;
		r = show_symbol(view, &symbols->items[i]);
	}
	return r < 0 ? r : show_inlined(view);
}

int symbols_view_new(struct symbols_view **ret, struct symbols *symbols, const char *path,
		     const char *const *names, size_t name_count, struct err *err)
{
	_cleanup_(symbols_view_freep) struct symbols_view *view = calloc(1, sizeof(*view));
	struct err ignored = {};

	if (!view)
		return err_oom(err);
	view->symbols = symbols;
	view->path = path;
	view->asked = calloc(name_count + 1, sizeof(*view->asked));
	view->asked_count = name_count;
	if (!view->asked)
		return err_oom(err);
	/* A Go program may be without it: all else holds. */
	view->has_info =
	    symbols->go && !go_buildinfo_read(&view->info, &symbols->file, &symbols->dynamic,
					      symbols->arena, &ignored);
	if (fill(view, names) < 0)
		return err_oom(err);
	*ret = take_ptr(view);
	return 0;
}

void symbols_view_free(struct symbols_view *view)
{
	if (!view)
		return;
	free(view->asked);
	free(view->shown);
	free(view);
}

bool symbols_view_misses(const struct symbols_view *view)
{
	for (size_t i = 0; i < view->asked_count; i++)
		if (!view->asked[i].found)
			return true;
	return false;
}

/* Why it was not found: for Go that can be proof, for others it is none. */
static const char *why_missing(const struct symbols_view *view, const struct asked *asked)
{
	if (!asked->go.package)
		return "no name that is known matches; functions without a name may still be there";
	return go_linked(view->symbols->go, &asked->go) == NAME_NONE
		   ? "neither linked nor inlined under its name; only what neither calls nor "
		     "touches "
		     "memory could be folded away whole"
		   : "it is linked, but where is not known";
}

static void text_line(FILE *out, const char *label, const char *value)
{
	fprintf(out, "%-10s", label);
	terminal_put(out, value, 0);
	fputc('\n', out);
}

static void text_go(const struct symbols_view *view, FILE *out)
{
	const struct go_pclntab *go = view->symbols->go;

	if (!go)
		return;
	fprintf(out, "%-10s", "go");
	terminal_put(out, view->has_info ? view->info.go_version : "version not known", 0);
	if (view->has_info && view->info.main_package) {
		fputs(", ", out);
		terminal_put(out, view->info.main_package, 0);
	}
	fprintf(out, ", %zu modules; ", view->info.dep_count);
	if (go->inlined_known)
		fprintf(out, "%zu stretches of inlined functions\n", go->inlined_count);
	else
		fputs("where functions are inlined is not known\n", out);
}

static void text_head(const struct symbols_view *view, FILE *out)
{
	const struct symbols *symbols = view->symbols;
	const char *sep = ": ";

	text_line(out, "file", view->path);
	text_line(out, "build-id", symbols->build_id ? symbols->build_id : "none");
	fprintf(out, "%-10s%zu functions", "named", symbols->count);
	for (enum symbol_origin o = 0; o < SYMBOL_ORIGIN_COUNT; o++) {
		if (!view->counts[o])
			continue;
		fprintf(out, "%s%zu by %s", sep, view->counts[o], symbol_origin_name(o));
		sep = ", ";
	}
	fputc('\n', out);
	text_go(view, out);
	for (size_t i = 0; i < symbols->note_count; i++)
		text_line(out, "note", symbols->notes[i]);
	for (size_t i = 0; i < view->asked_count; i++) {
		if (view->asked[i].found)
			continue;
		fprintf(out, "%-10s", "missing");
		terminal_put(out, view->asked[i].text, 0);
		fprintf(out, ": %s\n", why_missing(view, &view->asked[i]));
	}
}

static int text_ifunc(struct symbols_view *view, const struct symbol *symbol, FILE *out,
		      struct err *err)
{
	const struct symbol **targets;
	struct err why = {};
	size_t count;
	int r = symbols_ifunc_targets(view->symbols, symbol, &targets, &count, &why);

	if (r == -ENOMEM)
		return err_oom(err);
	fputs("    IFUNC: the address is the resolver's; ", out);
	if (r < 0)
		fprintf(out, "where calls go is not known: %s", why.text);
	else
		fputs("calls go to", out);
	for (size_t i = 0; r >= 0 && i < count; i++) {
		fputc(' ', out);
		terminal_put(out, targets[i]->name, 0);
	}
	fputc('\n', out);
	return 0;
}

static int text_symbol(struct symbols_view *view, const struct shown *shown, FILE *out,
		       struct err *err)
{
	const struct symbol *s = shown->symbol;
	char readable[DEMANGLE_OUT_MAX];

	fprintf(out, "0x%012jx %8ju  %-10s ", (uintmax_t)s->addr, (uintmax_t)s->size,
		symbol_origin_name(s->origin));
	if (view->asked_count)
		fprintf(out, "%-6s ", match_name(shown->match));
	terminal_put(out, s->name, 0);
	if (s->version) {
		fputs(s->version_default ? "@@" : "@", out);
		terminal_put(out, s->version, 0);
	}
	fputc('\n', out);
	if (demangle(readable, sizeof(readable), s->name) != MANGLING_NONE) {
		fputs("    ", out);
		terminal_put(out, readable, 0);
		fputc('\n', out);
	}
	return s->ifunc ? text_ifunc(view, s, out, err) : 0;
}

static void text_inlined(const struct symbols_view *view, const struct shown *shown, FILE *out)
{
	const struct go_inlined *in = shown->inlined;

	fprintf(out, "0x%012jx %8ju  %-10s %-6s ", (uintmax_t)in->addr,
		(uintmax_t)(in->end - in->addr), rung_name(RUNG_INLINED), match_name(shown->match));
	terminal_put(out, in->name, 0);
	fputs(" in ", out);
	terminal_put(out, view->symbols->go->functions[in->function].name, 0);
	fputc('\n', out);
}

int symbols_view_text(struct symbols_view *view, FILE *out, struct err *err)
{
	int r = 0;

	text_head(view, out);
	if (view->shown_count)
		fputc('\n', out);
	for (size_t i = 0; i < view->shown_count && r >= 0; i++)
		if (view->shown[i].symbol)
			r = text_symbol(view, &view->shown[i], out, err);
		else
			text_inlined(view, &view->shown[i], out);
	return r;
}

static void json_address(struct json_writer *w, cJSON *obj, const char *key, uint64_t addr)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%jx", (uintmax_t)addr);
	json_put_text(w, obj, key, text);
}

static void json_ifunc(struct json_writer *w, cJSON *obj, struct symbols_view *view,
		       const struct symbol *symbol)
{
	const struct symbol **targets;
	struct err why = {};
	size_t count;
	cJSON *list;
	int r = symbols_ifunc_targets(view->symbols, symbol, &targets, &count, &why);

	if (r < 0) {
		json_put_text(w, obj, "ifunc_unknown", why.text);
		return;
	}
	list = json_put_array(w, obj, "ifunc_targets");
	for (size_t i = 0; i < count; i++) {
		cJSON *target = json_push_object(w, list);

		json_address(w, target, "address", targets[i]->addr);
		json_put_text(w, target, "name", targets[i]->name);
	}
}

static void json_symbol(struct json_writer *w, cJSON *obj, struct symbols_view *view,
			const struct shown *shown)
{
	const struct symbol *s = shown->symbol;
	char readable[DEMANGLE_OUT_MAX];

	json_address(w, obj, "address", s->addr);
	json_put_u64(w, obj, "size", s->size);
	json_put_text(w, obj, "name", s->name);
	if (demangle(readable, sizeof(readable), s->name) != MANGLING_NONE)
		json_put_text(w, obj, "readable", readable);
	json_put_optional(w, obj, "version", s->version);
	if (s->version)
		json_put_bool(w, obj, "version_default", s->version_default);
	json_put_text(w, obj, "origin", symbol_origin_name(s->origin));
	json_put_text(w, obj, "rung", rung_name(symbol_rung(s)));
	json_put_bool(w, obj, "local", s->local);
	if (shown->match != NAME_NONE)
		json_put_text(w, obj, "match", match_name(shown->match));
	if (s->ifunc)
		json_ifunc(w, obj, view, s);
}

static void json_inlined(struct json_writer *w, cJSON *obj, const struct symbols_view *view,
			 const struct shown *shown)
{
	const struct go_inlined *in = shown->inlined;

	json_address(w, obj, "address", in->addr);
	json_put_u64(w, obj, "size", in->end - in->addr);
	json_put_text(w, obj, "name", in->name);
	json_put_text(w, obj, "in", view->symbols->go->functions[in->function].name);
	json_put_text(w, obj, "rung", rung_name(RUNG_INLINED));
	json_put_text(w, obj, "match", match_name(shown->match));
}

static void json_module(struct json_writer *w, cJSON *obj, const struct go_module *module)
{
	json_put_text(w, obj, "path", module->path);
	json_put_text(w, obj, "version", module->version);
}

static void json_go(struct json_writer *w, cJSON *doc, const struct symbols_view *view)
{
	const struct go_buildinfo *info = &view->info;
	cJSON *go, *deps;

	if (!view->symbols->go)
		return;
	go = json_put_object(w, doc, "go");
	json_put_optional(w, go, "version", info->go_version);
	json_put_optional(w, go, "package", info->main_package);
	if (info->main.path)
		json_module(w, json_put_object(w, go, "module"), &info->main);
	deps = json_put_array(w, go, "modules");
	for (size_t i = 0; i < info->dep_count; i++)
		json_module(w, json_push_object(w, deps), &info->deps[i]);
	json_put_bool(w, go, "inlined_known", view->symbols->go->inlined_known);
}

static void json_head(struct json_writer *w, cJSON *doc, const struct symbols_view *view)
{
	const struct symbols *symbols = view->symbols;
	cJSON *counts, *notes, *missing, *obj;

	json_put_text(w, doc, "file", view->path);
	json_put_optional(w, doc, "build_id", symbols->build_id);
	counts = json_put_object(w, doc, "named");
	for (enum symbol_origin o = 0; o < SYMBOL_ORIGIN_COUNT; o++)
		json_put_u64(w, counts, symbol_origin_name(o), view->counts[o]);
	json_go(w, doc, view);
	notes = json_put_array(w, doc, "notes");
	for (size_t i = 0; i < symbols->note_count; i++)
		json_push_text(w, notes, symbols->notes[i]);
	missing = json_put_array(w, doc, "missing");
	for (size_t i = 0; i < view->asked_count; i++) {
		if (view->asked[i].found)
			continue;
		obj = json_push_object(w, missing);
		json_put_text(w, obj, "name", view->asked[i].text);
		json_put_text(w, obj, "why", why_missing(view, &view->asked[i]));
	}
}

int symbols_view_json(struct symbols_view *view, FILE *out, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_free_ char *text = NULL;
	struct json_writer w = { .failed = !doc };
	cJSON *functions;

	json_head(&w, doc, view);
	functions = json_put_array(&w, doc, "functions");
	for (size_t i = 0; i < view->shown_count; i++) {
		cJSON *obj = json_push_object(&w, functions);

		if (view->shown[i].symbol)
			json_symbol(&w, obj, view, &view->shown[i]);
		else
			json_inlined(&w, obj, view, &view->shown[i]);
	}
	text = w.failed ? NULL : json_print(doc);
	if (!text)
		return err_oom(err);
	fputs(text, out);
	return 0;
}
