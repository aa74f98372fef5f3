/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gvisor_sink.h — the socket to which gVisor sends what happens in a sandbox, and what it is asked to send.
 *
 * gVisor's "remote" sink connects to a SOCK_SEQPACKET socket before the sandbox begins; both sides tell the version of the
 * protocol, and from then on only gVisor writes, one message a packet. One connection is taken: that of the runtime that was
 * started for it. Every other one is closed.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "agent/emit.h"
#include "include/err.h"

struct gvisor_sink {
	int listen_fd, fd; /* -1: none */
	struct sockaddr_un address;
};

/* Listens at DIR/gvisor.sock, which is nobody else's to enter. */
_must_check_ int gvisor_sink_open(struct gvisor_sink *ret, const char *dir, struct err *err);
/*
 * Waits until that process has connected and listens no more; or until it has ended or stop_fd is readable, and then 0, too:
 * fd tells. -EPROTO, -EBADMSG when it speaks another protocol, -ETIMEDOUT when it says nothing.
 */
_must_check_ int gvisor_sink_accept(struct gvisor_sink *sink, pid_t runtime, int stop_fd,
				    struct err *err);
/*
 * Listens at DIR/gvisor.sock for all sandboxes of this node, and writes DIR/session.json, by which they find it: what runsc takes as
 * pod-init-config. The descriptor, close-on-exec.
 */
_must_check_ int gvisor_sink_listen(const char *dir, struct err *err);
/* From here on no sandbox that is told of it begins. */
void gvisor_sink_leave(const char *dir);
/* Both sides say who they are: then messages follow. As of gvisor_sink_accept. */
_must_check_ int gvisor_sink_greet(int fd, struct err *err);
/* Bytes of the next packet; 0: gVisor has hung up; -EAGAIN: none waits; -EMSGSIZE: it was larger than any may be, and is gone. */
_must_check_ ssize_t gvisor_sink_receive(struct gvisor_sink *sink, void *packet, size_t room);
void gvisor_sink_close(struct gvisor_sink *sink);

/* Emits what runsc takes as --pod-init-config: every point that a trace is made of, to that socket. Points that a version of
 * gVisor has not are left out by it. pod: several containers are in the sandbox, and the first says by its environment whose it is. */
void gvisor_session_emit(struct text *out, const char *endpoint, bool pod);
