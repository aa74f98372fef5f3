/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * control.h — the operator's way to a server on this machine: its control socket, which only its user can open. Where no server
 * runs, one is made for the call: nobody but a server touches the database.
 */
#pragma once

#include "server/json_in.h"

struct control_call {
	const char *data; /* the data directory, or NULL: the default */
	const char *method, *path;
	const char *body; /* JSON, or NULL */
};

/* The reply of a success. -EIO: the server refused, with its message. */
_must_check_ int control_call(cJSON **ret, const struct control_call *call, struct err *err);
