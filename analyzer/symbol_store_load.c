// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbol_store_load.c — JSON Lines into a store: what is not exactly of the form is refused. */
#include "analyzer/symbol_store.h"

#include "analyzer/json.h"

#define ADDRESS_DIGITS_MAX 16u
#define BUILD_ID_DIGITS_MAX 128u
#define DIGEST_DIGITS 64u

struct reader {
	struct symbol_store *store;
	struct store_object *object; /* of the line at hand */
	struct err *err;
};

static size_t count_hex(const char *text)
{
	return strspn(text, "0123456789abcdef");
}

static int read_text(struct reader *in, const cJSON *obj, const char *key, const char **ret)
{
	const char *text = json_string(obj, key);

	if (!text || !*text)
		return err_set(in->err, EBADMSG, "'%s' is missing or no text", key);
	*ret = arena_strdup(in->store->arena, text);
	return *ret ? 0 : err_oom(in->err);
}

static int read_digest(struct reader *in, const cJSON *obj, const char **ret)
{
	int r = read_text(in, obj, "sha256", ret);

	if (r == 0 && (strlen(*ret) != DIGEST_DIGITS || count_hex(*ret) != DIGEST_DIGITS))
		return err_set(in->err, EBADMSG, "'sha256' is no SHA-256: '%.80s'", *ret);
	return r;
}

static int read_address(struct reader *in, const cJSON *item, uint64_t *ret)
{
	const char *text = cJSON_IsString(item) ? item->valuestring : "";
	size_t n = !strncmp(text, "0x", 2) ? count_hex(text + 2) : 0;

	if (!n || n > ADDRESS_DIGITS_MAX || text[2 + n])
		return err_set(in->err, EBADMSG, "'%.40s' is no address such as \"0x1f\"", text);
	*ret = strtoull(text + 2, NULL, 16);
	return 0;
}

/* An array of at most `max` items as an array of the arena, to be filled. */
static int room(struct reader *in, const cJSON *obj, const char *key, size_t max, size_t size,
		void **ret, size_t *ret_count)
{
	const cJSON *array = json_get(obj, key);
	int n = cJSON_GetArraySize(array);

	if (array && !cJSON_IsArray(array))
		return err_set(in->err, EBADMSG, "'%s' is no list", key);
	if ((size_t)n > max)
		return err_set(in->err, EFBIG, "'%s' has more than %zu items", key, max);
	*ret = arena_alloc(in->store->arena, ((size_t)n + 1) * size);
	*ret_count = (size_t)n;
	return *ret ? 0 : err_oom(in->err);
}

static int read_sites(struct reader *in, const cJSON *obj, const char *key, struct store_sites *ret)
{
	const cJSON *item;
	uint64_t unused;
	size_t n = 0;
	int r = room(in, obj, key, STORE_SITES_MAX, sizeof(*ret->addresses),
		     (void **)&ret->addresses, &ret->count);

	if (r < 0)
		return r;
	cJSON_ArrayForEach(item, json_array(obj, key))
	{
		r = read_address(in, item, &ret->addresses[n]);
		if (r < 0)
			return r;
		if (n && ret->addresses[n] <= ret->addresses[n - 1])
			return err_set(in->err, EBADMSG, "'%s' is not sorted", key);
		if (store_object_offset(in->object, ret->addresses[n++], &unused) < 0)
			return err_set(in->err, EBADMSG, "'%s' has an address outside the code",
				       key);
	}
	return 0;
}

static int read_texts(struct reader *in, const cJSON *obj, const char *key, const char ***ret,
		      size_t *ret_count)
{
	const cJSON *item;
	size_t n = 0;
	int r = room(in, obj, key, STORE_ITEMS_MAX, sizeof(**ret), (void **)ret, ret_count);

	if (r < 0)
		return r;
	cJSON_ArrayForEach(item, json_array(obj, key))
	{
		if (!cJSON_IsString(item))
			return err_set(in->err, EBADMSG, "'%s' has an item that is no text", key);
		(*ret)[n] = arena_strdup(in->store->arena, item->valuestring);
		if (!(*ret)[n++])
			return err_oom(in->err);
	}
	return 0;
}

