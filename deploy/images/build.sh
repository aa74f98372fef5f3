#!/bin/sh
# Builds the images from Debian packages and from what `make` has built, as OCI layouts build/images/NAME.oci:VERSION: of the agent and the
# server for a cluster, and of both in one for a machine without (deploy/compose.yaml). The same packages and programs give the same digest.
#   deploy/images/build.sh [agent] [server] [local]    default agent server; as root; buildah where there is one, else umoci. DEBIAN_MIRROR: as in deploy/demo
# IMAGES_DIR: instead of build/images. What Debian's security team has mended since the last release of the suite is in, where apt knows its archive.
set -eu
cd "$(dirname "$0")/../.."
suite=bookworm
out=${IMAGES_DIR:-$PWD/build/images}
version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
common="libelf1 zlib1g libcjson1 libssl3 ca-certificates libc-bin"
agent_packages="$common libbpf1 libcurl4"
# dash: for the one line of the first init container.
server_packages="$common libmicrohttpd12 libsqlite3-0 libpq5 libcurl4 libyaml-0-2 libdw1 liblzma5 libzydis4.0 libcapstone4 skopeo umoci dash"
# What runs and unpacks a container, and what a test script may want.
local_packages="$server_packages libbpf1 runc util-linux coreutils grep sed curl"

fail() { echo "error: $1" >&2 && exit 1; }
[ "$(id -u)" = 0 ] || fail 'building an image needs root'
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: run 'make deps'"
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
	sed -n 's/^Debian|Debian|//p' | sort | head -n 1)}
[ -n "$mirror" ] || fail 'apt knows no archive of Debian: set DEBIAN_MIRROR to the address of one'
security=$(apt-get indextargets --format '$(LABEL)|$(CODENAME)|$(REPO_URI)' 'Created-By: Packages' |
	sed -n "s/^Debian-Security|$suite-security|//p" | sort | head -n 1)
[ -n "$security" ] || echo "warning: apt knows no security archive of $suite: the images have the packages of its last release" >&2
# Every file bears the day of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

stage_agent() { # root
	install -Dm755 build/vexxy-agent "$1/usr/bin/vexxy-agent"
	install -dm700 "$1/var/lib/vexxy-agent"
}
stage_server() { # root
	install -Dm755 -t "$1/usr/bin" build/vexxy-server build/vexxy
	install -Dm644 -t "$1/usr/share/vexxy" deploy/symbols/*.jsonl deploy/advisories/functions.osv.jsonl
	ln -sf dash "$1/bin/sh"
	mkdir -p "$1/etc/containers"
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$1/etc/containers/policy.json" # images are named by their digest
	install -dm750 -o 64998 -g 64998 "$1/var/lib/vexxy"
	install -dm1777 "$1/tmp"
}
stage_local() { # root
	stage_agent "$1"
	stage_server "$1"
	install -dm711 -o 0 -g 0 "$1/var/lib/vexxy"
}
# Packages without their scripts, then what those would have made.
make_root() { # name, packages: $work/root.tar
	root=$work/root
	mkdir -p "$root"
	mmdebstrap --quiet --mode=root --variant=extract --architectures="$(dpkg --print-architecture)" --include="$(echo $2 | tr ' ' ,)" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' "$suite" "$work/packages.tar" "deb $mirror $suite main" ${security:+"deb $security $suite-security main"} >&2
	tar -xf "$work/packages.tar" -C "$root"
	rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/usr/share/info "$root"/var/cache "$root"/var/log/* \
		"$root"/var/lib/apt "$root"/usr/share/perl* "$root"/usr/lib/*/perl* "$root"/dev/* "$root"/etc/apt
	printf 'root:x:0:0::/:/sbin/nologin\nnobody:x:65534:65534::/nonexistent:/sbin/nologin\nvexxy:x:64998:64998::/var/lib/vexxy:/sbin/nologin\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\nvexxy:x:64998:\n' >"$root/etc/group"
	mkdir -p "$root/etc/ssl/certs"
	cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
	"stage_$1" "$root"
	chroot "$root" /sbin/ldconfig
	rm -rf "$root/var/cache"
	tar --create --file "$work/root.tar" --directory "$root" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner \
		--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime .
}
with_buildah() { # name
	cp "deploy/images/$1.Containerfile" "$work/Containerfile"
	buildah --storage-driver vfs --root "$work/store" --runroot "$work/run" bud --quiet --isolation chroot --format oci --timestamp "$SOURCE_DATE_EPOCH" \
		--tag "vexxy-$1:$version" "$work" >&2
	buildah --storage-driver vfs --root "$work/store" --runroot "$work/run" push --quiet --signature-policy "$work/policy.json" "vexxy-$1:$version" "oci:$out/$1.oci:$version" >&2
}
words() { sed -n "s/^$1 //p" "deploy/images/$2.Containerfile" | python3 -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")'; }
with_umoci() { # name
	day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
	set -- "$1" --created "$day" --author '' --os linux --architecture "$(dpkg --print-architecture)" --no-history
	name=$1
	shift
	for word in $(words ENTRYPOINT "$name"); do set -- "$@" --config.entrypoint "$word"; done
	for word in $(words CMD "$name"); do set -- "$@" --config.cmd "$word"; done
	user=$(sed -n 's/^USER //p' "deploy/images/$name.Containerfile")
	[ -z "$user" ] || set -- "$@" --config.user "$user"
	umoci init --layout "$out/$name.oci" && umoci new --image "$out/$name.oci:$version" >&2
	umoci raw add-layer --image "$out/$name.oci:$version" --history.created "$day" --history.created_by build.sh "$work/root.tar" >&2
	umoci config --image "$out/$name.oci:$version" "$@" --config.env PATH=/usr/sbin:/usr/bin:/sbin:/bin >&2
	umoci gc --layout "$out/$name.oci" >&2
}

[ $# -gt 0 ] || set -- agent server
mkdir -p "$out"
for image in "$@"; do
	case $image in agent) packages=$agent_packages ;; server) packages=$server_packages ;; local) packages=$local_packages ;; *) fail "there is no image '$image'" ;; esac
	[ -x build/vexxy-server ] && [ -x build/vexxy-agent ] || fail "nothing is built: run 'make'"
	work=$(mktemp -d "$out/.$image.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$work/policy.json"
	make_root "$image" "$packages"
	rm -rf "$out/$image.oci" "$work/root"
	if [ -z "${NO_BUILDAH:-}" ] && command -v buildah >/dev/null; then with_buildah "$image"; else with_umoci "$image"; fi
	rm -rf --one-file-system "$work"
	echo "$out/$image.oci:$version"
done
