# A Debian 12 root with the packages that the symbol store knows, for tests/truth and tests/reach; sourced. Needs $scratch, and $what is tested.
skip_all() { # reason: as the other tests do, a skip, in CI a failure
	[ "${CI:-}" != true ] || { echo "not ok 1 - $what (cannot be skipped in CI: $1)" && echo 1..1 && exit 1; }
	echo "ok 1 - $what # SKIP $1" && echo 1..1 && exit 0
}
archives() { # what this machine's apt uses for Debian and its security archive
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' | LC_ALL=C sort -u | awk -F'|' '
		$2 == "Debian" { print "deb " $3 " bookworm main" }
		$2 == "Debian-Security" { print "deb " $3 " bookworm-security main" }'
}
# The packages in the versions of the store ($scratch/pins), though there are newer ones. Packages, more words for mmdebstrap…
bookworm_root() {
	local packages=$1 from
	shift
	mapfile -t from < <(archives)
	mmdebstrap --mode=root --variant=essential --format=directory --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--aptopt="Dir::Etc::Preferences \"$scratch/pins\"" --include="$packages" --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' "$@" \
		bookworm "$scratch/root" "${from[@]}" >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log"; return 1; }
}
