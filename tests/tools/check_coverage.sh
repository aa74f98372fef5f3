#!/bin/sh
# Holds a trace against what the coverage program said it did: one TAP line per mechanism (no plan). Runs under busybox too.
#   check_coverage.sh TRACE.gz EXPECTED [PREFIX]      PREFIX: put in front of each sentence
trace=$1 expected=$2 prefix=${3:-}
lines=$(mktemp)
gzip -dc "$trace" >"$lines" 2>/dev/null
tab=$(printf '\t')
has() { # every given text in one line
	file=$lines
	for text in "$@"; do
		grep -F -- "$text" "$file" >"$lines.next" || { rm -f "$lines.next" "$lines.now"; return 1; }
		mv "$lines.next" "$lines.now"
		file=$lines.now
	done
	rm -f "$lines.now"
}
holds() { # kind, path
	case $1 in
	open:*) has '"kind":"open"' "\"path\":\"$2\"" "\"access\":\"${1#open:}\"" ;;
	map) has '"kind":"map"' "\"path\":\"$2\"" ;;
	exec) has '"kind":"exec"' '"role":"program"' "\"path\":\"$2\"" ;;
	script) has '"kind":"exec"' '"role":"script"' "\"path\":\"$2\"" ;;
	interpreter) has '"kind":"exec"' '"role":"interpreter"' "\"path\":\"$2\"" ;;
	memfd) has '"kind":"exec"' '"role":"program"' "$2" '"memfd"' ;;
	failed) has '"kind":"open"' '"error":"ENOENT"' "\"given\":\"$2\"" && ! has "\"path\":\"$2\"" ;;
	net) has '"kind":"net"' "\"op\":\"${2%%:*}\"" "\"port\":${2##*:}" ;;
	*) false ;;
	esac
}
seen=0
while IFS="$tab" read -r what mechanism kind path; do
	case $what in
	expect)
		seen=$((seen + 1))
		if holds "$kind" "$path"; then echo "ok ${prefix}seen: $mechanism"; else echo "not ok ${prefix}seen: $mechanism ($kind $path)"; fi
		;;
	unsupported) echo "ok ${prefix}not possible here: $mechanism ($kind)" ;;
	esac
done <"$expected"
rm -f "$lines"
[ "$seen" -ge 30 ] || echo "not ok ${prefix}the coverage program reached only $seen mechanisms"
