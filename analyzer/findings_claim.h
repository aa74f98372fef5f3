/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * findings_claim.h — what the readers of the formats hand to the join: claims, one per (source, vulnerability, package).
 *
 * Private to findings*.c; scanner*.c and prior*.c use findings_text. Everything a claim points to lives in the arena of the claims.
 */
#pragma once

#include "analyzer/findings.h"
#include "analyzer/json.h"
#include "analyzer/purl.h"
#include "include/array.h"

#define FINDINGS_ID_MAX 128
#define FINDINGS_TEXT_MAX 1024
#define FINDINGS_NOTES_MAX 10000
#define FINDINGS_LINKS_MAX 1024
#define FINDINGS_CLAIMS_MAX 4000000u
#define FINDINGS_FUNCTIONS_MAX 100000u /* of one finding */

enum severity {
	SEVERITY_UNKNOWN,
	SEVERITY_NEGLIGIBLE,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
	SEVERITY_COUNT
};

const char *severity_name(enum severity severity);
/* Of any scanner's spelling, case ignored: "MODERATE" and "important" too. SEVERITY_UNKNOWN for anything else. */
enum severity severity_from_string(const char *text);
/* Of a CVSS 3 vector, by its base score. SEVERITY_UNKNOWN for other versions and for what is no vector. */
enum severity severity_from_cvss(const char *vector);

struct claim {
	const char *source; /* "grype", "trivy", "osv", "cyclonedx" */
	const char *id;
	const char **links; /* other ids of the same vulnerability; NULL-terminated, or NULL */
	size_t package;     /* or INVENTORY_NONE */
	bool version_differs;
	const char *purl;   /* canonical, unqualified, of the input; NULL when it has none */
	const char **purls; /* all spellings; NULL-terminated */
	const char *type;   /* purl type, or NULL */
	const char *key; /* INVENTORY_NONE: tells packages apart, whatever the spelling; else "" */
	const char *name, *version;
	enum severity severity;
	const char *summary, *url;
	bool fix_state_known;
	bool fixed; /* the source puts the installed version at or behind the fix */
	const char
	    *fixed_version; /* the next one behind the installed, or the one that was reached */
	const struct finding_function *functions;
	size_t function_count;
	const char *functions_partial; /* as in struct finding */
	bool advisory;                 /* adds to what others report; reports nothing itself */
};

/* Names of the inventory's packages, sorted, for joining. */
struct package_key {
	const char *type, *name; /* name as findings_normal_name gives it */
	size_t package;
};

struct package_index {
	struct package_key *names, *sources;
	size_t name_count, source_count;
};

struct claims {
	struct arena *arena;
	const struct inventory *inv;
	struct package_index index;
	struct claim *items; /* malloc'ed, freed by claims_done */
	size_t count, capacity;
	const char **notes; /* malloc'ed */
	size_t note_count, note_capacity, notes_dropped;
	const char **digests; /* malloc'ed; image digests of all reports */
	size_t digest_count, digest_capacity;
	const char *image_ref, *image_digest;
	size_t records; /* read so far, of all inputs */
	bool advising;  /* what is read now are advisories */
};

/* What a report says of one package. type may be NULL when purl is given. */
struct reported_package {
	const char *purl; /* as in the report, or NULL */
	const char *type, *name,
	    *version; /* purl type; name as the ecosystem spells it, with its namespace */
	const char *source_version; /* of the source package, when the report tells */
	const char *os_id;          /* for deb, apk and rpm without a purl */
};

/* inv is borrowed and must outlive the claims. */
_must_check_ int claims_init(struct claims *claims, const struct inventory *inv, struct err *err);
void claims_done(struct claims *claims);

/* A copy of the claim without further ado. */
_must_check_ int claims_push(struct claims *claims, const struct claim *claim, struct err *err);
/* Joins the package to the inventory, works out fixed, fixed_version and purls, and adds one claim per package of the
 * inventory that it is, or one with INVENTORY_NONE. `fixes`: the report's fixed versions, NULL-terminated or NULL. */
_must_check_ int claims_add_reported(struct claims *claims, const struct claim *base,
				     const struct reported_package *package,
				     const char *const *fixes, struct err *err);
/* A claim of a database about a package of the inventory: adds purls, name and version. */
_must_check_ int claims_add_installed(struct claims *claims, const struct claim *base,
				      size_t package, struct err *err);
/* Counts a record; -EFBIG with a reason when there are more than FINDINGS_RECORDS_MAX. */
_must_check_ int claims_count_record(struct claims *claims, struct err *err);
_printf_(3, 4) _must_check_
    int claims_note(struct claims *claims, struct err *err, const char *fmt, ...);
