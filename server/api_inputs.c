// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_inputs.c — SBOMs, reports and advisories: uploaded, kept, shown. */
#include <fcntl.h>
#include <string.h>

#include "server/api.h"
#include "server/app.h"
#include "server/auth.h"
#include "server/clock.h"
#include "server/input_check.h"
#include "server/json_out.h"
#include "server/store.h"

static void put_input(struct json_out *out, const struct input *input)
{
	json_out_open(out, NULL, '{');
	json_out_text(out, "id", input->id);
	json_out_text(out, "kind", input->kind);
	json_out_text(out, "name", input->name);
	json_out_text(out, "digest", input->digest);
	json_out_int(out, "bytes", input->bytes);
	json_out_text(out, "format", input->format);
	json_out_text(out, "image_digest", input->image_digest);
	json_out_time(out, "created_at", input->created_ms);
	json_out_close(out, '}');
}

static int keep(struct request *request, struct input *input, struct err *err)
{
	struct upload *up = &request->upload;
	int r = blobs_adopt(request->app->blobs, up->path, up->hex, err);

	if (r < 0)
		return r;
	cleanup_close(&up->fd);
	up->fd = -1;
	up->path[0] = '\0';
	return store_input_add(request->app->db, input, err);
}

static int upload(struct request *request, const char *kind, struct err *err)
{
	struct upload *up = &request->upload;
	struct json_out out = {};
	const char *format = NULL;
	struct input input = { .kind = (char *)kind,
			       .org = request->principal.org,
			       .name = (char *)request_query(request, "name"),
			       .media = (char *)request_header(request, "Content-Type"),
			       .image_digest = (char *)request_query(request, "image_digest"),
			       .created_by = request->principal.actor,
			       .digest = up->hex,
			       .bytes = (int64_t)up->bytes,
			       .created_ms = clock_ms() };
	int r;

	request->blame = (struct fault_place){ .names = { "body" } };
	r = input_check(&format, kind, up->path, err);
	if (r < 0)
		return r;
	request->blame = (struct fault_place){};
	input.format = (char *)format;
	id_new(input.id, input.created_ms);
	r = keep(request, &input, err);
	if (r < 0)
		return r;
	auth_audit(request, "upload", input.id, NULL);
	put_input(&out, &input);
	reply_json(request, 201, &out.text);
	reply_header(request, "Location", "%s/%s", request->uri, input.id);
	return 0;
}

int api_upload_sbom(struct request *request, struct err *err)
{
	return upload(request, "sbom", err);
}

int api_upload_vulnerabilities(struct request *request, struct err *err)
{
	return upload(request, "vulnerabilities", err);
}

int api_upload_advisories(struct request *request, struct err *err)
{
	return upload(request, "advisories", err);
}

static int put_listed(void *ctx, const struct input *input)
{
	put_input(ctx, input);
	return 0;
}

static int list(struct request *request, const char *kind, struct err *err)
{
	int64_t skip = request_query_int(request, "skip", 0);
	int64_t limit = request_query_int(request, "limit", 50), total = 0;
	struct json_out out = {};
	int r;

	json_out_open(&out, NULL, '{');
	json_out_open(&out, "items", '[');
	r = store_input_list(&total, request->app->db, request->principal.org, kind,
			     request_query(request, "image_digest"), skip, limit, put_listed, &out,
			     err);
	json_out_close(&out, ']');
	json_out_int(&out, "total", total);
	json_out_int(&out, "skip", skip);
	json_out_int(&out, "limit", limit);
	json_out_close(&out, '}');
	if (r < 0)
		text_done(&out.text);
	else
		reply_json(request, 200, &out.text);
	return r;
}

int api_list_sboms(struct request *request, struct err *err)
{
	return list(request, "sbom", err);
}

int api_list_vulnerabilities(struct request *request, struct err *err)
{
	return list(request, "vulnerabilities", err);
}

int api_list_advisories(struct request *request, struct err *err)
{
	return list(request, "advisories", err);
}

/* As a download: whatever a stranger uploaded is never shown by a browser as a page of ours. */
static int get(struct request *request, const char *kind, struct err *err)
{
	struct input input = {};
	int r = store_input(&input, request->app->db, request->principal.org, kind,
			    request_path(request, 0), err);

	if (r == 0) {
		reply_header(request, "Content-Disposition", "attachment; filename=\"%s\"",
			     input.id);
		reply_digest(request, input.digest);
		if (!reply_etag(request, input.digest)) {
			r = blobs_get(&request->reply.fd, &request->reply.fd_bytes,
				      request->app->blobs, input.digest, err);
			request->reply.status = 200;
			request->reply.type = "application/octet-stream";
		}
	}
	input_done(&input);
	return r;
}

int api_get_sbom(struct request *request, struct err *err)
{
	return get(request, "sbom", err);
}

int api_get_vulnerabilities(struct request *request, struct err *err)
{
	return get(request, "vulnerabilities", err);
}

int api_get_advisories(struct request *request, struct err *err)
{
	return get(request, "advisories", err);
}
