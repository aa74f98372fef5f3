#!/bin/bash
# What strangers wrote (names, paths, identifiers, documents) is shown to people, and never steers their terminal.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

esc='\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u200f\u007f\rnew\nline'
raw=$(printf '\033[2J\033]0;owned\007\302\233\342\200\256')
root=$scratch/root trace=$scratch/run.trace.gz out=$scratch/documents
mkdir -p "$root/var/lib/dpkg/info" "$root/usr/bin" "$root/etc" "$root/usr/lib/python3/dist-packages/evil-1.dist-info"
printf 'ID="debian%s"\nVERSION_ID="12"\nPRETTY_NAME="%s"\n' "$raw" "$raw" >"$root/etc/os-release"
printf 'Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\nPackage: b%sd\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n' "$raw" >"$root/var/lib/dpkg/status"
printf '/.\n/usr\n/usr/bin\n/usr/bin/tool\n' >"$root/var/lib/dpkg/info/tool.list"
printf 'Name: ev%sil\nVersion: 1%s\n\n' "$raw" "$raw" >"$root/usr/lib/python3/dist-packages/evil-1.dist-info/METADATA"
printf '\177ELF%s' "$raw" >"$root/usr/bin/${raw}elf" && chmod 755 "$root/usr/bin/${raw}elf"
cp /bin/true "$root/usr/bin/tool"
header='{"vexxy_trace":"1.0","agent":"'$esc'","node":{"name":"'$esc'","kernel":"'$esc'"},"clock":{"start":"2026-01-02T03:04:05Z"},"container":{"image":"'$esc'"},"watch":{"backend":"'$esc'","began":"late","kinds":["exec"],"attach":[{"what":"'$esc'","point":"'$esc'"}]}}'
{
	echo "$header"
	echo '{"t":1,"kind":"exec","pid":7,"comm":"'$esc'","path":"/usr/bin/'$esc'","role":"program"}'
	echo '{"t":2,"kind":"open","pid":7,"comm":"'$esc'","error":"'$esc'","given":"'$esc'","how":"'$esc'"}'
	echo '{"t":3,"kind":"'$esc'","'$esc'":"'$esc'"}'
	echo '{"t":4,"kind":"mark","name":"'$esc'"}'
	echo '{"t":5,"kind":"lost","what":"'$esc'","count":1}'
	echo '{"t":6,"kind":"net","op":"connect","family":"'$esc'","addr":"'$esc'","port":1}'
	echo '{"t":60000000000,"kind":"end","reason":"'$esc'","counts":{"'$esc'":1},"losses":{"'$esc'":0},"syscalls":{"native":["'$esc'"]}}'
} | gzip >"$trace"
cat >"$scratch/grype.json" <<JSON
{"descriptor":{"name":"grype"},"source":{"target":{"userInput":"$esc"}},"matches":[
{"vulnerability":{"id":"CVE-2024-0001","severity":"$esc","fix":{"versions":["$esc"],"state":"fixed"}},"artifact":{"name":"$esc","version":"$esc","type":"deb"}},
{"vulnerability":{"id":"CVE-$esc","severity":"High"},"artifact":{"name":"tool","version":"1.0-1","type":"deb","purl":"pkg:deb/debian/tool@1.0-1"}},
{"vulnerability":{"id":"CVE-2024-0002","severity":"High"},"artifact":{"name":"tool","version":"1.0-1","type":"deb","purl":"pkg:deb/debian/tool@1.0-1?$esc"}},
{"vulnerability":{"id":"CVE-2024-0003","severity":"High"},"artifact":{"name":"tool","version":"1.0-1","type":"deb","purl":"pkg:deb/debian/tool@1.0-1"}}]}
JSON
cat >"$scratch/vex.openvex.json" <<JSON
{"@context":"$esc","@id":"$esc","author":"$esc","timestamp":"$esc","version":1,"$esc":1,"statements":[{"vulnerability":{"name":"$esc"},"status":"$esc","products":[{"@id":"pkg:oci/$esc"},{"@id":"$esc"}]}]}
JSON

# Neither C0 controls but the newline, nor DEL, C1 controls, or marks that turn the direction of text.
controls='[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]'
turns='\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]' # JSON is for machines, and may hold these
is_clean() { # command…: all that it prints
	"$@" >"$scratch/said" 2>&1
	[ -s "$scratch/said" ] || { echo "$* said nothing" && return 1; }
	! LC_ALL=C grep -qP "$forbidden" "$scratch/said" || { cat -v "$scratch/said"; return 1; }
}
forbidden="$controls|$turns"
analyze() { "$vexxy" analyze --trace "$trace" --rootfs "$root" --vulns "$scratch/grype.json" -o "$out" "$@"; }
check "the table" is_clean analyze
check "the documents were written" test -s "$out/report.json"
check "explain" is_clean "$vexxy" explain "$out" CVE-2024-0003
check "replay" is_clean "$vexxy" replay "$trace"
check "replay --stats" is_clean "$vexxy" replay --stats "$trace"
forbidden=$controls
check "replay as JSON" is_clean "$vexxy" replay --format json "$trace"
check "inventory" is_clean "$vexxy" inventory "$root"
one_inventory() { "$vexxy" inventory "$root" -o "$scratch/saved.json" && "$vexxy" inventory "$root" | cmp - "$scratch/saved.json"; }
check "… is the document that is saved" one_inventory
check "lint as JSON" is_clean "$vexxy" lint --json "$scratch/vex.openvex.json"
forbidden="$controls|$turns"
check "inventory --summary" is_clean "$vexxy" inventory --summary "$root"
check "lint of our document" is_clean "$vexxy" lint "$out/vex.openvex.json" --against "$scratch/grype.json"
check "lint of a stranger's" is_clean "$vexxy" lint "$scratch/vex.openvex.json" --against "$scratch/grype.json"
printf '{"%s":1,"%s":2}' "$esc" "$esc" >"$scratch/twice.json"
check "a refused document" is_clean "$vexxy" lint "$scratch/twice.json"
check "a refused report" is_clean analyze --vulns "$scratch/twice.json"
printf '%s\n' '{"vexxy_trace":"'"$esc"'"}' >"$scratch/version.trace"
check "a refused trace" is_clean "$vexxy" replay "$scratch/version.trace"
check "a refused name of a file" is_clean "$vexxy" replay "$scratch/$raw"
check "a wrong option" is_clean "$vexxy" replay "--$raw"
check "a wrong command" is_clean "$vexxy" "$raw"
finish
