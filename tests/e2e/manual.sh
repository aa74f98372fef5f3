#!/bin/sh
# The manual pages and completions that are installed: their readers understand them, and they know every option.
. tests/lib.sh
"$vexxy" --man >"$scratch/vexxy.1"
"$vexxy" --completion bash >"$scratch/vexxy.bash"
"$vexxy" --completion zsh >"$scratch/_vexxy"
build/vexxy-server --man >"$scratch/vexxy-server.8"
build/vexxy-server --completion bash >"$scratch/vexxy-server.bash"
build/vexxy-server --completion zsh >"$scratch/_vexxy-server"

warns_not() { said=$(groff -k -Tutf8 -man -ww -z "$1" 2>&1) && [ -z "$said" ] || { echo "$said"; return 1; }; }
if command -v groff >/dev/null; then
	check "groff has nothing to say about vexxy(1)" warns_not "$scratch/vexxy.1"
	check "groff has nothing to say about vexxy-agent(1)" warns_not deploy/man/vexxy-agent.1
	check "groff has nothing to say about vexxy-server(8)" warns_not "$scratch/vexxy-server.8"
else
	skip "groff has nothing to say about the manual pages" "groff is not installed"
fi

offers() { # the word that must be offered, the words of the command line…
	want=$1
	shift
	bash -c '. "$1"; want=$2; shift 2; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vexxy
		printf "%s\n" "${COMPREPLY[@]}" | grep -qxF -- "$want"' bash "$scratch/vexxy.bash" "$want" "$@"
}
offers_not() { ! offers "$@"; }
check "bash offers commands" offers replay vexxy re
check "bash offers the options of a command" offers --format vexxy replay --f
check "… and not those that begin otherwise" offers_not --stats vexxy replay --f
check "bash offers the values of an option" offers json vexxy replay --format ''
check "bash offers files" offers tests vexxy replay tests
if command -v zsh >/dev/null; then
	check "zsh understands its completion" zsh -n "$scratch/_vexxy"
	check "and the server's" zsh -n "$scratch/_vexxy-server"
else
	skip "zsh understands its completion" "zsh is not installed"
fi
check "bash understands the server's completion" bash -n "$scratch/vexxy-server.bash"

documented() { # page, program and verb…: every option of --help stands in the page
	page=$1
	shift
	options=$("$@" --help | sed -n 's/^ \{1,\}\(-., \)\{0,1\} *\(--[a-z-]*\).*/\2/p' | grep -vx -- --help)
	[ -n "$options" ] || { echo "'$*' has no options"; return 1; }
	for option in $options; do
		grep -qF -- "$(echo "$option" | sed 's/-/\\-/g')" "$page" || { echo "$option is not in $page"; return 1; }
	done
}
check "vexxy-agent(1) names every option of record" documented deploy/man/vexxy-agent.1 "$agent" record
for verb in $("$vexxy" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	check "vexxy(1) names every option of $verb" documented "$scratch/vexxy.1" "$vexxy" "$verb"
done
undocumented() { ! documented "$scratch/vexxy.1" "$agent" record; }
check "an option that is not in the page is found" undocumented

check "make install puts everything where it belongs" make --no-print-directory install DESTDIR="$scratch/root" prefix=/usr
for file in bin/vexxy bin/vexxy-agent bin/vexxy-server bin/vexxy-client share/man/man1/vexxy.1 share/man/man1/vexxy-agent.1 share/man/man8/vexxy-server.8 \
	share/bash-completion/completions/vexxy share/zsh/site-functions/_vexxy; do
	check "… $file" test -s "$scratch/root/usr/$file"
done
check "the installed program runs" "$scratch/root/usr/bin/vexxy" --version
check "vexxy-server(8) has every option" documented "$scratch/vexxy-server.8" build/vexxy-server
finish
