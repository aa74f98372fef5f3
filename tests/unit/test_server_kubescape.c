// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Kubescape in a cluster, held against replies as its API gives them: there or not, learning or done, ours or another's to write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "kubescape-compat/exchange.h"
#include "server/clock.h"
#include "server/json_in.h"
#include "server/kubescape.h"
#include "tests/unit/replies_fixture.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define CREATED "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n{}"
#define STATUS(code, reason)                                                       \
	"HTTP/1.1 " #code                                                          \
	" X\r\nConnection: close\r\n\r\n{\"kind\":\"Status\",\"reason\":\"" reason \
	"\",\"message\":\"because\",\"code\":" #code "}"
#define NONE STATUS(404, "NotFound")

#define API "\"apiVersion\":\"spdx.softwarecomposition.kubescape.io/v1beta1\""
#define POD_ID "apiVersion-batch/v1/namespace-ns/kind-Job/name-job-a1"
#define IMAGE "registry.example/shop/web"
#define DIGEST "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccdd1234"
#define NOTES(id, status, completion)                                                         \
	"\"annotations\":{\"kubescape.io/instance-id\":\"" id                                 \
	"\",\"kubescape.io/status\":\"" status "\",\"kubescape.io/completion\":\"" completion \
	"\"}"
#define SEEN "\"opens\":[{\"path\":\"/etc/passwd\",\"flags\":null}],\"syscalls\":null"
#define OF_IMAGE "\"imageID\":\"" IMAGE "@" DIGEST "\",\"imageTag\":\"" IMAGE ":1.2\"," SEEN
/* Its end is of the sha256 of the whole instance-id. */
#define NAME "job-job-a1-target-59f7-f047"
#define PROFILE(status, completion)                                                             \
	"{\"kind\":\"ContainerProfile\"," API ",\"metadata\":{\"name\":\"" NAME                 \
	"\"," NOTES(POD_ID "/containerName-target", status, completion) "},\"spec\":{" OF_IMAGE \
									"}}"
#define OF_POD(status, completion)                                                               \
	"{\"kind\":\"ApplicationProfile\"," API ",\"metadata\":{\"name\":\"job-job-a1\"," NOTES( \
	    POD_ID, status,                                                                      \
	    completion) "},\"spec\":{\"containers\":[{\"name\":\"target\"," OF_IMAGE "}]}}"
/* Of a series, which is told apart by its annotations. */
#define CHUNK(name, before, at)                                                             \
	"{\"kind\":\"ContainerProfile\"," API ",\"metadata\":{\"name\":\"" name             \
	"\",\"annotations\":{\"kubescape.io/instance-id\":\"" POD_ID                        \
	"/containerName-target\",\"kubescape.io/status\":\"ready\","                        \
	"\"kubescape.io/completion\":\"complete\",\"kubescape.io/report-series-id\":\"s\"," \
	"\"kubescape.io/previous-report-timestamp\":\"" before                              \
	"\",\"kubescape.io/report-timestamp\":\"" at "\"}},\"spec\":{" OF_IMAGE "}}"

struct fixture {
	struct replies replies;
	struct settings settings;
	struct kube_access *access;
	struct kubescape k;
	char said[2048], path[64];
	int tick_says;
	struct err err;
};

static void say(void *ctx, const char *text)
{
	struct fixture *f = ctx;
	size_t len = strlen(f->said);

	snprintf(f->said + len, sizeof(f->said) - len, "%s\n", text);
}

static int tick(void *ctx, struct err *err)
{
	struct fixture *f = ctx;

	return f->tick_says ? err_set(err, -f->tick_says, "somebody cancelled it") : 0;
}

