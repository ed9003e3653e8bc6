#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tail sampling costs at most a quarter more than the plain batch processor, a span, and allocates
# nothing for a span once it is warm (instructions by callgrind; the difference of two counts, so that the
# program's own start does not count).
#
#   bench_tail_test.sh BENCH_TAIL BUILD_TYPE [SANITIZERS]
set -euo pipefail
bench=$1
build_type=$2
sanitizers=${3:-}
bar_percent=125
low=400
high=2400
spans=5

skip() {
  echo "bench_tail: skipped: $1"
  exit 77
}

fail() {
  echo "bench_tail: $1"
  exit 1
}

[ -z "$sanitizers" ] || skip "sanitizers ($sanitizers) allocate and count on their own"
[ "$build_type" = Release ] || skip "a $build_type build is not what is measured"

for mode in --tail-all --tail-share; do
  line=$("$bench" 4000 "$mode" --events) || fail "failed with: $mode"
  echo "$line"
  # None a span; the batch processor's queue may need more of its chunks than in the first round,
  # of which there are not more than 40.
  allocations=$(sed -n 's/.*"allocations": \([0-9]*\),.*/\1/p' <<<"$line")
  [ "${allocations:-41}" -le 40 ] || fail "allocates: $mode"
done

command -v valgrind >/dev/null 2>&1 || skip "valgrind is not installed, instructions not counted"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

instructions() {
  valgrind --tool=callgrind --callgrind-out-file="$work/out" "$bench" "$@" 2>"$work/log" >/dev/null ||
    { cat "$work/log"; fail "failed under callgrind"; }
  sed -n 's/^.*Collected : \([0-9]*\).*$/\1/p' "$work/log"
}

per_span() {
  local small large
  small=$(instructions $low "$@")
  large=$(instructions $high "$@")
  echo $(((large - small) / ((high - low) * spans)))
}

plain=$(per_span --events)
echo "bench_tail plain: $plain instructions a span"
for mode in --tail-all --tail-share; do
  cost=$(per_span "$mode" --events)
  echo "bench_tail $mode: $cost instructions a span, $((cost * 100 / plain)) % (bar: $bar_percent %)"
  [ $((cost * 100)) -le $((plain * bar_percent)) ] || fail "over the bar"
done
