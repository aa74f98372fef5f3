/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * client.h — the verbs that talk to a server, as vexxy shows them and vexxy-client does them.
 *
 * vexxy decides and has no network: for these verbs it starts vexxy-client with the same words. Help, manual page and completion
 * are vexxy's, the work is vexxy-client's; both read this table.
 */
#pragma once

#include "include/options.h"

struct client_options {
	const char *server, *key_file, *ca;
	bool json;
	const char *digest, *profile, *sbom, *test_script, *health_path, *callback,
	    *idempotency_key;
	struct option_list vulns, advisories, environment, ports;
	uint64_t duration, health_timeout, priority;
	bool reanalyze, coverage, wait;
	const char *state, *file, *outdir;
	uint64_t limit;
};

#define CLIENT_AT(member) offsetof(struct client_options, member)
#define CLIENT_COMMON                                                                            \
	{ "server",                                                                              \
	  's',                                                                                   \
	  "URL",                                                                                 \
	  "the server (default: VEXXY_SERVER, else http://127.0.0.1:8001)",                      \
	  OPTION_STRING,                                                                         \
	  CLIENT_AT(server),                                                                     \
	  0,                                                                                     \
	  0 },                                                                                   \
	    { "key-file",                                                                        \
	      'k',                                                                               \
	      "FILE",                                                                            \
	      "the API key, as a file's first line (default: VEXXY_API_KEY; never an argument)", \
	      OPTION_STRING,                                                                     \
	      CLIENT_AT(key_file),                                                               \
	      0,                                                                                 \
	      0 },                                                                               \
	    { "ca",                                                                              \
	      0,                                                                                 \
	      "FILE",                                                                            \
	      "certificates (PEM) to trust instead of the system's",                             \
	      OPTION_STRING,                                                                     \
	      CLIENT_AT(ca),                                                                     \
	      0,                                                                                 \
	      0 },                                                                               \
	{                                                                                        \
		"json", 'j', NULL, "the server's replies as they are, one a line", OPTION_FLAG,  \
		    CLIENT_AT(json), 0, 0                                                        \
	}

static const struct option_def client_submit_options[] _unused_ = {
	CLIENT_COMMON,
	{ "digest", 'd', "sha256:HEX", "of the image (or IMAGE@sha256:HEX)", OPTION_STRING,
	  CLIENT_AT(digest), 0, 0 },
	{ "profile", 'p', "NAME", "minimal, standard (default), comprehensive or custom",
	  OPTION_STRING, CLIENT_AT(profile), 0, 0 },
	{ "duration", 'D', "S", "how long the workload is observed", OPTION_NUMBER,
	  CLIENT_AT(duration), 1, 3600 },
	{ "vulns", 'v', "FILE…", "upload these (grype, trivy, OSV, CycloneDX) and decide on them",
	  OPTION_LIST, CLIENT_AT(vulns), 0, 0 },
	{ "advisories", 'a', "FILE…", "upload these: CVE → functions", OPTION_LIST,
	  CLIENT_AT(advisories), 0, 0 },
	{ "sbom", 0, "FILE|ID", "upload this SBOM, or name one that the server has", OPTION_STRING,
	  CLIENT_AT(sbom), 0, 0 },
	{ "port", 0, "N…", "where the workload listens", OPTION_LIST, CLIENT_AT(ports), 0, 0 },
	{ "env", 'e', "NAME=VALUE…", "added to the image's environment", OPTION_LIST,
	  CLIENT_AT(environment), 0, 0 },
	{ "health-path", 0, "PATH", "asked for by HTTP on each port", OPTION_STRING,
	  CLIENT_AT(health_path), 0, 0 },
	{ "health-timeout", 0, "S", "so long a port has to be listened on", OPTION_NUMBER,
	  CLIENT_AT(health_timeout), 10, 300 },
	{ "test-script", 0, "FILE", "a shell script that exercises the workload", OPTION_STRING,
	  CLIENT_AT(test_script), 0, 0 },
	{ "coverage", 0, NULL, "watch which of the known functions run", OPTION_FLAG,
	  CLIENT_AT(coverage), 0, 0 },
	{ "priority", 0, "N", "0 to 9: higher is earlier", OPTION_NUMBER, CLIENT_AT(priority), 0,
	  9 },
	{ "reanalyze", 0, NULL, "also when the same was analysed before", OPTION_FLAG,
	  CLIENT_AT(reanalyze), 0, 0 },
	{ "callback", 0, "URL", "told when the analysis ends", OPTION_STRING, CLIENT_AT(callback),
	  0, 0 },
	{ "idempotency-key", 0, "TEXT", "the same again is the same analysis", OPTION_STRING,
	  CLIENT_AT(idempotency_key), 0, 0 },
	{ "wait", 'w', NULL, "watch it until it ends", OPTION_FLAG, CLIENT_AT(wait), 0, 0 },
	{},
};

static const struct option_def client_status_options[] _unused_ = {
	CLIENT_COMMON,
	{ "state", 0, "NAME",
	  "of the list: only queued, running, analyzing, complete, failed or "
	  "cancelled",
	  OPTION_STRING, CLIENT_AT(state), 0, 0 },
	{ "limit", 'n', "N", "of the list: so many (default 50)", OPTION_NUMBER, CLIENT_AT(limit),
	  1, 200 },
	{},
};

static const struct option_def client_results_options[] _unused_ = {
	CLIENT_COMMON,
	{ "file", 'f', "NAME",
	  "print one of vex, sbom, report, evidence, bundle, trace, inventory, inputs, test-log",
	  OPTION_STRING, CLIENT_AT(file), 0, 0 },
	{ "out", 'o', "DIR", "save all of them there, for vexxy verify and explain", OPTION_STRING,
	  CLIENT_AT(outdir), 0, 0 },
	{},
};

static const struct option_def client_plain_options[] _unused_ = { CLIENT_COMMON, {} };

/* Name, usage, summary, options. */
#define CLIENT_VERBS(verb)                                                                         \
	verb(submit, "IMAGE@sha256:HEX [OPTION…] [-- CMD…]", "Have a server analyse an image.",    \
	     client_submit_options) verb(status, "[JOB] [OPTION…]",                                \
					 "Tell how far an analysis on a server is, or list them.", \
					 client_status_options)                                    \
	    verb(watch, "JOB [OPTION…]",                                                           \
		 "Follow an analysis to its end: exit status 3 when it failed or was cancelled.",  \
		 client_plain_options)                                                             \
		verb(results, "JOB [OPTION…]", "Show or save what an analysis on a server found.", \
		     client_results_options)                                                       \
		    verb(cancel, "JOB [OPTION…]", "Stop an analysis on a server.",                 \
			 client_plain_options)
