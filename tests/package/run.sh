#!/bin/bash
# The Debian package as its users have it: a machine of Debian 12 with systemd (emulated, no network) onto which it is installed; its
# service, an analysis, its removal. Passes on the TAP lines of tests/package/guest.sh; what the console printed is in build/package.log.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

[ "$(id -u)" = 0 ] || { skip 'the package' 'the image of a machine is made by root'; finish; }
for tool in mmdebstrap qemu-system-x86_64 mkfs.ext4 dpkg-shlibdeps; do
	command -v $tool >/dev/null || { skip 'the package' "no $tool here: run 'make deps'"; finish; }
done
root=$scratch/root console=build/package.log
make_package() { package=$(deploy/deb.sh) && cp "$package" "$scratch/vexxy.deb"; }
repeats() { deploy/deb.sh && cmp "$package" "$scratch/vexxy.deb"; }
install_debian() { # what the package depends on comes by its own word
	mmdebstrap --mode=root --variant=minbase --quiet --include="systemd-sysv,linux-image-cloud-amd64,docker-registry,curl,$scratch/vexxy.deb" \
		--hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount bookworm "$root"
}
prepare() {
	mkdir -p "$root/opt/test" && cp -r "$scratch/layout-web" tests/package/guest.sh "$root/opt/test/" &&
		printf 'web %s\n' "$web" >"$root/opt/test/digest" &&
		printf 'VEXXY_INSECURE_REGISTRY=127.0.0.1:5555\nMIN_ANALYSIS_DURATION=2\nVEXXY_FREE_SPACE_MB=1\n' >>"$root/etc/default/vexxy-server" &&
		printf '/dev/vda / ext4 defaults 0 1\n' >"$root/etc/fstab" &&
		cat >"$root/etc/systemd/system/package-test.service" <<'END' &&
[Unit]
After=multi-user.target
[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=/opt/test/guest.sh
ExecStopPost=/usr/bin/systemctl --no-block poweroff
[Install]
WantedBy=graphical.target
END
	mkdir -p "$root/etc/systemd/system/graphical.target.wants" &&
		ln -s ../package-test.service "$root/etc/systemd/system/graphical.target.wants/" &&
		ln -s /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service" && # a login there hangs the console up
		truncate -s 3G "$scratch/disk" && mkfs.ext4 -q -d "$root" "$scratch/disk"
}
boot() {
	timeout -k 5 "${KERNEL_TIMEOUT:-3000}" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 3072 -smp 2 -nographic -no-reboot -nic none \
		-drive "file=$scratch/disk,if=virtio,format=raw,cache=unsafe" -kernel "$root"/boot/vmlinuz-* -initrd "$root"/boot/initrd.img-* \
		-append 'root=/dev/vda rw console=ttyS0 panic=-1 quiet systemd.show_status=0' </dev/null 2>&1 | stdbuf -o0 tr -d '\r' >"$console"
	grep -q '^guest: done' "$console" || { tail -n 40 "$console"; return 1; }
}
check 'the package is made' make_package
check 'the same build gives the same package' repeats
start_registry >/dev/null && web=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
check 'an image' test "${web#sha256:}" != "$web"
check 'it is installed onto Debian 12' install_debian
check 'a disk for a machine' prepare
check 'the machine starts, runs its tests and ends' boot
while read -r line; do
	case $line in
	'ok - '*) ok "${line#ok - }" ;;
	'not ok - '*) not_ok "${line#not ok - }" ;;
	'# '*) echo "$line" ;;
	esac
done < <(grep -E '^(ok - |not ok - |# )' "$console")
# Others write to the console, too, and may spoil a line.
all_are_told() { [ "$(grep -cE '^(ok|not ok) - ' "$console")" = "$(grep -c '^check ' tests/package/guest.sh)" ]; }
check 'each of its tests was told' all_are_told
finish
