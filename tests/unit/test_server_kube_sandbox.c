// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* One sandbox from its making to its end, against replies as a real API server gives them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "server/kube_sandbox.h"
#include "tests/unit/replies_fixture.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define STATUS(code, reason)                                                       \
	"HTTP/1.1 " #code                                                          \
	" X\r\nConnection: close\r\n\r\n{\"kind\":\"Status\",\"reason\":\"" reason \
	"\",\"message\":\"because\",\"code\":" #code "}"
#define VERSION OK "{\"gitVersion\":\"v1.35.4\"}"
/* Namespace, policy, quota, limits. */
#define WALLS OK "{}", OK "{}", OK "{}", OK "{}"
#define CREATED "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n{}"
#define NO_PODS OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}"
#define POD(state)                                                                              \
	"{\"metadata\":{\"name\":\"p\",\"uid\":\"u\",\"resourceVersion\":\"7\"},\"status\":{"   \
	"\"podIP\":\"127.0.0.1\",\"containerStatuses\":[{\"name\":\"target\",\"state\":{" state \
	"}}]}}"
#define EVENT(type, state) "{\"type\":\"" type "\",\"object\":" POD(state) "}\n"
#define RUNNING "\"running\":{\"startedAt\":\"2025-01-01T00:00:00Z\"}"

struct fixture {
	struct replies replies;
	struct settings settings;
	struct plan plan;
	struct job job;
	cJSON *config;
	struct sandbox sandbox;
	char kubeconfig[128];
	struct err err;
};

static void start(struct fixture *f, const char *const *list, const char *config)
{
	char text[256];
	int fd;

	memset(f, 0, sizeof(*f));
	replies_start(&f->replies, list);
	snprintf(f->kubeconfig, sizeof(f->kubeconfig), "/tmp/vexxy-kubeconfig.XXXXXX");
	fd = mkstemp(f->kubeconfig);
	snprintf(text, sizeof(text),
		 "clusters: [{name: c, cluster: {server: '%s'}}]\ncontexts: [{name: x, context: "
		 "{cluster: c}}]\ncurrent-context: x\n",
		 f->replies.url);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	f->settings = (struct settings){ .kubeconfig = f->kubeconfig,
					 .kube_namespace = "ns",
					 .gate_image = "agent:1",
					 .start_timeout_s = 1,
					 .kube_pods_max = 1 };
	f->plan.duration_s = 1;
	f->job = (struct job){ .id = "01900000-0000-7000-8000-000000000000",
			       .image_ref = (char *)"a",
			       .image_digest = (char *)"sha256:0",
			       .fence = 2 };
	f->config = cJSON_Parse(config);
	assert_int_equal(kube_cluster_open(&f->sandbox.cluster, &f->settings, &f->err), 0);
	assert_int_equal(kube_cluster_connect(&f->sandbox.kube, f->sandbox.cluster, &f->err), 0);
	kube_sandbox_name(f->sandbox.name, &f->job);
	f->sandbox.spec = (struct kube_sandbox){ .settings = &f->settings,
						 .server_id = "s1",
						 .job = &f->job,
						 .plan = &f->plan,
						 .config = f->config,
						 .name = f->sandbox.name,
						 .image = "a@sha256:0" };
}

static void end(struct fixture *f)
{
	kube_close(f->sandbox.kube);
	kube_cluster_close(f->sandbox.cluster);
	cJSON_Delete(f->config);
	unlink(f->kubeconfig);
	replies_end(&f->replies);
}

