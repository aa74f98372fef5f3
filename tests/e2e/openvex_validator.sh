#!/bin/sh
# OpenVEX documents before an independent judge: python3-jsonschema with the official schema, formats asserted.
. tests/lib.sh
python=/usr/bin/python3
schema=analyzer/data/openvex_json_schema.json
differential=tests/tools/openvex_differential.py

if ! "$python" -c 'import jsonschema, rfc3987' 2>/dev/null; then
	skip "an independent validator agrees" "python3-jsonschema and python3-rfc3987 are not installed"
	finish
fi

same_digest() { [ "$(sha256sum <"$schema")" = "9373597734ed1d3ea5161a8b46d3866c4a8cfe76fd632fdd16aef01fb34b3238  -" ]; }
check "the embedded schema is the official one, to the byte" same_digest

check "our document and mutations of it: the same verdict as jsonschema" \
	"$python" "$differential" "$vexxy" "$schema" 500 1 tests/golden/vex.openvex.json
check "another tool's document and mutations of it: the same verdict as jsonschema" \
	"$python" "$differential" "$vexxy" "$schema" 500 2 tests/fuzz/corpus/fuzz_openvex/foreign.json

# The comparison must be able to fail: against a schema that allows more, verdicts have to differ.
sed 's/"additionalProperties": false/"additionalProperties": true/' "$schema" >"$scratch/lax.json"
disagrees() { ! "$python" "$differential" "$vexxy" "$scratch/lax.json" 100 3 tests/golden/vex.openvex.json; }
check "a schema that allows more is told apart" disagrees
finish
