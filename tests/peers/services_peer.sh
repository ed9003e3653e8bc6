#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a test program against a server of AWS services that is not ours.
#   services_peer.sh moto|dynalite FOLDER COMMAND...
# FOLDER keeps what the peer needs. The command finds the server in CLOUDSPAN_PEER_ENDPOINT, its
# name in CLOUDSPAN_PEER, and with moto models that are newer than the system's in
# CLOUDSPAN_PEER_MODELS.
#
# What neither has, so that our own servers alone show it (moto 5.2.5; look again with a newer one):
# the portal of IAM Identity Center and its OIDC (GetRoleCredentials, CreateToken; of the service
# there is sso-admin only): integration_credential_sessions. Lambda's InvokeWithResponseStream (no
# path response-streaming-invocations): integration_client_events has event streams.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peer=$1
folder=$2
shift 2
# shellcheck source=tests/peers/server.sh
. "$here/server.sh"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
name=$peer-$(basename "$1")
port=$(free_port)
export CLOUDSPAN_PEER=$peer CLOUDSPAN_PEER_ENDPOINT=http://127.0.0.1:$port

case "$peer" in
moto)
  venv=$folder/moto-venv
  "$here/../../scripts/peer-venv" "$venv" 'moto[server]==5.2.5' || exit $?
  CLOUDSPAN_PEER_MODELS=$("$venv/bin/python" -c \
    'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))')
  export CLOUDSPAN_PEER_MODELS
  start_server "$folder/$name" "$venv/bin/python" "$here/moto_server.py" "$port"
  # Functions run without containers: they give back what they are given.
  python3 - "$CLOUDSPAN_PEER_ENDPOINT" <<'END'
import sys, urllib.request
urllib.request.urlopen(sys.argv[1] + "/moto-api/config",
                       data=b'{"lambda": {"use_docker": false}}').read()
END
  ;;
dynalite)
  package=dynalite@4.0.0
  modules=$folder/dynalite
  command -v npm >/dev/null 2>&1 || unavailable "npm is not installed (it comes with Node.js; dynalite needs version 20 or later)"
  exec 8>"$modules.lock" # two tests may want it at once
  flock 8
  if [ "$(cat "$modules/.complete" 2>/dev/null)" != "$package" ]; then
    rm -rf "$modules"
    mkdir -p "$modules"
    npm install --prefix "$modules" --no-audit --no-fund --save-exact "$package" \
      >"$modules/install.log" 2>&1 || unavailable "npm could not install $package (see $modules/install.log)"
    echo "$package" >"$modules/.complete"
  fi
  exec 8>&-
  start_server "$folder/$name" node "$here/dynalite_server.js" "$modules" "$port"
  ;;
*)
  echo "services_peer.sh: unknown peer '$peer'" >&2
  exit 2
  ;;
esac
"$@"
