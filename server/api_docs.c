// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_docs.c — the interface's description as Swagger UI and ReDoc show it: their files, from npm, are in the program. */
#include <string.h>

#include "page/docs.html.h"
#include "page/redoc.html.h"
#include "server/api.h"
#include "server/digest.h"

/* A file of the build's as it is, compressed; empty when the build could not have it. */
#define EMBED(name, file)                                                                    \
	__asm__(".section .rodata\n.balign 8\n" #name "_bytes: .quad 1f - " #name "\n" #name \
		": .incbin \"" file "\"\n1:\n.previous\n");                                  \
	extern const char name[] __attribute__((visibility("hidden")));                      \
	extern const uint64_t name##_bytes __attribute__((visibility("hidden")))

EMBED(swagger_script, "docs/swagger-ui-bundle.js.gz");
EMBED(swagger_style, "docs/swagger-ui.css.gz");
EMBED(redoc_script, "docs/redoc.standalone.js.gz");

/* Both put styles into the page while they run; scripts come from us only. */
#define POLICY                                                                               \
	"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "          \
	"connect-src 'self'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'"

static int reply_bytes(struct request *request, const char *bytes, size_t len, const char *type,
		       struct err *err)
{
	char hex[DIGEST_HEX_BYTES];

	digest_of(hex, bytes, len);
	reply_header(request, "Cache-Control", "no-cache");
	reply_header(request, "Content-Security-Policy", "%s", POLICY);
	if (reply_etag(request, hex))
		return 0;
	text_put_n(&request->reply.body, bytes, len);
	if (request->reply.body.failed)
		return err_oom(err);
	request->reply.status = 200;
	request->reply.type = type;
	return 0;
}

static int reply_asset(struct request *request, const char *bytes, uint64_t len, const char *type,
		       struct err *err)
{
	if (!len)
		return err_set(err, ENOENT,
			       "this server was built without npm: see /openapi.json instead");
	reply_header(request, "Content-Encoding", "gzip");
	return reply_bytes(request, bytes, len, type, err);
}

static int reply_page(struct request *request, const unsigned char *page, size_t size,
		      bool is_there, struct err *err)
{
	if (!is_there)
		return err_set(err, ENOENT,
			       "this server was built without npm: see /openapi.json instead");
	return reply_bytes(request, (const char *)page, size - 1, "text/html; charset=utf-8", err);
}

int api_docs(struct request *request, struct err *err)
{
	return reply_page(request, docs_html, sizeof(docs_html), swagger_script_bytes > 0, err);
}

int api_redoc(struct request *request, struct err *err)
{
	return reply_page(request, redoc_html, sizeof(redoc_html), redoc_script_bytes > 0, err);
}

int api_docs_file(struct request *request, struct err *err)
{
	const char *name = request_path(request, 0);

	if (!strcmp(name, "swagger-ui-bundle.js"))
		return reply_asset(request, swagger_script, swagger_script_bytes, "text/javascript",
				   err);
	if (!strcmp(name, "swagger-ui.css"))
		return reply_asset(request, swagger_style, swagger_style_bytes, "text/css", err);
	if (!strcmp(name, "redoc.standalone.js"))
		return reply_asset(request, redoc_script, redoc_script_bytes, "text/javascript",
				   err);
	return err_set(err, ENOENT, "the documentation has no such file");
}
