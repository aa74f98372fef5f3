// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* schemas.c — bodies, parameters and replies as tables. Names and ranges are those that clients of old know. */
#include "server/schemas.h"

#include <stddef.h>

#include "server/job.h"
#include "server/plan.h"

#define DIGEST_PATTERN "^sha256:[a-f0-9]{64}$"
#define EXAMPLE_DIGEST "\"sha256:4c1d2b0a5f1e8d7c6b5a49382716050f4e3d2c1b0a99887766554433221100ff\""

/* Shorthands for what occurs often. */
#define TEXT(n, h)                                           \
	{                                                    \
		.name = (n), .type = FIELD_TEXT, .help = (h) \
	}
#define TEXT_OR_NULL(n, h)                                                            \
	{                                                                             \
		.name = (n), .type = FIELD_TEXT, .flags = FIELD_NULLABLE, .help = (h) \
	}
#define TIME(n, h)                                                                  \
	{                                                                           \
		.name = (n), .type = FIELD_TEXT, .format = "date-time", .help = (h) \
	}
#define TIME_OR_NULL(n, h)                                                                       \
	{                                                                                        \
		.name = (n), .type = FIELD_TEXT, .flags = FIELD_NULLABLE, .format = "date-time", \
		.help = (h)                                                                      \
	}
#define UUID(n, h)                                                             \
	{                                                                      \
		.name = (n), .type = FIELD_TEXT, .format = "uuid", .help = (h) \
	}
#define COUNT(n, h)                                                                      \
	{                                                                                \
		.name = (n), .type = FIELD_INTEGER, .max = 9007199254740991, .help = (h) \
	}
#define FLAG(n, d, h)                                                            \
	{                                                                        \
		.name = (n), .type = FIELD_BOOLEAN, .fallback = (d), .help = (h) \
	}
#define TEXTS(n, h)                                                              \
	{                                                                        \
		.name = (n), .type = FIELD_LIST, .fields = any_text, .help = (h) \
	}
#define OBJECT(n, f, s)                                                         \
	{                                                                       \
		.name = (n), .type = FIELD_OBJECT, .fields = (f), .schema = (s) \
	}

static const struct field any_text[] = { { .name = "item", .type = FIELD_TEXT }, {} };
static const struct field any[] = { { .name = "item", .type = FIELD_ANY }, {} };
static const struct field a_port[] = {
	{ .name = "port", .type = FIELD_INTEGER, .min = 1, .max = 65535 }, {}
};
static const struct field an_argument[] = { { .name = "argument", .type = FIELD_TEXT, .max = 4096 },
					    {} };
static const struct field an_id[] = { { .name = "id", .type = FIELD_TEXT, .format = "uuid" }, {} };

static const char *const profiles[] = { "minimal", "standard", "comprehensive", "custom", NULL };
static const char *const verdict_words[] = { "affected", "not_affected", "under_investigation",
					     "fixed",    "unknown",      NULL };
static const char *const input_kinds[] = { "sbom", "vulnerabilities", "advisories", NULL };

static const struct field config[] = {
	{ .name = "test_script",
	  .type = FIELD_TEXT,
	  .flags = FIELD_NULLABLE,
	  .max = 65536,
	  .help = "A shell script that exercises the workload from beside it, in its network" },
	{ .name = "test_timeout",
	  .type = FIELD_INTEGER,
	  .flags = FIELD_NULLABLE | FIELD_DURATION,
	  .min = 90,
	  .max = 3600,
	  .help = "Seconds; an older name of analysis_duration" },
	{ .name = "analysis_duration",
	  .type = FIELD_INTEGER,
	  .flags = FIELD_NULLABLE | FIELD_DURATION,
	  .min = 90,
	  .max = 3600,
	  .help = "How long the workload is observed, in seconds" },
	FLAG("enable_fuzzing", NULL,
	     "Exercise the workload; what was not done is said in the results"),
	FLAG("enable_profiling", NULL, "Record the execution profile"),
	FLAG("enable_pentesting", NULL, "Accepted; what was not done is said in the results"),
	FLAG("enable_code_coverage", NULL, "Watch which of the known functions run"),
	{ .name = "ports",
	  .type = FIELD_LIST,
	  .max = 16,
	  .fields = a_port,
	  .help = "Where the workload listens: it is ready when the first of them is" },
	{ .name = "environment",
	  .type = FIELD_MAP,
	  .max = 256,
	  .pattern = "^[A-Za-z_][A-Za-z0-9_.-]{0,254}$",
	  .help = "Added to the image's environment" },
	{ .name = "command",
	  .type = FIELD_LIST,
	  .flags = FIELD_NULLABLE,
	  .max = 256,
	  .fields = an_argument,
	  .help = "Instead of the image's own command" },
	{ .name = "health_check_path",
	  .type = FIELD_TEXT,
	  .max = 1024,
	  .pattern = "^/[!-~]*$",
	  .help = "Asked for by HTTP on each port, before test_script" },
	{ .name = "health_check_timeout",
	  .type = FIELD_INTEGER,
	  .min = HEALTH_TIMEOUT_MIN_S,
	  .max = 300,
	  .help = "Seconds until a port must be listened on; at most the duration" },
	{},
};

