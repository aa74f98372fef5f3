/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * ballast.h — a file without content that is dropped when the disk is full: on a full disk the database can neither delete nor
 * take a checkpoint, and so could never write down how the work on it ended.
 */
#pragma once

#include <stdbool.h>

/* Makes it where it is not. False when there is no room. */
bool ballast_make(const char *data_dir);
/* True when there was one, which is gone now. */
bool ballast_drop(const char *data_dir);
