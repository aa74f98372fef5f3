// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_results.c — what an analysis found: as a table, as one document, or all of it as files. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "server/artifacts.h"
#include "server/client/bar.h"
#include "server/client/verbs.h"

#define RESULTS_BYTES_MAX (256u << 20)

static int fetch(const struct verb_call *call, const char *job, const char *name, int fd,
		 struct err *err)
{
	char path[128];

	snprintf(path, sizeof(path), "/api/v1/analysis/%s/%s", job, name);
	return session_fetch(call->session, path, fd, err);
}

/* The results may be large: by way of a file that has no name any more. */
static int load(cJSON **ret, const struct verb_call *call, const char *job, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r;

	snprintf(path, sizeof(path), "%s/vexxy-results.XXXXXX", dir && *dir ? dir : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	r = fetch(call, job, "results", fd, err);
	if (r == 0)
		r = json_in_load(ret, path, RESULTS_BYTES_MAX, err);
	unlink(path);
	return r;
}

static const char *const order[] = { "affected", "under_investigation", "not_affected", "fixed" };
#define STATES (sizeof(order) / sizeof(*order))

static const char *text_of(const cJSON *item, const char *key)
{
	const char *text = json_in_text(item, key);

	return text ? text : "-";
}

/* Columns that a name takes; what is wider pushes the rest of its row. */
static void put_cell(const char *text, int width)
{
	int columns = 0;

	put_safely(stdout, text);
	for (const char *c = text; *c; c++)
		columns += (*c & 0xc0) != 0x80;
	printf("%*s", columns < width ? width - columns + 2 : 2, "");
}

static void put_finding(const cJSON *item)
{
	const cJSON *score = json_in_get(item, "confidence_score");
	char package[256];

	snprintf(package, sizeof(package), "%s %s", text_of(item, "package"),
		 text_of(item, "version"));
	put_cell(text_of(item, "cve_id"), 19);
	put_cell(package, 32);
	put_cell(text_of(item, "severity"), 10);
	put_cell(text_of(item, "status"), 19);
	printf("%.4f  ", cJSON_IsNumber(score) ? score->valuedouble : 0.0);
	put_safely(stdout, text_of(item, "rule"));
	putchar('\n');
}

static void put_table(const cJSON *results)
{
	const cJSON *list = json_in_get(results, "reachability_results"), *item;
	int counts[STATES] = {};

	put_cell("VULNERABILITY", 19);
	put_cell("PACKAGE", 32);
	put_cell("SEVERITY", 10);
	put_cell("VERDICT", 19);
	puts("CONF    RULE");
	for (size_t i = 0; i < STATES; i++)
		cJSON_ArrayForEach(item, list)
		{
			if (strcmp(text_of(item, "status"), order[i]) != 0)
				continue;
			counts[i]++;
			put_finding(item);
		}
	printf("%d findings: %d affected, %d under_investigation, %d not_affected, %d fixed\n",
	       cJSON_GetArraySize(list), counts[0], counts[1], counts[2], counts[3]);
	cJSON_ArrayForEach(item, json_in_get(results, "limitations")) if (cJSON_IsString(item))
	{
		fputs("note: ", stdout);
		put_safely(stdout, item->valuestring);
		putchar('\n');
	}
}

/* Under its name only when all of it is there. False in *ret_there: the analysis left none. */
static int save_one(const struct verb_call *call, const char *job, const struct artifact_kind *kind,
		    bool *ret_there, struct err *err)
{
	char path[PATH_MAX], part[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", call->options->outdir, kind->file) >=
		(int)sizeof(path) ||
	    snprintf(part, sizeof(part), "%s/%s.part", call->options->outdir, kind->file) >=
		(int)sizeof(part))
		return err_set(err, ENAMETOOLONG, "'%s' is too long", call->options->outdir);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", part);
	r = fetch(call, job, kind->name, fd, err);
	*ret_there = r == 0;
	if (r == 0 && rename(part, path) < 0)
		r = err_sys(err, errno, "cannot make '%s'", path);
	if (r < 0)
		unlink(part);
	return r == -ENOENT && !kind->always ? 0 : r;
}

static int save_all(const struct verb_call *call, const char *job, struct err *err)
{
	const char *dir = call->options->outdir;
	bool there;
	int r = 0;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make '%s'", dir);
	for (const struct artifact_kind *kind = artifact_kinds; r == 0 && kind->name; kind++) {
		if (!strcmp(kind->name, "results"))
			continue; /* the report has all of it, and is what was signed */
		r = save_one(call, job, kind, &there, err);
		if (r == 0 && there && !call->options->json)
			printf("%s/%s\n", dir, kind->file);
	}
	return r;
}

int verb_results(const struct verb_call *call, int *ret_status, struct err *err)
{
	const struct client_options *o = call->options;
	_cleanup_(cJSON_Deletep) cJSON *results = NULL;
	const char *job;
	int r = verb_job(&job, call, err);

	(void)ret_status;
	if (r < 0)
		return r;
	if (o->file && !artifact_kind_find(o->file))
		return err_set(err, EINVAL, "--file: there is no '%s' among the results", o->file);
	if (o->file)
		return fetch(call, job, o->file, STDOUT_FILENO, err);
	if (o->outdir)
		return save_all(call, job, err);
	if (o->json)
		return fetch(call, job, "results", STDOUT_FILENO, err);
	r = load(&results, call, job, err);
	if (r == 0)
		put_table(results);
	return r;
}
