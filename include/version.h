/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* version.h — one version for all programs. */
#pragma once

#define VEXXY_VERSION "0.1.0"
