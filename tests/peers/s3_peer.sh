#!/usr/bin/env bash
# Runs a command against an S3 server that is not ours.
#   s3_peer.sh swift|moto FOLDER COMMAND...
# FOLDER keeps what the peer needs (a virtual environment, its data). The command finds the
# server in CLOUDSPAN_S3_ENDPOINT, _ACCESS_KEY, _SECRET_KEY, _REGION and CLOUDSPAN_S3_PEER.
# A peer that cannot be installed is skipped (77) with a reason, or fails under CI=true.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peer=$1
folder=$2
shift 2
# shellcheck source=tests/peers/server.sh
. "$here/server.sh"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

port=$(free_port)
export CLOUDSPAN_S3_PEER=$peer CLOUDSPAN_S3_ENDPOINT=http://127.0.0.1:$port CLOUDSPAN_S3_REGION=us-east-1

case "$peer" in
swift)
  /usr/bin/python3 -c 'import swift.proxy.server' 2>/dev/null ||
    unavailable "Debian's swift-proxy, swift-account, swift-container and swift-object are not installed (scripts/deps --all)"
  export CLOUDSPAN_S3_ACCESS_KEY=test:tester CLOUDSPAN_S3_SECRET_KEY=testing
  server=(/usr/bin/python3 "$here/swift_server.py" "$folder/swift" "$port")
  ;;
moto)
  venv=$folder/moto-venv
  "$here/../../scripts/peer-venv" "$venv" 'moto[server]==5.2.5' || exit $?
  export CLOUDSPAN_S3_ACCESS_KEY=testing CLOUDSPAN_S3_SECRET_KEY=testing
  server=("$venv/bin/python" "$here/moto_server.py" "$port")
  ;;
*)
  echo "s3_peer.sh: unknown peer '$peer'" >&2
  exit 2
  ;;
esac

start_server "$folder/$peer" "${server[@]}"
"$@"
