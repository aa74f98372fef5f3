// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* outcome.c — from the analysis' report to the results that clients read. */
#include "server/outcome.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "server/json_in.h"
#include "server/json_out.h"

#define REPORT_BYTES_MAX (128u << 20)
#define WRITE_BYTES (1u << 20)

/* A value as it stands in the report, where it is of the kind that clients expect: of a text a quote, of a list a bracket. */
static void put_as_is(struct json_out *out, const char *key, struct json_part part,
		      const char *kinds, const char *otherwise)
{
	if (part.at && strchr(kinds, *part.at))
		json_out_part(out, key, part.at, part.len);
	else
		json_out_raw(out, key, otherwise);
}

#define TEXT "\""
#define NUMBER "-0123456789"

static void put_text(struct json_out *out, const char *key, struct json_part object,
		     const char *member)
{
	put_as_is(out, key, json_in_member(object, member), TEXT, "null");
}

static int64_t lost_events(struct json_part report)
{
	struct json_part traces = json_in_member(report, "traces"), trace;
	int64_t lost = 0;

	while ((trace = json_in_next(&traces)).at) {
		struct json_part n = json_in_member(trace, "lost");

		/* A number ends before what stands behind it. */
		if (n.at && strchr(NUMBER, *n.at) && n.len < 18)
			lost += strtoll(n.at, NULL, 10);
	}
	return lost;
}

static void put_profile(struct json_out *out, const struct outcome *o, struct json_part report)
{
	static const char *const lists[] = { "files_accessed", "syscalls", "network_connections",
					     "loaded_libraries", "programs" };
	struct json_part profile = json_in_member(report, "execution_profile");

	json_out_open(out, "execution_profile", '{');
	json_out_text(out, "sandbox_id", o->sandbox_id);
	put_as_is(out, "duration_seconds", json_in_member(profile, "duration_seconds"), NUMBER,
		  "0");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		put_as_is(out, lists[i], json_in_member(profile, lists[i]), "[", "[]");
	json_out_null(out, "code_coverage_percent");
	json_out_int(out, "lost_events", lost_events(report));
	json_out_close(out, '}');
}

static void put_verdict(struct json_out *out, struct json_part verdict)
{
	json_out_open(out, NULL, '{');
	put_text(out, "cve_id", verdict, "id");
	put_text(out, "status", verdict, "status");
	put_text(out, "justification", verdict, "justification");
	put_as_is(out, "confidence_score", json_in_member(verdict, "confidence"), NUMBER, "0");
	put_text(out, "reason", verdict, "reason");
	put_as_is(out, "vulnerable_files", json_in_member(verdict, "vulnerable_files"), "[", "[]");
	put_as_is(out, "executed_files", json_in_member(verdict, "executed_files"), "[", "[]");
	put_text(out, "rule", verdict, "rule");
	put_text(out, "package", verdict, "package");
	put_text(out, "version", verdict, "version");
	put_text(out, "purl", verdict, "purl");
	put_text(out, "severity", verdict, "severity");
	json_out_close(out, '}');
}

static void put_limitations(struct json_out *out, const struct outcome *o, struct json_part report)
{
	struct json_part gates = json_in_member(report, "gates"), gate;

	json_out_open(out, "limitations", '[');
	for (const char *const *at = o->limitations; *at; at++)
		json_out_text(out, NULL, *at);
	while ((gate = json_in_next(&gates)).at) {
		struct json_part text = json_in_member(gate, "text");

		if (!text.at)
			text = json_in_member(gate, "reason");
		if (*gate.at == '"')
			text = gate;
		if (text.at && *text.at == '"')
			json_out_part(out, NULL, text.at, text.len);
	}
	json_out_close(out, ']');
}

static int flush(struct json_out *out, int fd, size_t keep, struct err *err)
{
	ssize_t n = 0;

	if (out->text.failed)
		return err_oom(err);
	if (out->text.len <= keep)
		return 0;
	for (size_t done = 0; done < out->text.len; done += (size_t)n)
		if ((n = write(fd, out->text.bytes + done, out->text.len - done)) < 0)
			return err_sys(err, errno, "cannot write the results");
	out->text.len = 0;
	return 0;
}

static int put_verdicts(struct json_out *out, struct json_part report, int fd, struct err *err)
{
	struct json_part verdicts = json_in_member(report, "verdicts"), verdict;
	int r = 0;

	json_out_open(out, "reachability_results", '[');
	while (r == 0 && (verdict = json_in_next(&verdicts)).at) {
		put_verdict(out, verdict);
		r = flush(out, fd, WRITE_BYTES, err);
	}
	json_out_close(out, ']');
	return r;
}

static int put_results(struct json_out *out, const struct outcome *o, struct json_part report,
		       int fd, struct err *err)
{
	const struct job *job = o->job;
	int r;

	json_out_open(out, NULL, '{');
	json_out_text(out, "job_id", job->id);
	json_out_text(out, "status", "complete");
	json_out_text(out, "image_ref", job->image_ref);
	json_out_text(out, "image_digest", job->image_digest);
	put_profile(out, o, report);
	r = put_verdicts(out, report, fd, err);
	if (r < 0)
		return r;
	json_out_null(out, "security_findings");
	json_out_text(out, "generated_vex_id", o->has_vex ? job->vex_id : NULL);
	put_as_is(out, "summary", json_in_member(report, "summary"), "{", "{}");
	json_out_raw(out, "exercise", o->exercise ? o->exercise : "null");
	put_limitations(out, o, report);
	json_out_time(out, "created_at", job->created_ms);
	json_out_time(out, "completed_at", o->completed_ms);
	json_out_close(out, '}');
	return flush(out, fd, 0, err);
}

/* Whole, and with nothing beside its text: what wrote it may have been a stranger's by then. */
static int read_report(char **ret, size_t *ret_len, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size > REPORT_BYTES_MAX)
		return err_set(err, EFBIG, "'%s' is no file of at most %u MiB", path,
			       REPORT_BYTES_MAX >> 20);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return err_oom(err);
	while (len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

int outcome_write(const struct outcome *o, const char *path, struct err *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	struct json_part report = {}, verdicts;
	struct json_out out = {};
	size_t len = 0;
	int r = read_report(&text, &len, o->report_path, err);

	if (r == 0)
		r = err_prefix(err, json_in_check(&report, text, len, err), "'%s'", o->report_path);
	if (r < 0)
		return r;
	verdicts = json_in_member(report, "verdicts");
	if (!json_in_member(report, "vexxy_report").at || !verdicts.at || *verdicts.at != '[')
		return err_set(err, EBADMSG, "'%s' is no report of vexxy", o->report_path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	r = put_results(&out, o, report, fd, err);
	text_done(&out.text);
	return r;
}
