#!/usr/bin/env bash
# Sends spans and metrics to a real OpenTelemetry Collector and compares what it writes into its file.
#   run.sh SENDER LOAD METRICS FOLDER
# FOLDER keeps the collector (scripts/peer-collector) and its output. Skipped (77) with a reason
# where Go or openssl is missing; where the collector cannot be built, failed under CI=true.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for program in python3 openssl; do
  command -v "$program" >/dev/null 2>&1 || {
    echo "peer collector: $program is not installed (scripts/deps --all)"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 77
  }
done
"$here/../../../scripts/peer-collector" "$4/collector" || exit $?
# The senders say what they do; the environment of whoever runs the test has no say.
while IFS= read -r name; do unset "$name"; done < <(compgen -e OTEL_ || true)
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/check.py" "$4/collector/collector" "$1" "$2" "$3" \
  "$4/collector-run"
