#!/bin/bash
# The verdicts of vexxy at function level, held against what really ran: make truth. See README.md here, which it writes.
#   tests/truth/run.sh [PATTERN]    only the workloads whose name matches; README.md is left alone then
# LANES=N workloads at the same time (2). FRESH=1 asks the two observers again, also for what they have seen before in the same
# root: a command, and the places. AGAIN=1 records nothing: the traces that are in build/truth are judged once more.
# The results stay in build/truth; the root (a few minutes, once for each store) and what the observers saw in the cache. Needs root.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
store=deploy/symbols/bookworm-amd64.jsonl archives=deploy/symbols/bookworm-amd64-static.jsonl advisories=deploy/advisories/functions.osv.jsonl
results=$PWD/build/truth vexxy=$PWD/build/vexxy here=$PWD/tests/truth
tools_dir=/usr/libexec/valgrind
export PYTHONDONTWRITEBYTECODE=1
packages="expat,libxml2-utils,python3-libxml2,python3-lxml,xsltproc,libpng-tools,giflib-tools,xz-utils,xzdec,redis-server,redis-tools,memcached,tmux"
packages="$packages,aria2,python3-pycares,libarchive-tools,libtiff-tools,curl,nginx,libnginx-mod-stream,libnginx-mod-mail,python3"
packages="$packages,apache2-utils,mosquitto-clients,dnsmasq-base,dropbear-bin,jq,liblcms2-utils,less,libcap2-bin,nghttp2-client,nghttp2-server"
packages="$packages,unzip,yajl-tools"

