/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * debuginfod.h — how vexxy, which has no network, has vexxy-client fetch separate debug data for it.
 *
 *   vexxy-client debuginfo DIR CA LIMIT SECONDS URL…    CA: a file of certificates, "" for the system's; LIMIT: bytes of one file;
 *                                                       SECONDS: for one answer
 *
 * On its standard input it is told build-ids, one a line, in hex. For each it asks the servers in order, as elfutils' debuginfod
 * defines it (GET URL/buildid/HEX/debuginfo), and says one line on its standard output:
 *
 *   got URL          DIR/HEX is what that server gave; whether that is what was asked for is for vexxy to find out
 *   none             no server has it
 *   failed REASON    nobody gave it, and not all could say that they have none
 *
 * It ends when its input does.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#define DEBUGINFO_VERB "debuginfo"
#define DEBUGINFO_ID_MAX 128u /* digits */
#define DEBUGINFO_LINE_MAX 1024u
#define DEBUGINFO_URLS_MAX 32u

/* Lower-case hex, whole bytes, of a length that makes a path of it: two digits and at least two more. */
static inline bool debuginfo_is_id(const char *text)
{
	size_t len = strspn(text, "0123456789abcdef");

	return !text[len] && len >= 4 && len <= DEBUGINFO_ID_MAX && len % 2 == 0;
}
