// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_kubescape.c — what Kubescape tells of an image is read as it is, and loses nothing when it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>

#include "analyzer/file.h"
#include "kubescape-compat/exchange.h"
#include "kubescape-compat/manifest.h"
#include "kubescape-compat/syft.h"
#include "tests/unit/kubescape_fixture.h"

static const struct kube_state complete = { .completion = "complete" };

static struct kube_sbom *sbom_of(const char *text)
{
	struct kube_sbom *sbom = NULL;
	struct err err = {};

	if (kube_sbom_read(&sbom, text, strlen(text), json_parse, &err) < 0)
		fail_msg("%s", err.text);
	return sbom;
}

static char *sample_text(const char *name)
{
	struct err err = {};
	char path[256], *text = NULL;
	size_t len;

	snprintf(path, sizeof(path), SAMPLES "%s.json", name);
	if (file_read(&text, &len, path, 1 << 20, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static void an_sbom_is_read_in_pieces_and_loses_none(void **state)
{
	static const char *const names[] = { "sbomsyft", "sbomsyftfiltered" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *text = sample_text(names[i]);
		_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = sbom_of(text);
		_cleanup_(cJSON_Deletep) cJSON *tree = sample_tree(names[i]), *written = NULL;
		struct err err = {};
		enum kube_kind kind;

		assert_true(kube_peek_kind(text, strlen(text), &kind));
		assert_int_equal(kind, i ? KUBE_SBOM_FILTERED : KUBE_SBOM);
		written = kube_sbom_write(sbom, &err);
		assert_same_json(written, tree);
		assert_string_equal(sbom->digest, DIGEST);
	}
}

static size_t artifact_named(const struct kube_sbom *sbom, const char *name)
{
	size_t i = 0;

	while (i < sbom->artifact_count && strcmp(sbom->artifacts[i].name, name))
		i++;
	assert_true(i < sbom->artifact_count);
	return i;
}

static void an_sbom_tells_who_owns_what(void **state)
{
	_cleanup_free_ char *text = sample_text("sbomsyft");
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = sbom_of(text);
	size_t zlib = artifact_named(sbom, "zlib1g"), owned = 0, deps = 0;

	(void)state;
	assert_int_equal(sbom->artifact_count, 10);
	assert_string_equal(sbom->artifacts[zlib].location, "/var/lib/dpkg/info/zlib1g.md5sums");
	for (size_t i = 0; i < sbom->relationship_count; i++) {
		const struct kube_relationship *r = &sbom->relationships[i];

		deps += r->relation == KUBE_DEPENDENCY_OF;
		if (r->relation != KUBE_CONTAINS || r->parent != zlib)
			continue;
		owned++;
		assert_string_equal(sbom->files[r->child - sbom->artifact_count].path,
				    "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13");
	}
	assert_int_equal(owned, 1);
	assert_int_equal(deps, 13);
}

/* Ids that lead in a circle, to nowhere, and to themselves. */
static void relationships_may_be_cyclic(void **state)
{
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom =
	    sbom_of("{\"apiVersion\":\"" KUBE_API_VERSION
		    "\",\"kind\":\"SBOMSyft\",\"spec\":{\"syft\":{\"artifactRelationships\":["
		    "{\"parent\":\"a\",\"child\":\"b\",\"type\":\"dependency-of\"},{\"parent\":"
		    "\"b\",\"child\":\"a\",\"type\":"
		    "\"dependency-of\"},{\"parent\":\"a\",\"child\":\"a\",\"type\":\"new\"},{"
		    "\"parent\":\"x\",\"child\":\"\"}],"
		    "\"artifacts\":[{\"id\":\"a\",\"cpes\":[\"cpe:2.3:a\"],\"licenses\":[\"MIT\"]},"
		    "{\"id\":\"b\"}],\"files\":null,"
		    "\"distro\":{\"idLike\":\"debian\"}}}}");

	(void)state;
	assert_int_equal(sbom->relationship_count, 4);
	assert_int_equal(sbom->relationships[1].parent, 1);
	assert_int_equal(sbom->relationships[2].relation, KUBE_OTHER);
	assert_int_equal(sbom->relationships[3].parent, KUBE_SBOM_NONE);
}

/* As much of it as storage takes, or less where sanitizers make everything dear. */
#ifdef __SANITIZE_ADDRESS__
#define BIG_BYTES (4u << 20)
#else
#define BIG_BYTES (100u << 20)
#endif
#define PEAK_MB_MAX 220 /* the text, and the names in it */
#define CPU_S_MAX 15

static char *big_sbom(size_t *ret_artifacts)
{
	char *text = malloc(BIG_BYTES + 4096), *to = text;
	size_t n = 0;

	assert_non_null(text);
	to += sprintf(to, "{\"apiVersion\":\"" KUBE_API_VERSION
			  "\",\"kind\":\"SBOMSyft\",\"spec\":{\"syft\":{\"artifacts\":[");
	for (; (size_t)(to - text) < BIG_BYTES; n++)
		to += sprintf(
		    to,
		    "%s{\"id\":\"%016zx\",\"name\":\"p%zu\",\"version\":\"1\",\"type\":\"deb\","
		    "\"locations\":[{\"path\":\"/var/lib/dpkg/status\",\"layerID\":\"sha256:x\"}],"
		    "\"licenses\":[{\"value\":\"MIT\"}],\"cpes\":[{\"cpe\":\"cpe:2.3:a:p:p:1\"}],"
		    "\"purl\":\"pkg:deb/debian/"
		    "p%zu@1\",\"metadata\":{\"source\":\"\",\"files\":null}}",
		    n ? "," : "", n, n, n);
	sprintf(to, "]}}}");
	*ret_artifacts = n;
	return text;
}

static void a_hundred_megabytes_are_read_in_bounded_memory(void **state)
{
	size_t n, i = 0;
	_cleanup_free_ char *text = big_sbom(&n);
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = sbom_of(text);
	struct rusage used;

	(void)state;
	assert_int_equal(sbom->artifact_count, n);
	while (i < n && sbom->artifacts[i].id && sbom->artifacts[i].purl)
		i++;
	assert_int_equal(i, n);
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
	assert_true(used.ru_maxrss / 1024 < PEAK_MB_MAX);
	assert_true(used.ru_utime.tv_sec + used.ru_stime.tv_sec < CPU_S_MAX);
#else
	(void)used;
#endif
}

static void an_sbom_that_is_cut_is_refused(void **state)
{
	static const char head[] = "{\"apiVersion\":\"" KUBE_API_VERSION
				   "\",\"kind\":\"SBOMSyft\",\"spec\":{\"syft\":{\"artifacts\":[";
	static const char *const bad[][2] = {
		{ "{\"id\":1}", "line" },
		{ "{\"id\":\"a\"},]}}}", "'artifacts' is no list" },
		{ "17]}}}", "artifacts 1: is no object" },
		{ "{\"a\":1,\"a\":2}]}}}", "artifacts 1: the key 'a' stands twice" },
		{ "{\"locations\":{}}]}}}", "artifacts 1: 'locations' is no list" },
		{ "]}},\"spec\":{}}", "the key 'spec' stands twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct kube_sbom *sbom = NULL;
		struct err err = {};
		char text[512];

		snprintf(text, sizeof(text), "%s%s", head, bad[i][0]);
		assert_true(kube_sbom_read(&sbom, text, strlen(text), json_parse, &err) < 0);
		if (!strstr(err.text, bad[i][1]))
			fail_msg("'%s' does not say '%s'", err.text, bad[i][1]);
	}
}

/* The profile that the written objects are named by. */
struct named {
	struct kube_objects objects;
	struct kube_profiles profiles;
};

static void named_init(struct named *n)
{
	struct err err = {};

	*n = (struct named){};
	add_sample(&n->objects, "containerprofile");
	assert_int_equal(kube_profiles_read(&n->profiles, &n->objects, &err), 0);
}

static void named_done(struct named *n)
{
	kube_profiles_done(&n->profiles);
	kube_objects_done(&n->objects);
}

/* What the server adds to metadata when it stores an object. */
static void drop_servers_part(cJSON *tree)
{
	static const char *const keys[] = { "uid", "resourceVersion", "creationTimestamp" };

	for (size_t i = 0; i < 3; i++)
		cJSON_DeleteItemFromObject(cJSON_GetObjectItem(tree, "metadata"), keys[i]);
}

/* Kubescape's own choice gives Kubescape's own object: names, labels, annotations, and every relationship that has both its ends. */
static void a_filtered_sbom_is_named_as_kubescape_names_it(void **state)
{
	_cleanup_free_ char *text = sample_text("sbomsyft");
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = sbom_of(text);
	_cleanup_(cJSON_Deletep) cJSON *want = sample_tree("sbomsyftfiltered"), *written = NULL;
	_cleanup_(named_done) struct named named;
	const cJSON *syft = kube_map(kube_map(want, "spec"), "syft"), *item;
	bool artifacts[64] = {}, files[64] = {};
	struct err err = {};

	(void)state;
	named_init(&named);
	for (size_t i = 0; i < sbom->artifact_count; i++)
		cJSON_ArrayForEach(item, kube_get(syft, "artifacts")) artifacts[i] |=
		    !strcmp(kube_text(item, "id"), sbom->artifacts[i].id);
	for (size_t i = 0; i < sbom->file_count; i++)
		cJSON_ArrayForEach(item, kube_get(syft, "files")) files[i] |=
		    !strcmp(kube_text(item, "id"), sbom->files[i].id);
	written = kube_sbom_write_filtered(
	    sbom, &named.profiles.items[0], &(struct kube_kept){ artifacts, files },
	    &(struct kube_state){ "complete", "2026-08-24T09:06:20Z" }, &err);
	if (!written)
		fail_msg("%s", err.text);
	drop_servers_part(want);
	assert_same_json(cJSON_GetObjectItem(written, "metadata"),
			 cJSON_GetObjectItem(want, "metadata"));
	assert_same_json(written, want);
}

static void a_manifest_is_read_and_filtered(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(cJSON_Deletep) cJSON *want = sample_tree("vulnerabilitymanifest-filtered"),
				       *written = NULL;
	_cleanup_(named_done) struct named named;
	struct kube_manifest image, filtered;
	bool keep[16] = {};
	struct err err = {};

	(void)state;
	named_init(&named);
	add_sample(&objects, "vulnerabilitymanifest-image");
	add_sample(&objects, "vulnerabilitymanifest-filtered");
	assert_int_equal(kube_manifest_read(&image, &objects.items[0], &err), 0);
	assert_int_equal(kube_manifest_read(&filtered, &objects.items[1], &err), 0);
	assert_false(image.filtered);
	assert_true(filtered.filtered);
	assert_string_equal(image.digest, DIGEST);
	assert_int_equal(image.match_count, 7);
	assert_int_equal(filtered.match_count, 4);
	assert_string_equal(image.matches[0].id, "CVE-2023-4911");
	assert_string_equal(image.matches[0].name, "libc6");
	for (size_t i = 0; i < image.match_count; i++)
		for (size_t k = 0; k < filtered.match_count; k++)
			keep[i] |= !strcmp(image.matches[i].id, filtered.matches[k].id) &&
				   !strcmp(image.matches[i].purl, filtered.matches[k].purl);
	written =
	    kube_manifest_write_filtered(&image, &named.profiles.items[0], keep, &complete, &err);
	if (!written)
		fail_msg("%s", err.text);
	drop_servers_part(want);
	assert_same_json(written, want);
	kube_manifest_done(&image);
	kube_manifest_done(&filtered);
}

static void a_summary_counts_pairs(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	struct kube_summary summary;
	struct err err = {};

	(void)state;
	add_sample(&objects, "vulnerabilitymanifestsummary");
	assert_int_equal(kube_summary_read(&summary, &objects.items[0], &err), 0);
	assert_int_equal(summary.all[KUBE_HIGH], 4);
	assert_int_equal(summary.relevant[KUBE_HIGH], 2);
	assert_int_equal(summary.relevant[KUBE_LOW], 0);
	assert_string_equal(summary.filtered.name, SLUG);
	assert_false(summary.stub);
	add_text(&objects, "{\"apiVersion\":\"" KUBE_API_VERSION
			   "\",\"kind\":\"VulnerabilityManifestSummary\",\"spec\":{}}");
	assert_int_equal(kube_summary_read(&summary, &objects.items[1], &err), 0);
	assert_true(summary.stub);
}

static void an_exchange_is_an_openvex_document(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	struct kube_exchange exchange;
	const cJSON *swapped;
	struct err err = {};

	(void)state;
	add_sample(&objects, "openvulnerabilityexchangecontainer");
	add_sample(&objects, "openvulnerabilityexchangecontainerlist-metadata-only");
	assert_int_equal(kube_exchange_read(&exchange, &objects.items[0], &err), 0);
	assert_int_equal(exchange.statement_count, 7);
	assert_int_equal(exchange.own_count, 7);
	assert_string_equal(
	    kube_statement_vulnerability(kube_get(exchange.document, "statements")->child),
	    "CVE-2023-4911");
	assert_int_equal(kube_exchange_read(&exchange, &objects.items[1], &err), 0);
	assert_null(exchange.document);
	add_text(&objects, "{\"apiVersion\":\"" KUBE_API_VERSION
			   "\",\"kind\":\"OpenVulnerabilityExchangeContainer\",\"spec\":{"
			   "\"statements\":[{\"vulnerability\":{\"@id\":\"CVE-1\",\"name\":\"https:"
			   "//x/CVE-1\"}}]}}");
	assert_int_equal(kube_exchange_read(&exchange, &objects.items[2], &err), 0);
	swapped = kube_get(exchange.document, "statements")->child;
	assert_string_equal(kube_statement_vulnerability(swapped), "CVE-1");
}

static void ours_goes_beside_what_kubescape_states(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(cJSON_Deletep) cJSON *ours = NULL, *merged = NULL, *again = NULL;
	const cJSON *spec, *statements;
	struct err err = {};

	(void)state;
	add_sample(&objects, "openvulnerabilityexchangecontainer");
	ours = cJSON_Parse(
	    "{\"spec\":{\"@id\":\"https://a/1\",\"version\":9,\"last_updated\":\"2026-09-"
	    "01T00:00:00Z\",\"statements\":[{\"@id\":\"https://a/1/2\"}]}}");
	merged = kube_exchange_merge(&objects.items[0], ours, &err);
	assert_non_null(merged);
	assert_same_json(kube_get(merged, "metadata"), objects.items[0].meta);
	spec = kube_get(merged, "spec");
	statements = kube_get(spec, "statements");
	assert_int_equal(cJSON_GetArraySize(statements), 8);
	assert_string_equal(kube_text(cJSON_GetArrayItem(statements, 7), "@id"), "https://a/1/2");
	assert_string_equal(kube_text(spec, "author"), "kubescape.io");
	assert_string_equal(kube_text(spec, "last_updated"), "2026-09-01T00:00:00Z");
	assert_int_equal(kube_get(spec, "version")->valueint,
			 kube_get(objects.items[0].spec, "version")->valueint + 1);
	/* What is ours already is not there twice. */
	assert_int_equal(kube_objects_add(&objects, take_ptr(merged), &err), 0);
	again = kube_exchange_merge(&objects.items[1], ours, &err);
	assert_non_null(again);
	assert_int_equal(cJSON_GetArraySize(kube_get(kube_get(again, "spec"), "statements")), 8);
}

static void what_was_ours_and_is_no_longer_goes(void **state)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(cJSON_Deletep) cJSON *before = NULL, *now = NULL, *merged = NULL, *again = NULL;
	const cJSON *statements;
	struct err err = {};

	(void)state;
	add_sample(&objects, "openvulnerabilityexchangecontainer");
	before = cJSON_Parse("{\"spec\":{\"statements\":[{\"@id\":\"https://a/statement-1\"},"
			     "{\"@id\":\"https://a/statement-2\"}]}}");
	now = cJSON_Parse("{\"spec\":{\"statements\":[{\"@id\":\"https://a/statement-3\"}]}}");
	merged = kube_exchange_merge(&objects.items[0], before, &err);
	assert_non_null(merged);
	assert_int_equal(kube_objects_add(&objects, take_ptr(merged), &err), 0);
	again = kube_exchange_merge(&objects.items[1], now, &err);
	assert_non_null(again);
	statements = kube_get(kube_get(again, "spec"), "statements");
	assert_int_equal(cJSON_GetArraySize(statements), 8);
	assert_string_equal(kube_text(cJSON_GetArrayItem(statements, 7), "@id"),
			    "https://a/statement-3");
}

static void what_kubescape_would_overwrite_or_refuse_is_not_written(void **state)
{
	_cleanup_(named_done) struct named named;
	_cleanup_(cJSON_Deletep) cJSON *document = NULL, *written = NULL, *want = NULL;
	static const char ok[] =
	    "{\"@id\":\"https://a/1\",\"author\":\"x\",\"statements\":[{\"@id\":\"https://a/1/"
	    "2\"}]}";
	struct err err = {};
	cJSON *statement;
	char *filler;

	(void)state;
	named_init(&named);
	assert_int_equal(json_parse(&document, ok, strlen(ok), &err), 0);
	written = kube_exchange_write(document, &named.profiles.items[0], &complete, &err);
	want = sample_tree("openvulnerabilityexchangecontainer");
	drop_servers_part(want);
	cJSON_DeleteItemFromObject(
	    cJSON_GetObjectItem(cJSON_GetObjectItem(want, "metadata"), "annotations"),
	    "kubescape.io/scan-id");
	cJSON_DeleteItemFromObject(
	    cJSON_GetObjectItem(cJSON_GetObjectItem(want, "metadata"), "annotations"),
	    "kubescape.io/cve-matching-mode");
	assert_same_json(cJSON_GetObjectItem(written, "metadata"),
			 cJSON_GetObjectItem(want, "metadata"));
	assert_same_json(cJSON_GetObjectItem(written, "spec"), document);
	statement = (cJSON *)kube_get(document, "statements")->child;
	assert_int_equal(kube_put_text(statement, "@id", KUBE_STATEMENT_PREFIX "CVE-1/x"), 0);
	assert_null(kube_exchange_write(document, &named.profiles.items[0], &complete, &err));
	assert_non_null(strstr(err.text, "statement 1 has an @id of Kubescape's"));
	assert_int_equal(kube_put_text(statement, "@id", ""), 0);
	assert_null(kube_exchange_write(document, &named.profiles.items[0], &complete, &err));
	assert_non_null(strstr(err.text, "statement 1 has no @id"));
	assert_int_equal(kube_put_text(statement, "@id", "https://a/1/2"), 0);
	filler = calloc(1, KUBE_EXCHANGE_BYTES_MAX);
	memset(filler, 'x', KUBE_EXCHANGE_BYTES_MAX - 1);
	assert_int_equal(kube_put_text(statement, "impact_statement", filler), 0);
	free(filler);
	assert_null(kube_exchange_write(document, &named.profiles.items[0], &complete, &err));
	assert_non_null(strstr(err.text, "takes at most 500000"));
}

/* An ApplicationProfile names the pod; its entry the container, and of which sort it is. */
static void what_is_written_is_named_by_the_container(void **state)
{
	static const char text[] =
	    "{\"apiVersion\":\"" KUBE_API_VERSION
	    "\",\"kind\":\"ApplicationProfile\",\"metadata\":{\"name\":\"x\",\"annotations\":{"
	    "\"kubescape.io/instance-id\":\"apiVersion-v1/namespace-default/kind-Pod/name-web\"}},"
	    "\"spec\":{\"containers\":[{\"name\":\"main\",\"opens\":[{\"path\":\"/a\"}]}],"
	    "\"initContainers\":[{\"name\":\"setup\",\"opens\":[{\"path\":\"/a\"}]}]}}";
	static const char *const ids[] = {
		"apiVersion-v1/namespace-default/kind-Pod/name-web/containerName-main",
		"apiVersion-v1/namespace-default/kind-Pod/name-web/initContainerName-setup"
	};
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	struct err err = {};

	(void)state;
	add_text(&objects, text);
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(profiles.count, 2);
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = kube_object_new(KUBE_SBOM_FILTERED);
		const struct kube_profile *p = &profiles.items[i];
		const char *want = !strcmp(p->container, "main") ? ids[0] : ids[1];
		char name[KUBE_NAME_BYTES];
		const cJSON *meta;

		assert_int_equal(kube_put_filtered_names(tree, p, &complete, &err), 0);
		assert_int_equal(kube_instance_slug(name, want, &err), 0);
		meta = kube_map(tree, "metadata");
		assert_string_equal(kube_text(meta, "name"), name);
		assert_string_equal(
		    kube_text(kube_map(meta, "annotations"), "kubescape.io/instance-id"), want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sbom_is_read_in_pieces_and_loses_none),
		cmocka_unit_test(an_sbom_tells_who_owns_what),
		cmocka_unit_test(relationships_may_be_cyclic),
		cmocka_unit_test(an_sbom_that_is_cut_is_refused),
		cmocka_unit_test(a_hundred_megabytes_are_read_in_bounded_memory),
		cmocka_unit_test(a_filtered_sbom_is_named_as_kubescape_names_it),
		cmocka_unit_test(a_manifest_is_read_and_filtered),
		cmocka_unit_test(a_summary_counts_pairs),
		cmocka_unit_test(an_exchange_is_an_openvex_document),
		cmocka_unit_test(ours_goes_beside_what_kubescape_states),
		cmocka_unit_test(what_was_ours_and_is_no_longer_goes),
		cmocka_unit_test(what_kubescape_would_overwrite_or_refuse_is_not_written),
		cmocka_unit_test(what_is_written_is_named_by_the_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
