#!/bin/sh
# Holds the estimator against the recorded runs: README.md and calibration.png here. `make calibration` builds ESTIMATE first.
#   run.sh ESTIMATE
set -eu
estimate=$(readlink -f "$1")
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
lambda=$(sed -n 's/^RISK_NUMBER(LAMBDA, \([0-9.]*\),.*/\1/p' ../../analyzer/data/risks.def)
"$estimate" data/*.tsv >"$scratch/table"
status=0
./report.py "$scratch/table" "$lambda" "$scratch/README.md" "$scratch/points" "$scratch/bins" || status=1
gnuplot -e "IN='$scratch/points'; BINS='$scratch/bins'; OUT='$scratch/calibration.png'; LAMBDA=$lambda" plot.gp
mv "$scratch/README.md" "$scratch/calibration.png" .
exit $status
