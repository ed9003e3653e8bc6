# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by compare.sh and exchange.sh, which set $here and $folder: the virtual environment in
# $python, and nothing in the environment that the programs would take for their own settings.

# shellcheck disable=SC2046 # a word each
"$here/../../../scripts/peer-venv" "$folder/comparison-venv" $(cat "$here/requirements.txt") ||
  exit $?
python=$folder/comparison-venv/bin/python
while IFS= read -r name; do unset "$name"; done < <(compgen -e | grep -E '^(OTEL|AWS)_' || true)
export PYTHONDONTWRITEBYTECODE=1
