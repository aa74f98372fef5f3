/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* walls.h — is a pod shut off from the network, as the policies of its namespace say? */
#pragma once

#include <stdbool.h>

/*
 * Asks an address that no sandbox may reach for a connection, again and again while it gets one, for walls come up a moment after their
 * pod. True: it gets none (refused, no route, no answer within a second), so that the walls stand, or whoever would answer is away.
 * False: it still gets one after patience_ms. host: a number; port: a number. NULL, or what is neither, is true: nothing is known.
 */
bool walls_stand(const char *host, const char *port, long patience_ms);
