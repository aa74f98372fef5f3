/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * api.h — the handlers. Each makes request->reply and returns 0, or returns -errno with a reason, which becomes the error reply.
 */
#pragma once

#include "server/request.h"

/* api_analysis.c */
int api_submit(struct request *request, struct err *err);
int api_list(struct request *request, struct err *err);
int api_status(struct request *request, struct err *err);
int api_cancel(struct request *request, struct err *err);
/* api_results.c */
int api_results(struct request *request, struct err *err);
int api_artifact_vex(struct request *request, struct err *err);
int api_artifact_sbom(struct request *request, struct err *err);
int api_artifact_evidence(struct request *request, struct err *err);
int api_artifact_report(struct request *request, struct err *err);
int api_artifact_inventory(struct request *request, struct err *err);
int api_artifact_inputs(struct request *request, struct err *err);
int api_artifact_test_log(struct request *request, struct err *err);
int api_artifact_container_log(struct request *request, struct err *err);
int api_artifact_bundle(struct request *request, struct err *err);
int api_artifact_kubescape_profile(struct request *request, struct err *err);
int api_artifact_kubescape_sbom(struct request *request, struct err *err);
int api_artifact_kubescape_vulnerabilities(struct request *request, struct err *err);
int api_artifact_kubescape_vex(struct request *request, struct err *err);
int api_artifact_trace(struct request *request, struct err *err);
int api_signing_key(struct request *request, struct err *err);
int api_vex(struct request *request, struct err *err);
/* api_events.c */
int api_events(struct request *request, struct err *err);
/* api_inputs.c */
int api_upload_sbom(struct request *request, struct err *err);
int api_upload_vulnerabilities(struct request *request, struct err *err);
int api_upload_advisories(struct request *request, struct err *err);
int api_list_sboms(struct request *request, struct err *err);
int api_list_vulnerabilities(struct request *request, struct err *err);
int api_list_advisories(struct request *request, struct err *err);
int api_get_sbom(struct request *request, struct err *err);
int api_get_vulnerabilities(struct request *request, struct err *err);
int api_get_advisories(struct request *request, struct err *err);
/* api_admin.c */
int api_key_create(struct request *request, struct err *err);
int api_key_list(struct request *request, struct err *err);
int api_callback_secret(struct request *request, struct err *err);
int api_sweep(struct request *request, struct err *err);
int api_key_revoke(struct request *request, struct err *err);
int api_organisation_set(struct request *request, struct err *err);
int api_audit(struct request *request, struct err *err);
int api_backup(struct request *request, struct err *err);
/* api_health.c */
int api_health(struct request *request, struct err *err);
int api_livez(struct request *request, struct err *err);
int api_readyz(struct request *request, struct err *err);
int api_openapi(struct request *request, struct err *err);
/* api_page.c */
int api_page(struct request *request, struct err *err);
int api_page_file(struct request *request, struct err *err);
/* api_docs.c */
int api_docs(struct request *request, struct err *err);
int api_redoc(struct request *request, struct err *err);
int api_docs_file(struct request *request, struct err *err);
/* api_agent.c */
#define AGENT_PIECE_BYTES_MAX (16ll << 20)
int api_agent_heartbeat(struct request *request, struct err *err);
int api_agent_list(struct request *request, struct err *err);
int api_agent_upload_begin(struct request *request, struct err *err);
int api_agent_upload_status(struct request *request, struct err *err);
int api_agent_upload_put(struct request *request, struct err *err);
int api_agent_upload_complete(struct request *request, struct err *err);
int api_agent_functions(struct request *request, struct err *err);
int api_agent_missing(struct request *request, struct err *err);
