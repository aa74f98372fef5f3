/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * profile.h — what Kubescape saw one container do: ContainerProfile, its chunks merged, or an entry of an ApplicationProfile.
 *
 * What it saw can count for use. What it did not see counts for nothing unless `doubt` is NULL: a profile that is partial, still
 * learning or too large tells of some uses, never of none.
 *
 * Chunks (one object for each report of a series) are put together here: each names the report before it, the first none. Where the
 * chain is broken the chunks that are there are merged, and the gap is the doubt.
 */
#pragma once

#include "kubescape-compat/object.h"
#include "kubescape-compat/slug.h"

struct kube_texts {
	const char **items;
	size_t count, room;
};

struct kube_open {
	const char *path;
	struct kube_texts flags; /* "O_RDONLY" …, sorted */
	const cJSON *origin;     /* what it was read from, or NULL */
};

struct kube_exec {
	const char *path;
	struct kube_texts args; /* args[0] is argv[0] */
	const cJSON *origin;
};

/* Texts are borrowed from the objects it was read from, or from who fills it. */
struct kube_profile {
	const struct kube_object *object; /* the last of its chunks; NULL: made by us */
	const cJSON *entry; /* where its lists stand in that object; NULL: made by us */
	const char *container, *container_type, *image_id, *image_tag, *instance_id, *wlid;
	const char *completion, *status;
	/* When storage made its first object (RFC 3339), and its first and last report (as Go prints times; of a series only). Or NULL. */
	const char *created, *first_report, *last_report;
	char digest[KUBE_DIGEST_BYTES]; /* of the image, or empty */
	struct kube_texts architectures, capabilities, syscalls;
	struct kube_open *opens;
	size_t open_count, open_room;
	struct kube_exec *execs;
	size_t exec_count, exec_room;
	size_t chunks; /* that it was put together from; 0: it is no series */
	const char *
	    doubt; /* why what is not in it may have been there all the same; NULL: nothing speaks for that */
};

struct kube_profiles {
	struct kube_profile *items; /* one for each container that an object tells of */
	size_t count, room;
};

/* Every profile among the objects, which outlive them; other kinds are passed over. -EBADMSG names the object. */
_must_check_ int kube_profiles_read(struct kube_profiles *ret, const struct kube_objects *objects,
				    struct err *err);
void kube_profiles_done(struct kube_profiles *profiles);

/* One of ours, filled piece by piece. Texts are borrowed. -ENOMEM. */
_must_check_ int kube_texts_add(struct kube_texts *texts, const char *text);
_must_check_ int kube_profile_add_open(struct kube_profile *profile, const char *path,
				       const char *const *flags, size_t flag_count);
_must_check_ int kube_profile_add_exec(struct kube_profile *profile, const char *path,
				       const char *const *args, size_t arg_count);
/* Adds the paths of its opens, and of its execs where they are known: some may be patterns. Borrowed. -ENOMEM. */
_must_check_ int kube_profile_paths(struct kube_texts *ret, const struct kube_profile *profile);
/* Sorts everything and merges what stands twice: the flags of opens of one path are joined. */
void kube_profile_settle(struct kube_profile *profile);
void kube_profile_done(struct kube_profile *profile);

/*
 * As a ContainerProfile: the object it was read from with its lists as they are now, unknown members kept; or, for one of ours, a new
 * object with the names, labels and annotations that follow from instance_id (needed), wlid, image and container. The caller deletes
 * the tree. NULL with the reason.
 */
cJSON *kube_profile_write(const struct kube_profile *profile, struct err *err);
/* Puts the lists into an entry of either kind. -ENOMEM. */
_must_check_ int kube_profile_put(cJSON *entry, const struct kube_profile *profile);
