// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_kubescape_profile.c — Kubescape's objects are read as they are, and its profiles lose nothing when they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kubescape-compat/profile.h"
#include "tests/unit/kubescape_fixture.h"

static void every_sample_is_read_with_its_name(void **state)
{
	static const struct {
		const char *file, *name;
		enum kube_kind kind;
		bool is_empty;
	} samples[] = {
		{ "containerprofile", SLUG, KUBE_CONTAINER_PROFILE, false },
		{ "containerprofile-timeseries-partial", SLUG "-44ad63f60af0f6db6fdde6d5186ef781",
		  KUBE_CONTAINER_PROFILE, false },
		{ "applicationprofile", "replicaset-shop-frontend-6d4f9c7b5d",
		  KUBE_APPLICATION_PROFILE, false },
		{ "sbomsyft", "docker.io-library-nginx-1.25.2-1f92fa", KUBE_SBOM, false },
		{ "sbomsyftfiltered", SLUG, KUBE_SBOM_FILTERED, false },
		{ "vulnerabilitymanifest-image", "docker.io-library-nginx-1.25.2-1f92fa",
		  KUBE_MANIFEST, false },
		{ "vulnerabilitymanifest-filtered", SLUG, KUBE_MANIFEST, false },
		{ "vulnerabilitymanifestsummary", "deployment-shop-frontend-nginx", KUBE_SUMMARY,
		  false },
		{ "openvulnerabilityexchangecontainer", SLUG, KUBE_EXCHANGE, false },
		{ "openvulnerabilityexchangecontainerlist-metadata-only", SLUG, KUBE_EXCHANGE,
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		_cleanup_(kube_objects_done) struct kube_objects objects = {};
		_cleanup_(cJSON_Deletep) cJSON *tree = sample_tree(samples[i].file);

		assert_true(kube_is_document(tree));
		add_sample(&objects, samples[i].file);
		assert_int_equal(objects.count, 1);
		assert_int_equal(objects.items[0].kind, samples[i].kind);
		assert_string_equal(objects.items[0].name, samples[i].name);
		assert_int_equal(objects.items[0].is_empty, samples[i].is_empty);
		assert_same_json(objects.documents[0], tree);
	}
}

static void a_profile_is_read_whole_and_written_whole(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	_cleanup_(cJSON_Deletep) cJSON *written = NULL, *tree = sample_tree("containerprofile");
	struct kube_profile *p;
	struct err err = {};

	(void)state;
	add_sample(&objects, "containerprofile");
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.count, 1);
	p = &profiles.items[0];
	assert_null(p->doubt);
	assert_string_equal(p->container, "nginx");
	assert_string_equal(p->digest, DIGEST);
	assert_int_equal(p->open_count, 20);
	assert_int_equal(p->exec_count, 1);
	assert_int_equal(p->syscalls.count, 53);
	assert_int_equal(p->execs[0].args.count, 3);
	written = kube_profile_write(p, &err);
	assert_same_json(written, tree);
	/* What is taken out of it is all that is gone. */
	p->open_count--;
	cJSON_DeleteItemFromArray(cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "spec"), "opens"),
				  (int)p->open_count);
	cJSON_Delete(written);
	written = kube_profile_write(p, &err);
	assert_same_json(written, tree);
	free(p->opens[p->open_count].flags.items);
}

static void unknown_members_survive(void **state)
{
	static const char text[] = "{\"apiVersion\":\"" KUBE_API_VERSION
				   "\",\"kind\":\"ContainerProfile\",\"new\":[1.5,null],"
				   "\"metadata\":{\"name\":\"x\",\"finalizers\":[\"y\"]},\"spec\":{"
				   "\"opens\":[{\"path\":\"/a\","
				   "\"flags\":null,\"later\":{\"k\":true}}],\"execs\":[{\"args\":["
				   "\"sh\"],\"argsRequired\":true}],"
				   "\"syscalls\":[],\"capabilities\":null,\"future\":\"f\"}}";
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	_cleanup_(cJSON_Deletep) cJSON *written = NULL, *tree = NULL;
	struct err err = {};

	(void)state;
	add_text(&objects, text);
	assert_int_equal(json_parse(&tree, text, strlen(text), &err), 0);
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_string_equal(profiles.items[0].doubt, "it does not say that it is complete");
	written = kube_profile_write(&profiles.items[0], &err);
	assert_same_json(written, tree);
}

