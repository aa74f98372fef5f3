// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_text.c — ids, names and prose of strangers, made fit for documents and terminals. */
#include "analyzer/findings_claim.h"

#include <ctype.h>
#include <string.h>

bool findings_id_is_ok(const char *id)
{
	size_t len = id ? strnlen(id, FINDINGS_ID_MAX + 1) : 0;

	if (len == 0 || len > FINDINGS_ID_MAX)
		return false;
	for (; *id; id++)
		if (*id <= ' ' || *id >= 0x7f)
			return false;
	return true;
}

bool findings_id_is_cve(const char *id)
{
	size_t year, number;

	if (strncmp(id, "CVE-", 4))
		return false;
	id += 4;
	year = strspn(id, "0123456789");
	if (year != 4 || id[4] != '-')
		return false;
	number = strspn(id + 5, "0123456789");
	return number >= 4 && id[5 + number] == '\0';
}

bool findings_id_is_bundle(const char *id)
{
	static const char *const prefixes[] = {
		"DSA-",  "DLA-",      "ELA-",   "DTSA-",   "USN-",  "LSN-",  "RHSA-", "RHBA-",
		"RHEA-", "ELSA-",     "ELBA-",  "ALSA-",   "ALBA-", "RLSA-", "RXSA-", "ALAS",
		"SUSE-", "openSUSE-", "MGASA-", "FEDORA-", "GLSA-", "PHSA-", "TLSA-", "ESA-",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(id, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

const char *findings_cve_behind(const char *id)
{
	static const char *const prefixes[] = {
		"DEBIAN-", "UBUNTU-", "ALPINE-", "WOLFI-", "CHAINGUARD-",
		"ECHO-",   "BELL-",   "MINI-",   "AZL-",   "JLSEC-",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(id, prefixes[i], strlen(prefixes[i])) &&
		    findings_id_is_cve(id + strlen(prefixes[i])))
			return id + strlen(prefixes[i]);
	return NULL;
}

/* Runs of white space and control characters become one blank: no line of ours is broken by a description. */
const char *findings_text(const char *text, struct arena *arena)
{
	size_t left = text ? strlen(text) : 0, n, len = 0;
	char *ret =
	    arena_alloc(arena, FINDINGS_TEXT_MAX + 1 < left + 1 ? FINDINGS_TEXT_MAX + 1 : left + 1);

	if (!ret || left == 0)
		return NULL;
	for (; left; text += n, left -= n) {
		n = utf8_length(text, left);
		if (n == 0)
			n = 1;
		else if (len + n > FINDINGS_TEXT_MAX)
			break;
		else if (n == 1 && ((unsigned char)*text <= ' ' || *text == 0x7f))
			len += len && ret[len - 1] != ' ' ? (ret[len] = ' ', 1) : 0;
		else if (n == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0)
			continue; /* C1 controls drive terminals too */
		else
			len += (memcpy(ret + len, text, n), n);
	}
	while (len && ret[len - 1] == ' ')
		len--;
	ret[len] = '\0';
	return len ? ret : NULL;
}

static bool lower_case(const char *type)
{
	static const char *const types[] = { "npm", "golang", "nuget", "composer",
					     "deb", "apk",    "pypi",  "github" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

const char *findings_normal_name(const char *type, const char *name, struct arena *arena)
{
	char *ret = arena_strdup(arena, name), *out = ret;

	if (!ret || !lower_case(type))
		return ret;
	if (!strcmp(type, "golang") && !strcmp(name, "std"))
		return arena_strdup(arena, "stdlib");
	for (char *c = ret; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(type, "pypi"))
		return ret;
	for (const char *c = ret; *c; c++) {
		bool separator = strchr("-_.", *c) != NULL;

		if (!separator || out == ret || out[-1] != '-')
			*out++ = separator ? '-' : *c;
	}
	*out = '\0';
	return ret;
}

const char *findings_purl_name(const struct purl *purl, struct arena *arena)
{
	if (!purl->namespace || !strcmp(purl->type, "deb") || !strcmp(purl->type, "apk") ||
	    !strcmp(purl->type, "rpm"))
		return purl->name;
	return arena_printf(arena, "%s/%s", purl->namespace, purl->name);
}

const char *findings_behind_epoch(const char *version)
{
	size_t n = strspn(version, "0123456789");

	return n && version[n] == ':' ? version + n + 1 : version;
}

int findings_ids(const char ***ret, const cJSON *array, const char *key, struct claims *claims,
		 struct err *err)
{
	size_t n = (size_t)cJSON_GetArraySize(array);
	const cJSON *item;
	const char *id;
	size_t count = 0;

	if (n > FINDINGS_LINKS_MAX)
		n = FINDINGS_LINKS_MAX;
	const char **ids = arena_alloc(claims->arena, (n + 1) * sizeof(*ids));
	if (!ids)
		return err_oom(err);
	cJSON_ArrayForEach(item, array)
	{
		id = key ? json_string(item, key) : cJSON_GetStringValue(item);
		if (!findings_id_is_ok(id) || count == n)
			continue;
		ids[count] = arena_strdup(claims->arena, id);
		if (!ids[count++])
			return err_oom(err);
	}
	*ret = ids;
	return 0;
}

int findings_add_id(const char ***ids, const char *id, struct arena *arena, struct err *err)
{
	const char **more;
	size_t n = 0;

	while (*ids && (*ids)[n])
		n++;
	more = arena_alloc(arena, (n + 2) * sizeof(*more));
	if (!more)
		return err_oom(err);
	if (n)
		memcpy(more, *ids, n * sizeof(*more));
	more[n] = id;
	*ids = more;
	return 0;
}
