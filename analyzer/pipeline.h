/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pipeline.h — from files to documents: what `analyze` and `run` do once the traces are there. */
#pragma once

#include "analyzer/signing.h"
#include "include/options.h"

struct input;

/* For a result that is derived once more (rederive.h): what is told in the words of the first time. */
struct pipeline_again {
	time_t timestamp;
	const char *ref; /* of the product, or NULL */
	const struct input *inputs;
	size_t input_count;
};

struct pipeline_options {
	struct option_list traces, vulns, advisories, image_digests, stores, debug_dirs, priors,
	    also, profiles;
	const char *rootfs, *image, *inventory; /* one of them */
	const char *container;                  /* whose profile is meant, or NULL */
	const char *sbom, *policy, *outdir, *name, *author, *namespace, *previous;
	double bound;
	const char *unexercised; /* why the workload did not do what it was to do, or NULL */
	uint64_t min_units, min_window_s;
	struct signing_options signing;
	struct option_list
	    kept; /* files in outdir that belong to the result, beside the traces there */
	const struct pipeline_again *again; /* NULL: for the first time */
	struct option_list previous_files;  /* instead of `previous`: its documents one by one */
	bool quiet;
};

/* The options that hold lists of inputs, in the order of inputs.json: a struct option_list of struct pipeline_options each. */
struct pipeline_role {
	const char *name;
	size_t offset;
};
extern const struct pipeline_role pipeline_roles[]; /* ends with a name that is NULL */

#define PIPELINE_DEFAULTS                                                                \
	{                                                                                \
		.policy = "balanced", .bound = 0.05, .min_units = 30, .min_window_s = 10 \
	}

