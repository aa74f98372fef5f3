// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* routes.c — the one table of what the server answers to. */
#include "server/routes.h"

#include <string.h>

#include "server/api.h"
#include "server/schemas.h"

#define JSON "application/json"
#define SUBMIT_BYTES_MAX (256u << 10)
#define SMALL_BYTES_MAX (16u << 10)

#define REPLIES(...)               \
	(const struct reply_def[]) \
	{                          \
		__VA_ARGS__, {}    \
	}
#define ROUTE_FILE (ROUTE_INLINE | ROUTE_ETAG | ROUTE_BLOB)
#define OF_JOB .tag = "analysis", .scopes = SCOPE_READ, .parameters = parameter_job
#define OSV_EXAMPLE \
	"[{\"id\":\"CVE-2099-0001\",\"modified\":\"2099-01-01T00:00:00Z\",\"affected\":[]}]"
#define FILE_OF(suffix, fn, media, what)                                          \
	{                                                                         \
		"GET", "/api/v1/analysis/{job_id}/" suffix, (fn), (what), OF_JOB, \
		    .flags = ROUTE_FILE, .conflict = true,                        \
		    .replies = REPLIES({ 200, (what), (media), NULL })            \
	}
#define INPUT_ROUTES(plural, upload, list, get, one, sample)                                          \
	{ "POST",                                                                                     \
	  "/api/v1/" plural,                                                                          \
	  (upload),                                                                                   \
	  "Upload " one,                                                                              \
	  "inputs",                                                                                   \
	  SCOPE_SUBMIT,                                                                               \
	  ROUTE_UPLOAD,                                                                               \
	  NULL,                                                                                       \
	  query_upload,                                                                               \
	  .replies = REPLIES({ 201, "It is kept", JSON, schema_input }),                              \
	  .example = (sample) },                                                                      \
	    { "GET",        "/api/v1/" plural,                                                        \
	      (list),       "What was uploaded",                                                      \
	      "inputs",     SCOPE_READ,                                                               \
	      ROUTE_INLINE, NULL,                                                                     \
	      query_inputs, .replies = REPLIES({ 200, "A page of them", JSON, schema_input_list }) }, \
	{                                                                                             \
		"GET", "/api/v1/" plural "/{id}", (get), "The content of " one, "inputs",             \
		    SCOPE_READ, ROUTE_FILE, parameter_input,                                          \
		    .replies =                                                                        \
			REPLIES({ 200, "As it was uploaded", "application/octet-stream", NULL })      \
	}

