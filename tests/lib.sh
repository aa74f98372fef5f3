# Shared by the shell tests: TAP output, skips that are failures in CI, a scratch directory that goes away.
# Usage: . tests/lib.sh (from the project's root); then `check "sentence" command…`; end with `finish`.
tap_n=0 tap_failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-test.XXXXXX")
vexxy=$PWD/build/vexxy agent=$PWD/build/vexxy-agent
on_exit() { rm -rf "$scratch"; }
trap on_exit EXIT
trap 'exit 130' INT TERM

ok() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1"; }
not_ok() { tap_n=$((tap_n + 1)); tap_failed=1; echo "not ok $tap_n - $1"; }
skip() { # sentence, reason: on a user's machine a skip, in CI a failure
	tap_n=$((tap_n + 1))
	if [ "${CI:-}" = true ]; then
		tap_failed=1
		echo "not ok $tap_n - $1 (cannot be skipped in CI: $2)"
	else
		echo "ok $tap_n - $1 # SKIP $2"
	fi
}
check() { # sentence, command…: passes when the command succeeds; its output is shown when it does not
	sentence=$1
	shift
	if "$@" >"$scratch/check.out" 2>&1; then
		ok "$sentence"
	else
		sed 's/^/#   /' "$scratch/check.out" | tail -n 40
		not_ok "$sentence"
	fi
}
fails_with() { # exit status, extended regular expression on stderr, command…
	want=$1 pattern=$2
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err"
	got=$?
	case "|$want|" in *"|$got|"*) ;; *) false ;; esac || { echo "exit status $got, expected $want: $(cat "$scratch/err")"; return 1; }
	grep -qE -- "$pattern" "$scratch/err" || { echo "stderr has no '$pattern': $(cat "$scratch/err")"; return 1; }
}
can_trace() { [ "$(id -u)" = 0 ] && "$agent" probe --json >/dev/null 2>&1; }
finish() { echo "1..$tap_n"; exit $tap_failed; }