static void an_application_profile_has_a_profile_for_each_container(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	_cleanup_(cJSON_Deletep) cJSON *entry = NULL, *written = NULL;
	struct err err = {};

	(void)state;
	add_sample(&objects, "applicationprofile");
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.count, 1);
	assert_string_equal(profiles.items[0].container, "nginx");
	assert_string_equal(profiles.items[0].container_type, "containers");
	assert_int_equal(profiles.items[0].open_count, 20);
	assert_int_equal(profiles.items[0].architectures.count, 1);
	assert_null(profiles.items[0].doubt);
	entry = cJSON_Duplicate(profiles.items[0].entry, true);
	assert_int_equal(kube_profile_put(entry, &profiles.items[0]), 0);
	assert_same_json(entry, profiles.items[0].entry);
	written = kube_profile_write(&profiles.items[0], &err);
	assert_null(written);
	assert_non_null(strstr(err.text, "put together by Kubescape's storage"));
}

/* As storage keeps it in its own test data: metadata at the top, Go's names. */
static void gos_own_spelling_is_read(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	struct err err = {};

	(void)state;
	add_text(&objects,
		 "{\"name\":\"p\",\"namespace\":\"n\",\"annotations\":{\"kubescape.io/"
		 "completion\":\"complete\","
		 "\"kubescape.io/"
		 "status\":\"completed\"},\"Spec\":{\"Architectures\":[\"amd64\"],\"Containers\":["
		 "{\"Name\":\"c\",\"Capabilities\":null,\"Execs\":[{\"Path\":\"/bin/"
		 "x\",\"Args\":[\"x\"],\"Envs\":null}],"
		 "\"Opens\":[{\"Path\":\"/"
		 "a\",\"Flags\":[\"O_RDONLY\"]}],\"Syscalls\":[\"read\"],\"ImageID\":\"" DIGEST
		 "\"}]}}");
	assert_int_equal(objects.items[0].kind, KUBE_APPLICATION_PROFILE);
	assert_string_equal(objects.items[0].namespace, "n");
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.count, 1);
	assert_string_equal(profiles.items[0].container, "c");
	assert_string_equal(profiles.items[0].opens[0].path, "/a");
	assert_string_equal(profiles.items[0].execs[0].path, "/bin/x");
	assert_string_equal(profiles.items[0].digest, DIGEST);
	assert_null(profiles.items[0].doubt);
}

#define CHUNK(name, series, before, at, status, opens)                                      \
	"{\"apiVersion\":\"" KUBE_API_VERSION                                               \
	"\",\"kind\":\"ContainerProfile\",\"metadata\":{\"name\":\"" name                   \
	"\",\"annotations\":{\"kubescape.io/completion\":\"complete\",\"kubescape.io/"      \
	"status\":\"" status "\",\"kubescape.io/instance-id\":\"apiVersion-v1/namespace-a/" \
	"kind-Pod/name-b/containerName-c\","                                                \
	"\"kubescape.io/report-series-id\":\"" series                                       \
	"\",\"kubescape.io/previous-report-timestamp\":\"" before                           \
	"\",\"kubescape.io/report-timestamp\":\"" at "\"}},\"spec\":{\"opens\":[" opens "]}}"
#define ZERO "0001-01-01 00:00:00 +0000 UTC"
#define T1 "2026-08-24 09:02:11.4 +0000 UTC m=+812.1"
#define T2 "2026-08-24 09:12:11 +0000 UTC m=+900.1"
#define T3 "2026-08-24 09:22:11 +0000 UTC m=+1500.1"

static void chunks_of_a_series_become_one_profile(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	_cleanup_(cJSON_Deletep) cJSON *written = NULL;
	struct kube_object again = { .kind = KUBE_CONTAINER_PROFILE };
	struct err err = {};

	(void)state;
	add_text(&objects,
		 CHUNK("c2", "s", T1, T2, "completed",
		       "{\"path\":\"/b\",\"flags\":[]},{\"path\":\"/a\",\"flags\":[\"O_RDWR\"]}"));
	add_text(&objects,
		 CHUNK("c1", "s", ZERO, T1, "ready", "{\"path\":\"/a\",\"flags\":[\"O_RDONLY\"]}"));
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.count, 1);
	assert_null(profiles.items[0].doubt);
	assert_int_equal(profiles.items[0].chunks, 2);
	assert_int_equal(profiles.items[0].open_count, 2);
	assert_int_equal(profiles.items[0].opens[0].flags.count, 2);
	written = kube_profile_write(&profiles.items[0], &err);
	assert_non_null(written);
	again.meta = kube_map(written, "metadata");
	assert_string_equal(kube_text(again.meta, "name"), "pod-b-c-c29e-073a");
	assert_null(kube_annotation(&again, "report-series-id"));
	assert_string_equal(kube_annotation(&again, "completion"), "complete");
}

