#!/bin/bash
# Boots Debian's kernels under qemu (software emulation, no network), runs tests/kernels/guest.sh in each and passes on its TAP lines.
#   tests/kernels/run.sh [SERIES…]        6.1 and 6.12 unless named: series that apt knows
# Kernel packages are kept in ${XDG_CACHE_HOME:-~/.cache}/vexxy/kernels; what each console printed in build/kernels/SERIES.log.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/kernels
logs=build/kernels
mkdir -p "$cache" "$logs"

newest_package() { # series
	apt-cache search -n "^linux-image-${1//./\\.}\\.[0-9].*-cloud-amd64\$" | awk '{ print $1 }' | grep -v -- '-dbg$' | sort -V | tail -n 1
}
fetch_kernel() { # series: prints the directory of its unpacked package
	package=$(newest_package "$1")
	[ -n "$package" ] || { apt-get update -q >/dev/null 2>&1; package=$(newest_package "$1"); }
	[ -n "$package" ] || { echo "apt knows no kernel of series $1" >&2; return 1; }
	if [ ! -e "$cache/$package/.whole" ]; then
		rm -rf "${cache:?}/$package" && mkdir -p "$cache/$package/deb"
		(cd "$cache/$package/deb" && apt-get download -q "$package") >&2 2>/dev/null || return 1
		dpkg-deb -x "$cache/$package"/deb/*.deb "$cache/$package" && touch "$cache/$package/.whole" || return 1
		rm -rf "${cache:?}/$package/deb"
	fi
	echo "$cache/$package"
}
copy_program() { # file: with the libraries it needs
	cp "$1" "$initramfs/bin/"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$initramfs$(dirname "$library")"
		cp -L "$library" "$initramfs$library"
	done
}
make_initramfs() { # kernel directory
	initramfs=$scratch/initramfs
	rm -rf "$initramfs"
	mkdir -p "$initramfs"/{bin,lib/modules,proc,sys,dev,tmp,etc,root}
	cp /bin/busybox "$initramfs/bin/"
	copy_program build/vexxy-agent
	copy_program "$(command -v setpriv)"
	for tool in build/tests/tools/*; do
		[ ! -x "$tool" ] || copy_program "$tool"
	done
	find "$1" -name 'overlay.ko*' -exec cp {} "$initramfs/lib/modules/" \;
	cp tests/kernels/guest.sh "$initramfs/init"
	cp tests/tools/check_coverage.sh "$initramfs/bin/"
	ln -s busybox "$initramfs/bin/sh"
	sed -n 's/^ *add: \[\(.*\)\]$/\1/p' deploy/kubernetes/base/agent.yaml | tr -d ' ' | tr A-Z a-z >"$initramfs/etc/capabilities"
	readelf -p .interp build/vexxy-agent | grep -o "/.*" >"$initramfs/etc/interpreter"
	(cd "$initramfs" && find . | cpio -o -H newc --quiet | gzip -1) >"$scratch/initramfs.gz"
}
boot() { # kernel directory, log
	timeout -k 5 "${KERNEL_TIMEOUT:-300}" qemu-system-x86_64 -accel tcg,thread=single -cpu max -m 2048 -smp 2 -nographic -no-reboot \
		-nic none -kernel "$1"/boot/vmlinuz-* -initrd "$scratch/initramfs.gz" \
		-append "console=ttyS0 panic=-1 quiet lsm=lockdown,capability,bpf" </dev/null 2>&1 | tr -d '\r' >"$2"
}
one_kernel() { # series
	kernel=$(fetch_kernel "$1") || { skip "kernel $1" "its package cannot be had"; return; }
	make_initramfs "$kernel"
	# An emulated kernel that patches its own code may stumble while it boots: then it is booted again.
	for turn in 1 2 3; do
		boot "$kernel" "$logs/$1.log"
		grep -q 'guest: begins' "$logs/$1.log" && break
		echo "# boot $turn of kernel $1 failed"
	done
	if ! grep -q '^guest: done' "$logs/$1.log"; then
		tail -n 30 "$logs/$1.log" | sed 's/^/#   /'
		not_ok "kernel $1 boots, runs its tests and ends"
		return
	fi
	ok "kernel $1 boots, runs its tests and ends"
	grep -E '^(ok|not ok|# )' "$logs/$1.log" >"$scratch/tap"
	while read -r line; do
		case $line in
		"ok "*"# SKIP"*) ok "kernel $1: ${line#ok }" ;;
		"ok "*) ok "kernel $1: ${line#ok }" ;;
		"not ok "*) not_ok "kernel $1: ${line#not ok }" ;;
		*) echo "$line" ;;
		esac
	done <"$scratch/tap"
}

[ "$(uname -m)" = x86_64 ] || { skip "other kernels" "the packages are for x86-64"; finish; }
command -v qemu-system-x86_64 >/dev/null || { skip "other kernels" "no qemu-system-x86_64 here"; finish; }
for series in "${@:-6.1 6.12}"; do
	for s in $series; do one_kernel "$s"; done
done
finish
