// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
// csaf_mandatory.mjs — CSAF documents before the strict schema and every mandatory test of section 6.1, by the validator of
// Secvisogram (npm @secvisogram/csaf-validator-lib).
//
//     node csaf_mandatory.mjs LIBRARY FILE…     prints every fault; exit status 1 when there is one
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [library, ...files] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(resolve(library, name)).href);
const { default: validate } = await load("validateStrict.js");
const tests = [(await load("schemaTests.js")).csaf_2_0_strict, ...Object.values(await load("mandatoryTests.js"))];

let failed = tests.length < 40 || !files.length;
for (const file of files) {
	const result = await validate(tests, JSON.parse(readFileSync(file, "utf8")));
	for (const test of result.tests.filter((test) => !test.isValid))
		for (const error of test.errors)
			console.log(`${file}: ${test.name}: ${error.instancePath} ${error.message}`);
	failed ||= !result.isValid;
}
process.exit(failed ? 1 : 0);
