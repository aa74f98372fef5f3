// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* agent_tokens.c — agents that show the token of their service account. */
#include "server/agent_tokens.h"

#include <pthread.h>
#include <string.h>

#include "server/auth.h"
#include "server/clock.h"
#include "server/digest.h"
#include "server/json_out.h"
#include "server/jwt.h"
#include "server/log.h"

#define PATH "/apis/authentication.k8s.io/v1/tokenreviews"
#define EXTRA_NODE "authentication.kubernetes.io/node-name"
#define EXTRA_POD "authentication.kubernetes.io/pod-name"
#define GOOD_MS 60000
#define BAD_MS 10000
/* Places by the digest's first digits; who comes to a place that is taken replaces whoever is there. Bad ones have places of their
 * own, so that nobody is displaced by what anybody can make. */
#define GOOD_MAX 4096u
#define BAD_MAX 1024u
/* At a time: they occupy threads that answer others. */
#define REVIEWS_MAX 4
#define REVIEW_MS 8000
#define REPLY_BYTES_MAX (64u << 10)

struct known {
	char hash[DIGEST_HEX_BYTES];
	int64_t until_ms;
	char node[NODE_BYTES], actor[80];
};

struct agent_tokens {
	struct kube_cluster *cluster;
	const char *audience;
	char user[400]; /* system:serviceaccount:NAMESPACE:NAME */
	pthread_mutex_t lock;
	struct known good[GOOD_MAX];
	struct {
		char hash[DIGEST_HEX_BYTES];
		int64_t until_ms;
	} bad[BAD_MAX];
	struct kube *idle[REVIEWS_MAX]; /* connections that wait */
	size_t idle_count, under_way;
};

int agent_tokens_new(struct agent_tokens **ret, struct kube_cluster *cluster, const char *account,
		     const char *audience, struct err *err)
{
	struct agent_tokens *t = calloc(1, sizeof(*t));
	const char *slash = strchr(account, '/');

	if (!t)
		return err_oom(err);
	t->cluster = cluster;
	t->audience = audience;
	snprintf(t->user, sizeof(t->user), "system:serviceaccount:%.*s:%s", (int)(slash - account),
		 account, slash + 1);
	pthread_mutex_init(&t->lock, NULL);
	*ret = t;
	return 0;
}

void agent_tokens_free(struct agent_tokens *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->idle_count; i++)
		kube_close(t->idle[i]);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

bool agent_tokens_is_meant(const struct agent_tokens *t, const char *token)
{
	_cleanup_(cJSON_Deletep) cJSON *claims = NULL;
	const char *subject;

	if (!t || jwt_peek(&claims, token, NULL) < 0)
		return false;
	subject = json_in_text(claims, "sub");
	return subject && !strcmp(subject, t->user);
}

static unsigned place(const char *hash, unsigned count)
{
	char digits[9];

	snprintf(digits, sizeof(digits), "%.8s", hash);
	return (unsigned)strtoul(digits, NULL, 16) % count;
}

static void fill(struct principal *ret, const struct known *known)
{
	*ret = (struct principal){ .scopes = SCOPE_AGENT, .everywhere = true, .is_agent = true };
	snprintf(ret->org, sizeof(ret->org), ORG_DEFAULT);
	memcpy(ret->actor, known->actor, sizeof(ret->actor));
	memcpy(ret->node, known->node, sizeof(ret->node));
}

static int refuse(struct err *err)
{
	return err_set(err, EACCES, "the cluster does not say that this token is an agent's");
}

int agent_tokens_find(struct principal *ret, struct agent_tokens *t, const char *token,
		      int64_t now_ms, struct err *err)
{
	char hash[DIGEST_HEX_BYTES];
	const struct known *known;
	int r = -EINPROGRESS;

	digest_of(hash, token, strlen(token));
	known = &t->good[place(hash, GOOD_MAX)];
	pthread_mutex_lock(&t->lock);
	if (known->until_ms > now_ms && digest_equal(known->hash, hash)) {
		fill(ret, known);
		r = 0;
	} else if (t->bad[place(hash, BAD_MAX)].until_ms > now_ms &&
		   digest_equal(t->bad[place(hash, BAD_MAX)].hash, hash)) {
		r = refuse(err);
	}
	pthread_mutex_unlock(&t->lock);
	return r;
}

static bool lists(const cJSON *list, const char *word)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) if (cJSON_IsString(one) &&
					  !strcmp(one->valuestring, word)) return true;
	return false;
}

/* Of the extra values each is a list; of these there is one. */
static const char *extra(const cJSON *user, const char *name)
{
	const cJSON *list = json_in_get(json_in_get(user, "extra"), name),
		    *one = cJSON_GetArrayItem(list, 0);

	return cJSON_GetArraySize(list) == 1 && cJSON_IsString(one) ? one->valuestring : NULL;
}

