// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_build_id.c — any bytes as a program: a build-id in hex, or none. */
#include <sys/mman.h>

#include "agent/build_id.c"
#include "agent/root_file.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char id[BUILD_ID_TEXT_MAX] = "";
	struct code_ranges code = {};

	if (fd < 0)
		fd = memfd_create("elf", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	if (build_id_read(id, fd) == 0 && (strspn(id, "0123456789abcdef") != strlen(id) || !*id))
		__builtin_trap();
	if (code_ranges_read(&code, fd) == 0)
		for (unsigned int i = 0; i < code.count; i++)
			if (code.items[i].begin > code.items[i].end)
				__builtin_trap();
	return 0;
}
