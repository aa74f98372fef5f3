// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* purl.c — package URLs (package-url specification 1.0), as scanners write, normalise and match them. */
#include "analyzer/purl.h"

#include <ctype.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/json.h"

struct qualifier {
	const char *key, *value;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool text_is_utf8(const char *text, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_length(text + i, len - i);
		if (n == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return true;
}

/* Decodes %XX. What decodes to a control character or to no UTF-8 is refused: it could only deceive a reader. */
static int decode(const char **ret, const char *text, size_t len, struct arena *arena,
		  struct err *err)
{
	char *out = arena_alloc(arena, len + 1);
	size_t n = 0;
	int high, low;

	if (!out)
		return err_oom(err);
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			out[n++] = text[i];
			continue;
		}
		high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
		low = len - i > 2 ? hex_digit(text[i + 2]) : -1;
		if (high < 0 || low < 0)
			return err_set(err, EINVAL, "'%%' is not followed by two hex digits");
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	if (!text_is_utf8(out, n))
		return err_set(err, EINVAL, "a part is not UTF-8 or holds a control character");
	*ret = out;
	return 0;
}

static bool lower(const char **text, struct arena *arena)
{
	char *copy;

	if (!*text)
		return true;
	copy = arena_strdup(arena, *text);
	if (!copy)
		return false;
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*text = copy;
	return true;
}

static bool type_in(const char *type, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(type, *list))
			return true;
	return false;
}

bool purl_normalize(struct purl *purl, struct arena *arena)
{
	static const char *const namespaces[] = { "alpm", "apk",    "bitbucket", "composer",
						  "deb",  "github", "golang",    "rpm",
						  "qpkg", NULL };
	static const char *const names[] = { "alpm", "apk",    "bitbucket", "bitnami", "composer",
					     "deb",  "github", "golang",    "pypi",    NULL };
	char *copy;

	if (type_in(purl->type, namespaces) && !lower(&purl->namespace, arena))
		return false;
	if (type_in(purl->type, names) && !lower(&purl->name, arena))
		return false;
	if (strcmp(purl->type, "pypi") || !strchr(purl->name, '_'))
		return true;
	copy = arena_strdup(arena, purl->name);
	if (!copy)
		return false;
	for (char *c = copy; *c; c++)
		if (*c == '_')
			*c = '-';
	purl->name = copy;
	return true;
}

static int parse_type(struct purl *purl, const char **at, const char *end, struct arena *arena,
		      struct err *err)
{
	const char *slash = memchr(*at, '/', (size_t)(end - *at));

	if (!slash)
		return err_set(err, EINVAL, "type or name is missing");
	if (slash == *at || isdigit((unsigned char)**at))
		return err_set(err, EINVAL, "the type is empty or starts with a digit");
	for (const char *c = *at; c < slash; c++)
		if (!isalnum((unsigned char)*c) && !strchr(".+-", *c))
			return err_set(err, EINVAL,
				       "the type holds a character other than a-z, "
				       "0-9, '.', '+', '-'");
	purl->type = arena_strndup(arena, *at, (size_t)(slash - *at));
	if (!purl->type || !lower(&purl->type, arena))
		return err_oom(err);
	*at = slash + 1;
	return 0;
}

/* The last '/' before `end`, or NULL. */
static const char *last_of(const char *from, const char *end, char c)
{
	return end > from ? memrchr(from, c, (size_t)(end - from)) : NULL;
}

/* Namespace segments: each decoded, empty ones dropped. */
static int parse_namespace(struct purl *purl, const char *at, const char *end, struct arena *arena,
			   struct err *err)
{
	char *joined = arena_alloc(arena, (size_t)(end - at) + 1);
	const char *next, *part;
	size_t len = 0;
	int r;

	if (!joined)
		return err_oom(err);
	for (; at < end; at = next + 1) {
		next = memchr(at, '/', (size_t)(end - at));
		next = next ? next : end;
		if (next == at)
			continue;
		r = decode(&part, at, (size_t)(next - at), arena, err);
		if (r < 0)
			return r;
		if (len)
			joined[len++] = '/';
		memcpy(joined + len, part, strlen(part));
		len += strlen(part);
	}
	purl->namespace = *joined ? joined : NULL;
	return 0;
}

/* namespace/name@version */
static int parse_path(struct purl *purl, const char *at, const char *end, struct arena *arena,
		      struct err *err)
{
	const char *slash, *mark;
	int r;

