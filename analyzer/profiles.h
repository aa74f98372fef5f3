/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * profiles.h — what --profile names: Kubescape's profiles, and which of them are of this image and this container.
 *
 * A file holds one object or a list; of a directory every *.json (not below it). SBOMs and reports among them are passed over, and
 * counted. A profile of another image is refused: what another image did says nothing of this one. One of another start of the same
 * container is kept (profile_start.h): what it saw was used, what it did not see says nothing of the start that was traced.
 */
#pragma once

#include "analyzer/arena.h"
#include "kubescape-compat/profile.h"

#define PROFILE_FILES_MAX 10000u

struct inventory;
struct product;
struct trace;

struct profiles {
	struct kube_objects objects;
	struct kube_profiles found; /* chunks of a series are one */
	size_t others;              /* objects of other kinds */
};

/* Errors name the file. -ENOENT when there is no profile at all. */
_must_check_ int profiles_load(struct profiles *ret, const char *const *paths, size_t count,
			       struct err *err);
void profiles_done(struct profiles *profiles);

struct profile_choice {
	const struct kube_profile **items; /* of one container; several starts of it are several */
	const char **starts; /* for each: why it is of another start than the traces, or NULL */
	const char **doubts; /* for each: why its silence says nothing, or NULL */
	size_t count, others;
	const char *container; /* or NULL: it has no name */
	const char *doubt;     /* why their silence says nothing, or NULL: at least one has none */
	bool other_start;      /* one of them is of another start than the traces */
};

/* What was analysed, that a profile may be of. */
struct profile_subject {
	const struct product *product;
	const struct inventory *inventory;
	struct trace *const *traces;
	size_t trace_count;
	const char *container; /* whose profile is meant; NULL: there is but one */
};

/*
 * By the digest of the image and the container's name. -EINVAL when none is left, or several containers are: what there is, and what to
 * say. Everything is borrowed from the profiles and the arena.
 */
_must_check_ int profiles_choose(struct profile_choice *ret, const struct profiles *profiles,
				 const struct profile_subject *subject, struct arena *arena,
				 struct err *err);
