// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_debuginfo.c — separate debug data from debuginfod servers, by build-id. */
#include "server/client/debuginfo.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "include/debuginfod.h"
#include "server/client/session.h"

#define HOPS_MAX 5
#define SILENCE_S 30
#define GIVE_UP_AFTER 3 /* times in a row that a server was not reached */
#define WORDS_BEFORE_URLS 4

struct source {
	const char *url;
	unsigned unreached; /* in a row */
};

struct fetching {
	struct http_client *http;
	const char *dir;
	char *ca;
	uint64_t limit;
	int64_t timeout_ms;
	struct source sources[DEBUGINFO_URLS_MAX];
	size_t source_count;
};

static void fetching_done(struct fetching *f)
{
	http_client_free(f->http);
	free(f->ca);
}

static int open_out(const struct fetching *f, const char *id)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", f->dir, id) >= sizeof(path))
		return -ENAMETOOLONG;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static void drop(const struct fetching *f, const char *id)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", f->dir, id) < sizeof(path))
		unlink(path);
}

struct sink {
	int fd, error;
};

/* What a refusal or a redirect says is nothing to keep. */
static int keep(void *ctx, unsigned status, const char *bytes, size_t len)
{
	struct sink *sink = ctx;
	ssize_t n;

	for (; status == 200 && len; bytes += n, len -= (size_t)n) {
		n = write(sink->fd, bytes, len);
		if (n < 0) {
			sink->error = errno;
			return -errno;
		}
	}
	return 0;
}

/* One GET, its body in the file. The status, or -errno with a reason. */
static int get(struct fetching *f, const char *url, const char *id, struct http_answer *answer,
	       struct err *err)
{
	/* Nothing that has to be unpacked: what comes is as large as it looks. */
	static const char *const headers[] = { "Accept-Encoding: identity", NULL };
	_cleanup_close_ int fd = open_out(f, id);
	struct sink sink = { .fd = fd };
	const struct http_call call = {
		.url = url,
		.headers = headers,
		.answer_max = f->limit,
		.timeout_ms = f->timeout_ms,
		.silence_s = SILENCE_S,
		.ca = f->ca,
		.take = keep,
		.ctx = &sink,
	};
	int r;

	if (fd < 0)
		return err_sys(err, -fd, "cannot write into '%s'", f->dir);
	r = http_client_ask(answer, f->http, &call, err);
	if (r < 0 && sink.error)
		return err_sys(err, sink.error, "cannot write into '%s'", f->dir);
	if (r == -EFBIG)
		return err_set(err, EFBIG, "it is larger than %" PRIu64 " MiB: see --limit-mb",
			       f->limit >> 20);
	return r < 0 ? r : (int)answer->status;
}

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where an answer sends to. What was asked for over TLS is not asked for without. */
static int follow(char **url, const struct http_answer *answer, struct err *err)
{
	char place[2048], *next = NULL;
	struct http_url from, to;
	int r;

	if (!http_answer_header(place, sizeof(place), answer, "Location"))
		return err_set(err, EPROTO, "a redirect that does not say where to");
	r = http_url_join(&next, *url, place, err);
	r = r ? r : http_url_parse(&from, *url, err);
	r = r ? r : http_url_parse(&to, next, err);
	if (r == 0 && !strcmp(from.scheme, "https") && strcmp(to.scheme, "https") != 0)
		r = err_set(err, EPROTO, "a redirect from https: to http: is not followed");
	if (r < 0) {
		free(next);
		return err->text[0] ? r : err_set(err, EPROTO, "a redirect to nowhere");
	}
	free(*url);
	*url = next;
	return 0;
}

