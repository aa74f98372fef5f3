// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* attestation_trace.c — the traces of a result as a runtime-trace predicate: a summary with its losses, and every digest. */
#include "analyzer/attestation_parts.h"

#include <string.h>

#include "analyzer/iri.h"
#include "analyzer/json.h"

#define NIL_HOST "urn:uuid:00000000-0000-0000-0000-000000000000" /* of a trace that names none */
#define PROCESS_TYPE "https://github.com/opencontainers/runtime-spec"

static void put_host(struct json_writer *w, cJSON *obj, const char *key, const cJSON *trace)
{
	const char *boot = json_string(trace, "boot_id");
	_cleanup_free_ char *uri = NULL;

	if (boot && asprintf(&uri, "urn:uuid:%s", boot) < 0) {
		uri = NULL;
		w->failed = true;
	}
	json_put_text(w, obj, key, uri && uri_is_valid(uri) ? uri : NIL_HOST);
}

static void copy(struct json_writer *w, cJSON *to, const cJSON *from, const char *key)
{
	const cJSON *item = json_get(from, key);
	cJSON *twin = item ? cJSON_Duplicate(item, true) : NULL;

	if (item && (!twin || !cJSON_AddItemToObject(to, key, twin))) {
		cJSON_Delete(twin);
		w->failed = true;
	}
}

static void push_trace(struct json_writer *w, cJSON *array, const cJSON *trace)
{
	static const char *const members[] = {
		"agent",        "kernel",       "backend",    "start",  "began",
		"complete",     "end_reason",   "ended_well", "units",  "window_s",
		"watched",      "losses",       "lost",       "capped", "counts",
		"image_digest", "container_id", "isolation",  "level"
	};
	cJSON *item = json_push_object(w, array);

	json_put_text(w, json_put_object(w, item, "digest"), "sha256",
		      json_string(trace, "sha256"));
	put_host(w, item, "host", trace);
	w->failed |= !json_add_fixed(item, "duration_seconds",
				     cJSON_GetNumberValue(json_get(trace, "duration_seconds")), 9);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		copy(w, item, trace, members[i]);
}

/* Of all traces together: what one lost, the whole lacks. */
static void put_losses(struct json_writer *w, cJSON *predicate, const cJSON *traces)
{
	cJSON *sums = json_put_object(w, predicate, "vexxy_losses");
	const cJSON *cause, *trace;
	uint64_t lost = 0;

	cJSON_ArrayForEach(cause, json_object(traces ? traces->child : NULL, "losses"))
	{
		uint64_t sum = 0;

		cJSON_ArrayForEach(trace, traces)
		{
			sum += json_u64(json_object(trace, "losses"), cause->string, 0);
		}
		json_put_u64(w, sums, cause->string, sum);
	}
	cJSON_ArrayForEach(trace, traces)
	{
		lost += json_u64(trace, "lost", 0);
	}
	json_put_u64(w, predicate, "vexxy_lost", lost);
}

static void put_monitor(struct json_writer *w, cJSON *predicate, const cJSON *first)
{
	const char *agent = json_string(first, "agent");
	cJSON *monitor = json_put_object(w, predicate, "monitor"), *policy;
	_cleanup_free_ char *type = NULL;

	if (asprintf(&type, "pkg:generic/vexxy-agent@%s", agent ? agent : "unknown") < 0)
		type = NULL;
	json_put_text(w, monitor, "type",
		      type && uri_is_valid(type) ? type : "pkg:generic/vexxy-agent");
	policy = json_put_object(w, monitor, "tracePolicy");
	copy(w, policy, first, "backend");
	copy(w, policy, first, "watched");
	copy(w, policy, first, "window_s");
}

/* A resource descriptor needs more than a name: here it is a URI below the container's root. */
static void put_uri(struct json_writer *w, cJSON *item, const char *path)
{
	_cleanup_free_ char *uri = malloc(3 * strlen(path) + 8);
	char *at;

	if (!uri) {
		w->failed = true;
		return;
	}
	at = stpcpy(uri, "file://");
	for (const unsigned char *c = (const unsigned char *)path; *c; c++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/+:@",
			   *c))
			*at++ = (char)*c;
		else
			at += snprintf(at, 4, "%%%02X", *c);
	*at = '\0';
	json_put_text(w, item, "uri", uri);
}

static void put_log(struct json_writer *w, cJSON *predicate, const cJSON *profile)
{
	cJSON *log = json_put_object(w, predicate, "monitorLog"), *array;
	const cJSON *item;

	array = json_put_array(w, log, "process");
	cJSON_ArrayForEach(item, json_array(profile, "programs"))
	{
		json_put_text(w, json_push_object(w, array), "program", cJSON_GetStringValue(item));
	}
	array = json_put_array(w, log, "network");
	cJSON_ArrayForEach(item, json_array(profile, "network_connections"))
	{
		cJSON *end = json_push_object(w, array);

		copy(w, end, item, "op");
		copy(w, end, item, "family");
		copy(w, end, item, "address");
		copy(w, end, item, "port");
	}
	array = json_put_array(w, log, "fileAccess");
	cJSON_ArrayForEach(item, json_array(profile, "loaded_libraries"))
	{
		const char *path = cJSON_GetStringValue(item);

		put_uri(w, json_push_object(w, array), path ? path : "");
	}
}

cJSON *attestation_trace_predicate(struct json_writer *w, const struct attestation_source *source)
{
	const cJSON *traces = json_array(source->report, "traces"), *trace;
	const cJSON *first = traces ? traces->child : NULL;
	cJSON *predicate = cJSON_CreateObject(), *process, *metadata, *array;
	char event[64];

	put_monitor(w, predicate, first);
	process = json_put_object(w, predicate, "monitoredProcess");
	put_host(w, process, "hostID", first);
	json_put_text(w, process, "type", PROCESS_TYPE);
	snprintf(event, sizeof(event), "%d recorded", cJSON_GetArraySize(traces));
	json_put_text(w, process, "event", event);
	put_log(w, predicate, json_object(source->report, "execution_profile"));
	metadata = json_put_object(w, predicate, "metadata");
	json_put_optional(w, metadata, "buildStartedOn", json_string(first, "start"));
	json_put_optional(w, metadata, "buildFinishedOn", json_string(source->report, "timestamp"));
	put_losses(w, predicate, traces);
	array = json_put_array(w, predicate, "vexxy_traces");
	cJSON_ArrayForEach(trace, traces)
	{
		push_trace(w, array, trace);
	}
	return predicate;
}
