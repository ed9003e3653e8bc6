#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Messages from ours to a consumer with Python's instrumentation, and back, over one moto server:
#   ../services_peer.sh moto FOLDER exchange.sh FOLDER MESSAGES
# FOLDER keeps what it needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
# shellcheck source=tests/peers/comparison/venv.sh
. "$here/venv.sh"
"$python" "$here/exchange.py" "$(realpath "$2")"
