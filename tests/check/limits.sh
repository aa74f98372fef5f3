#!/bin/sh
# Fails when a function passes 100 lines or a file 700: what is longer wants a table, or a helper with a name.
set -eu
cd "$(dirname "$0")/../.."
files=$(git ls-files -co --exclude-standard '*.c' '*.h')
bad=0
# shellcheck disable=SC2086
big=$(wc -l $files | awk '$1 > 700 && $2 != "total" { print $2 ": " $1 " lines, at most 700" }')
[ -z "$big" ] || { echo "$big" && bad=1; }
# shellcheck disable=SC2086
long=$(ctags -f - --fields=+ne --kinds-C=f --languages=C --quiet=yes $files | awk -F'\t' '
	{ l = e = 0
	  for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) l = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
	  n++; if (e - l + 1 > 60) over++
	  if (e - l + 1 > 100) print $2 ":" l ": " $1 " has " e - l + 1 " lines, at most 100" }
	END { if (n && over * 20 > n) print over " of " n " functions pass 60 lines, at most 5 in 100" }')
[ -z "$long" ] || { echo "$long" && bad=1; }
exit $bad
