/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kube_exec.h — asks a program for credentials, as client.authentication.k8s.io has it. */
#pragma once

#include <stdint.h>

#include "server/kube_config.h"

struct kube_login {
	char *token, *certificate, *key; /* what it gave; NULL: not */
	int64_t expires_ms;              /* since 1970; 0: does not say */
};

void kube_login_done(struct kube_login *login);
/* Runs it, at most 20 s. -ENOENT: it is not installed. -EIO: it failed, with what it said. -EBADMSG: no ExecCredential. */
_must_check_ int kube_exec_run(struct kube_login *ret, const struct kube_config *config,
			       struct err *err);
/* What it printed; text[len] must be NUL. */
_must_check_ int kube_exec_parse(struct kube_login *ret, const char *text, size_t len,
				 const char *api_version, struct err *err);
