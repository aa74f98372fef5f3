#!/bin/sh
# Makes a Debian package of what `make` has built: the programs, manual pages, completion, systemd units. Prints its path below build/.
#   deploy/deb.sh        the same build gives the same package
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
arch=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
umask 022
work=$(mktemp -d build/.deb.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$PWD/$work/root
make --no-print-directory -s install DESTDIR="$root" prefix=/usr >&2
strip --strip-unneeded "$root"/usr/bin/*
install -Dm644 -t "$root/usr/lib/systemd/system" deploy/systemd/*.service
install -Dm644 LICENSE "$root/usr/share/doc/vexxy/copyright"
install -Dm644 -t "$root/usr/share/doc/vexxy" README.md deploy/OPERATIONS.md
install -dm755 "$root/etc/default" "$root/etc/vexxy" "$root/DEBIAN"
cat >"$root/etc/default/vexxy-agent" <<'END'
# What the agent's daemon is given: the server, and by what it knows this node (files of root:vexxy, 0640): a key, as here, or
# --certificate /etc/vexxy/node.crt --certificate-key /etc/vexxy/node.key. It is not started before there is one of the two.
VEXXY_AGENT_OPTIONS="--server https://vexxy.example:8001 --key-file /etc/vexxy/agent.key"
END
cat >"$root/etc/default/vexxy-server" <<'END'
# Options of vexxy-server as variables: see vexxy-server(8).
#API_HOST=127.0.0.1
#API_PORT=8001
END
chmod 644 "$root"/etc/default/*
printf '/etc/default/vexxy-agent\n/etc/default/vexxy-server\n' >"$root/DEBIAN/conffiles"
mkdir -p "$work/debian" && printf 'Source: vexxy\n\nPackage: vexxy\nArchitecture: any\n' >"$work/debian/control"
needs=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info root/usr/bin/* 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$needs" ] || { echo 'error: dpkg-shlibdeps told no libraries' >&2 && exit 1; }
cat >"$root/DEBIAN/control" <<END
Package: vexxy
Version: $version
Architecture: $arch
Maintainer: VEXxy
Section: admin
Priority: optional
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $needs, adduser, skopeo, umoci, runc | crun
Description: tells which vulnerabilities of container images can be reached
 Runs images in a sandbox, watches them from the kernel with eBPF, decides for every
 CVE whether its code can be reached, and writes signed OpenVEX documents.
END
cat >"$root/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
	# Who has the network on behalf of the agent, and nothing else.
	adduser --system --group --quiet --home /nonexistent --no-create-home vexxy
	chgrp vexxy /etc/vexxy && chmod 750 /etc/vexxy
	[ ! -d /run/systemd/system ] || systemctl daemon-reload || true
fi
END
cat >"$root/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl disable --now vexxy-agent.service vexxy-server.service >/dev/null 2>&1 || true
fi
END
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm"
(cd "$root" && find etc usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "build/vexxy_${version}_$arch.deb" >/dev/null
echo "build/vexxy_${version}_$arch.deb"
