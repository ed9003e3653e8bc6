#!/usr/bin/env bash
# The layer rule, read off the includes: each file may include only its own layer and those
# that the table allows. Exits 1 with a line for each breach.
#   layers.sh [ROOT]
set -euo pipefail
root=${1:-$(dirname "$0")/../..}
cd "$root"

declare -A allowed=(
  [base]="base"
  [http]="base http"
  [telemetry]="base http telemetry"
  [aws]="base http aws"
  [instrument]="base http telemetry aws instrument"
  [services]="base http telemetry aws instrument services"
  [viewer]="base http telemetry viewer"
  [sandbox]="base http aws sandbox"
  [cli]="base http telemetry aws instrument services viewer sandbox cli"
)
# Public headers belong to layers too.
declare -A public=(
  [export.h]=base [base.h]=base [value.h]=base [loop.h]=http [telemetry.h]=telemetry [telemetry_inline.h]=telemetry [aws.h]=aws
  [trace.h]=instrument [messaging.h]=instrument [client.h]=services [dynamodb.h]=services [sqs.h]=services [lambda.h]=services [s3.h]=services [storage.h]=services [sandbox.h]=sandbox
  [cloudspan.h]=cli [ext/sampler.h]=telemetry [ext/exporter.h]=telemetry
  [ext/propagator.h]=telemetry [ext/credentials.h]=aws [ext/middleware.h]=aws
  [configuration.h]=telemetry [metrics.h]=telemetry [resource.h]=telemetry [sampling.h]=telemetry
  [spool.h]=telemetry [ext/metrics.h]=telemetry [ext/resource.h]=telemetry
  [ext/configuration.h]=telemetry
)

bad=0
complain() { echo "$1"; bad=1; }

check() { # file layer
  local line inc to
  while IFS= read -r line; do
    case "$line" in
      *'<cloudspan/'*) inc=${line#*<cloudspan/}; inc=${inc%%>*}
        to=${public[$inc]:-}
        if [ -z "$to" ]; then complain "$1: <cloudspan/$inc> is not in the table of public headers"; continue; fi ;;
      *'"'*) inc=${line#*\"}; inc=${inc%%\"*}
        case "$inc" in */*) to=${inc%%/*} ;; *) complain "$1: \"$inc\": internal headers are included as \"layer/file.h\""; continue ;; esac ;;
      *) continue ;;
    esac
    case " ${allowed[$2]} " in
      *" $to "*) ;;
      *) complain "$1 (layer $2) includes $inc (layer $to)" ;;
    esac
  done < <(grep -E '^[[:space:]]*#[[:space:]]*include' "$1")
}

count=0
while IFS= read -r file; do
  layer=${file#src/}
  layer=${layer%%/*}
  if [ -z "${allowed[$layer]:-}" ]; then complain "$file: no such layer: $layer"; continue; fi
  check "$file" "$layer"
  count=$((count + 1))
done < <(find src -name '*.[ch]' | sort)

while IFS= read -r file; do
  name=${file#include/cloudspan/}
  layer=${public[$name]:-}
  if [ -z "$layer" ]; then complain "$file: not in the table of public headers"; continue; fi
  if grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file"; then complain "$file: a public header includes only <...>"; fi
  check "$file" "$layer"
  count=$((count + 1))
done < <(find include -name '*.h' | sort)

[ "$count" -gt 0 ] || complain "no files found"
if [ "$bad" -ne 0 ]; then exit 1; fi
echo "layers: $count files follow the rule"
