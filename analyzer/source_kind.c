// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source_kind.c — what a file of a source package is good for. A doubt is decided for code: more is looked at then. */
#include "analyzer/source_kind.h"

#include <stdbool.h>
#include <string.h>

static const char *const idle_folders[] = {
	"test",      "tests",      "testsuite",  "testing",  "testdata", "test-data",
	"unittest",  "unittests",  "unit-tests", "libtests", "regress",  "reg-tests",
	"result",    "doc",        "docs",       "man",      "example",  "examples",
	"demos",     "fuzz",       "fuzzing",    "fuzzer",   "fuzzers",  "oss-fuzz",
	"benchmark", "benchmarks", "po",         ".github",  ".gitlab",  "ci",
};

static const char *const idle_names[] = {
	"changelog", "changes", "news",   "readme", "authors", "release",
	"copying",   "license", "thanks", "todo",   "version",
};

static const char *const idle_ends[] = {
	".md",          ".txt",     ".rst",       ".html", ".texi",   ".pod",    ".adoc",
	".po",          ".1",       ".2",         ".3",    ".4",      ".5",      ".6",
	".7",           ".8",       ".3in",       ".1in",  "_test.c", "-test.c", "_tests.c",
	"_unittest.cc", "_test.cc", ".gitignore", ".t",
};

static const char *const header_ends[] = { ".h",    ".hh",  ".hpp", ".hxx",
					   ".h.in", ".inl", ".ipp", ".tcc" };
static const char *const cc_ends[] = { ".cc", ".cpp", ".cxx", ".c++", ".C", ".cc.in", ".cpp.in" };
static const char *const c_ends[] = { ".c", ".inc", ".c.in" };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool ends_with(const char *path, const char *const *ends, size_t n)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < n; i++) {
		size_t end = strlen(ends[i]);

		if (len > end && !strcmp(path + len - end, ends[i]))
			return true;
	}
	return false;
}

static bool is_idle_folder(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(idle_folders); i++)
		if (strlen(idle_folders[i]) == len && !memcmp(idle_folders[i], name, len))
			return true;
	return false;
}

/* Beside the sources of a library: "testapi.c", "runtest.c". "test.c" may be the program of that name. */
static bool is_test_program(const char *path)
{
	return !strchr(path, '/') && ((!strncmp(path, "test", 4) && path[4] != '.' && path[4]) ||
				      !strcmp(path, "runtest.c"));
}

static bool is_idle(const char *path)
{
	const char *name = path, *slash;

	for (; (slash = strchr(name, '/')); name = slash + 1)
		if (is_idle_folder(name, (size_t)(slash - name)))
			return true;
	for (size_t i = 0; i < COUNT(idle_names); i++) {
		size_t len = strlen(idle_names[i]);

		/* "README.Debian" and "CHANGES", but not "version.c" */
		if (!strncasecmp(name, idle_names[i], len) &&
		    (!name[len] || name[len] == '.' || name[len] == '-') &&
		    !ends_with(path, c_ends, COUNT(c_ends)) &&
		    !ends_with(path, header_ends, COUNT(header_ends)) &&
		    !ends_with(path, cc_ends, COUNT(cc_ends)))
			return true;
	}
	if (is_test_program(path))
		return true;
	return strcmp(name, "CMakeLists.txt") && ends_with(path, idle_ends, COUNT(idle_ends));
}

enum source_kind source_kind_of(const char *path)
{
	if (is_idle(path))
		return SOURCE_IDLE;
	if (ends_with(path, c_ends, COUNT(c_ends)) || ends_with(path, cc_ends, COUNT(cc_ends)) ||
	    ends_with(path, header_ends, COUNT(header_ends)))
		return SOURCE_C;
	return SOURCE_OTHER;
}

const char *source_kind_suffix(const char *path)
{
	if (ends_with(path, cc_ends, COUNT(cc_ends)))
		return ".cc";
	return ends_with(path, header_ends, COUNT(header_ends)) ? ".h" : ".c";
}
