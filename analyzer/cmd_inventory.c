// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_inventory.c — vexxy inventory: what is in an image or a root. */
#include <sys/stat.h>

#include "analyzer/commands.h"
#include "analyzer/file.h"
#include "analyzer/image.h"
#include "analyzer/inventory.h"
#include "analyzer/terminal.h"

struct inventory_options {
	const char *output;
	struct option_list sboms;
	bool json, summary;
};

static const struct option_def options[] = {
	{ "output", 'o', "FILE", "write the inventory there (CycloneDX 1.6), for --inventory",
	  OPTION_STRING, offsetof(struct inventory_options, output), 0, 0 },
	{ "json", 0, NULL, "write the inventory to standard output (default without --output)",
	  OPTION_FLAG, offsetof(struct inventory_options, json), 0, 0 },
	{ "summary", 0, NULL, "print counts and notes instead", OPTION_FLAG,
	  offsetof(struct inventory_options, summary), 0, 0 },
	{ "sbom", 's', "FILE",
	  "join what an SBOM says: Syft, CycloneDX or SPDX as JSON; may be given again",
	  OPTION_LIST, offsetof(struct inventory_options, sboms), 0, 0 },
	{},
};

/* A directory is a root, unless it is an OCI layout. */
static bool is_root(const char *operand)
{
	_cleanup_free_ char *layout = NULL;
	struct stat st;

	if (stat(operand, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	return asprintf(&layout, "%s/oci-layout", operand) < 0 || access(layout, F_OK) < 0;
}

static int build(struct inventory **ret, const char *operand, struct err *err)
{
	_cleanup_(image_freep) struct image *image = NULL;
	int r;

	if (is_root(operand))
		return inventory_build(ret, operand, err);
	r = image_unpack(&image, operand, err);
	return r < 0 ? r : inventory_build(ret, image->rootfs, err);
}

/* The image is a stranger's: nothing in its names may speak to the terminal. */
static void put_line(const char *label, const char *value)
{
	fputs(label, stdout);
	terminal_put(stdout, value, 0);
	putchar('\n');
}

static void count_packages(const struct inventory *inv)
{
	const struct package *p = inv->packages;
	size_t n, only = 0;

	printf("packages  %zu", inv->package_count);
	for (size_t i = 0; i < inv->package_count; i += n) {
		for (n = 0; i + n < inv->package_count && !strcmp(p[i].type, p[i + n].type); n++)
			only += p[i + n].only_in_sbom;
		printf("%s %zu ", i ? "," : ":", n);
		terminal_put(stdout, p[i].type, 0);
	}
	if (only)
		printf("; %zu only in the SBOM", only);
	putchar('\n');
}

static void count_files(const struct inventory *inv)
{
	size_t kinds[FILE_OTHER + 1] = {}, unowned = 0, programs = 0;

	for (size_t i = 0; i < inv->file_count; i++) {
		const struct inventory_file *f = &inv->files[i];

		kinds[f->kind]++;
		if (f->owner_count || f->kind == FILE_LINK)
			continue;
		unowned++;
		programs += f->kind == FILE_ELF || f->kind == FILE_SCRIPT;
	}
	printf("files     %zu: %zu ELF, %zu scripts, %zu links, %zu others\n", inv->file_count,
	       kinds[FILE_ELF], kinds[FILE_SCRIPT], kinds[FILE_LINK],
	       kinds[FILE_REGULAR] + kinds[FILE_OTHER]);
	printf("unowned   %zu, of these %zu programs, libraries and scripts\n", unowned, programs);
}

static void print_summary(const struct inventory *inv)
{
	put_line("system    ", inv->os_name ? inv->os_name : inv->os_id ? inv->os_id : "unknown");
	count_packages(inv);
	count_files(inv);
	printf("complete  %s\n",
	       inv->incomplete ? "no: that something is absent proves nothing" : "yes");
	for (size_t i = 0; i < inv->note_count; i++)
		put_line("note      ", inv->notes[i]);
}

static int write_out(const struct inventory *inv, const struct inventory_options *opts,
		     struct err *err)
{
	_cleanup_free_ char *document = NULL;
	bool json = opts->json || (!opts->output && !opts->summary);
	int r = 0;

	if (opts->output || json)
		r = inventory_print(inv, &document, err);
	if (r >= 0 && opts->output)
		r = file_write(opts->output, document, strlen(document), err);
	if (r < 0)
		return r;
	if (json)
		fputs(document, stdout);
	if (opts->summary)
		print_summary(inv);
	return fflush(stdout) != 0 ? err_sys(err, errno, "cannot write") : 0;
}

static int run(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	_cleanup_(inventory_freep) struct inventory *inv = NULL;
	struct inventory_options opts = {};
	struct err err = {};
	int rest, status, r;

	if (command_parse(self, argc, argv, &opts, &operands, &rest, &status))
		return status;
	if (operands.count != 1 || rest < argc)
		err_set(&err, EINVAL, "give one root or one image");
	else if (opts.json && opts.summary)
		err_set(&err, EINVAL, "--json and --summary both write to standard output");
	if (err.text[0])
		return command_usage(self, &err);
	r = build(&inv, operands.items[0], &err);
	for (size_t i = 0; i < opts.sboms.count && r >= 0; i++)
		r = inventory_join_sbom(inv, opts.sboms.items[i], &err);
	if (r >= 0)
		r = write_out(inv, &opts, &err);
	option_list_done(&opts.sboms);
	return r < 0 ? command_fail(&err) : EXIT_SUCCESS;
}

const struct command cmd_inventory = {
	.name = "inventory",
	.usage = "ROOT|IMAGE [--output FILE] [--json | --summary] [--sbom FILE…]",
	.summary = "List what is in an image or a root: packages, files, what they link and load.",
	.options = options,
	.run = run,
};
