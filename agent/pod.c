// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pod.c — what the kubelet and the runtime make of a pod, read as text. */
#include "agent/pod.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "include/sandbox_pod.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define SECONDS_MAX 31536000u
#define CONTAINERS_MAX 16u

/* Copies what consists of these characters only, and is neither empty nor too long. */
static bool copy_word(char *ret, size_t size, const char *from, size_t len, const char *characters)
{
	if (!len || len >= size || strspn(from, characters) < len)
		return false;
	memcpy(ret, from, len);
	ret[len] = '\0';
	return true;
}

static bool copy_uid(char ret[POD_UID_BYTES], const char *from, size_t len)
{
	if (!copy_word(ret, POD_UID_BYTES, from, len, LOWER DIGITS "-_"))
		return false;
	for (char *at = ret; *at; at++)
		if (*at == '_')
			*at = '-';
	return true;
}

bool pod_uid_from_cgroup(char ret[POD_UID_BYTES], const char *name)
{
	size_t len = strlen(name);
	const char *at;

	if (!strncmp(name, "pod", 3))
		return copy_uid(ret, name + 3, len - 3);
	at = strstr(name, "-pod");
	if (strncmp(name, "kube", 4) != 0 || !at || len < 6 ||
	    strcmp(name + len - 6, ".slice") != 0)
		return false;
	/* "kubelet-kubepods-burstable-podUID.slice": the last one, for "-pods" is part of the way. */
	for (const char *next = at; (next = strstr(next + 1, "-pod"));)
		at = next;
	at += 4;
	return at < name + len - 6 && copy_uid(ret, at, (size_t)(name + len - 6 - at));
}

bool pod_lies_below(const char *name)
{
	return !strncmp(name, "kubepods", 8) || !strncmp(name, "kubelet", 7) ||
	       !strcmp(name, "burstable") || !strcmp(name, "besteffort");
}

/* "…/UID/containers/NAME/ID" */
static bool name_from_root(char ret[POD_NAME_BYTES], const char *root, size_t len, const char *uid)
{
	static const char below[] = "/containers/";
	const char *end = root + len, *at = root;
	size_t uid_len = strlen(uid), name_len;

	while ((at = memmem(at, (size_t)(end - at), uid, uid_len))) {
		const char *rest = at + uid_len;

		if (at > root && at[-1] == '/' && (size_t)(end - rest) > sizeof(below) &&
		    !strncmp(rest, below, sizeof(below) - 1)) {
			rest += sizeof(below) - 1;
			name_len = strcspn(rest, "/ \n");
			return rest + name_len < end && rest[name_len] == '/' &&
			       copy_word(ret, POD_NAME_BYTES, rest, name_len, LOWER DIGITS "-");
		}
		at++;
	}
	return false;
}

/* The next mount's root: "ID PARENT MAJ:MIN ROOT …", proc(5). NULL: there is none. */
static const char *next_root(const char **line, size_t *ret_len)
{
	const char *at = *line;

	if (!*at)
		return NULL;
	for (int field = 0; field < 3; field++) {
		at += strcspn(at, " \n");
		at += *at == ' ';
	}
	*ret_len = strcspn(at, " \n");
	*line = at + strcspn(at, "\n");
	*line += **line == '\n';
	return at;
}

bool pod_container_from_mounts(char ret[POD_NAME_BYTES], const char *mountinfo, const char *uid)
{
	const char *root;
	size_t len;

	while (*uid && (root = next_root(&mountinfo, &len)))
		if (name_from_root(ret, root, len, uid))
			return true;
	return false;
}

/* "…/pods/UID/containers/NAME/ID" */
static bool uid_from_root(char ret[POD_UID_BYTES], const char *root, size_t len)
{
	static const char above[] = "/pods/";
	const char *at = memmem(root, len, above, sizeof(above) - 1);

	if (!at)
		return false;
	at += sizeof(above) - 1;
	return copy_word(ret, POD_UID_BYTES, at, strcspn(at, "/ \n"), LOWER DIGITS "-");
}

bool pod_from_mounts(char ret_uid[POD_UID_BYTES], char ret_name[POD_NAME_BYTES],
		     const char *mountinfo)
{
	char uid[POD_UID_BYTES], first[POD_UID_BYTES] = "";
	bool found = false;
	const char *root;
	size_t len;

	while ((root = next_root(&mountinfo, &len))) {
		if (!uid_from_root(uid, root, len))
			continue;
		/* A volume may have such a path in it: then the kubelet's own mounts say otherwise, and nobody is believed. */
		if (*first && strcmp(first, uid) != 0)
			return false;
		memcpy(first, uid, sizeof(first));
		found = found || name_from_root(ret_name, root, len, uid);
	}
	if (found)
		memcpy(ret_uid, first, sizeof(first));
	return found;
}

