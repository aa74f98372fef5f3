// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_access.c — what goes with every request to the API server. */
#include "server/kube_access.h"

#include <pthread.h>
#include <string.h>

#include "server/clock.h"
#include "server/kube_exec.h"

#define TOKEN_BYTES_MAX (1u << 20)
#define CA_BYTES_MAX (1u << 20)
#define READ_AGAIN_MS 60000
/* Credentials are renewed so long before they expire; those that are refused are not asked for more often than this. */
#define LEEWAY_MS 10000
#define RUN_AGAIN_MS 5000

struct kube_access {
	struct kube_config config;
	pthread_mutex_t lock;
	struct kube_login login; /* of a program */
	int64_t logged_in_ms;    /* on the steady clock; 0: never */
	int64_t failed_ms;       /* the same of its last failure, and what that was */
	int failed_as;
	char failure[512];
	char *token, *ca; /* of files */
	int64_t read_ms;
};

int kube_access_new(struct kube_access **ret, struct kube_config *config, struct err *err)
{
	struct kube_access *a = calloc(1, sizeof(*a));

	if (!a) {
		kube_config_done(config);
		return err_oom(err);
	}
	a->config = *config;
	*config = (struct kube_config){};
	pthread_mutex_init(&a->lock, NULL);
	*ret = a;
	return 0;
}

void kube_access_free(struct kube_access *a)
{
	if (!a)
		return;
	kube_config_done(&a->config);
	kube_login_done(&a->login);
	free(a->token);
	free(a->ca);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

const struct kube_config *kube_access_config(const struct kube_access *a)
{
	return &a->config;
}

void kube_pass_done(struct kube_pass *pass)
{
	free(pass->ca);
	free(pass->certificate);
	free(pass->key);
	free(pass->token);
	*pass = (struct kube_pass){};
}

static void replace(char **held, char *text)
{
	free(*held);
	*held = text;
}

/* A file that cannot be read now leaves what was read before: it is being renewed. */
static int read_files(struct kube_access *a, bool at_once, struct err *err)
{
	int64_t now = clock_steady_ms();
	char *token = NULL, *ca = NULL;
	struct err why = {};

	if (!a->config.token_path || (a->token && !at_once && now - a->read_ms < READ_AGAIN_MS))
		return 0;
	if (kube_file_read(&token, a->config.token_path, TOKEN_BYTES_MAX, &why) < 0)
		return a->token ? 0 : err_set(err, EIO, "token: %s", why.text);
	token[strcspn(token, " \r\n")] = '\0';
	replace(&a->token, token);
	if (a->config.ca_path && kube_file_read(&ca, a->config.ca_path, CA_BYTES_MAX, &why) == 0)
		replace(&a->ca, ca);
	a->read_ms = now;
	return 0;
}

static int log_in(struct kube_access *a, bool refused, struct err *err)
{
	int64_t steady = clock_steady_ms();
	struct kube_login login = {};
	bool has = a->logged_in_ms, expired;
	struct err why = {};
	int r;

	if (!a->config.exec.command)
		return 0;
	expired = a->login.expires_ms && clock_ms() > a->login.expires_ms - LEEWAY_MS;
	if (has && !expired && !(refused && steady - a->logged_in_ms > RUN_AGAIN_MS))
		return 0;
	/* Those who waited for it are not each to wait for it once more. */
	if (a->failed_ms && steady - a->failed_ms < RUN_AGAIN_MS)
		return err_set(err, -a->failed_as, "%s", a->failure);
	r = kube_exec_run(&login, &a->config, &why);
	a->failed_ms = r < 0 ? clock_steady_ms() : 0;
	a->failed_as = r;
	snprintf(a->failure, sizeof(a->failure), "%.511s", why.text);
	if (r < 0)
		return err_set(err, -r, "%s", why.text);
	kube_login_done(&a->login);
	a->login = login;
	a->logged_in_ms = steady;
	return 0;
}

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int fill(struct kube_pass *ret, const struct kube_access *a, struct err *err)
{
	const struct kube_config *c = &a->config;
	const char *token = a->login.token ? a->login.token : a->token ? a->token : c->token;
	bool has = a->login.certificate && a->login.key;

	if (copy(&ret->ca, a->ca ? a->ca : c->ca) < 0 || copy(&ret->token, token) < 0 ||
	    copy(&ret->certificate, has ? a->login.certificate : c->certificate) < 0 ||
	    copy(&ret->key, has ? a->login.key : c->key) < 0) {
		kube_pass_done(ret);
		return err_oom(err);
	}
	return 0;
}

int kube_access_pass(struct kube_pass *ret, struct kube_access *a, bool refused, struct err *err)
{
	struct kube_pass pass = {};
	int r;

	pthread_mutex_lock(&a->lock);
	r = read_files(a, refused, err);
	r = r ? r : log_in(a, refused, err);
	r = r ? r : fill(&pass, a, err);
	pthread_mutex_unlock(&a->lock);
	if (r == 0)
		*ret = pass;
	return r;
}
