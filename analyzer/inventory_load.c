// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_load.c — an inventory that was saved: hostile as any file, so all that others rely on is checked again. */
#include <string.h>

#include "analyzer/inventory_build.h"
#include "analyzer/inventory_format.h"
#include "analyzer/inventory_text.h"
#include "analyzer/json.h"

struct loader {
	struct inventory *inv;
	struct inventory_text text;
	struct err *err;
	size_t claims; /* files of packages, each counted as often as it is owned */
};

static int fault(struct loader *l, const char *what)
{
	return err_set(l->err, EBADMSG, "%s", what);
}

static int find_field(struct loader *l, const struct inventory_field *fields, void *raw,
		      const cJSON *property)
{
	const char *name = json_string(property, "name"), *value = json_string(property, "value");
	const char **slot;

	if (!name || !value)
		return fault(l, "a property has no name or no value");
	while (fields->name && strcmp(fields->name, name))
		fields++;
	if (!fields->name) /* of a newer version, or somebody else's */
		return 0;
	slot = (const char **)((char *)raw + fields->offset);
	if (*slot)
		return err_set(l->err, EBADMSG, "the property '%s' stands twice", fields->name);
	*slot = value;
	return 0;
}

/* Puts the properties of a component into their places, as they are. */
static int read_fields(struct loader *l, const cJSON *component,
		       const struct inventory_field *fields, void *raw)
{
	const cJSON *property;
	int r = 0;

	cJSON_ArrayForEach(property, json_array(component, "properties"))
	{
		r = find_field(l, fields, raw, property);
		if (r < 0)
			return r;
	}
	return r;
}

/* A text that may be absent. */
static int text(struct loader *l, const char *value, const char **ret)
{
	return value ? inventory_text_read(&l->text, value, ret) : 0;
}

static int list(struct loader *l, const char *value, bool sorted, const char ***ret, size_t *count)
{
	return value ? inventory_list_read(&l->text, value, sorted, ret, count) : 0;
}

static int flag(struct loader *l, const char *value, bool *ret)
{
	if (value && strcmp(value, "true"))
		return err_set(l->err, EBADMSG, "'%.40s' is not true", value);
	*ret = value;
	return 0;
}

/* A decimal number at *at, which is moved behind it. */
static int number(struct loader *l, const char **at, uint64_t max, uint64_t *ret)
{
	unsigned long long v = 0;
	char *end = NULL;

	errno = 0;
	if (**at >= '0' && **at <= '9')
		v = strtoull(*at, &end, 10);
	if (!end || errno || v > max)
		return err_set(l->err, EBADMSG, "'%.40s' is not a whole number up to %ju", *at,
			       (uintmax_t)max);
	*at = end;
	*ret = v;
	return 0;
}

