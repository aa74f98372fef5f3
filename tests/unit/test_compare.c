// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_compare.c — Kubescape's word is what its objects say, and each row tells why ours is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "analyzer/compare.h"
#include "analyzer/file.h"
#include "analyzer/json.h"
#include "analyzer/sbom_relevancy.h"

#define SAMPLES "tests/kubescape/"

static char *text_of(const char *path, size_t *len)
{
	struct err err = {};
	char *text = NULL;

	assert_int_equal(file_read(&text, len, path, 1 << 20, &err), 0);
	return text;
}

static cJSON *tree_of(const char *text)
{
	struct err err = {};
	cJSON *tree = NULL;

	assert_int_equal(json_parse(&tree, text, strlen(text), &err), 0);
	return tree;
}

/* What its own filter kept of the sample is what the relevancy of the same SBOM and profile gives, no more and no less. */
static void the_filtered_sbom_is_what_its_relevancy_gives(void **state)
{
	_cleanup_(sbom_relevancy_freep) struct sbom_relevancy *relevancy = NULL;
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = NULL, *filtered = NULL;
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	_cleanup_free_ char *a = NULL, *b = NULL, *c = NULL;
	size_t a_len, b_len, c_len, kept = 0;
	struct kube_texts paths = {};
	struct err err = {};

	(void)state;
	a = text_of(SAMPLES "sbomsyft.json", &a_len);
	b = text_of(SAMPLES "sbomsyftfiltered.json", &b_len);
	c = text_of(SAMPLES "containerprofile.json", &c_len);
	assert_int_equal(kube_sbom_read(&sbom, a, a_len, json_parse, &err), 0);
	assert_int_equal(kube_sbom_read(&filtered, b, b_len, json_parse, &err), 0);
	assert_int_equal(kube_objects_add(&objects, tree_of(c), &err), 0);
	assert_int_equal(kube_profiles_read(&profiles, &objects, &err), 0);
	assert_int_equal(kube_profile_paths(&paths, &profiles.items[0]), 0);
	assert_int_equal(sbom_relevancy_new(&relevancy, sbom, paths.items, paths.count, &err), 0);
	free(paths.items);
	for (size_t i = 0; i < sbom->artifact_count; i++) {
		bool theirs = false;

		for (size_t k = 0; k < filtered->artifact_count; k++)
			theirs |= !strcmp(sbom->artifacts[i].id, filtered->artifacts[k].id);
		assert_int_equal(relevancy->graph->nodes[i].kept, theirs);
		kept += theirs;
	}
	assert_int_equal(kept, filtered->artifact_count);
	assert_true(kept > 0 && kept < sbom->artifact_count);
}

