/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * key_author.h — whose key it is, as its file documents it (openvex reference, rule 4): a line "Author: NAME" before the PEM text, where
 * RFC 7468 section 2 lets explanatory text stand, and other programs pass over it.
 *
 * It is not signed, and need not be: who verifies trusts the file of the public key, or does not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"

#define KEY_AUTHOR_BYTES_MAX 200

/* One line of printable UTF-8 that is not blank at its ends. */
bool key_author_is_valid(const char *author);
/* *ret is NULL where nothing is told; freed by the caller. -EBADMSG for two such lines, or one that is not valid. */
_must_check_ int key_author_parse(char **ret, const char *text, size_t len, struct err *err);
/* The PEM text with the line before it; author may be NULL. Freed (and wiped, if it is secret) by the caller; NULL: no memory. */
char *key_author_format(const char *author, const char *pem);
