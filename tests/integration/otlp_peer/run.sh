#!/usr/bin/env bash
# Sends spans to a receiver that shares no code with us and compares every field.
#   run.sh SENDER FOLDER
# FOLDER keeps the virtual environment. Skipped (77) with a reason where that cannot be
# made, or failed under CI=true.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sender=$1
folder=$2
mkdir -p "$folder"
"$here/../../../scripts/peer-venv" "$folder/otlp-venv" \
  grpcio==1.85.1 opentelemetry-proto==1.45.2 protobuf==7.36.2 cryptography==50.0.2 || exit $?
# The sender says what it does; the environment of whoever runs the test has no say.
while IFS= read -r name; do unset "$name"; done < <(compgen -e OTEL_ || true)
GRPC_VERBOSITY=NONE PYTHONDONTWRITEBYTECODE=1 exec "$folder/otlp-venv/bin/python" "$here/check.py" "$sender" "$folder/otlp"
