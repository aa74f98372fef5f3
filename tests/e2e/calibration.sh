#!/bin/bash
# The estimator of what is unseen is not overconfident on recorded runs, and what is told of it is so now.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

estimate=build/tests/estimate here=tests/calibration
[ -x "$estimate" ] || { skip "the estimator on recorded runs" "build/tests/estimate is not built: make build-tests"; finish; }
lambda=$(sed -n 's/^RISK_NUMBER(LAMBDA, \([0-9.]*\),.*/\1/p' analyzer/data/risks.def)
"$estimate" $here/data/*.tsv >"$scratch/table"
check "every run is cut off at many points" test "$(wc -l <"$scratch/table")" -ge 200
check "the estimate is not overconfident" $here/report.py "$scratch/table" "$lambda" "$scratch/README.md"
check "what its README tells is so now (else: make calibration)" cmp "$scratch/README.md" $here/README.md
too_sure() { # the same table, as an estimator would make it that is too sure of itself
	awk -F'\t' -v OFS='\t' '{ $5 /= 3; $7 /= 6; $9 /= 6; print }' "$scratch/table" >"$scratch/sure"
	! $here/report.py "$scratch/sure" "$lambda" "$scratch/sure.md" >"$scratch/sure.out" && [ "$(grep -c '^overconfident' "$scratch/sure.out")" = 4 ]
}
check "an estimator that says a third is caught in every way" too_sure
no_units() { echo nonsense >"$scratch/none.tsv" && ! "$estimate" "$scratch/none.tsv"; }
check "a file that is no record is refused" no_units
finish
