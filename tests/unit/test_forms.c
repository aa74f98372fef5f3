// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_forms.c — the OpenVEX document once more as CycloneDX VEX, SARIF and CSAF: exact bytes, and the same statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/form.h"
#include "analyzer/json.h"
#include "analyzer/usage.h"
#include "tests/unit/analysis_fixture.h"

/* In the order of the trace. */
static struct trace_use uses[] = {
	{ USE_EXEC, "/usr/sbin/nginx", "nginx", .t = 1000000, .line = 2, .count = 1 },
	{ USE_MAP, "/usr/lib/libssl.so.3", "nginx", .t = 120456789, .line = 3, .count = 1 },
};

static const char *stack[] = { "/usr/lib/libssl.so.3+0x1f20", "/usr/lib/libssl.so.3+0x2a04",
			       "/usr/sbin/nginx+0x4567" };
static const struct trace_hit hit = { .object = "/usr/lib/libssl.so.3",
				      .symbol = "ssl3_read_bytes",
				      .comm = "nginx",
				      .offset = 0x1f20,
				      .t = 130000000,
				      .pid = 7,
				      .line = 4,
				      .stack = stack,
				      .stack_count = 3 };

struct world {
	struct fixture f;
	struct arena *arena;
	cJSON *openvex;
	struct form form;
};

static void renew(struct world *w)
{
	struct err err = {};

	cJSON_Delete(w->openvex);
	w->openvex = openvex_document(&w->f.analysis, &err);
	assert_non_null(w->openvex);
	assert_int_equal(form_init(&w->form, &w->f.analysis, w->openvex, w->arena, &err), 0);
}

static int set_up(void **state)
{
	static struct world w;
	struct fixture *f = &w.f;
	struct err err = {};

	w = (struct world){ .arena = arena_new() };
	fixture_init(f);
	f->trace.uses = uses;
	f->trace.use_count = 2;
	f->finding[1].summary = "A {fault} in the record layer.";
	f->verdict[1].rule = "R3";
	f->verdict[1].hits[0] = (struct verdict_hit){ .hit = &hit };
	f->verdict[1].hit_count = 1;
	if (usage_collect(&f->verdicts.usage, &f->inventory, f->traces, 1, &err) < 0)
		return -1;
	renew(&w);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	cJSON_Delete(w->openvex);
	usage_free(w->f.verdicts.usage);
	arena_free(w->arena);
	return 0;
}

/* As a reader gets it. */
static cJSON *made(struct world *w, const char *kind)
{
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *tree =
	    form_kind_by_name(kind, strlen(kind))->make(&w->form, &err);
	_cleanup_free_ char *text = NULL;
	cJSON *doc = NULL;

	assert_non_null(tree);
	text = json_print(tree);
	assert_int_equal(json_parse(&doc, text, strlen(text), &err), 0);
	return doc;
}

static void assert_golden(struct world *w, const char *kind, const char *path)
{
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *tree =
	    form_kind_by_name(kind, strlen(kind))->make(&w->form, &err);
	_cleanup_free_ char *text = NULL, *golden = NULL;
	size_t len;

	assert_non_null(tree);
	text = json_print(tree);
	assert_int_equal(file_read(&golden, &len, path, 1 << 20, &err), 0);
	assert_string_equal(text, golden);
}

static void the_cyclonedx_vex_is_this_to_the_byte(void **state)
{
	assert_golden(*state, "cyclonedx", "tests/golden/vex.cdx.json");
}

static void the_sarif_is_this_to_the_byte(void **state)
{
	assert_golden(*state, "sarif", "tests/golden/vex.sarif");
}

static void the_csaf_is_this_to_the_byte(void **state)
{
	assert_golden(*state, "csaf", "tests/golden/vex.csaf.json");
}

static const cJSON *item(const cJSON *array, int index)
{
	const cJSON *ret = cJSON_GetArrayItem(array, index);

	assert_non_null(ret);
	return ret;
}

static void a_component_that_is_not_installed_says_so(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *component;

	w->f.finding[0].package = INVENTORY_NONE;
	renew(w);
	doc = made(w, "cyclonedx");
	component = item(json_array(doc, "components"), 0);
	assert_string_equal(json_string(component, "bom-ref"),
			    "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5");
	assert_string_equal(json_string(item(json_array(component, "properties"), 0), "value"),
			    "false");
}

