// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verify_envelopes.c — envelopes and bundles of a file: their form, their signatures, what they are about. */
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/json_canonical.h"
#include "analyzer/verify_parts.h"

/* Where an envelope comes from, and how to speak of it. */
struct reading {
	struct verification *v;
	struct verify_envelopes *envelopes;
	const struct key *key;
	const char *name;
	bool exact;
};

static void check_hint(const struct reading *in, const char *hint)
{
	char mine[HINT_BYTES];
	struct err err = {};

	if (key_hint(in->key, mine, &err) < 0)
		verify_fault(in->v, in->name, "%s", err.text);
	else if (strcmp(hint, mine))
		verify_fault(in->v, in->name,
			     "its hint '%.60s' is of another key than the one given, %s", hint,
			     mine);
}

/* Keeps the statement by its type; a second one of a type could contradict the first. */
static void classify(const struct reading *in, const struct verify_envelope *e, const char *place)
{
	const char *type = e->statement.predicate_type;
	const struct verify_envelope **slot =
	    attestation_is_vex_type(type)                ? &in->envelopes->vex
	    : !strcmp(type, ATTESTATION_TRACE_PREDICATE) ? &in->envelopes->trace
	    : !strcmp(type, ATTESTATION_LINKS_PREDICATE) ? &in->envelopes->links
							 : NULL;

	if (!slot)
		verify_fault(in->v, in->name,
			     "%sits predicateType '%.100s' is none that vexxy makes", place, type);
	else if (*slot)
		verify_fault(in->v, in->name, "%sis a second statement of type '%.100s'", place,
			     type);
	else
		*slot = e;
}

static int take_apart(const struct reading *in, struct verify_envelope *e, const cJSON *tree,
		      struct err *err)
{
	const char *hint;
	int r;

	if (dsse_is_bundle(tree)) {
		r = dsse_parse_bundle(&e->dsse, &hint, tree, err);
		if (r == 0)
			check_hint(in, hint);
	} else {
		r = dsse_parse(&e->dsse, tree, err);
	}
	if (r == 0)
		r = dsse_check(&e->dsse, in->key, err);
	return r < 0 ? r
		     : intoto_parse(&e->statement, (const char *)e->dsse.payload,
				    e->dsse.payload_len, err);
}

/* `place` is "line 2: ", or "". */
static void read_tree(const struct reading *in, const cJSON *tree, const char *place)
{
	struct verify_envelopes *all = in->envelopes;
	struct verify_envelope *e = &all->items[all->count];
	struct err err = {};

	if (all->count == VERIFY_ENVELOPES_MAX) {
		verify_fault(in->v, in->name, "%sis one envelope more than %d", place,
			     VERIFY_ENVELOPES_MAX);
		return;
	}
	if (json_get(tree, "@context") && json_get(tree, "statements")) {
		verify_fault(
		    in->v, in->name,
		    "%sis an OpenVEX document without a signature: verify the directory it "
		    "lies in, or its bundle (" ATTESTATION_BUNDLE ")",
		    place);
		return;
	}
	if (take_apart(in, e, tree, &err) < 0) {
		verify_fault(in->v, in->name, "%s%s", place, err.text);
		dsse_done(&e->dsse);
		return;
	}
	all->count++;
	in->v->signatures++;
	classify(in, e, place);
}

static void check_form(const struct reading *in, const cJSON *tree, const char *text, size_t len,
		       bool is_line, const char *place)
{
	_cleanup_free_ char *again = is_line ? json_print_line(tree) : json_print(tree);

	if (!again)
		in->v->out_of_memory = true;
	else if (in->exact && (strlen(again) != len || memcmp(again, text, len) != 0))
		verify_fault(in->v, in->name, "%sstands otherwise than vexxy writes it", place);
}

static void read_one(const struct reading *in, const char *text, size_t len, bool is_line,
		     const char *place)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct err err = {};

	if (json_parse(&tree, text, len, &err) < 0) {
		verify_fault(in->v, in->name, "%s%s", place, err.text);
		return;
	}
	check_form(in, tree, text, len, is_line, place);
	read_tree(in, tree, place);
}

static void read_lines(const struct reading *in, const char *text, size_t len)
{
	size_t number = 0, n;

	if (!len || text[len - 1] != '\n')
		verify_fault(in->v, in->name, "is cut: its last line does not end");
	for (; len; text += n, len -= n) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		char place[32];

		n = end ? line + 1 : line;
		snprintf(place, sizeof(place), "line %zu: ", ++number);
		read_one(in, text, line, true, place);
	}
}

/* JSON Lines, rather than one document over many lines? */
static bool is_lines(const char *text, size_t len, const char *name)
{
	const char *end = memchr(text, '\n', len);
	size_t name_len = strlen(name);

	return (name_len > 6 && !strcmp(name + name_len - 6, ".jsonl")) ||
	       (end && end > text && end[-1] == '}' && end + 1 < text + len);
}

void verify_read_envelopes(struct verification *v, struct verify_envelopes *ret,
			   const struct verify_options *options, const char *path, const char *name,
			   bool exact)
{
	struct reading in = { v, ret, options->key, name, exact };
	_cleanup_free_ char *text = NULL;
	struct err err = {};
	size_t len;

	if (eaccess(path, F_OK) < 0)
		verify_fault(v, name, "is missing");
	else if (file_read(&text, &len, path, JSON_BYTES_MAX, &err) < 0)
		verify_fault(v, name, "%s", err.text);
	else if (is_lines(text, len, name))
		read_lines(&in, text, len);
	else
		read_one(&in, text, len, false, "");
}

void verify_envelopes_done(struct verify_envelopes *e)
{
	for (size_t i = 0; i < e->count; i++) {
		dsse_done(&e->items[i].dsse);
		intoto_done(&e->items[i].statement);
	}
	*e = (struct verify_envelopes){};
}

/* rule 41: every product is a subject. */
static void check_products(struct verification *v, const struct verify_envelope *vex,
			   const char *name)
{
	const cJSON *statement, *product;

	cJSON_ArrayForEach(statement, json_array(vex->statement.predicate, "statements"))
	{
		cJSON_ArrayForEach(product, json_array(statement, "products"))
		{
			const char *id = json_string(product, "@id");
			const char *at = id ? strstr(id, "@sha256:") : NULL;

			if (at && intoto_is_about(&vex->statement, at + 8))
				continue;
			verify_fault(v, name,
				     "the VEX document speaks of '%.100s', which is no subject of "
				     "what is signed",
				     id ? id : "");
			return;
		}
	}
}

void verify_subjects(struct verification *v, const struct verify_envelopes *e,
		     const struct verify_options *options, const char *name)
{
	const char *wanted = options->image_digest;
	_cleanup_free_ char *first = NULL;

	if (wanted && !strncmp(wanted, "sha256:", 7))
		wanted += 7;
	for (size_t i = 0; i < e->count; i++) {
		_cleanup_free_ char *subjects = json_canonical(e->items[i].statement.subjects);

		if (!subjects)
			v->out_of_memory = true;
		else if (!first)
			first = take_ptr(subjects);
		else if (strcmp(first, subjects))
			verify_fault(v, name, "its statements are of different images");
		if (wanted && !intoto_is_about(&e->items[i].statement, wanted)) {
			verify_fault(v, name,
				     "is of another image than sha256:%s: none of its "
				     "subjects has that digest",
				     wanted);
			return;
		}
	}
	if (e->vex)
		check_products(v, e->vex, name);
}
