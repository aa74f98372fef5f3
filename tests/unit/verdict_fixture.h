/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * verdict_fixture.h — an image and a trace made by hand, in which every rule but one is one change away.
 *
 * The server needs libneed and libc; it names "plug%s.so" and can dlopen. libidle and tool are never used, and nothing
 * names them. One trace of 60 windows of 5 s, all but the first without a first use.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "analyzer/closure.h"
#include "analyzer/verdict.h"

enum { W_CERTS, W_IDLE, W_LIBC, W_NEED, W_PLUG, W_SERVER, W_TOOL, W_PACKAGES };

#define W_FILES 24
#define W_USES 24
#define W_WINDOWS 60

struct world {
	struct inventory inv;
	struct inventory_file files[W_FILES]; /* sorted by path */
	struct elf_facts elf[W_FILES]; /* of the file at the same place before it was sorted in */
	size_t owner[W_FILES];
	struct package packages[W_PACKAGES];
	size_t lists[W_PACKAGES][W_FILES];
	struct findings findings;
	struct finding finding[W_PACKAGES];
	struct trace trace, second, *traces[2];
	struct trace_use uses[W_USES];
	uint64_t marks[W_WINDOWS];
	bool windows[W_WINDOWS];
	struct verdict_options options;
	struct verdicts *verdicts;
};

static inline size_t world_find(const struct world *w, const char *path)
{
	size_t file = inventory_find_exact(&w->inv, path);

	return file == INVENTORY_NONE ? W_FILES - 1 : file;
}

static inline struct inventory_file *world_at(struct world *w, const char *path)
{
	return &w->files[world_find(w, path)];
}

static inline struct elf_facts *world_elf(struct world *w, const char *path)
{
	return (struct elf_facts *)world_at(w, path)->elf;
}

/* Who owns what, from owner[], which moves with the files. */
static inline void world_own(struct world *w)
{
	for (size_t p = 0; p < W_PACKAGES; p++)
		w->packages[p].file_count = 0;
	for (size_t i = 0; i < w->inv.file_count; i++) {
		struct package *p;

		w->files[i].owners = &w->owner[i];
		w->files[i].owner_count = w->owner[i] < W_PACKAGES;
		if (!w->files[i].owner_count)
			continue;
		p = &w->packages[w->owner[i]];
		p->files[p->file_count++] = i;
	}
}

/* Puts a file in its place. `owner`: a package, or W_PACKAGES for nobody. */
static inline struct inventory_file *world_add(struct world *w, const char *path,
					       enum file_kind kind, size_t owner)
{
	size_t at = w->inv.file_count++;
	struct elf_facts *elf = &w->elf[at];

	for (; at && strcmp(w->files[at - 1].path, path) > 0; at--) {
		w->files[at] = w->files[at - 1];
		w->owner[at] = w->owner[at - 1];
	}
	*elf = (struct elf_facts){ .machine = "x86_64", .type = "dyn" };
	w->files[at] = (struct inventory_file){ .path = path, .kind = kind };
	if (kind == FILE_ELF)
		w->files[at].elf = elf;
	w->owner[at] = owner;
	world_own(w);
	return &w->files[at];
}

static inline struct trace_use *world_use(struct world *w, enum use_kind kind, const char *path)
{
	struct trace_use *use = &w->uses[w->trace.use_count++];

	*use = (struct trace_use){ .kind = kind,
				   .path = path,
				   .comm = "server",
				   .t = 1000000 * (w->trace.use_count + 1),
				   .line = w->trace.use_count + 1,
				   .count = 1 };
	return use;
}

