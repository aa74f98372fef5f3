/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* peer_certificate.h — whom a client's certificate names, by GnuTLS, which the HTTP library has for its listener. */
#pragma once

#include "include/err.h"
#include "server/request.h"

/*
 * The node of an agent, from the certificate that the other side of the session (gnutls_session_t) has shown and proved to have the
 * key of: signed by the listener's client CA, valid now, for clients (id-kp-clientAuth, RFC 5280 §4.2.1.12), and naming one host: its
 * only dNSName, or its common name where it has none. -ENOENT: it has shown none. -EACCES: what is wrong with it.
 */
_must_check_ int peer_certificate_node(char ret[NODE_BYTES], void *session, struct err *err);
