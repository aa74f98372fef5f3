// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * fuzz_databases.c — any bytes as the databases of a root: an inventory that holds together, or a reason.
 *
 * The first byte chooses which file of the root the rest becomes: status, list of files, diversions, checksums and packages
 * of dpkg, the database of apk, RECORD and metadata of Python, the configuration of the loader.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "analyzer/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const databases[] = {
	"/var/lib/dpkg/status",
	"/var/lib/dpkg/info/pkg.list",
	"/var/lib/dpkg/diversions",
	"/var/lib/dpkg/status.d/pkg.md5sums",
	"/var/lib/dpkg/status.d/x",
	"/lib/apk/db/installed",
	"/site/x-1.dist-info/RECORD",
	"/site/x-1.dist-info/METADATA",
	"/etc/ld.so.conf",
	"/etc/os-release",
	"/node_modules/x/package.json",
};
#define DATABASES (sizeof(databases) / sizeof(*databases))

/* What stands there when another one is tried, so that it is asked for. */
static const char *const defaults[DATABASES] = {
	[0] = "Package: pkg\nVersion: 1\nArchitecture: all\n\n",
	[4] = "Package: pkg\nVersion: 1\nArchitecture: amd64\n",
	[7] = "Name: x\nVersion: 1\n",
};

static char root[64];

static void write_file(const char *path, const void *data, size_t size)
{
	char full[PATH_MAX];
	int fd;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		__builtin_trap();
	close(fd);
}

static void remove_file(const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	unlink(full);
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command) != 0)
		fprintf(stderr, "%s is left behind\n", root);
}

static void make_root(void)
{
	snprintf(root, sizeof(root), "/tmp/vexxy-fuzz-root.XXXXXX");
	if (!mkdtemp(root))
		__builtin_trap();
	atexit(remove_root);
	write_file("/usr/lib/a.so", "x", 1);
	write_file("/site/x.py", "x", 1);
	for (size_t i = 0; i < DATABASES; i++)
		if (defaults[i])
			write_file(databases[i], defaults[i], strlen(defaults[i]));
}

/* Files and packages know each other, and all numbers are in range. */
static void check(const struct inventory *inv)
{
	for (size_t i = 0; i < inv->package_count; i++) {
		const struct package *p = &inv->packages[i];

		if (!p->type || !p->name || !p->version || !p->purl || !p->source)
			__builtin_trap();
		for (size_t k = 0; k < p->file_count; k++)
			if (p->files[k] >= inv->file_count || (k && p->files[k] <= p->files[k - 1]))
				__builtin_trap();
		for (size_t k = 0; k < p->depend_count; k++)
			if (p->depends[k] >= inv->package_count)
				__builtin_trap();
	}
	for (size_t i = 0; i < inv->file_count; i++)
		if (*inv->files[i].path != '/' ||
		    (i && strcmp(inv->files[i - 1].path, inv->files[i].path) >= 0))
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(inventory_freep) struct inventory *inv = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {};
	size_t which;

	if (!size)
		return 0;
	if (!root[0])
		make_root();
	which = data[0] % DATABASES;
	write_file(databases[which], data + 1, size - 1);
	if (inventory_build(&inv, root, &err) < 0 || inventory_print(inv, &text, &err) < 0 ||
	    inventory_parse(&again, text, strlen(text), &err) < 0)
		__builtin_trap();
	check(inv);
	if (defaults[which])
		write_file(databases[which], defaults[which], strlen(defaults[which]));
	else
		remove_file(databases[which]);
	return 0;
}
