#!/bin/bash
# Builds a small container image from Debian packages as an OCI layout and prints the layout's path.
#   deploy/demo/build-image.sh [--fresh] RECIPE    RECIPE is a directory: "recipe" (below), "root/" copied over the packages
# A recipe sets: name, packages, command=(words…), and may set workdir and tag. The same recipe and the same packages give
# the same digest; a second call finds the layout in the cache (XDG_CACHE_HOME, else ~/.cache). DEBIAN_MIRROR chooses
# the mirror, else apt's configuration does. Only the suite itself is used, without its security archive: that is how
# an image looks that nobody has updated since the last point release.
set -euo pipefail
suite=bookworm

fail() { echo "error: $1" >&2 && exit 1; }
say() { printf '  %-8s%s\n' IMAGE "$name: $1" >&2; }

mirror() { # what this machine's apt uses for Debian
	local found=
	if command -v apt-get >/dev/null; then
		found=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
			sed -n 's/^Debian|Debian|//p' | sort | head -n 1)
	fi
	found=${DEBIAN_MIRROR:-$found}
	[ -n "$found" ] || fail "apt knows no archive of Debian: set DEBIAN_MIRROR to the address of one"
	echo "${found%/}"
}

recipe_key() { # everything that decides about the content, except what the archive holds today
	(cat "$0" "$recipe/recipe" && cd "$recipe" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum &&
		dpkg --print-architecture) | sha256sum | cut -c1-16
}

# The date of the suite's last change becomes the image's: every build of the same packages bears the same.
suite_epoch() {
	/usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$from/dists/$suite/InRelease" "$work/InRelease" >"$work/log" 2>&1 ||
		fail "cannot reach the mirror '$from': $(grep -m1 "^E:" "$work/log" || tail -n 1 "$work/log")"
	date -u -d "$(sed -n 's/^Date: //p' "$work/InRelease")" +%s
}

stage_files() { # the same modes whatever the umask of the clone and of this shell
	umask 022
	cp -r --no-preserve=mode,ownership "$recipe/root" "$work/root"
	(cd "$recipe" && find root -type f -perm /100 -print0) | (cd "$work" && xargs -0r chmod 755)
}

install_packages() { # into $work/layer.tar; steps are shown on a terminal, the whole log when it fails
	mmdebstrap --mode=root --variant=essential --format=tar --architectures="$(dpkg --print-architecture)" \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--include="$(echo $packages | tr ' ' ,)" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='cp -r --no-preserve=ownership "$work/root/." "$1/"' \
		--customize-hook='rm -rf "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/var/log/* "$1"/var/cache/*/*-old' \
		--customize-hook='for d in $keep_dirs; do mkdir -p "$1$d"; done' \
		"$suite" "$work/layer.tar" "deb $from $suite main" 2>&1 | tee "$work/log" |
		while IFS= read -r line; do
			case $line in 'I: '*ing*) [ ! -t 2 ] || say "${line#I: }" ;; esac
		done || { tail -n 20 "$work/log" >&2 && fail "mmdebstrap could not install the packages"; }
}

make_layout() {
	local layout=$work/layout config=(--config.env "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	local day word
	day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
	for word in "${command[@]}"; do config+=(--config.cmd "$word"); done
	umoci init --layout "$layout"
	umoci new --image "$layout:$tag"
	umoci raw add-layer --image "$layout:$tag" --history.created "$day" --history.created_by "$name" "$work/layer.tar"
	umoci config --image "$layout:$tag" --created "$day" --author '' --architecture "$(dpkg --print-architecture)" --os linux \
		--config.workingdir "${workdir:-/}" "${config[@]}" --no-history
	umoci gc --layout "$layout"
}

[ "${1:-}" != --fresh ] || { fresh=yes && shift; }
[ $# = 1 ] && [ -f "$1/recipe" ] || fail "usage: $0 [--fresh] RECIPE"
recipe=$(cd "$1" && pwd)
tag=latest keep_dirs= fresh=${fresh:-}
# shellcheck disable=SC1091
. "$recipe/recipe"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/images
layout=$cache/$name-$(recipe_key)
if [ -z "$fresh" ] && [ -f "$layout/index.json" ]; then
	echo "$layout" && exit 0
fi
[ "$(id -u)" = 0 ] || fail "building an image needs root"
for tool in mmdebstrap umoci; do
	command -v $tool >/dev/null || fail "$tool is missing: run 'make deps'"
done
mkdir -p "$cache"
work=$(mktemp -d "$cache/.new.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
from=$(mirror)
say "building from $from $suite (the first time only)"
SOURCE_DATE_EPOCH=$(suite_epoch)
export SOURCE_DATE_EPOCH keep_dirs work
stage_files
install_packages
say "writing the OCI layout"
make_layout >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "umoci could not make the layout"; }
rm -rf --one-file-system "$cache/$name-"*
mv "$work/layout" "$layout"
echo "$layout"