static void start(struct fixture *f, const char *const *list)
{
	struct kube_config config = {};
	int fd;

	memset(f, 0, sizeof(*f));
	replies_start(&f->replies, list);
	config.server = strdup(f->replies.url);
	assert_int_equal(kube_access_new(&f->access, &config, &f->err), 0);
	f->settings =
	    (struct settings){ .kube_namespace = "ns", .kubescape_namespace = "kubescape" };
	f->k = (struct kubescape){ .settings = &f->settings,
				   .job = "job-a1",
				   .container = "target",
				   .image = IMAGE "@" DIGEST,
				   .say = say,
				   .ctx = f,
				   .is_there = true };
	for (size_t i = 0; i < KUBE_KIND_COUNT; i++)
		f->k.serves[i] = true;
	assert_int_equal(kube_open(&f->k.kube, f->access, &f->err), 0);
	kube_set_tick(f->k.kube, tick, f);
	snprintf(f->path, sizeof(f->path), "/tmp/vexxy-kubescape.XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
}

static void end(struct fixture *f)
{
	kubescape_done(&f->k);
	kube_close(f->k.kube);
	kube_access_free(f->access);
	replies_end(&f->replies);
	unlink(f->path);
}

static void has_saved(const struct fixture *f, const char *text)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL, *want = cJSON_Parse(text);

	assert_non_null(want);
	assert_int_equal(json_in_load(&tree, f->path, 1 << 20, NULL), 0);
	assert_true(cJSON_Compare(tree, want, true));
}

static void asks(const struct fixture *f, size_t n, const char *line)
{
	if (!strstr(f->replies.requests[n], line))
		fail_msg("'%s' is not in %s", line, f->replies.requests[n]);
}

static void tells(const struct fixture *f, const char *text)
{
	if (!strstr(f->said, text))
		fail_msg("'%s' is not in '%s'", text, f->said);
}

