#!/bin/sh
# The rules that a grep can hold: who may print and exit, no goto, no notes to self, one shape.
set -eu
cd "$(dirname "$0")/../.."
bad=0
deny() { # what is wrong, extended regular expression, files
	what=$1 pattern=$2
	shift 2
	found=$(grep -nE "$pattern" "$@" /dev/null || true)
	[ -z "$found" ] || { printf '%s\n  ^ %s\n' "$found" "$what" && bad=1; }
}
sources=$(git ls-files -co --exclude-standard 'agent/*.[ch]' 'analyzer/*.[ch]' 'server/*.[ch]' 'kubescape-compat/*.[ch]' 'include/*.h')
below_main=$(echo "$sources" | grep -vE '/(main|cmd_[a-z_]*|commands?|table|progress)\.[ch]$')
# shellcheck disable=SC2086
{
	deny 'no goto: cleanup attributes release' '^[^/*"]*\bgoto\b' $sources
	deny 'only main and the commands print' '\b(printf|puts|putchar|perror)\(' $below_main
	deny 'nobody below main exits' '(^|[^_a-z])(exit|abort)\(' $below_main
	deny 'no notes to self' '\b(TODO|FIXME|XXX)\b' $sources $(git ls-files -co --exclude-standard 'bpf/*.[ch]')
	deny 'array_sort, array_sort_with and array_find: an empty array may be NULL' '\b(qsort|qsort_r|bsearch)\(' \
		$(echo "$sources" | grep -v '^include/array\.h$')
	deny 'unsafe string function' '(^|[^_a-z])(strcpy|strcat|sprintf|gets|alloca)\(' $sources
}
for file in $(git ls-files -co --exclude-standard 'tests/e2e/*.sh' 'tests/bpf/*.sh' tests/cases/run.sh | grep -v '_lib\.sh$'); do
	[ -x "$file" ] || { echo "$file: not executable, so tests/run.sh passes it over" && bad=1; }
done
# shellcheck disable=SC2046
unnamed=$(awk 'FNR == 1 && !/SPDX-License-Identifier:/ { print FILENAME }' $(git ls-files -co --exclude-standard '*.[ch]'))
[ -z "$unnamed" ] || { printf '%s\n  ^ the first line names no licence\n' "$unnamed" && bad=1; }
if command -v clang-format >/dev/null; then
	# shellcheck disable=SC2046
	misshapen=$(clang-format --dry-run -Werror $(git ls-files -co --exclude-standard '*.[ch]') 2>&1 | grep 'error:' | head -5 || true)
	[ -z "$misshapen" ] || { printf '%s\n  ^ make format\n' "$misshapen" && bad=1; }
fi
exit $bad
