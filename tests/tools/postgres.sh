#!/bin/sh
# A PostgreSQL server for a test: in a directory of its own, as an unprivileged user, on a unix socket there and nowhere else.
#   postgres.sh start OWNER [DIR]   prints the directory; it ends with the process OWNER, at the latest. With DIR: the same data again
#   postgres.sh stop DIR [fast|immediate]
#   postgres.sh remove DIR
#   postgres.sh url DIR             for libpq
#   postgres.sh psql DIR …
# Exit status 77 where Debian's package is not installed.
set -eu
self=$(realpath "$0")
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "${bin:-/none}/postgres" ] || { echo "PostgreSQL is not installed (Debian: postgresql-15)" >&2 && exit 77; }
as_user=
if [ "$(id -u)" = 0 ]; then # it refuses to run as root
	user=postgres
	id "$user" >/dev/null 2>&1 || user=nobody
	as_user="setpriv --reuid=$user --regid=$(id -gn "$user") --clear-groups env HOME=/"
fi
unset PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGOPTIONS
cd /

case $1 in
start)
	owner=$2 dir=${3:-}
	if [ -z "$dir" ]; then
		dir=$(mktemp -d /tmp/vexxy-postgres.XXXXXX)
		[ -z "$as_user" ] || chown "$user" "$dir"
		chmod 755 "$dir" # the socket in it trusts whoever comes: on a machine of tests
		$as_user "$bin/initdb" -D "$dir/data" -A trust -U vexxy -E UTF8 --locale=C -N >"$dir/log" 2>&1 || { cat "$dir/log" >&2 && exit 1; }
	fi
	# -N and fsync=off: what is tested is kill -9, not the loss of power. POSTGRES_OPTIONS instead, for who measures.
	$as_user "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= ${POSTGRES_OPTIONS:--c fsync=off} -c shared_buffers=16MB -c max_connections=60 \
		</dev/null >>"$dir/log" 2>&1 &
	pid=$!
	for try in $(seq 300); do
		"$bin/pg_isready" -q -h "$dir" && break
		kill -0 "$pid" 2>/dev/null || { cat "$dir/log" >&2 && exit 1; }
		sleep 0.1
	done
	"$bin/pg_isready" -q -h "$dir" || { cat "$dir/log" >&2 && exit 1; }
	(
		while kill -0 "$owner" && kill -0 "$pid"; do sleep 1; done
		kill -0 "$owner" || { kill -QUIT "$pid" && sleep 1; rm -rf "$dir"; }
	) </dev/null >/dev/null 2>&1 &
	echo "$dir"
	;;
stop)
	pid=$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null) || exit 0
	signal=INT
	[ "${3:-fast}" = fast ] || signal=QUIT
	kill -"$signal" "$pid" 2>/dev/null || exit 0
	for try in $(seq 200); do
		kill -0 "$pid" 2>/dev/null || exit 0
		sleep 0.1
	done
	kill -9 "$pid"
	;;
remove)
	"$self" stop "$2" immediate
	rm -rf "$2"
	;;
url) echo "postgresql:///postgres?host=$2&user=vexxy" ;;
psql)
	dir=$2
	shift 2
	exec "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$dir" -U vexxy postgres "$@"
	;;
esac
