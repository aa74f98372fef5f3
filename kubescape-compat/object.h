/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * object.h — the envelope of Kubescape's objects: kind, name, labels and annotations, alone or in lists.
 *
 * Group spdx.softwarecomposition.kubescape.io/v1beta1, as Kubescape's storage serves it. Real objects vary, and are read all the
 * same: null, [] and absent lists; items of a list without kind; lists whose items have metadata and an empty spec; the spelling of
 * storage's own Go structures ("Spec", "Opens", "Path"), where the metadata stands at the top; unknown members, which are kept.
 *
 * Everything in the leaf borrows from the trees, which the caller has parsed within limits of its own (depth, bytes, no key twice).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "include/err.h"

#define KUBE_GROUP "spdx.softwarecomposition.kubescape.io"
#define KUBE_API_VERSION KUBE_GROUP "/v1beta1"
#define KUBE_KEY "kubescape.io/" /* what the keys of labels and annotations begin with */
#define KUBE_OBJECTS_MAX 100000u

enum kube_kind {
	KUBE_CONTAINER_PROFILE,
	KUBE_APPLICATION_PROFILE,
	KUBE_SBOM,
	KUBE_SBOM_FILTERED,
	KUBE_MANIFEST,
	KUBE_SUMMARY,
	KUBE_EXCHANGE,
	KUBE_KIND_COUNT
};

/* "ContainerProfile", "SBOMSyft" … */
const char *kube_kind_name(enum kube_kind kind);

/* One object; everything is borrowed from its tree. */
struct kube_object {
	enum kube_kind kind;
	const cJSON *tree, *meta, *spec; /* spec NULL: there is none */
	const char *name, *namespace;    /* or NULL */
	bool
	    is_empty; /* nothing in the spec but empty values: what LIST returns without resourceVersion=fullSpec */
};

struct kube_objects {
	cJSON **documents;
	size_t document_count, document_room;
	struct kube_object *items; /* in the order in which they came */
	size_t count, room;
	size_t others;     /* items of lists that are of kinds not read here */
	const char *other; /* the first such kind */
};

/* Is it, by its group, its kind or its Go spelling, an object or a list of Kubescape's? */
bool kube_is_document(const cJSON *tree);
/* The same, told from the text without parsing it whole; *ret only when it is an object (not a list) that names its kind. */
bool kube_peek_kind(const char *text, size_t len, enum kube_kind *ret);

/* Adds an object, or the objects of a list. The tree is owned from now on, also when that fails: -EINVAL for what is none of the kinds,
 * -EBADMSG for one that is not formed so, -EFBIG. */
_must_check_ int kube_objects_add(struct kube_objects *ret, cJSON *tree, struct err *err);
void kube_objects_done(struct kube_objects *objects);

/* By the key behind "kubescape.io/"; NULL when it has none, or an empty one. */
const char *kube_annotation(const struct kube_object *object, const char *key);
const char *kube_label(const struct kube_object *object, const char *key);
/* "ContainerProfile 'shop/x'", for messages. */
const char *kube_object_title(const struct kube_object *object, char *buffer, size_t size);

/* A member by its JSON name, also in Go's spelling; NULL when absent or null. */
const cJSON *kube_get(const cJSON *obj, const char *key);
/* The same of a type; NULL when it is another one. */
const char *kube_text(const cJSON *obj, const char *key);
const cJSON *kube_map(const cJSON *obj, const char *key);
/* A list, NULL for null and absent; -EBADMSG when it is neither. */
_must_check_ int kube_list(const cJSON **ret, const cJSON *obj, const char *key, struct err *err);
/* Puts a member in the place of the one of that name, however it is spelled, or at the end. Takes the item; -ENOMEM. */
_must_check_ int kube_put(cJSON *obj, const char *key, cJSON *item);
_must_check_ int kube_put_text(cJSON *obj, const char *key, const char *value);
/* The member that is an object, made when there is none; NULL: no memory. */
cJSON *kube_make_map(cJSON *obj, const char *key);

static inline void kube_tree_freep(cJSON **tree)
{
	cJSON_Delete(*tree);
}
#define _cleanup_tree_ _cleanup_(kube_tree_freep)
