/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * sandbox_pod.h — a pod of the sandbox, as the server makes it and the agent of its node knows it again.
 *
 * The pod has an init container POD_GATE that runs `vexxy-agent gate` and holds everything back until the agent, which is armed
 * on the pod by then, sends it SIGUSR1. What the agent has to know stands in the gate's environment. It is a claim, not a proof:
 * any pod can make it. The agent says with each upload the pod's UID, by the cgroup and the mounts that the kubelet made; the
 * server takes only what comes from the very pod that it created.
 *
 * Under gVisor no signal gets in. There the pod's sandbox does not begin before the agent has taken its connection, so the gate waits
 * for nobody: it is there for what stands in its environment. On the node's kernel such a gate is passed by, and nothing is recorded.
 *
 * Every other container but POD_SCRIPT is recorded, each with a trace of its own.
 */
#pragma once

#define POD_LABEL_ANALYSIS "vexxy.dev/analysis" /* the id of the analysis */
#define POD_LABEL_ATTEMPT "vexxy.dev/attempt"   /* its attempt, a number */

/* Its containers. */
#define POD_TARGET "target" /* the image that is analysed */
#define POD_GATE "gate"     /* an init container that waits until the agent watches */
#define POD_SCRIPT "script" /* the client's test script */

/* In the gate's environment. */
#define GATE_ANALYSIS "VEXXY_ANALYSIS"   /* as the labels */
#define GATE_ATTEMPT "VEXXY_ATTEMPT"     /* as the labels */
#define GATE_IMAGE "VEXXY_IMAGE"         /* the image's reference; for the trace's first line */
#define GATE_DIGEST "VEXXY_IMAGE_DIGEST" /* sha256:… of what runs */
#define GATE_DURATION \
	"VEXXY_DURATION" /* seconds from the first exec to the end of the trace; 0: the container's own */
#define GATE_WINDOW "VEXXY_WINDOW" /* seconds of a unit (default 5) */
#define GATE_CONTAINERS \
	"VEXXY_CONTAINERS" /* how many containers follow the gate, POD_SCRIPT included (default 1) */
#define GATE_FUNCTIONS \
	"VEXXY_FUNCTIONS" /* SHA-256 of the list of functions to watch in POD_TARGET, which the server has; none: none are */
#define GATE_ISOLATION \
	"VEXXY_ISOLATION" /* ISOLATION_GVISOR: the pod runs under gVisor; none: on the node's kernel */
#define GATE_TIMEOUT "VEXXY_GATE_TIMEOUT" /* seconds until the gate gives up (default 120) */

/* The gate's exit status when no agent came: the job ends with "the tracer was not armed". */
#define GATE_NOT_ARMED 75

#define ISOLATION_GVISOR "gvisor"

/* What the gate leaves as its termination message when the pod reaches what no sandbox may; else it leaves none. */
#define GATE_NO_WALLS \
	"the pod reaches the Kubernetes API: NetworkPolicies are not enforced in this cluster"