static void it_is_made_watched_and_taken_away(void **state)
{
	static const char *const list[] = {
		VERSION, WALLS, CREATED, NO_PODS,
		OK EVENT("ADDED", "\"waiting\":{\"reason\":\"ContainerCreating\"}")
		    EVENT("MODIFIED", RUNNING),
		/* Nothing changes until its time is over. */
		OK, OK, OK, OK, NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	assert_int_equal(sandbox_make(&f.sandbox, &f.err), 0);
	assert_int_equal(sandbox_follow(&f.sandbox, &f.err), 0);
	assert_int_equal(f.sandbox.pod.fate, POD_RUNNING);
	assert_non_null(strstr(f.replies.requests[1], "PATCH /api/v1/namespaces/ns?"));
	assert_non_null(
	    strstr(f.replies.requests[2],
		   "PATCH /apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/vexxy-deny?"));
	assert_non_null(
	    strstr(f.replies.requests[5],
		   "POST /apis/batch/v1/namespaces/ns/jobs?fieldValidation=Strict HTTP"));
	assert_non_null(strstr(f.replies.requests[6],
			       "labelSelector=vexxy.dev%2Fanalysis%3D01900000-0000-7000-8000-"
			       "000000000000%2Cvexxy.dev%2Fattempt%3D2"));
	end(&f);
}

static void it_is_gone_when_neither_job_nor_pod_is_there(void **state)
{
	static const char *const list[] = {
		VERSION,
		OK "{}",
		OK "{}",
		STATUS(404, "NotFound"),
		OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{}]}",
		STATUS(404, "NotFound"),
		NO_PODS,
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	f.sandbox.was_made = true;
	assert_int_equal(sandbox_end(&f.sandbox, 20000, &f.err), 0);
	assert_int_equal(f.replies.asked, 7);
	assert_non_null(strstr(f.replies.requests[1], "\"propagationPolicy\":\"Foreground\""));
	end(&f);
}

static void what_does_not_go_is_told(void **state)
{
	static const char *const list[] = { VERSION, OK "{}", OK "{}", OK "{}", OK "{}",
					    OK "{}", OK "{}", OK "{}", OK "{}", NULL };
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	f.sandbox.was_made = true;
	assert_int_equal(sandbox_end(&f.sandbox, 600, &f.err), -EBUSY);
	assert_non_null(strstr(f.err.text, "is still there after 0 s"));
	end(&f);
}

#define LOST_POD(type)                                                                       \
	"{\"metadata\":{\"name\":\"p\",\"uid\":\"u\",\"resourceVersion\":\"7\"," type "},"   \
	"\"spec\":{\"nodeName\":\"n1\"},\"status\":{\"phase\":\"Running\",\"conditions\":[{" \
	"\"type\":"                                                                          \
	"\"DisruptionTarget\",\"status\":\"True\",\"reason\":\"DeletionByTaintManager\"}],"  \
	"\"containerStatuses\":[{\"name\":\"target\",\"state\":{" RUNNING "}}]}}"
#define SILENT_POD                                                                           \
	"{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\"},\"status\":{"         \
	"\"conditions\":[{"                                                                  \
	"\"type\":\"Ready\",\"status\":\"False\"},{\"type\":\"ContainersReady\",\"status\":" \
	"\"True\"}],"                                                                        \
	"\"containerStatuses\":[{\"name\":\"target\",\"state\":{" RUNNING "}}]}}"
#define DELETING "\"deletionTimestamp\":\"2025-01-01T00:00:00Z\""

static void a_lost_node_is_told_behind_its_time(void **state)
{
	static const char *const list[] = {
		VERSION,
		OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[" POD(RUNNING) "]}",
		NO_PODS,
		STATUS(403, "Forbidden"),
		OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[" LOST_POD(DELETING) "]}",
		OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[" SILENT_POD "]}",
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	for (int n = 0; n < 3; n++) {
		struct err err = {};

		assert_false(sandbox_has_lost_node(&f.sandbox, &err));
		assert_string_equal(err.text, "");
	}
	assert_true(sandbox_has_lost_node(&f.sandbox, &f.err));
	assert_string_equal(f.err.text, "the node of the sandbox is gone, or gives up its pods "
					"(node n1): DeletionByTaintManager (node_lost)");
	assert_true(sandbox_has_lost_node(&f.sandbox, &f.err));
	assert_non_null(strstr(f.err.text, "(node n1): it does not report (node_lost)"));
	end(&f);
}

