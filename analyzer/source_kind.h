/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* source_kind.h — what a file of a source package is good for, by its name. */
#pragma once

enum source_kind {
	SOURCE_C, /* C and C++, also as a template ("x.c.in"): functions can be found in it */
	SOURCE_IDLE, /* tests, examples, documentation, translations: nothing of it is shipped as code */
	SOURCE_OTHER, /* other languages, build files, data: what changes there is in no function known here */
};

enum source_kind source_kind_of(const char *path);
/* The ending under which ctags takes a SOURCE_C for what it is: ".c", ".h" or ".cc". */
const char *source_kind_suffix(const char *path);
