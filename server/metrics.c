// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* metrics.c — counts for Prometheus. */
#include "server/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
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
static const int64_t job_buckets_s[] = { 10, 30, 60, 120, 300, 600, 900, 1800, 3600 };
#define JOB_BUCKETS (sizeof(job_buckets_s) / sizeof(*job_buckets_s))

struct route_metrics {
	atomic_uint_fast64_t by_class[6], buckets[BUCKETS + 1], sum_us;
};

struct metrics {
	size_t route_count;
	struct route_metrics *routes;
	atomic_uint_fast64_t ended[JOB_STATE_COUNT], job_buckets[JOB_BUCKETS + 1], job_sum_ms,
	    retries, callbacks[CALLBACK_ENDS];
	atomic_int_fast64_t streams;
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
}

void metrics_stream(struct metrics *m, int change)
{
	m->streams += change;
}

int64_t metrics_streams(const struct metrics *m)
{
	return m->streams;
}

void metrics_job(struct metrics *m, enum job_state end, int64_t took_ms)
{
	size_t i = 0;

	while (i < JOB_BUCKETS && took_ms > job_buckets_s[i] * 1000)
		i++;
	m->ended[end]++;
	m->job_buckets[i]++;
	m->job_sum_ms += (uint64_t)took_ms;
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

static void render_jobs(struct text *out, struct metrics *m, const int64_t counts[JOB_STATE_COUNT])
{
	uint64_t total = 0;

	head(out, "vexxy_jobs", "gauge", "Jobs in the store by state.");
	for (int s = 0; s < JOB_STATE_COUNT; s++)
		text_printf(out, "vexxy_jobs{status=\"%s\"} %" PRId64 "\n", job_state_names[s],
			    counts[s]);
	head(out, "vexxy_jobs_ended_total", "counter",
	     "Jobs that this server has ended, by their end.");
	for (int s = JOB_COMPLETE; s < JOB_STATE_COUNT; s++)
		text_printf(out, "vexxy_jobs_ended_total{status=\"%s\"} %" PRIuFAST64 "\n",
			    job_state_names[s], m->ended[s]);
	head(out, "vexxy_job_retries_total", "counter",
	     "Attempts that ended with another to come.");
	text_printf(out, "vexxy_job_retries_total %" PRIuFAST64 "\n", m->retries);
	head(out, "vexxy_job_seconds", "histogram", "Time that this server worked on a job.");
	for (size_t b = 0; b <= JOB_BUCKETS; b++) {
		total += m->job_buckets[b];
		if (b < JOB_BUCKETS)
			text_printf(out,
				    "vexxy_job_seconds_bucket{le=\"%" PRId64 "\"} %" PRIu64 "\n",
				    job_buckets_s[b], total);
	}
	text_printf(out,
		    "vexxy_job_seconds_bucket{le=\"+Inf\"} %" PRIu64
		    "\nvexxy_job_seconds_sum %.3f\n"
		    "vexxy_job_seconds_count %" PRIu64 "\n",
		    total, (double)m->job_sum_ms / 1e3, total);
}

int metrics_render(struct text *out, struct app *app, struct err *err)
{
	int64_t counts[JOB_STATE_COUNT] = {};
	struct metrics *m = app->metrics;
	struct rusage usage;
	int r = store_job_counts(counts, app->db, err);

	if (r < 0)
		return r;
	head(out, "vexxy_build_info", "gauge", "The version that runs.");
	text_put(out, "vexxy_build_info{version=\"" VEXXY_VERSION "\"} 1\n");
	render_requests(out, m);
	render_jobs(out, m, counts);
	render_callbacks(out, m);
	r = metrics_agents_render(out, app->db, clock_ms(), err);
	if (r < 0)
		return r;
	head(out, "vexxy_event_streams", "gauge", "Open streams of events.");
	text_printf(out, "vexxy_event_streams %" PRIdFAST64 "\n", m->streams);
	head(out, "vexxy_storage_free_bytes", "gauge", "Free space where blobs are kept.");
	text_printf(out, "vexxy_storage_free_bytes %" PRIu64 "\n", blobs_free_bytes(app->blobs));
	getrusage(RUSAGE_SELF, &usage);
	head(out, "process_cpu_seconds_total", "counter", "Processor time of the server itself.");
	text_printf(out, "process_cpu_seconds_total %.6f\n",
		    (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	head(out, "process_start_time_seconds", "gauge", "When the server was started.");
	text_printf(out, "process_start_time_seconds %.3f\n", (double)app->started_ms / 1e3);
	return out->failed ? err_oom(err) : 0;
}
