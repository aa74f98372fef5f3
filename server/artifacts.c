// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* artifacts.c — which files an analysis leaves. */
#include "server/artifacts.h"

#include <string.h>

const struct artifact_kind artifact_kinds[] = {
	{ "results", "results.json", "application/json", true, false },
	{ "report", "report.json", "application/json", true, false },
	{ "trace", "run.trace.gz", "application/gzip", true, false },
	{ "inventory", "inventory.cdx.json", "application/json", true, false },
	{ "inputs", "inputs.json", "application/json", true, false },
	{ "sbom", "sbom.filtered.cdx.json", "application/json", true, false },
	{ "vex", "vex.openvex.json", "application/json", false, false },
	{ "evidence", "evidence.intoto.jsonl", "application/jsonl", false, false },
	{ "test-log", "script.log", "text/plain; charset=utf-8", false, true },
	{ "container-log", "container.log", "text/plain; charset=utf-8", false, true },
	{ "bundle", "vex.sigstore.json", "application/json", false, false },
	{ "kubescape-profile", "profile.kubescape.json", "application/json", false, false },
	{ "kubescape-sbom", "sbom.kubescape.json", "application/json", false, false },
	{ "kubescape-vulnerabilities", "vulns.kubescape.json", "application/json", false, false },
	{ "kubescape-vex", "vex.kubescape.json", "application/json", false, false },
	{},
};

const struct artifact_kind *artifact_kind_find(const char *name)
{
	for (const struct artifact_kind *kind = artifact_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}
