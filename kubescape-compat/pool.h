/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pool.h — texts that live and die together. */
#pragma once

#include <stddef.h>

struct kube_pool;

struct kube_pool *kube_pool_new(void);
void kube_pool_free(struct kube_pool *pool);
/* A copy; NULL for NULL, and when there is no memory. */
const char *kube_pool_keep(struct kube_pool *pool, const char *text);
