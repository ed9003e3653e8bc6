#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The cost of a span stays under its bar, and does not creep up: no heap allocation, and
# instructions as bench/span_cost.txt says (callgrind; the difference of two counts, so that the
# program's own start does not count).
#
#   bench_span_test.sh BENCH_SPAN BUILD_TYPE [SANITIZERS]
set -euo pipefail
bench=$1
build_type=$2
sanitizers=${3:-}
costs=$(dirname "$0")/../../bench/span_cost.txt
low=2000
high=12000

skip() {
  echo "bench_span: skipped: $1"
  exit 77
}

fail() {
  echo "bench_span: $1"
  exit 1
}

# The value of a number in the line of JSON.
number() {
  sed -n "s/.*\"$2\": \([0-9.]*\).*/\1/p" <<<"$1"
}

[ -z "$sanitizers" ] || skip "sanitizers ($sanitizers) allocate and count on their own"
case $build_type in
Release) ;;
*) skip "a $build_type build is not what is measured" ;;
esac

for mode in "" "--threads 4" "--not-sampled" "--not-sampled --threads 4" "--off"; do
  # shellcheck disable=SC2086
  line=$("$bench" 20000 $mode) || fail "failed with: $mode"
  echo "$line"
  [ "$(number "$line" spans)" = 20000 ] || fail "made another number of spans"
  # Of several threads, one may come to need a chunk of the queue more than while they warmed up: of
  # the 2,048 spans of the queue and the shards there are not more than 40 chunks in all.
  case $mode in *--threads*) allowed=40 ;; *) allowed=0 ;; esac
  [ "$(number "$line" allocations)" -le "$allowed" ] || fail "allocates: $mode"
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
while read -r mode recorded bar; do
  option=--$mode
  [ "$mode" = sampled ] && option=
  # shellcheck disable=SC2086
  small=$(instructions $low $option)
  # shellcheck disable=SC2086
  large=$(instructions $high $option)
  per_span=$(((large - small) / (high - low)))
  echo "bench_span $mode: $per_span instructions a span (recorded: $recorded, bar: $bar)"
  [ "$per_span" -gt 0 ] || fail "$mode: nothing was counted"
  [ "$per_span" -le "$bar" ] || fail "$mode: over the bar"
  [ $((per_span * 10)) -le $((recorded * 11)) ] ||
    fail "$mode: more than 10 % over the figure in bench/span_cost.txt"
  modes=$((modes + 1))
done < <(grep -v '^#' "$costs")
[ "$modes" -eq 3 ] || fail "bench/span_cost.txt names $modes modes, not 3"
