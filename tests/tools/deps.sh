#!/bin/sh
# Installs the Debian packages that are missing, and those that are named; says nothing when none is.
set -eu
want="make gcc libc6-dev clang llvm libbpf-dev bpftool libelf-dev libdw-dev zlib1g-dev liblzma-dev libiberty-dev libcjson-dev libcmocka-dev libssl-dev
	libzydis-dev libcapstone-dev binutils-aarch64-linux-gnu libmicrohttpd-dev libgnutls28-dev libsqlite3-dev libpq-dev libcurl4-openssl-dev libyaml-dev curl docker-registry
	runc runsc skopeo umoci debootstrap mmdebstrap universal-ctags clang-format libclang-rt-14-dev busybox-static strace bpftrace
	cpio zip unzip xz-utils openssl g++ binutils dpkg-dev python3 python3-jsonschema python3-rfc3987 qemu-system-x86 ca-certificates git tmux groff-base zsh"
want="$want $*"
# Only tests compile Go and Rust, run JavaScript and ask a debuginfod, and skip where there is none: not worth half a gigabyte on a user's machine.
if [ "${CI:-}" = true ]; then
	command -v debuginfod >/dev/null || want="$want debuginfod"
	command -v go >/dev/null || want="$want golang-go"
	command -v rustc >/dev/null || want="$want rustc"
	python3 -c "import ensurepip" 2>/dev/null || want="$want python3-venv"
	command -v npm >/dev/null || want="$want nodejs npm"
	command -v chromium >/dev/null || want="$want chromium fonts-dejavu-core"
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || want="$want postgresql-15"
fi
missing=
for p in $want; do
	dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || { echo "error: no apt-get here; install by hand:$missing" >&2 && exit 1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
[ -z "$sudo" ] || command -v sudo >/dev/null || { echo "error: neither root nor sudo; install by hand:$missing" >&2 && exit 1; }
echo "  DEPS    $(echo "$missing" | wc -w) packages"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "error: apt-get could not install:$missing" >&2
	exit 1
fi
