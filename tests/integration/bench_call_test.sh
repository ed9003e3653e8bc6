#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What tracing adds to a call does not creep up: instructions as bench/call_cost.txt says
# (callgrind; traced less untraced, each the difference of two counts, so that the program's own
# start does not count). How often a call waits, and how the heap happens to lie, moves the figure
# by some hundred instructions: one good try of three will do.
#
#   bench_call_test.sh BENCH_CALL BUILD_TYPE [SANITIZERS]
set -euo pipefail
bench=$1
build_type=$2
sanitizers=${3:-}
costs=$(dirname "$0")/../../bench/call_cost.txt
low=200
high=1200
tries=3

skip() {
  echo "bench_call: skipped: $1"
  exit 77
}

fail() {
  echo "bench_call: $1"
  exit 1
}

[ -z "$sanitizers" ] || skip "sanitizers ($sanitizers) allocate and count on their own"
case $build_type in
Release) ;;
*) skip "a $build_type build is not what is measured" ;;
esac
command -v valgrind >/dev/null 2>&1 || skip "valgrind is not installed, instructions not counted"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# callgrind counts "rep movsb" and "rep stosb" once a byte, a processor counts them once: the C
# library is told to copy without them.
threshold=1073741824
tunables=glibc.cpu.x86_rep_movsb_threshold=$threshold:glibc.cpu.x86_rep_stosb_threshold=$threshold

instructions() {
  GLIBC_TUNABLES=$tunables valgrind --tool=callgrind --callgrind-out-file="$work/out" "$bench" "$@" 2>"$work/log" >/dev/null ||
    { cat "$work/log"; fail "failed under callgrind"; }
  sed -n 's/^.*Collected : \([0-9]*\).*$/\1/p' "$work/log"
}

# Of one call.
per_call() {
  local small large
  small=$(instructions $low "$1")
  large=$(instructions $high "$1")
  echo $(((large - small) / (high - low)))
}

recorded=$(sed -n 's/^put-object  *\([0-9]*\)$/\1/p' "$costs")
[ -n "$recorded" ] || fail "bench/call_cost.txt has no figure for put-object"
for ((try = 1; try <= tries; try++)); do
  untraced=$(per_call untraced)
  traced=$(per_call traced)
  added=$((traced - untraced))
  echo "bench_call: tracing adds $added instructions to $untraced (recorded: $recorded)"
  [ "$untraced" -gt 0 ] && [ "$added" -gt 0 ] || fail "nothing was counted"
  [ $((added * 10)) -gt $((recorded * 11)) ] || exit 0
done
fail "more than 10 % over the figure in bench/call_cost.txt"
