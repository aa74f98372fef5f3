/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * inventory.h — what is in the image: its packages, the files each owns, and what those files are.
 *
 * One inventory is one arena: all strings and arrays are borrowed from it. Files are sorted by path, packages by (type, name,
 * version, arch, location). Saved and loaded as CycloneDX 1.6, losing nothing that the analysis uses: `analyze --inventory`
 * gives the same bytes as `analyze --rootfs`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "analyzer/elf_facts.h"
#include "include/err.h"

#define INVENTORY_NONE SIZE_MAX

enum file_kind { FILE_REGULAR, FILE_ELF, FILE_SCRIPT, FILE_LINK, FILE_OTHER };

/* A file of the merged root. Kept: all that a package owns, and every ELF file, script (#!), executable, archive of code
 * (jar, war, whl, egg, zip) and symbolic link, owned or not. Directories are not kept. */
struct inventory_file {
	const char *path; /* canonical: its directory has no links in it */
	enum file_kind kind;
	/* FILE_LINK: canonical path of what it leads to, NULL when it leads nowhere. */
	const char *target;
	bool to_directory; /* FILE_LINK: that is a directory, so not a file of the inventory */
	/* FILE_SCRIPT: canonical path of the interpreter (the word behind #!), NULL when not there. */
	const char *script;
	const char *script_argument; /* "python3" in "#!/usr/bin/env python3" */
	uint64_t size;
	bool executable;             /* any x bit */
	const struct elf_facts *elf; /* FILE_ELF */
	/* Why an ELF file could not be read; then elf is NULL and nothing may be proved from it. */
	const char *elf_error;
	size_t *owners; /* packages, ascending */
	size_t owner_count;
};

struct package {
	const char *type;    /* purl type: "deb", "apk", "pypi", "npm", or what the SBOM says */
	const char *name;    /* as the database spells it, without architecture */
	const char *version; /* as installed */
	const char *arch;    /* NULL when it has none */
	const char *source,
	    *source_version; /* the source package; same as name/version when not told */
	const char *
	    location; /* where it was found: "/var/lib/dpkg/status", "/usr/lib/python3/dist-packages/x.dist-info" … */
	const char *purl; /* canonical, with qualifiers arch and distro; see purl.h */
	size_t *files;    /* into inventory.files, ascending: what is really there */
	size_t file_count;
	size_t
	    missing_count; /* files the database lists that are not in the root (documentation left out, …) */
	bool
	    files_known; /* its list of files was found and read whole: only then may absence be concluded */
	bool only_in_sbom; /* an SBOM names it, the root does not */
	size_t
	    *depends; /* packages named in Depends/Pre-Depends, for information: never evidence */
	size_t depend_count;
};

struct inventory {
	struct arena *arena;
	const char *os_id, *os_version; /* /etc/os-release ID and VERSION_ID, or NULL */
	const char *os_name;            /* PRETTY_NAME */
	struct inventory_file *files;
	size_t file_count;
	struct package *packages;
	size_t package_count;
	const char **
	    library_dirs; /* from /etc/ld.so.conf (includes followed), then the loader's defaults */
	size_t library_dir_count;
	const char **notes; /* faults and differences found on the way, for people; sorted */
	size_t note_count;
	const char *sbom_digest; /* of the image that the joined SBOM is of, or NULL; not saved */
	bool incomplete;         /* some database could not be read whole: absence proves nothing */
};

/* Reads a directory. The caller frees it. */
_must_check_ int inventory_build(struct inventory **ret, const char *rootfs, struct err *err);
/* What inventory_save has written; -EINVAL for a document that is no inventory, -EBADMSG for one that contradicts itself. */
_must_check_ int inventory_load(struct inventory **ret, const char *path, struct err *err);
/* The same from text; errors do not name the file. */
_must_check_ int inventory_parse(struct inventory **ret, const char *document, size_t len,
				 struct err *err);
/* CycloneDX 1.6, the same bytes for the same inventory; -EFBIG when it would be too long to be loaded. */
_must_check_ int inventory_print(const struct inventory *inv, char **ret, struct err *err);
_must_check_ int inventory_save(const struct inventory *inv, const char *path, struct err *err);
void inventory_free(struct inventory *inv);
DEFINE_CLEANUP(struct inventory *, inventory_free)

/* The index of the file with that path, or INVENTORY_NONE. Follows links at the end: "/lib/x.so" of a usrmerged root
 * finds "/usr/lib/x.so.1.2" when the inventory knows the links on the way (also links of directories); "//", "." and ".." are
 * followed as the kernel does. */
size_t inventory_find(const struct inventory *inv, const char *path);
/* The same without following a link at the end. */
size_t inventory_find_exact(const struct inventory *inv, const char *path);

/* Joins an SBOM: packages that the root does not know in any version are added with only_in_sbom, differences become
 * notes. The inventory is unchanged on failure. */
_must_check_ int inventory_join_sbom(struct inventory *inv, const char *path, struct err *err);
/* The same with one that was read. */
struct sbom;
_must_check_ int inventory_join(struct inventory *inv, const struct sbom *sbom, struct err *err);