what="verdicts held against the truth"
. $here/root_lib.sh
need() {
	[ "$(uname -m)" = x86_64 ] || skip_all 'the store and the breakpoints are for amd64'
	[ "$(id -u)" = 0 ] || skip_all 'needs root'
	build/vexxy-agent probe --json >/dev/null 2>&1 || skip_all 'no kernel with BTF to record on'
	for tool in mmdebstrap unshare busybox readelf python3 valgrind.bin apt-get gcc rustc go gdb; do
		command -v $tool >/dev/null || skip_all "no $tool here (Debian's packages: mmdebstrap util-linux busybox-static binutils python3 valgrind gcc rustc golang-go gdb)"
	done
	make -s build/tests/first_hits || exit 1
	[ -x "$tools_dir/callgrind-amd64-linux" ] || skip_all 'no callgrind here (package: valgrind)'
}
make_root() {
	$here/truth.py pins $store >"$scratch/pins" || return 1
	key=$( (echo "$packages"; cat "$scratch/pins" $here/files.py $here/programs.py $here/elf.py; find $here/programs -type f | LC_ALL=C sort | xargs cat) | sha256sum | cut -c1-16)
	root=$cache/$key
	[ ! -d "$root" ] || return 0
	echo "# the root is made (once for each store): $root"
	mkdir -p "$cache"
	bookworm_root "$packages" || return 1
	$here/programs.py build "$scratch/root" && $here/files.py "$scratch/root/t" && rm -rf "$scratch/root/t/__pycache__" &&
		mv "$scratch/root.programs.jsonl" "$root.programs.jsonl" && mv "$scratch/root" "$root"
}
# The same with a program that static libraries are linked into: linked-* run there.
make_linked() {
	linked=$root.linked-$(cat $here/linked.py $here/linked.c $archives $advisories | sha256sum | cut -c1-8)
	[ ! -d "$linked" ] || return 0
	rm -rf --one-file-system "$linked.new"
	$here/linked.py $archives $advisories "$root" "$linked.new" && mv "$linked.new.programs.jsonl" "$linked.programs.jsonl" && mv "$linked.new" "$linked"
}
# Runs a command in a fresh copy of the root, without a network, as the container of `vexxy run` is. OUT is /truth in it.
in_root() { # OUT, words before chroot… -- words in the root…
	local out=$1
	shift
	export out root scratch
	# shellcheck disable=SC2016
	unshare --mount --net --pid --fork --kill-child --mount-proc bash -c '
		m=$scratch/merged
		mkdir -p "$m" && mount -t tmpfs none "$m" && mkdir "$m/up" "$m/work" "$m/merged" &&
			mount -t overlay overlay -o "lowerdir=$scratch/valgrind:$root,upperdir=$m/up,workdir=$m/work" "$m/merged" || exit 125
		m=$m/merged
		mkdir -p "$m/truth" && mount --bind "$out" "$m/truth" && mount -t proc proc "$m/proc" && mount --rbind /dev "$m/dev" || exit 125
		busybox ip link set lo up
		before=()
		while [ "$1" != -- ]; do before+=("$1") && shift; done
		shift
		exec "${before[@]}" chroot "$m" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
	' in_root "$@" </dev/null
}
judge() { # OUT, words…: record and decide; with AGAIN=1 decide on what was recorded
	local out=$1 how=(run)
	shift
	[ "${AGAIN:-}" != 1 ] || { how=(analyze --trace "$out/run.trace.gz") && set --; }
	how+=(--rootfs "$root" --sbom "$results/go.cdx.json" --vulns "$results/records.jsonl" --advisories "$advisories" --symbols "$store" "$archives")
	$vexxy "${how[@]}" -o "$out" -q ${1:+--} "$@" </dev/null >"$out/vexxy.log" 2>&1 || { tail -n 3 "$out/vexxy.log"; return 1; }
}
simulate() { # name, OUT, words…: OUT/second, what valgrind executes; of Go, which it cannot, what gdb sees
	local name=$1 out=$2 status
	shift 2
	if [[ $name = go* ]]; then
		for _ in 1 2 3; do # gdb may find a thread gone when the program ends, and then says nothing
			rm -f "$out/second"
			PLACES=$results/places.gdb HITS=$out/second in_root "$out" gdb -nx -batch -x $here/by_gdb.py --args -- "$@" >"$out/second.log" 2>&1
			status=$?
			[ ! -e "$out/second" ] || return $status
		done
		return 125
	fi
	in_root "$out" -- /usr/bin/valgrind --tool=callgrind --trace-children=yes --dump-instr=yes --dump-line=no --compress-strings=no \
		--compress-pos=no --callgrind-out-file=/truth/callgrind.%p "$@" >"$out/second.log" 2>&1
	status=$?
	$here/by_simulation.py "$places" "$root" "$out" >"$out/second" && rm -f "$out"/callgrind.* || return 125
	return $status
}
observe() { # name, OUT, words…: OUT/first_hits and OUT/second
	local name=$1 out=$2 seen s1 s2
	shift 2
	seen=$cache/seen/$( (echo "${root##*/} $*"; cat "$places" $here/first_hits.c $here/by_*.py $here/elf.py $tools_dir/callgrind-amd64-linux) | sha256sum | cut -c1-32)
	[ "${AGAIN:-}" != 1 ] || return 0
	if [ -d "$seen" ] && [ "${FRESH:-}" != 1 ]; then
		cp "$seen"/* "$out"
		return
	fi
	in_root "$out" build/tests/first_hits "$places" "$out/first_hits" -- "$@" >"$out/first_hits.log" 2>&1
	s1=$?
	simulate "$name" "$out" "$@"
	s2=$?
	[ $s1 = $s2 ] || { echo "# $name ended with $s1 under breakpoints, with $s2 for the other observer" && tail -n 3 "$out"/*.log; return 1; }
	rm -rf "$seen" && mkdir -p "$seen" && cp "$out/first_hits" "$out/second" "$seen"
}
watch() { # name, words…
	local name=$1 out=$results/$1 root=$root places=$results/places
	shift
	[[ $name != linked* ]] || root=$linked places=$results/places.linked
	mkdir -p "$out"
	judge "$out" "$@" && observe "$name" "$out" "$@"
}
lane() { # what no other lane has begun
	local line name words
	while IFS= read -r line <&3; do
		name=${line%%:*}
		case $line in '#'* | '') continue ;; esac
		[[ $name =~ ${pattern:-.} ]] && mkdir "$scratch/begun/$name" 2>/dev/null || continue
		eval "words=(${line#*: })"
		echo "# $name"
		watch "$name" "${words[@]}" || { echo "# not watched: $name" && touch "$scratch/failed"; }
	done 3<$here/workloads
}

need
pattern=${1:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/truth
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-truth.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 130' INT TERM
make_root && make_linked || { echo "Bail out! the root could not be made"; exit 1; }
[ "${AGAIN:-}" = 1 ] || rm -rf --one-file-system "$results"
mkdir -p "$results" "$scratch/begun" "$scratch/valgrind/usr/bin" "$scratch/valgrind$tools_dir"
cp /usr/bin/valgrind.bin "$scratch/valgrind/usr/bin/valgrind"
cp $tools_dir/callgrind-amd64-linux $tools_dir/vgpreload_core-amd64-linux.so $tools_dir/default.supp "$scratch/valgrind$tools_dir/"
# What is asked: what the shipped store knows, and the programs of our own, of which vexxy has to find out by itself.
cat $store "$root.programs.jsonl" "$linked.programs.jsonl" >"$results/store.jsonl" || exit 1
$here/programs.py sbom "$root.programs.jsonl" >"$results/go.cdx.json" || exit 1
$here/truth.py records "$results/store.jsonl" $advisories >"$results/records.jsonl" || exit 1
$here/truth.py places "$results/store.jsonl" "$root" >"$results/places" || exit 1
$here/truth.py places "$results/store.jsonl" "$linked" >"$results/places.linked" || exit 1
$here/truth.py addresses "$results/store.jsonl" >"$results/places.gdb" || exit 1
for ((n = 1; n < ${LANES:-2}; n++)); do lane & done
lane
wait
readme=$here/README.md
[ -z "$pattern" ] || readme=$results/README.md
WORKLOADS=${WORKLOADS:-$pattern} $here/truth.py compare "$results/store.jsonl" "$root" "$results" "$readme" "$(date -u +%Y-%m-%d)" "$linked" || touch "$scratch/failed"
[ ! -e "$scratch/failed" ]