/* The status in the end, or -errno with a reason. */
static int ask(struct fetching *f, const struct source *source, const char *id, struct err *err)
{
	int hops = 0, status = 0, r = 0;
	char *url = NULL;

	if (asprintf(&url, "%s/buildid/%s/debuginfo", source->url, id) < 0)
		return err_oom(err);
	do {
		struct http_answer answer = {};

		status = get(f, url, id, &answer, err);
		if (is_redirect(status))
			r = hops++ < HOPS_MAX
				? follow(&url, &answer, err)
				: err_set(err, ELOOP, "more than %d redirects", HOPS_MAX);
		http_answer_done(&answer);
	} while (is_redirect(status) && r == 0);
	free(url);
	return r < 0 ? r : status;
}

/* One server's word on one build-id: 1 it gave the file, 0 it has none, -errno with a reason. */
static int ask_source(struct fetching *f, struct source *source, const char *id, struct err *err)
{
	int r;

	if (source->unreached >= GIVE_UP_AFTER)
		return err_set(err, EAGAIN, "%s: not asked any more: it was not reached %d times",
			       source->url, GIVE_UP_AFTER);
	r = ask(f, source, id, err);
	source->unreached = r == -EAGAIN || r == -ETIMEDOUT ? source->unreached + 1 : 0;
	if (r == 200 || r == 404)
		return r == 200;
	if (r >= 0)
		r = err_set(err, EREMOTEIO, "it answers with status %d", r);
	return err_prefix(err, r, "%s", source->url);
}

static void say(const char *word, const char *text)
{
	printf("%s ", word);
	for (; *text; text++)
		putchar(iscntrl((unsigned char)*text) ? '?' : *text);
	putchar('\n');
}

/* The first that has it counts; what another said before it does not matter then. */
static void fetch(struct fetching *f, const char *id)
{
	struct err first = {};

	for (size_t i = 0; i < f->source_count; i++) {
		struct err err = {};
		int r = ask_source(f, &f->sources[i], id, &err);

		if (r > 0) {
			say("got", f->sources[i].url);
			return;
		}
		if (r < 0 && !first.text[0])
			first = err;
	}
	drop(f, id);
	if (first.text[0])
		say("failed", first.text);
	else
		puts("none");
}

static int add_source(struct fetching *f, char *url, struct err *err)
{
	struct http_url parts;
	size_t len = strlen(url);

	if (f->source_count == DEBUGINFO_URLS_MAX)
		return err_set(err, EINVAL, "more than %u servers", DEBUGINFO_URLS_MAX);
	if (http_url_parse(&parts, url, err) < 0)
		return err_set(err, EINVAL, "'%s' is no server: say http://HOST:PORT or https://…",
			       url);
	if (parts.has_user)
		return err_set(err, EINVAL,
			       "a server's URL has no user in it: others can read the words of a "
			       "command");
	while (len && url[len - 1] == '/')
		url[--len] = '\0';
	f->sources[f->source_count++].url = url;
	return 0;
}

static int begin(struct fetching *f, int argc, char **argv, struct err *err)
{
	int r;

	if (argc <= WORDS_BEFORE_URLS)
		return err_set(err, EINVAL, "started by 'vexxy symbols debuginfo'");
	f->dir = argv[0];
	f->limit = strtoull(argv[2], NULL, 10);
	f->timeout_ms = (int64_t)strtoul(argv[3], NULL, 10) * 1000;
	if (!f->limit || !f->timeout_ms)
		return err_set(err, EINVAL, "a limit is not a number");
	r = *argv[1] ? session_read_pem(&f->ca, argv[1], err) : 0;
	for (int i = WORDS_BEFORE_URLS; i < argc && r == 0; i++)
		r = add_source(f, argv[i], err);
	return r ? r : http_client_new(&f->http, err);
}

int debuginfo_run(int argc, char **argv, struct err *err)
{
	_cleanup_(fetching_done) struct fetching f = {};
	char line[DEBUGINFO_ID_MAX + 2];
	int r = begin(&f, argc, argv, err);

	while (r == 0 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!debuginfo_is_id(line))
			return err_set(err, EINVAL, "a line is no build-id");
		fetch(&f, line);
		if (fflush(stdout) != 0)
			return err_sys(err, errno, "cannot write");
	}
	return r;
}
