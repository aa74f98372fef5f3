/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* compile_fixture.h — small real objects, made by the compiler of the machine. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "include/cleanup.h"
#include "tests/unit/root_fixture.h"

/* Does the shell know the command? When not, the test is skipped; with CI=true that is a failure. */
static inline _unused_ bool has_command(const char *name)
{
	const char *ci = getenv("CI");
	char line[256];

	snprintf(line, sizeof(line), "command -v %s >/dev/null 2>&1", name);
	if (!system(line))
		return true;
	print_message("skip: no %s here\n", name);
	if (ci && !strcmp(ci, "true"))
		fail_msg("%s is missing", name);
	return false;
}

/* What is written in assembly is for this machine only. */
static inline _unused_ bool machine_is_x86(void)
{
	struct utsname name;

	return !uname(&name) && !strcmp(name.machine, "x86_64");
}

/* Runs a command line in the root's directory. */
static inline _unused_ void shell(const struct root *root, const char *command)
{
	char line[2048];

	assert_in_range(snprintf(line, sizeof(line), "cd %s && %s", root->dir, command), 1,
			sizeof(line) - 1);
	assert_int_equal(system(line), 0);
}

/* Makes `object` in the root from C source text; `options` as for gcc. */
static inline _unused_ void compile(const struct root *root, const char *options, const char *text,
				    const char *object)
{
	char line[1024];

	root_file(root, "/source.c", text);
	snprintf(line, sizeof(line), "%s source.c -o %s", options, object);
	shell(root, line);
}

/* The address that nm gives a symbol of an object in the root; 0 when there is none. */
static inline _unused_ uint64_t symbol_address(const struct root *root, const char *object,
					       const char *name)
{
	char line[1024], text[64] = {};
	FILE *pipe;

	snprintf(line, sizeof(line), "cd %s && nm %s | awk '$3 == \"%s\" { print $1; exit }'",
		 root->dir, object, name);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	if (!fgets(text, sizeof(text), pipe))
		text[0] = '\0';
	pclose(pipe);
	return strtoull(text, NULL, 16);
}
