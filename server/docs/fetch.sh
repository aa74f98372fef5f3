#!/bin/sh
# Takes what shows the interface's description from npm, each package by its digest, for the build to put into the server.
#   fetch.sh DIR    leaves each file of `packages` as DIR/NAME.gz, empty where it could not be had: the server says so, then
set -eu
dir=$1 list=$(dirname "$0")/packages
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
one() { # package, version, sha512, files…
	package=$1 version=$2 digest=$3
	shift 3
	command -v npm >/dev/null || { echo "no npm here: $package is left out of the server" >&2 && return 1; }
	archive=$(cd "$scratch" && timeout 120 npm pack --silent "$package@$version" 2>/dev/null | tail -n 1) || archive=
	[ -n "$archive" ] && [ -f "$scratch/$archive" ] || { echo "npm has no $package $version: it is left out of the server" >&2 && return 1; }
	echo "$digest  $scratch/$archive" | sha512sum --check --status || { echo "$package $version is not the one that is known: it is left out" >&2 && return 1; }
	tar -xzf "$scratch/$archive" -C "$scratch"
	for file; do
		# ReDoc would ask its maker's host for a logo.
		sed 's|https://[a-z.]*/redoc/logo-mini.svg|data:,|g' "$scratch/package/$file" | gzip -9nc >"$dir/$(basename "$file").gz"
	done
	rm -rf "$scratch/package"
}
mkdir -p "$dir"
while read -r package version digest files; do
	# shellcheck disable=SC2086
	one "$package" "$version" "$digest" $files || for file in $files; do : >"$dir/$(basename "$file").gz"; done
done <"$list"
