// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What has become of a sandbox' pod, by statuses as kubelet and controllers write them; and what the server makes in a cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "server/kube_objects.h"
#include "server/kube_pod.h"

#define POD(status)                                                                                \
	"{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},\"spec\":{\"nodeName\":\"n1\"},\"status\":{" \
	"\"podIP\":\"10.88.0.5\"," status "}}"
#define TARGET(state) "\"containerStatuses\":[{\"name\":\"target\",\"state\":{" state "}}]"
#define WAITING(reason, message) \
	TARGET("\"waiting\":{\"reason\":\"" reason "\",\"message\":\"" message "\"}")
#define TERMINATED(reason, code)                                            \
	TARGET("\"terminated\":{\"exitCode\":" code ",\"reason\":\"" reason \
	       "\",\"startedAt\":\"2025-01-01T00:00:00Z\",\"message\":\"what it said\"}")
#define CONDITION(type, is, reason)                                                         \
	"\"conditions\":[{\"type\":\"" type "\",\"status\":\"" is "\",\"reason\":\"" reason \
	"\",\"message\":\"0/1 nodes are available\"}]"

static const struct {
	const char *pod;
	enum pod_fate fate;
	const char *says;
} cases[] = {
	{ POD("\"phase\":\"Pending\""), POD_WAITING, "the sandbox did not start" },
	{ POD("\"phase\":\"Pending\"," WAITING("PodInitializing", "")), POD_WAITING,
	  "did not start" },
	{ POD("\"phase\":\"Pending\"," CONDITION("PodScheduled", "False", "Unschedulable")),
	  POD_UNSCHEDULABLE, "no node takes the sandbox: 0/1 nodes are available" },
	{ POD("\"phase\":\"Pending\"," WAITING(
	      "ErrImagePull", "rpc error: code = Unknown desc = dial tcp: i/o timeout")),
	  POD_IMAGE_LATER, "could not be pulled: ErrImagePull: rpc error" },
	{ POD("\"phase\":\"Pending\"," WAITING("ImagePullBackOff", "Back-off pulling image")),
	  POD_IMAGE_LATER, "Back-off" },
	{ POD("\"phase\":\"Pending\"," WAITING(
	      "ErrImagePull", "rpc error: code = NotFound desc = x@sha256:00: not found")),
	  POD_IMAGE, "the image cannot be pulled: ErrImagePull" },
	{ POD("\"phase\":\"Pending\"," WAITING("InvalidImageName", "couldn't parse image")),
	  POD_IMAGE, "InvalidImageName" },
	{ POD("\"phase\":\"Pending\"," WAITING("CreateContainerConfigError",
					       "secret \\\"x\\\" not found")),
	  POD_CONFIG, "cannot be made: CreateContainerConfigError: secret \"x\" not found" },
	{ POD("\"phase\":\"Running\"," TARGET(
	      "\"running\":{\"startedAt\":\"2025-01-01T00:00:00Z\"}")),
	  POD_RUNNING, "runs" },
	{ POD("\"phase\":\"Succeeded\"," TERMINATED("Completed", "0")), POD_ENDED,
	  "ended by itself" },
	{ POD("\"phase\":\"Failed\"," TERMINATED("Error", "7")), POD_EXIT_CODE,
	  "ended with exit code 7: Error: what it said" },
	{ POD("\"phase\":\"Failed\"," TERMINATED("OOMKilled", "137")), POD_OUT_OF_MEMORY,
	  "raise SANDBOX_MEMORY_LIMIT" },
	{ POD("\"phase\":\"Failed\"," TERMINATED("StartError", "128")), POD_START_ERROR,
	  "command cannot be run: StartError: what it said" },
	{ POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"The node was low on "
	      "resource: "
	      "ephemeral-storage.\"," TERMINATED("Error", "137")),
	  POD_EVICTED, "was evicted (node n1): Evicted: The node was low" },
	{ POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"Pod ephemeral local "
	      "storage usage exceeds the total limit of containers 256Mi. \"," TERMINATED("Error",
											  "137")),
	  POD_OUT_OF_DISK, "raise SANDBOX_DISK_LIMIT_MB: Evicted: Pod ephemeral" },
	{ POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"Container target "
	      "exceeded its local ephemeral storage limit \\\"256Mi\\\". \""),
	  POD_OUT_OF_DISK, "wrote more to its disk than it may" },
	{ POD("\"phase\":\"Failed\"," CONDITION("DisruptionTarget", "True",
						"DeletionByTaintManager")),
	  POD_NODE_LOST, "the node of the sandbox is gone, or gives up its pods (node n1)" },
	{ POD("\"phase\":\"Failed\"," CONDITION("DisruptionTarget", "True",
						"PreemptionByScheduler")),
	  POD_EVICTED, "PreemptionByScheduler" },
	{ POD("\"phase\":\"Unknown\",\"reason\":\"NodeLost\",\"message\":\"Node n1 which was "
	      "running pod p is "
	      "unresponsive\""),
	  POD_NODE_LOST, "unresponsive" },
	{ POD("\"phase\":\"Failed\",\"reason\":\"DeadlineExceeded\",\"message\":\"Pod was active "
	      "on the node "
	      "longer than the specified deadline\""),
	  POD_DEADLINE, "passed its deadline" },
	{ POD("\"phase\":\"Failed\",\"initContainerStatuses\":[{\"name\":\"gate\",\"state\":{"
	      "\"terminated\":{"
	      "\"exitCode\":75,\"reason\":\"Error\"}}}]," WAITING("PodInitializing", "")),
	  POD_GATE_CLOSED, "the gate ended with exit code 75 (node n1)" },
	{ POD("\"phase\":\"Pending\",\"initContainerStatuses\":[{\"name\":\"gate\",\"state\":{"
	      "\"waiting\":{"
	      "\"reason\":\"ErrImageNeverPull\",\"message\":\"x\"}}}]"),
	  POD_IMAGE, "ErrImageNeverPull" },
	{ POD("\"phase\":\"Pending\",\"initContainerStatuses\":[{\"name\":\"gate\",\"state\":{"
	      "\"terminated\":{"
	      "\"exitCode\":0}}}]"),
	  POD_WAITING, "did not start" },
	{ "{}", POD_WAITING, "did not start" },
	{ "[1]", POD_WAITING, "did not start" },
	{ "{\"status\":{\"containerStatuses\":[{\"name\":\"target\",\"state\":7}],\"conditions\":{}"
	  "}}",
	  POD_WAITING, "did not start" },
};

