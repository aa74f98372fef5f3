// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols.c — vexxy symbols: which functions of a file have a name, and who gives it. */
#include <fcntl.h>

#include "analyzer/cmd_symbols.h"
#include "analyzer/commands.h"
#include "analyzer/symbols_view.h"

static const struct option_def options[] = {
	{ "debug-dir", 0, "DIR…",
	  "look for separate debug data there, by build-id (default " SYMBOLS_DEBUG_DIR ")",
	  OPTION_LIST, offsetof(struct symbols_options, debug_dirs), 0, 0 },
	{ "store", 0, "STORE.jsonl", "lookup: ask this symbol store about a build-id or a file",
	  OPTION_STRING, offsetof(struct symbols_options, store), 0, 0 },
	{ "advisories", 0, "FILE",
	  "build, signatures: records of 'vexxy advisory from-source' (default of build: the fixes "
	  "in "
	  "the package's own sources)",
	  OPTION_STRING, offsetof(struct symbols_options, advisories), 0, 0 },
	{ "rebuilt", 0, "DIR", "build: take the packages that were rebuilt into DIR/PACKAGE",
	  OPTION_STRING, offsetof(struct symbols_options, rebuilt), 0, 0 },
	{ "chroot", 0, "DIR", "build: rebuild in copies of this clean chroot (default: make one)",
	  OPTION_STRING, offsetof(struct symbols_options, chroot), 0, 0 },
	{ "url", 0, "URL…",
	  "debuginfo: the debuginfod servers, asked in this order (default: DEBUGINFOD_URLS); "
	  "verdicts rest on what they give: name those that you trust, by https",
	  OPTION_LIST, offsetof(struct symbols_options, urls), 0, 0 },
	{ "rootfs", 0, "DIR", "debuginfo: of every ELF file in this root", OPTION_STRING,
	  offsetof(struct symbols_options, rootfs), 0, 0 },
	{ "image", 0, "REF",
	  "debuginfo: of this image: oci:DIR, an archive, or what skopeo can copy", OPTION_STRING,
	  offsetof(struct symbols_options, image), 0, 0 },
	{ "inventory", 0, "FILE", "debuginfo: of what 'vexxy inventory -o' has written",
	  OPTION_STRING, offsetof(struct symbols_options, inventory), 0, 0 },
	{ "ca", 0, "FILE", "debuginfo: certificates (PEM) to trust instead of the system's",
	  OPTION_STRING, offsetof(struct symbols_options, ca), 0, 0 },
	{ "limit-mb", 0, "MB", "debuginfo: the largest file that is taken (default 2048)",
	  OPTION_NUMBER, offsetof(struct symbols_options, limit_mb), 1, 4096 },
	{ "timeout", 0, "S", "debuginfo: so long one answer may take (default 600)", OPTION_NUMBER,
	  offsetof(struct symbols_options, timeout), 1, 86400 },
	{ "out", 'o', "FILE|DIR",
	  "write the store there (default: standard output); debuginfo: the directory, for "
	  "--debug-dir",
	  OPTION_STRING, offsetof(struct symbols_options, out), 0, 0 },
	{ "json", 0, NULL, "print the result as JSON", OPTION_FLAG,
	  offsetof(struct symbols_options, json), 0, 0 },
	{},
};

static int open_file(int *ret, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	*ret = fd;
	return 0;
}

static int lookup(const struct symbols_options *opts, const struct option_list *operands,
		  struct err *err)
{
	static const char *const usual[] = { SYMBOLS_DEBUG_DIR };
	const char *path = operands->items[1];
	size_t dir_count = opts->debug_dirs.count;
	_cleanup_close_ int fd = -1;
	_cleanup_(symbols_freep) struct symbols *symbols = NULL;
	_cleanup_(symbols_view_freep) struct symbols_view *view = NULL;
	int r;

