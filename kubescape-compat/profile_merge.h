/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* profile_merge.h — chunks of a series become one profile. For profile.c only. */
#pragma once

#include "kubescape-compat/profile.h"

/* Puts the chunks of each series together; profiles that are no chunks stay as they are. */
_must_check_ int profiles_merge_chunks(struct kube_profiles *profiles, struct err *err);
