/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kube_status.h — what an API server says when it refuses (meta/v1 Status), as an error (kube.h lists which). */
#pragma once

#include "server/json_in.h"

/* Always < 0. text: the body of the reply, JSON or not; text[len] must be NUL. */
_must_check_ int kube_status_refusal(unsigned status, const char *text, size_t len,
				     struct err *err);
/* The same for a Status object; status: where it has no code. */
_must_check_ int kube_status_error(unsigned status, const cJSON *object, struct err *err);
