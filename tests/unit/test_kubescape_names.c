// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_kubescape_names.c — how Kubescape names objects, and shortens paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kubescape-compat/pattern.h"
#include "kubescape-compat/pieces.h"
#include "kubescape-compat/slug.h"

#define INSTANCE                                                                           \
	"apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/name-shop-frontend-6d4f9c7b5d/" \
	"containerName-nginx"

static void slugs_are_those_of_kubescapes_own_tests(void **state)
{
	static const char *const vectors[][2] = {
		{ "apiVersion-v1/namespace-default/kind-Deployment/name-my-deployment/"
		  "containerName-main-app",
		  "deployment-my-deployment-main-app-f9c2-5136" },
		{ "apiVersion-batch/v1/namespace-processing/kind-Job/name-processor-job-alt/"
		  "containerName-worker",
		  "job-processor-job-alt-worker-32c7-f0b9" },
		{ "apiVersion-apps/v1/namespace-kube-system/kind-ReplicaSet/"
		  "name-coredns-5d78c9869d/containerName-coredns",
		  "replicaset-coredns-5d78c9869d-coredns-185f-129c" },
		{ "apiVersion-apps/v1/namespace-kubescape/kind-ReplicaSet/name-kubevuln-666dbffc4f/"
		  "containerName-kubevuln",
		  "replicaset-kubevuln-666dbffc4f-kubevuln-ca1b-6f47" },
		{ INSTANCE, "replicaset-shop-frontend-6d4f9c7b5d-nginx-91ae-9f13" },
		{ "apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/name-shop-frontend-6d4f9c7b5d",
		  "replicaset-shop-frontend-6d4f9c7b5d" },
	};
	char slug[KUBE_NAME_BYTES];
	struct err err = {};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		assert_int_equal(kube_instance_slug(slug, vectors[i][0], &err), 0);
		assert_string_equal(slug, vectors[i][1]);
	}
}

static void a_long_slug_is_cut_and_keeps_its_hash(void **state)
{
	char id[700], slug[KUBE_NAME_BYTES], name[230];
	struct err err = {};

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(id, sizeof(id),
		 "apiVersion-v1/namespace-x/kind-Pod/name-%s/containerName-container", name);
	assert_int_equal(kube_instance_slug(slug, id, &err), 0);
	assert_int_equal(strlen(slug), 253);
	assert_memory_equal(slug, "pod-nnn", 7);
	assert_int_equal(slug[243], '-');
	assert_int_equal(slug[248], '-');
}

static void an_instance_id_falls_into_its_parts(void **state)
{
	struct kube_instance i;
	struct err err = {};

	(void)state;
	assert_int_equal(kube_instance_parse(&i, INSTANCE, &err), 0);
	assert_string_equal(i.group, "apps");
	assert_string_equal(i.version, "v1");
	assert_string_equal(i.namespace, "shop");
	assert_string_equal(i.kind, "ReplicaSet");
	assert_string_equal(i.name, "shop-frontend-6d4f9c7b5d");
	assert_string_equal(i.container_type, "containers");
	assert_string_equal(i.container, "nginx");
	assert_int_equal(
	    kube_instance_parse(&i, "apiVersion-v1/namespace-a/kind-Pod/name-b/initContainerName-c",
				&err),
	    0);
	assert_string_equal(i.group, "");
	assert_string_equal(i.container_type, "initContainers");
	assert_int_equal(kube_instance_parse(&i, "nginx", &err), -EINVAL);
	assert_non_null(strstr(err.text, "'nginx' is no instance-id"));
	assert_int_equal(
	    kube_instance_parse(&i, "apiVersion-v1/namespace-a/kind-Pod/name-b/other-c", &err),
	    -EINVAL);
}

static void images_are_named_by_tag_and_the_end_of_their_id(void **state)
{
	char text[KUBE_NAME_BYTES], digest[KUBE_DIGEST_BYTES];
	static const char id[] = "docker.io/library/nginx@sha256:"
				 "df14a594c8eddab1d9346a162ad84a5a42f145aa3a836c280fd36321d61f92fa";

	(void)state;
	kube_image_slug(text, "docker.io/library/nginx:1.25.2", id);
	assert_string_equal(text, "docker.io-library-nginx-1.25.2-1f92fa");
	kube_label_value(text, id);
	assert_string_equal(text,
			    "docker-io-library-nginx-sha256-df14a594c8eddab1d9346a162ad84a5a");
	kube_label_value(text, "-not-a-label");
	assert_string_equal(text, "");
	assert_true(kube_image_digest(digest, id));
	assert_memory_equal(digest, "sha256:df14", 11);
	assert_false(kube_image_digest(digest, "nginx@sha256:df14"));
}

static void patterns_stand_for_segments(void **state)
{
	(void)state;
	assert_true(kube_path_matches("/proc/⋯/auxv", "/proc/1/auxv"));
	assert_false(kube_path_matches("/proc/⋯/auxv", "/proc/1/task/auxv"));
	assert_false(kube_path_matches("/proc/⋯", "/proc"));
	assert_true(kube_path_matches("/var/*", "/var/a/b/c"));
	assert_false(kube_path_matches("/var/*", "/var"));
	assert_true(kube_path_matches("/a/*/z", "/a/z"));
	assert_true(kube_path_matches("/a/*/z", "/a/b/z/c/z"));
	assert_false(kube_path_matches("/a/*/z", "/a/b/zz"));
	assert_true(kube_path_matches("/a/*/m/*/z", "/a/1/m/2/m/3/z"));
	assert_true(kube_path_matches("/lib/x", "/lib/x"));
	assert_false(kube_path_matches("/lib/x", "/lib/x/y"));
	assert_false(kube_path_is_pattern("/a⋯b/c*"));
	assert_true(kube_path_is_pattern("/a/*"));
	assert_int_equal(kube_path_literal("/proc/⋯/fd"), 6);
	assert_int_equal(kube_path_literal("/proc"), 5);
}

static void pieces_are_the_members_of_an_object(void **state)
{
	static const char text[] = " {\"a\" : [1,{\"b\":\"]}\\\"\"}] ,\"c\":2}";
	struct pieces p = pieces_of_object(text, strlen(text));
	struct piece key, value;

	(void)state;
	assert_true(pieces_next(&p, &key, &value));
	assert_true(piece_is(&key, "A"));
	assert_int_equal(value.len, strlen("[1,{\"b\":\"]}\\\"\"}]"));
	assert_true(pieces_next(&p, &key, &value));
	assert_int_equal(value.len, 1);
	assert_false(pieces_next(&p, &key, &value));
	assert_true(pieces_ended(&p));
}

static void pieces_of_what_is_cut_do_not_end(void **state)
{
	static const char *const texts[] = { "", "[", "[1", "[1,", "[1,]", "[\"a", "[{]", "{}" };
	struct piece key, value;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct pieces p = pieces_of_list(texts[i], strlen(texts[i]));

		while (pieces_next(&p, &key, &value))
			;
		assert_int_equal(pieces_ended(&p), false);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(slugs_are_those_of_kubescapes_own_tests),
		cmocka_unit_test(a_long_slug_is_cut_and_keeps_its_hash),
		cmocka_unit_test(an_instance_id_falls_into_its_parts),
		cmocka_unit_test(images_are_named_by_tag_and_the_end_of_their_id),
		cmocka_unit_test(patterns_stand_for_segments),
		cmocka_unit_test(pieces_are_the_members_of_an_object),
		cmocka_unit_test(pieces_of_what_is_cut_do_not_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
