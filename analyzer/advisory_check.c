// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* advisory_check.c — the frame of OSV records: ids, packages, ranges. */
#include "analyzer/advisory_check.h"

#include <string.h>

#include "analyzer/json.h"
#include "analyzer/pkgversion.h"
#include "analyzer/rfc3339.h"
#include "include/array.h"

#define AT_BYTES 200
#define ID_MAX 128u

int advisory_check_init(struct advisory_check *check, struct err *err)
{
	*check = (struct advisory_check){ .arena = arena_new() };
	check->keys.arena = check->arena;
	return check->arena ? 0 : err_oom(err);
}

void advisory_check_done(struct advisory_check *check)
{
	free(check->faults);
	string_set_done(&check->keys);
	arena_free(check->arena);
	*check = (struct advisory_check){};
}

void advisory_fault(struct advisory_check *check, const char *at, const char *fmt, ...)
{
	struct advisory_fault *fault;
	char text[512];
	va_list ap;

	check->total++;
	if (check->fault_count >= ADVISORY_FAULTS_KEPT)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	fault = array_add(check->faults, check->fault_count, check->fault_capacity);
	if (!fault) {
		check->out_of_memory = true;
		return;
	}
	*fault = (struct advisory_fault){ .file = check->file,
					  .record = check->record,
					  .id = check->id,
					  .at = arena_strdup(check->arena, at),
					  .text = arena_strdup(check->arena, text) };
	check->out_of_memory |= !fault->at || !fault->text;
}

void advisory_check_keys(struct advisory_check *check, const cJSON *object, const char *at,
			 const char *const *known)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, object)
	{
		const char *const *key = known;

		while (*key && strcmp(*key, member->string) != 0)
			key++;
		if (!*key)
			advisory_fault(check, at, "has a member '%.64s' that OSV does not know",
				       member->string);
	}
}

static bool is_id(const char *id)
{
	size_t n = 0;

	while (id && id[n] > ' ' && id[n] < 0x7f)
		n++;
	return n && n <= ID_MAX && !id[n];
}

static void check_event(struct advisory_check *check, const cJSON *event, const char *at,
			bool debian, bool *introduced)
{
	static const char *const known[] = { "introduced", "fixed", "last_affected", "limit",
					     NULL };
	const char *version = cJSON_IsObject(event) && event->child && !event->child->next
				  ? cJSON_GetStringValue(event->child)
				  : NULL;
	int order;

	if (!version || !*version) {
		advisory_fault(check, at, "is no object with one version, as {\"fixed\": \"1.2\"}");
		return;
	}
	advisory_check_keys(check, event, at, known);
	*introduced |= !strcmp(event->child->string, "introduced");
	if (debian && pkgversion_compare(&order, "deb", version, version) < 0)
		advisory_fault(check, at, "'%.64s' is no version of Debian", version);
}

static void check_range(struct advisory_check *check, const cJSON *range, const char *at,
			bool debian)
{
	static const char *const known[] = { "type", "repo", "events", "database_specific", NULL };
	const char *type = json_string(range, "type");
	const cJSON *events = json_array(range, "events"), *event;
	bool introduced = false;
	char place[AT_BYTES + 64];
	size_t i = 0;

	advisory_check_keys(check, range, at, known);
	if (!type || (strcmp(type, "ECOSYSTEM") && strcmp(type, "SEMVER") && strcmp(type, "GIT")))
		advisory_fault(check, at, "its type is none of ECOSYSTEM, SEMVER, GIT");
	cJSON_ArrayForEach(event, events)
	{
		snprintf(place, sizeof(place), "%.180s.events[%zu]", at, i++);
		check_event(check, event, place, debian && type && !strcmp(type, "ECOSYSTEM"),
			    &introduced);
	}
	if (!introduced)
		advisory_fault(check, at, "no event says where it was introduced");
}

/* One package twice for one id: which of the two would count? */
static void check_twins(struct advisory_check *check, const char *ecosystem, const char *name,
			const char *at)
{
	size_t before = check->keys.count;
	const char *key =
	    arena_printf(check->arena, "%s\n%s\n%s", check->id ? check->id : "", ecosystem, name);

	if (!key || string_set_add(&check->keys, key, strlen(key), NULL) < 0)
		check->out_of_memory = true;
	else if (check->keys.count == before)
		advisory_fault(check, at, "%s of %s stands twice for this id", name, ecosystem);
}

