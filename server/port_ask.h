/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* port_ask.h — does something answer on a port? */
#pragma once

#include <stdint.h>

/* host: a numeric address. until: on the steady clock. "answers" (any byte came), "accepts" (the connection was taken) or "silent". */
const char *port_ask(const char *host, uint16_t port, const char *path, int64_t until);
