/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * form.h — the statements of an OpenVEX document once more, in documents of other forms.
 *
 *   cyclonedx  vex.cdx.json    CycloneDX 1.6 VEX: components with the places and the stack where they were seen to run
 *   sarif      vex.sarif       SARIF 2.1.0: a result per statement, with the call path as code flow
 *   csaf       vex.csaf.json   CSAF 2.0, profile VEX: vulnerabilities that have a CVE id
 *   kubescape  of the container with --profile, as Kubescape keeps it:
 *              vex.kubescape.json            the document itself, as an OpenVulnerabilityExchangeContainer
 *              sbom.filtered.kubescape.json  with --sbom SBOMSyft: what it used of that, as an SBOMSyftFiltered
 *              vulns.filtered.kubescape.json with --vulns VulnerabilityManifest: what of that may affect it, as a filtered one
 *   trivy-repo vex.trivy-repo.tar   the OpenVEX document as a VEX repository for `trivy --vex repo` (trivy_repo.c)
 *
 * All of them say what the OpenVEX document says, and nothing more: where none is made, none of these is.
 */
#pragma once

#include "analyzer/openvex.h"
#include "analyzer/staging.h"
#include "include/options.h"

struct form_statement {
	const struct openvex_statement *from;
	const char *id;        /* of the statement in the OpenVEX document */
	const char *timestamp; /* since when its conclusion holds */
	const char *updated;   /* when anything of it changed last, or NULL */
	const char *notes;     /* status_notes.h */
	const char *action;    /* affected: what to do; else NULL */
};

struct form {
	const struct analysis *analysis;
	const cJSON *openvex; /* the document */
	struct arena *arena;
	struct form_statement *statements; /* in the order of the document */
	size_t count;
	const char *timestamp; /* of the document */
};

/* Everything in *ret is borrowed from analysis, the OpenVEX document that was made of it, and the arena. */
_must_check_ int form_init(struct form *ret, const struct analysis *analysis, const cJSON *openvex,
			   struct arena *arena, struct err *err);

/* "libssl3 3.0.11-1", or what is known of that. NULL: no memory. */
const char *form_package(const struct form *form, const struct finding *finding);
/* The place of a call: "/usr/lib/libssl.so.3+0x1f20" is the path in the arena and *offset; without an offset the whole
 * text and 0. NULL: no memory. */
const char *form_frame(const struct form *form, const char *frame, uint64_t *offset);

struct form_kind {
	const char *name, *file;
	cJSON *(*make)(const struct form *form, struct err *err); /* a new tree; NULL: a reason */
	/* Instead of make, for what is no JSON: the bytes, freed by the caller. */
	int (*pack)(char **ret, size_t *ret_len, const struct form *form, struct err *err);
	/* Why this form cannot say what the document says, or NULL. */
	const char *(*refusal)(const struct analysis *analysis);
};

/* All kinds, up to one without a name; those of one name are made together. */
extern const struct form_kind form_kinds[];
/* The first of that name; NULL when there is none. */
const struct form_kind *form_kind_by_name(const char *name, size_t len);

/* "cyclonedx,sarif": are all words of it kinds? -EINVAL, naming the one that is none. */
_must_check_ int form_names_check(const char *names, struct err *err);
/* Is that kind among the words of any of the texts? */
bool form_is_named(const struct form_kind *kind, const struct option_list *names);
/* Writes the files of all kinds that are named. What a kind has to refuse is left out. */
_must_check_ int forms_write(const struct analysis *analysis, const cJSON *openvex,
			     const struct option_list *names, const struct staging *staging,
			     struct err *err);

/* Removes the OpenVEX document and its other forms of an earlier result where `staging` has no new ones: they would speak of what
 * is no longer so. */
_must_check_ int forms_clear(const struct staging *staging, struct err *err);

cJSON *cyclonedx_vex_document(const struct form *form, struct err *err);
cJSON *sarif_document(const struct form *form, struct err *err);
cJSON *csaf_document(const struct form *form, struct err *err);
const char *csaf_refusal(const struct analysis *analysis);
cJSON *form_kubescape_document(const struct form *form, struct err *err);
const char *form_kubescape_refusal(const struct analysis *analysis);
cJSON *form_kubescape_sbom(const struct form *form, struct err *err);
const char *form_kubescape_sbom_refusal(const struct analysis *analysis);
cJSON *form_kubescape_manifest(const struct form *form, struct err *err);
const char *form_kubescape_manifest_refusal(const struct analysis *analysis);
int trivy_repo_pack(char **ret, size_t *ret_len, const struct form *form, struct err *err);
const char *trivy_repo_refusal(const struct analysis *analysis);