static inline void world_packages(struct world *w)
{
	static const char *const names[] = { "certs", "libidle1", "libc6", "libneed1",
					     "plug",  "server",   "tool" };

	for (size_t i = 0; i < W_PACKAGES; i++) {
		w->packages[i] = (struct package){ .type = "deb",
						   .name = names[i],
						   .version = "1.0",
						   .source = names[i],
						   .files = w->lists[i],
						   .files_known = true };
		w->finding[i] = (struct finding){ .id = "CVE-2024-0001",
						  .package = i,
						  .report_purl = "pkg:deb/debian/x@1.0",
						  .package_name = names[i],
						  .package_version = "1.0",
						  .severity = "high",
						  .sources = "grype" };
	}
}

static inline void world_files(struct world *w)
{
	static const char *needed[] = { "libneed.so.1", "libc.so.6" };
	static const char *hints[] = { "/usr/lib/app/plug%s.so" };
	struct elf_facts *server;

	world_add(w, "/usr/share/ca-certificates/a.crt", FILE_REGULAR, W_CERTS);
	world_add(w, "/usr/lib/libidle.so.1", FILE_ELF, W_IDLE);
	world_add(w, "/usr/lib/libc.so.6", FILE_ELF, W_LIBC);
	world_add(w, "/usr/lib/ld-linux-x86-64.so.2", FILE_ELF, W_LIBC);
	world_add(w, "/usr/lib/libneed.so.1", FILE_ELF, W_NEED);
	world_add(w, "/usr/lib/app/plug1.so", FILE_ELF, W_PLUG);
	world_add(w, "/usr/sbin/server", FILE_ELF, W_SERVER)->executable = true;
	world_add(w, "/usr/bin/tool", FILE_ELF, W_TOOL)->executable = true;
	server = world_elf(w, "/usr/sbin/server");
	server->needed = needed;
	server->needed_count = 2;
	server->interpreter = "/usr/lib/ld-linux-x86-64.so.2";
	server->hints = hints;
	server->hints_count = 1;
	server->imports_dlopen = true;
}

static inline void world_trace(struct world *w)
{
	for (size_t i = 0; i + 1 < W_WINDOWS; i++) {
		w->marks[i] = (i + 1) * 5000000000u;
		w->windows[i] = true;
	}
	w->trace = (struct trace){
		.began_first_exec = true,
		.complete = true,
		.end_reason = "duration",
		.exit_status = -1,
		.duration_ns = W_WINDOWS * 5000000000u,
		.window_s = 5,
		.uses = w->uses,
		.watched = { [TRACE_EXEC] = true, [TRACE_OPEN] = true, [TRACE_MAP] = true },
		.unit_starts = w->marks,
		.unit_is_window = w->windows,
		.unit_count = W_WINDOWS - 1
	};
	w->traces[0] = &w->trace;
	world_use(w, USE_EXEC, "/usr/sbin/server");
	world_use(w, USE_INTERPRETER, "/usr/lib/ld-linux-x86-64.so.2");
	world_use(w, USE_MAP, "/usr/lib/libneed.so.1");
	world_use(w, USE_MAP, "/usr/lib/libc.so.6");
}

/* The object must not move afterwards. world_done frees what was concluded. */
static inline void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->inv = (struct inventory){ .files = w->files,
				     .packages = w->packages,
				     .package_count = W_PACKAGES };
	world_packages(w);
	world_files(w);
	world_trace(w);
	w->findings = (struct findings){ .items = w->finding, .count = W_PACKAGES };
	w->options = (struct verdict_options){
		.policy = POLICY_BALANCED, .bound = 0.05, .min_units = 30, .min_window_s = 10
	};
}

static inline void world_done(struct world *w)
{
	verdicts_free(w->verdicts);
	w->verdicts = NULL;
}

/* The verdict on a package, in the world as it is now; valid until the next call. */
static inline const struct verdict *world_judge(struct world *w, size_t package)
{
	struct err err = {};

	world_done(w);
	if (verdicts_reach(&w->verdicts, &w->inv, &w->findings, w->traces, w->traces[1] ? 2 : 1,
			   &w->options, &err) < 0)
		return NULL;
	return &w->verdicts->items[package];
}