	while (at < end && *at == '/')
		at++;
	while (end > at && end[-1] == '/')
		end--;
	slash = last_of(at, end, '/');
	if (slash) {
		r = parse_namespace(purl, at, slash, arena, err);
		if (r < 0)
			return r;
		at = slash + 1;
	}
	mark = last_of(at, end, '@');
	if (mark && mark + 1 < end) {
		r = decode(&purl->version, mark + 1, (size_t)(end - mark - 1), arena, err);
		if (r < 0)
			return r;
	}
	end = mark ? mark : end;
	if (at == end)
		return err_set(err, EINVAL, "the name is missing");
	return decode(&purl->name, at, (size_t)(end - at), arena, err);
}

static int compare_qualifiers(const void *a, const void *b)
{
	return strcmp(((const struct qualifier *)a)->key, ((const struct qualifier *)b)->key);
}

static int parse_qualifier(struct qualifier *ret, const char *at, const char *end,
			   struct arena *arena, struct err *err)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));

	if (!equals || equals == at)
		return err_set(err, EINVAL, "a qualifier is not of the form key=value");
	for (const char *c = at; c < equals; c++)
		if (!isalnum((unsigned char)*c) && !strchr(".-_", *c))
			return err_set(err, EINVAL,
				       "a qualifier's key holds a character other than "
				       "a-z, 0-9, '.', '-', '_'");
	ret->key = arena_strndup(arena, at, (size_t)(equals - at));
	if (!ret->key || !lower(&ret->key, arena))
		return err_oom(err);
	return decode(&ret->value, equals + 1, (size_t)(end - equals - 1), arena, err);
}

static int store_qualifiers(struct purl *purl, struct qualifier *list, size_t n,
			    struct arena *arena, struct err *err)
{
	array_sort(list, n, sizeof(*list), compare_qualifiers);
	purl->keys = arena_alloc(arena, (n + 1) * sizeof(*purl->keys));
	purl->values = arena_alloc(arena, (n + 1) * sizeof(*purl->values));
	if (!purl->keys || !purl->values)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(list[i - 1].key, list[i].key))
			return err_set(err, EINVAL, "the qualifier '%.64s' stands twice",
				       list[i].key);
		purl->keys[i] = list[i].key;
		purl->values[i] = list[i].value;
	}
	purl->qualifier_count = n;
	return 0;
}

static int parse_qualifiers(struct purl *purl, const char *at, const char *end, struct arena *arena,
			    struct err *err)
{
	struct qualifier list[PURL_QUALIFIERS_MAX];
	const char *next;
	size_t n = 0;
	int r;

	for (; at < end; at = next + 1) {
		next = memchr(at, '&', (size_t)(end - at));
		next = next ? next : end;
		if (next == at)
			continue;
		if (n == PURL_QUALIFIERS_MAX)
			return err_set(err, EINVAL, "more than %d qualifiers", PURL_QUALIFIERS_MAX);
		r = parse_qualifier(&list[n], at, next, arena, err);
		if (r < 0)
			return r;
		n += *list[n].value != '\0'; /* an empty value is the same as none */
	}
	return store_qualifiers(purl, list, n, arena, err);
}

static int parse_subpath(struct purl *purl, const char *at, const char *end, struct arena *arena,
			 struct err *err)
{
	while (at < end && *at == '/')
		at++;
	while (end > at && end[-1] == '/')
		end--;
	if (at == end)
		return 0;
	return decode(&purl->subpath, at, (size_t)(end - at), arena, err);
}

static int parse_parts(struct purl *purl, const char *at, struct arena *arena, struct err *err)
{
	const char *end = at + strlen(at), *hash = strchr(at, '#'), *query;
	int r;

	if (hash) {
		r = parse_subpath(purl, hash + 1, end, arena, err);
		if (r < 0)
			return r;
		end = hash;
	}
	query = memchr(at, '?', (size_t)(end - at));
	if (query) {
		r = parse_qualifiers(purl, query + 1, end, arena, err);
		if (r < 0)
			return r;
		end = query;
	}
	r = parse_type(purl, &at, end, arena, err);
	if (r < 0)
		return r;
	return parse_path(purl, at, end, arena, err);
}

