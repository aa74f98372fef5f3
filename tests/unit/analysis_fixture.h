/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* analysis_fixture.h — a small analysis made by hand: four packages and a program of nobody's, one finding of each kind, one trace. */
#pragma once

#include <string.h>

#include "analyzer/analysis.h"

#define FIXTURE_HEX_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FIXTURE_HEX_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define FIXTURE_TRACE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define FIXTURE_TIME 1700000000 /* 2023-11-14T22:13:20Z */

struct fixture {
	struct analysis analysis;
	struct inventory inventory;
	struct inventory_file files[5]; /* sorted by path */
	size_t owned[4], owners[4];
	struct package packages[4];
	struct findings findings;
	struct finding finding[4];
	struct verdicts verdicts;
	struct verdict verdict[4];
	struct trace trace;
	struct trace *traces[2];
	const char *digests[2];
	struct input inputs[2];
};

static inline void fixture_packages(struct fixture *f)
{
	static const char *const paths[] = { "/usr/bin/curl", "/usr/lib/libssl.so.3",
					     "/usr/lib/libxml2.so.2", "/usr/sbin/nginx" };

	f->files[0] =
	    (struct inventory_file){ .path = "/app/server", .kind = FILE_ELF, .executable = true };
	for (size_t i = 0; i < 4; i++) {
		f->owned[i] = i + 1;
		f->owners[i] = i;
		f->files[i + 1] = (struct inventory_file){ .path = paths[i],
							   .kind = FILE_ELF,
							   .executable = true,
							   .owners = &f->owners[i],
							   .owner_count = 1 };
	}
	f->packages[0] = (struct package){ .name = "curl", .version = "7.88.1-10+deb12u5" };
	f->packages[1] = (struct package){ .name = "libssl3", .version = "3.0.11-1" };
	f->packages[2] = (struct package){ .name = "libxml2", .version = "1:2.9.14" };
	f->packages[3] = (struct package){ .name = "nginx", .version = "1.22.1-9" };
	f->packages[0].purl = "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12";
	f->packages[1].purl = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12";
	f->packages[2].purl = "pkg:deb/debian/libxml2@1%3A2.9.14?arch=amd64&distro=debian-12";
	f->packages[3].purl = "pkg:deb/debian/nginx@1.22.1-9?arch=amd64&distro=debian-12";
	for (size_t i = 0; i < 4; i++) {
		f->packages[i].type = "deb";
		f->packages[i].arch = "amd64";
		f->packages[i].location = "/var/lib/dpkg/status";
		f->packages[i].files = &f->owned[i];
		f->packages[i].file_count = 1;
		f->packages[i].files_known = true;
	}
	f->inventory = (struct inventory){ .os_id = "debian",
					   .os_version = "12",
					   .files = f->files,
					   .file_count = 5,
					   .packages = f->packages,
					   .package_count = 4 };
}

static inline void fixture_findings(struct fixture *f)
{
	static const char *aliases[] = { "DSA-1", "GHSA-aaaa-bbbb-cccc" };
	static const char *curl[] = { "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5" };
	static const char *ssl[] = { "pkg:deb/debian/libssl3@3.0.11-1" };
	static const char *xml[] = { "pkg:deb/debian/libxml2@1%3A2.9.14",
				     "pkg:deb/debian/libxml2@2.9.14" };
	static const char *nginx[] = { "pkg:deb/debian/nginx@1.22.1-9" };
	static const char *arch[] = { "amd64", NULL };
	static struct finding_function functions[] = {
		{ .path = "libssl.so.3",
		  .symbol = "ssl3_read_bytes",
		  .file = "ssl/record/rec_layer_s3.c",
		  .arch = arch,
		  .source = "CVE-2023-0002 (debian/patches/CVE-2023-0002.patch)" },
		{ .path = "libssl.so.3", .source = "X-1", .derived = true },
	};

	f->finding[0] = (struct finding){ .id = "CVE-2023-0001",
					  .aliases = aliases,
					  .alias_count = 2,
					  .purls = curl,
					  .purl_count = 1,
					  .url = "https://nvd.nist.gov/vuln/detail/CVE-2023-0001" };
	f->finding[1] = (struct finding){ .id = "CVE-2023-0002",
					  .purls = ssl,
					  .purl_count = 1,
					  .fixed_version = "3.0.13-1",
					  .functions = functions,
					  .function_count = 2,
					  .functions_partial = "a reason",
					  .fix_state_known = true };
	f->finding[2] = (struct finding){ .id = "CVE-2023-0003", .purls = xml, .purl_count = 2 };
	f->finding[3] = (struct finding){ .id = "CVE-2023-0004",
					  .purls = nginx,
					  .purl_count = 1,
					  .fixed_version = "1.22.1-8",
					  .installed_is_fixed = true };
	for (size_t i = 0; i < 4; i++) {
		f->finding[i].package = i;
		f->finding[i].package_name = f->packages[i].name;
		f->finding[i].package_version = f->packages[i].version;
		f->finding[i].severity = "high";
		f->finding[i].sources = "grype";
	}
	f->findings = (struct findings){ .items = f->finding, .count = 4 };
}