	if (opts->store)
		return symbols_lookup_store(opts, operands, err);
	r = open_file(&fd, path, err);
	if (r < 0)
		return r;
	r = symbols_read(&symbols, fd, dir_count ? opts->debug_dirs.items : usual,
			 dir_count ? dir_count : 1, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", path);
	r = symbols_view_new(&view, symbols, path, operands->items + 2, operands->count - 2, err);
	if (r < 0)
		return r;
	r = (opts->json ? symbols_view_json : symbols_view_text)(view, stdout, err);
	if (r >= 0 && fflush(stdout) != 0)
		r = err_sys(err, errno, "cannot write");
	if (r < 0)
		return r;
	return symbols_view_misses(view) ? EXIT_MISSING : EXIT_SUCCESS;
}

/* The verbs of the command, and how many words each needs at least, its own name included. */
static const struct verb {
	const char *name, *wants;
	size_t operands;
	int (*run)(const struct symbols_options *opts, const struct option_list *operands,
		   struct err *err);
	/* Whether the words go together; NULL: they do. */
	int (*check)(const struct symbols_options *opts, const struct option_list *operands,
		     struct err *err);
} verbs[] = {
	{ "align", "a store, the file that it knows and the one that it shall", 4, symbols_align,
	  NULL },
	{ "build", "source packages", 2, symbols_build, NULL },
	{ "debuginfo", "files", 1, symbols_debuginfo, symbols_debuginfo_check },
	{ "lookup", "a file", 2, lookup, NULL },
	{ "signatures", "packages (.deb) with static libraries", 2, symbols_signatures, NULL },
	{ "starts", "files", 2, symbols_starts, NULL },
};

static const struct verb *find_verb(const struct option_list *operands, struct err *err)
{
	const char *name = operands->count ? operands->items[0] : NULL;

	for (size_t i = 0; name && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(name, verbs[i].name))
			continue;
		if (operands->count >= verbs[i].operands)
			return &verbs[i];
		err_set(err, EINVAL, "'%s' needs %s", name, verbs[i].wants);
		return NULL;
	}
	if (name)
		err_set(err, EINVAL, "there is no '%s' of symbols", name);
	else
		err_set(err, EINVAL,
			"say what to do, before any option: align, build, debuginfo, lookup, "
			"signatures or starts");
	return NULL;
}

static void options_done(struct symbols_options *opts)
{
	option_list_done(&opts->debug_dirs);
	option_list_done(&opts->urls);
}

static int run(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	_cleanup_(options_done) struct symbols_options opts = { .limit_mb = 2048, .timeout = 600 };
	const struct verb *verb;
	struct err err = {};
	int rest, status, r;

	if (command_parse(self, argc, argv, &opts, &operands, &rest, &status))
		return status;
	verb = find_verb(&operands, &err);
	if (verb && rest < argc)
		err_set(&err, EINVAL, "names stand before any option, not behind --");
	if (!verb || rest < argc || (verb->check && verb->check(&opts, &operands, &err) < 0))
		return command_usage(self, &err);
	r = verb->run(&opts, &operands, &err);
	return r < 0 ? command_fail(&err) : r;
}

const struct command cmd_symbols = {
	.name = "symbols",
	.usage =
	    "lookup FILE [NAME…] [--debug-dir DIR…] [--json] | lookup FILE|BUILD_ID [CVE…] --store "
	    "STORE.jsonl | build PACKAGE… [--advisories FILE] [--rebuilt DIR | --chroot DIR] [-o "
	    "STORE.jsonl] | signatures DEB… --advisories FILE [-o STORE.jsonl] | align STORE.jsonl "
	    "OLD "
	    "NEW [-o STORE.jsonl] | starts FILE… [-o LIST] | debuginfo FILE…|--rootfs DIR|--image "
	    "REF|--inventory FILE -o DIR [--url URL…]",
	.summary =
	    "Find functions of a program or library, also those that only a symbol store knows.",
	.options = options,
	.run = run,
};
