// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* From a report to results: what clients read, whatever wrote the report, in the room that its text takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "server/json_in.h"
#include "server/outcome.h"

static char dir[] = "/tmp/vexxy-outcome.XXXXXX", report_path[64], results_path[64];

static void write_report(const char *begin, const char *repeated, size_t times, const char *end)
{
	FILE *file = fopen(report_path, "we");

	assert_non_null(file);
	fputs(begin, file);
	for (size_t i = 0; i < times; i++)
		fputs(repeated, file);
	fputs(end, file);
	assert_int_equal(fclose(file), 0);
}

static int make(struct err *err)
{
	static const char *const limitations[] = { "one \"thing\"", NULL };
	struct job job = { .image_ref = (char *)"web:1",
			   .image_digest = (char *)"sha256:0",
			   .created_ms = 1000 };
	const struct outcome outcome = { .job = &job,
					 .sandbox_id = "box",
					 .report_path = report_path,
					 .limitations = limitations,
					 .has_vex = true,
					 .completed_ms = 2000 };

	snprintf(job.id, sizeof(job.id), "job");
	snprintf(job.vex_id, sizeof(job.vex_id), "vex");
	unlink(results_path);
	return outcome_write(&outcome, results_path, err);
}

static void results_say_what_the_report_says(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *results = NULL;
	const cJSON *verdict;
	struct err err = {};

	(void)state;
	write_report(
	    "{\n \"vexxy_report\": \"1\",\n \"execution_profile\": {\"duration_seconds\": 1.50, "
	    "\"programs\": [\"/bin/a b\", \"/c\"], \"syscalls\": \"none\"},\n"
	    " \"traces\": [{\"lost\": 3}, {\"lost\": 4}], \"summary\": {\"affected\": 1},\n"
	    " \"gates\": [\"plain\", {\"text\": \"told\"}, {\"reason\": \"why\"}, 7],\n"
	    " \"verdicts\": [ {\"id\": \"CVE-1\", \"status\": \"affected\", \"confidence\": "
	    "0.90, \"reason\": \"a \\\"b\\\" \\\\\", \"vulnerable_files\": [ \"/x\" ]}",
	    "", 0, " , {} ] }\n");
	assert_int_equal(make(&err), 0);
	assert_int_equal(json_in_load(&results, results_path, 1 << 20, &err), 0);
	assert_string_equal(json_in_text(results, "job_id"), "job");
	assert_string_equal(json_in_text(results, "generated_vex_id"), "vex");
	assert_int_equal(json_in_int(json_in_get(results, "execution_profile"), "lost_events", 0),
			 7);
	assert_int_equal(
	    cJSON_GetArraySize(json_in_get(json_in_get(results, "execution_profile"), "programs")),
	    2);
	/* What is of another kind than clients expect is not passed on. */
	assert_int_equal(
	    cJSON_GetArraySize(json_in_get(json_in_get(results, "execution_profile"), "syscalls")),
	    0);
	assert_int_equal(cJSON_GetArraySize(json_in_get(results, "limitations")), 4);
	assert_int_equal(cJSON_GetArraySize(json_in_get(results, "reachability_results")), 2);
	verdict = cJSON_GetArrayItem(json_in_get(results, "reachability_results"), 0);
	assert_string_equal(json_in_text(verdict, "cve_id"), "CVE-1");
	assert_string_equal(json_in_text(verdict, "reason"), "a \"b\" \\");
	verdict = cJSON_GetArrayItem(json_in_get(results, "reachability_results"), 1);
	assert_true(cJSON_IsNull(json_in_get(verdict, "cve_id")));
	assert_true(cJSON_IsArray(json_in_get(verdict, "executed_files")));
}

static void what_is_no_report_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"vexxy_report\":\"1\"}",
		"{\"vexxy_report\":\"1\",\"verdicts\":{}}",
		"{\"vexxy_report\":\"1\",\"verdicts\":[]",
		"{\"vexxy_report\":\"1\",\"verdicts\":[]}{}",
		"{\"vexxy_report\":\"1\",\"verdicts\":[],\"verdicts\":[]}",
		"{\"vexxy_report\":\"1\",\"verdicts\":[\"\\u0000\"]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = {};

		write_report(bad[i], "", 0, "");
		if (make(&err) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
	}
}

/* As a tree this would be some gigabytes. */
static void a_hostile_report_takes_the_room_of_its_text(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	write_report(
	    "{\"vexxy_report\":\"1\",\"verdicts\":[{\"id\":\"CVE-1\",\"vulnerable_files\":[0", ",0",
	    20000000, "]},{\"id\":\"CVE-2\"}]}");
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 400u << 20, 400u << 20 };
		struct err err = {};

#if !defined(__SANITIZE_ADDRESS__)
		setrlimit(RLIMIT_AS, &limit);
#endif
		(void)limit;
		_exit(make(&err) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void parts_are_found_where_they_are(void **state)
{
	static const char text[] =
	    " {\"a\" : [1, [2], {\"b\":3}] , \"c\":{}, \"d\":\"x\", \"d\":\"y\"} ";
	struct json_part doc, list, item, empty = { "[]", 2 };
	struct err err = {};

	(void)state;
	assert_int_equal(json_in_check(&doc, text, strlen(text), &err), 0);
	list = json_in_member(doc, "a");
	assert_int_equal(list.len, strlen("[1, [2], {\"b\":3}]"));
	item = json_in_next(&list);
	assert_int_equal(item.len, 1);
	item = json_in_next(&list);
	assert_int_equal(item.len, 3);
	item = json_in_next(&list);
	assert_int_equal(*json_in_member(item, "b").at, '3');
	assert_null(json_in_next(&list).at);
	assert_null(json_in_next(&empty).at);
	assert_null(json_in_member(doc, "d").at);
	assert_null(json_in_member(doc, "e").at);
	assert_null(json_in_member(json_in_member(doc, "c"), "a").at);
	assert_null(json_in_member(json_in_member(doc, "a"), "a").at);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(report_path, sizeof(report_path), "%s/report.json", dir);
	snprintf(results_path, sizeof(results_path), "%s/results.json", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(report_path);
	unlink(results_path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_say_what_the_report_says),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(a_hostile_report_takes_the_room_of_its_text),
		cmocka_unit_test(parts_are_found_where_they_are),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