const struct field schema_submission[] = {
	{ .name = "image_ref",
	  .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED,
	  .min = 1,
	  .max = 500,
	  .pattern = "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$",
	  .example = "\"docker.io/library/nginx:1.27\"",
	  .help = "Where the image is; a tag is for people, the digest decides" },
	{ .name = "image_digest",
	  .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED,
	  .pattern = DIGEST_PATTERN,
	  .example = EXAMPLE_DIGEST },
	{ .name = "sbom_id",
	  .type = FIELD_TEXT,
	  .flags = FIELD_NULLABLE,
	  .format = "uuid",
	  .help = "An SBOM that was uploaded" },
	{ .name = "vulnerability_ids",
	  .type = FIELD_LIST,
	  .max = 32,
	  .fields = an_id,
	  .help =
	      "Reports that were uploaded; default: those for this image, else the server's own" },
	{ .name = "advisory_ids",
	  .type = FIELD_LIST,
	  .max = 32,
	  .fields = an_id,
	  .help = "CVE → functions that were uploaded" },
	{ .name = "profile", .type = FIELD_TEXT, .words = profiles, .fallback = "\"standard\"" },
	{ .name = "priority",
	  .type = FIELD_INTEGER,
	  .min = 0,
	  .max = 9,
	  .fallback = "0",
	  .help = "Higher is earlier, within the organisation's own" },
	FLAG("reanalyze", "false",
	     "Also when the same image and configuration was analysed before"),
	{ .name = "callback_url",
	  .type = FIELD_TEXT,
	  .flags = FIELD_NULLABLE,
	  .max = 2048,
	  .pattern = "^https?://[!-.0-~][!-~]*$",
	  .help = "Told when the analysis ends" },
	{ .name = "config",
	  .type = FIELD_OBJECT,
	  .flags = FIELD_NULLABLE,
	  .fields = config,
	  .schema = "AnalysisConfig" },
	{},
};

#define STATE                                                                  \
	{                                                                      \
		.name = "status", .type = FIELD_TEXT, .words = job_state_names \
	}
#define IMAGE                                                                         \
	TEXT("image_ref", NULL),                                                      \
	{                                                                             \
		.name = "image_digest", .type = FIELD_TEXT, .pattern = DIGEST_PATTERN \
	}

const struct field schema_submitted[] = {
	UUID("job_id", NULL),
	STATE,
	IMAGE,
	{ .name = "profile", .type = FIELD_TEXT, .words = profiles },
	COUNT("estimated_duration_minutes", NULL),
	TIME("created_at", NULL),
	FLAG("reused", NULL,
	     "This is an analysis of the same image and configuration that was there already"),
	{},
};

static const struct field retry_reason[] = {
	COUNT("attempt", NULL), TEXT("reason", NULL), TIME("at", NULL), {}
};
static const struct field retry_reasons[] = { OBJECT("reason", retry_reason, "AttemptReason"), {} };

const struct field schema_status[] = {
	UUID("job_id", NULL),
	STATE,
	{ .name = "progress_percent", .type = FIELD_INTEGER, .max = 100 },
	TEXT("current_phase", NULL),
	TIME_OR_NULL("started_at", NULL),
	TIME_OR_NULL("completed_at", NULL),
	TEXT_OR_NULL("error_message", NULL),
	TEXT_OR_NULL("sandbox_id", NULL),
	TIME("created_at", NULL),
	IMAGE,
	TEXT("profile", NULL),
	COUNT("attempt", "1 for the first"),
	{ .name = "attempts",
	  .type = FIELD_LIST,
	  .fields = retry_reasons,
	  .help = "Why earlier ones ended" },
	FLAG("cancel_requested", NULL, NULL),
	{},
};

