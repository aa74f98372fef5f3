// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* The client of the Kubernetes API, held against replies as a real API server has given them, and against broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "server/clock.h"
#include "server/kube_status.h"
#include "server/kube_watch.h"
#include "tests/unit/replies_fixture.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
#define STREAM OK "Transfer-Encoding: chunked\r\n\r\n"
#define POD(rv, name) "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" rv "\"}}"
#define EVENT(type, rv, name) "{\"type\":\"" type "\",\"object\":" POD(rv, name) "}\n"
#define NOT_FOUND                                                                                  \
	"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"                                      \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","       \
	"\"message\":\"pods "                                                                      \
	"\\\"x\\\" not "                                                                           \
	"found\",\"reason\":\"NotFound\",\"details\":{\"name\":\"x\",\"kind\":\"pods\"},\"code\":" \
	"404}"                                                                                     \
	""

struct client {
	struct replies replies;
	struct kube_access *access;
	struct kube *kube;
	char seen[512];
	int ticks, ticks_max;
};

static void start(struct client *c, const char *const *list, const char *token)
{
	struct kube_config config = {};
	struct err err = {};

	memset(c, 0, sizeof(*c));
	replies_start(&c->replies, list);
	config.server = strdup(c->replies.url);
	config.token = token ? strdup(token) : NULL;
	assert_int_equal(kube_access_new(&c->access, &config, &err), 0);
	assert_int_equal(kube_open(&c->kube, c->access, &err), 0);
}

static void end(struct client *c)
{
	kube_close(c->kube);
	kube_access_free(c->access);
	replies_end(&c->replies);
}

static void what_it_says_becomes_an_error(void **state)
{
	static const char *const list[] = { NOT_FOUND, NULL };
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, "secret");
	assert_int_equal(kube_read(NULL, c.kube, "/api/v1/namespaces/a/pods/x", &err), -ENOENT);
	assert_string_equal(err.text, "the API server: NotFound: pods \"x\" not found");
	assert_non_null(
	    strstr(c.replies.requests[0], "GET /api/v1/namespaces/a/pods/x HTTP/1.1\r\n"));
	assert_non_null(strstr(c.replies.requests[0], "Authorization: Bearer secret\r\n"));
	assert_non_null(strstr(c.replies.requests[0], "User-Agent: vexxy-server/"));
	end(&c);
}

static void each_refusal_has_its_code(void **state)
{
	static const struct {
		unsigned status;
		const char *text;
		int code;
	} cases[] = {
		{ 409, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\",\"code\":409}", -EEXIST },
		{ 409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"code\":409}", -EBUSY },
		{ 403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403}", -EACCES },
		{ 401, "{\"kind\":\"Status\",\"reason\":\"Unauthorized\",\"code\":401}", -EPERM },
		{ 410, "{\"kind\":\"Status\",\"reason\":\"Expired\",\"code\":410}", -ERANGE },
		{ 422, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"code\":422}", -EINVAL },
		{ 429, "Too many requests, please try again later.\n", -EAGAIN },
		{ 503, "", -EAGAIN },
		{ 302, "<html>", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = {};

		assert_int_equal(kube_status_refusal(cases[i].status, cases[i].text,
						     strlen(cases[i].text), &err),
				 cases[i].code);
		assert_true(err.text[0]);
	}
}

static void what_is_wrong_with_an_object_is_told(void **state)
{
	static const char text[] =
	    "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"Job.batch \\\"a\\\" is "
	    "invalid\",\"reason\":"
	    "\"Invalid\",\"details\":{\"causes\":[{\"reason\":\"FieldValueInvalid\",\"message\":"
	    "\"must be "
	    "greater than 0\",\"field\":\"spec.activeDeadlineSeconds\"}]},\"code\":422}";
	struct err err = {};

	(void)state;
	assert_int_equal(kube_status_refusal(422, text, strlen(text), &err), -EINVAL);
	assert_string_equal(err.text, "the API server: Invalid: Job.batch \"a\" is invalid; "
				      "spec.activeDeadlineSeconds: must be greater than 0");
}

static void who_is_too_busy_is_asked_again_when_it_says(void **state)
{
	static const char *const list[] = {
		"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 4\r\n"
		"Connection: close\r\n\r\nbusy",
		OK "Content-Length: 2\r\n\r\n{}", NULL
	};
	int64_t begun = clock_steady_ms();
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, NULL);
	/* Also a POST: a refusal says that nothing was done. */
	assert_int_equal(kube_create(NULL, c.kube, "/x", "{}", &err), 0);
	assert_int_equal(c.replies.asked, 2);
	assert_true(clock_steady_ms() - begun >= 1000);
	end(&c);
}

