/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * sbom.h — what somebody else says is in the image: Syft JSON, CycloneDX 1.4–1.7 JSON, SPDX 2.3 JSON, Kubescape's SBOMSyft.
 *
 * Kinds are told by content. Files, operating systems and the image itself are no components here. Limits: the JSON
 * limits (json.h), SBOM_COMPONENTS_MAX components.
 */
#pragma once

#include <stddef.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define SBOM_COMPONENTS_MAX 500000u

struct kube_sbom;

struct sbom_component {
	const char *name, *version; /* as the SBOM spells them; version may be NULL */
	const char *purl;           /* as it stands there, or NULL */
	const char *location;       /* where its maker found it, or NULL */
};

struct sbom {
	struct arena *arena;
	const char *format; /* "syft", "cyclonedx", "spdx", "sbomsyft" */
	const char
	    *image_digest; /* of the image it is of, where it tells one (sbomsyft), or NULL */
	struct sbom_component *components; /* sorted by name, version, purl; duplicates dropped */
	size_t component_count;
};

_must_check_ int sbom_load(struct sbom **ret, const char *path, struct err *err);
/* The same from text, for tests and fuzzing; errors do not name the file. */
_must_check_ int sbom_parse(struct sbom **ret, const char *text, size_t len, struct err *err);
/*
 * SBOMSyft, with its files and relationships, or Syft's own JSON as one would carry it. *ret is NULL for what is neither, and for an SBOM
 * that Kubescape has filtered. It borrows *text, which the caller frees after it.
 */
_must_check_ int sbom_load_kubescape(struct kube_sbom **ret, char **text, const char *path,
				     struct err *err);
/* The same from a text of the heap, which may be put into another one; also on failure the caller frees what is there then. */
_must_check_ int sbom_parse_kubescape(struct kube_sbom **ret, char **text, size_t len,
				      struct err *err);
/* What that one read of `path` names. */
_must_check_ int sbom_of_kubescape(struct sbom **ret, const struct kube_sbom *read,
				   const char *path, struct err *err);
void sbom_free(struct sbom *sbom);
DEFINE_CLEANUP(struct sbom *, sbom_free)