const struct route routes[] = {
	{ "POST", "/api/v1/analysis/submit", api_submit, "Submit an image for analysis", "analysis",
	  SCOPE_SUBMIT, .body = schema_submission, .body_schema = "AnalysisRequest",
	  .body_max = SUBMIT_BYTES_MAX, .conflict = true, .external = true,
	  .headers = header_idempotency,
	  .replies =
	      REPLIES({ 201, "It is queued, or was analysed already", JSON, schema_submitted }) },
	{ "GET", "/api/v1/analysis", api_list, "List analyses, newest first", "analysis",
	  SCOPE_READ, ROUTE_INLINE, .query = query_page,
	  .replies = REPLIES({ 200, "A page of them", JSON, schema_job_list }) },
	{ "GET", "/api/v1/analysis/{job_id}", api_status, "An analysis: its status", OF_JOB,
	  .flags = ROUTE_INLINE | ROUTE_ETAG,
	  .replies = REPLIES({ 200, "Its status", JSON, schema_status }) },
	{ "GET", "/api/v1/analysis/{job_id}/status", api_status, "How far an analysis is", OF_JOB,
	  .flags = ROUTE_INLINE | ROUTE_ETAG,
	  .replies = REPLIES({ 200, "Its status", JSON, schema_status }) },
	{ "GET", "/api/v1/analysis/{job_id}/results", api_results, "What an analysis found", OF_JOB,
	  .flags = ROUTE_FILE, .conflict = true,
	  .replies = REPLIES({ 200, "Its results", JSON, schema_results }) },
	{ "GET", "/api/v1/analysis/{job_id}/events", api_events,
	  "Progress as server-sent events; Last-Event-ID resumes", OF_JOB,
	  .headers = header_last_event,
	  .replies = REPLIES({ 200, "The stream", "text/event-stream", NULL }) },
	FILE_OF("vex", api_artifact_vex, JSON, "The OpenVEX document"),
	FILE_OF("sbom", api_artifact_sbom, JSON, "What was used at run time, as CycloneDX"),
	FILE_OF("evidence", api_artifact_evidence, "application/jsonl",
		"Signed evidence, as DSSE envelopes"),
	FILE_OF("report", api_artifact_report, JSON,
		"Every verdict with its rule, factors and evidence"),
	FILE_OF("inventory", api_artifact_inventory, JSON, "What is in the image, as CycloneDX"),
	FILE_OF("inputs", api_artifact_inputs, JSON, "Digests of all inputs, and the options"),
	FILE_OF("test-log", api_artifact_test_log, "text/plain", "What test_script said"),
	FILE_OF("container-log", api_artifact_container_log, "text/plain",
		"What the container said, where it ran in a cluster"),
	FILE_OF("bundle", api_artifact_bundle, JSON, "The signed VEX as a Sigstore bundle"),
	FILE_OF("kubescape-profile", api_artifact_kubescape_profile, JSON,
		"What Kubescape saw in the cluster, as it was compared"),
	FILE_OF("kubescape-sbom", api_artifact_kubescape_sbom, JSON,
		"Kubescape's SBOM of the image, where it was an input"),
	FILE_OF("kubescape-vulnerabilities", api_artifact_kubescape_vulnerabilities, JSON,
		"Kubescape's report of the image, where it was an input"),
	FILE_OF("kubescape-vex", api_artifact_kubescape_vex, JSON,
		"The OpenVEX document as an object of Kubescape's"),
	FILE_OF("trace", api_artifact_trace, "application/gzip", "The trace"),
	{ "DELETE", "/api/v1/analysis/{job_id}", api_cancel, "Cancel an analysis", "analysis",
	  SCOPE_CANCEL, .parameters = parameter_job, .conflict = true,
	  .replies =
	      REPLIES({ 200, "It is cancelled and its sandbox is gone", JSON, schema_cancelled },
		      { 202, "Its sandbox is being torn down", JSON, schema_cancelled }) },
	{ "GET", "/api/v1/vex/{vex_id}", api_vex, "A VEX document by its id", "vex", SCOPE_READ,
	  ROUTE_FILE, parameter_vex,
	  .replies = REPLIES({ 200, "OpenVEX", JSON, schema_document }) },
	INPUT_ROUTES("sboms", api_upload_sbom, api_list_sboms, api_get_sbom, "an SBOM",
		     "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[]}"),
	INPUT_ROUTES("vulnerabilities", api_upload_vulnerabilities, api_list_vulnerabilities,
		     api_get_vulnerabilities, "a scanner's report or OSV records", OSV_EXAMPLE),
	INPUT_ROUTES("advisories", api_upload_advisories, api_list_advisories, api_get_advisories,
		     "CVE → function records", OSV_EXAMPLE),
	{ "GET", "/api/v1/signing-key", api_signing_key,
	  "The public key that results are signed with", "vex", SCOPE_READ, 0,
	  .replies = REPLIES({ 200, "PEM", "application/x-pem-file", NULL }), .absent = true },
	{ "GET", "/api/v1/agents", api_agent_list, "The agents, by node", "agents", SCOPE_READ,
	  ROUTE_INLINE, .replies = REPLIES({ 200, "All of them", JSON, schema_agent_list }) },
	{ "POST", "/api/v1/agent/heartbeat", api_agent_heartbeat,
	  "An agent is there, and like this", "agents", SCOPE_AGENT, .body = schema_heartbeat,
	  .body_schema = "Heartbeat", .body_max = SMALL_BYTES_MAX,
	  .replies = REPLIES({ 200, "It is noted", JSON, schema_heartbeat_reply }) },
	{ "POST", "/api/v1/agent/missing", api_agent_missing, "Which contents are lacking here",
	  "agents", SCOPE_AGENT, .body = schema_missing, .body_schema = "Contents",
	  .body_max = SUBMIT_BYTES_MAX,
	  .replies = REPLIES({ 200, "Those", JSON, schema_missing_reply }) },
	{ "GET", "/api/v1/agent/functions/{job_id}", api_agent_functions,
	  "The functions that are to be watched in a sandbox", "agents", SCOPE_AGENT, ROUTE_BLOB,
	  parameter_job, query_functions, .conflict = true, .absent = true,
	  .replies = REPLIES({ 200, "Their list, as vexxy-agent reads it", "text/plain", NULL }) },
	{ "POST", "/api/v1/agent/uploads", api_agent_upload_begin,
	  "Begin to upload a trace or a file; the same again finds what was begun", "agents",
	  SCOPE_AGENT, .body = schema_upload_new, .body_schema = "UploadRequest",
	  .body_max = SMALL_BYTES_MAX, .conflict = true, .absent = true,
	  .replies = REPLIES({ 200, "It was begun before", JSON, schema_upload },
			     { 201, "It is begun", JSON, schema_upload }) },
	{ "GET", "/api/v1/agent/uploads/{upload_id}", api_agent_upload_status,
	  "How far an upload is", "agents", SCOPE_AGENT, ROUTE_INLINE, parameter_upload,
	  .replies = REPLIES({ 200, "So far", JSON, schema_upload }) },
	{ "PUT", "/api/v1/agent/uploads/{upload_id}", api_agent_upload_put,
	  "A piece; the same again changes nothing", "agents", SCOPE_AGENT, ROUTE_UPLOAD,
	  parameter_upload, query_piece, .body_max = AGENT_PIECE_BYTES_MAX, .conflict = true,
	  .replies = REPLIES({ 200, "It is there", JSON, schema_upload }) },
	{ "POST", "/api/v1/agent/uploads/{upload_id}/complete", api_agent_upload_complete,
	  "All of it was sent", "agents", SCOPE_AGENT, .parameters = parameter_upload,
	  .conflict = true,
	  .replies = REPLIES({ 200, "It is what its SHA-256 says", JSON, schema_upload }) },
	{ "POST", "/api/v1/keys", api_key_create, "Make an API key", "administration", SCOPE_ADMIN,
	  .body = schema_key_new, .body_schema = "ApiKeyRequest", .body_max = SMALL_BYTES_MAX,
	  .replies = REPLIES({ 201, "The key, told once", JSON, schema_key_made }) },
	{ "GET", "/api/v1/keys", api_key_list, "List API keys", "administration", SCOPE_ADMIN,
	  .replies = REPLIES({ 200, "All of them", JSON, schema_key_list }) },
	{ "DELETE", "/api/v1/keys/{key_id}", api_key_revoke, "Revoke an API key", "administration",
	  SCOPE_ADMIN, .parameters = parameter_key,
	  .replies = REPLIES({ 200, "It is valid no more", JSON, schema_done }) },
	{ "GET", "/api/v1/callback-secret", api_callback_secret,
	  "What callbacks to the organization are signed with", "administration", SCOPE_ADMIN,
	  .replies = REPLIES({ 200, "HMAC-SHA256 of TIMESTAMP.BODY under this secret", JSON,
			       schema_callback_secret }) },
	{ "GET", "/api/v1/audit", api_audit, "Who did what, newest first", "administration",
	  SCOPE_ADMIN, .query = query_audit,
	  .replies = REPLIES({ 200, "Entries", JSON, schema_audit_list }) },
	{ "PUT", "/api/v1/organizations/{organization}", api_organisation_set, "Set quotas",
	  "administration", SCOPE_ADMIN, ROUTE_HIDDEN | ROUTE_CONTROL, parameter_organisation,
	  .body = schema_organisation, .body_max = SMALL_BYTES_MAX,
	  .replies = REPLIES({ 200, "They hold", JSON, schema_done }) },
	{ "POST", "/api/v1/sweep", api_sweep, "Remove what is old enough", "administration",
	  SCOPE_ADMIN, ROUTE_HIDDEN | ROUTE_CONTROL | ROUTE_LENIENT, .body = schema_nothing,
	  .body_max = SMALL_BYTES_MAX, .replies = REPLIES({ 200, "How much it was", JSON, NULL }) },
	{ "POST", "/api/v1/backup", api_backup, "Copy the database", "administration", SCOPE_ADMIN,
	  ROUTE_HIDDEN | ROUTE_CONTROL, .body = schema_backup, .body_max = SMALL_BYTES_MAX,
	  .replies = REPLIES({ 200, "It is copied", JSON, schema_done }) },
	{ "GET", "/health", api_health, "Is the service well?", "health", 0, 0,
	  .replies = REPLIES({ 200, "It is", JSON, schema_health },
			     { 503, "It is degraded", JSON, schema_health }) },
	{ "GET", "/livez", api_livez, "Is the process alive?", "health", 0, ROUTE_INLINE,
	  .replies = REPLIES({ 200, "It is", JSON, schema_alive }) },
	{ "GET", "/readyz", api_readyz, "Will it take work?", "health", 0, 0,
	  .replies = REPLIES({ 200, "It will", JSON, schema_alive },
			     { 503, "Not now", JSON, schema_error }) },
	{ "GET", "/", api_page, "The web page", "documentation", 0, ROUTE_INLINE | ROUTE_HIDDEN,
	  .replies = REPLIES({ 200, "HTML", "text/html", NULL }) },
	{ "GET", "/page/{file}", api_page_file, "A part of the web page", "documentation", 0,
	  ROUTE_INLINE | ROUTE_HIDDEN, parameter_page,
	  .replies = REPLIES({ 200, "It", "text/plain", NULL }) },
	{ "GET", "/docs", api_docs, "Swagger UI", "documentation", 0, ROUTE_INLINE | ROUTE_HIDDEN,
	  .replies = REPLIES({ 200, "HTML", "text/html", NULL }), .absent = true },
	{ "GET", "/redoc", api_redoc, "ReDoc", "documentation", 0, ROUTE_INLINE | ROUTE_HIDDEN,
	  .replies = REPLIES({ 200, "HTML", "text/html", NULL }), .absent = true },
	{ "GET", "/docs/{file}", api_docs_file, "A part of them", "documentation", 0,
	  ROUTE_INLINE | ROUTE_HIDDEN, parameter_page,
	  .replies = REPLIES({ 200, "It", "text/plain", NULL }), .absent = true },
	{ "GET", "/openapi.json", api_openapi, "This description", "documentation", 0, ROUTE_INLINE,
	  .replies = REPLIES({ 200, "OpenAPI 3.1", JSON, NULL }) },
};
const size_t route_count = sizeof(routes) / sizeof(*routes);