static int read_kind(struct reader *in, const cJSON *obj, enum store_kind *ret)
{
	const char *name = json_string(obj, "kind");

	for (unsigned i = 0; name && i < STORE_KIND_COUNT; i++)
		if (!strcmp(name, store_kind_name(i))) {
			*ret = i;
			return 0;
		}
	return err_set(in->err, EBADMSG, "'kind' is missing or unknown: '%.40s'", name ? name : "");
}

static int read_function(struct reader *in, const cJSON *obj, struct store_function *ret)
{
	struct store_function f = {};
	int r = read_text(in, obj, "name", &f.name);

	if (r == 0)
		r = read_text(in, obj, "file", &f.file);
	if (r == 0)
		r = read_kind(in, obj, &f.kind);
	if (r == 0)
		r = read_sites(in, obj, "entries", &f.entries);
	if (r == 0)
		r = read_sites(in, obj, "inlined", &f.inlined);
	if (r == 0)
		r = read_sites(in, obj, "lines", &f.lines);
	if (r == 0)
		r = read_texts(in, obj, "made", &f.made, &f.made_count);
	if (r < 0)
		return r;
	if (store_kind_has_entries(f.kind) != (f.entries.count > 0) ||
	    store_kind_has_inlined(f.kind) != (f.inlined.count > 0))
		return err_set(in->err, EBADMSG, "'%.80s' is \"%s\", but its places say otherwise",
			       f.name, store_kind_name(f.kind));
	*ret = f;
	return 0;
}

static int read_patches(struct reader *in, const cJSON *obj, struct store_cve *cve)
{
	const cJSON *item;
	size_t n = 0;
	int r = room(in, obj, "patches", STORE_ITEMS_MAX, sizeof(*cve->patches),
		     (void **)&cve->patches, &cve->patch_count);

	cJSON_ArrayForEach(item, json_array(obj, "patches"))
	{
		if (r == 0)
			r = read_text(in, item, "name", &cve->patches[n].name);
		if (r == 0)
			r = read_digest(in, item, &cve->patches[n++].sha256);
	}
	return r;
}

static int read_cve(struct reader *in, const cJSON *obj, struct store_cve *ret)
{
	const cJSON *item, *complete = json_get(obj, "complete");
	size_t n = 0;
	int r = read_text(in, obj, "cve", &ret->id);

	if (r == 0 && !cJSON_IsBool(complete))
		r = err_set(in->err, EBADMSG, "'complete' is neither true nor false");
	if (r == 0 && !cJSON_IsTrue(complete))
		r = read_text(in, obj, "why", &ret->why);
	if (r == 0)
		r = read_patches(in, obj, ret);
	if (r == 0)
		r = room(in, obj, "functions", STORE_ITEMS_MAX, sizeof(*ret->functions),
			 (void **)&ret->functions, &ret->function_count);
	cJSON_ArrayForEach(item, json_array(obj, "functions"))
	{
		if (r == 0)
			r = read_function(in, item, &ret->functions[n++]);
	}
	return r;
}

static int read_cves(struct reader *in, const cJSON *obj)
{
	struct store_object *o = in->object;
	const cJSON *item;
	size_t n = 0;
	int r = room(in, obj, "cves", STORE_ITEMS_MAX, sizeof(*o->cves), (void **)&o->cves,
		     &o->cve_count);

	cJSON_ArrayForEach(item, json_array(obj, "cves"))
	{
		if (r == 0)
			r = read_cve(in, item, &o->cves[n]);
		if (r == 0 && n && strcmp(o->cves[n - 1].id, o->cves[n].id) >= 0)
			r = err_set(in->err, EBADMSG, "'cves' is not sorted: '%.40s'",
				    o->cves[n].id);
		if (r < 0)
			return o->cves[n].id ? err_prefix(in->err, r, "'%.40s'", o->cves[n].id) : r;
		n++;
	}
	return r;
}