static void one_failure_is_told_from_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = cJSON_Parse(cases[i].pod);
		struct pod pod;
		char why[768];

		assert_non_null(tree);
		pod_read(&pod, tree);
		pod_explain(why, sizeof(why), &pod);
		if (pod.fate != cases[i].fate || !strstr(why, cases[i].says))
			fail_msg("case %zu is %s: %s", i, pod_fate_names[pod.fate], why);
	}
}

#define GATE(state) POD("\"initContainerStatuses\":[{\"name\":\"gate\",\"state\":{" state "}}]")

static void a_gate_that_found_no_walls_says_so(void **state)
{
	static const struct {
		const char *pod;
		bool lacks_walls;
	} gates[] = {
		{ GATE("\"terminated\":{\"exitCode\":0,\"message\":\"" GATE_NO_WALLS "\"}"), true },
		/* Only those words, and only the gate's. */
		{ GATE("\"terminated\":{\"exitCode\":0,\"message\":\"\"}"), false },
		{ GATE("\"terminated\":{\"exitCode\":0}"), false },
		{ GATE("\"running\":{}"), false },
		{ POD("\"containerStatuses\":[{\"name\":\"target\",\"state\":{\"terminated\":{"
		      "\"exitCode\":0,\"message\":\"" GATE_NO_WALLS "\"}}}]"),
		  false },
		/* Also when the pod has come to another end since. */
		{ POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"initContainerStatuses\":[{"
		      "\"name\":\"gate\",\"state\":{\"terminated\":{\"exitCode\":0,"
		      "\"message\":\"" GATE_NO_WALLS "\"}}}]"),
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(gates) / sizeof(*gates); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = cJSON_Parse(gates[i].pod);
		struct pod pod;

		assert_non_null(tree);
		pod_read(&pod, tree);
		if (pod.lacks_walls != gates[i].lacks_walls)
			fail_msg("case %zu", i);
	}
}

