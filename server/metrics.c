// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* metrics.c — counts for Prometheus. */
#include "server/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>

#include "include/version.h"
#include "server/app.h"
#include "server/clock.h"
#include "server/metrics_agents.h"
#include "server/routes.h"
#include "server/store.h"

static const uint64_t buckets_us[] = { 250,   500,   1000,   2500,    5000,
				       10000, 25000, 100000, 1000000, 10000000 };
#define BUCKETS (sizeof(buckets_us) / sizeof(*buckets_us))
static const int64_t job_buckets_s[] = { 1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600 };
#define JOB_BUCKETS (sizeof(job_buckets_s) / sizeof(*job_buckets_s))
/* As "current_phase" has them; the last stands for any that a later executor may have. */
static const char *const phases[] = {
	"Initializing",          "Fetching image",
	"Finding functions",     "Deploying workload",
	"Runtime analysis",      "Waiting for Kubescape",
	"Waiting for the trace", "Extracting results",
	"Processing VEX",        "Signing",
	"Generating summary",    "other",
};
#define PHASES (sizeof(phases) / sizeof(*phases))

struct route_metrics {
	atomic_uint_fast64_t by_class[6], buckets[BUCKETS + 1], sum_us;
};

/* Of times of jobs. */
struct job_times {
	atomic_uint_fast64_t buckets[JOB_BUCKETS + 1], sum_ms;
};

struct metrics {
	size_t route_count;
	struct route_metrics *routes;
	struct job_times took, waited, phases[PHASES];
	atomic_uint_fast64_t ended[JOB_STATE_COUNT], submitted, retries, expired, unauthenticated,
	    forbidden, callbacks[CALLBACK_ENDS];
	atomic_int_fast64_t streams, working;
};

int metrics_new(struct metrics **ret, size_t count, struct err *err)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m || !(m->routes = calloc(count + 1, sizeof(*m->routes)))) {
		free(m);
		return err_oom(err);
	}
	m->route_count = count;
	*ret = m;
	return 0;
}

void metrics_free(struct metrics *m)
{
	if (m)
		free(m->routes);
	free(m);
}

void metrics_request(struct metrics *m, size_t route, unsigned status, uint64_t took_us)
{
	struct route_metrics *r = &m->routes[route < m->route_count ? route : m->route_count];
	size_t i = 0;

	while (i < BUCKETS && took_us > buckets_us[i])
		i++;
	r->by_class[status / 100 < 6 ? status / 100 : 5]++;
	r->buckets[i]++;
	r->sum_us += took_us;
	m->unauthenticated += status == 401;
	m->forbidden += status == 403;
}

void metrics_stream(struct metrics *m, int change)
{
	m->streams += change;
}

int64_t metrics_streams(const struct metrics *m)
{
	return m->streams;
}

static void add_time(struct job_times *t, int64_t took_ms)
{
	size_t i = 0;

	/* Of two clocks one may be behind. */
	took_ms = took_ms < 0 ? 0 : took_ms;
	while (i < JOB_BUCKETS && took_ms > job_buckets_s[i] * 1000)
		i++;
	t->buckets[i]++;
	t->sum_ms += (uint64_t)took_ms;
}

void metrics_submitted(struct metrics *m)
{
	m->submitted++;
}

void metrics_begun(struct metrics *m, bool is_first, int64_t waited_ms)
{
	m->working++;
	if (is_first)
		add_time(&m->waited, waited_ms);
}

void metrics_phase(struct metrics *m, const char *phase, int64_t took_ms)
{
	size_t i = 0;

	while (i < PHASES - 1 && strcmp(phases[i], phase) != 0)
		i++;
	add_time(&m->phases[i], took_ms);
}

void metrics_left(struct metrics *m)
{
	m->working--;
}

void metrics_job(struct metrics *m, enum job_state end, int64_t took_ms)
{
	m->ended[end]++;
	add_time(&m->took, took_ms);
}

void metrics_expired(struct metrics *m, unsigned leases)
{
	m->expired += leases;
}

void metrics_retry(struct metrics *m)
{
	m->retries++;
}

void metrics_callback(struct metrics *m, enum callback_end end)
{
	m->callbacks[end]++;
}

