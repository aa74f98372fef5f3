#!/bin/sh
# vexxy-server: what a client names, and an image does, stays where it belongs: registries, what was fetched, the signing key, the test script.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

# Which registries a client may name is decided before anything is asked.
check 'it starts' start_server --no-workers
zero=sha256:$(printf %064d 0)
named() { printf '{"image_ref":"%s","image_digest":"%s"}' "$1" "$zero"; }
for ref in 169.254.169.254/x 169.254.169.254:80/x 127.0.0.1:2/x localhost/x localhost:8001/x 10.0.0.1:5000/x 192.168.0.1/x 127.1/x; do
	check "an image of $ref is refused" gives 422 POST /api/v1/analysis/submit -H "$json" -d "$(named "$ref")"
done
check 'one of a public registry is taken' gives 201 POST /api/v1/analysis/submit -H "$json" -d "$(named ghcr.io/team/x)"
check 'one of the usual registry is taken' gives 201 POST /api/v1/analysis/submit -H "$json" -d "$(named team/x)"
check 'it stops when told' stop_server
check 'with some registries it starts' start_server --no-workers --registry ghcr.io registry.internal:5000
check 'one of them is taken' gives 201 POST /api/v1/analysis/submit -H "$json" -d "$(named ghcr.io/team/y)"
check 'also by its port' gives 201 POST /api/v1/analysis/submit -H "$json" -d "$(named registry.internal:5000/team/y)"
check 'not by another' gives 422 POST /api/v1/analysis/submit -H "$json" -d "$(named registry.internal/team/y)"
check 'the usual one is refused' gives 422 POST /api/v1/analysis/submit -H "$json" -d "$(named team/y)"
check 'for that reason' grep -q 'not among those that are allowed' "$scratch/body"
check 'it stops when told' stop_server

# A kernel without Landlock.
without() { build/tests/tools/without_landlock "$server" "$@"; }
if [ -x build/tests/tools/without_landlock ]; then
	check 'where the kernel has no Landlock it does not start when asked for it' fails_with 1 'this kernel has no Landlock' \
		without --data "$scratch/none" --listen 127.0.0.1:0 --no-metrics --no-workers --require-landlock
	real=$server server=build/tests/tools/without_landlock
	start_without() { data=$scratch/none; set -- "$@"; "$server" "$real" serve --data "$data" --listen 127.0.0.1:0 --no-metrics --no-workers >"$scratch/server.out" 2>"$scratch/server.log" &
		server_pid=$!
		for try in $(seq 100); do api=$(sed -n 's/.*"event":"started".*"url":"\([^"]*\)".*/\1/p' "$scratch/server.log"); [ -z "$api" ] || return 0; sleep 0.1; done; cat "$scratch/server.log"; return 1; }
	check 'else it starts' start_without
	check 'and its log says it' grep -q '"event":"walls_are_thinner"' "$scratch/server.log"
	check 'as does its readiness' gives 200 GET /readyz
	check 'in words' grep -q 'no Landlock' "$scratch/body"
	check 'it stops when told' stop_server
	server=$real data=$scratch/data
fi

need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
if ! need_server; then
	skip 'an image is fetched' 'needs root, BPF, skopeo, umoci and docker-registry'
	finish
fi
check 'a registry' start_registry
digest=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
check 'an image in it' test "${digest#sha256:}" != "$digest"
request() { printf '{"image_ref":"127.0.0.1:%s/%s","image_digest":"%s","profile":"custom","config":{"analysis_duration":2,"enable_fuzzing":false%s}}' "$registry" "$1" "$digest" "${2:-}"; }