/* Two packages that scanners cannot tell apart: one component with the files of both, named once by one vulnerability. */
static void packages_of_one_url_are_one_component(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	w->f.finding[3].id = w->f.finding[1].id;
	w->f.finding[3].purls = w->f.finding[1].purls;
	renew(w);
	doc = made(w, "cyclonedx");
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "components")), 3);
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "vulnerabilities")), 3);
	doc = (cJSON_Delete(doc), made(w, "csaf"));
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "vulnerabilities")), 3);
}

static void one_cve_in_two_packages_stands_once_in_csaf(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *first, *status;

	w->f.finding[1].id = w->f.finding[0].id;
	renew(w);
	doc = made(w, "csaf");
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "vulnerabilities")), 3);
	first = item(json_array(doc, "vulnerabilities"), 0);
	status = json_object(first, "product_status");
	assert_int_equal(cJSON_GetArraySize(json_array(status, "known_affected")), 2);
	assert_int_equal(cJSON_GetArraySize(json_array(status, "known_not_affected")), 2);
	assert_int_equal(cJSON_GetArraySize(json_array(first, "flags")), 1);
}

static void without_a_cve_id_csaf_leaves_it_out_and_says_so(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *note;

	w->f.finding[2].id = "GHSA-xxxx-yyyy-zzzz";
	renew(w);
	doc = made(w, "csaf");
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "vulnerabilities")), 3);
	note = item(json_array(json_object(doc, "document"), "notes"), 0);
	assert_non_null(strstr(json_string(note, "text"), "GHSA-xxxx-yyyy-zzzz"));
	for (size_t i = 0; i < 4; i++)
		w->f.finding[i].id = "GHSA-xxxx-yyyy-zzzz";
	assert_non_null(csaf_refusal(&w->f.analysis));
}

static void the_code_flow_leads_from_the_outermost_caller_to_the_function(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = made(*state, "sarif");
	const cJSON *result = item(json_array(item(json_array(doc, "runs"), 0), "results"), 1);
	const cJSON *flow = item(json_array(result, "codeFlows"), 0);
	const cJSON *path = json_array(item(json_array(flow, "threadFlows"), 0), "locations");
	const cJSON *first = json_object(item(path, 0), "location");
	const cJSON *last = json_object(item(path, 2), "location");

	assert_int_equal(cJSON_GetArraySize(path), 3);
	assert_string_equal(
	    json_string(json_object(json_object(first, "physicalLocation"), "artifactLocation"),
			"uri"),
	    "usr/sbin/nginx");
	assert_int_equal(json_u64(json_object(json_object(first, "physicalLocation"), "address"),
				  "absoluteAddress", 0),
			 0x4567);
	assert_string_equal(json_string(item(json_array(last, "logicalLocations"), 0), "name"),
			    "ssl3_read_bytes");
}

static void paths_become_references_that_cannot_be_misread(void **state)
{
	static const char *used[] = { "/a b:c/\xff\xc3\xa4%", "/x:y" };
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *result, *location;

	w->f.verdict[2].used_files = used;
	w->f.verdict[2].used_file_count = 2;
	renew(w);
	doc = made(w, "sarif");
	result = item(json_array(item(json_array(doc, "runs"), 0), "results"), 2);
	location = json_object(item(json_array(result, "locations"), 0), "physicalLocation");
	assert_string_equal(json_string(json_object(location, "artifactLocation"), "uri"),
			    "./a%20b:c/%FF%C3%A4%25");
	location = json_object(item(json_array(result, "relatedLocations"), 0), "physicalLocation");
	assert_string_equal(json_string(json_object(location, "artifactLocation"), "uri"), "./x:y");
}

static void what_is_under_investigation_is_not_suppressed(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = made(*state, "sarif");
	const cJSON *results = json_array(item(json_array(doc, "runs"), 0), "results");

	assert_string_equal(
	    json_string(item(json_array(item(results, 0), "suppressions"), 0), "status"),
	    "accepted");
	assert_null(json_array(item(results, 1), "suppressions"));
	assert_string_equal(
	    json_string(item(json_array(item(results, 2), "suppressions"), 0), "status"),
	    "underReview");
	assert_string_equal(json_string(item(results, 3), "kind"), "pass");
}

