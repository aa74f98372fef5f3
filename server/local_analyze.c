// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* local_analyze.c — vexxy decides, within walls: what a hostile image does to it is not done to the server. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "server/local_run.h"

#define ANALYSIS_FILE_MB 2048
#define FUNCTIONS_BYTES_MAX (64 << 20)
#define ANALYSIS_PROCESSES 512

/* What was uploaded for this job, as files that the analysis may read. */
static int export_kind(struct run *run, const char *kind, const char *option, struct err *err)
{
	const cJSON *item;
	int r = 0, n = 0;

	cJSON_ArrayForEach(item, json_in_get(run->raw_inputs, kind))
	{
		const char *digest = json_in_text(item, "digest"),
			   *format = json_in_text(item, "format");
		const char *path = run_word(run, "%s/%s-%d.%s", run->x->dir, kind, ++n,
					    format && !strcmp(format, "zip") ? "zip" : "json");

		if (!path)
			return err_oom(err);
		if (digest && r == 0)
			r = blobs_export(run->x->app->blobs, digest, path, err);
		if (r == 0 && (option_list_add(&run->inputs, option) < 0 ||
			       option_list_add(&run->inputs, path) < 0))
			r = err_oom(err);
	}
	return r < 0 ? r : n;
}

static int add_files(struct run *run, const struct option_list *paths, const char *option)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		r = option_list_add(&run->inputs, option);
		r = r ? r : option_list_add(&run->inputs, paths->items[i]);
	}
	return r;
}

int run_prepare_inputs(struct run *run, struct err *err)
{
	const struct settings *s = run->settings;
	int n = export_kind(run, "vulnerabilities", "--vulns", err), r = 0;

	if (n < 0)
		return n;
	if (n == 0 && s->vulns.count)
		r = add_files(run, &s->vulns, "--vulns") < 0 ? err_oom(err) : 0;
	if (r == 0)
		r = export_kind(run, "advisories", "--advisories", err);
	if (r >= 0 && (add_files(run, &s->advisories, "--advisories") < 0 ||
		       add_files(run, &s->symbols, "--symbols") < 0))
		return err_oom(err);
	return r < 0 ? r : 0;
}

static bool has_option(const struct option_list *words, const char *option)
{
	for (size_t i = 0; i < words->count; i += 2)
		if (!strcmp(words->items[i], option))
			return true;
	return false;
}

/* Where there is nothing to decide on, the rest is of use all the same; and the results say it. */
static int need_vulnerabilities(struct run *run, struct err *err)
{
	const char *path = run_word(run, "%s/none.json", run->x->dir);
	_cleanup_fclose_ FILE *file = NULL;

	if (has_option(&run->inputs, "--vulns") || has_option(&run->found, "--vulns"))
		return 0;
	file = path ? fopen(path, "wxe") : NULL;
	run_limitation(run,
		       "No vulnerabilities were known for this image: upload a scanner's report to "
		       "/api/v1/vulnerabilities, or start the server with --vulns");
	if (!file || fputs("[]\n", file) < 0)
		return err_sys(err, errno, "cannot make a file in '%s'", run->x->dir);
	return option_list_add(&run->inputs, "--vulns") < 0 ||
		       option_list_add(&run->inputs, path) < 0
		   ? err_oom(err)
		   : 0;
}

static int add_words(struct run *run, const struct option_list *words)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < words->count; i++)
		r = run_add(run, words->items[i]);
	return r;
}

static int add_read(struct run *run, const struct option_list *paths)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++)
		r = run_add(run, run_word(run, "--read=%s", paths->items[i]));
	return r;
}

/* The walls around the analysis: what stands before "--". */
static int add_walls(struct run *run, const char *analyzer)
{
	static const char *const programs[] = { "/usr", "/lib", "/lib64", "/bin",
						"/etc/ld.so.cache" };
	static const char *const looks[] = { "/dev/null", "/proc/self", "/etc/containers",
					     "/etc/ssl" };
	const struct settings *s = run->settings;
	int r;

	run->is_confined = true;
	r = run_add_pair(run, CHILD_SELF, "confine");
	r = r ? r : run_add_number(run, "--uid", run_uid(run, UID_OF_ANALYSIS));
	r = r ? r : run_add_number(run, "--memory", (int64_t)s->analysis_memory_mb);
	r = r ? r : run_add_number(run, "--file", ANALYSIS_FILE_MB);
	r = r ? r : run_add_number(run, "--processes", ANALYSIS_PROCESSES);
	r = r ? r : run_add(run, "--read-all");
	r = r ? r : run_add(run, run_word(run, "--read=%s", run->rootfs));
	r = r ? r : run_add(run, run_word(run, "--read=%s", run->x->dir));
	r = r ? r : add_read(run, &s->vulns);
	r = r ? r : add_read(run, &s->advisories);
	r = r ? r : add_read(run, &s->symbols);
	r = r ? r : run_add(run, run_word(run, "--read=%s", run->image_dir));
	r = r ? r : run_add(run, run_word(run, "--write=%s", run->x->out));
	r = r ? r : run_add(run, "--write=/dev/null");
	r = r ? r : run_add(run, run_word(run, "--write=%s", run->scratch));
	for (size_t i = 0; r == 0 && i < sizeof(looks) / sizeof(*looks); i++)
		r = run_add(run, run_word(run, "--read=%s", looks[i]));
	for (size_t i = 0; r == 0 && i < sizeof(programs) / sizeof(*programs); i++)
		r = run_add(run, run_word(run, "--execute=%s", programs[i]));
	if (strchr(analyzer, '/'))
		r = r ? r : run_add(run, run_word(run, "--execute=%s", analyzer));
	return r ? r : run_add(run, "--");
}

