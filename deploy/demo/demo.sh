#!/bin/bash
# make demo: runs a web server of Debian, exercises it, and decides which of its known vulnerabilities can be reached.
# DEMO_SECONDS (15) is how long; the decisions want 59 bursts of requests in which no file is used for the first time.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() { echo "error: $1" >&2 && exit 1; }

out=build/demo/out
export DEMO_SECONDS=${DEMO_SECONDS:-15}
[[ $DEMO_SECONDS =~ ^[1-9][0-9]{0,5}$ ]] || fail "DEMO_SECONDS: '$DEMO_SECONDS' is not a number of seconds"
[ "$(id -u)" = 0 ] || fail "recording with eBPF needs root: type 'sudo make demo'"
layout=$(deploy/demo/build-image.sh deploy/demo/web)
mkdir -p "${out%/*}"
printf '  %-8s%s\n' DEMO "nginx under requests for $DEMO_SECONDS s, recorded from its first instruction" >&2
build/vexxy run "oci:$layout:demo" --vulns deploy/advisories/demo.osv.jsonl \
	--advisories deploy/advisories/functions.osv.jsonl --symbols deploy/symbols/bookworm-amd64.jsonl -o "$out" --window 0 --ready-port 8080 \
	--driver deploy/demo/workload.py --until-driver --duration $((DEMO_SECONDS + 60))
echo
echo "In $out:"
while read -r file what; do
	[ -f "$out/$file" ] || fail "'$out/$file' was not written"
	printf '  %-24s%s\n' "$file" "$what"
done <<'END'
vex.openvex.json the verdicts as OpenVEX: for a scanner's --vex
report.json every verdict with its rule, confidence and evidence
sbom.filtered.cdx.json CycloneDX: only what was used at run time
run.trace.gz what was seen, event by event
inputs.json the digests of all inputs and the options: the same again gives the same bytes
END
cat <<END

Next:
  build/vexxy explain $out CVE-2023-45853
  build/vexxy replay $out/run.trace.gz --stats
  build/vexxy run --help
END
