#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same calls by ours and by the instrumentations of other languages, against one moto server:
#   ../services_peer.sh moto FOLDER compare.sh FOLDER OURS [--print|--write]
# holds docs/comparison.md against what comes out; --write writes it, --print prints it.
# FOLDER keeps what it needs. What cannot be installed is a reason to skip (77), or to fail under
# CI=true.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export peer=comparison
# shellcheck source=tests/peers/server.sh
. "$here/../server.sh"
mkdir -p "$1/comparison"
folder=$(cd "$1" && pwd)
ours=$(realpath "$2")
shift 2
# shellcheck source=tests/peers/comparison/venv.sh
. "$here/venv.sh"

# Two runs at a time would build the same.
exec 8>"$folder/comparison.lock"
flock 8
command -v go >/dev/null 2>&1 || unavailable "Go is not installed"
(cd "$here/go" && go build -mod=readonly -buildvcs=false -o "$folder/comparison/go-calls" .) ||
  unavailable "the program in Go could not be built"
js=$folder/comparison/js
command -v npm >/dev/null 2>&1 || unavailable "npm is not installed (it comes with Node.js)"
mkdir -p "$js"
cp "$here"/js/* "$js/"
if ! cmp -s "$js/package-lock.json" "$js/.installed"; then
  (cd "$js" && npm ci --ignore-scripts --no-audit --no-fund) >"$js.log" 2>&1 ||
    unavailable "npm could not install the SDK for JavaScript (see $js.log)"
  cp "$js/package-lock.json" "$js/.installed"
fi
"$python" "$here/compare.py" "$folder/comparison" "$ours" "$@"