static int give(const struct run *run, const char *path, struct err *err)
{
	uid_t uid = run_uid(run, UID_OF_ANALYSIS);

	if (geteuid() == 0 && lchown(path, uid, uid) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot give '%s' to the analysis", path);
	return 0;
}

static int make_scratch(struct run *run, struct err *err)
{
	/* The fetch, which came before, had it say something else. */
	snprintf(run->scratch_variable, sizeof(run->scratch_variable), "TMPDIR=%s", run->scratch);
	if (mkdir(run->scratch, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make '%s'", run->scratch);
	return give(run, run->scratch, err);
}

/* Listing costs a look into every file: only where somebody knows functions. */
static bool knows_functions(const struct run *run)
{
	const cJSON *item;

	if (run->settings->advisories.count ||
	    cJSON_GetArraySize(json_in_get(run->raw_inputs, "advisories")))
		return true;
	cJSON_ArrayForEach(item, json_in_get(run->raw_inputs, "vulnerabilities"))
	{
		const char *format = json_in_text(item, "format");

		if (format && (!strcmp(format, "osv") || !strcmp(format, "zip")))
			return true;
	}
	return false;
}

/* The agent unpacks an image once; before that the list is made from a copy of its own. */
static int list_functions(struct run *run, struct err *err)
{
	struct child child = { 0 };
	const char *analyzer = run_find_program(run, run->settings->analyzer, "vexxy");
	bool unpacked = access(run->rootfs, F_OK) == 0;

	if (add_walls(run, analyzer) < 0 || run_add_pair(run, analyzer, "functions") < 0 ||
	    run_add_pair(run, unpacked ? "--rootfs" : "--image",
			 unpacked ? run->rootfs : run_word(run, "oci:%s:image", run->image_dir)) <
		0 ||
	    add_words(run, &run->inputs) < 0 ||
	    run_add_pair(run, "--out", run_word(run, "%s/functions", run->scratch)) < 0)
		return err_oom(err);
	return run_program(run, &child, err);
}

/* The agent, which is privileged, reads a file of ours: what stands in the scratch directory may be a link. */
static int take_functions(struct run *run, struct err *err)
{
	_cleanup_close_ int from = -1, to = -1;
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/functions", run->scratch);
	from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EBADMSG, "the analysis made no list of functions");
	if (st.st_size > FUNCTIONS_BYTES_MAX)
		run_limitation(run,
			       run_word(run,
					"functions were not watched: their list has %lld MiB, "
					"and %d are the limit",
					(long long)st.st_size >> 20, FUNCTIONS_BYTES_MAX >> 20));
	if (!st.st_size || st.st_size > FUNCTIONS_BYTES_MAX)
		return 0;
	snprintf(run->functions, sizeof(run->functions), "%s/run.functions", run->x->dir);
	to = open(run->functions, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	for (off_t left = st.st_size; to >= 0 && left > 0;) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);

		if (n <= 0)
			return err_sys(err, EIO, "cannot write '%s'", run->functions);
		left -= n;
	}
	return to < 0 ? err_sys(err, errno, "cannot make '%s'", run->functions) : 0;
}

int run_find_functions(struct run *run, struct err *err)
{
	struct err why = {};
	int r;

	/* Advisories tell the functions of what is reported: where nothing is, yet, there are none to find. */
	if (!knows_functions(run) || !has_option(&run->inputs, "--vulns"))
		return 0;
	r = run_report(run, JOB_RUNNING, 10, "Finding functions", err);
	if (r == 0)
		r = make_scratch(run, err);
	if (r < 0)
		return r;
	r = list_functions(run, &why);
	if (r == -EIO || r == -EAGAIN) {
		run_limitation(run, run_word(run, "functions were not watched: %s", why.text));
		return 0;
	}
	return r < 0 ? err_set(err, -r, "%s", why.text) : take_functions(run, err);
}

/* Whose key the result will be signed with, as its file tells in a line before the key: who signs makes statements in that name. */
static const char *find_author(struct run *run)
{
	static const char word[] = "Author: ";
	_cleanup_fclose_ FILE *file = fopen(run->settings->signing_path, "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file) && strncmp(line, "-----", 5) != 0)
		if (!strncmp(line, word, sizeof(word) - 1)) {
			line[strcspn(line, "\r\n")] = '\0';
			return run_word(run, "%s", line + sizeof(word) - 1);
		}
	return NULL;
}

/* What the analysis reads, and where it may write. */
static int prepare(struct run *run, struct err *err)
{
	int r = give(run, run->x->out, err);

	if (r == 0)
		r = give(run, run_word(run, "%s/run.trace.gz", run->x->out), err);
	for (size_t i = 1; r == 0 && i < run->found.count; i += 2)
		if (*run->found.items[i] == '/')
			r = give(run, run->found.items[i], err);
	if (r == 0)
		r = make_scratch(run, err);
	if (r == 0)
		r = need_vulnerabilities(run, err);
	if (r == 0)
		r = export_kind(run, "sboms", "--sbom", err);
	return r < 0 ? r : 0;
}

static int add_image(struct run *run)
{
	const char *repo = run_repository(run);
	const char *name = repo ? strrchr(repo, '/') : NULL;
	bool unpacked = access(run->rootfs, F_OK) == 0; /* by the agent, where that was here */
	int r =
	    run_add_pair(run, unpacked ? "--rootfs" : "--image",
			 unpacked ? run->rootfs : run_word(run, "oci:%s:image", run->image_dir));

	r = r ? r : run_add_pair(run, "--name", name ? name + 1 : repo);
	r = r ? r : run_add_pair(run, "--image-digest", run->x->job->image_digest);
	if (r == 0 && strcmp(run->manifest, run->x->job->image_digest) != 0)
		r = run_add_pair(run, "--image-digest", run->manifest);
	return r;
}

/* How much of what was found beside the client's inputs is made use of. */
enum found { FOUND_NOT, FOUND_SEEN, FOUND_READ, FOUND_ANSWERED };

static int analyze(struct run *run, enum found found, struct err *err)
{
	struct child child = { 0 };
	const char *analyzer = run_find_program(run, run->settings->analyzer, "vexxy");
	const char *author = find_author(run);

	if (add_walls(run, analyzer) < 0 || run_add_pair(run, analyzer, "analyze") < 0 ||
	    run_add_pair(run, "--trace", run_word(run, "%s/run.trace.gz", run->x->out)) < 0 ||
	    add_image(run) < 0 || run_add_pair(run, "--out", run->x->out) < 0 ||
	    run_add_pair(run, "--policy", run->settings->policy) < 0 || run_add(run, "--quiet") < 0)
		return err_oom(err);
	for (size_t i = 0; i < run->more_traces.count; i++)
		if (run_add_pair(run, "--trace", run->more_traces.items[i]) < 0)
			return err_oom(err);
	if ((author && run_add_pair(run, "--author", author) < 0) ||
	    (run->unexercised && run_add_pair(run, "--unexercised", run->unexercised) < 0) ||
	    add_words(run, &run->inputs) < 0 ||
	    (found >= FOUND_SEEN && add_words(run, &run->found) < 0) ||
	    (found >= FOUND_ANSWERED && run->also && run_add_pair(run, "--also", run->also) < 0))
		return err_oom(err);
	return run_program(run, &child, err);
}

/* Without something that the last attempt had. What another has seen stands against an absence: it is the last to go. */
static enum found take_back(struct run *run, enum found found)
{
	if (found == FOUND_ANSWERED && run->found.count > run->seen)
		return FOUND_READ;
	if (found == FOUND_SEEN || !run->seen) {
		run->found.count = 0;
		return FOUND_NOT;
	}
	run->found.count = run->seen;
	return FOUND_SEEN;
}

int run_analyze(struct run *run, struct err *err)
{
	enum found found = run->also ? FOUND_ANSWERED : run->found.count ? FOUND_READ : FOUND_NOT;
	int r = run_report(run, JOB_ANALYZING, 75, "Extracting results", err);

	r = r ? r : prepare(run, err);
	r = r ? r : run_report(run, JOB_ANALYZING, 85, "Processing VEX", err);
	while (r == 0) {
		struct err why = {};

		r = analyze(run, found, &why);
		if (r != -EIO || found == FOUND_NOT)
			return r < 0 ? err_set(err, -r, "%s", why.text) : 0;
		/* What others have in the cluster is no reason for a client's analysis to fail. */
		run_limitation(run, run_word(run, "%s: %.300s",
					     found == FOUND_ANSWERED ? "Kubescape gets no results"
					     : found == FOUND_READ
						 ? "What Kubescape knows of the image was not used"
						 : "What Kubescape saw was not used",
					     why.text));
		found = take_back(run, found);
		r = need_vulnerabilities(run, err);
	}
	return r;
}
