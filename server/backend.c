// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* backend.c — the operator's other service. */
#include "server/backend.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "server/http_client.h"
#include "server/input_check.h"
#include "server/log.h"

#define TIMEOUT_MS 20000
#define CONNECT_MS 5000

/* A document on its way. */
struct fetch {
	struct app *app;
	char path[PATH_MAX];
	int fd;
	struct digest *sum;
	int error;
};

static int take(void *ctx, unsigned status, const char *bytes, size_t len)
{
	struct fetch *f = ctx;

	if (status != 200)
		return 0;
	digest_add(f->sum, bytes, len);
	for (ssize_t n; len; bytes += n, len -= (size_t)n) {
		n = write(f->fd, bytes, len);
		if (n < 0) {
			f->error = errno;
			return -errno;
		}
	}
	return 0;
}

static int make_url(char **ret, const char *base, const char *id, struct err *err)
{
	size_t len = strlen(base);

	while (len && base[len - 1] == '/')
		len--;
	if (asprintf(ret, "%.*s/api/v1/sboms/%s", (int)len, base, id) < 0) {
		*ret = NULL;
		return err_oom(err);
	}
	return 0;
}

/* *ret_status, and what came in the file. */
static int ask(unsigned *ret_status, struct fetch *f, const char *id, struct err *err)
{
	const struct settings *s = f->app->settings;
	_cleanup_(http_client_freep) struct http_client *client = NULL;
	_cleanup_free_ char *url = NULL;
	struct http_answer answer = {};
	char key[512];
	const char *headers[] = { "Accept: application/json", NULL, NULL };
	struct http_call call = {
		.headers = headers,
		.answer_max = s->upload_mb << 20,
		.connect_ms = CONNECT_MS,
		.timeout_ms = TIMEOUT_MS,
		.take = take,
		.ctx = f,
	};
	int r = make_url(&url, s->backend_url, id, err);

	r = r ? r : http_client_new(&client, err);
	if (r < 0)
		return r;
	call.url = url;
	if (s->backend_key && *s->backend_key) {
		snprintf(key, sizeof(key), "X-API-Key: %s", s->backend_key);
		headers[1] = key;
	}
	r = http_client_ask(&answer, client, &call, err);
	*ret_status = answer.status;
	http_answer_done(&answer);
	explicit_bzero(key, sizeof(key));
	return r;
}

static int judge(int r, unsigned status, const struct fetch *f, const char *id, struct err *err)
{
	if (f->error)
		return err_sys(err, f->error, "cannot write '%s'", f->path);
	if (r == -EFBIG)
		return err_set(err, EINVAL, "sbom '%s' at the backend is larger than %llu MiB", id,
			       (unsigned long long)f->app->settings->upload_mb);
	if (r == 0 && status == 404)
		return err_set(err, ENOENT, "there is no sbom '%s', here or at the backend", id);
	if (r < 0)
		log_event(LOG_WARNING, "backend_failed", log_text("sbom_id", id),
			  log_text("reason", err->text));
	if (r < 0)
		return err_set(err, EREMOTEIO,
			       "the backend that may have sbom '%s' does not answer", id);
	if (status != 200)
		return err_set(err, EREMOTEIO,
			       "the backend that may have sbom '%s' answers with status %u", id,
			       status);
	return 0;
}

static int keep(struct backend_sbom *ret, struct fetch *f, const char *id, struct err *err)
{
	const char *format = NULL;
	int r = input_check(&format, "sbom", f->path, err);

	if (r == -EBADMSG)
		return err_prefix(err, -EINVAL, "sbom '%s' at the backend", id);
	if (r < 0)
		return r;
	digest_end(f->sum, ret->digest);
	ret->format = format;
	r = blobs_adopt(f->app->blobs, f->path, ret->digest, err);
	if (r == 0)
		*f->path = '\0';
	return r;
}

int backend_fetch_sbom(struct backend_sbom *ret, struct app *app, const char *id, struct err *err)
{
	struct fetch f = { .app = app };
	unsigned status = 0;
	int r;

	if (!app->settings->backend_url || !*app->settings->backend_url)
		return err_set(err, ENOENT, "there is no sbom '%s'", id);
	r = digest_new(&f.sum, err);
	if (r < 0)
		return r;
	snprintf(f.path, sizeof(f.path), "%s/backend.XXXXXX", blobs_incoming(app->blobs));
	f.fd = mkostemp(f.path, O_CLOEXEC);
	if (f.fd < 0) {
		digest_free(f.sum);
		return err_sys(err, errno, "cannot make '%s'", f.path);
	}
	r = ask(&status, &f, id, err);
	r = judge(r, status, &f, id, err);
	r = r ? r : keep(ret, &f, id, err);
	close(f.fd);
	digest_free(f.sum);
	if (*f.path)
		unlink(f.path);
	return r;
}
