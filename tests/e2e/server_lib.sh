# Shared by the tests of the server; after tests/lib.sh and tests/e2e/record_lib.sh. One registry and one server on loopback, or several
# with names, ports that are free, all of it below $scratch.
server=${SERVER:-$PWD/build/vexxy-server}
data=$scratch/data log=$scratch/server.log
server_pid= registry_pid= names= postgres_dir=
stop_children() {
	[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null
	for name in $names; do eval "kill \$pid_$name 2>/dev/null"; done
	[ -z "$registry_pid" ] || kill "$registry_pid" 2>/dev/null
	wait 2>/dev/null
	[ -z "$postgres_dir" ] || tests/tools/postgres.sh remove "$postgres_dir"
	on_exit
}
trap stop_children EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start_server() { # options…: sets $api, $server_pid
	: >"$log"
	"$server" serve --data "$data" --listen 127.0.0.1:0 --metrics-port 0 --min-duration 2 --free-space 1 --insecure-registry "127.0.0.1:${registry:-1}" "$@" \
		>"$scratch/server.out" 2>"$log" &
	server_pid=$!
	for try in $(seq 600); do # who was killed tears down first what is left
		api=$(sed -n 's/.*"event":"started".*"url":"\([^"]*\)".*/\1/p' "$log")
		[ -z "$api" ] || return 0
		kill -0 "$server_pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$log"
	return 1
}
# Several servers: `start A options…` starts one by that name, or again; `on A` asks it from then on.
on() { # name
	data=$scratch/data-$1 log=$scratch/server-$1.log
	eval "api=\${api_$1:-} server_pid=\${pid_$1:-}"
}
start() {
	on "$1"
	case " $names " in *" $1 "*) ;; *) names="$names $1" ;; esac
	started=$1
	shift
	start_server "$@" || return 1
	eval "api_$started=\$api pid_$started=\$server_pid"
	server_pid= # it is among the names
}
stop() { # name
	eval "stopped=\$pid_$1 pid_$1="
	kill "$stopped" && wait "$stopped"
}
start_postgres() { # sets $postgres_dir and exports DATABASE_URL
	postgres_dir=$(tests/tools/postgres.sh start $$) && DATABASE_URL=$(tests/tools/postgres.sh url "$postgres_dir") && export DATABASE_URL
}
has_postgres() { ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }
stop_server() { kill "$server_pid" && wait "$server_pid"; status=$?; server_pid=; return $status; }
start_registry() { # sets $registry (port) and $registry_pid
	registry=$(free_port)
	printf 'version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: 127.0.0.1:%s\n' \
		"$scratch/registry" "$registry" >"$scratch/registry.yml"
	docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
	registry_pid=$!
	for try in $(seq 50); do
		curl -sf "http://127.0.0.1:$registry/v2/" >/dev/null && return 0
		sleep 0.1
	done
	cat "$scratch/registry.log"
	return 1
}
# An image of Debian's form with a shell in it; its command is the arguments. Pushed as 127.0.0.1:$registry/team/NAME:1.
push_image() { # name, command of the shell
	(
		layout=$scratch/layout-$1 bundle=$scratch/bundle-$1
		umoci init --layout "$layout" && umoci new --image "$layout:1" && umoci unpack --image "$layout:1" "$bundle" || exit 1
		make_rootfs "$bundle/rootfs"
		mkdir -p "$bundle/rootfs/var/lib/dpkg/info"
		printf 'ID=debian\nVERSION_ID="12"\n' >"$bundle/rootfs/etc/os-release"
		printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\nDescription: x\n\n' \
			busybox-static 1:1.35.0-4 zlib1g 1:1.2.13.dfsg-1 >"$bundle/rootfs/var/lib/dpkg/status"
		printf '/.\n/bin\n/bin/busybox\n' >"$bundle/rootfs/var/lib/dpkg/info/busybox-static.list"
		printf '/.\n/lib\n/lib/libz.so.1\n' >"$bundle/rootfs/var/lib/dpkg/info/zlib1g.list"
		umoci repack --image "$layout:1" "$bundle" &&
			umoci config --image "$layout:1" --config.entrypoint /bin/sh --config.entrypoint -c --config.cmd "$2" &&
			skopeo copy -q --dest-tls-verify=false "oci:$layout:1" "docker://127.0.0.1:$registry/team/$1:1"
	) >"$scratch/push.out" 2>&1 || { cat "$scratch/push.out"; return 1; }
	skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/$1:1"
}
call() { # method, path, more of curl…: the body in $scratch/body, the headers in $scratch/head, the status in $status
	method=$1 path=$2
	shift 2
	status=$(curl -sS -g -m 60 -X "$method" -o "$scratch/body" -D "$scratch/head" -w '%{http_code}' "$@" "$api$path") || status=000
}
field() { python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."):
    v = v[int(k)] if isinstance(v, list) else v[k]
print(json.dumps(v) if isinstance(v, (dict, list)) else "null" if v is None else str(v).lower() if isinstance(v, bool) else v)' "$scratch/body" "$1"; }
gives() { # status, method, path, more…
	want=$1
	shift
	call "$@"
	[ "$status" = "$want" ] || { echo "status $status, expected $want: $(head -c 2000 "$scratch/body")"; return 1; }
}
says() { # path of a member, what it is
	got=$(field "$1") || return 1
	[ "$got" = "$2" ] || { echo "$1 is '$got', expected '$2'"; return 1; }
}
json='Content-Type: application/json'
submit() { # body, more…: sets $job
	body=$1
	shift
	gives 201 POST /api/v1/analysis/submit -H "$json" -d "$body" "$@" && job=$(field job_id)
}
await() { # job, state…: until it is in one of them
	id=$1
	shift
	for try in $(seq 300); do
		call GET "/api/v1/analysis/$id/status"
		[ "$status" = 200 ] || { echo "status $status of '$id'"; return 1; }
		state=$(field status)
		case " $* " in *" $state "*) return 0 ;; esac
		case $state in complete | failed | cancelled) break ;; esac
		sleep 0.2
	done
	echo "it is $state: $(cat "$scratch/body")"
	grep -h "$id" "$scratch"/server*.log | tail -5
	return 1
}
agent_of() { # job: the agent that records it, and no guardian of its
	for try in $(seq 100); do
		for p in $(grep -lsz "^VEXXY_JOB=$1" /proc/[0-9]*/environ | cut -d/ -f3 | sort -n); do
			ls -d /sys/fs/cgroup/*/"vexxy-$p"-* /sys/fs/cgroup/"vexxy-$p"-* 2>/dev/null | grep -q . && echo "$p" && return 0
		done
		sleep 0.1
	done
	return 1
}