int purl_parse(struct purl *ret, const char *text, struct arena *arena, struct err *err)
{
	struct purl purl = {};
	const char *at = text;
	int r;

	if (strnlen(text, PURL_TEXT_MAX + 1) > PURL_TEXT_MAX)
		return err_set(err, EINVAL, "package URL '%.64s…' is longer than %d bytes", text,
			       PURL_TEXT_MAX);
	if (strncasecmp(at, "pkg:", 4))
		return err_set(err, EINVAL,
			       "'%.128s' is no package URL: it does not begin with "
			       "'pkg:'",
			       text);
	at += 4;
	while (*at == '/')
		at++;
	r = parse_parts(&purl, at, arena, err);
	if (r < 0)
		return err_prefix(err, r, "package URL '%.128s'", text);
	if (!purl_normalize(&purl, arena))
		return err_oom(err);
	*ret = purl;
	return 0;
}

struct writer {
	char *text;
	size_t len;
};

static void write_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	memcpy(w->text + w->len, text, len);
	w->len += len;
}

/* Percent-encodes all but the unreserved characters and those in `keep`. */
static void write_encoded(struct writer *w, const char *text, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c;

	for (; *text; text++) {
		c = (unsigned char)*text;
		if (isalnum(c) || strchr("-._~", c) || strchr(keep, c)) {
			w->text[w->len++] = (char)c;
			continue;
		}
		w->text[w->len++] = '%';
		w->text[w->len++] = digits[c >> 4];
		w->text[w->len++] = digits[c & 15];
	}
}

static size_t room_for(const struct purl *purl)
{
	size_t n = strlen(purl->type) + strlen(purl->name) + 16;

	n += purl->namespace ? strlen(purl->namespace) : 0;
	n += purl->version ? strlen(purl->version) : 0;
	n += purl->subpath ? strlen(purl->subpath) : 0;
	for (size_t i = 0; i < purl->qualifier_count; i++)
		n += strlen(purl->keys[i]) + strlen(purl->values[i]) + 2;
	return 3 * n;
}

char *purl_format(const struct purl *purl, bool bare, struct arena *arena)
{
	struct writer w = { .text = arena_alloc(arena, room_for(purl)) };

	if (!w.text)
		return NULL;
	write_text(&w, "pkg:");
	write_text(&w, purl->type);
	write_text(&w, "/");
	if (purl->namespace) {
		write_encoded(&w, purl->namespace, "/");
		write_text(&w, "/");
	}
	write_encoded(&w, purl->name, "");
	if (purl->version) {
		write_text(&w, "@");
		write_encoded(&w, purl->version, strcmp(purl->type, "oci") ? "" : ":");
	}
	for (size_t i = 0; !bare && i < purl->qualifier_count; i++) {
		write_text(&w, i ? "&" : "?");
		write_text(&w, purl->keys[i]);
		write_text(&w, "=");
		write_encoded(&w, purl->values[i], ":/");
	}
	if (!bare && purl->subpath) {
		write_text(&w, "#");
		write_encoded(&w, purl->subpath, "/");
	}
	return w.text;
}

const char *purl_qualifier(const struct purl *purl, const char *key)
{
	for (size_t i = 0; i < purl->qualifier_count; i++)
		if (!strcmp(purl->keys[i], key))
			return purl->values[i];
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

bool purl_matches(const struct purl *vex, const struct purl *scanned)
{
	const char *value;

	if (strcmp(vex->type, scanned->type) || strcmp(vex->name, scanned->name) ||
	    !same(vex->namespace, scanned->namespace))
		return false;
	if (vex->version && !same(vex->version, scanned->version))
		return false;
	for (size_t i = 0; i < vex->qualifier_count; i++) {
		value = purl_qualifier(scanned, vex->keys[i]);
		if (!value || strcmp(value, vex->values[i]))
			return false;
	}
	return true;
}

static const char *debian_arch(const char *arch)
{
	return !strcmp(arch, "x86_64") ? "amd64" : !strcmp(arch, "aarch64") ? "arm64" : arch;
}

bool purl_same_package(const struct purl *stated, const struct purl *ours, const char *arch)
{
	const char *other = purl_qualifier(stated, "arch");

	return same(stated->type, ours->type) && same(stated->namespace, ours->namespace) &&
	       same(stated->name, ours->name) &&
	       (!stated->version || same(stated->version, ours->version)) &&
	       (!other || !arch || !strcmp(debian_arch(other), debian_arch(arch)));
}