static inline void fixture_verdicts(struct fixture *f)
{
	static const enum status status[] = { STATUS_NOT_AFFECTED, STATUS_AFFECTED,
					      STATUS_UNDER_INVESTIGATION, STATUS_FIXED };
	static const char *const rules[] = { "R7", "R6", "R9", "R11" };
	static const double confidence[] = { 0.97034, 0.9, 0.5, 1.0 };
	static const char *used[] = { "/usr/lib/libssl.so.3" };

	for (size_t i = 0; i < 4; i++)
		f->verdict[i] = (struct verdict){ .finding = i,
						  .rule = rules[i],
						  .status = status[i],
						  .confidence = confidence[i],
						  .reason = "A reason." };
	f->verdict[0].justification = VULNERABLE_CODE_NOT_IN_EXECUTE_PATH;
	f->verdict[0].reason = "Nothing that can run is able to load or execute curl.";
	f->verdict[0].factors[0] = (struct factor){ "unseen", 0.0123, "chao2" };
	f->verdict[0].factor_count = 1;
	f->verdict[1].used_files = used;
	f->verdict[1].used_file_count = 1;
	f->verdict[2].gated = "R8";
	f->verdicts = (struct verdicts){ .items = f->verdict,
					 .count = 4,
					 .units = 60,
					 .quiet_units = 58,
					 .lone_units = 1,
					 .next = 0.016949,
					 .next_upper = 0.0779,
					 .unit_s = 5,
					 .unseen = 0.0503,
					 .model = "2025.1" };
}

/* The object must not move afterwards: it points into itself. */
static inline void fixture_init(struct fixture *f)
{
	static uint64_t starts[59];

	for (size_t i = 0; i < 59; i++)
		starts[i] = (i + 1) * 5000000000u;
	*f = (struct fixture){};
	fixture_packages(f);
	fixture_findings(f);
	fixture_verdicts(f);
	f->trace = (struct trace){ .path = "run.trace.gz",
				   .digest = FIXTURE_TRACE,
				   .began_first_exec = true,
				   .complete = true,
				   .unit_starts = starts,
				   .unit_count = 59,
				   .duration_ns = 300500000000 };
	f->traces[0] = &f->trace;
	f->digests[0] = "sha256:" FIXTURE_HEX_A;
	f->digests[1] = "sha256:" FIXTURE_HEX_B;
	f->inputs[0] = (struct input){ "trace", "run.trace.gz", FIXTURE_TRACE };
	f->inputs[1] = (struct input){ "vulns", "grype.json", FIXTURE_HEX_A };
	f->analysis = (struct analysis){
		.inventory = &f->inventory,
		.findings = &f->findings,
		.traces = f->traces,
		.trace_count = 1,
		.verdicts = &f->verdicts,
		.options = { .policy = POLICY_BALANCED,
			     .bound = 0.05,
			     .min_units = 30,
			     .min_window_s = 10 },
		.product = { .name = "web",
			     .ref = "registry.example/team/web:1",
			     .digests = f->digests,
			     .digest_count = 2,
			     .id_fallback = "pkg:generic/web@sha256:" FIXTURE_HEX_A },
		.inputs = f->inputs,
		.input_count = 2,
		.author = "Example Security Team",
		.timestamp = FIXTURE_TIME,
	};
}