/* The rows of the option table for a command whose options hold a struct pipeline_options `at`. */
#define PIPELINE_OPTIONS(type, at)                                                           \
	{ "rootfs",                                                                          \
	  0,                                                                                 \
	  "DIR",                                                                             \
	  "the image's root as a directory",                                                 \
	  OPTION_STRING,                                                                     \
	  offsetof(type, at.rootfs),                                                         \
	  0,                                                                                 \
	  0 },                                                                               \
	    { "vulns",     0,                                                                \
	      "FILE…",     "scanner reports (grype, trivy), OSV records, CycloneDX VEX/VDR", \
	      OPTION_LIST, offsetof(type, at.vulns),                                         \
	      0,           0 },                                                              \
	    { "advisories",                                                                  \
	      0,                                                                             \
	      "FILE…",                                                                       \
	      "OSV records with the functions of what --vulns reports",                      \
	      OPTION_LIST,                                                                   \
	      offsetof(type, at.advisories),                                                 \
	      0,                                                                             \
	      0 },                                                                           \
	    { "symbols",   0,                                                                \
	      "STORE…",    "symbol stores: where vulnerable functions are, by build-id",     \
	      OPTION_LIST, offsetof(type, at.stores),                                        \
	      0,           0 },                                                              \
	    { "debug-dir", 0,                                                                \
	      "DIR…",      "separate debug data, as DIR/.build-id/xx/yyyy.debug",            \
	      OPTION_LIST, offsetof(type, at.debug_dirs),                                    \
	      0,           0 },                                                              \
	    { "sbom",                                                                        \
	      0,                                                                             \
	      "FILE",                                                                        \
	      "an SBOM to hold beside what is found (Syft, CycloneDX, SPDX)",                \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.sbom),                                                       \
	      0,                                                                             \
	      0 },                                                                           \
	    { "profile",   0,                                                                \
	      "FILE…",     "Kubescape profiles of the same workload: a second observer",     \
	      OPTION_LIST, offsetof(type, at.profiles),                                      \
	      0,           0 },                                                              \
	    { "container",                                                                   \
	      0,                                                                             \
	      "NAME",                                                                        \
	      "the container whose profile is meant, when there are several",                \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.container),                                                  \
	      0,                                                                             \
	      0 },                                                                           \
	    { "prior",                                                                       \
	      0,                                                                             \
	      "FILE…",                                                                       \
	      "OpenVEX of others, also Kubescape's: kept under their names, contradictions " \
	      "shown; decides "                                                              \
	      "nothing",                                                                     \
	      OPTION_LIST,                                                                   \
	      offsetof(type, at.priors),                                                     \
	      0,                                                                             \
	      0 },                                                                           \
	    { "policy",                                                                      \
	      0,                                                                             \
	      "NAME",                                                                        \
	      "strict, balanced (default) or kubescape",                                     \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.policy),                                                     \
	      0,                                                                             \
	      0 },                                                                           \
	    { "bound",     0,                                                                \
	      "P",         "residual risk that silence may leave (default 0.05)",            \
	      OPTION_REAL, offsetof(type, at.bound),                                         \
	      0,           0 },                                                              \
	    { "min-units",                                                                   \
	      0,                                                                             \
	      "N",                                                                           \
	      "units to watch before silence counts (default 30)",                           \
	      OPTION_NUMBER,                                                                 \
	      offsetof(type, at.min_units),                                                  \
	      1,                                                                             \
	      1000000 },                                                                     \
	    { "min-window",                                                                  \
	      0,                                                                             \
	      "S",                                                                           \
	      "seconds to watch before silence counts (default 10)",                         \
	      OPTION_NUMBER,                                                                 \
	      offsetof(type, at.min_window_s),                                               \
	      0,                                                                             \
	      31536000 },                                                                    \
	    { "unexercised",                                                                 \
	      0,                                                                             \
	      "WHY",                                                                         \
	      "what was to exercise the workload did not: silence does not count",           \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.unexercised),                                                \
	      0,                                                                             \
	      0 },                                                                           \
	    { "name",                                                                        \
	      0,                                                                             \
	      "NAME",                                                                        \
	      "the product's name (default: from the image)",                                \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.name),                                                       \
	      0,                                                                             \
	      0 },                                                                           \
	    { "image-digest",                                                                \
	      0,                                                                             \
	      "D…",                                                                          \
	      "sha256:… of the image, when it is not told otherwise",                        \
	      OPTION_LIST,                                                                   \
	      offsetof(type, at.image_digests),                                              \
	      0,                                                                             \
	      0 },                                                                           \
	    { "author",                                                                      \
	      0,                                                                             \
	      "TEXT",                                                                        \
	      "who makes the statements (default: whose --key it is, else vexxy)",           \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.author),                                                     \
	      0,                                                                             \
	      0 },                                                                           \
	    { "namespace",                                                                   \
	      0,                                                                             \
	      "IRI",                                                                         \
	      "under which documents and statements are named (an IRI of yours)",            \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.namespace),                                                  \
	      0,                                                                             \
	      0 },                                                                           \
	    { "also",                                                                        \
	      0,                                                                             \
	      "FORM,…",                                                                      \
	      "write the statements as csaf, cyclonedx, kubescape, sarif, trivy-repo, too",  \
	      OPTION_LIST,                                                                   \
	      offsetof(type, at.also),                                                       \
	      0,                                                                             \
	      0 },                                                                           \
	    { "previous",                                                                    \
	      0,                                                                             \
	      "OUTDIR",                                                                      \
	      "the result that this one follows: what did not change stays as it is",        \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.previous),                                                   \
	      0,                                                                             \
	      0 },                                                                           \
	    { "out",                                                                         \
	      'o',                                                                           \
	      "OUTDIR",                                                                      \
	      "where the documents go",                                                      \
	      OPTION_STRING,                                                                 \
	      offsetof(type, at.outdir),                                                     \
	      0,                                                                             \
	      0 },                                                                           \
	    SIGNING_OPTIONS(type, at.signing),                                               \
	{                                                                                    \
		"quiet", 'q', NULL, "no table, no progress", OPTION_FLAG,                    \
		    offsetof(type, at.quiet), 0, 0                                           \
	}

/* Are the options whole? -EINVAL with what is missing: wrong usage. Traces may still come. */
_must_check_ int pipeline_check(const struct pipeline_options *options, struct err *err);

struct pipeline;
struct functions_file;

/*
 * First half: what is in the image, which vulnerabilities concern it, and where their functions are. Borrows the options, to
 * which traces may be added until the second half.
 */
_must_check_ int pipeline_open(struct pipeline **ret, const struct pipeline_options *options,
			       struct err *err);
void pipeline_close(struct pipeline *pipeline);
DEFINE_CLEANUP(struct pipeline *, pipeline_close)
/* The places that are to be watched; borrowed. */
const struct functions_file *pipeline_functions(const struct pipeline *pipeline);
/* More to watch: every function of the programs and libraries whose path in the image matches one of the patterns; without any, of
 * all of them. What the verdicts rest on stays the same. */
_must_check_ int pipeline_cover(struct pipeline *pipeline, const struct option_list *globs,
				struct err *err);
/* Second half: reads the traces, decides, writes the documents into outdir (made when absent), prints the table on stdout unless
 * quiet. Nothing is written unless all of it can be. */
_must_check_ int pipeline_decide(struct pipeline *pipeline, struct err *err);
/* Both halves. */
_must_check_ int pipeline_run(const struct pipeline_options *options, struct err *err);
void pipeline_options_done(struct pipeline_options *options);