static const struct field job_item[] = {
	UUID("id", NULL),
	STATE,
	IMAGE,
	TEXT_OR_NULL("sbom_id", NULL),
	TEXT("profile", NULL),
	{ .name = "priority", .type = FIELD_INTEGER, .min = 0, .max = 1000000 },
	{ .name = "progress_percent", .type = FIELD_INTEGER, .max = 100 },
	TEXT("current_phase", NULL),
	TIME("created_at", NULL),
	TIME_OR_NULL("started_at", NULL),
	TIME_OR_NULL("completed_at", NULL),
	TEXT_OR_NULL("error_message", NULL),
	{ .name = "generated_vex_id",
	  .type = FIELD_TEXT,
	  .flags = FIELD_NULLABLE,
	  .format = "uuid" },
	COUNT("retry_count", NULL),
	{},
};
static const struct field job_items[] = { OBJECT("job", job_item, "Job"), {} };

const struct field schema_job_list[] = {
	COUNT("total", NULL),
	COUNT("skip", NULL),
	COUNT("limit", NULL),
	{ .name = "jobs", .type = FIELD_LIST, .fields = job_items },
	{},
};

static const struct field execution_profile[] = {
	TEXT_OR_NULL("sandbox_id", NULL),
	{ .name = "duration_seconds", .type = FIELD_NUMBER },
	TEXTS("files_accessed", NULL),
	TEXTS("syscalls", NULL),
	{ .name = "network_connections", .type = FIELD_LIST, .fields = any },
	TEXTS("loaded_libraries", NULL),
	TEXTS("programs", NULL),
	{ .name = "code_coverage_percent", .type = FIELD_NUMBER, .flags = FIELD_NULLABLE },
	COUNT("lost_events", "What was lost weakens every verdict that rests on silence"),
	{},
};

static const struct field reachability[] = {
	TEXT("cve_id", NULL),
	{ .name = "status", .type = FIELD_TEXT, .words = verdict_words },
	TEXT_OR_NULL("justification", NULL),
	{ .name = "confidence_score", .type = FIELD_NUMBER },
	TEXT("reason", NULL),
	TEXTS("vulnerable_files", NULL),
	TEXTS("executed_files", NULL),
	TEXT("rule", "The rule that decided: see report"),
	TEXT_OR_NULL("package", NULL),
	TEXT_OR_NULL("version", NULL),
	TEXT_OR_NULL("purl", NULL),
	TEXT_OR_NULL("severity", NULL),
	{},
};
static const struct field reachabilities[] = { OBJECT("result", reachability, "ReachabilityResult"),
					       {} };

const struct field schema_results[] = {
	UUID("job_id", NULL),
	STATE,
	IMAGE,
	OBJECT("execution_profile", execution_profile, "ExecutionProfile"),
	{ .name = "reachability_results", .type = FIELD_LIST, .fields = reachabilities },
	{ .name = "security_findings", .type = FIELD_ANY, .flags = FIELD_NULLABLE },
	{ .name = "generated_vex_id",
	  .type = FIELD_TEXT,
	  .flags = FIELD_NULLABLE,
	  .format = "uuid",
	  .help = "null when there was nothing to state" },
	{ .name = "summary", .type = FIELD_ANY },
	{ .name = "exercise",
	  .type = FIELD_ANY,
	  .help = "How the ports answered, and how test_script ended; null when neither was asked "
		  "for" },
	TEXTS("limitations", "What was asked for and not done, and what weakens the verdicts"),
	TIME("created_at", NULL),
	TIME("completed_at", NULL),
	{},
};

static const char *const cancel_words[] = { "cancelled", "cancelling", NULL };
const struct field schema_cancelled[] = {
	{ .name = "status", .type = FIELD_TEXT, .words = cancel_words },
	UUID("job_id", NULL),
	TEXT("message", NULL),
	{},
};

