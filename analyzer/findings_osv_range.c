// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_osv_range.c — versions against the ranges of an OSV record (OSV schema 1.7, "evaluation"). */
#include <ctype.h>
#include <string.h>

#include "analyzer/findings_osv.h"
#include "analyzer/pkgversion.h"

/* One range and the version that is held against it. */
struct weighing {
	const char *type, *version;
	bool semver;                /* the range says so, whatever its ecosystem */
	bool failed;                /* something could not be compared */
	const char *introduced;     /* the last one at or below the version; "0" is below all */
	const char *reached, *next; /* fixes: the last at or below the version, the first above */
	bool ended;                 /* behind the last affected version */
	size_t limits, limits_passed;
};

static bool is_zero(const char *version)
{
	return !strcmp(version, "0");
}

/* a against b; "0" as the specification has it. Failure is remembered, and then decides. */
static int order_of(struct weighing *w, const char *a, const char *b)
{
	int order = 0, r;

	if (is_zero(a) || is_zero(b))
		return is_zero(b) - is_zero(a);
	r = pkgversion_compare(&order, w->type, a, b);
	if (r == -ENOTSUP && w->semver)
		r = pkgversion_compare_semver(&order, a, b);
	if (r < 0)
		w->failed = true;
	return order;
}

static void see_introduced(struct weighing *w, const cJSON *event)
{
	const char *at = json_string(event, "introduced");

	if (at && order_of(w, at, w->version) <= 0 &&
	    (!w->introduced || order_of(w, at, w->introduced) > 0))
		w->introduced = at;
}

static void see_end(struct weighing *w, const cJSON *event)
{
	const char *fixed = json_string(event, "fixed");
	const char *last = json_string(event, "last_affected");
	const char *limit = json_string(event, "limit");

	if (fixed && order_of(w, fixed, w->version) > 0) {
		if (!w->next || order_of(w, fixed, w->next) < 0)
			w->next = fixed;
	} else if (fixed && (is_zero(fixed) || order_of(w, fixed, w->introduced) > 0)) {
		if (!w->reached || order_of(w, fixed, w->reached) > 0)
			w->reached = fixed;
	}
	if (last && order_of(w, last, w->version) < 0 && order_of(w, last, w->introduced) >= 0)
		w->ended = true;
	if (limit) {
		w->limits++;
		w->limits_passed += strcmp(limit, "*") && order_of(w, limit, w->version) <= 0;
	}
	if (!fixed && !last && !limit && !json_string(event, "introduced"))
		w->failed = true;
}

static const char *any_fix(const cJSON *events)
{
	const cJSON *event;

	cJSON_ArrayForEach(event, events)
	{
		const char *fixed = json_string(event, "fixed");

		if (fixed && !is_zero(fixed))
			return fixed;
	}
	return NULL;
}

static bool introduces(const cJSON *events)
{
	const cJSON *event;

	cJSON_ArrayForEach(event, events) if (json_string(event, "introduced")) return true;
	return false;
}

static struct osv_weight weigh_range(const cJSON *range, const char *type, const char *version)
{
	const char *kind = json_string(range, "type");
	const cJSON *events = json_array(range, "events"), *event;
	struct weighing w = { .type = type, .version = version };

	w.semver = kind && !strcmp(kind, "SEMVER");
	if (!events || is_zero(version))
		return (struct osv_weight){ OSV_UNDECIDED, any_fix(events) };
	if (!introduces(events))
		w.introduced = "0";
	cJSON_ArrayForEach(event, events) see_introduced(&w, event);
	if (!w.introduced && !w.failed)
		return (struct osv_weight){ OSV_OUTSIDE, NULL };
	if (!w.introduced)
		w.introduced = "0";
	cJSON_ArrayForEach(event, events) see_end(&w, event);
	if (w.failed)
		return (struct osv_weight){ OSV_UNDECIDED, any_fix(events) };
	/* "fixed in 0" is how trackers write "never affected". */
	if (w.reached && !is_zero(w.reached))
		return (struct osv_weight){ OSV_FIXED, w.reached };
	if (w.reached || w.ended || (w.limits && w.limits == w.limits_passed))
		return (struct osv_weight){ OSV_OUTSIDE, NULL };
	return (struct osv_weight){ OSV_OPEN, w.next };
}

void osv_weight_merge(struct osv_weight *to, const struct osv_weight *from, const char *type)
{
	int order;

	if (from->state > to->state)
		*to = *from;
	else if (from->state == to->state && from->fix &&
		 (!to->fix || (pkgversion_compare(&order, type, from->fix, to->fix) < 0
				   ? strcmp(from->fix, to->fix) > 0
				   : order > 0)))
		to->fix = from->fix;
}

static bool lists_version(const cJSON *versions, const char *type, const char *version)
{
	const cJSON *item;
	int order;

	cJSON_ArrayForEach(item, versions)
	{
		const char *text = cJSON_GetStringValue(item);

		if (text && (!strcmp(text, version) ||
			     (pkgversion_compare(&order, type, text, version) == 0 && order == 0)))
			return true;
	}
	return false;
}

struct osv_weight osv_weigh(const cJSON *affected, const char *type, const char *version)
{
	const cJSON *ranges = json_array(affected, "ranges"), *range;
	const cJSON *versions = json_array(affected, "versions");
	struct osv_weight ret = { OSV_OUTSIDE, NULL };
	bool comparable = versions && versions->child;

