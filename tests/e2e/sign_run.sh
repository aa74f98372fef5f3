#!/bin/sh
# vexxy run with a key: the traces that it records belong to what is signed, and are enough to derive the result again.
. tests/lib.sh
. tests/e2e/sign_lib.sh

if ! can_trace; then
	skip "a run is recorded and signed" "tracing needs root and a kernel with BTF"
	finish
fi
busybox=$(command -v busybox) || { skip "a run is recorded and signed" "busybox is not installed"; finish; }
root=$scratch/root out=$scratch/result
mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/dev" "$root/var/lib/dpkg/info"
cp "$busybox" "$root/bin/busybox"
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
printf 'Package: busybox-static\nStatus: install ok installed\nArchitecture: amd64\nSource: busybox\nVersion: 1:1.35.0-4\nDescription: x\n\n' >"$root/var/lib/dpkg/status"
printf '/.\n/bin\n/bin/busybox\n' >"$root/var/lib/dpkg/info/busybox-static.list"
printf '{"schema_version":"1.6.0","id":"CVE-2026-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"busybox"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}\n' >"$scratch/osv.json"
"$vexxy" keygen "$scratch/key.pem" --type ed25519 >/dev/null

says() { # exit status, extended regular expression on stdout, options of verify…
	want=$1 pattern=$2
	shift 2
	"$vexxy" verify "$out" --key "$scratch/key.pub.pem" "$@" >"$scratch/stdout" 2>&1
	got=$?
	[ "$got" = "$want" ] && grep -qE -- "$pattern" "$scratch/stdout" || { echo "exit status $got, expected $want and '$pattern':"; cat "$scratch/stdout"; return 1; }
}
run() { "$vexxy" run --rootfs "$root" --vulns "$scratch/osv.json" --key "$scratch/key.pem" -q --repeat 2 -o "$out" -- /bin/busybox true; }
refused() { "$vexxy" run --rootfs "$root" --vulns "$scratch/osv.json" --key "$scratch/none.pem" -q -o "$scratch/none" -- /bin/busybox touch /was-run; }
not_run() { ! refused 2>"$scratch/refused" && grep -q 'cannot open the key' "$scratch/refused" && [ ! -e "$root/was-run" ]; }
check "without its key nothing is run" not_run
check "a run of two starts is recorded and signed" run
check "it holds, with both traces" says 0 'holds; 4 signatures of .*, 7 files'
check "it is derived again" says 0 'derived again from its inputs' --input "$scratch/osv.json"
rm "$out/run.2.trace.gz"
check "without one of its traces it does not hold: 3" says 3 'fault: run.2.trace.gz: is missing'
finish
