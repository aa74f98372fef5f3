#!/bin/bash
# The other forms of the OpenVEX document before judges that are not ours: the official schemas, and CSAF's mandatory tests.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
python=/usr/bin/python3
forms="tests/golden/vex.cdx.json tests/golden/vex.sarif tests/golden/vex.csaf.json"
out=$scratch/analysis

if ! "$python" -c 'import jsonschema' 2>/dev/null; then
	skip "other forms are valid before the official schemas" "python3-jsonschema is not installed"
	finish
fi
valid() { "$python" tests/tools/validate_form.py "$@"; }
invalid() { # file, what sed changes: the judge must be able to say no
	sed "$2" "$1" >"$scratch/changed.json"
	! cmp -s "$1" "$scratch/changed.json" || { echo "nothing changed" && return 1; }
	! valid "$scratch/changed.json"
}
digests_hold() { (cd tests/schemas && sha256sum --quiet -c SHA256SUMS); }

check "the schemas are the official ones, to the byte" digests_hold
# shellcheck disable=SC2086
check "CycloneDX 1.6, SARIF 2.1.0, CSAF 2.0" valid $forms
check "the filtered SBOM is CycloneDX 1.6, too" valid tests/golden/sbom.filtered.cdx.json
check "a state that CycloneDX does not know is refused" invalid tests/golden/vex.cdx.json 's/"exploitable"/"affected"/'
check "a reference that leads nowhere is refused" invalid tests/golden/vex.cdx.json 's/"ref": "pkg:deb\/debian\/curl/&x/'
check "a level that SARIF does not know is refused" invalid tests/golden/vex.sarif 's/"level": "error"/"level": "high"/'
check "a label that CSAF does not know is refused" invalid tests/golden/vex.csaf.json 's/"label": "vulnerable/&ly/'
check "a CSAF document without publisher is refused" invalid tests/golden/vex.csaf.json 's/"publisher"/"published_by"/'

# An analysis with everything in it, as a person asks for it.
"$python" - "$scratch" <<'PY' >"$scratch/args" || exit 1
import sys
sys.path.insert(0, "tests/cases")
sys.dont_write_bytecode = True
from case import Case
print("\n".join(Case("tests/cases/epoch.case").build(sys.argv[1])))
PY
mapfile -t args <"$scratch/args"
analyze() { "$vexxy" analyze "${args[@]}" -o "$out" "$@"; }
three() { valid "$out/vex.cdx.json" "$out/vex.sarif" "$out/vex.csaf.json"; }
none_of_them() { ls -A "$out" && [ ! -e "$out/vex.sarif" ] && [ ! -e "$out/vex.csaf.json" ] && [ ! -e "$out/vex.cdx.json" ]; }
options_tell() { grep -A4 '"also"' "$out/inputs.json" | tr -d ' \n' | grep -q '"also":\["csaf","cyclonedx","sarif"\]'; }
names_us() { grep -q '"namespace": "https://vex.example/web"' "$out/vex.csaf.json" && grep -q '"https://vex.example/web/statement-' "$out/vex.sarif"; }
check "without --also there is none of them" analyze
check "… really" none_of_them
check "--also in two ways of writing it" analyze --also sarif,cyclonedx --also csaf --namespace https://vex.example/web
check "they are valid" three
check "inputs.json tells that they were asked for" options_tell
check "--namespace names documents and statements" names_us
check "a form that there is not: 2, naming it" fails_with 2 "'spdx' is none of csaf, cyclonedx, kubescape, sarif, trivy-repo" analyze --also csaf,spdx
check "a namespace that is no IRI: 2" fails_with 2 "'here' is no absolute IRI" analyze --namespace here
last_element() { analyze -q --image-digest "sha256:$(printf 'a%.0s' {1..64})" --name Registry.example:5000/Team/Web:1 && grep -q '"@id": "pkg:oci/web@sha256:aaaa' "$out/vex.openvex.json" && "$vexxy" lint "$out/vex.openvex.json"; }
check "--name may be a reference: the product has its last element, as scanners know it" last_element
check "a name in which there is none: 1" fails_with 1 "'/' holds no name of an image" analyze --name /
rm -rf "$out"
says_why() { analyze --policy kubescape --also sarif | grep -q 'No OpenVEX document was written' && none_of_them; }
check "where no OpenVEX document is made, none of these is" says_why

# A repository for trivy: only for an image whose registry is known.
repository() { analyze --also trivy-repo --image-digest "sha256:$(printf 'a%.0s' {1..64})" "$@"; }
refused() { repository | grep -q 'No vex.trivy-repo.tar was written: trivy asks for an image by its registry' && [ ! -e "$out/vex.trivy-repo.tar" ]; }
check "without a registry there is no repository for trivy, and it is said" refused
at_registry() { # the same trace, of an image with a name
	gzip -dc "$scratch/0.trace.gz" | sed '1s|"container":{|&"image":"registry.example:5000/team/web:1"|' | gzip -n >"$scratch/named.gz"
	args=("${args[@]/$scratch\/0.trace.gz/$scratch\/named.gz}")
	repository
}
check "for an image of a registry there is one" at_registry
unpacked() {
	mkdir -p "$scratch/repo" && tar -xf "$out/vex.trivy-repo.tar" -C "$scratch/repo" && cmp "$out/vex.openvex.json" "$scratch/repo/0.1/vex.openvex.json" &&
		grep -q '"id": "pkg:oci/web?repository_url=registry.example:5000%2Fteam%2Fweb"' "$scratch/repo/0.1/index.json" &&
		"$python" -c 'import json, sys; json.load(open(sys.argv[1]))["versions"][0]["spec_version"]' "$scratch/repo/vex-repository.json"
}
check "tar unpacks it: manifest, index, and the document to the byte" unpacked

library=${OUT:-build}/npm/node_modules/@secvisogram/csaf-validator-lib
if ! command -v npm >/dev/null; then
	skip "CSAF's mandatory tests" "npm is not installed"
	finish
fi
# shellcheck disable=SC2086
[ -d "$library" ] || npm install --prefix "${OUT:-build}/npm" --no-save --ignore-scripts --no-audit --no-fund \
	@secvisogram/csaf-validator-lib@2.0.10 >"$scratch/npm" 2>&1
if [ ! -d "$library" ]; then
	skip "CSAF's mandatory tests" "npm has no @secvisogram/csaf-validator-lib: $(tail -n 1 "$scratch/npm")"
	finish
fi
mandatory() { node tests/tools/csaf_mandatory.mjs "$library" "$@"; }
not_mandatory() { # what sed changes
	sed "$1" tests/golden/vex.csaf.json >"$scratch/changed.json"
	mandatory "$scratch/changed.json" >"$scratch/said"
	[ $? = 1 ] && grep -q "$2" "$scratch/said"
}
analyze --also csaf >/dev/null
check "CSAF's mandatory tests: all pass" mandatory tests/golden/vex.csaf.json "$out/vex.csaf.json"
check "… and fail for a version without its revision" not_mandatory 's/"number": "1"/"number": "2"/' 6_1_16
check "… for a product that is nowhere defined" not_mandatory '/product_status/,/flags/s/"image-1:/"image-9:/' 6_1_1
check "… for a negative status without a reason" not_mandatory 's/"flags"/"flegs"/; s/"threats"/"thraets"/' 6_1_27_9
finish