static int read_notes(struct loader *l, const cJSON *metadata)
{
	struct inventory *inv = l->inv;
	const cJSON *property;
	size_t room = (size_t)cJSON_GetArraySize(json_array(metadata, "properties"));
	int r = 0;

	inv->notes = arena_alloc(inv->arena, (room + 1) * sizeof(*inv->notes));
	if (!inv->notes)
		return err_oom(l->err);
	cJSON_ArrayForEach(property, json_array(metadata, "properties"))
	{
		if (strcmp(json_string(property, "name"), "vexxy:note"))
			continue;
		r = text(l, json_string(property, "value"), &inv->notes[inv->note_count++]);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_root(struct loader *l, const cJSON *doc)
{
	const cJSON *metadata = json_object(doc, "metadata");
	const char *bom = json_string(doc, "bomFormat");
	struct inventory *inv = l->inv;
	struct raw_root raw = {};
	int r;

	r = read_fields(l, metadata, inventory_root_fields, &raw);
	if (r < 0)
		return r;
	if (!bom || strcmp(bom, "CycloneDX") || !raw.format)
		return err_set(l->err, EINVAL,
			       "is no inventory: 'vexxy inventory' makes one, another SBOM belongs "
			       "to --sbom");
	if (strcmp(raw.format, INVENTORY_FORMAT))
		return err_set(l->err, EINVAL,
			       "is an inventory of format '%.40s', known here is " INVENTORY_FORMAT,
			       raw.format);
	if ((r = text(l, raw.os_id, &inv->os_id)) < 0 ||
	    (r = text(l, raw.os_version, &inv->os_version)) < 0 ||
	    (r = text(l, raw.os_name, &inv->os_name)) < 0 ||
	    (r = flag(l, raw.incomplete, &inv->incomplete)) < 0 ||
	    (r = list(l, raw.library_dirs, false, &inv->library_dirs, &inv->library_dir_count)) < 0)
		return r;
	return read_notes(l, metadata);
}

/* Adds a range to the files of a package: they must ascend. */
static int add_range(struct loader *l, struct package *p, uint64_t from, uint64_t to)
{
	size_t before = p->file_count ? p->files[p->file_count - 1] : 0;

	if (from > to || (p->file_count && from <= before))
		return fault(l, "the files of a package do not ascend");
	for (uint64_t i = from; i <= to; i++) {
		p->files[p->file_count++] = (size_t)i;
		l->inv->files[i].owner_count++;
	}
	return 0;
}

/* "0-7,12": once to count them, once to keep them. */
static int walk_ranges(struct loader *l, struct package *p, const char *at, bool keep)
{
	uint64_t from, to, max = l->inv->file_count - 1;
	int r;

	if (!l->inv->file_count)
		return fault(l, "a package has files but there are none");
	for (;; at++) {
		r = number(l, &at, max, &from);
		to = from;
		if (r == 0 && *at == '-') {
			at++;
			r = number(l, &at, max, &to);
		}
		if (r == 0 && keep)
			r = add_range(l, p, from, to);
		else if (r == 0 &&
			 (l->claims += to >= from ? to - from + 1 : 0) > INVENTORY_CLAIMS_MAX)
			r = fault(l, "the packages own too many files");
		if (r < 0 || !*at)
			return r;
		if (*at != ',')
			return fault(l, "numbers of files are separated by something else than a "
					"comma");
	}
}

static int read_files_of(struct loader *l, struct package *p, const char *files)
{
	size_t before = l->claims;
	int r;

	if (!files)
		return 0;
	r = walk_ranges(l, p, files, false);
	if (r < 0)
		return r;
	p->files = arena_alloc(l->inv->arena, (l->claims - before) * sizeof(*p->files));
	return p->files ? walk_ranges(l, p, files, true) : err_oom(l->err);
}

static int check_ref(struct loader *l, const cJSON *component, size_t index)
{
	const char *ref = json_string(component, "bom-ref");
	char expected[40];

	snprintf(expected, sizeof(expected), "package-%zu", index);
	return ref && !strcmp(ref, expected) ? 0 : fault(l, "the packages are not numbered");
}

static int read_package(struct loader *l, const cJSON *component)
{
	struct inventory *inv = l->inv;
	struct package *p = &inv->packages[inv->package_count];
	const char *name = json_string(component, "name"), *purl = json_string(component, "purl");
	struct raw_package raw = {};
	uint64_t missing = 0;
	int r;

	if ((r = check_ref(l, component, inv->package_count)) < 0 ||
	    (r = read_fields(l, component, inventory_package_fields, &raw)) < 0)
		return r;
	if (!name || !*name || !raw.type || !*raw.type)
		return fault(l, "a package has no name or no type");
	if (purl && !(p->purl = arena_strdup(inv->arena, purl)))
		return err_oom(l->err);
	if ((r = text(l, raw.type, &p->type)) < 0 || (r = text(l, name, &p->name)) < 0 ||
	    (r = text(l, json_string(component, "version"), &p->version)) < 0 ||
	    (r = text(l, raw.arch, &p->arch)) < 0 || (r = text(l, raw.source, &p->source)) < 0 ||
	    (r = text(l, raw.source_version, &p->source_version)) < 0 ||
	    (r = text(l, raw.location, &p->location)) < 0 ||
	    (r = flag(l, raw.files_known, &p->files_known)) < 0 ||
	    (r = flag(l, raw.only_in_sbom, &p->only_in_sbom)) < 0 ||
	    (r = raw.missing ? number(l, &raw.missing, SIZE_MAX, &missing) : 0) < 0)
		return r;
	p->missing_count = (size_t)missing;
	if (inv->package_count && package_compare(p - 1, p) > 0)
		return fault(l, "the packages are out of order");
	inv->package_count++;
	return read_files_of(l, p, raw.files);
}

/* The word at *at as a string of the arena, *at moved to the next; NULL at the end or without memory. */
static const char *next_word(struct loader *l, const char **at)
{
	size_t len = strcspn(*at, " ");
	const char *word = len ? arena_strndup(l->inv->arena, *at, len) : NULL;

	*at += len + ((*at)[len] == ' ');
	return word;
}

static int read_elf_line(struct loader *l, struct elf_facts *elf, const char *line)
{
	const struct inventory_flag *f;
	const char *word;

	elf->machine = next_word(l, &line);
	elf->type = next_word(l, &line);
	if (!elf->machine || !elf->type)
		return fault(l, "an ELF file has no machine or no type");
	while ((word = next_word(l, &line))) {
		for (f = inventory_elf_flags; f->name && strcmp(f->name, word);)
			f++;
		if (!f->name)
			return err_set(l->err, EBADMSG, "'%.40s' is not known of ELF files", word);
		*(bool *)((char *)elf + f->offset) = true;
	}
	return 0;
}

static int read_elf(struct loader *l, struct inventory_file *file, const struct raw_file *raw)
{
	struct elf_facts *elf = arena_alloc(l->inv->arena, sizeof(*elf));
	int r;

	if (!elf)
		return err_oom(l->err);
	if ((r = read_elf_line(l, elf, raw->elf)) < 0 ||
	    (r = text(l, raw->build_id, &elf->build_id)) < 0 ||
	    (r = text(l, raw->soname, &elf->soname)) < 0 ||
	    (r = text(l, raw->interpreter, &elf->interpreter)) < 0 ||
	    (r = text(l, raw->rpath, &elf->rpath)) < 0 ||
	    (r = text(l, raw->runpath, &elf->runpath)) < 0 ||
	    (r = list(l, raw->needed, false, &elf->needed, &elf->needed_count)) < 0 ||
	    (r = list(l, raw->exported, true, &elf->exported, &elf->exported_count)) < 0 ||
	    (r = list(l, raw->imported, true, &elf->imported, &elf->imported_count)) < 0 ||
	    (r = list(l, raw->hints, true, &elf->hints, &elf->hints_count)) < 0)
		return r;
	file->elf = elf;
	return 0;
}

/* "elf 1234 x" */
static int read_kind(struct loader *l, struct inventory_file *file, const char *at)
{
	size_t len = at ? strcspn(at, " ") : 0, i = 0;
	int r;

	for (const char *name; (name = inventory_kind_names[i]); i++)
		if (len && !strncmp(name, at, len) && !name[len])
			break;
	if (!inventory_kind_names[i] || at[len] != ' ')
		return fault(l, "a file is of no known kind");
	file->kind = (enum file_kind)i;
	at += len + 1;
	r = number(l, &at, UINT64_MAX, &file->size);
	if (r < 0)
		return r;
	file->executable = !strcmp(at, " x");
	return *at && !file->executable ? fault(l, "a file is followed by more than its size") : 0;
}

/* What every user of an inventory takes for granted. */
static int check_file(struct loader *l, const struct inventory_file *file)
{
	const struct inventory *inv = l->inv;
	const struct inventory_file *before = file > inv->files ? file - 1 : NULL;

	if (*file->path != '/' || !file->path[1])
		return fault(l, "the path of a file does not begin with a slash");
	if (before && strcmp(before->path, file->path) >= 0)
		return err_set(l->err, EBADMSG, "file '%.200s' is out of order", file->path);
	if (file->kind == FILE_ELF ? !file->elf == !file->elf_error : file->elf || file->elf_error)
		return err_set(l->err, EBADMSG, "file '%.200s' is not what its ELF facts say",
			       file->path);
	if ((file->target && (file->kind != FILE_LINK || *file->target != '/')) ||
	    (file->script && (file->kind != FILE_SCRIPT || *file->script != '/')))
		return err_set(l->err, EBADMSG, "file '%.200s' leads where its kind cannot",
			       file->path);
	return 0;
}

static int read_file(struct loader *l, const cJSON *component)
{
	struct inventory_file *file = &l->inv->files[l->inv->file_count];
	const char *name = json_string(component, "name");
	struct raw_file raw = {};
	int r;

	r = read_fields(l, component, inventory_file_fields, &raw);
	if (r < 0)
		return r;
	if (!name || (raw.target && raw.target_directory))
		return fault(l, "a file has no name or leads to two places");
	file->to_directory = raw.target_directory;
	if ((r = text(l, name, &file->path)) < 0 || (r = read_kind(l, file, raw.file)) < 0 ||
	    (r = text(l, raw.target ? raw.target : raw.target_directory, &file->target)) < 0 ||
	    (r = text(l, raw.script, &file->script)) < 0 ||
	    (r = text(l, raw.script_argument, &file->script_argument)) < 0 ||
	    (r = text(l, raw.elf_error, &file->elf_error)) < 0 ||
	    (r = raw.elf ? read_elf(l, file, &raw) : 0) < 0 || (r = check_file(l, file)) < 0)
		return r;
	l->inv->file_count++;
	return 0;
}

static bool is_of_type(const cJSON *component, const char *type)
{
	const char *of = json_string(component, "type");

	return of && !strcmp(of, type);
}

/* Files first: packages name them by number. */
static int read_components(struct loader *l, const cJSON *doc)
{
	const struct {
		const char *type;
		int (*read)(struct loader *, const cJSON *);
	} passes[] = { { "file", read_file }, { "library", read_package } };
	const cJSON *components = json_array(doc, "components"), *item;
	size_t room = (size_t)cJSON_GetArraySize(components) + 1;
	struct inventory *inv = l->inv;
	int r;

	inv->files = arena_alloc(inv->arena, room * sizeof(*inv->files));
	inv->packages = arena_alloc(inv->arena, room * sizeof(*inv->packages));
	if (!inv->files || !inv->packages)
		return err_oom(l->err);
	for (size_t pass = 0; pass < 2; pass++)
		cJSON_ArrayForEach(item, components)
		{
			r = is_of_type(item, passes[pass].type) ? passes[pass].read(l, item) : 0;
			if (r < 0)
				return err_prefix(l->err, r, "component of type '%s', number %zu",
						  passes[pass].type,
						  pass ? inv->package_count : inv->file_count);
		}
	return 0;
}

static int read_ref(struct loader *l, const char *ref, size_t *ret)
{
	const char *at = ref && !strncmp(ref, "package-", 8) ? ref + 8 : "";
	uint64_t index = 0;
	int r;

	if (!l->inv->package_count)
		return fault(l, "there are dependencies but no packages");
	r = number(l, &at, l->inv->package_count - 1, &index);
	*ret = (size_t)index;
	return r;
}

static int read_dependency(struct loader *l, const cJSON *item)
{
	const cJSON *on = json_array(item, "dependsOn"), *ref;
	struct package *p;
	size_t index;
	int r;

	r = read_ref(l, json_string(item, "ref"), &index);
	if (r < 0)
		return r;
	p = &l->inv->packages[index];
	if (p->depends)
		return fault(l, "the dependencies of a package stand twice");
	p->depends =
	    arena_alloc(l->inv->arena, ((size_t)cJSON_GetArraySize(on) + 1) * sizeof(*p->depends));
	if (!p->depends)
		return err_oom(l->err);
	cJSON_ArrayForEach(ref, on)
	{
		r = read_ref(l, cJSON_GetStringValue(ref), &p->depends[p->depend_count]);
		if (r < 0)
			return r;
		p->depend_count++;
	}
	return 0;
}

static int read_dependencies(struct loader *l, const cJSON *doc)
{
	const cJSON *item;
	int r;

	cJSON_ArrayForEach(item, json_array(doc, "dependencies"))
	{
		r = read_dependency(l, item);
		if (r < 0)
			return err_prefix(l->err, r, "dependencies");
	}
	return 0;
}

/* Of every file its packages, from what was read the other way round; owner_count was counted then. */
static int join_owners(struct loader *l)
{
	struct inventory *inv = l->inv;
	size_t *owners = arena_alloc(inv->arena, (l->claims + 1) * sizeof(*owners));

	if (!owners)
		return err_oom(l->err);
	for (size_t i = 0; i < inv->file_count; i++) {
		struct inventory_file *file = &inv->files[i];

		if (!file->owner_count)
			continue;
		file->owners = owners;
		owners += file->owner_count;
		file->owner_count = 0;
	}
	for (size_t i = 0; i < inv->package_count; i++)
		for (size_t j = 0; j < inv->packages[i].file_count; j++) {
			struct inventory_file *file = &inv->files[inv->packages[i].files[j]];

			file->owners[file->owner_count++] = i;
		}
	return 0;
}

/* A link leads to something that is no link: inventory_find takes one step. */
static int check_links(struct loader *l)
{
	const struct inventory *inv = l->inv;

	for (size_t i = 0; i < inv->file_count; i++) {
		const char *target = inv->files[i].target;
		size_t at = target ? inventory_find_exact(inv, target) : INVENTORY_NONE;

		if (at != INVENTORY_NONE && inv->files[at].kind == FILE_LINK)
			return err_set(l->err, EBADMSG, "link '%.200s' leads to another link",
				       inv->files[i].path);
	}
	return 0;
}

static int load(struct loader *l, const cJSON *doc)
{
	int r = read_root(l, doc);

	if (r >= 0)
		r = read_components(l, doc);
	if (r >= 0)
		r = read_dependencies(l, doc);
	if (r >= 0)
		r = check_links(l);
	return r < 0 ? r : join_owners(l);
}

int inventory_parse(struct inventory **ret, const char *document, size_t len, struct err *err)
{
	_cleanup_(inventory_freep) struct inventory *inv = inventory_new();
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	struct loader l = { .inv = inv, .err = err };
	int r;

	if (!inv)
		return err_oom(err);
	l.text = (struct inventory_text){ inv->arena, INVENTORY_TEXT_MAX, err };
	r = json_parse(&doc, document, len, err);
	if (r >= 0)
		r = load(&l, doc);
	if (r < 0)
		return r;
	*ret = take_ptr(inv);
	return 0;
}

int inventory_load(struct inventory **ret, const char *path, struct err *err)
{
	_cleanup_free_ char *document = NULL;
	size_t len;
	int r = file_read(&document, &len, path, JSON_BYTES_MAX, err);

	if (r < 0)
		return err_prefix(err, r, "inventory");
	r = inventory_parse(ret, document, len, err);
	return r < 0 ? err_prefix(err, r, "inventory '%s'", path) : 0;
}
