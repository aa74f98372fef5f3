/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kubescape.h — Kubescape in the cluster of a sandbox: what it saw and knows of the container is read, and results go back to it.
 *
 * Its objects come from an API server of its own behind that of the cluster (kubescape-compat/object.h). It may be there or not, serve
 * only some of them, be away, or not let us: all that is said, and is no error. The errors of these functions are of whoever works:
 * what the tick of the connection said, no memory, a file that cannot be written.
 *
 * What a list brings has no content, so objects are asked for by their names (slug.h): those of the container by the Job that it runs
 * in, those of the image by the tag and id that the profile has, or else that the sandbox was made with.
 */
#pragma once

#include "kubescape-compat/object.h"
#include "server/kube.h"
#include "server/settings.h"

struct kubescape {
	struct kube *kube;
	const struct settings *settings;
	const char *job;       /* the sandbox */
	const char *container; /* in it */
	const char *image;     /* as the sandbox was made with: repository@sha256:… */
	/* Of what may be: why something of it was not read or written, in a sentence. Borrowed for the call. */
	void (*say)(void *ctx, const char *text);
	void *ctx;

	bool serves[KUBE_KIND_COUNT];
	bool is_there;
	bool is_settled;   /* the profile that was read will not change any more */
	char *instance_id; /* of the profile that was read; NULL: there is none */
	char *tag, *id;    /* of the image, as the profile has them; or NULL */
};

void kubescape_done(struct kubescape *kubescape);

/* Is it there, and what does it serve? Says why not. */
_must_check_ int kubescape_discover(struct kubescape *kubescape, struct err *err);

/*
 * Asks for the container's profile until it is settled, or until_ms of the steady clock, which wins; then it is saved as it is: whether
 * its silence means anything is the analysis' to judge. 1: it is at path. 0: there is none.
 */
_must_check_ int kubescape_await_profile(struct kubescape *kubescape, const char *path,
					 int64_t until_ms, struct err *err);
/* KUBE_SBOM or KUBE_MANIFEST of the image. 1: it is at path. 0: there is none. */
_must_check_ int kubescape_read(struct kubescape *kubescape, enum kube_kind kind, const char *path,
				struct err *err);

/*
 * The object of that kind at path goes to the name that the profile gives it; there must be one. An OpenVEX that is there keeps all
 * its statements but those of the same @ids; of the other kinds only what was ours is replaced. 1: it is there now.
 */
_must_check_ int kubescape_write(struct kubescape *kubescape, enum kube_kind kind, const char *path,
				 struct err *err);

/* ---- between the files of this module ---- */

const char *kubescape_plural(enum kube_kind kind);
/* Freed by the caller; NULL: no memory. name NULL: the collection. */
char *kubescape_path(const struct kubescape *kubescape, enum kube_kind kind, const char *name);
_printf_(2, 3) void kubescape_say(struct kubescape *kubescape, const char *fmt, ...);
/* What is no error of whoever works is said, "Kubescape: WHAT: WHY", and 0; else r. */
_must_check_ int kubescape_pass_over(struct kubescape *kubescape, int r, const char *what,
				     const struct err *why, struct err *err);

/* Whatever is asked in between ends at until_ms of the steady clock, with -EAGAIN. */
struct kubescape_bound {
	kube_tick_fn outer;
	void *outer_ctx;
	int64_t until_ms;
};
void kubescape_bound(struct kubescape_bound *bound, struct kubescape *kubescape, int64_t until_ms);
_must_check_ int kubescape_unbound(const struct kubescape_bound *bound, struct kubescape *kubescape,
				   int r, struct err *err);
/* kube_ask within such a bound. */
_must_check_ int kubescape_ask(cJSON **ret, char **ret_text, struct kubescape *kubescape,
			       const struct kube_call *call, int64_t until_ms, struct err *err);
/* The text of an object, with its content; freed by the caller. */
_must_check_ int kubescape_get(char **ret, struct kubescape *kubescape, enum kube_kind kind,
			       const char *name, int64_t until_ms, struct err *err);
_must_check_ int kubescape_save(const char *path, const char *text, struct err *err);