static void what_broke_off_is_asked_again_but_not_twice_done(void **state)
{
	static const char *const list[] = { "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"a\":",
					    "HTTP/1.1 200 OK\r\nContent-Len",
					    OK "Content-Length: 2\r\n\r\n{}",
					    "HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{",
					    "HTTP/1.1 201 Created\r\nContent-Len",
					    NULL };
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, NULL);
	assert_int_equal(kube_read(NULL, c.kube, "/x", &err), 0);
	assert_int_equal(c.replies.asked, 3);
	assert_int_equal(kube_create(NULL, c.kube, "/x", "{}", &err), -EIO);
	assert_int_equal(kube_create(NULL, c.kube, "/x", "{}", &err), -EIO);
	assert_int_equal(c.replies.asked, 5);
	end(&c);
}

static void a_reply_over_the_limit_is_refused(void **state)
{
	static const char *const list[] = { OK
					    "Content-Length: 20\r\n\r\n{\"a\":\"bbbbbbbbbbbbbb\"}",
					    NULL };
	const struct kube_call call = { .path = "/x", .reply_max = 10 };
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, NULL);
	assert_int_equal(kube_ask(NULL, NULL, c.kube, &call, &err), -EFBIG);
	end(&c);
}

static int collect(void *ctx, const cJSON *item, struct err *err)
{
	struct client *c = ctx;

	(void)err;
	strcat(c->seen, json_in_text(json_in_get(item, "metadata"), "name"));
	return 0;
}

static void a_list_is_read_page_by_page_and_again_when_a_page_expired(void **state)
{
	static const char *const list[] = {
		OK "\r\n{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"a+b/"
		   "c=\"},\"items\":[" POD("1", "a") "]}",
		"HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\n"
		"{\"kind\":\"Status\",\"reason\":\"Expired\",\"code\":410,\"message\":\"The "
		"provided continue "
		"parameter is too old\"}",
		OK
		"\r\n{\"metadata\":{\"resourceVersion\":\"8\",\"continue\":\"x\"},\"items\":[" POD(
		    "1", "b") "]}",
		OK "\r\n{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" POD("1", "c") "]}",
		NULL
	};
	_cleanup_free_ char *version = NULL;
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, NULL);
	assert_int_equal(kube_each(&version, c.kube, "/pods", "a=b,c", collect, &c, &err), 0);
	assert_string_equal(c.seen, "abc");
	assert_string_equal(version, "9");
	assert_non_null(
	    strstr(c.replies.requests[0], "GET /pods?limit=100&labelSelector=a%3Db%2Cc HTTP"));
	assert_non_null(strstr(c.replies.requests[1], "&continue=a%2Bb%2Fc%3D HTTP"));
	assert_null(strstr(c.replies.requests[2], "continue"));
	end(&c);
}

static int note(void *ctx, enum kube_event event, const cJSON *object, struct err *err)
{
	static const char letters[] = "[=]+-";
	const char *name = json_in_text(json_in_get(object, "metadata"), "name");
	struct client *c = ctx;
	size_t len = strlen(c->seen);

	(void)err;
	snprintf(c->seen + len, sizeof(c->seen) - len, "%c%s", letters[event], name ? name : "");
	return name && !strcmp(name, "last");
}

#define PODS(rv, items) \
	OK "\r\n{\"metadata\":{\"resourceVersion\":\"" rv "\"},\"items\":[" items "]}"

static void watch(struct client *c, const char *const *list)
{
	struct kube_watch watch = { "/pods", "a", note, c };
	struct err err = {};

	start(c, list, NULL);
	assert_int_equal(kube_watch(c->kube, &watch, &err), 0);
}

static void a_watch_goes_on_where_it_ended_or_broke_off(void **state)
{
	static const char *const list[] = {
		PODS("5", POD("4", "a")),
		/* It ends after some minutes, as it was asked to; a bookmark counts. */
		OK "\r\n{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"6\"}"
		   "}}\n",
		OK "\r\n" EVENT("MODIFIED", "7", "b"),
		/* The API server is killed in the middle of a line. */
		STREAM "ffff\r\n" EVENT("ADDED", "8", "c") "{\"type\":\"DEL",
		STREAM "ffff\r\n" EVENT("DELETED", "9", "a") EVENT("ADDED", "10", "last"), NULL
	};
	struct client c;

	(void)state;
	watch(&c, list);
	assert_string_equal(c.seen, "[=a]+b+c-a+last");
	assert_non_null(strstr(c.replies.requests[1], "GET /pods?watch=1&"));
	assert_non_null(strstr(c.replies.requests[1], "&resourceVersion=5 "));
	assert_non_null(strstr(c.replies.requests[2], "&resourceVersion=6 "));
	assert_non_null(strstr(c.replies.requests[3], "&resourceVersion=7 "));
	assert_non_null(strstr(c.replies.requests[4], "&resourceVersion=8 "));
	end(&c);
}