static void where_it_is_not_served_that_is_said(void **state)
{
	static const char *const list[] = { NONE, NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	f.k.is_there = false;
	memset(f.k.serves, 0, sizeof(f.k.serves));
	assert_int_equal(kubescape_discover(&f.k, &f.err), 0);
	assert_false(f.k.is_there);
	asks(&f, 0, "GET /apis/spdx.softwarecomposition.kubescape.io/v1beta1 HTTP");
	tells(&f, "Kubescape: the cluster does not serve "
		  "spdx.softwarecomposition.kubescape.io/v1beta1: there is no second observer");
	end(&f);
}

static void what_is_served_is_known_by_name(void **state)
{
	static const char *const list[] = {
		OK "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"containerprofiles\"},"
		   "{\"name\":\"sbomsyfts\"},{\"name\":\"sbomsyfts/status\"},{\"name\":7}]}",
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list);
	f.k.is_there = false;
	memset(f.k.serves, 0, sizeof(f.k.serves));
	assert_int_equal(kubescape_discover(&f.k, &f.err), 0);
	assert_true(f.k.is_there && f.k.serves[KUBE_CONTAINER_PROFILE] && f.k.serves[KUBE_SBOM]);
	assert_false(f.k.serves[KUBE_APPLICATION_PROFILE] || f.k.serves[KUBE_EXCHANGE]);
	assert_string_equal(f.said, "");
	end(&f);
}

/* For as long as the replies last. */
static int wait_for_profile(struct fixture *f)
{
	return kubescape_await_profile(&f->k, f->path, clock_steady_ms() + 20000, &f->err);
}

static void who_may_not_look_is_told_what_gives_the_right(void **state)
{
	static const char *const list[] = { STATUS(403, "Forbidden"), NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(kubescape_await_profile(&f.k, f.path, 0, &f.err), 0);
	asks(&f, 0,
	     "GET /apis/spdx.softwarecomposition.kubescape.io/v1beta1/namespaces/ns/"
	     "containerprofiles/" NAME " HTTP");
	tells(&f, "Forbidden: because (deploy/kubernetes/overlays/kubescape has the rights)");
	end(&f);
}

/* As the API server says it while that behind it is not there. */
static void one_that_is_away_is_asked_again_within_a_bound(void **state)
{
	static const char *const list[] = { STATUS(503, "ServiceUnavailable"),
					    STATUS(503, "ServiceUnavailable"),
					    STATUS(503, "ServiceUnavailable"), NULL };
	_cleanup_free_ char *text = NULL;
	struct fixture f;
	int64_t begun;

	(void)state;
	start(&f, list);
	begun = clock_steady_ms();
	assert_int_equal(kubescape_get(&text, &f.k, KUBE_SBOM, "a", begun + 3000, &f.err), -EAGAIN);
	assert_string_equal(f.err.text, "it does not answer in time");
	assert_true(clock_steady_ms() - begun < 10000);
	assert_true(f.replies.asked > 1);
	end(&f);
}

static void a_profile_is_waited_for_until_it_is_settled(void **state)
{
	static const char *const list[] = { NONE, NONE, OK PROFILE("ready", "complete"),
					    OK PROFILE("completed", "complete"), NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(wait_for_profile(&f), 1);
	assert_true(f.k.is_settled);
	has_saved(&f, PROFILE("completed", "complete"));
	assert_string_equal(f.k.instance_id, POD_ID "/containerName-target");
	assert_string_equal(f.k.tag, IMAGE ":1.2");
	assert_string_equal(f.k.id, IMAGE "@" DIGEST);
	assert_string_equal(f.said, "");
	end(&f);
}

/* Of a profile that is still learned only what it has counts, and that is said. */
static void the_bound_wins(void **state)
{
	static const char *const list[] = { OK PROFILE("ready", "complete"), NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(kubescape_await_profile(&f.k, f.path, 0, &f.err), 1);
	assert_false(f.k.is_settled);
	has_saved(&f, PROFILE("ready", "complete"));
	tells(&f, "proves nothing: Kubescape is still learning it");
	end(&f);
}

static void a_partial_one_is_taken_and_proves_nothing(void **state)
{
	static const char *const list[] = { OK PROFILE("completed", "partial"), NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(wait_for_profile(&f), 1);
	assert_true(f.k.is_settled);
	tells(&f, "proves nothing: it is partial");
	end(&f);
}

static void where_there_is_none_that_is_said(void **state)
{
	static const char *const list[] = { NONE, NONE, OK "{\"items\":[]}", NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(kubescape_await_profile(&f.k, f.path, 0, &f.err), 0);
	asks(&f, 2,
	     "/containerprofiles?limit=100&labelSelector=kubescape.io%2Fworkload-name%3Djob-a1%2C"
	     "kubescape.io%2Fworkload-container-name%3Dtarget");
	tells(&f, "no profile of the container, so there is no second observer: there is none of "
		  "Job 'job-a1'");
	assert_null(f.k.instance_id);
	end(&f);
}

static void an_older_kubescape_has_one_of_the_pod(void **state)
{
	static const char *const list[] = { NONE, OK OF_POD("completed", "complete"), NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(wait_for_profile(&f), 1);
	asks(&f, 1, "/namespaces/ns/applicationprofiles/job-job-a1 HTTP");
	assert_string_equal(f.k.instance_id, POD_ID "/containerName-target");
	end(&f);
}

static void reports_that_nobody_has_put_together_are_taken_each(void **state)
{
	static const char *const list[] = {
		NONE,
		NONE,
		OK "{\"items\":[{\"metadata\":{\"name\":\"a-1\"},\"spec\":{}},{\"metadata\":{"
		   "\"name\":\"a-2\"},\"spec\":{}}]}",
		OK CHUNK("a-1", "0001-01-01 00:00:00 +0000 UTC", "2026-01-02 03:00:00 +0000 UTC"),
		OK CHUNK("a-2", "2026-01-02 03:00:00 +0000 UTC", "2026-01-02 03:05:00 +0000 UTC"),
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(kubescape_await_profile(&f.k, f.path, 0, &f.err), 1);
	asks(&f, 4, "/containerprofiles/a-2 HTTP");
	assert_false(f.k.is_settled);
	tells(&f, "proves nothing");
	end(&f);
}

static void what_a_user_allowed_was_seen_by_nobody(void **state)
{
	static const char *const list[] = {
		OK "{\"kind\":\"ContainerProfile\"," API
		   ",\"metadata\":{\"annotations\":{\"kubescape.io/managed-by\":\"User\","
		   "\"kubescape.io/status\":\"completed\"}},\"spec\":{" OF_IMAGE "}}",
		NULL
	};
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(wait_for_profile(&f), 0);
	tells(&f, "its profile is of no use: ContainerProfile");
	end(&f);
}

static void what_is_no_profile_is_of_no_use(void **state)
{
	static const char *const list[] = { OK "{\"metadata\":{\"annotations\":{"
					       "\"kubescape.io/status\":\"completed\"}}}",
					    NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	assert_int_equal(wait_for_profile(&f), 0);
	tells(&f, "its profile is of no use");
	end(&f);
}

static void who_works_on_it_has_the_last_word(void **state)
{
	static const char *const list[] = { OK PROFILE("ready", "complete"), NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	f.tick_says = -ECANCELED;
	assert_int_equal(wait_for_profile(&f), -ECANCELED);
	assert_string_equal(f.err.text, "somebody cancelled it");
	end(&f);
}

static void what_is_of_the_image_has_its_tag_and_id_as_name(void **state)
{
	static const char sbom[] =
	    "{\"kind\":\"SBOMSyft\"," API ",\"spec\":{\"syft\":{\"artifacts\":[]}}}";
	static const char *const list[] = { OK "{\"kind\":\"SBOMSyft\"," API
					       ",\"spec\":{\"syft\":{\"artifacts\":[]}}}",
					    OK "{\"kind\":\"VulnerabilityManifest\"," API
					       ",\"spec\":{\"payload\":{\"matches\":null}}}",
					    NONE, NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	f.k.tag = strdup(IMAGE ":1.2");
	f.k.id = strdup(IMAGE "@" DIGEST);
	assert_int_equal(kubescape_read(&f.k, KUBE_SBOM, f.path, &f.err), 1);
	asks(&f, 0, "/namespaces/kubescape/sbomsyfts/registry.example-shop-web-1.2-dd1234 HTTP");
	has_saved(&f, sbom);
	assert_int_equal(kubescape_read(&f.k, KUBE_MANIFEST, f.path, &f.err), 0);
	tells(&f, "VulnerabilityManifest 'registry.example-shop-web-1.2-dd1234' is not used: it "
		  "has no content (yet)");
	/* Without a profile by what the sandbox was made with. */
	kubescape_done(&f.k);
	assert_int_equal(kubescape_read(&f.k, KUBE_MANIFEST, f.path, &f.err), 0);
	asks(&f, 2, "/vulnerabilitymanifests/registry.example-shop-web-sha256-0011");
	end(&f);
}

/* As the analysis writes it; a name and labels of a stranger's choice in it go nowhere. */
#define RESULT(kind, spec)                                                                 \
	"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"evil\","      \
	"\"namespace\":\"kube-system\",\"labels\":{\"kubescape.io/context\":\"filtered\"," \
	"\"x\":\"y\"},\"annotations\":{\"kubescape.io/status\":\"ready\"},"                \
	"\"finalizers\":[\"f\"]},\"spec\":" spec "}"
#define STATEMENT(id) "{\"@id\":\"" id "\",\"vulnerability\":{\"name\":\"CVE-2026-0001\"}}"
#define THEIRS KUBE_STATEMENT_PREFIX "a/b"
#define OURS                                                                             \
	RESULT("x", "{\"@id\":\"https://o/vex\",\"author\":\"o\",\"version\":1,"         \
		    "\"timestamp\":\"2026-01-02T03:04:05Z\",\"statements\":[" STATEMENT( \
			"https://o/1") "]}")

static void put(struct fixture *f, const char *text)
{
	FILE *file = fopen(f->path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
	f->k.instance_id = strdup(POD_ID "/containerName-target");
}

static cJSON *sent(const struct fixture *f, size_t n)
{
	cJSON *tree = cJSON_Parse(strstr(f->replies.requests[n], "\r\n\r\n"));

	assert_non_null(tree);
	return tree;
}

static void is_text(const cJSON *tree, const char *map, const char *key, const char *value)
{
	const char *text = json_in_text(map ? json_in_get(tree, map) : tree, key);

	assert_string_equal(text ? text : "(none)", value);
}

static void a_result_gets_the_name_that_the_profile_gives_it(void **state)
{
	static const char *const list[] = { CREATED, NULL };
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	const cJSON *meta;
	struct fixture f;

	(void)state;
	start(&f, list);
	put(&f, OURS);
	assert_int_equal(kubescape_write(&f.k, KUBE_EXCHANGE, f.path, &f.err), 1);
	asks(&f, 0,
	     "POST /apis/spdx.softwarecomposition.kubescape.io/v1beta1/namespaces/kubescape/"
	     "openvulnerabilityexchangecontainers HTTP");
	tree = sent(&f, 0);
	meta = json_in_get(tree, "metadata");
	is_text(tree, NULL, "apiVersion", "spdx.softwarecomposition.kubescape.io/v1beta1");
	is_text(tree, NULL, "kind", "OpenVulnerabilityExchangeContainer");
	is_text(meta, NULL, "name", NAME);
	is_text(meta, NULL, "namespace", "kubescape");
	is_text(meta, "labels", "kubescape.io/context", "filtered");
	is_text(meta, "labels", "app.kubernetes.io/managed-by", "vexxy-server");
	is_text(meta, "annotations", "kubescape.io/status", "ready");
	assert_null(json_in_get(json_in_get(meta, "labels"), "x"));
	assert_null(json_in_get(meta, "finalizers"));
	end(&f);
}

#define THERE(version)                                                                            \
	"{\"kind\":\"OpenVulnerabilityExchangeContainer\"," API ",\"metadata\":{\"name\":\"" NAME \
	"\",\"resourceVersion\":\"" version                                                       \
	"\"},\"spec\":{\"@id\":\"abc\",\"author\":\"kubescape.io\",\"version\":3,"                \
	"\"statements\":[" STATEMENT(THEIRS) "," STATEMENT("https://o/1") "]}}"

static void statements_of_others_stay_beside_ours(void **state)
{
	static const char *const list[] = { STATUS(409, "AlreadyExists"),
					    OK THERE("7"),
					    STATUS(409, "Conflict"),
					    STATUS(409, "AlreadyExists"),
					    OK THERE("8"),
					    OK "{}",
					    NULL };
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	const cJSON *spec, *statements;
	struct fixture f;

	(void)state;
	start(&f, list);
	put(&f, OURS);
	assert_int_equal(kubescape_write(&f.k, KUBE_EXCHANGE, f.path, &f.err), 1);
	asks(&f, 5, "PUT /apis/");
	asks(&f, 5, "/openvulnerabilityexchangecontainers/" NAME " HTTP");
	tree = sent(&f, 5);
	spec = json_in_get(tree, "spec");
	statements = json_in_get(spec, "statements");
	is_text(tree, "metadata", "resourceVersion", "8");
	is_text(spec, NULL, "author", "kubescape.io");
	is_text(spec, NULL, "last_updated", "2026-01-02T03:04:05Z");
	assert_int_equal(json_in_int(spec, "version", 0), 4);
	assert_int_equal(cJSON_GetArraySize(statements), 2);
	is_text(cJSON_GetArrayItem(statements, 0), NULL, "@id", THEIRS);
	is_text(cJSON_GetArrayItem(statements, 1), NULL, "@id", "https://o/1");
	end(&f);
}

static void what_kubescape_filtered_stays_its_own(void **state)
{
	static const char *const list[] = { STATUS(409, "AlreadyExists"),
					    OK "{\"kind\":\"VulnerabilityManifest\"," API
					       ",\"metadata\":{\"name\":\"" NAME
					       "\",\"resourceVersion\":\"7\"},\"spec\":{\"a\":1}}",
					    NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	put(&f, RESULT("x", "{\"payload\":{\"matches\":[]}}"));
	assert_int_equal(kubescape_write(&f.k, KUBE_MANIFEST, f.path, &f.err), 0);
	assert_int_equal(f.replies.asked, 2);
	tells(&f, "VulnerabilityManifest '" NAME "' was not written: there is one of that name "
		  "already, which Kubescape made");
	end(&f);
}

static void an_answer_that_was_lost_may_have_been_yes(void **state)
{
	static const char *const list[] = {
		"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{", STATUS(409, "AlreadyExists"),
		OK "{\"kind\":\"SBOMSyftFiltered\"," API
		   ",\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"vexxy-server\"},"
		   "\"resourceVersion\":\"7\"},\"spec\":{\"a\":1}}",
		OK "{}", NULL
	};
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct fixture f;

	(void)state;
	start(&f, list);
	put(&f, RESULT("x", "{\"syft\":{}}"));
	assert_int_equal(kubescape_write(&f.k, KUBE_SBOM_FILTERED, f.path, &f.err), 1);
	asks(&f, 3, "/sbomsyftfiltereds/" NAME " HTTP");
	tree = sent(&f, 3);
	is_text(tree, "metadata", "resourceVersion", "7");
	end(&f);
}

static void who_may_not_write_says_so(void **state)
{
	static const char *const list[] = { STATUS(403, "Forbidden"), STATUS(413, "TooLarge"),
					    NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	put(&f, OURS);
	assert_int_equal(kubescape_write(&f.k, KUBE_EXCHANGE, f.path, &f.err), 0);
	tells(&f, "was not written: the API server: Forbidden: because "
		  "(deploy/kubernetes/overlays/kubescape has the rights)");
	assert_int_equal(kubescape_write(&f.k, KUBE_EXCHANGE, f.path, &f.err), 0);
	tells(&f, "was not written: the API server: TooLarge");
	end(&f);
}

static void what_is_not_served_is_not_asked_for(void **state)
{
	static const char *const list[] = { NULL };
	struct fixture f;

	(void)state;
	start(&f, list);
	memset(f.k.serves, 0, sizeof(f.k.serves));
	put(&f, OURS);
	assert_int_equal(kubescape_await_profile(&f.k, f.path, 0, &f.err), 0);
	assert_int_equal(kubescape_read(&f.k, KUBE_SBOM, f.path, &f.err), 0);
	assert_int_equal(kubescape_write(&f.k, KUBE_EXCHANGE, f.path, &f.err), 0);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_it_is_not_served_that_is_said),
		cmocka_unit_test(what_is_served_is_known_by_name),
		cmocka_unit_test(who_may_not_look_is_told_what_gives_the_right),
		cmocka_unit_test(one_that_is_away_is_asked_again_within_a_bound),
		cmocka_unit_test(a_profile_is_waited_for_until_it_is_settled),
		cmocka_unit_test(the_bound_wins),
		cmocka_unit_test(a_partial_one_is_taken_and_proves_nothing),
		cmocka_unit_test(where_there_is_none_that_is_said),
		cmocka_unit_test(an_older_kubescape_has_one_of_the_pod),
		cmocka_unit_test(reports_that_nobody_has_put_together_are_taken_each),
		cmocka_unit_test(what_a_user_allowed_was_seen_by_nobody),
		cmocka_unit_test(what_is_no_profile_is_of_no_use),
		cmocka_unit_test(who_works_on_it_has_the_last_word),
		cmocka_unit_test(what_is_of_the_image_has_its_tag_and_id_as_name),
		cmocka_unit_test(a_result_gets_the_name_that_the_profile_gives_it),
		cmocka_unit_test(statements_of_others_stay_beside_ours),
		cmocka_unit_test(what_kubescape_filtered_stays_its_own),
		cmocka_unit_test(an_answer_that_was_lost_may_have_been_yes),
		cmocka_unit_test(who_may_not_write_says_so),
		cmocka_unit_test(what_is_not_served_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
