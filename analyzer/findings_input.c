// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_input.c — files, directories and archives of documents, told apart by content. */
#include "analyzer/findings_input.h"

#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/zip.h"
#include "kubescape-compat/object.h"

/* One input: what its OSV records came to is one note, however many files there are. */
struct input_state {
	struct claims *claims;
	struct osv_counts counts;
	size_t files;
	const char *
	    name; /* of the document being read, from the input's own name on: notes do not say where it lay */
	size_t parent_len; /* of the directory before that name */
	bool is_directory;
};

static bool is_grype(const cJSON *doc)
{
	const char *name = json_string(json_object(doc, "descriptor"), "name");

	return json_array(doc, "matches") && name && !strcmp(name, "grype");
}

static bool is_trivy(const cJSON *doc)
{
	return cJSON_IsNumber(json_get(doc, "SchemaVersion")) &&
	       (json_string(doc, "ArtifactName") || json_array(doc, "Results"));
}

static bool is_cyclonedx(const cJSON *doc)
{
	const char *format = json_string(doc, "bomFormat");

	return format && !strcmp(format, "CycloneDX");
}

static int read_records(struct input_state *in, const cJSON *array, struct err *err)
{
	const cJSON *record;
	size_t n = 0;
	int r;

	cJSON_ArrayForEach(record, array)
	{
		n++;
		if (!findings_is_osv(record))
			return err_set(err, EINVAL, "element %zu is no OSV record", n);
		r = findings_read_osv(in->claims, record, &in->counts, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_document(struct input_state *in, const cJSON *doc, struct err *err)
{
	if (cJSON_IsArray(doc))
		return read_records(in, doc, err);
	if (is_grype(doc))
		return findings_read_grype(in->claims, doc, in->name, err);
	if (is_trivy(doc))
		return findings_read_trivy(in->claims, doc, in->name, err);
	if (is_cyclonedx(doc))
		return findings_read_cyclonedx(in->claims, doc, in->name, err);
	if (findings_is_osv(doc))
		return findings_read_osv(in->claims, doc, &in->counts, err);
	return err_set(err, EINVAL,
		       "is no report known here: expected JSON of grype or trivy, OSV records, or "
		       "CycloneDX with vulnerabilities");
}

/* VulnerabilityManifests carry reports of grype; of an object that was listed there is no more than its name. */
static int read_manifest(struct input_state *in, const struct kube_object *object, struct err *err)
{
	const cJSON *payload = kube_map(object->spec, "payload");
	const char *image = kube_annotation(object, "image-id"),
		   *context = kube_label(object, "context");
	int r;

	if (!payload)
		return err_set(err, EINVAL,
			       "VulnerabilityManifest '%.200s' has no content: it was read from a "
			       "list, or its "
			       "scan failed; ask for it with resourceVersion=fullSpec",
			       object->name ? object->name : "");
	r = findings_read_grype(in->claims, payload, in->name, err);
	if (r >= 0 && image)
		r = claims_add_digest(in->claims, image, true, err);
	if (r >= 0 && context && !strcmp(context, "filtered"))
		r = claims_note(in->claims, err,
				"'%s': is filtered: it has only what Kubescape calls relevant",
				in->name);
	return r;
}

static int read_kubescape(struct input_state *in, cJSON *doc, struct err *err)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	size_t manifests = 0;
	int r = kube_objects_add(&objects, doc, err);

	for (size_t i = 0; i < objects.count && r >= 0; i++) {
		if (objects.items[i].kind != KUBE_MANIFEST)
			continue;
		manifests++;
		r = read_manifest(in, &objects.items[i], err);
	}
	if (r < 0 || manifests)
		return r;
	if (!in->is_directory)
		return err_set(err, EINVAL,
			       "is a %s of Kubescape's, and no VulnerabilityManifest: profiles are "
			       "for --profile, "
			       "SBOMSyft for --sbom",
			       objects.count ? kube_kind_name(objects.items[0].kind)
					     : "list without an object");
	return claims_note(in->claims, err, "'%s': holds no VulnerabilityManifest, skipping it",
			   in->name);
}

static int read_json(struct input_state *in, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	int r;

	if (len > JSON_BYTES_MAX)
		return err_set(err, EFBIG, "a document of more than %u MiB: write it as JSON Lines",
			       JSON_BYTES_MAX >> 20);
	r = json_parse(&doc, text, len, err);
	if (r < 0)
		return r;
	if (kube_is_document(doc))
		return read_kubescape(in, take_ptr(doc), err);
	return read_document(in, doc, err);
}

static size_t skip_blanks(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && memchr(" \t\r\n", text[n], 4))
		n++;
	return n;
}

/* JSON Lines: the first line is an object of its own, and something follows it. */
static bool is_lines(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);
	size_t first = newline ? (size_t)(newline - text) : len;

	if (!newline || skip_blanks(newline, len - first) == len - first)
		return false;
	while (first && memchr(" \t\r", text[first - 1], 3))
		first--;
	return first && text[0] == '{' && text[first - 1] == '}';
}