#define SCRIPT(state) POD("\"containerStatuses\":[{\"name\":\"script\",\"state\":{" state "}}]")

static void a_script_that_never_began_is_told_from_one_that_goes_on(void **state)
{
	static const struct {
		const char *pod, *says;
	} scripts[] = {
		{ SCRIPT("\"running\":{\"startedAt\":\"2025-01-01T00:00:00Z\"}"), NULL },
		{ SCRIPT("\"terminated\":{\"exitCode\":0}"), NULL },
		{ SCRIPT("\"terminated\":{\"exitCode\":3}"),
		  "test_script: it failed with status 3" },
		{ SCRIPT("\"waiting\":{\"reason\":\"ErrImagePull\",\"message\":\"x\"}"),
		  "test_script: it did not begin: ErrImagePull" },
		{ SCRIPT(""), "test_script: it did not begin" },
		{ "{}", "test_script: it did not begin" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = cJSON_Parse(scripts[i].pod);
		struct pod pod;
		char why[256] = "";

		pod_read(&pod, tree);
		assert_int_equal(pod_script_failed(why, sizeof(why), &pod),
				 scripts[i].says != NULL);
		assert_string_equal(why, scripts[i].says ? scripts[i].says : "");
	}
}

#define SILENT(ready, containers)                                                           \
	POD("\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"" ready \
	    "\"},{\"type\":\"ContainersReady\",\"status\":\"" containers                    \
	    "\"}]," TARGET("\"running\":{\"startedAt\":\"2025-01-01T00:00:00Z\"}"))

static void a_node_that_does_not_report_is_seen(void **state)
{
	static const char *const others[] = {
		SILENT("True", "True"), SILENT("False", "False"),
		POD("\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"},{\"type\":"
		    "\"ContainersReady\",\"status\":\"True\"}]," TERMINATED("Error", "1"))
	};
	_cleanup_(cJSON_Deletep) cJSON *silent = cJSON_Parse(SILENT("False", "True"));
	struct pod pod;
	char why[768];

	(void)state;
	pod_read(&pod, silent);
	assert_int_equal(pod.fate, POD_RUNNING);
	assert_true(pod.node_is_silent);
	pod_lose(&pod);
	pod_explain(why, sizeof(why), &pod);
	assert_string_equal(why, "the node of the sandbox is gone, or gives up its pods (node n1): "
				 "it does not report");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = cJSON_Parse(others[i]);

		assert_non_null(tree);
		pod_read(&pod, tree);
		assert_false(pod.node_is_silent);
	}
}

static void what_has_run_has_started(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *ran = cJSON_Parse(POD(TERMINATED("Error", "1"))),
				       *never = cJSON_Parse(POD(TERMINATED("StartError", "128")));
	struct pod pod;

	(void)state;
	pod_read(&pod, ran);
	assert_true(pod_has_started(&pod));
	assert_string_equal(pod.ip, "10.88.0.5");
	assert_string_equal(pod.uid, "u");
	pod_read(&pod, never);
	assert_false(pod_has_started(&pod));
}

static struct settings settings = {
	.kube_namespace = "vexxy-sandbox",
	.gate_image = "vexxy-agent:1",
	.script_image = "busybox:1",
	.runtime_class = "hardened",
	.cpu_limit_m = 2000,
	.cpu_request_m = 250,
	.memory_mb = 4096,
	.memory_request_mb = 256,
	.disk_mb = 1024,
	.kube_pods_max = 32,
	.job_ttl_s = 600,
	.start_timeout_s = 300,
	.gate_timeout_s = 120,
};

static cJSON *make_job_as(const char *config_text, bool is_profiled)
{
	_cleanup_(cJSON_Deletep) cJSON *config = cJSON_Parse(config_text);
	const struct plan plan = { .duration_s = 90 };
	const struct job job = { .id = "01900000-0000-7000-8000-000000000000",
				 .image_ref = (char *)"nginx:1",
				 .image_digest = (char *)"sha256:ab",
				 .fence = 3 };
	char name[SANDBOX_NAME_BYTES];
	struct kube_sandbox sandbox = { .settings = &settings,
					.server_id = "s1",
					.job = &job,
					.plan = &plan,
					.config = config,
					.name = name,
					.image = "nginx@sha256:ab",
					.exercised = json_in_text(config, "test_script"),
					.linger_s = is_profiled ? 60 : 0,
					.is_profiled = is_profiled };
	_cleanup_free_ char *text = NULL;

	kube_sandbox_name(name, &job);
	text = kube_object_job(&sandbox);
	assert_non_null(text);
	return cJSON_Parse(text);
}

