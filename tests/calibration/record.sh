#!/bin/bash
# Records the workloads of the calibration, and keeps of each what tests/calibration/units.py says. Needs root; minutes.
#   record.sh [WORKLOAD…]
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/calibration agent=$PWD/build/vexxy-agent units=${UNITS:-240} port=${PORT:-18081}
scratch=$(mktemp -d)
chmod 755 "$scratch" # the server serves as nobody
trap 'rm -rf "$scratch"' EXIT
[ $# -gt 0 ] || set -- git httpd openssl perl python shell shift sqlite

pages() { # what the server has to tell
	mkdir -p "$1/page" "$1/cgi-bin"
	for i in $(seq 0 199); do echo "<p>$i</p>" >"$1/page/$i.html"; done
	i=0
	for module in json csv zipfile sqlite3 email.message decimal logging xml.dom.minidom hashlib html.parser \
		statistics configparser difflib tarfile uuid pprint calendar fractions gzip lzma shelve \
		smtplib asyncio unittest ctypes mailbox plistlib imaplib wave ipaddress; do
		printf '#!/usr/bin/python3\nimport %s\nprint("Content-Type: text/plain\\n\\n%s")\n' $module $module >"$1/cgi-bin/$i.py"
		chmod +x "$1/cgi-bin/$i.py"
		i=$((i + 1))
	done
}
object() { # whose functions are watched
	case $1 in
	python) readlink -f /usr/bin/python3 ;;
	perl) readlink -f /usr/bin/perl ;;
	sqlite) readlink -f /usr/lib/x86_64-linux-gnu/libsqlite3.so.0 ;;
	openssl) readlink -f /usr/lib/x86_64-linux-gnu/libcrypto.so.3 ;;
	esac
}
for workload in "$@"; do
	dir=$scratch/$workload
	mkdir -p "$dir"
	export JOBS=$dir/jobs IN=$dir/in OUT=$dir/out REPO=$dir/repo URL=
	"$here/jobs.py" "$workload" "$units" >"$JOBS"
	mkfifo "$IN" "$OUT"
	watch=()
	if [ -n "$(object "$workload")" ]; then
		"$here/units.py" list "$(object "$workload")" >"$dir/list"
		watch=(--functions "$dir/list" --coverage)
	fi
	command=("$here/worker.sh" "$IN" "$OUT")
	case $workload in
	git)
		git init -q "$REPO" && cd "$REPO" && echo a >a && git add a && git -c user.name=a -c user.email=a@b commit -qm a && cd - >/dev/null
		;;
	httpd)
		pages "$dir/www" # the pages are what is counted
		URL=http://127.0.0.1:$port
		command=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs sh -c 'exec "$@" >/dev/null 2>&1' - /usr/bin/python3 -m http.server --cgi --bind 127.0.0.1 --directory "$dir/www" "$port")
		watch+=(--ready-port "$port")
		;;
	esac
	chown -R 65534:65534 "$dir"
	"$agent" record --quiet --window 0 -o "$dir/trace.gz" --driver "$here/drive.sh" --until-driver "${watch[@]}" -- "${command[@]}"
	"$here/units.py" extract "$dir/trace.gz" "$here/data/$workload" "$dir" "$dir/www"
	rm -rf "$dir"
done
