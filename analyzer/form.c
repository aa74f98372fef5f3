// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* form.c — the statements of an OpenVEX document once more, in documents of other forms. */
#include "analyzer/form.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/json.h"

const struct form_kind form_kinds[] = {
	{ "csaf", "vex.csaf.json", csaf_document, NULL, csaf_refusal },
	{ "cyclonedx", "vex.cdx.json", cyclonedx_vex_document, NULL, NULL },
	{ "kubescape", "vex.kubescape.json", form_kubescape_document, NULL,
	  form_kubescape_refusal },
	{ "kubescape", "sbom.filtered.kubescape.json", form_kubescape_sbom, NULL,
	  form_kubescape_sbom_refusal },
	{ "kubescape", "vulns.filtered.kubescape.json", form_kubescape_manifest, NULL,
	  form_kubescape_manifest_refusal },
	{ "sarif", "vex.sarif", sarif_document, NULL, NULL },
	{ "trivy-repo", "vex.trivy-repo.tar", NULL, trivy_repo_pack, trivy_repo_refusal },
	{},
};

const struct form_kind *form_kind_by_name(const char *name, size_t len)
{
	for (const struct form_kind *kind = form_kinds; kind->name; kind++)
		if (strlen(kind->name) == len && !memcmp(kind->name, name, len))
			return kind;
	return NULL;
}

/* The next word of a list that is separated by commas; NULL at its end. */
static const char *next_word(const char **list, size_t *len)
{
	const char *word = *list;

	if (!word)
		return NULL;
	*len = strcspn(word, ",");
	*list = word[*len] ? word + *len + 1 : NULL;
	return word;
}

int form_names_check(const char *names, struct err *err)
{
	const char *word;
	size_t len;

	while ((word = next_word(&names, &len)))
		if (!form_kind_by_name(word, len))
			return err_set(err, EINVAL,
				       "--also: '%.*s' is none of csaf, cyclonedx, kubescape, "
				       "sarif, trivy-repo",
				       (int)(len < 80 ? len : 80), word);
	return 0;
}

bool form_is_named(const struct form_kind *kind, const struct option_list *names)
{
	const char *list, *word;
	size_t len;

	for (size_t i = 0; i < names->count; i++)
		for (list = names->items[i]; (word = next_word(&list, &len));)
			if (form_kind_by_name(word, len) &&
			    !strcmp(form_kind_by_name(word, len)->name, kind->name))
				return true;
	return false;
}

int form_init(struct form *ret, const struct analysis *analysis, const cJSON *openvex,
	      struct arena *arena, struct err *err)
{
	const cJSON *stated = json_array(openvex, "statements"), *one;
	struct form form = { .analysis = analysis,
			     .openvex = openvex,
			     .arena = arena,
			     .timestamp = json_string(openvex, "timestamp") };
	struct openvex_statement *statements;
	size_t n;
	int r = openvex_statements(&statements, &n, analysis, arena, err);

	if (r < 0)
		return r;
	if (!form.timestamp || n != (size_t)cJSON_GetArraySize(stated))
		return err_set(err, EINVAL, "the OpenVEX document is of another analysis");
	form.statements = arena_alloc(arena, (n + 1) * sizeof(*form.statements));
	if (!form.statements)
		return err_oom(err);
	cJSON_ArrayForEach(one, stated)
	{
		const char *time = json_string(one, "timestamp");

		form.statements[form.count] = (struct form_statement){
			.from = &statements[form.count],
			.id = json_string(one, "@id"),
			.timestamp = time ? time : form.timestamp,
			.updated = json_string(one, "last_updated"),
			.notes = json_string(one, "status_notes"),
			.action = json_string(one, "action_statement"),
		};
		form.count++;
	}
	*ret = form;
	return 0;
}

const char *form_package(const struct form *form, const struct finding *f)
{
	return arena_printf(form->arena, "%s%s%s", f->package_name ? f->package_name : "?",
			    f->package_version ? " " : "",
			    f->package_version ? f->package_version : "");
}

const char *form_frame(const struct form *form, const char *frame, uint64_t *offset)
{
	const char *plus = strrchr(frame, '+');
	char *end;

	*offset = 0;
	if (!plus || strncmp(plus, "+0x", 3))
		return arena_strdup(form->arena, frame);
	*offset = strtoull(plus + 3, &end, 16);
	if (*end || end == plus + 3 || *offset > INT64_MAX) {
		*offset = 0;
		return arena_strdup(form->arena, frame);
	}
	return arena_strndup(form->arena, frame, (size_t)(plus - frame));
}

static int write_packed(const struct form_kind *kind, const struct form *form, const char *path,
			struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = kind->pack(&text, &len, form, err);

	return r < 0 ? r : file_write(path, text, len, err);
}

static int write_one(const struct form_kind *kind, const struct form *form,
		     const struct staging *staging, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	char path[PATH_MAX];

	staging_path(staging, kind->file, path);
	if (kind->pack)
		return write_packed(kind, form, path, err);
	tree = kind->make(form, err);
	if (!tree)
		return err->text[0] ? -EINVAL : err_oom(err);
	return json_save(tree, path, err);
}

int forms_write(const struct analysis *analysis, const cJSON *openvex,
		const struct option_list *names, const struct staging *staging, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct form form;
	int r = arena ? form_init(&form, analysis, openvex, arena, err) : err_oom(err);

	for (const struct form_kind *kind = form_kinds; r == 0 && kind->name; kind++)
		if (form_is_named(kind, names) && (!kind->refusal || !kind->refusal(analysis)))
			r = write_one(kind, &form, staging, err);
	return r;
}

/* A file of an earlier result that no new one replaces. */
static int clear_one(const struct staging *staging, const char *name, struct err *err)
{
	char path[PATH_MAX];

	if (access(staging_path(staging, name, path), F_OK) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", staging->target, name);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot remove '%.400s', which is out of date", path);
	return 0;
}

int forms_clear(const struct staging *staging, struct err *err)
{
	int r = clear_one(staging, "vex.openvex.json", err);

	for (const struct form_kind *kind = form_kinds; r == 0 && kind->name; kind++)
		r = clear_one(staging, kind->file, err);
	return r;
}
