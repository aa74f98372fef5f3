// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_advisory.c — vexxy advisory: which functions does a fix touch? */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analyzer/advisory_check.h"
#include "analyzer/advisory_make.h"
#include "analyzer/apt_source.h"
#include "analyzer/commands.h"
#include "analyzer/debian_release.h"
#include "analyzer/file.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/rfc3339.h"
#include "analyzer/scratch.h"

#define EXIT_FAULTS 3

struct options {
	const char *cve, *package, *path, *release, *fixed, *out;
	bool json;
};

static const struct option_def table[] = {
	{ "release", 0, "NAME", "what the sources are released for (default: as they tell)",
	  OPTION_STRING, offsetof(struct options, release), 0, 0 },
	{ "cve", 0, "ID", "from-patch: the CVE that it fixes (default: as it tells)", OPTION_STRING,
	  offsetof(struct options, cve), 0, 0 },
	{ "package", 0, "NAME", "from-patch: the source package (default: as the sources tell)",
	  OPTION_STRING, offsetof(struct options, package), 0, 0 },
	{ "path", 0, "SONAME",
	  "from-patch: the library, or a glob of paths in the image (default *)", OPTION_STRING,
	  offsetof(struct options, path), 0, 0 },
	{ "fixed", 0, "VERSION", "from-patch: the first version that has the fix", OPTION_STRING,
	  offsetof(struct options, fixed), 0, 0 },
	{ "out", 'o', "FILE", "write the records there (default: standard output)", OPTION_STRING,
	  offsetof(struct options, out), 0, 0 },
	{ "json", 0, NULL, "check: print the result as JSON", OPTION_FLAG,
	  offsetof(struct options, json), 0, 0 },
	{},
};

static int write_records(const struct options *options, struct advisories *advisories,
			 struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = advisories_print(advisories, &text, &len, err);

	if (r == 0 && options->out)
		return file_write(options->out, text, len, err);
	if (r == 0 && (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0))
		return err_sys(err, errno, "cannot write the records");
	return r;
}

/* Not the clock's time: the same patch gives the same bytes. */
static int patch_time(char ret[RFC3339_BYTES], struct err *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;
	long long value = 0;

	errno = 0;
	if (epoch && *epoch)
		value = strtoll(epoch, &end, 10);
	if (errno || (end && *end) || rfc3339_format(ret, (time_t)value) < 0)
		return err_set(err, EINVAL,
			       "SOURCE_DATE_EPOCH is '%.32s', not a count of seconds since 1970",
			       epoch ? epoch : "");
	return 0;
}

static int from_patch(const struct options *options, char *const *words, struct err *err)
{
	_cleanup_(advisories_done) struct advisories advisories = {};
	char modified[RFC3339_BYTES];
	const struct advisory_patch_options how = {
		.cve = options->cve,
		.package = options->package,
		.ecosystem = options->release,
		.path = options->path,
		.fixed = options->fixed,
		.modified = modified,
	};
	int r = patch_time(modified, err);

	if (r == 0)
		r = advisories_add_patch(&advisories, words[0], words[1], &how, err);
	return r < 0 ? r : write_records(options, &advisories, err);
}

static bool is_dsc(const char *word)
{
	size_t len = strlen(word);

	return len > 4 && !strcmp(word + len - 4, ".dsc");
}

/* The suite of --release, else that of the machine. */
static int choose_suite(char ret[64], const char *release, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	const char *suite = release ? debian_release_suite(release) : NULL, *at;
	size_t len;
	int r;

	if (suite) {
		snprintf(ret, 64, "%s", suite);
		return 0;
	}
	if (release)
		return err_set(err, EINVAL,
			       "--release: '%.32s' is no release known here, such as Debian:12",
			       release);
	r = file_read(&text, &len, "/etc/os-release", 1 << 20, err);
	if (r < 0)
		return r;
	at = strstr(text, "VERSION_CODENAME=");
	if (!strstr(text, "ID=debian") || !at)
		return err_set(err, EINVAL, "this machine is no Debian: say --release Debian:12");
	at += strlen("VERSION_CODENAME=");
	snprintf(ret, 64, "%.*s", (int)strcspn(at, "\n\""), at);
	return 0;
}

static void say(const struct advisory_count *count, size_t passed_over)
{
	fprintf(stderr, "%s %s: %zu CVEs in %zu of %zu patches, %zu with functions\n",
		count->package, count->version, count->cves, count->of_cves, count->patches,
		count->decidable);
	if (passed_over)
		fprintf(stderr,
			"warning: %s: the mirror does not have the files of %zu newer version%s, "
			"taking this one\n",
			count->package, passed_over, passed_over == 1 ? "" : "s");
}

static int add_source(struct advisories *advisories, const char *word, const char *release,
		      const struct apt_source *apt, struct err *err)
{
	struct apt_fetched fetched = {};
	int r = 0;

	if (!is_dsc(word)) {
		r = apt_source_fetch(apt, &fetched, word, err);
		release = release ? release : debian_release_of_suite(apt->suite);
	}
	if (r == 0)
		r = advisories_add_dsc(advisories, is_dsc(word) ? word : fetched.dsc, release, err);
	if (r == 0)
		say(&advisories->counts[advisories->count_count - 1], fetched.passed_over);
	return r;
}