/* A path with "⋯" or "*" keeps every file that it stands for. */
static void a_pattern_touches_all_it_stands_for(void **state)
{
	static const char text[] =
	    "{\"apiVersion\":\"spdx.softwarecomposition.kubescape.io/"
	    "v1beta1\",\"kind\":\"SBOMSyft\","
	    "\"metadata\":{\"name\":\"x\"},\"spec\":{\"syft\":{\"artifacts\":["
	    "{\"id\":\"a\",\"name\":\"a\",\"version\":\"1\",\"purl\":\"pkg:deb/debian/a@1\"},"
	    "{\"id\":\"b\",\"name\":\"b\",\"version\":\"1\",\"purl\":\"pkg:deb/debian/b@1\"}],"
	    "\"files\":[{\"id\":\"f\",\"location\":{\"path\":\"/opt/x/one/a\"}},"
	    "{\"id\":\"g\",\"location\":{\"path\":\"/opt/x/two/deep/b\"}}],"
	    "\"artifactRelationships\":[{\"parent\":\"a\",\"child\":\"f\",\"type\":\"contains\"},"
	    "{\"parent\":\"b\",\"child\":\"g\",\"type\":\"contains\"}]}}}";
	static const struct {
		const char *pattern;
		bool a, b;
	} cases[] = { { "/opt/x/\u22ef/a", true, false },
		      { "/opt/*", true, true },
		      { "/opt/x/two/\u22ef", false, false },
		      { "/opt/x/one/a", true, false },
		      { "/opt/x/one", false, false } };
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(kube_sbom_read(&sbom, text, sizeof(text) - 1, json_parse, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sbom_relevancy *relevancy = NULL;

		assert_int_equal(sbom_relevancy_new(&relevancy, sbom, &cases[i].pattern, 1, &err),
				 0);
		assert_int_equal(relevancy->graph->nodes[0].kept, cases[i].a);
		assert_int_equal(relevancy->graph->nodes[1].kept, cases[i].b);
		sbom_relevancy_free(relevancy);
	}
}

#define VERDICT(status, more)                                                                   \
	"{\"vexxy_report\":\"1.0\",\"verdicts\":[{\"id\":\"CVE-1\",\"package\":\"a\",\"purl\":" \
	"\"pkg:deb/debian/a@1\",\"status\":\"" status                                           \
	"\",\"confidence\":0.5,\"reason\":\"r\"" more "}]}"
#define SIMULATED(status, more) ",\"kubescape\":{\"status\":\"" status "\",\"why\":\"w\"" more "}"

static void assert_row(const char *report, enum comparison_relation relation, const char *why)
{
	_cleanup_(comparison_freep) struct comparison *comparison = NULL;
	_cleanup_(cJSON_Deletep) cJSON *tree = tree_of(report);
	struct err err = {};

	assert_int_equal(compare_report(&comparison, tree, NULL, &err), 0);
	assert_int_equal(comparison->count, 1);
	assert_int_equal(comparison->by_relation[relation], 1);
	assert_int_equal(comparison->rows[0].relation, relation);
	assert_non_null(strstr(comparison->rows[0].why, why));
}

static void every_difference_has_its_reason(void **state)
{
	(void)state;
	assert_row(VERDICT("affected", ",\"rule\":\"R6\"" SIMULATED("affected", "")), COMPARED_SAME,
		   "both say the same");
	assert_row(VERDICT("affected", ",\"rule\":\"R3\"" SIMULATED("affected", "")), COMPARED_SAME,
		   "the vulnerable function itself ran");
	assert_row(VERDICT("not_affected", ",\"justification\":\"vulnerable_code_not_in_execute_"
					   "path\",\"rule\":\"R7\"" SIMULATED(
					       "not_affected", ",\"justification\":\"vulnerable_"
							       "code_not_present\"")),
		   COMPARED_GROUND, "calls code absent that lies in the image");
	assert_row(VERDICT("under_investigation",
			   ",\"rule\":\"R5\"" SIMULATED("affected", ",\"by\":\"file\"")),
		   COMPARED_STATUS,
		   "takes an opened file for use of all of its package; here that");
	assert_row(
	    VERDICT("not_affected", ",\"rule\":\"R2\"" SIMULATED("affected", ",\"by\":"
									     "\"database\"")),
	    COMPARED_STATUS, "package database");
	assert_row(VERDICT("fixed", ",\"rule\":\"R11\",\"kubescape\":{\"why\":\"no match\"}"),
		   COMPARED_ONLY_OURS, "no match");
}

static void what_is_no_report_is_refused(void **state)
{
	static const char *const texts[] = { "{}", "[]", "{\"vexxy_report\":\"1.0\"}",
					     "{\"vexxy_report\":\"1.0\",\"verdicts\":[{}]}",
					     "{\"vexxy_report\":\"1.0\",\"verdicts\":[7]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = tree_of(texts[i]);
		struct comparison *comparison = NULL;
		struct err err = {};

		assert_int_equal(compare_report(&comparison, tree, NULL, &err), -EBADMSG);
		assert_null(comparison);
		assert_true(err.text[0]);
	}
}

/* A word on the package for another architecture, or of another version, is not on ours. */
static void a_word_is_on_the_very_package(void **state)
{
	static const struct {
		const char *purl;
		bool is;
	} cases[] = { { "pkg:deb/debian/a@1?arch=amd64&distro=debian-12&upstream=x", true },
		      { "pkg:deb/debian/a@1", true },
		      { "pkg:deb/debian/a@1?arch=arm64", false },
		      { "pkg:deb/debian/a@2?arch=amd64", false },
		      { "pkg:deb/ubuntu/a@1?arch=amd64", false } };
	_cleanup_(cJSON_Deletep) cJSON *report =
	    tree_of("{\"vexxy_report\":\"1.0\",\"verdicts\":[{\"id\":\"CVE-1\",\"purl\":\"pkg:deb/"
		    "debian/a@1?arch=amd64\",\"status\":\"affected\",\"rule\":\"R6\"}]}");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kubescape_words *words = NULL;
		struct comparison *comparison = NULL;
		struct err err = {};
		char text[1024];

		snprintf(text, sizeof(text),
			 "{\"apiVersion\":\"spdx.softwarecomposition.kubescape.io/v1beta1\","
			 "\"kind\":\"OpenVulnerabilityExchangeContainer\",\"metadata\":{\"name\":"
			 "\"x\"},\"spec\":{\"statements\":[{\"@id\":\"https://kubescape.io/vex/"
			 "statement/a\",\"vulnerability\":{\"name\":\"CVE-1\"},\"status\":"
			 "\"affected\",\"products\":[{\"subcomponents\":[{\"@id\":\"%s\"}]}]}]}}",
			 cases[i].purl);
		assert_int_equal(kubescape_words_parse(&words, text, strlen(text), &err), 0);
		assert_int_equal(compare_report(&comparison, report, words, &err), 0);
		assert_int_equal(comparison->count, cases[i].is ? 1 : 2);
		comparison_free(comparison);
		kubescape_words_free(words);
	}
}

/* Its VEX may have statements of others alone: then it says nothing, of any pair. */
static void without_a_word_of_its_own_all_is_only_ours(void **state)
{
	static const char text[] =
	    "{\"apiVersion\":\"spdx.softwarecomposition.kubescape.io/v1beta1\",\"kind\":"
	    "\"OpenVulnerabilityExchangeContainer\",\"metadata\":{\"name\":\"x\"},\"spec\":{"
	    "\"statements\":[{\"@id\":\"https://example.com/1\",\"vulnerability\":{\"name\":"
	    "\"CVE-1\"},\"status\":\"affected\",\"products\":[{\"subcomponents\":[{\"@id\":"
	    "\"pkg:deb/debian/a@1\"}]}]}]}}";
	_cleanup_(kubescape_words_freep) struct kubescape_words *words = NULL;
	_cleanup_(comparison_freep) struct comparison *comparison = NULL;
	_cleanup_(cJSON_Deletep) cJSON *report =
	    tree_of(VERDICT("affected", ",\"rule\":\"R6\"" SIMULATED("affected", "")));
	struct err err = {};

	(void)state;
	assert_int_equal(kubescape_words_parse(&words, text, sizeof(text) - 1, &err), 0);
	assert_int_equal(words->count, 0);
	assert_int_equal(compare_report(&comparison, report, words, &err), 0);
	assert_int_equal(comparison->by_relation[COMPARED_ONLY_OURS], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filtered_sbom_is_what_its_relevancy_gives),
		cmocka_unit_test(a_pattern_touches_all_it_stands_for),
		cmocka_unit_test(every_difference_has_its_reason),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(a_word_is_on_the_very_package),
		cmocka_unit_test(without_a_word_of_its_own_all_is_only_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