# Who unpacks a stranger's archive has few rights, and no network.
mkdir "$scratch/bin"
cat >"$scratch/bin/umoci" <<END
#!/bin/sh
{ sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/self/status; ls /sys/class/net /proc/self/net/dev; tail -n +3 /proc/self/net/dev | cut -d: -f1 | tr -d ' '; } >"$scratch/umoci.rights"
exec "$(command -v umoci)" "\$@"
END
chmod 755 "$scratch/bin/umoci"
rights() { mask=$(sed -n 1p "$scratch/umoci.rights") && [ $((0x$mask & ~0x880000db)) = 0 ] && [ "$(tail -n 1 "$scratch/umoci.rights")" = lo ] || { cat "$scratch/umoci.rights"; return 1; }; }
recorded() { PATH=$scratch/bin:$PATH XDG_CACHE_HOME=$scratch/unpacked "$agent" record --quiet --image "oci:$scratch/layout-web:1" --duration 1 --out "$scratch/walls.trace.gz"; }
check 'an image is unpacked and recorded' recorded
check 'by a program with few rights and no network' rights

# The analysis does not have the key, nor what opens it.
cat >"$scratch/spy" <<END
#!/bin/sh
case \$1 in
analyze)
	cat "$data/signing.pem" >/dev/null 2>&1 && key=open || key=closed
	[ -z "\$VEXXY_KEY_PASSPHRASE" ] && phrase=closed || phrase=open
	echo "key \$key, passphrase \$phrase" >&2
	exit 1 ;;
esac
exec "$vexxy" "\$@"
END
chmod 755 "$scratch/spy"
export VEXXY_KEY_PASSPHRASE=battery
check 'with an analysis that is not ours it starts' start_server --analyzer "$scratch/spy"
unset VEXXY_KEY_PASSPHRASE
check 'the key is there' test -f "$data/signing.pem"
check 'a secret is submitted with an image' submit "$(request team/web:1 ',"environment":{"TOKEN":"not-for-everybody"}')"
in_sight() { for try in $(seq 200); do
	grep -lsa "not-for-everybod[y]" /proc/[0-9]*/cmdline && return 0
	call GET "/api/v1/analysis/$job/status"; case $(field status) in failed | complete) return 1 ;; esac
	sleep 0.1
done; }
check 'nobody sees it on a command line' eval '! in_sight'
check 'the analysis fails, as it is made to' await "$job" failed
check 'but has seen neither key nor passphrase' says error_message 'key closed, passphrase closed'
check 'it stops when told' stop_server

# What was fetched is one organisation's, by that name.
key=$("$server" key create --data "$data" --name ours 2>/dev/null)
other=$("$server" key create --data "$data" --name theirs --organization other 2>/dev/null)
check 'it starts, for two organizations' start_server
fetched() { ls "$data/images" | wc -l; }
before=$(fetched)
check 'the digest under a name that it does not have is submitted' submit "$(request team/nothing:1)" -H "X-API-Key: $other"
awaits() { k=$1; shift; for try in $(seq 300); do call GET "/api/v1/analysis/$job/status" -H "X-API-Key: $k"; state=$(field status); case " $* " in *" $state "*) return 0 ;; esac; sleep 0.2; done; cat "$scratch/body"; return 1; }
check 'it fails, though it was fetched for somebody before' awaits "$other" failed
check 'for that reason' grep -Eq 'manifest unknown|name unknown|not found|NAME_UNKNOWN' "$scratch/body"
check 'nothing is kept of it' test "$(fetched)" = "$before"
check 'it stops when told' stop_server