static void frames_are_taken_apart(void **state)
{
	struct world *w = *state;
	uint64_t offset;

	assert_string_equal(form_frame(&w->form, "/usr/lib/c++/a+0x1f", &offset), "/usr/lib/c++/a");
	assert_int_equal(offset, 0x1f);
	assert_string_equal(form_frame(&w->form, "/a+0x", &offset), "/a+0x");
	assert_string_equal(form_frame(&w->form, "/a+0xfg", &offset), "/a+0xfg");
	assert_string_equal(form_frame(&w->form, "/a+0xffffffffffffffff", &offset),
			    "/a+0xffffffffffffffff");
	assert_int_equal(offset, 0);
}

static void kinds_are_known_by_their_names(void **state)
{
	static const char *lists[] = { "sarif", "csaf,sarif" };
	const struct option_list named = { .items = lists, .count = 2 };
	struct err err = {};

	(void)state;
	assert_int_equal(form_names_check("cyclonedx,sarif,csaf", &err), 0);
	assert_int_equal(form_names_check("cyclonedx,,csaf", &err), -EINVAL);
	assert_int_equal(form_names_check("", &err), -EINVAL);
	assert_int_equal(form_names_check("sarif,spdx", &err), -EINVAL);
	assert_string_equal(
	    err.text, "--also: 'spdx' is none of csaf, cyclonedx, kubescape, sarif, trivy-repo");
	assert_true(form_is_named(form_kind_by_name("csaf", 4), &named));
	assert_false(form_is_named(form_kind_by_name("cyclonedx", 9), &named));
}

/* The member of an archive that begins there: its name and text. Returns where the next begins, NULL at the end. */
static const char *member(const char *at, const char *name, _Bool whole, const char *text)
{
	size_t len = strtoul(at + 124, NULL, 8);
	unsigned sum = 0;

	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)at[i];
	assert_int_equal(strtoul(at + 148, NULL, 8), sum);
	assert_string_equal(at, name);
	assert_memory_equal(at + 257, "ustar\00000", 8);
	if (whole)
		assert_int_equal(len, strlen(text));
	assert_non_null(memmem(at + 512, len, text, strlen(text)));
	return at + 512 + (len + 511) / 512 * 512;
}

static void the_repository_for_trivy_has_three_files(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *pack = NULL, *text = json_print(w->openvex);
	struct err err = {};
	const char *at;
	size_t len;

	w->f.analysis.product.ref = "registry.example:5000/team/web:1";
	assert_null(trivy_repo_refusal(&w->f.analysis));
	assert_int_equal(trivy_repo_pack(&pack, &len, &w->form, &err), 0);
	at = member(pack, "vex-repository.json", false, "\"spec_version\": \"0.1\"");
	at = member(at, "0.1/index.json", false,
		    "\"id\": \"pkg:oci/web?repository_url=registry.example:5000%2Fteam%2Fweb\"");
	at = member(at, "0.1/vex.openvex.json", true, text);
	assert_int_equal(len, at - pack + 1024);
	for (size_t i = 0; i < 1024; i++)
		assert_int_equal(at[i], 0);
}

static void trivy_finds_nothing_by_an_image_without_registry(void **state)
{
	struct world *w = *state;

	w->f.analysis.product.ref = "oci:layout:web";
	assert_non_null(trivy_repo_refusal(&w->f.analysis));
	w->f.analysis.product.ref = "docker://nginx";
	assert_null(trivy_repo_refusal(&w->f.analysis));
	w->f.analysis.product.digest_count = 0;
	assert_non_null(trivy_repo_refusal(&w->f.analysis));
}

static void another_analysis_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = {};
	struct form form;

	w->f.finding[3].purl_count = 0;
	assert_int_equal(form_init(&form, &w->f.analysis, w->openvex, w->arena, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_cyclonedx_vex_is_this_to_the_byte, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_sarif_is_this_to_the_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_csaf_is_this_to_the_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_component_that_is_not_installed_says_so, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(packages_of_one_url_are_one_component, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_cve_in_two_packages_stands_once_in_csaf, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_a_cve_id_csaf_leaves_it_out_and_says_so,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_code_flow_leads_from_the_outermost_caller_to_the_function, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(paths_become_references_that_cannot_be_misread,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_under_investigation_is_not_suppressed,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(frames_are_taken_apart, set_up, tear_down),
		cmocka_unit_test(kinds_are_known_by_their_names),
		cmocka_unit_test_setup_teardown(the_repository_for_trivy_has_three_files, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(trivy_finds_nothing_by_an_image_without_registry,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_analysis_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
