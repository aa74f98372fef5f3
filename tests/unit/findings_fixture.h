/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* findings_fixture.h — a small inventory made by hand, and input files in a directory of their own. */
#pragma once

#include <sys/stat.h>

#include "analyzer/file.h"
#include "analyzer/findings.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct package fixture_packages[] = {
	{ .type = "deb",
	  .name = "g++",
	  .version = "4:12.2.0-3",
	  .source = "gcc-defaults",
	  .source_version = "1.203",
	  .purl = "pkg:deb/debian/g%2B%2B@4%3A12.2.0-3?arch=amd64&distro=debian-12" },
	{ .type = "deb",
	  .name = "libssl3",
	  .version = "3.0.11-1",
	  .source = "openssl",
	  .source_version = "3.0.11-1",
	  .purl = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12" },
	{ .type = "deb",
	  .name = "zlib1g",
	  .version = "1:1.2.13",
	  .source = "zlib",
	  .source_version = "1:1.2.13",
	  .purl = "pkg:deb/debian/zlib1g@1%3A1.2.13?arch=amd64&distro=debian-12" },
	{ .type = "maven", .name = "org.x/y", .version = "1.0", .purl = "pkg:maven/org.x/y@1.0" },
	{ .type = "npm",
	  .name = "@scope/thing",
	  .version = "1.0.0",
	  .purl = "pkg:npm/%40scope/thing@1.0.0" },
	{ .type = "pypi", .name = "Jinja2", .version = "3.1.2", .purl = "pkg:pypi/jinja2@3.1.2" },
};

struct findings_fixture {
	struct inventory inventory;
	char dir[32];
};

static inline int findings_setup(void **state)
{
	static struct findings_fixture fixture;

	fixture = (struct findings_fixture){
		.inventory = { .os_id = "debian",
			       .os_version = "12",
			       .packages = fixture_packages,
			       .package_count =
				   sizeof(fixture_packages) / sizeof(*fixture_packages) },
		.dir = "/tmp/vexxy-test.XXXXXX",
	};
	*state = &fixture;
	return mkdtemp(fixture.dir) ? 0 : -1;
}

static inline int findings_teardown(void **state)
{
	struct findings_fixture *fixture = *state;
	char path[64];

	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/in%d.json", fixture->dir, i);
		unlink(path);
	}
	return rmdir(fixture->dir);
}

static inline const char *write_bytes(const struct findings_fixture *fixture, const char *name,
				      const void *data, size_t len)
{
	static char paths[4][64];
	static unsigned next;
	char *path = paths[next++ % 4];
	struct err err = {};

	snprintf(path, sizeof(paths[0]), "%s/%s", fixture->dir, name);
	if (file_write(path, data, len, &err) < 0)
		fail_msg("%s", err.text);
	return path;
}

static inline const char *write_text(const struct findings_fixture *fixture, const char *name,
				     const char *text)
{
	return write_bytes(fixture, name, text, strlen(text));
}

static inline struct findings *load(const struct findings_fixture *fixture,
				    const char *const *paths, size_t n)
{
	struct findings *findings = NULL;
	struct err err = {};

	if (findings_load(&findings, &fixture->inventory,
			  &(struct findings_inputs){ .vulns = paths, .vuln_count = n }, &err) < 0)
		fail_msg("%s", err.text);
	return findings;
}

static inline struct findings *load_one(const struct findings_fixture *fixture, const char *text)
{
	const char *path = write_text(fixture, "in0.json", text);

	return load(fixture, &path, 1);
}

static inline struct findings *load_two(const struct findings_fixture *fixture, const char *one,
					const char *two)
{
	const char *paths[] = { write_text(fixture, "in0.json", one),
				write_text(fixture, "in1.json", two) };

	return load(fixture, paths, 2);
}

static inline bool has_note(const struct findings *findings, const char *part)
{
	for (size_t i = 0; i < findings->note_count; i++)
		if (strstr(findings->notes[i], part))
			return true;
	return false;
}

static inline const char *installed_name(const struct finding *finding)
{
	return finding->package == INVENTORY_NONE ? "(none)"
						  : fixture_packages[finding->package].name;
}

/* Everything that a finding says, as text. */
static inline char *findings_dump(const struct findings *findings)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		fprintf(out, "%s %zd %d %s %s %s %s %s %s %s %d %d %s", f->id, (ssize_t)f->package,
			f->version_differs, f->report_purl ? f->report_purl : "", f->package_name,
			f->package_version ? f->package_version : "", f->severity,
			f->summary ? f->summary : "", f->url ? f->url : "",
			f->fixed_version ? f->fixed_version : "", f->fix_state_known,
			f->installed_is_fixed, f->sources);
		for (size_t k = 0; k < f->alias_count; k++)
			fprintf(out, " =%s", f->aliases[k]);
		for (size_t k = 0; k < f->purl_count; k++)
			fprintf(out, " %s", f->purls[k]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < findings->note_count; i++)
		fprintf(out, "%s\n", findings->notes[i]);
	fprintf(out, "%s %s", findings->image_ref ? findings->image_ref : "",
		findings->image_digest ? findings->image_digest : "");
	fclose(out);
	return text;
}