/* Does the path have the template's form? Where values is not NULL, what stands for {…} is noted there. */
static bool path_matches(const char *template, const char *path, const char **values,
			 size_t *lengths)
{
	size_t n = 0, len;

	while (*template && *path) {
		if (*template != '{') {
			if (*template ++ != *path++)
				return false;
			continue;
		}
		len = strcspn(path, "/");
		if (!len)
			return false;
		values[n] = path;
		lengths[n++] = len;
		path += len;
		template += strcspn(template, "}") + 1;
	}
	return !*template && !*path;
}

static void decode_value(struct request *request, size_t n, const char *value, size_t len)
{
	free(request->path_values[n]);
	request->path_values[n] = strndup(value, len);
}

/* Is the path one that a row has as it is? Then no {…} stands for a part of it. */
static bool is_literal(const char *path)
{
	for (size_t i = 0; i < route_count; i++)
		if (!strcmp(routes[i].path, path))
			return !strchr(path, '{');
	return false;
}

const struct route *route_find(struct request *request, char ret_allow[64])
{
	const bool literal = is_literal(request->uri);
	const char *values[PATH_PARAMETERS_MAX] = {};
	size_t lengths[PATH_PARAMETERS_MAX] = {}, used = 0;

	*ret_allow = '\0';
	for (size_t i = 0; i < route_count; i++) {
		if (literal ? strcmp(routes[i].path, request->uri) != 0
			    : !path_matches(routes[i].path, request->uri, values, lengths))
			continue;
		used += (size_t)snprintf(ret_allow + used, 64 - used, "%s%s%s", used ? ", " : "",
					 routes[i].method,
					 strcmp(routes[i].method, "GET") ? "" : ", HEAD");
		if (strcmp(routes[i].method, request->method) != 0)
			continue;
		for (size_t n = 0;
		     n < PATH_PARAMETERS_MAX && values[n] && strchr(routes[i].path, '{'); n++)
			decode_value(request, n, values[n], lengths[n]);
		return &routes[i];
	}
	return NULL;
}