/* Takes "sha256:<64 hex>" or any text that ends with "@sha256:<64 hex>"; others are left. `first`: the one a report names. */
_must_check_ int claims_add_digest(struct claims *claims, const char *text, bool first,
				   struct err *err);
_must_check_ int claims_set_image(struct claims *claims, const char *ref, const char *path,
				  struct err *err);

/* Packages with that name (or source name), by the ecosystem's spelling: *ret points at the first of the returned number. */
size_t package_index_find(const struct package_key *keys, size_t n, const char *type,
			  const char *name, const struct package_key **ret);
/* A name as it is compared: pypi lower with [-_.]+ as '-', npm, golang, nuget and composer lower; others unchanged. */
const char *findings_normal_name(const char *type, const char *name, struct arena *arena);
/* Name with namespace: "@angular/core", "org.x/y"; of deb, apk and rpm the name alone. */
const char *findings_purl_name(const struct purl *purl, struct arena *arena);

/* An id that may stand in a document: printable ASCII without space, at most FINDINGS_ID_MAX bytes. */
bool findings_id_is_ok(const char *id);
/* "CVE-2024-1234": four digits, then four or more. */
bool findings_id_is_cve(const char *id);
/* Does the id name an advisory that may stand for several vulnerabilities (DSA, USN, RHSA …)? */
bool findings_id_is_bundle(const char *id);
/* The CVE id in "DEBIAN-CVE-2024-1", "UBUNTU-CVE-…", "ALPINE-CVE-…" and the like, else NULL. Borrowed from id. */
const char *findings_cve_behind(const char *id);
/* A printable copy of at most FINDINGS_TEXT_MAX bytes, cut at a character, on one line; NULL for NULL and for "". */
const char *findings_text(const char *text, struct arena *arena);
/* The version behind "E:" where E is a number; the same text without one. */
const char *findings_behind_epoch(const char *version);
/* The strings of a JSON array that are ids, NULL-terminated; `key` names the member of objects that holds them, or NULL. */
_must_check_ int findings_ids(const char ***ret, const cJSON *array, const char *key,
			      struct claims *claims, struct err *err);

/* The same list with one more at its end. */
_must_check_ int findings_add_id(const char ***ids, const char *id, struct arena *arena,
				 struct err *err);

/* Every spelling of the package under which a scanner may know it, NULL-terminated: openvex.md 2.5. `purl` with its
 * qualifiers, because an rpm or deb epoch may stand there; `installed` is the version as the inventory has it, or NULL. */
_must_check_ int findings_purls(const char ***ret, const struct purl *purl, const char *installed,
				struct arena *arena, struct err *err);

/* The readers: one document in memory each. `path` is for notes. */
_must_check_ int findings_read_grype(struct claims *claims, const cJSON *doc, const char *path,
				     struct err *err);
_must_check_ int findings_read_trivy(struct claims *claims, const cJSON *doc, const char *path,
				     struct err *err);
_must_check_ int findings_read_cyclonedx(struct claims *claims, const cJSON *doc, const char *path,
					 struct err *err);

/* The functions that entries of one record name, for one package. */
struct function_set {
	struct finding_function *items; /* malloc'ed, what they point to is the arena's */
	size_t count, capacity;
	size_t entries, silent; /* entries read, and those of them that name no function */
	const char *partial;
};
void function_set_done(struct function_set *set);
/* Adds those of one element of "affected" of the record `id`. */
_must_check_ int function_set_read(struct function_set *set, const cJSON *entry, const char *id,
				   struct arena *arena, struct err *err);
/* Takes in what a claim says of functions; `shared`: it says so of several CVEs at once. */
_must_check_ int function_set_merge(struct function_set *set, const struct claim *claim,
				    bool shared, struct arena *arena, struct err *err);
/* Sorts them, makes of those that differ in their source alone one, and hands out an array of the arena. */
_must_check_ int function_set_take(struct function_set *set, struct finding_function **ret,
				   size_t *ret_count, struct arena *arena, struct err *err);

/* What happened to the records of one database; becomes one note. */
struct osv_counts {
	size_t withdrawn, elsewhere, outside, undecided, broken;
};
_must_check_ int findings_read_osv(struct claims *claims, const cJSON *record,
				   struct osv_counts *counts, struct err *err);
_must_check_ int findings_note_osv(struct claims *claims, const struct osv_counts *counts,
				   const char *path, struct err *err);
bool findings_is_osv(const cJSON *doc);

/* Claims to findings: collapses aliases, weighs contradictions, sorts. Moves everything it needs into *ret. */
_must_check_ int findings_join(struct findings *ret, struct claims *claims, struct err *err);
