#!/bin/bash
# What the proof of R4 settles of programs and the libraries that they load, and whether it is ever wrong: make reach. See README.md
# here, which it writes.
#   tests/reach/run.sh [ROOT]    ROOT: another root; README.md is left alone then
# The root (a few minutes, once for each store) stays in the cache. Needs root.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
store=deploy/symbols/bookworm-amd64.jsonl here=tests/reach pairs=build/tests/pairs results=$PWD/build/reach
# Programs of many kinds that load the libraries of the store.
packages="libxml2-utils,xsltproc,python3,python3-libxml2,python3-lxml,python3-pycares,libpng-tools,giflib-tools,libtiff-tools,xz-utils,xzdec"
packages="$packages,curl,aria2,libarchive-tools,tmux,memcached,redis-server,redis-tools,nginx,libnginx-mod-stream,libnginx-mod-mail,iproute2,expat"

what="what the proof settles"
. tests/truth/root_lib.sh
[ "$(uname -m)" = x86_64 ] || skip_all 'the store and the breakpoints are for amd64'
[ "$(id -u)" = 0 ] || skip_all 'needs root'
for tool in mmdebstrap unshare python3; do
	command -v $tool >/dev/null || skip_all "no $tool here (Debian's packages: mmdebstrap util-linux python3)"
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-reach.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 130' INT TERM
make_root() {
	tests/truth/truth.py pins $store >"$scratch/pins" || return 1
	root=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/reach/$( (echo "$packages"; cat "$scratch/pins") | sha256sum | cut -c1-16)
	[ ! -d "$root" ] || return 0
	echo "# the root is made (once for each store): $root"
	mkdir -p "${root%/*}"
	bookworm_root "$packages" --aptopt='APT::Install-Recommends "false"' || return 1
	mkdir -p "$scratch/root/t" && tests/truth/files.py "$scratch/root/t" && mv "$scratch/root" "$root"
}
# Runs a program in a copy of the root, with a breakpoint on every function of the store's libraries. OUTPUT, words…
watch() {
	local out=$1
	shift
	export out root scratch
	# shellcheck disable=SC2016
	unshare --mount --net --pid --fork --kill-child --mount-proc bash -c '
		m=$scratch/merged
		mkdir -p "$m" && mount -t tmpfs none "$m" && mkdir "$m/up" "$m/work" "$m/merged" &&
			mount -t overlay overlay -o "lowerdir=$root,upperdir=$m/up,workdir=$m/work" "$m/merged" || exit 125
		m=$m/merged
		mount -t proc proc "$m/proc" && mount --rbind /dev "$m/dev" || exit 125
		timeout 120 build/tests/first_hits "$scratch/places" "$out" chroot "$m" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/root "$@"
	' watch "$@" </dev/null >"$scratch/said" 2>&1
	[ -e "$out" ] || { tail -n 3 "$scratch/said"; return 1; }
}
path_of() { # a program in the root, without links
	local path
	for path in /usr/bin/$1 /usr/sbin/$1; do
		[ -e "$root$path" ] && { path=$(chroot "$root" /usr/bin/readlink -f "$path") && echo "$path"; return; }
	done
	return 1
}

make -s $pairs build/tests/first_hits || exit 1
root=${1:-}
[ -n "$root" ] || make_root || { echo "Bail out! the root could not be made"; exit 1; }
rm -rf --one-file-system "$results" && mkdir -p "$results"
$pairs list "$root" $store >"$scratch/places" || exit 1
failed=0 hits=()
while IFS= read -r line <&3; do
	case $line in '#'* | '') continue ;; esac
	eval "words=(${line#*: })"
	program=$(path_of "${words[0]}") || { echo "# not in the root: ${words[0]}"; continue; }
	watch "$results/${line%%:*}" "${words[@]}" || { echo "# not watched: $line" && failed=1 && continue; }
	hits+=("$program" "$results/${line%%:*}")
done 3<$here/workloads
$pairs prove "$root" $store "$results" "${hits[@]}" | tee "$results/said"
[ "${PIPESTATUS[0]}" = 0 ] || failed=1
[ $failed = 0 ] && $here/readme.py "$results" >"$results/README.md" && [ $# = 0 ] && cp "$results/README.md" $here/README.md
exit $failed
