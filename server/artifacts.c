// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* artifacts.c — which files an analysis leaves. */
#include "server/artifacts.h"

#include <string.h>

const struct artifact_kind artifact_kinds[] = {
	{ "results", "results.json", "application/json", true },
	{ "report", "report.json", "application/json", true },
	{ "trace", "run.trace.gz", "application/gzip", true },
	{ "inventory", "inventory.cdx.json", "application/json", true },
	{ "inputs", "inputs.json", "application/json", true },
	{ "sbom", "sbom.filtered.cdx.json", "application/json", true },
	{ "vex", "vex.openvex.json", "application/json", false },
	{ "evidence", "evidence.intoto.jsonl", "application/jsonl", false },
	{ "test-log", "script.log", "text/plain; charset=utf-8", false },
	{ "container-log", "container.log", "text/plain; charset=utf-8", false },
	{ "bundle", "vex.sigstore.json", "application/json", false },
	{ "kubescape-profile", "profile.kubescape.json", "application/json", false },
	{ "kubescape-sbom", "sbom.kubescape.json", "application/json", false },
	{ "kubescape-vulnerabilities", "vulns.kubescape.json", "application/json", false },
	{ "kubescape-vex", "vex.kubescape.json", "application/json", false },
	{},
};

const struct artifact_kind *artifact_kind_find(const char *name)
{
	for (const struct artifact_kind *kind = artifact_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}
