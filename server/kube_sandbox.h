/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kube_sandbox.h — one image in one pod: made, watched until its time is over, and taken away again. */
#pragma once

#include "server/kube_cluster.h"
#include "server/kube_objects.h"
#include "server/kube_pod.h"

#define SANDBOX_PORTS_MAX 64

struct sandbox_port {
	uint16_t port;
	const char *state; /* as port_ask says */
};

struct sandbox {
	struct kube_cluster *cluster;
	struct kube *kube; /* ticks as the owner wants */
	struct kube_sandbox spec;
	char name[SANDBOX_NAME_BYTES];
	struct pod pod;  /* as it was last heard of; name "": there is none yet */
	bool was_made;   /* there is, or may be, something to take away */
	bool was_listed; /* by the list that is being read */
	bool has_failed; /* by what the pod says, not by the cluster's or the owner's word */
	struct sandbox_port ports[SANDBOX_PORTS_MAX];
	size_t port_count;
	int64_t started_ms, stuck_ms; /* on the steady clock; 0: not (yet) */
	enum pod_fate stuck_as;
	/* What is seen of it meanwhile: each state of the pod, and once a second. */
	void (*told)(void *ctx, const struct sandbox *sandbox);
	void *ctx;
};

/* 0: it is there. -EAGAIN, -EIO …: it is not, and why. */
_must_check_ int sandbox_make(struct sandbox *sandbox, struct err *err);
/*
 * Until its time is over, or it ends. 0: its command ran, whatever became of that (pod.fate). -EIO: it cannot run. -EAGAIN: it
 * may another time. The reason names the class (pod_fate_names).
 */
_must_check_ int sandbox_follow(struct sandbox *sandbox, struct err *err);
/* After that, when its time is over: what was told last may be old. How its script ended is known then; -EAGAIN when somebody deleted it. */
_must_check_ int sandbox_look_again(struct sandbox *sandbox, struct err *err);
/* Of one of its containers, at most some MiB; freed by the caller. -ENOENT: it has none. */
_must_check_ int sandbox_logs(char **ret, struct sandbox *sandbox, const char *container,
			      struct err *err);
/* Asks what has become of its pod: whether the node is lost, which nobody has told since its time was over. Then err says so. */
_must_check_ bool sandbox_has_lost_node(struct sandbox *sandbox, struct err *err);
/* Takes it away, and sees that it is gone: pod and Job. -EBUSY: it was still there after timeout_ms. */
_must_check_ int sandbox_end(struct sandbox *sandbox, int64_t timeout_ms, struct err *err);
