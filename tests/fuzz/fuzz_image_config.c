// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_image_config.c — any bytes as the documents of an image: refused with a reason, or words and digests within limits. */
#include "agent/image_config.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char digest[IMAGE_DIGEST_BYTES] = "";
	struct image_config config = {};
	struct err err = {};

	if (image_index_parse(digest, text, size, &err) == 0 && strchr(digest, '/'))
		__builtin_trap();
	if (image_manifest_parse(digest, text, size, &err) == 0 && strlen(digest) != 71)
		__builtin_trap();
	err.text[0] = '\0';
	if (image_config_parse(&config, text, size, &err) < 0 && !err.text[0])
		__builtin_trap();
	image_config_done(&config);
	return 0;
}
