/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * key_file.h — keys in files: what is secret is readable by its owner alone, and nothing is written over.
 *
 * What group or others may read or write is refused, a key as well as a passphrase: it is no secret any more.
 */
#pragma once

#include "analyzer/crypto.h"

#define KEY_FILE_STDIN "-" /* as a private key's path: what stdin holds, which needs no name here */
#define PASSPHRASE_VARIABLE "VEXXY_KEY_PASSPHRASE"
#define PASSPHRASE_BYTES_MAX 1024
#define KEY_FILE_BYTES_MAX (64u << 10)

/* Frees text that was secret. */
void secret_free(char *text);
DEFINE_CLEANUP(char *, secret_free)

/* From a file (its first line) when one is named, else from the environment; NULL when neither tells one. */
_must_check_ int passphrase_read(char **ret, const char *file, struct err *err);

/* A private key, for signing, and whose it is (key_author.h; freed by the caller). passphrase_file may be NULL. The path stands in the
 * error, nothing of the content. */
_must_check_ int key_file_load_private(struct key **ret, char **ret_author, const char *path,
				       const char *passphrase_file, struct err *err);
/* -ENOENT and the like when the file cannot be read; -EBADMSG or -ENOTSUP for what it holds. */
_must_check_ int key_file_load_public(struct key **ret, char **ret_author, const char *path,
				      struct err *err);
/* Writes a new file of that mode; -EEXIST when there is one. */
_must_check_ int key_file_create(const char *path, const char *text, unsigned mode,
				 struct err *err);