/* The status of a TokenReview. An API server that did not look at the audience names none. */
static int read_review(struct known *ret, const struct agent_tokens *t, const cJSON *review)
{
	const cJSON *status = json_in_get(review, "status"), *user = json_in_get(status, "user");
	const char *name = json_in_text(user, "username"), *node = extra(user, EXTRA_NODE),
		   *pod = extra(user, EXTRA_POD);

	if (!json_in_bool(status, "authenticated", false) || !name || strcmp(name, t->user) != 0 ||
	    !lists(json_in_get(status, "audiences"), t->audience))
		return -EACCES;
	if (node && strlen(node) >= NODE_BYTES)
		return -EACCES;
	snprintf(ret->node, sizeof(ret->node), "%s", node ? node : "");
	snprintf(ret->actor, sizeof(ret->actor), "agent:%.72s", node ? node : pod ? pod : name);
	return 0;
}

static char *format_review(const struct agent_tokens *t, const char *token)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "apiVersion", "authentication.k8s.io/v1");
	json_out_text(&out, "kind", "TokenReview");
	json_out_open(&out, "spec", '{');
	json_out_text(&out, "token", token);
	json_out_open(&out, "audiences", '[');
	json_out_text(&out, NULL, t->audience);
	json_out_close(&out, ']');
	json_out_close(&out, '}');
	json_out_close(&out, '}');
	return text_take(&out.text);
}

static int in_time(void *ctx, struct err *err)
{
	return clock_steady_ms() < *(const int64_t *)ctx
		   ? 0
		   : err_set(err, ETIMEDOUT, "no answer within %d s", REVIEW_MS / 1000);
}

/* A connection, or NULL with *ret_r 0: there is none that waits. -EBUSY: as many are under way as may be. */
static int borrow(struct kube **ret, struct agent_tokens *t, struct err *err)
{
	bool busy;

	*ret = NULL;
	pthread_mutex_lock(&t->lock);
	busy = t->under_way == REVIEWS_MAX;
	t->under_way += !busy;
	if (!busy && t->idle_count)
		*ret = t->idle[--t->idle_count];
	pthread_mutex_unlock(&t->lock);
	if (busy)
		return err_set(err, EBUSY, "many tokens are being reviewed");
	return *ret ? 0 : kube_cluster_connect(ret, t->cluster, err);
}

static void give_back(struct agent_tokens *t, struct kube *kube)
{
	pthread_mutex_lock(&t->lock);
	t->under_way--;
	if (kube)
		t->idle[t->idle_count++] = kube;
	pthread_mutex_unlock(&t->lock);
}

static int ask(cJSON **ret, struct agent_tokens *t, const char *token, struct err *err)
{
	_cleanup_free_ char *body = format_review(t, token);
	const struct kube_call call = { .method = "POST",
					.path = PATH,
					.body = body,
					.timeout_ms = REVIEW_MS,
					.reply_max = REPLY_BYTES_MAX };
	int64_t until = clock_steady_ms() + REVIEW_MS;
	struct kube *kube;
	int r = body ? borrow(&kube, t, err) : err_oom(err);

	if (r == -EBUSY || !body)
		return r;
	if (r == 0) {
		kube_set_tick(kube, in_time, &until);
		r = kube_ask(ret, NULL, kube, &call, err);
		kube_set_tick(kube, NULL, NULL);
	}
	explicit_bzero(body, strlen(body));
	give_back(t, kube);
	return r;
}

/* For as long as it is good itself, and not longer than a minute: a pod that is deleted takes its token with it. */
static int64_t good_for_ms(const char *token)
{
	_cleanup_(cJSON_Deletep) cJSON *claims = NULL;
	const cJSON *exp = jwt_peek(&claims, token, NULL) == 0 ? json_in_get(claims, "exp") : NULL;
	double left = cJSON_IsNumber(exp) ? exp->valuedouble * 1000 - (double)clock_ms() : GOOD_MS;

	return left < 0 ? 0 : left < GOOD_MS ? (int64_t)left : GOOD_MS;
}

static void keep(struct agent_tokens *t, const struct known *known, bool is_good, int64_t ms,
		 int64_t now_ms)
{
	unsigned bad = place(known->hash, BAD_MAX);

	pthread_mutex_lock(&t->lock);
	if (is_good) {
		t->good[place(known->hash, GOOD_MAX)] = *known;
		t->good[place(known->hash, GOOD_MAX)].until_ms = now_ms + ms;
	} else {
		memcpy(t->bad[bad].hash, known->hash, DIGEST_HEX_BYTES);
		t->bad[bad].until_ms = now_ms + ms;
	}
	pthread_mutex_unlock(&t->lock);
}

int agent_tokens_review(struct principal *ret, struct agent_tokens *t, const char *token,
			int64_t now_ms, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *review = NULL;
	struct known known = {};
	struct err why = {};
	int r = agent_tokens_find(ret, t, token, now_ms, err); /* another may have asked */

	if (r != -EINPROGRESS)
		return r;
	r = ask(&review, t, token, &why);
	if (r < 0) {
		/* Whatever it is, also that we may not ask: it says nothing of the token. */
		log_event(LOG_WARNING, "token_not_reviewed", log_text("reason", why.text));
		return err_set(err, EAGAIN, "the token cannot be reviewed now: the cluster %s",
			       r == -EBUSY ? "is being asked for many" : "does not answer that");
	}
	digest_of(known.hash, token, strlen(token));
	r = read_review(&known, t, review);
	keep(t, &known, r == 0, r == 0 ? good_for_ms(token) : BAD_MS, now_ms);
	if (r < 0)
		return refuse(err);
	fill(ret, &known);
	return 0;
}
