#!/bin/sh
# What fetches for the server gets where it may and nowhere else, whatever it is told: by its proxy, and because nothing else is there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
server=${SERVER:-$PWD/build/vexxy-server}

if [ "$(id -u)" != 0 ]; then
	skip 'a way out that ends where it should' 'needs root, for a network of its own'
	finish
fi
mkdir "$scratch/www"
echo hello >"$scratch/www/file"
head -c 3000000 /dev/zero >"$scratch/www/large"
cat >"$scratch/serve.py" <<'END'
import functools, http.server, sys
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1]))
print(s.server_address[1], flush=True)
s.serve_forever()
END
pids=
stop_all() { kill $pids 2>/dev/null; on_exit; }
trap stop_all EXIT
for n in 1 2; do
	python3 "$scratch/serve.py" "$scratch/www" >"$scratch/port$n" 2>/dev/null &
	pids="$pids $!"
	for try in $(seq 100); do [ -s "$scratch/port$n" ] && break; sleep 0.1; done
done
one=$(cat "$scratch/port1") two=$(cat "$scratch/port2")
fetch() { # options… --, command…
	timeout 60 "$server" fetch --uid 65001 --bytes 1 "$@"
}
gets() { [ "$(fetch --host "localhost:$one" -- curl -sS -m 20 "$@")" = hello ]; }
check 'a host that was named is reached, by its name' gets "http://localhost:$one/file"
check 'also where the program asks no proxy for it' gets --noproxy '*' "http://127.0.0.1:$one/file"
code() { fetch --host "localhost:$one" -- curl -s -m 20 -o /dev/null -w '%{http_code}' "$@" 2>/dev/null; }
check 'another port of it is not' test "$(code "http://localhost:$two/file")" = 403
check 'nor without asking' test "$(code --noproxy '*' "http://127.0.0.1:$two/file")" = 000
check 'nor this machine itself, by the address that means any of its own' test "$(code "http://0.0.0.0:$two/file")" = 403
for target in http://169.254.169.254/latest/ http://10.0.0.1/ http://2130706433:"$two"/file 'http://[::1]:'"$two"/file 'http://[::ffff:127.0.0.1]:'"$two"/file; do
	check "nothing is asked of $target" test "$(code "$target")" = 403
done
check 'nor by a way through' fails_with '22|35|56|7|28|97' '' fetch --host "localhost:$one" -- curl -fsS -m 20 --proxytunnel "http://localhost:$two/file"
check 'what is allowed by its address is reached' test "$(fetch --allow 127.0.0.0/8 -- curl -sS -m 20 "http://127.0.0.1:$two/file")" = hello
check 'but its neighbours are not' test "$(fetch --allow 127.0.0.2 -- curl -s -m 20 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$two/file")" = 403
check 'by a way through as well' test "$(fetch --allow 127.0.0.0/8 -- curl -sS -m 20 --proxytunnel "http://127.0.0.1:$two/file")" = hello
check 'more bytes than allowed end it' fails_with 1 'more than 1 MB came' fetch --host "localhost:$one" -- curl -sS -m 20 -o /dev/null "http://localhost:$one/large"
check 'its end is the end' fails_with 7 '' fetch -- sh -c 'echo so >&2; exit 7'
check 'a program that is not there is told' fails_with '1|127' 'cannot run' fetch -- /no/such/program
alone() { fetch -- cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' ' | grep -qx lo && [ "$(fetch -- cat /proc/net/dev | wc -l)" = 3 ]; }
check 'it sees no network but its own' alone
finish
