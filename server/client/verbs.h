/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* verbs.h — what each verb does, over a session. Texts go to standard output; *ret_status is the program's, 0 unless said. */
#pragma once

#include "server/client/session.h"

/* How an analysis that ended otherwise than asked for is told apart from a client that failed. */
#define EXIT_ENDED_BADLY 3

struct verb_call {
	struct session *session;
	const struct client_options *options;
	const struct option_list *operands;
	char *const *command; /* the words behind "--", or NULL */
};

_must_check_ int verb_submit(const struct verb_call *call, int *ret_status, struct err *err);
_must_check_ int verb_status(const struct verb_call *call, int *ret_status, struct err *err);
_must_check_ int verb_watch(const struct verb_call *call, int *ret_status, struct err *err);
_must_check_ int verb_results(const struct verb_call *call, int *ret_status, struct err *err);
_must_check_ int verb_cancel(const struct verb_call *call, int *ret_status, struct err *err);

/* The one operand, the id of an analysis. -EINVAL: there is none, or it is no id. */
_must_check_ int verb_job(const char **ret, const struct verb_call *call, struct err *err);
/* Follows an analysis to its end. */
_must_check_ int verb_follow(const struct verb_call *call, const char *job, int *ret_status,
			     struct err *err);
/* A reply as one line of JSON. */
void verb_print(const cJSON *reply);
