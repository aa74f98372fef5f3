// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* s3.c — objects in a store that speaks S3. */
#include "server/s3.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "server/http_client.h"
#include "server/log.h"

#define IDLE_MAX 8
#define FIRST_PAUSE_MS 100
/* A store that gives or takes nothing for so long is gone. */
#define SILENCE_S 30
#define DIGEST_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct s3 {
	char *base;   /* ENDPOINT/BUCKET */
	char *prefix; /* "/PREFIX", or "" */
	char *user, *sigv4;
	pthread_mutex_t lock;
	struct http_client *idle[IDLE_MAX]; /* connections that are kept for the next call */
	size_t idle_count;
};

/* Beside an object: what it was put as. */
#define DIGEST_HEADER "x-amz-meta-sha256"

/* One object on its way. */
struct transfer {
	const char *method, *name; /* name "": the bucket */
	const char *digest;        /* of what is sent, or is to come */
	int fd;
	uint64_t send, received;
	struct digest *sum;
	unsigned status;
	int unwritable;              /* what came could not be, for this reason */
	char kept[DIGEST_HEX_BYTES]; /* whose content the store says that it is */
	char code[64], said[1024];   /* of an error: its code, and the beginning of its text */
};

/* Letters that stand for themselves in a path, so that the signature is about what is sent. */
static bool is_plain(const char *text, const char *more)
{
	for (; *text; text++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    *text) &&
		    !strchr(more, *text))
			return false;
	return true;
}

static int check_options(const struct s3_options *o, struct err *err)
{
	struct http_url url;

	if (!o->endpoint || http_url_parse(&url, o->endpoint, err) < 0 || url.has_user ||
	    strlen(o->endpoint) > 400)
		return err_set(err, EINVAL,
			       "S3 endpoint '%s' is no URL: say https://HOST or http://HOST:PORT",
			       o->endpoint ? o->endpoint : "");
	if (!o->bucket || strlen(o->bucket) < 3 || strlen(o->bucket) > 63 ||
	    !is_plain(o->bucket, ""))
		return err_set(err, EINVAL, "S3 bucket '%s' is no name of a bucket",
			       o->bucket ? o->bucket : "");
	if (!*o->region || !is_plain(o->region, "") || strlen(o->region) > 64)
		return err_set(err, EINVAL, "S3 region '%s' is no name of a region", o->region);
	if (!is_plain(o->prefix, "/") || strlen(o->prefix) > 200)
		return err_set(err, EINVAL,
			       "S3 prefix '%s' has characters besides letters, digits, '.', '_', "
			       "'-' and '/'",
			       o->prefix);
	if (!o->user || !strchr(o->user, ':') || *o->user == ':')
		return err_set(err, EINVAL,
			       "S3 needs credentials: S3_ACCESS_KEY and S3_SECRET_KEY, or a file "
			       "with KEY:SECRET");
	return 0;
}

static int read_line(char *line, size_t size, const char *path, struct err *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file || !fgets(line, (int)size, file))
		return err_set(err, EINVAL, "cannot read KEY:SECRET from '%s'", path);
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

int s3_find_user(char **ret, const char *path, struct err *err)
{
	const char *key = getenv("S3_ACCESS_KEY"), *secret = getenv("S3_SECRET_KEY");
	char line[512] = "";
	int r = 0;

	if (path)
		r = read_line(line, sizeof(line), path, err);
	else if (key && *key && secret && *secret)
		snprintf(line, sizeof(line), "%s:%s", key, secret);
	if (r == 0)
		*ret = *line ? strdup(line) : NULL;
	if (r == 0 && *line && !*ret)
		r = err_oom(err);
	explicit_bzero(line, sizeof(line));
	return r;
}

static char *join(const char *a, const char *b, const char *c)
{
	char *text;

	return asprintf(&text, "%s%s%s", a, b, c) < 0 ? NULL : text;
}

int s3_open(struct s3 **ret, const struct s3_options *o, struct err *err)
{
	struct s3 *s3;
	int r = check_options(o, err);

	if (r < 0)
		return r;
	s3 = calloc(1, sizeof(*s3));
	if (!s3)
		return err_oom(err);
	pthread_mutex_init(&s3->lock, NULL);
	s3->base = join(o->endpoint, "/", o->bucket);
	s3->prefix = join(*o->prefix ? "/" : "", o->prefix, "");
	s3->user = strdup(o->user);
	s3->sigv4 = join("aws:amz:", o->region, ":s3");
	if (!s3->base || !s3->prefix || !s3->user || !s3->sigv4) {
		s3_close(s3);
		return err_oom(err);
	}
	*ret = s3;
	return 0;
}

