/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* app.h — what the server is made of; every handler and worker gets it. */
#pragma once

#include <stdatomic.h>

#include "server/blobs.h"
#include "server/db.h"
#include "server/hub.h"
#include "server/metrics.h"
#include "server/settings.h"
#include "server/validate.h"

struct executor;
struct kube_cluster;
struct agent_tokens;

struct app {
	const struct settings *settings;
	char server_id[ID_BYTES]; /* kept in the data directory: who holds a lease */
	struct db *db;
	struct blobs *blobs;
	struct hub *hub;
	struct validator *validator;
	struct metrics *metrics;
	struct executor *executor;
	struct kube_cluster *cluster; /* where sandboxes are made; NULL: on this machine */
	struct text openapi;          /* rendered once */
	char callback_secret[65];
	const char *warning;               /* what /readyz says besides: literal, or NULL */
	struct jwt_keys *jwt_keys;         /* NULL: tokens are not taken */
	struct agent_tokens *agent_tokens; /* NULL: those of agents are not */
	struct rate_limits *rates;
	int64_t started_ms;
	atomic_bool draining;       /* takes no more work */
	atomic_bool has_keys;       /* from then on every request needs one, or a token */
	atomic_int cancels;         /* that wait for a teardown */
	atomic_uint worker_numbers; /* that are given out */
};