static void an_answer_that_was_lost_may_have_been_yes(void **state)
{
	static const char *const list[] = {
		VERSION,
		WALLS,
		"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{",
		STATUS(409, "AlreadyExists"),
		OK "{\"metadata\":{\"labels\":{\"vexxy.dev/server\":\"s1\"}}}",
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	assert_int_equal(sandbox_make(&f.sandbox, &f.err), 0);
	end(&f);
}

static int follow(struct fixture *f, const char *const *list)
{
	start(f, list, "{}");
	return sandbox_follow(&f->sandbox, &f->err);
}

static void an_image_that_cannot_be_had_ends_it_at_once(void **state)
{
	static const char *const list[] = {
		VERSION, NO_PODS,
		OK EVENT("ADDED",
			 "\"waiting\":{\"reason\":\"ErrImagePull\",\"message\":\"x: not found\"}"),
		NULL
	};
	struct fixture f;

	(void)state;
	assert_int_equal(follow(&f, list), -EIO);
	assert_string_equal(f.err.text,
			    "the image cannot be pulled: ErrImagePull: x: not found (image)");
	end(&f);
}

static void what_does_not_start_says_what_was_last_heard(void **state)
{
	static const char *const list[] = {
		VERSION,
		NO_PODS,
		OK,
		OK,
		OK "{\"items\":[{\"message\":\"exceeded quota: vexxy-sandbox\"}]}",
		NULL
	};
	struct fixture f;

	(void)state;
	assert_int_equal(follow(&f, list), -EAGAIN);
	assert_string_equal(f.err.text, "the sandbox did not start (waiting); last event: exceeded "
					"quota: vexxy-sandbox");
	end(&f);
}

static void the_deadline_is_told_from_a_stranger_s_delete(void **state)
{
	static const char *const deadline[] = { VERSION, NO_PODS,
						OK EVENT("MODIFIED", RUNNING)
						    EVENT("DELETED", RUNNING),
						OK "{\"status\":{\"conditions\":[{\"type\":"
						   "\"Failed\",\"reason\":\"DeadlineExceeded\"}]}}",
						NULL };
	static const char *const stranger[] = { VERSION, NO_PODS,
						OK EVENT("MODIFIED", RUNNING)
						    EVENT("DELETED", RUNNING),
						STATUS(404, "NotFound"), NULL };
	struct fixture f;

	(void)state;
	assert_int_equal(follow(&f, deadline), -ETIMEDOUT);
	assert_non_null(strstr(f.err.text, "(deadline)"));
	end(&f);
	assert_int_equal(follow(&f, stranger), -EAGAIN);
	assert_string_equal(f.err.text, "somebody deleted the sandbox (deleted)");
	end(&f);
}

static void so_is_a_lost_node(void **state)
{
	static const char *const list[] = {
		VERSION, NO_PODS,
		OK EVENT("MODIFIED",
			 RUNNING) "{\"type\":\"DELETED\",\"object\":" LOST_POD(DELETING) "}\n",
		NULL
	};
	struct fixture f;

	(void)state;
	assert_int_equal(follow(&f, list), -EAGAIN);
	assert_non_null(strstr(f.err.text, "(node n1): DeletionByTaintManager (node_lost)"));
	end(&f);
}

static void a_pod_that_is_missing_from_a_new_list_is_gone(void **state)
{
	static const char *const list[] = { VERSION,
					    NO_PODS,
					    OK EVENT("ADDED", "\"waiting\":{}"),
					    STATUS(410, "Expired"),
					    NO_PODS,
					    STATUS(404, "NotFound"),
					    NULL };
	struct fixture f;

	(void)state;
	assert_int_equal(follow(&f, list), -EAGAIN);
	assert_string_equal(f.err.text, "somebody deleted the sandbox (deleted)");
	end(&f);
}

/* A new list has one object for what two events would have told: that it was asked to end, and that it then did. */
static void what_ended_because_it_was_deleted_did_not_end_by_itself(void **state)
{
#define DELETED_AND(terminated)                                                                  \
	OK "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{\"metadata\":{\"name\":\"p\"," \
	   "\"uid\":\"u\",\"resourceVersion\":\"8\",\"deletionTimestamp\":"                      \
	   "\"2025-01-01T00:00:40Z\"},\"status\":{\"containerStatuses\":[{\"name\":\"target\","  \
	   "\"state\":{\"terminated\":{\"startedAt\":\"2025-01-01T00:00:00Z\"," terminated       \
	   "}}}]}}"                                                                              \
	   "]}"
	static const char *const ends[] = {
		DELETED_AND("\"exitCode\":0,\"reason\":\"Completed\""),
		DELETED_AND("\"exitCode\":143,\"reason\":\"Error\""),
		DELETED_AND("\"exitCode\":137,\"reason\":\"OOMKilled\""),
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const char *const list[] = { VERSION,
					     NO_PODS,
					     OK EVENT("ADDED", RUNNING),
					     STATUS(410, "Expired"),
					     ends[i],
					     STATUS(404, "NotFound"),
					     NULL };

		start(&f, list, "{}");
		f.plan.duration_s = 60;
		assert_int_equal(sandbox_follow(&f.sandbox, &f.err), -EAGAIN);
		assert_string_equal(f.err.text, "somebody deleted the sandbox (deleted)");
		end(&f);
	}
}

/* The watch may have been silent for a while when its time is over. */
static void who_is_deleted_without_a_word_is_missed_when_its_time_is_over(void **state)
{
	static const char *const list[] = {
		VERSION,
		OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[" POD(RUNNING) "]}",
		NO_PODS,
		STATUS(404, "NotFound"),
		DELETED_AND("\"exitCode\":0,\"reason\":\"Completed\""),
		STATUS(404, "NotFound"),
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	f.sandbox.pod.fate = POD_RUNNING;
	assert_int_equal(sandbox_look_again(&f.sandbox, &f.err), 0);
	for (int n = 0; n < 2; n++) {
		f.sandbox.pod.fate = POD_RUNNING;
		assert_int_equal(sandbox_look_again(&f.sandbox, &f.err), -EAGAIN);
		assert_int_equal(f.sandbox.pod.fate, POD_GONE);
		assert_non_null(strstr(f.err.text, "somebody deleted the sandbox"));
	}
	end(&f);
}

static void a_service_that_never_listens_was_not_observed(void **state)
{
	static const char *const list[] = { VERSION, NO_PODS, OK EVENT("ADDED", RUNNING),
					    OK,      OK,      OK,
					    OK,      NULL };
	struct fixture f;

	(void)state;
	/* Nobody listens on port 1. */
	start(&f, list, "{\"ports\":[1]}");
	f.plan.duration_s = 60;
	f.plan.health_timeout_s = 1;
	assert_int_equal(sandbox_follow(&f.sandbox, &f.err), -EIO);
	assert_string_equal(f.err.text,
			    "the workload was not ready: nothing listens on port 1 after 1 s");
	end(&f);
}

static void without_walls_nothing_is_let_in(void **state)
{
	static const char *const list[] = { VERSION,
					    STATUS(403, "Forbidden"), /* the namespace */
					    NO_PODS,
					    STATUS(403, "Forbidden"), /* the policy */
					    STATUS(404, "NotFound"),
					    NULL };
	struct fixture f;

	(void)state;
	start(&f, list, "{}");
	assert_int_equal(sandbox_make(&f.sandbox, &f.err), -EACCES);
	assert_non_null(strstr(f.err.text, "namespace 'ns' has no NetworkPolicy 'vexxy-deny'"));
	assert_false(f.sandbox.was_made);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_made_watched_and_taken_away),
		cmocka_unit_test(it_is_gone_when_neither_job_nor_pod_is_there),
		cmocka_unit_test(what_does_not_go_is_told),
		cmocka_unit_test(a_lost_node_is_told_behind_its_time),
		cmocka_unit_test(an_answer_that_was_lost_may_have_been_yes),
		cmocka_unit_test(an_image_that_cannot_be_had_ends_it_at_once),
		cmocka_unit_test(what_does_not_start_says_what_was_last_heard),
		cmocka_unit_test(the_deadline_is_told_from_a_stranger_s_delete),
		cmocka_unit_test(so_is_a_lost_node),
		cmocka_unit_test(a_pod_that_is_missing_from_a_new_list_is_gone),
		cmocka_unit_test(who_is_deleted_without_a_word_is_missed_when_its_time_is_over),
		cmocka_unit_test(what_ended_because_it_was_deleted_did_not_end_by_itself),
		cmocka_unit_test(a_service_that_never_listens_was_not_observed),
		cmocka_unit_test(without_walls_nothing_is_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