static int from_source(const struct options *options, char *const *words, struct err *err)
{
	_cleanup_(advisories_done) struct advisories advisories = {};
	_cleanup_(scratch_done) struct scratch scratch = {};
	struct apt_source apt = {};
	char suite[64];
	int r = 0;

	for (char *const *word = words; r == 0 && *word && !apt.suite[0]; word++) {
		if (is_dsc(*word))
			continue;
		r = choose_suite(suite, options->release, err);
		if (r == 0)
			r = scratch_open(&scratch, err);
		if (r == 0)
			r = apt_source_open(&apt, scratch.dir, suite, err);
	}
	for (; r == 0 && *words; words++)
		r = add_source(&advisories, *words, options->release, &apt, err);
	return r < 0 ? r : write_records(options, &advisories, err);
}

static int print_json(const struct advisory_check *check)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_free_ char *text = NULL;
	struct json_writer w = {};
	cJSON *array, *item;

	json_put_bool(&w, doc, "valid", !check->total);
	json_put_u64(&w, doc, "records", check->records);
	json_put_u64(&w, doc, "functions", check->functions);
	json_put_u64(&w, doc, "fault_count", check->total);
	array = json_put_array(&w, doc, "faults");
	for (size_t i = 0; i < check->fault_count; i++) {
		const struct advisory_fault *f = &check->faults[i];

		item = json_push_object(&w, array);
		json_put_text(&w, item, "file", f->file);
		json_put_u64(&w, item, "record", f->record);
		json_put_optional(&w, item, "id", f->id);
		json_put_text(&w, item, "at", f->at);
		json_put_text(&w, item, "text", f->text);
	}
	text = w.failed ? NULL : json_print(doc);
	if (!text)
		return -ENOMEM;
	fputs(text, stdout);
	return 0;
}

static void print_faults(const struct advisory_check *check)
{
	for (size_t i = 0; i < check->fault_count; i++) {
		const struct advisory_fault *f = &check->faults[i];

		printf("%s: record %zu (%s): %s%s%s\n", f->file, f->record, f->id ? f->id : "no id",
		       f->at, *f->at ? ": " : "", f->text);
	}
	if (check->total > check->fault_count)
		printf("… and %zu more\n", check->total - check->fault_count);
	printf("%zu record%s with %zu function%s: %zu fault%s\n", check->records,
	       check->records == 1 ? "" : "s", check->functions, check->functions == 1 ? "" : "s",
	       check->total, check->total == 1 ? "" : "s");
}

static int check_files(const struct options *options, char *const *words, struct err *err)
{
	_cleanup_(advisory_check_done) struct advisory_check check = {};
	int r = advisory_check_init(&check, err);

	for (; r == 0 && *words; words++)
		r = advisory_check_file(&check, *words, err);
	if (r < 0)
		return r;
	if (!options->json)
		print_faults(&check);
	else if (print_json(&check) < 0)
		return err_oom(err);
	return check.total ? EXIT_FAULTS : EXIT_SUCCESS;
}

static const struct verb {
	const char *name, *wants;
	size_t least, most; /* operands */
	int (*run)(const struct options *options, char *const *words, struct err *err);
} verbs[] = {
	{ "from-patch", "a patch and the directory of the sources", 2, 2, from_patch },
	{ "from-source", "source packages: names, or files that end with .dsc", 1, SIZE_MAX,
	  from_source },
	{ "check", "at least one file of OSV records", 1, SIZE_MAX, check_files },
};

static const struct verb *find_verb(const struct option_list *operands, struct err *err)
{
	size_t words = operands->count ? operands->count - 1 : 0;

	for (size_t i = 0; operands->count && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(operands->items[0], verbs[i].name) != 0)
			continue;
		if (words >= verbs[i].least && words <= verbs[i].most)
			return &verbs[i];
		err_set(err, EINVAL, "%s wants %s", verbs[i].name, verbs[i].wants);
		return NULL;
	}
	err_set(err, EINVAL, "say what to do: from-patch, from-source or check");
	return NULL;
}

static int run_verb(const struct verb *verb, const struct options *options,
		    const struct option_list *operands, struct err *err)
{
	_cleanup_free_ char **words = calloc(operands->count + 1, sizeof(*words));

	if (!words)
		return err_oom(err);
	for (size_t i = 1; i < operands->count; i++)
		words[i - 1] = (char *)operands->items[i];
	return verb->run(options, words, err);
}

static int advisory(const struct command *self, int argc, char **argv)
{
	struct options options = {};
	struct option_list operands = {};
	const struct verb *verb;
	struct err err = {};
	int rest, status, r;

	if (!command_parse(self, argc, argv, &options, &operands, &rest, &status)) {
		verb = find_verb(&operands, &err);
		if (!verb) {
			status = command_usage(self, &err);
		} else {
			r = run_verb(verb, &options, &operands, &err);
			status = r < 0 ? command_fail(&err) : r;
		}
	}
	option_list_done(&operands);
	return status;
}

const struct command cmd_advisory = {
	"advisory",
	"from-patch PATCH SOURCE_DIR | from-source PACKAGE|FILE.dsc… | check FILE…",
	"find the functions that fixes touch: from patches and Debian's source packages to OSV "
	"records",
	table,
	advisory,
};
