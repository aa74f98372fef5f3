/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * syft.h — SBOMSyft and SBOMSyftFiltered: artifacts, files and who belongs to whom, without a tree of it all.
 *
 * The three long lists are walked piece by piece, each piece is parsed, noted and let go: 100 MB take little more memory than their
 * text and the names in it. Everything else of the object is a small tree. Pieces stay where they stand in the text, so that what is
 * written of them is what was read, unknown members included.
 *
 * Relationships may form cycles, and may name what is not there: they are a list, and nobody here follows them.
 */
#pragma once

#include <stdint.h>

#include "kubescape-compat/metadata.h"
#include "kubescape-compat/object.h"
#include "kubescape-compat/pieces.h"
#include "kubescape-compat/profile.h"

#define KUBE_SBOM_PIECES_MAX 4000000u /* artifacts, files and relationships together */
#define KUBE_SBOM_NONE UINT32_MAX

struct kube_artifact {
	const char *id, *name, *version, *type, *purl; /* NULL when not told */
	const char *location;                          /* where its maker found it, or NULL */
	struct piece piece;
};

struct kube_sbom_file {
	const char *id, *path;
	struct piece piece;
};

enum kube_relation {
	KUBE_CONTAINS,
	KUBE_EVIDENT_BY,
	KUBE_OVERLAP,
	KUBE_DEPENDENCY_OF,
	KUBE_DESCRIBED_BY,
	KUBE_OTHER
};

/* An end is an artifact (below artifact_count), a file (artifact_count + its index), or KUBE_SBOM_NONE: the image, or unknown. */
struct kube_relationship {
	uint32_t parent, child;
	enum kube_relation relation;
	struct piece piece;
};

struct kube_sbom {
	struct kube_objects
	    objects; /* one: its metadata, and its spec with the three lists empty */
	const struct kube_object *object;
	char digest[KUBE_DIGEST_BYTES];  /* of the image, or empty */
	struct kube_artifact *artifacts; /* in the order of the text */
	size_t artifact_count, artifact_room;
	struct kube_sbom_file *files;
	size_t file_count, file_room;
	struct kube_relationship *relationships;
	size_t relationship_count, relationship_room;
	struct kube_pool *pool; /* the texts */
};

/* How the caller parses one document or piece: within its limits, with the place in the error. */
typedef int (*kube_parse_fn)(cJSON **ret, const char *text, size_t len, struct err *err);

/* Borrows the text. */
_must_check_ int kube_sbom_read(struct kube_sbom **ret, const char *text, size_t len,
				kube_parse_fn parse, struct err *err);
void kube_sbom_free(struct kube_sbom *sbom);
DEFINE_CLEANUP(struct kube_sbom *, kube_sbom_free)

/* What of it is kept: one bool for each. */
struct kube_kept {
	const bool *artifacts, *files;
};

/* The same object again, pieces as they stand in the text. The caller deletes it; NULL: no memory. */
cJSON *kube_sbom_write(const struct kube_sbom *sbom, struct err *err);
/*
 * As an SBOMSyftFiltered of one container: the artifacts and files that are kept, and the relationships whose ends
 * are all kept. NULL with the reason.
 */
cJSON *kube_sbom_write_filtered(const struct kube_sbom *sbom, const struct kube_profile *profile,
				const struct kube_kept *kept, const struct kube_state *state,
				struct err *err);
