// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_server_input.c — any bytes as an upload: of a known format, or refused with a reason. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/input_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = { "sbom", "vulnerabilities", "advisories" };
	_cleanup_close_ int fd = memfd_create("upload", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < 3; i++) {
		const char *format = "";
		struct err err = {};
		int r = input_check(&format, kinds[i], path, &err);

		if (r == 0 ? !*format : !err.text[0])
			__builtin_trap();
	}
	return 0;
}
