/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* analysis.h — one analysis: its inputs, its conclusions, and the documents that say so. */
#pragma once

#include <time.h>

#include "analyzer/verdict.h"

/* The thing a consumer runs. Without a digest there is no OpenVEX image product (openvex.md rules 23–27). */
struct product {
	const char *name; /* last path element, lower case: "nginx" */
	const char *ref;  /* as given, or NULL */
	const char **
	    digests; /* "sha256:<64 hex>": index and platform manifest where both are known; sorted, unique */
	size_t digest_count;
	const char *
	    id_fallback; /* a rootfs or command without a digest: "pkg:generic/<name>@sha256:<inventory digest>" */
};

struct option_list;
struct previous;

/* One input file for inputs.json. */
struct input {
	const char *role; /* "trace", "vulns", "prior", "profile", "sbom", "inventory", "rootfs" */
	const char *path; /* as given */
	const char *sha256;
};

struct priors;
struct kube_sbom;
struct manifest_of_image;

struct analysis {
	const struct inventory *inventory;
	const struct findings *findings;
	struct trace *const *traces;
	size_t trace_count;
	const struct verdicts *verdicts;
	const struct priors *priors; /* statements of others (prior.h), or NULL */
	struct verdict_options options;
	struct product product;
	const struct input *inputs;
	size_t input_count;
	const char *author; /* of the OpenVEX document */
	const char
	    *namespace; /* absolute IRI under which the documents get their @id, or NULL: ours */
	const char *container;        /* whose Kubescape profile was asked for, or NULL */
	const struct kube_sbom *sbom; /* --sbom as Kubescape has it, or NULL */
	const struct manifest_of_image
	    *manifest;                   /* its report of the image (manifests.h), or NULL */
	const struct previous *previous; /* the result that this one follows, or NULL */
	const struct option_list *also;  /* other forms that were asked for (form.h), or NULL */
	time_t timestamp; /* SOURCE_DATE_EPOCH, else the newest trace's end: never the clock */
};

/* Each returns a new tree (caller deletes) or NULL with a reason. */
cJSON *openvex_document(const struct analysis *analysis, struct err *err);
cJSON *report_document(const struct analysis *analysis, struct err *err);
cJSON *sbom_filtered_document(const struct analysis *analysis, struct err *err);
cJSON *inputs_document(const struct analysis *analysis, struct err *err);

/* The table for people: one row per finding, grouped by status; colour when `colour`. */
void table_print(FILE *out, const struct analysis *analysis, bool colour, unsigned width);
