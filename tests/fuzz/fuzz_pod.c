// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_pod.c — any bytes as the name of a cgroup, mounts, the gate's environment and the name of a trace: what comes out is within its limits. */
#include "agent/pod.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_plain(const char *text)
{
	if (!*text || strspn(text, LOWER DIGITS "-") != strlen(text))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char uid[POD_UID_BYTES], name[POD_NAME_BYTES], trace[POD_TRACE_BYTES];
	char *text = calloc(1, size + 1);
	struct pod_member member, again;
	struct pod_claim claim;
	struct err err = {};

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (pod_uid_from_cgroup(uid, text))
		is_plain(uid);
	if (pod_container_from_mounts(name, text, "1234"))
		is_plain(name);
	if (pod_claim_parse(&claim, text, size, &err) == 0) {
		if (!is_uuid(claim.analysis) || !claim.containers || strchr(claim.image, '\n'))
			__builtin_trap();
	} else if (!err.text[0]) {
		__builtin_trap();
	}
	if (pod_trace_parse(&member, text)) {
		pod_trace_format(trace, &member);
		if (!pod_trace_parse(&again, trace) || again.number != member.number)
			__builtin_trap();
	}
	free(text);
	return 0;
}