static void head(struct text *out, const char *name, const char *type, const char *help)
{
	text_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *route_label(const struct metrics *m, size_t i)
{
	return i < m->route_count ? routes[i].path : "none";
}

static const char *method_label(const struct metrics *m, size_t i)
{
	return i < m->route_count ? routes[i].method : "none";
}

static void render_requests(struct text *out, struct metrics *m)
{
	head(out, "vexxy_http_requests_total", "counter", "Requests by route and class of status.");
	for (size_t i = 0; i <= m->route_count; i++)
		for (int c = 1; c < 6; c++)
			if (m->routes[i].by_class[c])
				text_printf(out,
					    "vexxy_http_requests_total{route=\"%s\",method=\"%s\","
					    "status=\"%dxx\"} "
					    "%" PRIuFAST64 "\n",
					    route_label(m, i), method_label(m, i), c,
					    m->routes[i].by_class[c]);
	head(out, "vexxy_http_request_seconds", "histogram",
	     "Time from the request line to the end.");
	for (size_t i = 0; i <= m->route_count; i++) {
		uint64_t total = 0;

		for (size_t b = 0; b <= BUCKETS; b++) {
			total += m->routes[i].buckets[b];
			if (b < BUCKETS)
				text_printf(out,
					    "vexxy_http_request_seconds_bucket{route=\"%s\",method="
					    "\"%s\",le=\"%g\"} "
					    "%" PRIu64 "\n",
					    route_label(m, i), method_label(m, i),
					    (double)buckets_us[b] / 1e6, total);
		}
		text_printf(
		    out,
		    "vexxy_http_request_seconds_bucket{route=\"%s\",method=\"%s\",le=\"+Inf\"} "
		    "%" PRIu64 "\nvexxy_http_request_seconds_sum{route=\"%s\",method=\"%s\"} %.6f\n"
		    "vexxy_http_request_seconds_count{route=\"%s\",method=\"%s\"} %" PRIu64 "\n",
		    route_label(m, i), method_label(m, i), total, route_label(m, i),
		    method_label(m, i), (double)m->routes[i].sum_us / 1e6, route_label(m, i),
		    method_label(m, i), total);
	}
}

static void render_callbacks(struct text *out, const struct metrics *m)
{
	static const char *const ends[] = { "told", "postponed", "failed" };

	head(out, "vexxy_callbacks_total", "counter", "Attempts to tell that a job has ended.");
	for (int e = 0; e < CALLBACK_ENDS; e++)
		text_printf(out, "vexxy_callbacks_total{result=\"%s\"} %" PRIuFAST64 "\n", ends[e],
			    m->callbacks[e]);
}

/* label: "name=\"value\"", or "". */
static void render_times(struct text *out, const char *name, const char *label,
			 const struct job_times *t)
{
	const char *comma = *label ? "," : "";
	uint64_t total = 0;

	for (size_t b = 0; b <= JOB_BUCKETS; b++) {
		total += t->buckets[b];
		if (b < JOB_BUCKETS)
			text_printf(out, "%s_bucket{%s%sle=\"%" PRId64 "\"} %" PRIu64 "\n", name,
				    label, comma, job_buckets_s[b], total);
	}
	text_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma, total);
	text_printf(out, *label ? "%s_sum{%s} %.3f\n" : "%s_sum%s %.3f\n", name, label,
		    (double)t->sum_ms / 1e3);
	text_printf(out, *label ? "%s_count{%s} %" PRIu64 "\n" : "%s_count%s %" PRIu64 "\n", name,
		    label, total);
}

