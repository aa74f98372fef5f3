// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* nature.c — code, data, or not known: by kind, name and place of a file. */
#include "analyzer/nature.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool name_in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(name, list[i]))
			return true;
	return false;
}

static bool has_prefix(const char *path, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(path, list[i], strlen(list[i])))
			return true;
	return false;
}

static const char *extension(const char *path)
{
	const char *dot = strrchr(path_name(path), '.');

	return dot && dot > path_name(path) ? dot + 1 : "";
}

bool nature_is_code_name(const char *path)
{
	static const char *const code[] = {
		"so",   "py",    "pyc",   "pyo",  "pyd",    "pyz",   "pth",  "egg",  "whl",
		"js",   "mjs",   "cjs",   "jsc",  "ts",     "mts",   "cts",  "jsx",  "tsx",
		"node", "wasm",  "rb",    "rbw",  "rake",   "gem",   "pl",   "pm",   "ph",
		"al",   "ix",    "xs",    "php",  "php3",   "php4",  "php5", "php7", "php8",
		"inc",  "phtml", "phar",  "lua",  "luac",   "sh",    "bash", "zsh",  "ksh",
		"csh",  "fish",  "jar",   "war",  "ear",    "class", "jmod", "jsa",  "groovy",
		"kts",  "clj",   "scala", "tcl",  "tk",     "tm",    "awk",  "gawk", "sed",
		"r",    "rdb",   "rdx",   "jl",   "el",     "elc",   "eln",  "scm",  "go",
		"ss",   "sls",   "lisp",  "fasl", "beam",   "ez",    "ex",   "exs",  "dll",
		"exe",  "ko",    "o",     "a",    "cgi",    "fcgi",  "vim",  "ps1",  "psm1",
		"zip",  "swf",   "elf",   "bin",  "bundle", "jinja", "erb",  "ejs",  "xsl",
		"xslt", "m4",    "mk",    "sql",  "aspx",   "jsp",   "hs",   "cma",  "cmxs",
	};
	const char *name = path_name(path);

	return name_in(extension(path), code, COUNT(code)) || !fnmatch("*.so.*", name, 0) ||
	       !fnmatch("*.ko.*", name, 0);
}

bool nature_is_database(const char *path)
{
	static const char *const places[] = {
		"/var/lib/dpkg/",      "/lib/apk/db/",    "/usr/lib/apk/db/",
		"/var/lib/rpm/",       "/var/lib/apt/",   "/usr/lib/sysimage/rpm/",
		"/var/cache/debconf/", "/var/cache/apt/",
	};
	static const char *const metadata[] = {
		"METADATA",
		"PKG-INFO",
		"RECORD",
		"INSTALLER",
		"WHEEL",
		"SOURCES.txt",
		"REQUESTED",
		"top_level.txt",
		"entry_points.txt",
		"requires.txt",
		"direct_url.json",
		"not-zip-safe",
		"zip-safe",
		"dependency_links.txt",
	};
	const char *name = path_name(path);

	if (has_prefix(path, places, COUNT(places)))
		return true;
	if (strstr(path, ".dist-info/") || strstr(path, ".egg-info/"))
		return name_in(name, metadata, COUNT(metadata));
	return !strcmp(extension(path), "egg-info") || !strcmp(extension(path), "gemspec");
}

bool nature_is_document(const char *path)
{
	static const char *const places[] = {
		"/usr/share/doc/",      "/usr/share/man/",       "/usr/share/info/",
		"/usr/share/licenses/", "/usr/share/lintian/",   "/usr/share/doc-base/",
		"/usr/share/bug/",      "/usr/local/share/man/", "/usr/local/share/doc/",
	};

	return has_prefix(path, places, COUNT(places));
}

static bool is_data_name(const char *path)
{
	static const char *const places[] = {
		"/usr/share/zoneinfo/", "/usr/share/locale/",  "/usr/share/icons/",
		"/usr/share/fonts/",    "/usr/share/pixmaps/", "/usr/share/ca-certificates/",
		"/usr/include/",
	};
	static const char *const data[] = {
		"h",          "hpp", "hh",  "hxx", "md",  "rst",  "txt",  "gz",  "bz2",  "xz",
		"mo",         "gmo", "pem", "crt", "crl", "html", "htm",  "css", "png",  "jpg",
		"jpeg",       "gif", "ico", "pdf", "ttf", "otf",  "woff", "pc",  "list", "md5sums",
		"sha256sums", "csv", "tsv", "xsd", "dtd", "pub",  "po",   "pot",
	};

	return has_prefix(path, places, COUNT(places)) ||
	       name_in(extension(path), data, COUNT(data));
}

enum nature nature_of(const struct inventory_file *file)
{
	if (file->kind == FILE_LINK || file->kind == FILE_OTHER)
		return NATURE_DATA; /* what a link leads to is a file of its own */
	if (file->kind != FILE_REGULAR || file->executable || nature_is_code_name(file->path))
		return NATURE_CODE;
	if (nature_is_document(file->path) || nature_is_database(file->path) ||
	    is_data_name(file->path))
		return NATURE_DATA;
	return NATURE_UNKNOWN;
}

