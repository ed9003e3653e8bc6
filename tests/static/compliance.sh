#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/compliance.md against the tests: it has a row for each of the 149 features of the
# OpenTelemetry compliance matrix that concern tracing, and each test that a row names exists, runs
# and passes. A row names `test_program: test_function` (a cmocka test of that program) or the
# name of a ctest test, which the suite runs by itself; a document is quoted: `FILE says TEXT`.
#   compliance.sh BUILD_DIR
set -euo pipefail
build=$1
cd "$(dirname "$0")/../.."
doc=docs/compliance.md
rows=149
not_applicable=3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "$doc: $1"; bad=1; }

# number, section, feature, status, tests
grep -E '^\| [0-9]+ \|' "$doc" | sed -E 's/^\| | \|$//g; s/ +\| +/\t/g' >"$work/rows"
[ "$(wc -l <"$work/rows")" -eq "$rows" ] || complain "has $(wc -l <"$work/rows") rows, not $rows"
na=$(awk -F'\t' '$4 ~ /^n\/a/' "$work/rows" | wc -l)
[ "$na" -le "$not_applicable" ] || complain "$na rows are n/a, more than $not_applicable"

ctest --test-dir "$build" -N | sed -nE 's/^ *Test +#[0-9]+: //p' >"$work/ctest"

# ran NAME: the output of a test program, run once.
ran() {
  if [ ! -e "$work/$1.out" ]; then
    (cd "$build" && "./$1") >"$work/$1.out" 2>&1 || complain "$1 fails"
  fi
}

while IFS=$'\t' read -r number _ feature status tests; do
  case $status in
    yes | no) ;;
    'n/a: '?*) continue ;;
    *) complain "row $number: the status is '$status', not yes, no, or n/a: and why"; continue ;;
  esac
  [ "$status" != no ] || continue
  [ -n "$tests" ] || { complain "row $number ($feature): no test is named"; continue; }
  while IFS= read -r test; do
    case $test in
      *' says '*)
        grep -qF -- "${test#* says }" "${test%% says *}" || complain "row $number: ${test%% says *} does not say so" ;;
      *': '*)
        program=${test%%: *} function=${test#*: }
        if [ ! -x "$build/$program" ]; then complain "row $number: there is no program $program"; continue; fi
        ran "$program"
        grep -qF "[       OK ] $function" "$work/$program.out" ||
          complain "row $number: $program has no test $function that passes" ;;
      *) grep -qxF "$test" "$work/ctest" || complain "row $number: ctest has no test $test" ;;
    esac
  done < <(sed -E 's/`//g; s/, +/\n/g' <<<"$tests")
done <"$work/rows"

[ "$bad" -eq 0 ] || exit 1
programs=$(find "$work" -name '*.out' | wc -l)
echo "compliance: $rows rows, $na not applicable; $programs test programs were run"
