# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the scripts that run a command against a foreign server; sourced. They set $peer.

# A peer that cannot be installed is skipped (77) with a reason, or fails under CI=true.
unavailable() {
  echo "peer $peer: $1" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 77
}

free_port() {
  python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])' ||
    unavailable "python3 is not installed"
}

# start_server LOG COMMAND...: waits until it prints "ready". It lives as long as its standard input,
# the write end of which is ours, so it ends with the script in any case.
start_server() {
  local log=$1 pipe
  shift
  rm -f "$log.out" # an old "ready" must not be taken for this one's
  pipe=$(mktemp -u)
  mkfifo "$pipe"
  "$@" <"$pipe" >"$log.out" 2>"$log.err" &
  server_pid=$!
  exec 9>"$pipe"
  rm -f "$pipe"
  trap stop_server EXIT
  for _ in $(seq 600); do
    grep -qs ready "$log.out" && break
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.1
  done
  if ! grep -qs ready "$log.out"; then
    tail -n 20 "$log.err" || true
    unavailable "the server did not start (above)"
  fi
}

stop_server() {
  exec 9>&-
  wait "$server_pid" 2>/dev/null || true
}
