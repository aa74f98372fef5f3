# Shared by the tests of signed results: a small image with one finding, an analysis of it, keys. After tests/lib.sh.
unset VEXXY_KEY_PASSPHRASE SOURCE_DATE_EPOCH
python=/usr/bin/python3
[ -x "$python" ] || python=python3
image_digest=sha256:$(printf '%064d' 7)

make_inputs() { # case, directory; prints the arguments of vexxy analyze
	PYTHONDONTWRITEBYTECODE=1 "$python" tests/cases/case.py "tests/cases/$1.case" "$2" >"$2.args"
}
analyze() { # directory of inputs, output directory, further options…
	inputs=$1 output=$2
	shift 2
	eval "set -- $(cat "$inputs.args")" '"$@"'
	"$vexxy" analyze -q "$@" -o "$output"
}
payload() { # line of an evidence file, file: what is signed
	sed -n "$1p" "$2" | "$python" -c 'import base64, json, sys; sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)["payload"]))'
}
