#!/bin/bash
# The agent's image as deploy/images/build.sh makes it: twice the same, and with what was mended since the suite's release.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

[ "$(id -u)" = 0 ] || { skip "the agent's image" "building it needs root"; finish; }
for tool in mmdebstrap umoci skopeo; do
	command -v $tool >/dev/null || { skip "the agent's image" "no $tool here: run 'make deps'"; finish; }
done
build() { # directory; the day is that of the last commit where nobody says another
	IMAGES_DIR=$scratch/$1 SOURCE_DATE_EPOCH=1700000000 deploy/images/build.sh agent >"$scratch/out" 2>"$scratch/log" || { tail -n 5 "$scratch/log"; return 1; }
}
digest() { sed -n 's/.*"digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$scratch/$1/agent.oci/index.json" | head -n 1; }
check 'it is built' build one
check 'and once more' build two
is_same() { [ -n "$(digest "$1")" ] && [ "$(digest "$1")" = "$(digest "$2")" ] || { echo "$(digest "$1") and $(digest "$2")"; return 1; }; }
check 'to the same digest' is_same one two

# What apt would install here of the security archive, or what came after that list was fetched.
check 'it can be unpacked' umoci unpack --image "$scratch/one/agent.oci:$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)" "$scratch/root"
if apt-get indextargets --format '$(LABEL)|$(CODENAME)' 'Created-By: Packages' | grep -q '^Debian-Security|bookworm-security$'; then
	wanted=$(apt-cache madison libssl3 | awk -F' *[|] *' '$3 ~ / bookworm-security\// { print $2; exit }')
	built=$(grep -aoE 'OpenSSL 3[0-9.]+ ' "$scratch/root"/rootfs/usr/lib/*/libcrypto.so.3 | head -n 1 | cut -d' ' -f2)
	check "libssl3 is of no version before the one that apt has: $built, ${wanted%%-*}" dpkg --compare-versions "$built" ge "${wanted%%-*}"
else
	skip 'its packages are the newest of the suite' 'apt knows no security archive here'
fi
finish