static int read_lines(struct input_state *in, const char *text, size_t len, struct err *err)
{
	size_t line = 0, n;
	int r = 0;

	for (; len && r >= 0; text += n, len -= n) {
		const char *newline = memchr(text, '\n', len);
		_cleanup_(cJSON_Deletep) cJSON *record = NULL;

		n = newline ? (size_t)(newline - text) + 1 : len;
		line++;
		if (skip_blanks(text, n) == n)
			continue;
		/* json_parse wants text with an end, so the newline stays part of it. */
		r = json_parse(&record, text, n, err);
		if (r >= 0 && !findings_is_osv(record))
			r = err_set(err, EINVAL, "is no OSV record");
		if (r >= 0)
			r = findings_read_osv(in->claims, record, &in->counts, err);
		if (r < 0)
			return err_prefix(err, r, "line %zu", line);
	}
	return r;
}

static int read_text(struct input_state *in, const char *text, size_t len, struct err *err)
{
	size_t blanks = skip_blanks(text, len);

	if (blanks == len)
		return err_set(err, EINVAL, "is empty");
	text += blanks;
	len -= blanks;
	return is_lines(text, len) ? read_lines(in, text, len, err) : read_json(in, text, len, err);
}

static bool is_document(const char *name, size_t len)
{
	static const char *const ends[] = { ".json", ".jsonl", ".json.gz", ".jsonl.gz", ".zip" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (len > strlen(ends[i]) &&
		    !memcmp(name + len - strlen(ends[i]), ends[i], strlen(ends[i])))
			return true;
	return false;
}

/* Entries that are no documents are passed over, as in a directory; an archive in an archive is one of those. */
static int read_entry(struct input_state *in, const struct zip_entry *entry, uint64_t *total,
		      struct err *err)
{
	const char *archive = in->name;
	_cleanup_free_ char *text = NULL, *name = NULL;
	int r;

	if (!is_document(entry->name, entry->name_len) ||
	    zip_is((const char *)entry->data, entry->packed))
		return 0;
	if (++in->files > FINDINGS_FILES_MAX)
		return err_set(err, EFBIG, "more than %u files", FINDINGS_FILES_MAX);
	*total += entry->size;
	if (*total > FINDINGS_ARCHIVE_BYTES_MAX)
		return err_set(err, EFBIG, "its entries unpack to more than %llu GiB",
			       FINDINGS_ARCHIVE_BYTES_MAX >> 30);
	if (asprintf(&name, "%s: %.*s", archive,
		     (int)(entry->name_len < 256 ? entry->name_len : 256), entry->name) < 0) {
		name = NULL;
		return err_oom(err);
	}
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	r = zip_unpack(&text, entry, JSON_BYTES_MAX, err);
	in->name = name;
	if (r >= 0)
		r = read_text(in, text, entry->size, err);
	in->name = archive;
	return r < 0 ? err_prefix(err, r, "entry '%s'", name + strlen(archive) + 2) : 0;
}

static int read_archive(struct input_state *in, const char *text, size_t len, struct err *err)
{
	size_t before = in->files;
	uint64_t total = 0;
	struct zip_entry entry;
	struct zip zip;
	int r = zip_open(&zip, text, len, err);

	while (r >= 0 && (r = zip_next(&zip, &entry, err)) > 0)
		r = read_entry(in, &entry, &total, err);
	if (r >= 0 && in->files == before)
		r = err_set(err, ENOENT, "is an archive without a file named *.json or *.jsonl");
	return r;
}

static int read_file(struct input_state *in, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (++in->files > FINDINGS_FILES_MAX)
		return err_set(err, EFBIG, "more than %u files", FINDINGS_FILES_MAX);
	r = file_read(&text, &len, path, FINDINGS_FILE_BYTES_MAX, err);
	if (r < 0)
		return r;
	in->name = path + in->parent_len;
	r = zip_is(text, len) ? read_archive(in, text, len, err) : read_text(in, text, len, err);
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void fts_done(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

/* Links are followed, because mounted volumes consist of them; fts finds cycles. Hidden files are left out. */
static int read_directory(struct input_state *in, const char *path, struct err *err)
{
	char *const roots[] = { (char *)path, NULL };
	_cleanup_(fts_done) FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
	size_t before = in->files;
	FTSENT *e;
	int r = 0;

	if (!fts)
		return err_sys(err, errno, "cannot open '%s'", path);
	while (r >= 0 && (errno = 0, e = fts_read(fts))) {
		if (e->fts_level > 0 && e->fts_name[0] == '.')
			fts_set(fts, e, FTS_SKIP);
		else if (e->fts_level > FINDINGS_DEPTH_MAX)
			r = err_set(err, ELOOP, "'%s': directories are nested deeper than %d", path,
				    FINDINGS_DEPTH_MAX);
		else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
			r = err_sys(err, e->fts_errno, "cannot read '%s'", e->fts_path);
		else if (e->fts_info == FTS_F && is_document(e->fts_name, strlen(e->fts_name)))
			r = read_file(in, e->fts_path, err);
		else if (e->fts_info == FTS_SLNONE || e->fts_info == FTS_NS)
			r = err_set(err, ENOENT, "'%s' leads nowhere", e->fts_path);
	}
	if (r >= 0 && errno)
		r = err_sys(err, errno, "cannot read '%s'", path);
	if (r >= 0 && in->files == before)
		r = err_set(err, ENOENT, "'%s' holds no file named *.json, *.jsonl or *.zip", path);
	return r;
}

/* Where the last name in a path begins. */
static size_t name_at(const char *path)
{
	size_t end = strlen(path);

	while (end > 1 && path[end - 1] == '/')
		end--;
	while (end && path[end - 1] != '/')
		end--;
	return end;
}

int findings_read_path(struct claims *claims, const char *given, struct err *err)
{
	struct input_state in = { .claims = claims, .parent_len = name_at(given) };
	_cleanup_free_ char *path = strdup(given);
	struct stat st;
	int r;

	if (!path)
		return err_oom(err);
	/* "dir/" and "dir" are one. */
	for (size_t end = strlen(path); end > 1 && path[end - 1] == '/'; end--)
		path[end - 1] = '\0';
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	in.name = path + in.parent_len;
	in.is_directory = S_ISDIR(st.st_mode);
	r = in.is_directory ? read_directory(&in, path, err) : read_file(&in, path, err);
	return r < 0 ? r : findings_note_osv(claims, &in.counts, path + in.parent_len, err);
}

int findings_read_text(struct claims *claims, const char *text, size_t len, const char *name,
		       struct err *err)
{
	struct input_state in = { .claims = claims, .name = name };
	int r =
	    zip_is(text, len) ? read_archive(&in, text, len, err) : read_text(&in, text, len, err);

	return r < 0 ? r : findings_note_osv(claims, &in.counts, name, err);
}