	cJSON_ArrayForEach(range, ranges)
	{
		const char *kind = json_string(range, "type");
		struct osv_weight w = { OSV_UNDECIDED, NULL };

		if (kind && !strcmp(kind, "GIT"))
			continue;
		comparable = true;
		if (version)
			w = weigh_range(range, type, version);
		osv_weight_merge(&ret, &w, type);
	}
	if (!comparable || !version)
		osv_weight_merge(&ret, &(struct osv_weight){ OSV_UNDECIDED, NULL }, type);
	else if (ret.state != OSV_OPEN && lists_version(versions, type, version))
		ret = (struct osv_weight){ OSV_OPEN, NULL };
	return ret;
}

struct ecosystem {
	const char *name, *type;
	const char *systems; /* os-release IDs of a distribution, between blanks */
};

static const struct ecosystem ecosystems[] = {
	{ "Debian", "deb", " debian " },
	{ "Ubuntu", "deb", " ubuntu " },
	{ "Alpine", "apk", " alpine " },
	{ "Wolfi", "apk", " wolfi " },
	{ "Chainguard", "apk", " chainguard " },
	{ "MinimOS", "apk", " minimos " },
	{ "Alpaquita", "apk", " alpaquita " },
	{ "Red Hat", "rpm", " rhel " },
	{ "Rocky Linux", "rpm", " rocky " },
	{ "AlmaLinux", "rpm", " almalinux " },
	{ "SUSE", "rpm", " sles sled sle-micro " },
	{ "openSUSE", "rpm", " opensuse opensuse-leap opensuse-tumbleweed " },
	{ "Mageia", "rpm", " mageia " },
	{ "Photon OS", "rpm", " photon " },
	{ "openEuler", "rpm", " openEuler openeuler " },
	{ "Azure Linux", "rpm", " azurelinux mariner " },
	{ "PyPI", "pypi", NULL },
	{ "npm", "npm", NULL },
	{ "Go", "golang", NULL },
	{ "crates.io", "cargo", NULL },
	{ "Maven", "maven", NULL },
	{ "RubyGems", "gem", NULL },
	{ "NuGet", "nuget", NULL },
	{ "Packagist", "composer", NULL },
	{ "Hex", "hex", NULL },
	{ "Pub", "pub", NULL },
	{ "CRAN", "cran", NULL },
	{ "Hackage", "hackage", NULL },
	{ "SwiftURL", "swift", NULL },
	{ "ConanCenter", "conan", NULL },
	{ "Bitnami", "bitnami", NULL },
	{ "GitHub Actions", "githubactions", NULL },
};

static const struct ecosystem *ecosystem_find(const char *name)
{
	size_t len = strcspn(name, ":");

	for (size_t i = 0; i < sizeof(ecosystems) / sizeof(*ecosystems); i++)
		if (strlen(ecosystems[i].name) == len && !memcmp(ecosystems[i].name, name, len))
			return &ecosystems[i];
	return NULL;
}

/* "12", "22.04" of "Pro:22.04:LTS", "3.18" of "v3.18", "15.5" of "Linux Enterprise Server 15 SP5": the first word that is a
 * number. Empty when there is none. */
static void release_of(char ret[32], const char *suffix)
{
	const char *word = suffix, *pack = strstr(suffix, " SP");
	size_t len;

	for (; *word; word += strcspn(word, ": "), word += strspn(word, ": ")) {
		if (*word == 'v')
			word++;
		if (isdigit((unsigned char)*word))
			break;
	}
	len = strcspn(word, ": ");
	snprintf(ret, 32, "%.*s", (int)(len < 20 ? len : 20), word);
	if (*ret && pack && isdigit((unsigned char)pack[3]))
		snprintf(ret + strlen(ret), 32 - strlen(ret), ".%.*s",
			 (int)(strspn(pack + 3, "0123456789") % 8), pack + 3);
}

static enum osv_system system_of(const struct ecosystem *e, const char *suffix,
				 const struct inventory *inv)
{
	char id[64], release[32];
	size_t len;

	if (!inv->os_id)
		return OSV_SYSTEM_UNSURE;
	snprintf(id, sizeof(id), " %.60s ", inv->os_id);
	if (!strstr(e->systems, id))
		return OSV_SYSTEM_OTHER;
	if (!*suffix)
		return OSV_SYSTEM_THIS;
	release_of(release, suffix);
	len = strlen(release);
	if (!len || !inv->os_version)
		return OSV_SYSTEM_UNSURE;
	if (strncmp(inv->os_version, release, len))
		return OSV_SYSTEM_OTHER;
	/* "3.18" is the release of "3.18.4", and not that of "3.180". */
	return inv->os_version[len] && inv->os_version[len] != '.' ? OSV_SYSTEM_OTHER
								   : OSV_SYSTEM_THIS;
}

struct osv_place osv_place_of(const char *ecosystem, const struct inventory *inv)
{
	const struct ecosystem *e = ecosystem_find(ecosystem);
	const char *suffix = strchr(ecosystem, ':');

	if (!e)
		return (struct osv_place){};
	if (!e->systems)
		return (struct osv_place){ .type = e->type };
	return (struct osv_place){ .type = e->type,
				   .distribution = true,
				   .system = system_of(e, suffix ? suffix + 1 : "", inv) };
}
