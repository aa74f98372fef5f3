#!/bin/sh
# In the stand-in for Docker Hub's postgres:15 (tests/compose/postgres_image.sh): what its own entry point does with POSTGRES_USER,
# POSTGRES_PASSWORD and POSTGRES_DB where the data directory is empty.
set -eu
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /var/run/postgresql
	chown -R postgres:postgres "$PGDATA" /var/run/postgresql
	chmod 700 "$PGDATA"
	exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	umask 077
	printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
	initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256
	rm /tmp/password
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	pg_ctl -w -o "-c listen_addresses=''" start
	createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
	pg_ctl -w stop
fi
exec postgres -c listen_addresses='*'
