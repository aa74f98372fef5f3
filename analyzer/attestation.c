// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* attestation.c — what is said of a result under a signature: statements from its files, envelopes from statements. */
#include "analyzer/attestation_parts.h"

#include <string.h>

#include "analyzer/dsse.h"
#include "analyzer/intoto.h"
#include "analyzer/json.h"
#include "include/array.h"

#define VEX_TYPE "https://openvex.dev/ns"

bool attestation_is_vex_type(const char *type)
{
	size_t len = strlen(VEX_TYPE);

	return !strcmp(type, VEX_TYPE) ||
	       (!strncmp(type, VEX_TYPE "/", len + 1) && type[len + 1] &&
		!type[len + 1 +
		      strspn(type + len + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "0123456789._/-")]);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct attestation_file *)a)->name,
		      ((const struct attestation_file *)b)->name);
}

static const struct attestation_file *find(const struct attestation_source *s, const char *name)
{
	const struct attestation_file key = { .name = name };

	return array_find(&key, s->files, s->file_count, sizeof(key), compare_files);
}

static int load(cJSON **ret, const struct attestation_source *s, const char *name, struct err *err)
{
	const struct attestation_file *file = find(s, name);

	return file ? json_load(ret, file->path, err)
		    : err_set(err, ENOENT, "there is no '%s'", name);
}

/* By the names under which the VEX document knows them (openvex.md rule 41). */
static int put_subjects(struct json_writer *w, cJSON *subjects, const cJSON *product,
			struct err *err)
{
	const char *name = json_string(product, "name"), *id = json_string(product, "id_fallback");
	const cJSON *digest;

	cJSON_ArrayForEach(digest, json_array(product, "digests"))
	{
		const char *text = cJSON_GetStringValue(digest);
		_cleanup_free_ char *purl = NULL;
		cJSON *item = json_push_object(w, subjects);

		if (!text || strncmp(text, "sha256:", 7) || !name)
			return err_set(err, EBADMSG, "the product's digest is none");
		if (asprintf(&purl, "pkg:oci/%s@%s", name, text) < 0)
			return err_oom(err);
		json_put_text(w, item, "name", purl);
		json_put_text(w, json_put_object(w, item, "digest"), "sha256", text + 7);
	}
	if (!subjects->child) {
		const char *at = id ? strstr(id, "@sha256:") : NULL;
		cJSON *item = json_push_object(w, subjects);

		if (!at)
			return err_set(err, EBADMSG, "the product has no digest");
		json_put_text(w, item, "name", id);
		json_put_text(w, json_put_object(w, item, "digest"), "sha256", at + 8);
	}
	return 0;
}

/* Takes the predicate over. */
static int add(struct attestation *e, struct json_writer *w, const cJSON *subjects,
	       const char *type, cJSON *predicate)
{
	_cleanup_(cJSON_Deletep) cJSON *statement = intoto_statement(w, subjects, type, predicate);
	char *text = statement ? json_print_line(statement) : NULL;

	if (!text)
		return -ENOMEM;
	e->items[e->count].predicate_type = type;
	e->items[e->count++].text = text;
	return 0;
}

static int make_all(struct attestation *e, const struct attestation_source *s, const char *vex_type,
		    struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *subjects = cJSON_CreateArray();
	struct json_writer w = {};
	cJSON *links = NULL;
	int r = subjects ? put_subjects(&w, subjects, json_object(s->report, "product"), err)
			 : err_oom(err);

	if (r < 0)
		return err_prefix(err, r, ATTESTATION_REPORT);
	if (s->vex && add(e, &w, subjects, vex_type, cJSON_Duplicate(s->vex, true)) < 0)
		return err_oom(err);
	if (add(e, &w, subjects, ATTESTATION_TRACE_PREDICATE, attestation_trace_predicate(&w, s)) <
	    0)
		return err_oom(err);
	r = attestation_links_predicate(&links, &w, s, err);
	if (r < 0)
		return r;
	return add(e, &w, subjects, ATTESTATION_LINKS_PREDICATE, links) < 0 ? err_oom(err) : 0;
}

int attestation_make(struct attestation *ret, const struct attestation_file *files, size_t n,
		     const char *predicate_type, struct err *err)
{
	_cleanup_free_ struct attestation_file *sorted = calloc(n + 1, sizeof(*sorted));
	_cleanup_(cJSON_Deletep) cJSON *report = NULL, *vex = NULL;
	_cleanup_(attestation_done) struct attestation e = {};
	struct attestation_source source = { .files = sorted, .file_count = n };
	int r;

	if (!sorted)
		return err_oom(err);
	if (n)
		memcpy(sorted, files, n * sizeof(*sorted));
	array_sort(sorted, n, sizeof(*sorted), compare_files);
	r = load(&report, &source, ATTESTATION_REPORT, err);
	if (r == 0 && find(&source, ATTESTATION_VEX))
		r = load(&vex, &source, ATTESTATION_VEX, err);
	source.report = report;
	source.vex = vex;
	if (r == 0)
		r = make_all(&e, &source, predicate_type, err);
	if (r < 0)
		return r;
	*ret = e;
	e = (struct attestation){};
	return 0;
}

void attestation_done(struct attestation *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->items[i].text);
	*e = (struct attestation){};
}

static int write_bundle(const struct key *key, const cJSON *envelope, const struct staging *staging,
			struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *bundle = NULL;
	char path[PATH_MAX];
	int r = dsse_bundle(&bundle, key, envelope, err);

	return r < 0 ? r : json_save(bundle, staging_path(staging, ATTESTATION_BUNDLE, path), err);
}

static int sign_one(FILE *out, const struct attestation *e, size_t i, const struct key *key,
		    const struct staging *staging, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *envelope = NULL;
	_cleanup_free_ char *line = NULL;
	int r = dsse_sign(&envelope, key, e->items[i].text, strlen(e->items[i].text), err);

	if (r < 0)
		return r;
	line = json_print_line(envelope);
	if (!line)
		return err_oom(err);
	fprintf(out, "%s\n", line);
	return attestation_is_vex_type(e->items[i].predicate_type)
		   ? write_bundle(key, envelope, staging, err)
		   : 0;
}

int attestation_sign(const struct attestation *e, const struct key *key,
		     const struct staging *staging, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int r = out ? 0 : err_oom(err);

	for (size_t i = 0; r == 0 && i < e->count; i++)
		r = sign_one(out, e, i, key, staging, err);
	if (out && fclose(out) != 0 && r == 0)
		r = err_oom(err);
	return r < 0 ? r
		     : file_write(staging_path(staging, ATTESTATION_FILE, path), text, len, err);
}
