// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_users.c — any bytes as specification, passwd and group (parted by NUL): a user within limits, or a reason. */
#include "agent/users.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 3), *passwd, *group;
	struct user user;
	struct err err = {};

	if (!text)
		return 0;
	memcpy(text, data, size);
	passwd = text + strlen(text) + 1;
	group = passwd <= text + size ? passwd + strlen(passwd) + 1 : passwd;
	if (users_find(&user, text, passwd, group, &err) < 0 && !err.text[0])
		__builtin_trap();
	free(text);
	return 0;
}
