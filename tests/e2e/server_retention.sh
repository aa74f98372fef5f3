#!/bin/sh
# vexxy-server removes what is old enough, and nothing that something names.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/server_lib.sh

sql() { python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute("PRAGMA foreign_keys=ON"); print(*[c for r in d.execute(sys.argv[2]) for c in r]); d.commit()' "$data/vexxy.db" "$1"; }
request() { printf '{"image_ref":"web","image_digest":"sha256:%064d"%s}' "$1" "${2:-}"; }
blobs() { find "$data/blobs" -type f -not -path '*/incoming/*' -not -path '*/partial/*' | wc -l; }

check 'it starts' start_server --no-workers
check 'an SBOM is kept' gives 201 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}'
kept=$(field id)
check 'another, too' gives 201 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}'
check 'a job with the first of them waits' submit "$(request 1 ",\"sbom_id\":\"$kept\"")"
waits=$job
check 'another' submit "$(request 2)"
old=$job
check 'has ended' gives 200 DELETE "/api/v1/analysis/$old"
check 'and one more' submit "$(request 3)"
young=$job
check 'as well' gives 200 DELETE "/api/v1/analysis/$young"
check 'nothing is old yet' eval '"$server" sweep --data "$data" >"$scratch/swept" && ! grep -q ": *[1-9]" "$scratch/swept"'
check 'it stops when told' stop_server
# Ten days pass for all but the young one; a content that nobody names lies there, and images that were and were not used.
past=$((($(date +%s) - 864000) * 1000))
sql "UPDATE jobs SET completed_ms = $past WHERE id = '$old'" >/dev/null
sql "UPDATE inputs SET created_ms = $past" >/dev/null
sql "UPDATE audit SET at_ms = $past WHERE target = '$old'" >/dev/null
nobody=$(printf %064d 7)
mkdir -p "$data/blobs/00" "$data/images/old" "$data/images/new" "$data/cache/vexxy/sha256-old/rootfs"
echo nothing >"$data/blobs/00/$nobody"
find "$data/blobs" -type f -exec touch -d '10 days ago' {} +
touch -d '10 days ago' "$data/images/old" "$data/cache/vexxy/sha256-old"
echo young >"$data/blobs/00/$(printf %063d 0)1"
check 'it starts again, to keep nothing for longer than five days' start_server --no-workers --keep-jobs 5 --keep-inputs 5 --keep-images 5 --keep-audit 5
check 'it sweeps when told' eval '"$server" sweep --data "$data" >"$scratch/body"'
check 'one analysis' says jobs 1
check 'one input: the other is needed' says inputs 1
check 'what nobody used, fetched and unpacked' says images 2
check 'what nobody names' says contents 2
check 'and who asked for that so long ago' test "$(field audit)" -ge 1
check 'the old one is gone' gives 404 GET "/api/v1/analysis/$old/status"
check 'the young one is not' gives 200 GET "/api/v1/analysis/$young/status"
check 'nor the one that waits' gives 200 GET "/api/v1/analysis/$waits/status"
check 'nor what it needs' gives 200 GET "/api/v1/sboms/$kept"
check 'to the byte' grep -q '"1.5"' "$scratch/body"
check 'the image that was used is there' test -d "$data/images/new"
check 'the other is not' test ! -e "$data/images/old"
check 'what came today is there, named or not' test -f "$data/blobs/00/$(printf %063d 0)1"
check 'nothing half is left' test -z "$(ls -d "$data"/images/.gone "$data"/cache/vexxy/.gone 2>/dev/null)"
check 'a second time finds nothing' eval '"$server" sweep --data "$data" >"$scratch/swept" && ! grep -q ": *[1-9]" "$scratch/swept"'
check 'the database is sound' eval 'test "$(sql "PRAGMA integrity_check")" = ok && test -z "$(sql "PRAGMA foreign_key_check")"'
check 'nobody else may sweep' gives 404 POST /api/v1/sweep
check 'it stops when told' stop_server
finish