static int read_apart(struct reader *in, const cJSON *obj)
{
	struct store_object *o = in->object;
	const cJSON *item;
	size_t n = 0;
	int r = room(in, obj, "apart", STORE_ITEMS_MAX, sizeof(*o->apart), (void **)&o->apart,
		     &o->apart_count);

	cJSON_ArrayForEach(item, json_array(obj, "apart"))
	{
		if (r == 0)
			r = read_text(in, item, "cve", &o->apart[n].cve);
		if (r == 0)
			r = read_text(in, item, "of", &o->apart[n++].of);
	}
	return r < 0 ? err_prefix(in->err, r, "'apart'") : 0;
}

static int read_code(struct reader *in, const cJSON *obj)
{
	struct store_object *o = in->object;
	const cJSON *item;
	size_t n = 0;
	int r = room(in, obj, "code", STORE_ITEMS_MAX, sizeof(*o->code), (void **)&o->code,
		     &o->code_count);

	cJSON_ArrayForEach(item, json_array(obj, "code"))
	{
		struct store_segment *s = &o->code[n++];

		if (r == 0)
			r = read_address(in, cJSON_GetArrayItem(item, 0), &s->start);
		if (r == 0)
			r = read_address(in, cJSON_GetArrayItem(item, 1), &s->end);
		if (r == 0)
			r = read_address(in, cJSON_GetArrayItem(item, 2), &s->offset);
		if (r == 0 && (s->start >= s->end || s->offset > UINT64_MAX - (s->end - s->start)))
			r = err_set(in->err, EBADMSG, "'code' has a segment without an inside");
	}
	return r;
}

static int read_build_id(struct reader *in, const cJSON *obj, const char *key, const char **ret)
{
	int r = read_text(in, obj, key, ret);
	size_t digits = r == 0 ? count_hex(*ret) : 0;

	if (r == 0 && ((*ret)[digits] || digits % 2 || digits > BUILD_ID_DIGITS_MAX))
		return err_set(in->err, EBADMSG, "'%s' is no build-id in hex: '%.80s'", key, *ret);
	return r;
}

static int read_names(struct reader *in, const cJSON *obj)
{
	struct store_object *o = in->object;
	const cJSON *dsc = json_object(obj, "dsc");
	const char *equality = NULL;
	int r = read_build_id(in, obj, "build_id", &o->build_id);

	if (r < 0)
		return r;
	if (json_get(obj, "soname"))
		r = read_text(in, obj, "soname", &o->soname);
	r = r < 0 ? r : read_text(in, obj, "file", &o->file);
	r = r < 0 ? r : read_text(in, obj, "package", &o->package);
	r = r < 0 ? r : read_text(in, obj, "source", &o->source);
	r = r < 0 ? r : read_text(in, obj, "version", &o->version);
	r = r < 0 ? r : read_text(in, obj, "arch", &o->arch);
	r = r < 0 ? r : read_text(in, obj, "equality", &equality);
	r = r < 0 ? r : read_text(in, dsc, "name", &o->dsc);
	r = r < 0 ? r : read_digest(in, dsc, &o->dsc_sha256);
	if (r == 0 && equality_from_name(equality, &o->equality) < 0)
		return err_set(in->err, EBADMSG, "'equality' is unknown: '%.40s'", equality);
	if (r == 0 && o->equality == EQUALITY_ALIGNED)
		r = read_build_id(in, obj, "aligned_from", &o->aligned_from);
	return r;
}

static int read_code_of(struct reader *in, const cJSON *obj, struct signature *ret)
{
	uint64_t size = json_u64(obj, "size", 0);
	const char *holes = json_string(obj, "holes");
	int r;

	if (!size || size > SIGNATURE_CODE_MAX)
		return err_set(in->err, EBADMSG, "'size' is missing, or not from 1 to %u",
			       SIGNATURE_CODE_MAX);
	r = signature_parse_holes(ret, holes ? holes : "?", (uint32_t)size, in->store->arena);
	if (r == -ENOMEM)
		return err_oom(in->err);
	if (r < 0 || signature_solid(ret) < SIGNATURE_SOLID_MIN)
		return err_set(
		    in->err, EBADMSG,
		    "'holes' is not like \"1f:4,30:7\", in order, or leaves less than %u "
		    "of the bytes",
		    SIGNATURE_SOLID_MIN);
	return read_digest(in, obj, &ret->sha256);
}