void s3_close(struct s3 *s3)
{
	if (!s3)
		return;
	for (size_t i = 0; i < s3->idle_count; i++)
		http_client_free(s3->idle[i]);
	pthread_mutex_destroy(&s3->lock);
	if (s3->user)
		explicit_bzero(s3->user, strlen(s3->user));
	free(s3->user);
	free(s3->base);
	free(s3->prefix);
	free(s3->sigv4);
	free(s3);
}

static int take_client(struct http_client **ret, struct s3 *s3, struct err *err)
{
	*ret = NULL;
	pthread_mutex_lock(&s3->lock);
	if (s3->idle_count)
		*ret = s3->idle[--s3->idle_count];
	pthread_mutex_unlock(&s3->lock);
	return *ret ? 0 : http_client_new(ret, err);
}

static void give_back(struct s3 *s3, struct http_client *client)
{
	pthread_mutex_lock(&s3->lock);
	if (s3->idle_count < IDLE_MAX) {
		s3->idle[s3->idle_count++] = client;
		client = NULL;
	}
	pthread_mutex_unlock(&s3->lock);
	http_client_free(client);
}

static int take_bytes(void *ctx, unsigned status, const char *bytes, size_t len)
{
	struct transfer *t = ctx;

	if (status != 200) {
		size_t room = sizeof(t->said) - 1 - strlen(t->said);

		strncat(t->said, bytes, len < room ? len : room);
		return 0;
	}
	t->received += len;
	digest_add(t->sum, bytes, len);
	for (ssize_t n; len; bytes += n, len -= (size_t)n) {
		n = write(t->fd, bytes, len);
		if (n < 0)
			return t->unwritable = -errno;
	}
	return 0;
}

