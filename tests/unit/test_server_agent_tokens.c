// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Tokens of agents, against reviews as a real API server gives them: who is let in, for how long, and who is never asked about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "server/agent_tokens.h"
#include "server/clock.h"
#include "server/log.h"
#include "tests/unit/replies_fixture.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define CREATED \
	"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define VERSION OK "{\"gitVersion\":\"v1.35.4\"}"
#define REVIEW(status)                                                              \
	CREATED "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/" \
		"v1\",\"status\":" status "}"
#define USER(name, extra)                                            \
	"\"user\":{\"username\":\"system:serviceaccount:vexxy:" name \
	"\",\"uid\":\"6d\",\"groups\":["                             \
	"\"system:serviceaccounts\"],\"extra\":{" extra "}}"
#define POD_NAME "\"authentication.kubernetes.io/pod-name\":[\"vexxy-agent-x7\"]"
#define NODE_NAME "\"authentication.kubernetes.io/node-name\":[\"worker-1\"]"
#define AUDIENCES "\"audiences\":[\"vexxy\"]"
#define GOOD                                                  \
	REVIEW("{\"authenticated\":true," USER("vexxy-agent", \
					       POD_NAME "," NODE_NAME) "," AUDIENCES "}")

struct fixture {
	struct replies replies;
	struct settings settings;
	struct kube_cluster *cluster;
	struct agent_tokens *tokens;
	struct principal principal;
	char kubeconfig[64], token[1024];
	struct err err;
};

/* base64url (RFC 7515). */
static void encode(char *ret, const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned held = 0, bits = 0;

	for (; *text; text++) {
		held = held << 8 | (unsigned char)*text;
		for (bits += 8; bits >= 6; bits -= 6)
			*ret++ = digits[held >> (bits - 6) & 63];
	}
	if (bits)
		*ret++ = digits[held << (6 - bits) & 63];
	*ret = '\0';
}

/* A token that claims to be of that account, good for so long. */
static void make_token(char ret[1024], const char *subject, int64_t seconds)
{
	char claims[512], text[700];

	snprintf(claims, sizeof(claims),
		 "{\"aud\":[\"vexxy\"],\"exp\":%lld,\"sub\":\"%s\",\"kubernetes.io\":{}}",
		 (long long)(clock_ms() / 1000 + seconds), subject);
	encode(text, claims);
	snprintf(ret, 1024, "eyJhbGciOiJSUzI1NiJ9.%s.c2lnbmF0dXJl", text);
}

static void start(struct fixture *f, const char *const *list)
{
	char text[256];
	int fd;

	memset(f, 0, sizeof(*f));
	assert_int_equal(log_configure("error", "text", &f->err), 0);
	replies_start(&f->replies, list);
	snprintf(f->kubeconfig, sizeof(f->kubeconfig), "/tmp/vexxy-kubeconfig.XXXXXX");
	fd = mkstemp(f->kubeconfig);
	snprintf(text, sizeof(text),
		 "clusters: [{name: c, cluster: {server: '%s'}}]\ncontexts: [{name: x, context: "
		 "{cluster: c}}]\ncurrent-context: x\n",
		 f->replies.url);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	f->settings =
	    (struct settings){ .kubeconfig = f->kubeconfig, .kube_namespace = "vexxy-sandbox" };
	assert_int_equal(kube_cluster_open(&f->cluster, &f->settings, &f->err), 0);
	assert_int_equal(
	    agent_tokens_new(&f->tokens, f->cluster, "vexxy/vexxy-agent", "vexxy", &f->err), 0);
	make_token(f->token, "system:serviceaccount:vexxy:vexxy-agent", 3600);
}

static void end(struct fixture *f)
{
	agent_tokens_free(f->tokens);
	kube_cluster_close(f->cluster);
	unlink(f->kubeconfig);
	replies_end(&f->replies);
}

static int find(struct fixture *f, int64_t now_ms)
{
	return agent_tokens_find(&f->principal, f->tokens, f->token, now_ms, &f->err);
}

static int review(struct fixture *f, int64_t now_ms)
{
	return agent_tokens_review(&f->principal, f->tokens, f->token, now_ms, &f->err);
}

static void a_good_one_is_an_agents_of_its_node(void **state)
{
	static const char *const list[] = { VERSION, GOOD, NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_true(agent_tokens_is_meant(f.tokens, f.token));
	assert_int_equal(find(&f, 1000), -EINPROGRESS);
	assert_int_equal(review(&f, 1000), 0);
	assert_int_equal(f.principal.scopes, SCOPE_AGENT);
	assert_true(f.principal.is_agent && f.principal.everywhere);
	assert_string_equal(f.principal.node, "worker-1");
	assert_string_equal(f.principal.actor, "agent:worker-1");
	assert_non_null(
	    strstr(f.replies.requests[1], "POST /apis/authentication.k8s.io/v1/tokenreviews HTTP"));
	assert_non_null(strstr(f.replies.requests[1], f.token));
	assert_non_null(strstr(f.replies.requests[1], "\"audiences\":[\"vexxy\"]"));
	end(&f);
}

static void what_was_said_is_kept_for_a_minute(void **state)
{
	static const char *const list[] = { VERSION, GOOD, GOOD, NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(review(&f, 1000), 0);
	f.principal = (struct principal){};
	assert_int_equal(find(&f, 60999), 0);
	assert_string_equal(f.principal.node, "worker-1");
	assert_int_equal(review(&f, 60999), 0); /* nobody is asked */
	assert_int_equal(find(&f, 61000), -EINPROGRESS);
	assert_int_equal(review(&f, 61000), 0);
	assert_int_equal(f.replies.asked, 3);
	/* Another token of the same account is another. */
	f.token[strlen(f.token) - 1] ^= 1;
	assert_int_equal(find(&f, 61001), -EINPROGRESS);
	end(&f);
}

static void nothing_is_kept_longer_than_the_token_is_good(void **state)
{
	static const char *const list[] = { VERSION, GOOD, NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	make_token(f.token, "system:serviceaccount:vexxy:vexxy-agent", 20);
	assert_int_equal(review(&f, 1000), 0);
	assert_int_equal(find(&f, 15000), 0);
	assert_int_equal(find(&f, 21001), -EINPROGRESS);
	end(&f);
}

static void one_of_a_cluster_that_tells_no_node_has_none(void **state)
{
	static const char *const list[] = { VERSION,
					    REVIEW("{\"authenticated\":true," USER(
						"vexxy-agent", POD_NAME) "," AUDIENCES "}"),
					    NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(review(&f, 1000), 0);
	assert_string_equal(f.principal.node, "");
	assert_string_equal(f.principal.actor, "agent:vexxy-agent-x7");
	end(&f);
}

/* Of what the cluster says, each of these is a no; and that, too, is kept, for ten seconds. */
static void others_are_refused(void **state)
{
	static const char *const reviews[] = {
		REVIEW("{\"error\":\"[invalid bearer token, token audiences [\\\"vexxy\\\"] is "
		       "invalid for the target audiences]\",\"user\":{}}"),
		REVIEW("{\"authenticated\":false,\"user\":{}}"),
		REVIEW("{\"authenticated\":true," USER("default", "") "," AUDIENCES "}"),
		/* Nobody looked at the audience. */
		REVIEW("{\"authenticated\":true," USER("vexxy-agent", "") "}"),
		REVIEW(
		    "{\"authenticated\":true," USER("vexxy-agent", "") ",\"audiences\":[\"api\"]}"),
		REVIEW("{\"authenticated\":\"true\"," USER("vexxy-agent", "") "," AUDIENCES "}"),
		REVIEW("{}"),
		CREATED "[]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(reviews) / sizeof(*reviews); i++) {
		const char *const list[] = { VERSION, reviews[i], NULL };
		struct fixture f;

		start(&f, list);
		assert_int_equal(review(&f, 1000), -EACCES);
		assert_int_equal(f.principal.scopes, 0);
		assert_null(strstr(f.err.text, f.token));
		assert_int_equal(find(&f, 10999), -EACCES);
		assert_int_equal(find(&f, 11000), -EINPROGRESS);
		end(&f);
	}
}

/* That it cannot be said says nothing of the token: it is neither let in nor refused for good. */
static void a_cluster_that_does_not_answer_is_asked_again(void **state)
{
	static const char *const list[] = {
		VERSION,
		"HTTP/1.1 403 Forbidden\r\nConnection: "
		"close\r\n\r\n{\"kind\":\"Status\",\"reason\":"
		"\"Forbidden\",\"message\":\"tokenreviews.authentication.k8s.io is forbidden\","
		"\"code\":403}",
		CREATED "{\"kind\":", GOOD, NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(review(&f, 1000), -EAGAIN);
	assert_null(strstr(f.err.text, "forbidden"));
	assert_int_equal(find(&f, 1000), -EINPROGRESS);
	assert_int_equal(review(&f, 1000), -EAGAIN);
	assert_int_equal(f.principal.scopes, 0);
	assert_int_equal(review(&f, 1000), 0);
	end(&f);
}

static void what_does_not_claim_to_be_an_agents_is_not_asked_about(void **state)
{
	static const char *const list[] = { VERSION, NULL };
	static const char *const subjects[] = { "system:serviceaccount:vexxy:default",
						"system:serviceaccount:vexxy:vexxy-agent2", "" };
	static const char *const others[] = { "",   "vex_0_1",        "a.b", "a.b.c", "e30.e30.e30",
					      "..", "e30.e30.e30.e30" };
	struct fixture f;

	(void)state;
	start(&f, list);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
		make_token(f.token, subjects[i], 3600);
		assert_false(agent_tokens_is_meant(f.tokens, f.token));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(agent_tokens_is_meant(f.tokens, others[i]));
	make_token(f.token, "system:serviceaccount:vexxy:vexxy-agent", 3600);
	assert_false(agent_tokens_is_meant(NULL, f.token));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_an_agents_of_its_node),
		cmocka_unit_test(what_was_said_is_kept_for_a_minute),
		cmocka_unit_test(nothing_is_kept_longer_than_the_token_is_good),
		cmocka_unit_test(one_of_a_cluster_that_tells_no_node_has_none),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(a_cluster_that_does_not_answer_is_asked_again),
		cmocka_unit_test(what_does_not_claim_to_be_an_agents_is_not_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
