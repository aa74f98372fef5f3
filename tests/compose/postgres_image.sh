#!/bin/sh
# Makes a stand-in for Docker Hub's postgres:15, which a machine without that registry cannot have: Debian's postgresql-15, with an entry point
# that obeys the same three variables. As an OCI layout DIR, with the tag 15.
#   postgres_image.sh DIR
set -eu
cd "$(dirname "$0")/../.."
layout=$1
work=$(mktemp -d "$layout.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mmdebstrap --quiet --mode=root --variant=extract --include=postgresql-15,dash,coreutils,util-linux,tzdata \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$work/packages.tar"
mkdir "$work/root"
tar -xf "$work/packages.tar" -C "$work/root"
rm -rf "$work/root/dev" "$work/packages.tar" && mkdir "$work/root/dev"
ln -sf dash "$work/root/bin/sh"
printf 'root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n' >"$work/root/etc/passwd"
printf 'root:x:0:\npostgres:x:999:\n' >"$work/root/etc/group"
install -m 755 tests/compose/postgres_entry.sh "$work/root/usr/bin/postgres_entry.sh"
install -dm1777 "$work/root/tmp"
tar -cf "$work/root.tar" --numeric-owner -C "$work/root" .
umoci init --layout "$layout"
umoci new --image "$layout:15"
umoci raw add-layer --image "$layout:15" "$work/root.tar" >/dev/null
umoci config --image "$layout:15" --config.entrypoint /usr/bin/postgres_entry.sh --config.env PGDATA=/var/lib/postgresql/data \
	--config.env PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin
