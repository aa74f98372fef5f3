// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* upload.c — requests to the server. The only user of libcurl. */
#include "agent/upload.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include <curl/curl.h>

#include "include/version.h"

#define REPLY_BYTES_MAX (256u << 10)
#define KEY_BYTES_MAX 8192
#define CONNECT_SECONDS 10L
/* Less than a kilobyte a second for so long is no connection. */
#define SLOW_SECONDS 60L
#define URL_BYTES 1024

struct upload {
	struct upload_options options;
	CURL *curl;
	bool unknown; /* who we are: the last reply said so */
};

struct exchange {
	const struct upload_request *request;
	uint64_t sent, saved;
	CURL *curl;
	char *body;
	size_t len;
};

int upload_open(struct upload **ret, const struct upload_options *options, struct err *err)
{
	_cleanup_(upload_closep) struct upload *upload = calloc(1, sizeof(*upload));

	if (strncmp(options->url, "http://", 7) != 0 && strncmp(options->url, "https://", 8) != 0)
		return err_set(err, EINVAL,
			       "--server: '%s' begins with neither http:// nor https://",
			       options->url);
	if (!upload)
		return err_oom(err);
	upload->options = *options;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	upload->curl = curl_easy_init();
	if (!upload->curl)
		return err_oom(err);
	*ret = take_ptr(upload);
	return 0;
}

void upload_close(struct upload *upload)
{
	if (!upload)
		return;
	curl_easy_cleanup(upload->curl);
	free(upload);
}

void upload_reply_done(struct upload_reply *reply)
{
	free(reply->body);
	*reply = (struct upload_reply){};
}

static size_t save_body(struct exchange *x, const char *bytes, size_t len)
{
	if (len > x->request->save_max - x->saved)
		return 0;
	for (size_t done = 0; done < len;) {
		ssize_t n =
		    pwrite(x->request->save_fd, bytes + done, len - done, (off_t)(x->saved + done));

		if (n <= 0)
			return 0;
		done += (size_t)n;
	}
	x->saved += len;
	return len;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t len = size * count;
	long status = 0;
	char *grown;

	if (x->request->save_fd > 0) {
		curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200)
			return save_body(x, bytes, len);
	}
	if (x->len + len > REPLY_BYTES_MAX)
		return 0;
	grown = realloc(x->body, x->len + len + 1);
	if (!grown)
		return 0;
	memcpy(grown + x->len, bytes, len);
	x->body = grown;
	x->len += len;
	x->body[x->len] = '\0';
	return len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	uint64_t left = x->request->bytes - x->sent;
	size_t want = size * count;
	ssize_t n;

	if (want > left)
		want = (size_t)left;
	n = pread(x->request->fd, bytes, want, (off_t)(x->request->offset + x->sent));
	/* A file that has become shorter must not be taken for one that was sent. */
	if (n < 0 || (n == 0 && want))
		return CURL_READFUNC_ABORT;
	x->sent += (uint64_t)n;
	return (size_t)n;
}

/* "Authorization: Bearer KEY" in front of the list; the key is the file's first word. */
static int add_key(struct curl_slist **list, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	static const char head[] = "Authorization: Bearer ";
	char line[KEY_BYTES_MAX + sizeof(head)];
	struct curl_slist *more;
	ssize_t n;

	memcpy(line, head, sizeof(head) - 1);
	n = fd < 0 ? -1 : read(fd, line + sizeof(head) - 1, KEY_BYTES_MAX);
	if (n < 0)
		return err_sys(err, errno, "the key '%s'", path);
	line[sizeof(head) - 1 + (size_t)n] = '\0';
	line[sizeof(head) - 1 + strcspn(line + sizeof(head) - 1, " \t\r\n")] = '\0';
	if (!line[sizeof(head) - 1])
		return err_set(err, EINVAL, "the key '%s' is empty", path);
	more = curl_slist_append(*list, line);
	explicit_bzero(line, sizeof(line));
	if (!more)
		return err_oom(err);
	*list = more;
	return 0;
}

static void set_tls(CURL *curl, const struct upload_options *o)
{
	if (o->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, o->ca);
	if (o->certificate)
		curl_easy_setopt(curl, CURLOPT_SSLCERT, o->certificate);
	if (o->certificate_key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, o->certificate_key);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
}

static void set_body(CURL *curl, struct exchange *x)
{
	const struct upload_request *r = x->request;

	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
	if (r->json || r->fd < 0) {
		if (r->json || strcmp(r->method, "GET") != 0)
			curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->json ? r->json : "");
		return;
	}
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(curl, CURLOPT_READDATA, x);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->bytes);
}

static void set_rest(CURL *curl, struct exchange *x, const char *url, struct curl_slist *headers)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "vexxy-agent/" VEXXY_VERSION);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
}

static int perform(struct upload_reply *ret, struct upload *upload, struct exchange *x,
		   struct err *err)
{
	char why[CURL_ERROR_SIZE] = "";
	curl_off_t after = 0;
	CURLcode code;

	curl_easy_setopt(upload->curl, CURLOPT_ERRORBUFFER, why);
	code = curl_easy_perform(upload->curl);
	curl_easy_setopt(upload->curl, CURLOPT_ERRORBUFFER, NULL);
	if (code != CURLE_OK) {
		free(x->body);
		return err_set(err, EHOSTUNREACH, "'%s': %s", upload->options.url,
			       *why ? why : curl_easy_strerror(code));
	}
	*ret = (struct upload_reply){ .body = x->body };
	curl_easy_getinfo(upload->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	if (curl_easy_getinfo(upload->curl, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0)
		ret->retry_after_s = after < 3600 ? (unsigned)after : 3600;
	return 0;
}

int upload_send(struct upload_reply *ret, struct upload *upload,
		const struct upload_request *request, struct err *err)
{
	struct curl_slist *headers =
	    curl_slist_append(NULL, request->json ? "Content-Type: application/json"
						  : "Content-Type: application/octet-stream");
	struct exchange x = { .request = request, .curl = upload->curl };
	char url[URL_BYTES];
	int r = headers ? 0 : err_oom(err);

	/* A reply that is never asked for 100 Continue comes a second earlier. */
	if (r == 0 && !curl_slist_append(headers, "Expect:"))
		r = err_oom(err);
	if (r == 0 && upload->options.key_file)
		r = add_key(&headers, upload->options.key_file, err);
	if (r == 0 && snprintf(url, sizeof(url), "%s%s", upload->options.url, request->path) >=
			  (int)sizeof(url))
		r = err_set(err, ENAMETOOLONG, "--server: '%s' is too long", upload->options.url);
	if (r == 0) {
		curl_easy_reset(upload->curl);
		set_tls(upload->curl, &upload->options);
		/* The connection has the certificate that was there when it was made. */
		if (upload->unknown && upload->options.certificate)
			curl_easy_setopt(upload->curl, CURLOPT_FRESH_CONNECT, 1L);
		set_body(upload->curl, &x);
		set_rest(upload->curl, &x, url, headers);
		r = perform(ret, upload, &x, err);
		upload->unknown = r == 0 && ret->status == 401;
	}
	curl_slist_free_all(headers);
	return r;
}