static void a_version_that_is_too_old_is_listed_again(void **state)
{
	static const char *const list[] = {
		PODS("5", POD("4", "a")),
		/* As a real API server says it: HTTP 200, and an event. */
		STREAM "ffff\r\n{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":"
		       "\"v1\",\"metadata\":"
		       "{},\"status\":\"Failure\",\"message\":\"too old resource version: 1 "
		       "(236)\",\"reason\":"
		       "\"Expired\",\"code\":410}}\n",
		PODS("20", POD("19", "b")),
		"HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\n{\"kind\":\"Status\",\"code\":410}",
		PODS("30", POD("29", "last")), NULL
	};
	struct client c;

	(void)state;
	watch(&c, list);
	assert_string_equal(c.seen, "[=a][=b][=last");
	end(&c);
}

static void what_is_no_event_breaks_a_watch_off(void **state)
{
	static const char *const list[] = { PODS("5", ""),
					    OK "\r\nhello\n",
					    OK "\r\n{\"type\":1}\n",
					    OK "\r\n",
					    OK "\r\n" EVENT("ADDED", "6", "last"),
					    NULL };
	struct client c;

	(void)state;
	watch(&c, list);
	assert_string_equal(c.seen, "[]+last");
	end(&c);
}

static int stop_at_three(void *ctx, struct err *err)
{
	struct client *c = ctx;

	return ++c->ticks == 3 ? err_set(err, ECANCELED, "enough") : 0;
}

static void who_waits_is_asked_whether_to_go_on(void **state)
{
	static const char *const list[] = {
		"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nConnection: close\r\n\r\n",
		NULL
	};
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, NULL);
	kube_set_tick(c.kube, stop_at_three, &c);
	assert_int_equal(kube_read(NULL, c.kube, "/x", &err), -ECANCELED);
	assert_string_equal(err.text, "enough");
	end(&c);
}

static void what_may_not_be_read_is_no_matter_of_patience(void **state)
{
	static const char *const list[] = { "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n"
					    "{\"kind\":\"Status\",\"reason\":\"Forbidden\","
					    "\"message\":\"pods is forbidden\",\"code\":403}",
					    NULL };
	struct err err = {};
	struct client c;
	struct kube_watch watch = { "/pods", NULL, note, &c };

	(void)state;
	start(&c, list, NULL);
	assert_int_equal(kube_watch(c.kube, &watch, &err), -EACCES);
	assert_string_equal(err.text, "the API server: Forbidden: pods is forbidden");
	end(&c);
}

static void apply_and_delete_say_what_they_mean(void **state)
{
	static const char *const list[] = { OK "\r\n{}", OK "\r\n{}", NOT_FOUND, NULL };
	struct err err = {};
	struct client c;

	(void)state;
	start(&c, list, NULL);
	assert_int_equal(
	    kube_apply(c.kube, "/api/v1/namespaces/a", "{\"kind\":\"Namespace\"}", &err), 0);
	assert_int_equal(kube_delete(c.kube, "/jobs/a", "u-1", true, 5, &err), 0);
	assert_int_equal(kube_delete(c.kube, "/jobs/a", NULL, false, -1, &err), 0);
	assert_non_null(strstr(c.replies.requests[0],
			       "PATCH /api/v1/namespaces/a?fieldManager=vexxy-server&force=true&"
			       "fieldValidation=Strict HTTP"));
	assert_non_null(
	    strstr(c.replies.requests[0], "Content-Type: application/apply-patch+yaml\r\n"));
	assert_non_null(strstr(c.replies.requests[1], "DELETE /jobs/a HTTP"));
	assert_non_null(strstr(
	    c.replies.requests[1],
	    "\r\n\r\n{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":"
	    "\"Foreground\",\"gracePeriodSeconds\":5,\"preconditions\":{\"uid\":\"u-1\"}}"));
	assert_non_null(strstr(c.replies.requests[2], "\"propagationPolicy\":\"Background\"}"));
	end(&c);
}

