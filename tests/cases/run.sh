#!/bin/sh
# The cases of this folder (README.md): image, traces and vulnerabilities as data, and the verdicts that must follow.
cd "$(dirname "$0")/../.." || exit 1
python=/usr/bin/python3
[ -x "$python" ] || python=python3
if ! command -v "$python" >/dev/null; then
	[ "${CI:-}" = true ] && echo "not ok 1 - cases (cannot be skipped in CI: python3 is not installed)" || echo "ok 1 - cases # SKIP python3 is not installed"
	echo 1..1
	exit 0
fi
PYTHONDONTWRITEBYTECODE=1 exec "$python" tests/cases/run.py "${VEXXY:-build/vexxy}" "$@"
