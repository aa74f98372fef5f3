#!/bin/sh
# When a job ends, those who wanted to know are told: signed, at least once, also after kill -9; never anybody inside the network.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/server_lib.sh

receiver_pid=
stop_all() {
	[ -z "$receiver_pid" ] || kill "$receiver_pid" 2>/dev/null
	stop_children
}
trap stop_all EXIT
: >"$scratch/heard"
python3 tests/e2e/callback_receiver.py "$scratch/heard" >"$scratch/port" &
receiver_pid=$!
for try in $(seq 100); do [ -s "$scratch/port" ] && break; sleep 0.1; done
port=$(cat "$scratch/port")
hook=http://127.0.0.1:$port
wanted() { printf '{"image_ref":"web","image_digest":"sha256:%064d","callback_url":"%s"}' "$1" "$2"; }
heard() { # path, status, at least so many
	for try in $(seq 150); do
		n=$(grep -c "\"path\": \"$1\", \"status\": $2," "$scratch/heard")
		[ "$n" -ge "${3:-1}" ] && return 0
		sleep 0.1
	done
	echo "$n of $1 with $2: $(cat "$scratch/heard"; tail -3 "$scratch/server.log")"
	return 1
}
ends() { gives 200 DELETE "/api/v1/analysis/$job"; }
# Every line of the path has a signature that holds, one id, and this status of the job.
sound() { # path, secret, status of the job
	python3 - "$scratch/heard" "$@" <<'END'
import hashlib, hmac, json, sys, time
lines = [l for l in map(json.loads, open(sys.argv[1])) if l["path"] == sys.argv[2]]
for l in lines:
    h = l["headers"]
    want = hmac.new(sys.argv[3].encode(), (h["x-vexxy-timestamp"] + "." + l["body"]).encode(), hashlib.sha256).hexdigest()
    assert h["x-vexxy-signature"] == "sha256=" + want, (h, want)
    assert abs(time.time() - int(h["x-vexxy-timestamp"])) < 300, h
    assert h["content-type"] == "application/json" and h["x-vexxy-event"] == "analysis.ended", h
    assert json.loads(l["body"])["status"] == sys.argv[4], l
assert lines and len({l["headers"]["x-vexxy-delivery"] for l in lines}) == 1, lines
END
}

check 'it starts' start_server --no-workers --allow-address 127.0.0.1 --callback-retry 1
check 'the secret of the organization is told' gives 200 GET /api/v1/callback-secret
secret=$(field secret)
check 'a job with a callback is submitted' submit "$(wanted 1 "$hook/fail-3/one")"
check 'nobody is told before it ends' test ! -s "$scratch/heard"
check 'it ends' ends
check 'its end is told, and not heard' heard /fail-3/one 500
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
chmod 604 "$data/callback.key"
check 'with a secret that anybody could read it does not start' eval '! start_server --no-workers && grep -q "callback.key.* can be read by others" "$log"'
chmod 660 "$data/callback.key" # as Kubernetes does with the files of a volume
check 'after kill -9 it starts again' start_server --no-workers --allow-address 127.0.0.1 --callback-retry 1
check 'it is told until it is heard' heard /fail-3/one 204
check 'signed each time, under one id' sound /fail-3/one "$secret" cancelled
sleep 3
check 'and then no more' test "$(grep -c '"path": "/fail-3/one", "status": 204' "$scratch/heard")" = 1
check 'the secret is the same as before' gives 200 GET /api/v1/callback-secret
check 'to the letter' says secret "$secret"
check 'it is nobody else'"'"'s to read' test "$(stat -c %a "$data/callback.key")" = 600

check 'a job with a callback that leads elsewhere' submit "$(wanted 2 "$hook/redirect/two")"
check 'ends' ends
check 'its end is told again, since it was not taken' heard /redirect/two 302 2
check 'but not where that leads' test "$(grep -c '/followed' "$scratch/heard")" = 0
check 'a job that two want to hear of' submit "$(wanted 3 "$hook/three")"
first=$job
check 'is one analysis' submit "$(wanted 3 "$hook/four")"
check 'indeed' test "$job" = "$first"
check 'it ends' ends
check 'the first is told' heard /three 204
check 'the second, too' heard /four 204

# Nothing inside the network, however it is written.
for url in http://169.254.169.254/latest/meta-data/ http://2852039166/ http://0xa9fea9fe/ 'http://[::ffff:169.254.169.254]/' 'http://[fd00:ec2::254]/' \
	http://10.0.0.1/ http://192.168.1.1:8080/ 'http://[::1]/' http://127.0.0.2/ http://0.0.0.0/ http://168.63.129.16/ "http://user:secret@example.org/" ftp://example.org/ 'http://'; do
	check "a callback to $url is refused" gives 422 POST /api/v1/analysis/submit -H "$json" -d "$(wanted 9 "$url")"
done
check 'it stops when told' stop_server
# A name that leads inside, as only this server sees it.
printf '127.0.0.1 localhost hook.example.org\n' >"$scratch/hosts"
printf '#!/bin/sh\nexec unshare --mount --propagation private sh -c '\''mount --bind "$0" /etc/hosts && exec "$@"'\'' "%s" "%s" "$@"\n' "$scratch/hosts" "$server" >"$scratch/server"
chmod +x "$scratch/server"
seen_as_usual=$server server=$scratch/server
check 'with another address allowed it starts' start_server --no-workers --allow-address 127.0.0.2 --callback-retry 1
server=$seen_as_usual
check 'the name of this machine is refused' gives 422 POST /api/v1/analysis/submit -H "$json" -d "$(wanted 9 "http://localhost:$port/")"
check 'a name is taken' submit "$(wanted 4 "http://hook.example.org:$port/five")"
check 'the job ends' ends
refused() { for try in $(seq 100); do grep -q '"event":"callback_failed".*"host":"hook.example.org".*not public' "$scratch/server.log" && return 0; sleep 0.1; done; cat "$scratch/server.log"; return 1; }
check 'but what it leads to is refused' refused
check 'and nobody was asked' test "$(grep -c /five "$scratch/heard")" = 0
check 'it stops when told' stop_server

# The backend hears of every job, by its own key.
export VEXXY_BACKEND_URL=$hook/base/ VEXXY_API_KEY=key-of-the-backend
check 'with a backend it starts' start_server --no-workers
unset VEXXY_BACKEND_URL VEXXY_API_KEY
check 'a job is submitted' submit "{\"image_ref\":\"web\",\"image_digest\":\"sha256:$(printf %064d 5)\"}"
check 'it ends' ends
check 'the backend is told' heard /base/api/v1/webhooks/premium/analysis 204
check 'under its key' sound /base/api/v1/webhooks/premium/analysis key-of-the-backend cancelled
metrics=$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$scratch/server.log")
check 'that is counted' eval 'curl -s "http://127.0.0.1:$metrics/metrics" | grep -qx "vexxy_callbacks_total{result=\"told\"} 1"'
check 'no secret is in the log' test "$(grep -c "$secret\|key-of-the-backend" "$scratch/server.log")" = 0
check 'it stops when told' stop_server
finish
