// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verify_files.c — the files of a result against what is signed: digests, and payloads made of them once more. */
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/json.h"
#include "analyzer/json_canonical.h"
#include "analyzer/verify_parts.h"
#include "include/array.h"
#include "include/version.h"

/* The files that are listed as signed, in the order of the list; names are borrowed. */
struct listed {
	struct attestation_file *items;
	size_t count, room;
	bool intact;
};

/* The list is signed, but a name that leads out of the directory is refused all the same. */
static bool is_plain(const char *name)
{
	return name && *name && *name != '.' && !strchr(name, '/');
}

static void check_file(struct verification *v, struct listed *list, const char *dir,
		       const cJSON *target)
{
	const char *name = json_string(target, "name");
	const char *sha256 = json_string(json_object(target, "digest"), "sha256");
	struct attestation_file *file = NULL;
	char hex[DIGEST_HEX_BYTES];
	struct err err = {};

	list->intact = false;
	if (!is_plain(name) || !sha256) {
		verify_fault(v, ATTESTATION_FILE, "lists a file without name or digest");
		return;
	}
	file = array_add(list->items, list->count, list->room);
	if (file)
		*file =
		    (struct attestation_file){ name, arena_printf(v->arena, "%s/%s", dir, name) };
	if (!file || !file->path) {
		v->out_of_memory = true;
		list->count -= file != NULL;
	} else if (eaccess(file->path, F_OK) < 0) {
		verify_fault(v, name, "is missing: " ATTESTATION_FILE " lists it");
	} else if (digest_path(hex, file->path, &err) < 0) {
		verify_fault(v, name, "%s", err.text);
	} else if (strcmp(hex, sha256)) {
		verify_fault(
		    v, name,
		    "is not the file that was signed: its sha256 is %s, that of the signed "
		    "one %s",
		    hex, sha256);
	} else {
		v->files++;
		list->intact = true;
	}
}

static void check_listed(struct verification *v, struct listed *list, const char *dir,
			 const cJSON *links)
{
	const cJSON *attribute;
	bool intact = true;

	cJSON_ArrayForEach(attribute, json_array(links, "attributes"))
	{
		const char *kind = json_string(attribute, "attribute");

		if (!kind || strcmp(kind, "ANALYSIS_FILE"))
			continue;
		check_file(v, list, dir, json_object(attribute, "target"));
		intact = intact && list->intact;
	}
	list->intact = intact;
}

static bool is_listed(const struct listed *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].name, name))
			return true;
	return !strcmp(name, ATTESTATION_FILE) || !strcmp(name, ATTESTATION_BUNDLE);
}

/* What looks like a part of the result, but nobody signed it, is a fault; anything else is just said. */
static void check_others(struct verification *v, const struct listed *list, const char *dir)
{
	static const char *const ours[] = { ".json", ".sarif", ".trace.gz", ".jsonl" };
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort);

	if (n < 0)
		verify_fault(v, dir, "cannot be listed: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		size_t len = strlen(name);
		bool fault = false;

		for (size_t e = 0; e < sizeof(ours) / sizeof(*ours); e++)
			fault |=
			    len > strlen(ours[e]) && !strcmp(name + len - strlen(ours[e]), ours[e]);
		if (*name != '.' && !is_listed(list, name) && fault)
			verify_fault(v, name, "lies with the result, but nobody signed it");
		else if (*name != '.' && !is_listed(list, name))
			verify_note(v, name, "is no part of the signed result");
		free(names[i]);
	}
	free(names);
}

static const struct verify_envelope *envelope_of(const struct verify_envelopes *e, const char *type)
{
	return attestation_is_vex_type(type)                ? e->vex
	       : !strcmp(type, ATTESTATION_TRACE_PREDICATE) ? e->trace
							    : e->links;
}

/* What the files say now, as payloads, beside what was signed. */
static void check_payloads(struct verification *v, const struct verify_envelopes *e,
			   const struct listed *list)
{
	_cleanup_(attestation_done) struct attestation made = {};
	const char *type = e->vex ? e->vex->statement.predicate_type : ATTESTATION_PREDICATE;
	struct err err = {};

	if (attestation_make(&made, list->items, list->count, type, &err) < 0) {
		verify_fault(v, ATTESTATION_FILE, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < made.count; i++) {
		const char *made_type = made.items[i].predicate_type;
		const struct verify_envelope *signed_one = envelope_of(e, made_type);

		if (!signed_one)
			verify_fault(v, ATTESTATION_FILE,
				     "has no statement of type '%s' that holds", made_type);
		else if (strcmp((const char *)signed_one->dsse.payload, made.items[i].text))
			verify_fault(v, ATTESTATION_FILE,
				     "its statement of type '%s' does not follow from the files",
				     made_type);
	}
}

/* A result of another version may be put otherwise; then the digests alone must do. */
static void check_meaning(struct verification *v, const struct verify_envelopes *e,
			  const struct listed *list, const char *dir, const cJSON *report)
{
	const char *version = json_string(report, "vexxy");
	_cleanup_(cJSON_Deletep) cJSON *vex = NULL;
	_cleanup_free_ char *a = NULL, *b = NULL;
	char path[PATH_MAX];
	struct err err = {};

	if (version && !strcmp(version, VEXXY_VERSION)) {
		check_payloads(v, e, list);
		return;
	}
	verify_note(v, ATTESTATION_FILE,
		    "was made by vexxy %.20s, this is " VEXXY_VERSION
		    ": statements were not made again, digests were compared",
		    version ? version : "of unknown version");
	snprintf(path, sizeof(path), "%s/" ATTESTATION_VEX, dir);
	if (!e->vex || json_load(&vex, path, &err) < 0)
		return;
	a = json_canonical(vex);
	b = json_canonical(e->vex->statement.predicate);
	if (!a || !b)
		v->out_of_memory = true;
	else if (strcmp(a, b))
		verify_fault(v, ATTESTATION_VEX, "is not the document that was signed");
}

void verify_files(struct verification *v, const struct verify_envelopes *e, const char *dir)
{
	_cleanup_(cJSON_Deletep) cJSON *report = NULL;
	struct listed list = {};
	char path[PATH_MAX];
	struct err err = {};

	if (!e->links) {
		verify_fault(v, ATTESTATION_FILE,
			     "lists no files: nothing vouches for any of them");
		return;
	}
	check_listed(v, &list, dir, e->links->statement.predicate);
	check_others(v, &list, dir);
	snprintf(path, sizeof(path), "%s/" ATTESTATION_REPORT, dir);
	if (!list.intact)
		verify_note(v, ATTESTATION_FILE,
			    "statements were not made again from files that are not those signed");
	else if (json_load(&report, path, &err) < 0)
		verify_fault(v, ATTESTATION_REPORT, "%s", err.text);
	else
		check_meaning(v, e, &list, dir, report);
	free(list.items);
}
