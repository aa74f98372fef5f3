// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* schemas_agent.c — what agents send and get, as tables. */
#include "server/schemas.h"

#include <stddef.h>

#define NODE                                                                               \
	{                                                                                  \
		.name = "node", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,               \
		.pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$", .help = "The node's name" \
	}
#define WORD(n, h)                                                                              \
	{                                                                                       \
		.name = (n), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .min = 1, .max = 200, \
		.help = (h)                                                                     \
	}
#define ATTEMPT                                                                    \
	{                                                                          \
		.name = "attempt", .type = FIELD_INTEGER, .flags = FIELD_REQUIRED, \
		.max = 1000000000, .help = "Of the analysis, as the sandbox says"  \
	}
#define POD_UID                                                                 \
	{                                                                       \
		.name = "pod_uid", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, \
		.pattern = "^[A-Za-z0-9._-]{1,64}$",                            \
		.help = "Whose: as the node's own kubelet says"                 \
	}
#define SHA256_PATTERN "^[a-f0-9]{64}$"
#define COUNT(n, h)                                                                      \
	{                                                                                \
		.name = (n), .type = FIELD_INTEGER, .max = 9007199254740991, .help = (h) \
	}

static const char *const kinds[] = { "trace", "manifest", "file", NULL };

const struct field schema_heartbeat[] = {
	NODE,
	WORD("version", "Of the agent"),
	WORD("kernel", "Its release"),
	WORD("arch", NULL),
	WORD("backend", "How it sees opens: raw or fentry"),
	{ .name = "details",
	  .type = FIELD_ANY,
	  .help = "What it watches now, what waits to be sent, what was lost" },
	{},
};
const struct field schema_heartbeat_reply[] = {
	COUNT("heartbeat_seconds", "How often it is to be heard of"), {}
};

static const struct field agent_item[] = {
	{ .name = "node", .type = FIELD_TEXT },
	{ .name = "version", .type = FIELD_TEXT },
	{ .name = "kernel", .type = FIELD_TEXT },
	{ .name = "arch", .type = FIELD_TEXT },
	{ .name = "backend", .type = FIELD_TEXT },
	{ .name = "details", .type = FIELD_ANY },
	{ .name = "up", .type = FIELD_BOOLEAN, .help = "It was heard of within a minute" },
	{ .name = "first_seen_at", .type = FIELD_TEXT, .format = "date-time" },
	{ .name = "last_seen_at", .type = FIELD_TEXT, .format = "date-time" },
	{},
};
static const struct field agent_items[] = {
	{ .name = "agent", .type = FIELD_OBJECT, .fields = agent_item, .schema = "Agent" }, {}
};
const struct field schema_agent_list[] = {
	{ .name = "agents", .type = FIELD_LIST, .fields = agent_items }, {}
};

const struct field schema_upload_new[] = {
	{ .name = "analysis_id",
	  .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED,
	  .format = "uuid",
	  .help = "Which analysis it is for: one that is worked on, or for files one that was" },
	ATTEMPT,
	POD_UID,
	NODE,
	{ .name = "container",
	  .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED,
	  .pattern = "^[a-z0-9][a-z0-9._-]{0,62}$" },
	{ .name = "kind", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .words = kinds },
	{ .name = "sha256",
	  .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED,
	  .pattern = SHA256_PATTERN,
	  .help = "Of the whole" },
	{ .name = "bytes",
	  .type = FIELD_INTEGER,
	  .flags = FIELD_REQUIRED,
	  .max = 1ll << 30,
	  .help = "Of the whole" },
	{},
};
const struct field schema_upload[] = {
	{ .name = "upload_id", .type = FIELD_TEXT, .format = "uuid" },
	COUNT("offset", "Where the next piece begins"),
	COUNT("bytes", "Of the whole"),
	{ .name = "complete",
	  .type = FIELD_BOOLEAN,
	  .help = "Nothing is to be sent any more: it is here, or was already" },
	COUNT("piece_bytes_max", "How large a piece may be"),
	{},
};

static const struct field a_digest[] = {
	{ .name = "digest", .type = FIELD_TEXT, .pattern = SHA256_PATTERN }, {}
};
const struct field schema_missing[] = {
	{ .name = "sha256",
	  .type = FIELD_LIST,
	  .flags = FIELD_REQUIRED,
	  .max = 1000,
	  .fields = a_digest,
	  .help = "Contents that could be sent" },
	{},
};
const struct field schema_missing_reply[] = {
	{ .name = "missing",
	  .type = FIELD_LIST,
	  .fields = a_digest,
	  .help = "Those that no agent has given yet" },
	{},
};

const struct field parameter_upload[] = {
	{ .name = "upload_id", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .format = "uuid" }, {}
};
const struct field query_functions[] = {
	ATTEMPT,
	POD_UID,
	NODE,
	{},
};
const struct field query_piece[] = {
	{ .name = "offset",
	  .type = FIELD_INTEGER,
	  .flags = FIELD_REQUIRED,
	  .max = 1ll << 30,
	  .help = "Where it belongs" },
	{},
};
