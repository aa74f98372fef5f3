// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_page.c — the web page: files of server/page/ that the build put into the program. It uses the public interface only. */
#include <string.h>

#include "page/api.js.h"
#include "page/coverage.js.h"
#include "page/crosscheck.js.h"
#include "page/docs.js.h"
#include "page/dom.js.h"
#include "page/index.html.h"
#include "page/job.js.h"
#include "page/list.js.h"
#include "page/main.js.h"
#include "page/page.css.h"
#include "page/redoc.js.h"
#include "page/service.js.h"
#include "page/submit.js.h"
#include "page/verdicts.js.h"
#include "server/api.h"
#include "server/digest.h"

/* Nothing but our own files, and nobody may put the page into a frame. */
#define POLICY                                                                          \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#define SCRIPT "text/javascript; charset=utf-8"

/* Each array ends with a 0 that is not part of the file. */
#define FILE_OF(name, type, bytes)                         \
	{                                                  \
		(name), (type), (bytes), sizeof(bytes) - 1 \
	}
static const struct page_file {
	const char *name, *type;
	const unsigned char *bytes;
	size_t len;
} files[] = {
	FILE_OF("index.html", "text/html; charset=utf-8", index_html),
	FILE_OF("page.css", "text/css; charset=utf-8", page_css),
	FILE_OF("api.js", SCRIPT, api_js),
	FILE_OF("coverage.js", SCRIPT, coverage_js),
	FILE_OF("crosscheck.js", SCRIPT, crosscheck_js),
	FILE_OF("docs.js", SCRIPT, docs_js),
	FILE_OF("dom.js", SCRIPT, dom_js),
	FILE_OF("job.js", SCRIPT, job_js),
	FILE_OF("list.js", SCRIPT, list_js),
	FILE_OF("main.js", SCRIPT, main_js),
	FILE_OF("redoc.js", SCRIPT, redoc_js),
	FILE_OF("service.js", SCRIPT, service_js),
	FILE_OF("submit.js", SCRIPT, submit_js),
	FILE_OF("verdicts.js", SCRIPT, verdicts_js),
};

static int reply_file(struct request *request, const struct page_file *file, struct err *err)
{
	char hex[DIGEST_HEX_BYTES];

	digest_of(hex, file->bytes, file->len);
	reply_header(request, "Cache-Control", "no-cache");
	reply_header(request, "Content-Security-Policy", "%s", POLICY);
	reply_header(request, "Referrer-Policy", "no-referrer");
	if (reply_etag(request, hex))
		return 0;
	text_put_n(&request->reply.body, (const char *)file->bytes, file->len);
	if (request->reply.body.failed)
		return err_oom(err);
	request->reply.status = 200;
	request->reply.type = file->type;
	return 0;
}

int api_page(struct request *request, struct err *err)
{
	return reply_file(request, &files[0], err);
}

int api_page_file(struct request *request, struct err *err)
{
	const char *name = request_path(request, 0);

	for (size_t i = 1; i < sizeof(files) / sizeof(*files); i++)
		if (!strcmp(files[i].name, name))
			return reply_file(request, &files[i], err);
	return err_set(err, ENOENT, "the page has no such file");
}
