// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_results.c — what an analysis left: its results and its files. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "server/api.h"
#include "server/app.h"
#include "server/artifacts.h"
#include "server/json_out.h"
#include "server/store.h"

static void reply_not_complete(struct request *request, const struct job *job)
{
	struct json_out details = {};
	_cleanup_free_ char *text = NULL;
	char message[128];

	snprintf(message, sizeof(message), "the analysis is %s", job_state_names[job->state]);
	json_out_open(&details, NULL, '{');
	json_out_text(&details, "current_state", job_state_names[job->state]);
	json_out_text(&details, "required_state", "complete");
	json_out_optional(&details, "error_message", job->error);
	json_out_close(&details, '}');
	text = text_take(&details.text);
	reply_error(request, 409, "RESOURCE_CONFLICT", message, text);
}

/* A blob as the reply; what it is called never changes its content. */
static int reply_artifact(struct request *request, const struct job *job, const char *name,
			  const char *file, struct err *err)
{
	const struct artifact_kind *kind = artifact_kind_find(name);
	struct artifact artifact = {};
	int r = store_artifact(&artifact, request->app->db, job->id, name, err);

	if (r < 0)
		return r;
	reply_header(request, "Cache-Control", "private, immutable, max-age=31536000");
	if (file)
		reply_header(request, "Content-Disposition", "attachment; filename=\"%s\"", file);
	reply_digest(request, artifact.digest);
	if (!reply_etag(request, artifact.digest)) {
		r = blobs_get(&request->reply.fd, &request->reply.fd_bytes, request->app->blobs,
			      artifact.digest, err);
		request->reply.status = 200;
		request->reply.type = kind ? kind->media : "application/octet-stream";
	}
	artifact_done(&artifact);
	return r;
}

static int reply_of_job(struct request *request, const char *name, const char *file,
			struct err *err)
{
	_cleanup_job_ struct job job = {};
	int r = store_job(&job, request->app->db, request->principal.org, request_path(request, 0),
			  err);

	if (r < 0)
		return r;
	if (job.state != JOB_COMPLETE) {
		reply_not_complete(request, &job);
		return 0;
	}
	return reply_artifact(request, &job, name, file, err);
}

/* A log is of use where the analysis failed, and may be there then. */
static int reply_log(struct request *request, const char *name, const char *file, struct err *err)
{
	_cleanup_job_ struct job job = {};
	int r = store_job(&job, request->app->db, request->principal.org, request_path(request, 0),
			  err);

	if (r < 0)
		return r;
	if (job.state == JOB_COMPLETE)
		return reply_artifact(request, &job, name, file, err);
	r = job.state == JOB_FAILED ? reply_artifact(request, &job, name, file, err) : -ENOENT;
	if (r != -ENOENT)
		return r;
	reply_not_complete(request, &job);
	return 0;
}

int api_results(struct request *request, struct err *err)
{
	return reply_of_job(request, "results", NULL, err);
}

int api_artifact_vex(struct request *request, struct err *err)
{
	return reply_of_job(request, "vex", NULL, err);
}

int api_artifact_sbom(struct request *request, struct err *err)
{
	return reply_of_job(request, "sbom", NULL, err);
}

int api_artifact_evidence(struct request *request, struct err *err)
{
	return reply_of_job(request, "evidence", "evidence.intoto.jsonl", err);
}

int api_artifact_report(struct request *request, struct err *err)
{
	return reply_of_job(request, "report", NULL, err);
}

int api_artifact_inventory(struct request *request, struct err *err)
{
	return reply_of_job(request, "inventory", NULL, err);
}

int api_artifact_inputs(struct request *request, struct err *err)
{
	return reply_of_job(request, "inputs", NULL, err);
}

int api_artifact_test_log(struct request *request, struct err *err)
{
	return reply_log(request, "test-log", "test.log", err);
}

int api_artifact_container_log(struct request *request, struct err *err)
{
	return reply_log(request, "container-log", "container.log", err);
}

int api_artifact_bundle(struct request *request, struct err *err)
{
	return reply_of_job(request, "bundle", NULL, err);
}

int api_artifact_kubescape_profile(struct request *request, struct err *err)
{
	return reply_of_job(request, "kubescape-profile", NULL, err);
}

int api_artifact_kubescape_sbom(struct request *request, struct err *err)
{
	return reply_of_job(request, "kubescape-sbom", NULL, err);
}

int api_artifact_kubescape_vulnerabilities(struct request *request, struct err *err)
{
	return reply_of_job(request, "kubescape-vulnerabilities", NULL, err);
}

int api_artifact_kubescape_vex(struct request *request, struct err *err)
{
	return reply_of_job(request, "kubescape-vex", NULL, err);
}

int api_artifact_trace(struct request *request, struct err *err)
{
	return reply_of_job(request, "trace", "run.trace.gz", err);
}

/* KEY.pem has its public half beside it, in KEY.pub.pem. */
int api_signing_key(struct request *request, struct err *err)
{
	const char *path = request->app->settings->signing_path;
	size_t len = strlen(path);
	char public[PATH_BYTES + 8];
	struct stat st;

	if (len > 4 && !strcmp(path + len - 4, ".pem"))
		len -= 4;
	snprintf(public, sizeof(public), "%.*s.pub.pem", (int)len, path);
	request->reply.fd = open(public, O_RDONLY | O_CLOEXEC);
	if (request->reply.fd < 0 || fstat(request->reply.fd, &st) < 0)
		return err_set(err, ENOENT, "results are not signed: there is no public key here");
	request->reply.fd_bytes = (uint64_t)st.st_size;
	request->reply.status = 200;
	request->reply.type = "application/x-pem-file";
	return 0;
}

int api_vex(struct request *request, struct err *err)
{
	_cleanup_job_ struct job job = {};
	int r = store_job_by_vex(&job, request->app->db, request->principal.org,
				 request_path(request, 0), err);

	if (r == 0 && job.state != JOB_COMPLETE)
		r = -ENOENT;
	if (r == 0)
		r = reply_artifact(request, &job, "vex", NULL, err);
	return r == -ENOENT
		   ? err_set(err, ENOENT, "there is no VEX document '%s'", request_path(request, 0))
		   : r;
}