const struct field schema_input[] = {
	UUID("id", NULL),
	{ .name = "kind", .type = FIELD_TEXT, .words = input_kinds },
	TEXT_OR_NULL("name", NULL),
	TEXT("digest", NULL),
	COUNT("bytes", NULL),
	TEXT_OR_NULL("format", "What it looks like: cyclonedx, spdx, syft, grype, trivy, osv"),
	TEXT_OR_NULL("image_digest", NULL),
	TIME("created_at", NULL),
	{},
};
static const struct field input_items[] = { OBJECT("input", schema_input, "Input"), {} };
const struct field schema_input_list[] = {
	COUNT("total", NULL),
	COUNT("skip", NULL),
	COUNT("limit", NULL),
	{ .name = "items", .type = FIELD_LIST, .fields = input_items },
	{},
};

#define SCOPES_HELP "Of read, submit, cancel, admin, agent, metrics, with commas between"
const struct field schema_key_new[] = {
	{ .name = "name", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .min = 1, .max = 100 },
	{ .name = "organization",
	  .type = FIELD_TEXT,
	  .pattern = "^[a-z0-9][a-z0-9._-]{0,63}$",
	  .help = "Default: that of whoever asks" },
	{ .name = "scopes",
	  .type = FIELD_TEXT,
	  .fallback = "\"read,submit,cancel\"",
	  .pattern = "^(read|submit|cancel|admin|agent|metrics)(,(read|submit|cancel|admin|agent|"
		     "metrics))*$",
	  .help = SCOPES_HELP },
	{ .name = "expires_in_days",
	  .type = FIELD_INTEGER,
	  .min = 1,
	  .max = 3660,
	  .help = "Default: never" },
	{},
};
#define KEY                                                               \
	TEXT("id", NULL), TEXT("name", NULL), TEXT("organization", NULL), \
	    TEXT("scopes", SCOPES_HELP), TIME("created_at", NULL),        \
	    TIME_OR_NULL("expires_at", NULL)
const struct field schema_key_made[] = { KEY,
					 TEXT("key", "The key itself: it is told this once"),
					 {} };
static const struct field key_item[] = {
	KEY, TIME_OR_NULL("revoked_at", NULL), TIME_OR_NULL("last_used_at", NULL), {}
};
static const struct field key_items[] = { OBJECT("key", key_item, "ApiKey"), {} };
const struct field schema_key_list[] = {
	{ .name = "keys", .type = FIELD_LIST, .fields = key_items }, {}
};

const struct field schema_nothing[] = { {} };
const struct field schema_callback_secret[] = { TEXT("organization", NULL),
						TEXT("secret", NULL),
						{} };

const struct field schema_organisation[] = {
	{ .name = "analyses_per_period",
	  .type = FIELD_INTEGER,
	  .max = 1000000000,
	  .help = "0: no limit" },
	{ .name = "concurrent_jobs", .type = FIELD_INTEGER, .max = 100000, .help = "0: no limit" },
	{ .name = "priority", .type = FIELD_INTEGER, .max = 100 },
	{ .name = "period_days", .type = FIELD_INTEGER, .min = 1, .max = 3660 },
	{},
};

static const struct field audit_item[] = {
	TIME("at", NULL),
	TEXT("organization", NULL),
	TEXT("actor", NULL),
	TEXT("action", NULL),
	TEXT_OR_NULL("target", NULL),
	{ .name = "details", .type = FIELD_ANY },
	TEXT_OR_NULL("request_id", NULL),
	{},
};
static const struct field audit_items[] = { OBJECT("entry", audit_item, "AuditEntry"), {} };
const struct field schema_audit_list[] = {
	{ .name = "entries", .type = FIELD_LIST, .fields = audit_items }, {}
};

static const struct field check[] = { TEXT("status", NULL), TEXT("message", NULL), {} };
static const struct field workers_check[] = {
	TEXT("status", NULL), TEXT("message", NULL), COUNT("workers", "Of this server"), {}
};
static const struct field checks[] = { OBJECT("database", check, "HealthCheck"),
				       OBJECT("storage", check, "HealthCheck"),
				       OBJECT("celery", workers_check, "WorkersCheck"),
				       {} };
const struct field schema_health[] = {
	TEXT("status", "healthy or degraded"),
	TEXT("service", NULL),
	TEXT("version", NULL),
	TIME("timestamp", NULL),
	OBJECT("checks", checks, "HealthChecks"),
	TEXT("request_id", NULL),
	{},
};
const struct field schema_alive[] = { TEXT("status", NULL),
				      { .name = "warning",
					.type = FIELD_TEXT,
					.flags = FIELD_OPTIONAL,
					.help = "What the operator should know" },
				      {} };
