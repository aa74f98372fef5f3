/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* schemas.h — the tables of fields that routes.c names. */
#pragma once

#include "server/fields.h"

extern const struct field schema_submission[], schema_submitted[], schema_status[],
    schema_results[], schema_job_list[], schema_cancelled[], schema_input[], schema_input_list[],
    schema_key_new[], schema_key_made[], schema_key_list[], schema_organisation[],
    schema_audit_list[], schema_health[], schema_alive[], schema_error[], schema_backup[],
    schema_done[], schema_document[], schema_callback_secret[], schema_nothing[];
extern const struct field parameter_job[], parameter_vex[], parameter_input[], parameter_key[],
    parameter_organisation[], parameter_page[];
extern const struct field header_idempotency[], header_last_event[];
extern const struct field query_page[], query_inputs[], query_upload[], query_audit[];
/* schemas_agent.c */
extern const struct field schema_heartbeat[], schema_heartbeat_reply[], schema_agent_list[],
    schema_upload_new[], schema_upload[], schema_missing[], schema_missing_reply[];
extern const struct field parameter_upload[], query_piece[], query_functions[];
