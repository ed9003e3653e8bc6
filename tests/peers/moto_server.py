# SPDX-License-Identifier: Apache-2.0
"""moto's server on the loopback: moto_server.py PORT. Prints "ready"; ends with its input."""
import sys

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