static int read_signature(struct reader *in, const cJSON *obj, struct store_signature *ret)
{
	int r = read_text(in, obj, "name", &ret->name);

	r = r < 0 ? r : read_text(in, obj, "file", &ret->file);
	r = r < 0 ? r : read_text(in, obj, "member", &ret->member);
	r = r < 0 ? r : read_code_of(in, obj, &ret->code);
	r = r < 0 ? r : read_texts(in, obj, "cves", &ret->cves, &ret->cve_count);
	for (size_t i = 1; i < ret->cve_count && r == 0; i++)
		if (strcmp(ret->cves[i - 1], ret->cves[i]) >= 0)
			r = err_set(in->err, EBADMSG, "'cves' is not sorted: '%.40s'",
				    ret->cves[i]);
	if (r == 0 && !ret->cve_count)
		r = err_set(in->err, EBADMSG, "'%.80s' is of no CVE", ret->name);
	return r;
}

static int read_archive(struct symbol_store *store, const cJSON *obj, struct err *err)
{
	struct reader in = { .store = store, .err = err };
	struct store_archive a = {};
	const cJSON *item;
	size_t n = 0;
	int r = read_text(&in, obj, "archive", &a.file);

	r = r < 0 ? r : read_digest(&in, obj, &a.sha256);
	r = r < 0 ? r : read_text(&in, obj, "package", &a.package);
	r = r < 0 ? r : read_text(&in, obj, "source", &a.source);
	r = r < 0 ? r : read_text(&in, obj, "version", &a.version);
	r = r < 0 ? r : read_text(&in, obj, "arch", &a.arch);
	if (r == 0)
		r = room(&in, obj, "functions", STORE_ITEMS_MAX, sizeof(*a.functions),
			 (void **)&a.functions, &a.function_count);
	cJSON_ArrayForEach(item, json_array(obj, "functions"))
	{
		if (r == 0)
			r = read_signature(&in, item, &a.functions[n]);
		if (r == 0 && n && store_signature_order(&a.functions[n - 1], &a.functions[n]) >= 0)
			r = err_set(err, EBADMSG, "'functions' is not sorted: '%.80s'",
				    a.functions[n].name);
		n++;
	}
	return r < 0 ? r : symbol_store_add_archive(store, &a, err);
}

static int read_line(struct symbol_store *store, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *obj = NULL;
	struct store_object object = {};
	struct reader in = { store, &object, err };
	int r = json_parse(&obj, text, len, err);

	if (r == 0 && json_get(obj, "archive"))
		return read_archive(store, obj, err);
	if (r == 0)
		r = read_names(&in, obj);
	if (r == 0)
		r = read_code(&in, obj);
	if (r == 0)
		r = read_cves(&in, obj);
	if (r == 0)
		r = read_texts(&in, obj, "elsewhere", &object.elsewhere, &object.elsewhere_count);
	if (r == 0)
		r = read_apart(&in, obj);
	return r < 0 ? r : symbol_store_add(store, &object, err);
}

int symbol_store_parse(struct symbol_store **ret, const char *text, size_t len, struct err *err)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = symbol_store_new();
	size_t line = 1;
	int r;

	if (!store)
		return err_oom(err);
	for (const char *end = text + len; text < end; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = stop ? (size_t)(stop - text) : (size_t)(end - text);

		r = n ? read_line(store, text, n, err) : 0;
		if (r < 0)
			return err_prefix(err, r, "line %zu", line);
		text += n + (stop != NULL);
	}
	*ret = take_ptr(store);
	return 0;
}

int symbol_store_load(struct symbol_store **ret, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, STORE_BYTES_MAX, err);

	if (r < 0)
		return r;
	r = symbol_store_parse(ret, text, len, err);
	return r < 0 ? err_prefix(err, r, "symbol store '%s'", path) : 0;
}