static int take_number(uint64_t *ret, const char *name, const char *text, uint64_t max,
		       struct err *err)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || end == text || *end || strspn(text, DIGITS) != strlen(text) || v > max)
		return err_set(err, EINVAL, "%s: '%.64s' is no whole number from 0 to %" PRIu64,
			       name, text, max);
	*ret = v;
	return 0;
}

/* The form of a UUID, and no more than that: 8-4-4-4-12. */
static bool is_uuid(const char *text)
{
	if (strlen(text) != 36 || strspn(text, DIGITS "abcdef-") != 36)
		return false;
	return text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

static int take_text(char *ret, size_t size, const char *name, const char *text, struct err *err)
{
	size_t len = strlen(text);

	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at == 0x7f)
			len = size;
	if (len >= size)
		return err_set(err, EINVAL, "%s: it is longer than %zu bytes, or no plain word",
			       name, size - 1);
	memcpy(ret, text, len + 1);
	return 0;
}

/* One "K=V". */
static int take_variable(struct pod_claim *claim, const char *pair, struct err *err)
{
	const struct {
		const char *name;
		char *text;
		size_t size;
		uint64_t *number, max;
	} known[] = {
		{ GATE_ANALYSIS, claim->analysis, sizeof(claim->analysis), NULL, 0 },
		{ GATE_IMAGE, claim->image, sizeof(claim->image), NULL, 0 },
		{ GATE_DIGEST, claim->digest, sizeof(claim->digest), NULL, 0 },
		{ GATE_FUNCTIONS, claim->functions, sizeof(claim->functions), NULL, 0 },
		{ GATE_ISOLATION, claim->isolation, sizeof(claim->isolation), NULL, 0 },
		{ GATE_ATTEMPT, NULL, 0, &claim->attempt, INT32_MAX },
		{ GATE_DURATION, NULL, 0, &claim->duration_s, SECONDS_MAX },
		{ GATE_WINDOW, NULL, 0, &claim->window_s, SECONDS_MAX },
		{ GATE_CONTAINERS, NULL, 0, &claim->containers, CONTAINERS_MAX },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t len = strlen(known[i].name);

		if (strncmp(pair, known[i].name, len) != 0 || pair[len] != '=')
			continue;
		return known[i].text ? take_text(known[i].text, known[i].size, known[i].name,
						 pair + len + 1, err)
				     : take_number(known[i].number, known[i].name, pair + len + 1,
						   known[i].max, err);
	}
	return 0;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

int pod_claim_parse(struct pod_claim *ret, const char *environment, size_t len, struct err *err)
{
	struct pod_claim claim = { .window_s = 5, .containers = 1 };
	int r = 0;

	for (size_t at = 0, n; r == 0 && at < len; at += n + 1) {
		n = strnlen(environment + at, len - at);
		if (at + n == len)
			break; /* cut off */
		r = take_variable(&claim, environment + at, err);
	}
	if (r < 0)
		return r;
	if (*claim.functions && !is_sha256(claim.functions))
		return err_set(err, EINVAL, GATE_FUNCTIONS ": '%s' is no SHA-256", claim.functions);
	if (!is_uuid(claim.analysis))
		return err_set(err, EINVAL, GATE_ANALYSIS ": '%s' is the id of no analysis",
			       claim.analysis);
	if (*claim.isolation && strcmp(claim.isolation, ISOLATION_GVISOR) != 0)
		return err_set(err, EINVAL,
			       GATE_ISOLATION ": '%s' is nothing that this agent knows",
			       claim.isolation);
	if (!claim.containers)
		return err_set(err, EINVAL, GATE_CONTAINERS ": none would follow the gate");
	*ret = claim;
	return 0;
}

void pod_trace_format(char ret[POD_TRACE_BYTES], const struct pod_member *member)
{
	snprintf(ret, POD_TRACE_BYTES, "%s.%" PRIu64 ".%s.%s.%" PRIu64 ".trace.gz",
		 member->analysis, member->attempt, member->uid, member->name, member->number);
}

/* The text up to the next dot, which is stepped over. */
static bool take_part(char *ret, size_t size, const char **at)
{
	size_t len = strcspn(*at, ".");

	if (!len || len >= size || (*at)[len] != '.')
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len + 1;
	return true;
}

bool pod_trace_parse(struct pod_member *ret, const char *name)
{
	struct pod_member member = {};
	char attempt[24], number[24];

	if (!take_part(member.analysis, sizeof(member.analysis), &name) ||
	    !take_part(attempt, sizeof(attempt), &name) ||
	    !take_part(member.uid, sizeof(member.uid), &name) ||
	    !take_part(member.name, sizeof(member.name), &name) ||
	    !take_part(number, sizeof(number), &name) || strcmp(name, "trace.gz") != 0 ||
	    !is_uuid(member.analysis) ||
	    take_number(&member.attempt, "", attempt, INT32_MAX, NULL) < 0 ||
	    take_number(&member.number, "", number, INT32_MAX, NULL) < 0)
		return false;
	*ret = member;
	return true;
}