static cJSON *make_job(const char *config_text)
{
	return make_job_as(config_text, false);
}

static const cJSON *at(const cJSON *tree, const char *path)
{
	char key[64];

	while (tree && *path) {
		size_t n = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		for (char *c = key; *c; c++)
			*c = *c == '~' ? '.' : *c;
		tree = cJSON_IsArray(tree) ? cJSON_GetArrayItem(tree, atoi(key))
					   : json_in_get(tree, key);
		path += n + (path[n] == '.');
	}
	return tree;
}

static void is(const cJSON *tree, const char *path, const char *want)
{
	_cleanup_free_ char *text = cJSON_PrintUnformatted(at(tree, path));

	if (!text || strcmp(text, want) != 0)
		fail_msg("%s is %s, not %s", path, text, want);
}

static void a_job_lets_nothing_more_than_it_needs(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *job = make_job("{\"environment\":{\"A\":\"b\"}}");
	const cJSON *pod = at(job, "spec.template.spec"), *target = at(pod, "containers.0");

	(void)state;
	is(job, "metadata.name", "\"vexxy-01900000-0000-7000-8000-000000000000-a3\"");
	is(job, "metadata.labels.vexxy~dev/server", "\"s1\"");
	is(job, "spec.backoffLimit", "0");
	is(job, "spec.activeDeadlineSeconds", "690");
	is(job, "spec.ttlSecondsAfterFinished", "600");
	is(pod, "restartPolicy", "\"Never\"");
	is(pod, "tolerations",
	   "[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":"
	   "\"NoExecute\",\"tolerationSeconds\":30},{\"key\":\"node.kubernetes.io/unreachable\","
	   "\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":30}]");
	is(pod, "automountServiceAccountToken", "false");
	is(pod, "enableServiceLinks", "false");
	is(pod, "hostNetwork", "false");
	is(pod, "runtimeClassName", "\"hardened\"");
	is(pod, "securityContext.seccompProfile.type", "\"RuntimeDefault\"");
	is(target, "image", "\"nginx@sha256:ab\"");
	is(target, "env", "[{\"name\":\"A\",\"value\":\"b\"}]");
	is(target, "securityContext.allowPrivilegeEscalation", "false");
	is(target, "securityContext.capabilities.drop", "[\"ALL\"]");
	is(target, "resources.limits",
	   "{\"cpu\":\"2000m\",\"memory\":\"4096Mi\",\"ephemeral-storage\":\"1024Mi\"}");
	/* Its own entrypoint. */
	assert_null(at(target, "command"));
	assert_null(at(target, "args"));
	assert_null(at(pod, "hostUsers"));
	assert_int_equal(cJSON_GetArraySize(at(pod, "containers")), 1);
}

/* Else it would watch for a day, and the profile would not be whole when the sandbox goes. */
static void kubescape_is_told_how_long_it_will_be_there(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *job = make_job_as("{}", true), *other = make_job("{}");
	const cJSON *labels = at(job, "spec.template.metadata.labels");

	(void)state;
	assert_string_equal(json_in_text(labels, "kubescape.io/max-sniffing-time"), "90s");
	assert_null(json_in_get(at(job, "metadata.labels"), "kubescape.io/max-sniffing-time"));
	assert_null(json_in_get(at(other, "spec.template.metadata.labels"),
				"kubescape.io/max-sniffing-time"));
	is(job, "spec.activeDeadlineSeconds", "750");
}

