#!/bin/sh
# The manual page and the completions that are shipped are those of the tables, and their readers understand them.
. tests/lib.sh
page=deploy/man/vexxy.1

current() { "$vexxy" "$1" ${2:+"$2"} | diff - "$3"; }
check "the manual page is current (make manual)" current --man '' "$page"
check "the completion for bash is current (make manual)" current --completion bash deploy/completion/vexxy.bash
check "the completion for zsh is current (make manual)" current --completion zsh deploy/completion/_vexxy

warns() { [ -z "$(groff -k -Tutf8 -man -ww -z "$1" 2>&1)" ]; }
if command -v groff >/dev/null; then
	check "groff has nothing to say about vexxy(1)" warns "$page"
	check "groff has nothing to say about vexxy-agent(1)" warns deploy/man/vexxy-agent.1
else
	skip "groff has nothing to say about the manual pages" "groff is not installed"
fi

offers() { # the word that must be offered, the words of the command line…
	want=$1
	shift
	bash -c '. deploy/completion/vexxy.bash; want=$1; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vexxy
		printf "%s\n" "${COMPREPLY[@]}" | grep -qxF -- "$want"' bash "$want" "$@"
}
check "bash offers commands" offers analyze vexxy an
check "bash offers the options of a command" offers --against vexxy lint --a
check "bash offers the values of an option" offers balanced vexxy analyze --policy ''
check "bash offers files" offers tests/ vexxy lint tests
if command -v zsh >/dev/null; then
	check "zsh understands its completion" zsh -n deploy/completion/_vexxy
else
	skip "zsh understands its completion" "zsh is not installed"
fi

documented() { # program and verb, page: every option of --help stands in the page
	# shellcheck disable=SC2086
	for option in $($1 --help | grep -oE -- '^ +(-., )? *--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
		grep -qF -- "$(echo "$option" | sed 's/-/\\-/g')" "$2" || { echo "$option is not in $2"; return 1; }
	done
}
check "vexxy-agent(1) names every option of record" documented "$agent record" deploy/man/vexxy-agent.1
finish
