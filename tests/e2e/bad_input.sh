#!/bin/bash
# What a person gets wrong, and what an attacker sends: an exact message, the right exit status, nothing half-written.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

root=$scratch/root vulns=$scratch/vulns.json trace=$scratch/run.trace.gz out=$scratch/documents
mkdir -p "$root/var/lib/dpkg/info" "$root/usr/bin" "$root/etc"
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
printf 'Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n' >"$root/var/lib/dpkg/status"
printf '/.\n/usr\n/usr/bin\n/usr/bin/tool\n' >"$root/var/lib/dpkg/info/tool.list"
cp /bin/true "$root/usr/bin/tool"
cat >"$vulns" <<'JSON'
{"id":"CVE-2020-1","affected":[{"package":{"ecosystem":"Debian:12","name":"tool"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}
JSON
{
	echo '{"vexxy_trace":"1.0","agent":"0.1.0","node":{"kernel":"x"},"clock":{"start":"2026-01-02T03:04:05Z","boottime_ns":1},"container":{},"watch":{"backend":"raw","began":"first_exec","policy":"first-seen","window_s":5,"kinds":["exec"],"attach":[]}}'
	echo '{"t":1,"kind":"exec","pid":7,"comm":"other","path":"/usr/bin/other","dev":"8:1","ino":"1","gen":1,"role":"program"}'
	echo '{"kind":"end","t":60000000000,"reason":"exited","exit":0,"counts":{"exec":1},"losses":{"ring":0},"syscalls":{"native":[],"compat":[]}}'
} | gzip >"$trace"
analyze() { "$vexxy" analyze --trace "$trace" --rootfs "$root" --vulns "$vulns" -o "$out" "$@"; }

check "a good small case goes through" analyze
rm -rf "$out"
check "no output directory: usage, status 2" fails_with 2 '-o OUTDIR' "$vexxy" analyze --trace "$trace" --rootfs "$root" --vulns "$vulns"
check "no trace: usage, status 2" fails_with 2 '--trace' "$vexxy" analyze --rootfs "$root" --vulns "$vulns" -o "$out"
check "an unknown option is named" fails_with 2 "unknown option '--frobnicate'" "$vexxy" analyze --frobnicate
check "an unknown command is named" fails_with 2 "no command 'frobnicate'" "$vexxy" frobnicate
check "an unknown policy is named" fails_with 2 "'lenient'" analyze --policy lenient
check "a missing trace is named" fails_with 1 "nowhere.gz" "$vexxy" analyze --trace "$scratch/nowhere.gz" --rootfs "$root" --vulns "$vulns" -o "$out"
check "a missing root is named" fails_with 1 "no-root" "$vexxy" analyze --trace "$trace" --rootfs "$scratch/no-root" --vulns "$vulns" -o "$out"

printf '{"id":"CVE-1","id":"CVE-2"}' >"$scratch/twice.json"
check "a key that stands twice is refused" fails_with 1 "twice.json.*'id' stands twice" analyze --vulns "$scratch/twice.json"
printf '{"id":"CVE-\xff"}' >"$scratch/utf8.json"
check "invalid UTF-8 is refused" fails_with 1 "utf8.json.*line 1, column.*UTF-8" analyze --vulns "$scratch/utf8.json"
printf '{"what":"ever"}' >"$scratch/unknown.json"
check "a document of no known kind is refused" fails_with 1 "unknown.json" analyze --vulns "$scratch/unknown.json"
{ printf '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"'; head -c 200000000 /dev/zero | tr '\0' a; printf '"}]}'; } >"$scratch/big.json"
check "a 200 MB SBOM meets the limit" fails_with 1 "big.json.*limit of 128 MiB" analyze --sbom "$scratch/big.json"
rm -f "$scratch/big.json"
echo '{"vexxy_trace":"2.0"}' | gzip >"$scratch/new.trace.gz"
check "a trace of a newer major version is refused" fails_with 1 "new.trace.gz.*2" "$vexxy" replay "$scratch/new.trace.gz"
echo 'hello' >"$scratch/no.trace.gz"
check "what is no trace is refused" fails_with 1 "no.trace.gz" "$vexxy" replay "$scratch/no.trace.gz"
check "nothing was written by all these failures" test ! -e "$out/report.json" -a ! -e "$out/vex.openvex.json"
check "no staging directory is left behind" sh -c '! ls -d "$1"/.vexxy.* 2>/dev/null' - "$out"

no_negative() { # no verdict may be not_affected by silence
	! grep -q '"vulnerable_code_not_in_execute_path"' "$1/vex.openvex.json"
}
gzip -dc "$trace" | head -2 | gzip >"$scratch/cut.trace.gz"
cut_short() { "$vexxy" analyze --trace "$scratch/cut.trace.gz" --rootfs "$root" --vulns "$vulns" -o "$scratch/cut" && no_negative "$scratch/cut"; }
check "a truncated trace is analysed, and proves nothing by silence" cut_short
gzip -dc "$trace" | sed 's/"ring":0/"ring":3/' | gzip >"$scratch/lossy.trace.gz"
lossy() { "$vexxy" analyze --trace "$scratch/lossy.trace.gz" --rootfs "$root" --vulns "$vulns" -o "$scratch/lossy" && no_negative "$scratch/lossy"; }
check "a trace with losses proves nothing by silence" lossy

bad_root=$scratch/bad-root
cp -r "$root" "$bad_root"
{ printf 'Package: long\nStatus: install ok installed\nVersion: 1\nDescription: '; head -c 10000000 /dev/zero | tr '\0' x; printf '\n\n'; } >>"$bad_root/var/lib/dpkg/status"
ln -s ../../../../../../etc/passwd "$bad_root/usr/bin/leak"
head -c 100 /bin/true >"$bad_root/usr/bin/half-elf"
mkfifo "$bad_root/usr/bin/fifo"
hostile_root() { timeout 20 "$vexxy" inventory "$bad_root" -o "$scratch/inventory.json" && ! grep -q 'root:x:0:0' "$scratch/inventory.json"; }
check "a hostile root is read to its end and never left" hostile_root

if [ "$(id -u)" = 0 ]; then
	chmod 755 "$scratch"
	install -d -o nobody "$scratch/nobody"
	check "not root: the agent says so" fails_with 1 'root' setpriv --reuid=65534 --regid=65534 --clear-groups "$agent" record -o "$scratch/nobody/x.gz" -- /bin/true
	check "image not found: said with its name" fails_with 1 'no-such-layout' "$agent" record -o "$scratch/x.gz" --image "oci:$scratch/no-such-layout"
	check "a command that is not there: said with its name" fails_with 1 'no-such-command' "$agent" record -o "$scratch/x.gz" -- /no-such-command
	check "no BTF: said, with what is needed" fails_with 1 'BTF' unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$0" record -o "$1" -- /bin/true' "$agent" "$scratch/x.gz"
else
	skip "the agent's own refusals" "needs root"
fi
finish