static void the_gate_knows_what_the_agent_has_to(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *job = make_job("{\"command\":[\"/bin/sh\",\"-c\",\"x\"]}");
	const cJSON *pod = at(job, "spec.template.spec"), *gate = at(pod, "initContainers.0");

	(void)state;
	is(gate, "name", "\"" POD_GATE "\"");
	is(gate, "env.0",
	   "{\"name\":\"VEXXY_ANALYSIS\",\"value\":\"01900000-0000-7000-8000-000000000000\"}");
	is(gate, "env.1", "{\"name\":\"VEXXY_ATTEMPT\",\"value\":\"3\"}");
	is(gate, "env.4", "{\"name\":\"VEXXY_DURATION\",\"value\":\"90\"}");
	is(gate, "securityContext.runAsNonRoot", "true");
	is(gate, "securityContext.readOnlyRootFilesystem", "true");
	assert_null(at(gate, "securityContext.capabilities.add"));
	is(pod, "containers.0.command", "[\"/bin/sh\",\"-c\",\"x\"]");
}

static void a_gate_under_gvisor_does_not_wait(void **state)
{
	const char *const usual = settings.runtime_class;
	static const struct {
		const char *name, *isolation;
	} classes[] = { { "gvisor", "gvisor" }, { "vexxy-runsc", "gvisor" }, { "hardened", NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_(cJSON_Deletep) cJSON *job = NULL;

		settings.runtime_class = classes[i].name;
		job = make_job("{}");
		text = cJSON_PrintUnformatted(at(job, "spec.template.spec.initContainers.0.env"));
		assert_int_equal(
		    strstr(text, "{\"name\":\"VEXXY_ISOLATION\",\"value\":\"gvisor\"}") != NULL,
		    classes[i].isolation != NULL);
	}
	settings.runtime_class = usual;
}

static void the_namespace_has_walls(void **state)
{
	_cleanup_free_ char *namespace = kube_object_namespace(&settings),
			    *deny = kube_object_deny(&settings),
			    *admit = kube_object_admit(&settings, "vexxy"),
			    *quota = kube_object_quota(&settings),
			    *limits = kube_object_limits(&settings);

	(void)state;
	assert_non_null(strstr(namespace, "\"pod-security.kubernetes.io/enforce\":\"baseline\""));
	assert_non_null(
	    strstr(deny, "\"podSelector\":{},\"policyTypes\":[\"Ingress\",\"Egress\"]"));
	assert_null(strstr(deny, "from"));
	assert_non_null(strstr(admit, "{\"kubernetes.io/metadata.name\":\"vexxy\"}"));
	assert_non_null(strstr(quota, "\"pods\":\"32\""));
	assert_non_null(strstr(limits, "\"max\":{\"cpu\":\"2000m\""));
}

/* Kubernetes would put a variable's value in the place of $(NAME), and one $ in that of two. */
static void nothing_is_expanded_on_the_way(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *job =
	    make_job("{\"command\":[\"/bin/sh\",\"-c\",\"echo $$ $(HOME) $A\"],"
		     "\"environment\":{\"A\":\"pa$$word\",\"B\":\"$(A)\"},"
		     "\"test_script\":\"echo $(VEXXY_PORTS) >/tmp/$$\"}");

	(void)state;
	is(job, "spec.template.spec.containers.0.command",
	   "[\"/bin/sh\",\"-c\",\"echo $$$$ $$(HOME) $$A\"]");
	is(job, "spec.template.spec.containers.0.env.0.value", "\"pa$$$$word\"");
	is(job, "spec.template.spec.containers.0.env.1.value", "\"$$(A)\"");
	is(job, "spec.template.spec.containers.1.args", "[\"echo $$(VEXXY_PORTS) >/tmp/$$$$\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_failure_is_told_from_another),
		cmocka_unit_test(a_gate_that_found_no_walls_says_so),
		cmocka_unit_test(a_script_that_never_began_is_told_from_one_that_goes_on),
		cmocka_unit_test(a_node_that_does_not_report_is_seen),
		cmocka_unit_test(what_has_run_has_started),
		cmocka_unit_test(a_job_lets_nothing_more_than_it_needs),
		cmocka_unit_test(kubescape_is_told_how_long_it_will_be_there),
		cmocka_unit_test(the_gate_knows_what_the_agent_has_to),
		cmocka_unit_test(a_gate_under_gvisor_does_not_wait),
		cmocka_unit_test(the_namespace_has_walls),
		cmocka_unit_test(nothing_is_expanded_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