static void a_token_that_was_renewed_is_read_when_the_old_one_is_refused(void **state)
{
	static const char *const list[] = {
		OK "\r\n{}",
		"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n"
		"{\"kind\":\"Status\",\"reason\":\"Unauthorized\",\"code\":401}",
		OK "\r\n{}", NULL
	};
	struct kube_config config = {};
	char path[] = "/tmp/vexxy-token.XXXXXX";
	struct err err = {};
	struct client c = {};
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "old\n", 4), 4);
	replies_start(&c.replies, list);
	config.server = strdup(c.replies.url);
	config.token_path = strdup(path);
	assert_int_equal(kube_access_new(&c.access, &config, &err), 0);
	assert_int_equal(kube_open(&c.kube, c.access, &err), 0);
	assert_int_equal(kube_read(NULL, c.kube, "/x", &err), 0);
	assert_int_equal(pwrite(fd, "new\n", 4, 0), 4);
	assert_int_equal(kube_read(NULL, c.kube, "/x", &err), 0);
	assert_non_null(strstr(c.replies.requests[0], "Bearer old\r\n"));
	assert_non_null(strstr(c.replies.requests[1], "Bearer old\r\n"));
	assert_non_null(strstr(c.replies.requests[2], "Bearer new\r\n"));
	end(&c);
	close(fd);
	unlink(path);
}

/* An API server with a certificate of its own; the port that it got. */
static FILE *serve_tls(const char *dir, unsigned *ret_port)
{
	char command[512], line[256];
	FILE *out;

	snprintf(command, sizeof(command),
		 "cd %s && for n in old new; do openssl req -x509 -newkey ec -pkeyopt "
		 "ec_paramgen_curve:P-256 -nodes -keyout $n.key -out $n.pem -days 9 -subj /CN=$n "
		 "-addext subjectAltName=IP:127.0.0.1 2>/dev/null || exit; done; echo '{}' >x; cp "
		 "old.pem ca.crt; exec timeout 60 openssl s_server -accept 127.0.0.1:0 -WWW -cert "
		 "new.pem "
		 "-key new.key -naccept 4 2>&1 </dev/null",
		 dir);
	out = popen(command, "re");
	assert_non_null(out);
	while (fgets(line, sizeof(line), out) && sscanf(line, "ACCEPT 127.0.0.1:%u", ret_port) != 1)
		;
	assert_true(*ret_port);
	return out;
}

static void an_authority_that_was_renewed_is_read_when_the_old_one_does_not_fit(void **state)
{
	char dir[] = "/tmp/vexxy-tls.XXXXXX", command[128];
	struct kube_config config = {};
	struct client c = {};
	struct err err = {};
	unsigned port = 0;
	FILE *server;

	(void)state;
	assert_non_null(mkdtemp(dir));
	server = serve_tls(dir, &port);
	assert_true(asprintf(&config.server, "https://127.0.0.1:%u", port) > 0);
	assert_true(asprintf(&config.token_path, "%s/x", dir) > 0);
	assert_true(asprintf(&config.ca_path, "%s/ca.crt", dir) > 0);
	assert_int_equal(kube_access_new(&c.access, &config, &err), 0);
	assert_int_equal(kube_open(&c.kube, c.access, &err), 0);
	assert_int_equal(kube_read(NULL, c.kube, "/x", &err), -EPERM);
	snprintf(command, sizeof(command), "cp %s/new.pem %s/ca.crt", dir, dir);
	assert_int_equal(system(command), 0);
	if (kube_read(NULL, c.kube, "/x", &err) < 0)
		fail_msg("%s", err.text);
	kube_close(c.kube);
	kube_access_free(c.access);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	pclose(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_becomes_an_error),
		cmocka_unit_test(each_refusal_has_its_code),
		cmocka_unit_test(what_is_wrong_with_an_object_is_told),
		cmocka_unit_test(who_is_too_busy_is_asked_again_when_it_says),
		cmocka_unit_test(what_broke_off_is_asked_again_but_not_twice_done),
		cmocka_unit_test(a_reply_over_the_limit_is_refused),
		cmocka_unit_test(a_list_is_read_page_by_page_and_again_when_a_page_expired),
		cmocka_unit_test(a_watch_goes_on_where_it_ended_or_broke_off),
		cmocka_unit_test(a_version_that_is_too_old_is_listed_again),
		cmocka_unit_test(what_is_no_event_breaks_a_watch_off),
		cmocka_unit_test(who_waits_is_asked_whether_to_go_on),
		cmocka_unit_test(what_may_not_be_read_is_no_matter_of_patience),
		cmocka_unit_test(apply_and_delete_say_what_they_mean),
		cmocka_unit_test(
		    an_authority_that_was_renewed_is_read_when_the_old_one_does_not_fit),
		cmocka_unit_test(a_token_that_was_renewed_is_read_when_the_old_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