# More bytes than allowed; a way that leads into the network.
data=$scratch/data2
check 'with a small limit it starts' start_server --image-size 1
check 'an image is submitted' submit "$(request team/web:1)"
check 'and fails' await "$job" failed
check 'for its size' grep -q 'more than 1 MB came' "$scratch/body"
check 'it stops when told' stop_server
zeros=$(
	zero_layout=$scratch/layout-zeros
	umoci init --layout "$zero_layout" >/dev/null && umoci new --image "$zero_layout:1" >/dev/null && umoci unpack --image "$zero_layout:1" "$scratch/bundle-zeros" >/dev/null &&
		make_rootfs "$scratch/bundle-zeros/rootfs" && dd if=/dev/zero of="$scratch/bundle-zeros/rootfs/zeros" bs=1M count=90 2>/dev/null &&
		umoci repack --image "$zero_layout:1" "$scratch/bundle-zeros" >/dev/null && umoci config --image "$zero_layout:1" --config.cmd /bin/sh >/dev/null &&
		skopeo copy -q --dest-tls-verify=false "oci:$zero_layout:1" "docker://127.0.0.1:$registry/team/zeros:1" &&
		skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/zeros:1"
)
rm -rf "$scratch/bundle-zeros"
check 'with a limit that it fits in, packed, it starts' start_server --image-size 40
digest_before=$digest digest=$zeros
check 'an image that is much larger unpacked is submitted' submit "$(request team/zeros:1)"
check 'and fails' await "$job" failed
check 'for that' grep -q 'unpacked it is larger than 40 MB' "$scratch/body"
check 'and is not kept' test -z "$(ls "$data/cache/vexxy")"
digest=$digest_before
check 'it stops when told' stop_server
python3 - "$registry" >"$scratch/redirect.port" <<'END' &
import http.server, sys
class Redirect(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/v2/":
            self.send_response(200)
        else:
            self.send_response(307)
            self.send_header("Location", f"http://{host}:{sys.argv[1]}" + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_HEAD = do_GET
    def log_message(self, *args): pass
host = "127.0.0.1"
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
print(s.server_address[1], flush=True)
s.serve_forever()
END
redirect_pid=$!
trap 'kill $redirect_pid 2>/dev/null; stop_children' EXIT
for try in $(seq 100); do [ -s "$scratch/redirect.port" ] && break; sleep 0.1; done
real_registry=$registry
registry=$(cat "$scratch/redirect.port")
check 'with a registry that leads elsewhere it starts' start_server --attempts 1
check 'an image of it is submitted' submit "$(request team/web:1)"
check 'and fails, for nobody there is reached' await "$job" failed
check 'by the connection' grep -Eq 'refused|Forbidden|not public' "$scratch/body"
registry=$real_registry
check 'it stops when told' stop_server

# The test script has a cgroup of its own, with limits of its own.
data=$scratch/data3
serving=$(push_image serving 'mkdir -p /srv/www; echo hello >/srv/www/index.html; exec /bin/httpd -f -p 8080 -h /srv/www')
exercise() { python3 -c 'import json, sys
print(json.dumps({"image_ref": sys.argv[1], "image_digest": sys.argv[2], "profile": "custom", "config": {"analysis_duration": 20, "ports": [8080], "test_script": sys.argv[3]}}))' \
	"127.0.0.1:$registry/team/serving:1" "$serving" "$1"; }
check 'it starts' start_server
check 'a test script that starts more and more is submitted' submit "$(exercise '(i=0; while [ $i -lt 400 ]; do sleep 20 & i=$((i+1)); done) 2>/dev/null; exec sleep 6')"
limits() { for try in $(seq 1200); do
	for d in /sys/fs/cgroup/pids/vexxy-test-* /sys/fs/cgroup/vexxy-test-*; do
		[ -f "$d/pids.max" ] || continue
		max=$(cat "$d/pids.max") now=$(cat "$d/pids.current")
		[ "$now" -gt 10 ] && [ "$now" -le "$max" ] && [ "$max" -le 128 ] && return 0
	done
	call GET "/api/v1/analysis/$job/status"
	case $(field status) in failed | complete) return 1 ;; esac
	sleep 0.1
done; return 1; }
check 'it is limited, in a cgroup of its own' limits
check 'the analysis ends all the same' await "$job" complete
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'which say so' says exercise.script.own_cgroup true
check 'nothing of the cgroup is left' test -z "$(ls -d /sys/fs/cgroup/*/vexxy-test-* /sys/fs/cgroup/vexxy-test-* 2>/dev/null)"
check 'it stops when told' stop_server
finish