static void check_entry(struct advisory_check *check, const cJSON *entry, const char *at)
{
	static const char *const known[] = { "package",  "severity",           "ranges",
					     "versions", "ecosystem_specific", "database_specific",
					     NULL };
	const cJSON *package = json_object(entry, "package"), *range;
	const char *ecosystem = json_string(package, "ecosystem"),
		   *name = json_string(package, "name");
	char place[AT_BYTES];
	size_t i = 0;

	advisory_check_keys(check, entry, at, known);
	if (!ecosystem || !*ecosystem || !name || !*name)
		advisory_fault(check, at, "names no package: package.ecosystem and package.name");
	else
		check_twins(check, ecosystem, name, at);
	cJSON_ArrayForEach(range, json_array(entry, "ranges"))
	{
		snprintf(place, sizeof(place), "%.100s.ranges[%zu]", at, i++);
		check_range(check, range, place, ecosystem && !strncmp(ecosystem, "Debian", 6));
	}
	if (!i && !cJSON_GetArraySize(json_array(entry, "versions")))
		advisory_fault(check, at, "says of no version that it is affected");
	advisory_check_functions(check, entry, at);
}

static void check_record(struct advisory_check *check, const cJSON *record)
{
	static const char *const known[] = {
		"schema_version", "id",      "modified",          "published",
		"withdrawn",      "aliases", "upstream",          "related",
		"summary",        "details", "severity",          "affected",
		"references",     "credits", "database_specific", NULL
	};
	const cJSON *affected = json_array(record, "affected"), *entry;
	const char *id = json_string(record, "id"), *modified = json_string(record, "modified");
	struct timespec time;
	char at[AT_BYTES];
	size_t i = 0;

	check->records++;
	check->id = is_id(id) ? arena_strdup(check->arena, id) : NULL;
	if (!check->id)
		advisory_fault(check, "id", "is no id: printable, without blanks, at most %u bytes",
			       ID_MAX);
	if (!cJSON_IsObject(record)) {
		advisory_fault(check, "", "is no object");
		return;
	}
	advisory_check_keys(check, record, "", known);
	if (!modified || rfc3339_parse(&time, modified) < 0)
		advisory_fault(check, "modified", "is no time as RFC 3339 writes it");
	cJSON_ArrayForEach(entry, affected)
	{
		snprintf(at, sizeof(at), "affected[%zu]", i++);
		check_entry(check, entry, at);
	}
	if (!i && !json_string(record, "withdrawn"))
		advisory_fault(check, "affected", "names nothing");
}

static int check_document(struct advisory_check *check, const char *text, size_t len,
			  struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *record;
	int r = json_parse(&doc, text, len, err);

	if (r < 0)
		return r;
	if (!cJSON_IsArray(doc)) {
		check_record(check, doc);
		return 0;
	}
	check->record = 0;
	cJSON_ArrayForEach(record, doc)
	{
		check->record++;
		check_record(check, record);
	}
	return 0;
}

/* More than one line that is an object of its own. */
static bool is_lines(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline && newline > text && *text == '{' && newline[-1] == '}';
}

static int check_lines(struct advisory_check *check, const char *text, size_t len, struct err *err)
{
	int r = 0;

	for (size_t n; len && r == 0; text += n, len -= n, check->record++) {
		const char *newline = memchr(text, '\n', len);

		n = newline ? (size_t)(newline - text) + 1 : len;
		if (strspn(text, " \t\r\n") < n)
			r = check_document(check, text, n, err);
		if (r < 0)
			r = err_prefix(err, r, "line %zu", check->record);
	}
	return r;
}

int advisory_check_text(struct advisory_check *check, const char *text, size_t len,
			const char *name, struct err *err)
{
	int r;

	check->file = arena_strdup(check->arena, name);
	check->record = 1;
	if (!check->file)
		return err_oom(err);
	r = is_lines(text, len) ? check_lines(check, text, len, err)
				: check_document(check, text, len, err);
	if (r == 0 && check->out_of_memory)
		return err_oom(err);
	return r < 0 ? err_prefix(err, r, "'%.200s'", name) : 0;
}

int advisory_check_file(struct advisory_check *check, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, ADVISORY_FILE_BYTES_MAX, err);

	return r < 0 ? r : advisory_check_text(check, text, len, path, err);
}
