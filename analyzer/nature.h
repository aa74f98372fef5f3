/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * nature.h — what a file is to a verdict: code that can run, data that cannot, or not known.
 *
 * Only what is surely data counts as data: whatever could be read by an interpreter as its program, under whatever name, is
 * not known. Nothing here opens a file.
 */
#pragma once

#include "analyzer/inventory.h"

enum nature { NATURE_DATA, NATURE_UNKNOWN, NATURE_CODE };

enum nature nature_of(const struct inventory_file *file);
/* By the name alone: source or byte code of an interpreter, an archive of such, or a shared object. */
bool nature_is_code_name(const char *path);
/* Files of the package manager and documentation: reading them is never use of the package that owns them. */
bool nature_is_database(const char *path);
bool nature_is_document(const char *path);
/* A shell, an interpreter or another program that runs what it is told: when it runs, what else may run is open. */
bool nature_is_interpreter(const char *path);
/* A library that is an interpreter itself ("libpython3.11.so.1.0"), so that its program is one. */
bool nature_is_interpreter_library(const char *name);
/* The source file of Python byte code ("/x/__pycache__/a.cpython-311.pyc" → "/x/a.py"), or NULL. */
char *nature_python_source(struct arena *arena, const char *path);

/* The last element of a path. */
const char *path_name(const char *path);
