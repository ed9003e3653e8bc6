#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The cost of a measurement does not creep up: no heap allocation where the series exists, nothing
# lost by threads, and instructions as bench/metric_cost.txt says (callgrind; the difference of two
# counts, so that the program's own start does not count).
#
#   bench_metric_test.sh BENCH_METRIC BUILD_TYPE [SANITIZERS]
set -euo pipefail
bench=$1
build_type=$2
sanitizers=${3:-}
costs=$(dirname "$0")/../../bench/metric_cost.txt
low=1000
high=11000

skip() {
  echo "bench_metric: skipped: $1"
  exit 77
}

fail() {
  echo "bench_metric: $1"
  exit 1
}

# The value of a number in the line of JSON.
number() {
  sed -n "s/.*\"$2\": \([0-9.]*\).*/\1/p" <<<"$1"
}

[ -z "$sanitizers" ] || skip "sanitizers ($sanitizers) count on their own"
[ "$build_type" = Release ] || skip "a $build_type build is not what is measured"

for mode in add bound record bound-record; do
  for option in "" "--threads 4" "--threads 4 --traced"; do
    # shellcheck disable=SC2086
    line=$("$bench" 20000 $mode $option) || fail "failed with: $mode $option"
    echo "$line"
    [ "$(number "$line" allocations)" = 0 ] || fail "allocates: $mode $option"
  done
done

command -v valgrind >/dev/null 2>&1 || skip "valgrind is not installed, instructions not counted"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

instructions() {
  valgrind --tool=callgrind --callgrind-out-file="$work/out" "$bench" "$@" 2>"$work/log" >/dev/null ||
    { cat "$work/log"; fail "failed under callgrind"; }
  sed -n 's/^.*Collected : \([0-9]*\).*$/\1/p' "$work/log"
}

modes=0
while read -r mode recorded; do
  small=$(instructions $low "$mode")
  large=$(instructions $high "$mode")
  each=$(((large - small) / (high - low)))
  echo "bench_metric $mode: $each instructions a measurement (recorded: $recorded)"
  [ "$each" -gt 0 ] && [ "$each" -le $((recorded + recorded / 10)) ] || fail "$mode costs too much"
  modes=$((modes + 1))
done < <(grep -v '^#' "$costs")
[ "$modes" = 4 ] || fail "$costs has $modes modes, not 4"
