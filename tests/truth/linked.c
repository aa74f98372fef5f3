// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* linked.c — a program that Debian's static libraries are linked into: linked [some|all]. Without a word it asks for their versions only. */
#include <expat.h>
#include <lzma.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char document[] = "<!DOCTYPE a [<!ENTITY e 'x'><!ENTITY o SYSTEM 'o'>]>\n"
			       "<a k='v&e;'><b>&e;</b>&o;<![CDATA[<]]></a>\n";

static int parse_other(XML_Parser parser, const XML_Char *context, const XML_Char *base,
		       const XML_Char *system_id, const XML_Char *public_id)
{
	XML_Parser other = XML_ExternalEntityParserCreate(parser, context, NULL);
	int r = XML_Parse(other, "<c/>", 4, 1);

	(void)base;
	(void)system_id;
	(void)public_id;
	XML_ParserFree(other);
	return r;
}

static void stop(void *parser, const XML_Char *name, const XML_Char **attributes)
{
	(void)name;
	(void)attributes;
	XML_StopParser(parser, XML_TRUE);
}

static int parse(int all)
{
	XML_Parser parser = XML_ParserCreate(NULL);
	int r;

	if (all) {
		XML_SetExternalEntityRefHandler(parser, parse_other);
		XML_SetParamEntityParsing(parser, XML_PARAM_ENTITY_PARSING_ALWAYS);
		XML_UseForeignDTD(parser, XML_FALSE);
		XML_SetHashSalt(parser, 1);
		XML_UseParserAsHandlerArg(parser);
		XML_SetStartElementHandler(parser, stop);
	}
	r = XML_Parse(parser, document, sizeof(document) - 1, 1);
	while (r == XML_STATUS_SUSPENDED)
		r = XML_ResumeParser(parser);
	if (all && XML_ParserReset(parser, NULL)) {
		memcpy(XML_GetBuffer(parser, 4), "<a>>", 4);
		if (XML_ParseBuffer(parser, 4, 1) == XML_STATUS_ERROR)
			puts(XML_ErrorString(XML_GetErrorCode(parser)));
	}
	XML_ParserFree(parser);
	return r == XML_STATUS_OK;
}

static size_t run(lzma_stream *s, const unsigned char *in, size_t in_len, unsigned char *out,
		  size_t out_len)
{
	lzma_ret r;

	s->next_in = in;
	s->avail_in = in_len;
	s->next_out = out;
	s->avail_out = out_len;
	do
		r = lzma_code(s, LZMA_FINISH);
	while (r == LZMA_OK && s->avail_out);
	lzma_end(s);
	return r == LZMA_STREAM_END ? out_len - s->avail_out : 0;
}

static int unpack(int all)
{
	static unsigned char plain[200000], packed[300000], back[200000];
	lzma_mt mt = { .threads = 2,
		       .block_size = 50000,
		       .preset = 1,
		       .memlimit_threading = 1 << 28,
		       .memlimit_stop = 1 << 28 };
	lzma_stream s = LZMA_STREAM_INIT;
	size_t len;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (unsigned char)(i * i >> 7);
	if (lzma_stream_encoder_mt(&s, &mt) != LZMA_OK)
		return 0;
	len = run(&s, plain, sizeof(plain), packed, sizeof(packed));
	s = (lzma_stream)LZMA_STREAM_INIT;
	if ((all ? lzma_stream_decoder_mt(&s, &mt) : lzma_stream_decoder(&s, UINT64_MAX, 0)) !=
	    LZMA_OK)
		return 0;
	return run(&s, packed, len, back, sizeof(back)) == sizeof(plain) &&
	       !memcmp(plain, back, sizeof(plain));
}

/* Of colours in eight bits to the file's, of which some have a palette; with all, also wide and scaled ones. */
static int draw(int all)
{
	static const png_uint_32 formats[] = { PNG_FORMAT_RGB, PNG_FORMAT_RGBA,
					       PNG_FORMAT_LINEAR_RGB_ALPHA,
					       PNG_FORMAT_RGB_COLORMAP };
	unsigned char *pixels = calloc(16 * 16, 8), *file = malloc(1 << 20);
	unsigned char map[256 * 8] = { 1, 2, 3, 4, 5, 6 };
	int good = 0;

	for (size_t i = 0; i < (all ? sizeof(formats) / sizeof(*formats) : 1); i++) {
		png_image image = { .version = PNG_IMAGE_VERSION,
				    .width = 16,
				    .height = 16,
				    .format = formats[i],
				    .colormap_entries = 2 };
		png_image again = { .version = PNG_IMAGE_VERSION };
		png_alloc_size_t len = 1 << 20;

		if (!png_image_write_to_memory(&image, file, &len, 0, pixels, 0, map) ||
		    !png_image_begin_read_from_memory(&again, file, len))
			continue;
		again.format = all && i % 2 ? PNG_FORMAT_RGB_COLORMAP : PNG_FORMAT_RGBA;
		good += png_image_finish_read(&again, NULL, pixels, 0, map);
		png_image_free(&again);
	}
	free(pixels);
	free(file);
	return good > 0;
}

int main(int argc, char **argv)
{
	int all = argc > 1 && !strcmp(argv[1], "all");

	printf("%s, %s, %s\n", XML_ExpatVersion(), lzma_version_string(), png_get_libpng_ver(NULL));
	return argc < 2 || (parse(all) && unpack(all) && draw(all)) ? 0 : 1;
}
