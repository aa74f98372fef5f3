/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* dispatch.h — from a request to its handler: route, principal, limits, validation; and to the log behind it. */
#pragma once

#include "server/http.h"

extern const struct http_service api_service;
/* Only /metrics, for the port of its own. */
extern const struct http_service metrics_service;