static void a_broken_chain_is_a_doubt(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	struct err err = {};

	(void)state;
	add_text(&objects, CHUNK("c1", "s", ZERO, T1, "ready", "{\"path\":\"/a\"}"));
	add_text(&objects, CHUNK("c3", "s", T2, T3, "completed", "{\"path\":\"/c\"}"));
	add_text(&objects, CHUNK("d2", "t", T1, T2, "completed", "{\"path\":\"/d\"}"));
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.count, 2); /* another start of the container is another witness */
	assert_int_equal(profiles.items[0].open_count, 2);
	assert_non_null(strstr(profiles.items[0].doubt, "one between them is missing"));
	assert_non_null(strstr(profiles.items[1].doubt, "the first one is missing"));
}

static void a_partial_chunk_makes_the_whole_partial(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	struct err err = {};

	(void)state;
	add_sample(&objects, "containerprofile-timeseries-partial");
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.items[0].chunks, 1);
	assert_int_equal(profiles.items[0].exec_count, 0);
	assert_non_null(strstr(profiles.items[0].doubt, "partial"));
}

static const char *doubt_of(const char *completion, const char *status, const char *spec)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	struct err err = {};
	char text[1024];

	snprintf(
	    text, sizeof(text),
	    "{\"apiVersion\":\"" KUBE_API_VERSION
	    "\",\"kind\":\"ContainerProfile\",\"metadata\":{\"annotations\":"
	    "{\"kubescape.io/completion\":\"%s\",\"kubescape.io/status\":\"%s\"}},\"spec\":%s}",
	    completion, status, spec);
	add_text(&objects, text);
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	return profiles.items[0].doubt;
}

static void only_what_is_whole_is_without_a_doubt(void **state)
{
	static const char spec[] = "{\"opens\":[{\"path\":\"/a\"}]}";

	(void)state;
	assert_null(doubt_of("complete", "completed", spec));
	assert_non_null(strstr(doubt_of("complete", "ready", spec), "still learning"));
	assert_non_null(strstr(doubt_of("partial", "completed", spec), "is partial"));
	assert_non_null(strstr(doubt_of("partial", "too-large", "{}"), "too large"));
	assert_non_null(
	    strstr(doubt_of("complete", "completed", "{\"opens\":null}"), "no content"));
	assert_non_null(strstr(doubt_of("complete", "failed", spec), "not 'completed'"));
	assert_non_null(doubt_of("", "", spec));
}

static int refusal_of(const char *text, struct err *err)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	cJSON *tree = NULL;
	int r = json_parse(&tree, text, strlen(text), err);

	if (r == 0)
		r = kube_objects_add(&objects, tree, err);
	return r < 0 ? r : kube_profiles_read(&profiles, &objects, err);
}

static void what_is_no_profile_is_refused_with_the_place(void **state)
{
	static const char head[] =
	    "{\"apiVersion\":\"" KUBE_API_VERSION "\",\"kind\":\"ContainerProfile\",";
	static const char *const bad[][2] = {
		{ "\"spec\":{\"opens\":\"x\"}}", "'opens' is no list" },
		{ "\"spec\":{\"opens\":[{\"path\":\"/a\"},{\"flags\":[]}]}}",
		  "opens 2: no 'path'" },
		{ "\"spec\":{\"opens\":[{\"path\":\"/a\",\"flags\":[1]}]}}",
		  "'flags' holds something that is no text" },
		{ "\"spec\":{\"execs\":[null]}}", "execs 1: no object" },
		{ "\"spec\":[]}", "the spec of a ContainerProfile is no object" },
		{ "\"metadata\":{\"name\":\"ug-x\",\"annotations\":{\"kubescape.io/"
		  "managed-by\":\"User\"}},\"spec\":{}}",
		  "ContainerProfile 'ug-x': a user wrote it" },
	};
	struct err err = {};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "%s%s", head, bad[i][0]);
		assert_true(refusal_of(text, &err) < 0);
		if (!strstr(err.text, bad[i][1]))
			fail_msg("'%s' does not say '%s'", err.text, bad[i][1]);
	}
	assert_int_equal(refusal_of("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", &err), -EINVAL);
	assert_string_equal(err.text,
			    "kind 'Pod' of 'v1' is none of Kubescape's objects that are read here");
	assert_int_equal(
	    refusal_of("{\"apiVersion\":\"other/v1\",\"kind\":\"ContainerProfile\"}", &err),
	    -EINVAL);
}