/* <Error><Code>NoSuchKey</Code>…: a word, or nothing. */
static void find_code(struct transfer *t, const char *body)
{
	const char *at = strstr(body, "<Code>");

	*t->code = '\0';
	if (at)
		snprintf(
		    t->code, sizeof(t->code), "%.*s",
		    (int)strspn(at + 6,
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
		    at + 6);
}

static int ask_with(struct s3 *s3, struct http_client *client, struct transfer *t, const char *url,
		    struct err *err)
{
	char sum[96], kept[96];
	const bool puts = !strcmp(t->method, "PUT");
	const char *headers[] = { sum, puts ? kept : NULL,
				  t->send ? "Content-Type: application/octet-stream" : NULL, NULL };
	const struct http_call call = {
		.method = t->method,
		.url = url,
		.headers = headers,
		.body = puts && !t->send ? "" : NULL,
		.body_fd = t->fd,
		.body_len = puts ? t->send : 0,
		.answer_max = t->sum ? S3_OBJECT_MAX : 0,
		.timeout_ms = -1,
		.silence_s = SILENCE_S,
		.sigv4 = s3->sigv4,
		.user = s3->user,
		.take = t->sum ? take_bytes : NULL,
		.ctx = t,
	};
	struct http_answer answer = {};
	int r;

	snprintf(sum, sizeof(sum), "x-amz-content-sha256: %s",
		 puts ? t->digest : DIGEST_OF_NOTHING);
	snprintf(kept, sizeof(kept), DIGEST_HEADER ": %s", puts ? t->digest : "");
	*t->said = '\0';
	r = http_client_ask(&answer, client, &call, err);
	if (r < 0)
		return r;
	t->status = answer.status;
	*t->kept = '\0';
	http_answer_header(t->kept, sizeof(t->kept), &answer, DIGEST_HEADER);
	find_code(t, answer.body.bytes ? answer.body.bytes : t->said);
	http_answer_done(&answer);
	return 0;
}

static int once(struct s3 *s3, struct transfer *t, struct err *err)
{
	_cleanup_free_ char *path = join(s3->base, *t->name ? s3->prefix : "", *t->name ? "/" : "");
	_cleanup_free_ char *url = path ? join(path, t->name, "") : NULL;
	struct http_client *client;
	int r;

	if (!url)
		return err_oom(err);
	r = take_client(&client, s3, err);
	if (r < 0)
		return r;
	t->received = 0;
	t->status = 0;
	t->unwritable = 0;
	r = ask_with(s3, client, t, url, err);
	give_back(s3, client);
	return r;
}

static bool passes(int r, unsigned status)
{
	return r == -EAGAIN || r == -ETIMEDOUT || (r == 0 && http_status_passes(status));
}

static void pause_ms(int64_t ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* Until the store says something for good. prepare is called before each try but the first. */
static int persist(struct s3 *s3, struct transfer *t, int (*prepare)(struct transfer *t),
		   struct err *err)
{
	int64_t wait = FIRST_PAUSE_MS;
	int r = 0;

	for (int n = 0; n < S3_TRIES; n++, wait *= 4) {
		if (n) {
			pause_ms(wait / 4);
			if (prepare && (r = prepare(t)) < 0)
				return err_sys(err, -r, "cannot write");
		}
		r = once(s3, t, err);
		if (!passes(r, t->status))
			break;
		log_event(LOG_WARNING, "s3_again", log_text("method", t->method),
			  log_number("status", t->status), log_number("try", n + 1));
	}
	if (r < 0 && t->unwritable)
		return err_sys(err, -t->unwritable, "what the object store sends cannot be kept");
	return r < 0
		   ? err_prefix(err, passes(r, 0) ? -EAGAIN : r, "the object store cannot be asked")
		   : 0;
}

static int refused(const struct transfer *t, struct err *err)
{
	int code = t->status == 404       ? ENOENT
		   : t->status == 403     ? EACCES
		   : passes(0, t->status) ? EAGAIN
					  : EIO;

	return err_set(err, code, "the object store answers %s '%s' with status %u%s%s", t->method,
		       t->name, t->status, *t->code ? ", " : "", t->code);
}

int s3_check(struct s3 *s3, struct err *err)
{
	struct transfer t = { .method = "HEAD", .name = "", .fd = -1 };
	int r = once(s3, &t, err);

	if (r == 0 && t.status != 200)
		r = refused(&t, err);
	return r < 0 ? err_prefix(err, r, "%s", s3->base) : 0;
}

/* The store has held it against the digest that was signed with it; what was put without one is put again. */
static bool is_there(struct s3 *s3, const char *name, const char digest[DIGEST_HEX_BYTES])
{
	struct transfer t = { .method = "HEAD", .name = name, .fd = -1 };
	struct err err = {};

	return once(s3, &t, &err) == 0 && t.status == 200 && !strcmp(t.kept, digest);
}

int s3_put(struct s3 *s3, const char *name, int fd, uint64_t bytes,
	   const char digest[DIGEST_HEX_BYTES], struct err *err)
{
	struct transfer t = {
		.method = "PUT", .name = name, .fd = fd, .send = bytes, .digest = digest
	};
	int r;

	if (bytes > S3_OBJECT_MAX)
		return err_set(err, EFBIG, "an object of more than 5 GiB");
	if (is_there(s3, name, digest))
		return 0;
	r = persist(s3, &t, NULL, err);
	return r < 0 ? r : t.status == 200 ? 0 : refused(&t, err);
}

static int empty(struct transfer *t)
{
	struct err err = {};

	if (ftruncate(t->fd, 0) < 0 || lseek(t->fd, 0, SEEK_SET) < 0)
		return -errno;
	digest_free(t->sum);
	t->sum = NULL;
	return digest_new(&t->sum, &err);
}

/* What ends early or was damaged is asked for once more. */
static int get_once(struct s3 *s3, struct transfer *t, uint64_t *ret_bytes, struct err *err)
{
	char hex[DIGEST_HEX_BYTES];
	int r = empty(t);

	if (r < 0)
		return err_sys(err, -r, "cannot write");
	r = persist(s3, t, empty, err);
	if (r < 0)
		return r;
	if (t->status != 200)
		return refused(t, err);
	digest_end(t->sum, hex);
	if (!digest_equal(hex, t->digest))
		return err_set(err, EBADMSG, "the object store has another content under '%s'",
			       t->name);
	*ret_bytes = t->received;
	return 0;
}

int s3_get(struct s3 *s3, const char *name, int fd, uint64_t *ret_bytes,
	   const char digest[DIGEST_HEX_BYTES], struct err *err)
{
	struct transfer t = { .method = "GET", .name = name, .fd = fd, .digest = digest };
	int r = get_once(s3, &t, ret_bytes, err);

	if (r == -EBADMSG)
		r = get_once(s3, &t, ret_bytes, err);
	digest_free(t.sum);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(err, errno, "cannot read");
	return r == -EBADMSG ? -EIO : r;
}
