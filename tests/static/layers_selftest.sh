#!/usr/bin/env bash
# The layer check must find a breach: it is run on a copy with one planted.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/base" "$work/src/telemetry" "$work/src/aws" "$work/include/cloudspan"
cp "$root/include/cloudspan/base.h" "$root/include/cloudspan/export.h" "$work/include/cloudspan/"

expect() { # wanted exit code, what
  local got=0
  "$root/tests/static/layers.sh" "$work" >"$work/out" 2>&1 || got=$?
  if [ "$got" -ne "$1" ]; then echo "$2: exit code $got, wanted $1"; cat "$work/out"; exit 1; fi
}
echo '#include "base/buf.h"' >"$work/src/aws/x.c"
expect 0 "a clean tree"
echo '#include <cloudspan/telemetry.h>' >>"$work/src/aws/x.c"
expect 1 "aws including telemetry"
echo '#include "aws/call.h"' >"$work/src/aws/x.c"
echo '#include "http/http.h"' >"$work/src/base/y.c"
expect 1 "base including http"
echo "layer check finds what was planted"
