/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * report.h — report.json: every verdict with all that it rests on, and what was seen to run.
 *
 *   {"vexxy_report":"1.0","vexxy":S,"model":S,"timestamp":S,
 *    "product":{"name","ref","digests":[S…],"id_fallback"},
 *    "options":{"policy","bound","min_units","min_window_s"},
 *    "summary":{"findings":N,"affected":N,"affected_function":N,"affected_package":N,"under_investigation":N,
 *               "not_affected":N,"fixed":N},
 *    "gates":[S…]                  why R9 turns down every conclusion from absence; empty: nothing does
 *    "window":{"units","quiet_units","lone_units","unit_s","next","next_upper","unseen"},      window.h
 *    "closure":{"open":B,"reason":S,"files":N},
 *    "traces":[{"number":N,"sha256":S,…,"losses":{cause:N…},"counts":{kind:N…}}…],
 *    "execution_profile":{"duration_seconds":N,"files_accessed":[S…],"syscalls":[S…],"network_connections":[{…}…],
 *               "loaded_libraries":[S…],"programs":[S…],…,"code_coverage_percent":N,"code_coverage":{"functions":N,"ran":N,
 *               "objects":[{"object","build_id","functions","ran","code_coverage_percent","late"}…],
 *               "units":[{"trace","unit","ran","code_coverage_percent"}…]}}   the last two where functions were watched for coverage
 *    "packages":{"used":[{…}…],"unused":[{…}…]},
 *    "verdicts":[{"id","purl",…,"status","rule","confidence",…}…]      one per finding, in the order of the findings
 *    "notes":{"inventory":[S…],"findings":[S…]}}
 *
 * "functions" of a verdict: {"path","symbol","file","os":[S…],"arch":[S…],"derived":true,"source"}, as in struct
 * finding_function, absent what is not known; "functions_partial": why they may not be all of the fault, or more than it.
 * "rung": how near to the function the observation came (rung.h). "sites": {"count","doubt","objects":[{"path","build_id","sites"}…]}, the
 * places that are known; "doubt": why they may not be all. "hits":[{"symbol","object","offset","at","trace","line","t","pid",
 * "comm","stack":[S…]}…]: vulnerable functions that ran. "proofs":[{"object","holds","ancestors","exported":[S…],"checked":[S…],
 * "obstacles":[{"kind","text"}…],"way":{"from","steps":[{"address","name"}…]}}…]: who could reach them (reach_proof.h).
 * "kubescape" of a verdict: what Kubescape would say of the same inputs (kubescape_view.h), {"status","justification","by","why"}; without
 * status: nothing.
 * "priors" (only with --prior): the documents of others, {"number":N,"sha256","id","author","role","timestamp","version","tooling",
 * "statements":N,"applied":N,"left_out":{"no_finding","other_product","other_package","faulty"},"not_applied":[{"statement":N,
 * "vulnerability","why"}…]}; "prior" of a verdict: [{"document":N,"statement":N,"id","status",…,"product","subcomponent","named_by",
 * "timestamp","author","relation","why"}…], as in prior.h. They change no verdict.
 * "cross_check" (only with --profile): {"container","doubt","passed_over":N,"profiles":[{"kind","namespace","name","image_id","completion",
 * "status","doubt","other_start","opens":N,"execs":N,"syscalls":N}…],"opens":{…},"execs":{…},"syscalls":{…},"libraries":{…},"patterns":N,"strange",
 * "packages":{outcome:N…}}; each channel is {"not_compared","both":N,"only_trace_count":N,"only_trace":[S…],"only_kubescape_count":N,
 * "only_kubescape":[S…],"unknown":N,"apart":N} (witness.h). "cross_check" of a verdict: the outcome for its package.
 * "missing" of a verdict: what a firmer one would need. "expires" of a not_affected one: when it has to be reached again at the latest;
 * another image, other data on vulnerabilities or another workload end it before. "confidence" is the product of 1 - "risk" over its
 * "factors" (confidence.h).
 * "fixed_version" of a verdict: absent when no source tells, "" when a source says that there is none. "level" of an affected
 * one: "function" (it ran) or "package" (the package is in use, the function is not known). "trace" of evidence is a trace's
 * "number", "line" the line in it. Lists that are cut at REPORT_LIST_MAX stand beside their whole count.
 */
#pragma once

#include "analyzer/analysis.h"
#include "analyzer/json_writer.h"

#define REPORT_VERSION "1.0"
#define REPORT_LIST_MAX 100u
#define REPORT_PATHS_MAX 100000u

/* "agree_used", "agree_unused", "only_trace", "only_kubescape", "apart", "unknown"; NULL without a second observer or a package. */
const char *report_outcome(const struct analysis *analysis, const struct verdict *verdict);
/* "function", "package", or NULL when the verdict is not affected at any level. */
const char *report_level(const struct verdict *verdict);

/* For report.c only: which functions are at fault; where they are, whether they ran, and whether they could. */
void report_put_functions(struct json_writer *w, cJSON *item, const struct finding *finding);
void report_put_reach(struct json_writer *w, cJSON *item, const struct analysis *analysis,
		      const struct verdict *verdict);

/* For report.c only: what others have stated. Nothing when no prior document was given. */
void report_put_priors(struct json_writer *w, cJSON *doc, const struct analysis *analysis);
void report_put_prior(struct json_writer *w, cJSON *item, const struct analysis *analysis,
		      size_t finding);

/* For report.c only: what was seen, apart from any vulnerability. */
void report_put_traces(struct json_writer *w, cJSON *doc, const struct analysis *analysis);
void report_put_profile(struct json_writer *w, cJSON *doc, const struct analysis *analysis);
/* The second observer; nothing when there is none. */
void report_put_witness(struct json_writer *w, cJSON *doc, const struct analysis *analysis);
void report_put_packages(struct json_writer *w, cJSON *doc, const struct analysis *analysis);
