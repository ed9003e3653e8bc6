#!/usr/bin/env bash
# clang-tidy over the library and the tools, with the compile commands of a build folder.
#   tidy.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
if ! command -v clang-tidy >/dev/null 2>&1; then echo "tidy: clang-tidy is not installed: skipped"; exit 77; fi
find src -name '*.c' | sort | xargs -P 2 -n 6 clang-tidy --quiet -p "$build" 2>/dev/null
echo "tidy: no finding"