/* "python3.11" is "python" with a version behind it; "shadow" is not "sh". */
static bool is_versioned(const char *name, const char *base)
{
	size_t n = strlen(base);

	return !strncmp(name, base, n) && strspn(name + n, "0123456789.-") == strlen(name + n);
}

static const char *const interpreter_names[] = {
	"sh",
	"ash",
	"bash",
	"dash",
	"hush",
	"ksh",
	"mksh",
	"zsh",
	"csh",
	"tcsh",
	"fish",
	"rbash",
	"yash",
	"posh",
	"busybox",
	"toybox",
	"python",
	"pypy",
	"perl",
	"ruby",
	"jruby",
	"mruby",
	"irb",
	"node",
	"nodejs",
	"deno",
	"bun",
	"qjs",
	"d8",
	"js",
	"php",
	"php-fpm",
	"php-cgi",
	"lua",
	"luajit",
	"java",
	"jshell",
	"awk",
	"gawk",
	"mawk",
	"nawk",
	"original-awk",
	"tclsh",
	"wish",
	"expect",
	"guile",
	"R",
	"Rscript",
	"julia",
	"erl",
	"beam",
	"beam.smp",
	"erlexec",
	"escript",
	"elixir",
	"iex",
	"emacs",
	"vim",
	"vim.basic",
	"vim.tiny",
	"vi",
	"ed",
	"ex",
	"sed",
	"m4",
	"make",
	"gmake",
	"gdb",
	"lldb",
	"dotnet",
	"mono",
	"pwsh",
	"racket",
	"scheme",
	"sbcl",
	"clisp",
	"ghci",
	"runghc",
	"ocaml",
	"swipl",
	"octave",
	"env",
	"xargs",
	"find",
	"parallel",
	"run-parts",
	"watch",
	"script",
	"start-stop-daemon",
	"su",
	"sudo",
	"doas",
	"runuser",
	"login",
	"sshd",
	"ssh",
	"git",
	"cron",
	"crond",
	"anacron",
	"atd",
	"at",
	"inetd",
	"xinetd",
	"supervisord",
	"runsv",
	"runsvdir",
	"s6-svscan",
	"s6-supervise",
	"execlineb",
	"systemd",
	"init",
	"openrc",
	"openrc-run",
	"monit",
	"strace",
	"ltrace",
	"qemu",
	"gcc",
	"cc",
	"chroot",
	"nsenter",
	"unshare",
	"timeout",
	"nohup",
	"nice",
	"setsid",
	"flock",
	"ld.so",
	"wine",
	"tar",
	"rsync",
	"man",
	"less",
	"more",
	"time",
	"stdbuf",
	"capsh",
	"setpriv",
	"ip",
	"dpkg",
	"apt",
	"apt-get",
	"apk",
};

bool nature_is_interpreter(const char *path)
{
	static const char *const patterns[] = { "busybox*", "python*", "perl*",  "ruby*",
						"php*",     "bash*",   "qemu-*", "dpkg-*" };
	const char *name = path_name(path);

	for (size_t i = 0; i < COUNT(interpreter_names); i++)
		if (is_versioned(name, interpreter_names[i]))
			return true;
	for (size_t i = 0; i < COUNT(patterns); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

bool nature_is_interpreter_library(const char *name)
{
	static const char *const patterns[] = {
		"libpython[0-9]*",
		"libpypy*",
		"libperl.so*",
		"libruby*.so*",
		"liblua*.so*",
		"libmozjs*",
		"libguile*",
		"libtcl[0-9]*",
		"libjvm.so*",
		"libnode.so*",
		"libv8*.so*",
		"libphp*.so*",
		"libmono*.so*",
		"libcoreclr.so*",
		"libR.so*",
		"libduktape*.so*",
		"libjavascriptcore*.so*",
		"libgjs*.so*",
		"libquickjs*.so*",
		"libhostfxr.so*",
		"libswipl.so*",
	};

	for (size_t i = 0; i < COUNT(patterns); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

char *nature_python_source(struct arena *arena, const char *path)
{
	const char *name = path_name(path), *ext = extension(path), *stem_end;
	size_t dir = (size_t)(name - path);

	if (strcmp(ext, "pyc") && strcmp(ext, "pyo"))
		return NULL;
	stem_end = ext - 1;
	if (dir >= 13 && !strncmp(name - 13, "/__pycache__/", 13)) {
		/* PEP 3147 and 488: name.TAG[.opt-N].pyc beside the directory of the source */
		dir -= 12;
		stem_end = strchr(name, '.');
	}
	return arena_printf(arena, "%.*s%.*s.py", (int)dir, path, (int)(stem_end - name), name);
}
