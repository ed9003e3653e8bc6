#!/usr/bin/env bash
# What a user of the installed library does: install, build each example with pkg-config alone,
# run it against the sandbox of the installed command; then the same with CMake's find_package,
# shared and static.
#   install_test.sh BUILD
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
sandbox=
cleanup() {
  if [ -n "$sandbox" ]; then kill "$sandbox" 2>/dev/null || true; wait "$sandbox" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

cmake --install "$build" --prefix "$work/usr" >"$work/install.log"
libdir=$(dirname "$(find "$work/usr" -name cloudspan.pc)")
export PKG_CONFIG_PATH=$libdir
export LD_LIBRARY_PATH=$(dirname "$libdir")

# Archives are for other compilers as well, and other versions of this one.
for archive in "$LD_LIBRARY_PATH"/*.a; do
  if readelf -SW "$archive" | grep -q "gnu\.lto"; then
    echo "$archive has code in a form of one compiler only"
    exit 1
  fi
done

# The models that were compiled by the build are found beside the command.
models=$work/usr/share/cloudspan/models.csm
if [ -e "$build/models.csm" ]; then
  env -u CLOUDSPAN_MODELS HOME="$work" "$work/usr/bin/cloudspan" models list >"$work/models.list"
  grep -q "^dynamodb .*bin/../share/cloudspan/models.csm$" "$work/models.list" ||
    { echo "the installed models ($models) are not found"; head -n 3 "$work/models.list"; exit 1; }
fi

# So is the table of prices, found beside the command as well.
env -u CLOUDSPAN_PRICES "$work/usr/bin/cloudspan" cost --prices --json >"$work/prices.list"
grep -q '"name":"s3.put"' "$work/prices.list"
cmp -s "$work/usr/share/cloudspan/prices.json" "$root/data/prices.json" ||
  { echo "the installed prices are not those of data/prices.json"; exit 1; }

# So are the scripts of the shells, which are what the command prints.
for script in bash-completion/completions/cloudspan:bash zsh/site-functions/_cloudspan:zsh \
  fish/vendor_completions.d/cloudspan.fish:fish; do
  "$work/usr/bin/cloudspan" completion "${script#*:}" | cmp - "$work/usr/share/${script%:*}"
done

"$work/usr/bin/cloudspan" sandbox --port 0 --bucket demo-bucket >"$work/sandbox.log" 2>&1 &
sandbox=$!
endpoint=
for _ in $(seq 100); do
  endpoint=$(grep -oE -m1 'http://127\.0\.0\.1:[0-9]+' "$work/sandbox.log" || true)
  [ -n "$endpoint" ] && break
  kill -0 "$sandbox"
  sleep 0.1
done
[ -n "$endpoint" ] || { echo "the sandbox did not say where it listens:"; cat "$work/sandbox.log"; exit 1; }

run() { # program: as a user of the sandbox, with spans dropped at once
  env AWS_ENDPOINT_URL="$endpoint" AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=sandbox \
    AWS_SECRET_ACCESS_KEY=sandbox-secret VAULT_ID=sandbox VAULT_SECRET=sandbox-secret \
    AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
    OTEL_TRACES_EXPORTER=none OTEL_SDK_DISABLED="${disabled:-true}" "$@"
}

expect() { # file, pattern
  grep -qE "$2" "$1" || { echo "$1 has no line like '$2':"; cat "$1"; exit 1; }
}

count=0
for source in "$root"/examples/*.c; do
  name=$(basename "$source" .c)
  packages=cloudspan
  [ "$name" = sandbox_faults ] && packages="cloudspan cloudspan-sandbox"
  # shellcheck disable=SC2046
  "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Werror "$source" -o "$work/$name" \
    $(pkg-config --cflags --libs $packages) -lpthread
  # The sandbox has no other service than S3: tests/peers/service_examples.sh runs these.
  case "$name" in dynamodb | sqs | lambda) continue ;; esac
  disabled=true
  case "$name" in telemetry_only | retries | spool | tail_sampling) disabled=false ;; esac
  run "$work/$name" >"$work/$name.out" 2>"$work/$name.err" ||
    { echo "$name failed:"; cat "$work/$name.out" "$work/$name.err"; exit 1; }
  count=$((count + 1))
done
expect "$work/hello_s3.out" 'put s3://demo-bucket/hello.txt'
expect "$work/storage.out" '2 parts'
expect "$work/storage.out" '2 deleted, 0 failed'
expect "$work/many_in_flight.out" '16 calls, 0 failed'
expect "$work/middleware.out" 'HeadBucket attempt 1: status 200$'
expect "$work/telemetry_only.out" 'resize'
expect "$work/telemetry_only.out" 'GET /thumb'
expect "$work/retries.out" 'S3.HeadBucket'
expect "$work/spool.out" '3 spans in 1 batch kept in '
expect "$work/spool.out" 'POST /orders'
expect "$work/spool.out" 'all spans were accepted'
expect "$work/tail_sampling.out" 'POST /upload +kept for latency:S3.PutObject>500ms \(ot=th:0\)$'
expect "$work/tail_sampling.out" 'GET /file +kept for error'
expect "$work/tail_sampling.out" 'DELETE /file +kept for retries:1'
expect "$work/presign.out" 'X-Amz-Signature='
expect "$work/credentials.out" 'demo-bucket'
expect "$work/sandbox_faults.out" 'created after 3 requests'

mkdir "$work/consumer"
cat >"$work/consumer/CMakeLists.txt" <<EOT
cmake_minimum_required(VERSION 3.25)
project(consumer C)
find_package(cloudspan REQUIRED)
add_executable(shared $root/examples/hello_s3.c)
target_link_libraries(shared PRIVATE cloudspan::cloudspan_shared)
add_executable(static $root/examples/hello_s3.c)
target_link_libraries(static PRIVATE cloudspan::cloudspan_static)
EOT
cmake -G Ninja -S "$work/consumer" -B "$work/consumer/build" -DCMAKE_PREFIX_PATH="$work/usr" >"$work/cmake.log" 2>&1 &&
  cmake --build "$work/consumer/build" >>"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; exit 1; }
disabled=true
run "$work/consumer/build/shared" >"$work/shared.out"
LD_LIBRARY_PATH='' run "$work/consumer/build/static" >"$work/static.out"
expect "$work/static.out" 'put s3://demo-bucket/hello.txt'

# Nothing but the library's own names may be visible.
foreign=$(nm -D --defined-only "$LD_LIBRARY_PATH/libcloudspan.so" | awk '{print $3}' | grep -v '^cspan_' || true)
[ -z "$foreign" ] || { echo "exported without the prefix: $foreign"; exit 1; }
echo "installed library: $count examples built with pkg-config and run, CMake package works"
