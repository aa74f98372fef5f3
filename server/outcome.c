// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* outcome.c — from the analysis' report to the results that clients read. */
#include "server/outcome.h"

#include <fcntl.h>
#include <string.h>

#include "server/json_in.h"
#include "server/json_out.h"

#define REPORT_BYTES_MAX (256u << 20)

/* A member as it stands in the report: numbers keep their digits. */
static void put_as_is(struct json_out *out, const char *key, const cJSON *item,
		      const char *otherwise)
{
	_cleanup_free_ char *text = item ? cJSON_PrintUnformatted(item) : NULL;

	if (item && !text)
		out->text.failed = true;
	json_out_raw(out, key, text ? text : otherwise);
}

static int64_t lost_events(const cJSON *report)
{
	const cJSON *trace;
	int64_t lost = 0;

	cJSON_ArrayForEach(trace, json_in_get(report, "traces")) lost +=
	    json_in_int(trace, "lost", 0);
	return lost;
}

static void put_profile(struct json_out *out, const struct outcome *o, const cJSON *report)
{
	static const char *const lists[] = { "files_accessed", "syscalls", "network_connections",
					     "loaded_libraries", "programs" };
	const cJSON *profile = json_in_get(report, "execution_profile");

	json_out_open(out, "execution_profile", '{');
	json_out_text(out, "sandbox_id", o->sandbox_id);
	put_as_is(out, "duration_seconds", json_in_get(profile, "duration_seconds"), "0");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		put_as_is(out, lists[i], json_in_get(profile, lists[i]), "[]");
	json_out_null(out, "code_coverage_percent");
	json_out_int(out, "lost_events", lost_events(report));
	json_out_close(out, '}');
}

static void put_verdict(struct json_out *out, const cJSON *verdict)
{
	json_out_open(out, NULL, '{');
	json_out_text(out, "cve_id", json_in_text(verdict, "id"));
	json_out_text(out, "status", json_in_text(verdict, "status"));
	json_out_text(out, "justification", json_in_text(verdict, "justification"));
	put_as_is(out, "confidence_score", json_in_get(verdict, "confidence"), "0");
	json_out_text(out, "reason", json_in_text(verdict, "reason"));
	put_as_is(out, "vulnerable_files", json_in_get(verdict, "vulnerable_files"), "[]");
	put_as_is(out, "executed_files", json_in_get(verdict, "executed_files"), "[]");
	json_out_text(out, "rule", json_in_text(verdict, "rule"));
	json_out_text(out, "package", json_in_text(verdict, "package"));
	json_out_text(out, "version", json_in_text(verdict, "version"));
	json_out_text(out, "purl", json_in_text(verdict, "purl"));
	json_out_text(out, "severity", json_in_text(verdict, "severity"));
	json_out_close(out, '}');
}

static void put_limitations(struct json_out *out, const struct outcome *o, const cJSON *report)
{
	const cJSON *gate;

	json_out_open(out, "limitations", '[');
	for (const char *const *at = o->limitations; *at; at++)
		json_out_text(out, NULL, *at);
	cJSON_ArrayForEach(gate, json_in_get(report, "gates"))
	{
		const char *text =
		    cJSON_IsString(gate) ? gate->valuestring : json_in_text(gate, "text");

		json_out_optional(out, NULL, text ? text : json_in_text(gate, "reason"));
	}
	json_out_close(out, ']');
}

static void put_results(struct json_out *out, const struct outcome *o, const cJSON *report)
{
	const struct job *job = o->job;
	const cJSON *verdict;

	json_out_open(out, NULL, '{');
	json_out_text(out, "job_id", job->id);
	json_out_text(out, "status", "complete");
	json_out_text(out, "image_ref", job->image_ref);
	json_out_text(out, "image_digest", job->image_digest);
	put_profile(out, o, report);
	json_out_open(out, "reachability_results", '[');
	cJSON_ArrayForEach(verdict, json_in_get(report, "verdicts")) put_verdict(out, verdict);
	json_out_close(out, ']');
	json_out_null(out, "security_findings");
	json_out_text(out, "generated_vex_id", o->has_vex ? job->vex_id : NULL);
	put_as_is(out, "summary", json_in_get(report, "summary"), "{}");
	json_out_raw(out, "exercise", o->exercise ? o->exercise : "null");
	put_limitations(out, o, report);
	json_out_time(out, "created_at", job->created_ms);
	json_out_time(out, "completed_at", o->completed_ms);
	json_out_close(out, '}');
}

static int write_whole(const char *path, const struct text *text, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	for (; done < text->len; done += (size_t)n)
		if ((n = write(fd, text->bytes + done, text->len - done)) < 0)
			return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

int outcome_write(const struct outcome *o, const char *path, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *report = NULL;
	struct json_out out = {};
	int r = json_in_load(&report, o->report_path, REPORT_BYTES_MAX, err);

	if (r < 0)
		return r;
	if (!json_in_text(report, "vexxy_report") ||
	    !cJSON_IsArray(json_in_get(report, "verdicts")))
		return err_set(err, EBADMSG, "'%s' is no report of vexxy", o->report_path);
	put_results(&out, o, report);
	r = out.text.failed ? err_oom(err) : write_whole(path, &out.text, err);
	text_done(&out.text);
	return r;
}
