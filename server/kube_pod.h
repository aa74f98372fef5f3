/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kube_pod.h — what has become of a sandbox's pod, from its object: so that one failure is told from another. */
#pragma once

#include "include/sandbox_pod.h"
#include "server/json_in.h"

/* Name, what it is called in the results. */
#define POD_FATES(X)                                                                      \
	X(POD_WAITING, "waiting")             /* on its way: not all is there yet */      \
	X(POD_RUNNING, "running")             /* the image's command runs */              \
	X(POD_ENDED, "ended")                 /* it ended with 0 */                       \
	X(POD_EXIT_CODE, "exit_code")         /* it ended with another status */          \
	X(POD_OUT_OF_MEMORY, "oom_killed")    /* it passed its memory limit */            \
	X(POD_START_ERROR, "start_error")     /* its command cannot be run */             \
	X(POD_IMAGE, "image")                 /* the image cannot be had, nor later */    \
	X(POD_IMAGE_LATER, "image_pull")      /* it cannot be had now */                  \
	X(POD_CONFIG, "config_error")         /* the container cannot be made */          \
	X(POD_UNSCHEDULABLE, "unschedulable") /* no node takes it */                      \
	X(POD_DEADLINE, "deadline")           /* activeDeadlineSeconds, the safety net */ \
	X(POD_OUT_OF_DISK, "disk_limit")      /* it wrote more than it may */             \
	X(POD_EVICTED, "evicted")             /* the node needed what it had */           \
	X(POD_NODE_LOST, "node_lost")         /* the node is gone */                      \
	X(POD_GATE_CLOSED, "not_armed")       /* the gate ended: no agent watches */      \
	X(POD_GONE, "deleted")                /* somebody deleted it */

enum pod_fate {
#define X(name, text) name,
	POD_FATES(X)
#undef X
	    POD_FATE_COUNT
};
extern const char *const pod_fate_names[POD_FATE_COUNT + 1];

struct pod {
	char name[256], uid[64], node[256], ip[64];
	enum pod_fate fate;
	int64_t exit_code, script_status; /* script_status -1: it has not ended */
	bool script_began;
	char script_waits[80]; /* Kubernetes' word for why it has not begun; "": none */
	bool being_deleted;
	bool node_is_silent; /* it runs, as far as is known: its node has stopped reporting */
	bool lacks_walls;    /* the gate found that nothing shuts the pod off */
	char started_at[40]; /* of the command, RFC 3339; "": it has not been */
	char reason[512];    /* Kubernetes' own words */
};

/* pod: of the core v1 API. */
void pod_read(struct pod *ret, const cJSON *pod);
/* Its node was silent for too long. */
void pod_lose(struct pod *pod);
/* Has the command started? */
bool pod_has_started(const struct pod *pod);
/* True: its test script never began, or failed: why, at most size - 1 bytes. False: it ended well, or goes on. */
bool pod_script_failed(char *ret, size_t size, const struct pod *pod);
/* A sentence for the user, at most size - 1 bytes. */
void pod_explain(char *ret, size_t size, const struct pod *pod);