static void count_of(struct text *out, const char *name, const char *type, const char *help,
		     uint64_t value)
{
	head(out, name, type, help);
	text_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void render_times_of_jobs(struct text *out, const struct metrics *m)
{
	char label[64];

	head(out, "vexxy_job_seconds", "histogram", "Time that this server worked on a job.");
	render_times(out, "vexxy_job_seconds", "", &m->took);
	head(out, "vexxy_job_queue_wait_seconds", "histogram",
	     "Time from the submission until this server began with the job.");
	render_times(out, "vexxy_job_queue_wait_seconds", "", &m->waited);
	head(out, "vexxy_job_phase_seconds", "histogram",
	     "Time that this server spent in a phase of a job.");
	for (size_t i = 0; i < PHASES; i++) {
		snprintf(label, sizeof(label), "phase=\"%s\"", phases[i]);
		render_times(out, "vexxy_job_phase_seconds", label, &m->phases[i]);
	}
}

static int render_jobs(struct text *out, struct app *app, struct err *err)
{
	int64_t counts[JOB_STATE_COUNT] = {}, oldest_ms = 0;
	struct metrics *m = app->metrics;
	int r = store_job_counts(counts, app->db, err);

	if (r == 0)
		r = store_job_oldest(&oldest_ms, app->db, err);
	if (r < 0)
		return r;
	head(out, "vexxy_jobs", "gauge", "Jobs in the store by state.");
	for (int s = 0; s < JOB_STATE_COUNT; s++)
		text_printf(out, "vexxy_jobs{status=\"%s\"} %" PRId64 "\n", job_state_names[s],
			    counts[s]);
	head(out, "vexxy_queue_oldest_age_seconds", "gauge",
	     "Time since the submission of the job that is queued longest; 0: none is.");
	text_printf(out, "vexxy_queue_oldest_age_seconds %.3f\n", (double)oldest_ms / 1e3);
	count_of(out, "vexxy_jobs_submitted_total", "counter",
		 "Jobs that this server has put into the queue.", m->submitted);
	head(out, "vexxy_jobs_ended_total", "counter",
	     "Jobs that this server has ended, by their end.");
	for (int s = JOB_COMPLETE; s < JOB_STATE_COUNT; s++)
		text_printf(out, "vexxy_jobs_ended_total{status=\"%s\"} %" PRIuFAST64 "\n",
			    job_state_names[s], m->ended[s]);
	count_of(out, "vexxy_job_retries_total", "counter",
		 "Attempts that ended with another to come.", m->retries);
	count_of(out, "vexxy_job_leases_expired_total", "counter",
		 "Jobs that this server took from a worker that was silent.", m->expired);
	count_of(out, "vexxy_workers", "gauge",
		 "Jobs that this server works on at a time, at most.",
		 app->settings->no_workers ? 0 : app->settings->workers);
	count_of(out, "vexxy_workers_busy", "gauge", "Jobs that this server works on.",
		 (uint64_t)m->working);
	render_times_of_jobs(out, m);
	return 0;
}

static uint64_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count > 3 ? count - 3 : 0; /* ".", "..", and this directory */
}

/* Under the names that every client library of Prometheus gives them. */
static void render_process(struct text *out, const struct app *app)
{
	_cleanup_fclose_ FILE *statm = fopen("/proc/self/statm", "re");
	uint64_t pages = 0, resident = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rlimit limit = {};
	struct rusage usage = {};

	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	head(out, "process_cpu_seconds_total", "counter", "Processor time of the server itself.");
	text_printf(out, "process_cpu_seconds_total %.6f\n",
		    (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	head(out, "process_start_time_seconds", "gauge", "When the server was started.");
	text_printf(out, "process_start_time_seconds %.3f\n", (double)app->started_ms / 1e3);
	if (statm && fscanf(statm, "%" SCNu64 " %" SCNu64, &pages, &resident) == 2) {
		count_of(out, "process_virtual_memory_bytes", "gauge",
			 "Address space of the server.", pages * page);
		count_of(out, "process_resident_memory_bytes", "gauge", "Memory of the server.",
			 resident * page);
	}
	count_of(out, "process_open_fds", "gauge", "Descriptors that are open.", open_files());
	count_of(out, "process_max_fds", "gauge", "Descriptors that may be open.", limit.rlim_cur);
}

int metrics_render(struct text *out, struct app *app, struct err *err)
{
	struct metrics *m = app->metrics;
	int r;

	head(out, "vexxy_build_info", "gauge", "The version that runs.");
	text_put(out, "vexxy_build_info{version=\"" VEXXY_VERSION "\"} 1\n");
	render_requests(out, m);
	head(out, "vexxy_auth_failures_total", "counter",
	     "Requests that were refused: without a valid key, or by one that may not.");
	text_printf(out,
		    "vexxy_auth_failures_total{kind=\"unauthenticated\"} %" PRIuFAST64
		    "\nvexxy_auth_failures_total{kind=\"forbidden\"} %" PRIuFAST64 "\n",
		    m->unauthenticated, m->forbidden);
	r = render_jobs(out, app, err);
	if (r < 0)
		return r;
	render_callbacks(out, m);
	r = metrics_agents_render(out, app->db, clock_ms(), err);
	if (r < 0)
		return r;
	head(out, "vexxy_event_streams", "gauge", "Open streams of events.");
	text_printf(out, "vexxy_event_streams %" PRIdFAST64 "\n", m->streams);
	head(out, "vexxy_storage_free_bytes", "gauge", "Free space where blobs are kept.");
	text_printf(out, "vexxy_storage_free_bytes %" PRIu64 "\n", blobs_free_bytes(app->blobs));
	render_process(out, app);
	return out->failed ? err_oom(err) : 0;
}