const struct field schema_done[] = { TEXT("status", NULL), {} };
const struct field schema_backup[] = {
	{ .name = "path",
	  .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED,
	  .pattern = "^/.+$",
	  .max = 1024 },
	{},
};
const struct field schema_document[] = { { .name = "@context", .type = FIELD_ANY }, {} };

static const struct field fault_item[] = {
	TEXT("type", NULL),
	{ .name = "loc", .type = FIELD_LIST, .fields = any },
	TEXT("msg", NULL),
	{ .name = "input", .type = FIELD_ANY, .flags = FIELD_OPTIONAL },
	{ .name = "ctx", .type = FIELD_ANY, .flags = FIELD_OPTIONAL },
	{},
};
static const struct field fault_items[] = { OBJECT("fault", fault_item, "ValidationFault"), {} };
static const struct field error_details[] = {
	{ .name = "errors", .type = FIELD_LIST, .flags = FIELD_OPTIONAL, .fields = fault_items },
	{},
};
const struct field schema_error[] = {
	TEXT("error", "A stable code"),
	TEXT("message", NULL),
	OBJECT("details", error_details, "ErrorDetails"),
	TEXT_OR_NULL("request_id", NULL),
	{},
};

#define ID_PARAMETER(n)                                                                    \
	{                                                                                  \
		.name = (n), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .format = "uuid" \
	}
const struct field parameter_job[] = { ID_PARAMETER("job_id"), {} };
const struct field parameter_vex[] = { ID_PARAMETER("vex_id"), {} };
const struct field parameter_input[] = { ID_PARAMETER("id"), {} };
const struct field parameter_page[] = { { .name = "file",
					  .type = FIELD_TEXT,
					  .flags = FIELD_REQUIRED,
					  .pattern = "^[a-z.-]{1,32}$" },
					{} };
const struct field parameter_key[] = { { .name = "key_id",
					 .type = FIELD_TEXT,
					 .flags = FIELD_REQUIRED,
					 .pattern = "^[a-f0-9]{16}$" },
				       {} };
const struct field parameter_organisation[] = { { .name = "organization",
						  .type = FIELD_TEXT,
						  .flags = FIELD_REQUIRED,
						  .pattern = "^[a-z0-9][a-z0-9._-]{0,63}$" },
						{} };

const struct field header_idempotency[] = {
	{ .name = "Idempotency-Key",
	  .type = FIELD_TEXT,
	  .min = 1,
	  .max = 255,
	  .pattern = "^[ -~]+$",
	  .help = "The same key and body get the same reply for a day" },
	{},
};
const struct field header_last_event[] = {
	{ .name = "Last-Event-ID",
	  .type = FIELD_TEXT,
	  .pattern = "^[0-9]{1,18}$",
	  .help = "Continue behind this event" },
	{},
};

#define PAGE                                                                                   \
	{ .name = "skip", .type = FIELD_INTEGER, .max = 1000000000, .fallback = "0" },         \
	{                                                                                      \
		.name = "limit", .type = FIELD_INTEGER, .min = 1, .max = 200, .fallback = "50" \
	}
const struct field query_page[] = {
	PAGE,
	{ .name = "status_filter", .type = FIELD_TEXT, .words = job_state_names },
	{ .name = "cursor",
	  .type = FIELD_TEXT,
	  .pattern = "^[0-9]{1,15}_[0-9a-f-]{36}$",
	  .help = "From the Link header of the page before: stays in place while jobs are added" },
	{},
};
const struct field query_inputs[] = {
	PAGE,
	{ .name = "image_digest", .type = FIELD_TEXT, .pattern = DIGEST_PATTERN },
	{},
};
const struct field query_upload[] = {
	{ .name = "name", .type = FIELD_TEXT, .max = 200 },
	{ .name = "image_digest",
	  .type = FIELD_TEXT,
	  .pattern = DIGEST_PATTERN,
	  .help = "Which image it is about: analyses of it take it unless they name others" },
	{},
};
const struct field query_audit[] = {
	{ .name = "limit", .type = FIELD_INTEGER, .min = 1, .max = 1000, .fallback = "100" },
	{},
};