static void a_list_may_hold_several_kinds(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};

	(void)state;
	add_text(&objects,
		 "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["
		 "{\"apiVersion\":\"" KUBE_API_VERSION
		 "\",\"kind\":\"ContainerProfile\",\"spec\":{}},"
		 "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"},"
		 "{\"apiVersion\":\"" KUBE_API_VERSION "\",\"kind\":\"SBOMSyft\",\"spec\":null}]}");
	assert_int_equal(objects.count, 2);
	assert_int_equal(objects.items[1].kind, KUBE_SBOM);
	assert_int_equal(objects.others, 1);
	assert_string_equal(objects.other, "Pod");
	add_text(&objects, "{\"apiVersion\":\"" KUBE_API_VERSION
			   "\",\"kind\":\"ContainerProfileList\",\"items\":null}");
	assert_int_equal(objects.count, 2);
}

/* One of ours: the sample's workload gives the sample's names. */
static void a_profile_of_ours_is_named_by_its_instance(void **state)
{
	static const char *const flags[] = { "O_RDONLY" };
	struct kube_profile p = {
		.instance_id = "apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/"
			       "name-shop-frontend-6d4f9c7b5d/containerName-nginx",
		.wlid = "wlid://cluster-demo/namespace-shop/deployment-shop-frontend",
		.completion = "complete",
		.status = "completed",
	};
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	_cleanup_(cJSON_Deletep) cJSON *want = sample_tree("containerprofile"), *labels = NULL;
	struct err err = {};
	cJSON *written;

	(void)state;
	assert_int_equal(kube_profile_add_open(&p, "/b", flags, 1), 0);
	assert_int_equal(kube_profile_add_open(&p, "/a", flags, 1), 0);
	assert_int_equal(kube_profile_add_exec(&p, "/bin/x", NULL, 0), 0);
	assert_int_equal(kube_texts_add(&p.syscalls, "read"), 0);
	kube_profile_settle(&p);
	written = kube_profile_write(&p, &err);
	if (!written)
		fail_msg("%s", err.text);
	labels = cJSON_Duplicate(kube_map(kube_map(want, "metadata"), "labels"), true);
	cJSON_DeleteItemFromObject(labels, "kubescape.io/learning-period");
	cJSON_DeleteItemFromObject(labels, "kubescape.io/workload-resource-version");
	assert_same_json(kube_map(kube_map(written, "metadata"), "labels"), labels);
	assert_int_equal(kube_objects_add(&objects, written, &err), 0);
	assert_string_equal(objects.items[0].name, SLUG);
	assert_string_equal(objects.items[0].namespace, "shop");
	assert_string_equal(kube_annotation(&objects.items[0], "resource-size"), "4");
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_null(profiles.items[0].doubt);
	assert_string_equal(profiles.items[0].container, "nginx");
	assert_string_equal(profiles.items[0].opens[0].path, "/a");
	assert_string_equal(profiles.items[0].opens[0].flags.items[0], "O_RDONLY");
	kube_profile_done(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_read_with_its_name),
		cmocka_unit_test(a_profile_is_read_whole_and_written_whole),
		cmocka_unit_test(unknown_members_survive),
		cmocka_unit_test(an_application_profile_has_a_profile_for_each_container),
		cmocka_unit_test(gos_own_spelling_is_read),
		cmocka_unit_test(chunks_of_a_series_become_one_profile),
		cmocka_unit_test(a_broken_chain_is_a_doubt),
		cmocka_unit_test(a_partial_chunk_makes_the_whole_partial),
		cmocka_unit_test(only_what_is_whole_is_without_a_doubt),
		cmocka_unit_test(what_is_no_profile_is_refused_with_the_place),
		cmocka_unit_test(a_list_may_hold_several_kinds),
		cmocka_unit_test(a_profile_of_ours_is_named_by_its_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
