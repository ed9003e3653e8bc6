# SPDX-License-Identifier: Apache-2.0
"""OpenStack Swift with s3api on the loopback, from Debian's packages.

    /usr/bin/python3 swift_server.py FOLDER PORT

Rings of one device, the four servers in one folder, no system configuration touched. Prints
"ready" once the proxy answers, and ends with its standard input. The account is test:tester
with the key "testing", which s3api takes as access key id and secret.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

PIPELINE = (
    "catch_errors gatekeeper proxy-logging cache listing_formats bulk s3api tempauth copy slo dlo "
    "versioned_writes symlink proxy-logging proxy-server"
)

# swift.conf's place is fixed in Swift's code: it is replaced before a server starts.
RUN = """
import sys
import swift.common.utils as utils
utils.SWIFT_CONF_FILE = sys.argv[1]
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[2], sys.argv[3]))
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def ring(folder, kind, port):
    builder = os.path.join(folder, kind + ".builder")
    for args in (
        ["create", "4", "1", "0"],
        ["add", "--region", "1", "--zone", "1", "--ip", "127.0.0.1", "--port", str(port),
         "--device", "d1", "--weight", "1"],
        ["rebalance"],
    ):
        done = subprocess.run(["swift-ring-builder", builder] + args, capture_output=True, text=True)
        if done.returncode > 1:
            sys.exit("swift-ring-builder: " + done.stdout + done.stderr)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def storage_conf(folder, kind, port):
    write(os.path.join(folder, kind + ".conf"), f"""[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
devices = {folder}/devices
mount_check = false
user = {os.environ.get("USER") or "root"}
swift_dir = {folder}
workers = 0
disable_fallocate = true
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
""")


def proxy_conf(folder, port):
    filters = "".join(
        f"[filter:{name}]\nuse = egg:swift#{egg}\n{extra}"
        for name, egg, extra in (
            ("catch_errors", "catch_errors", ""),
            ("gatekeeper", "gatekeeper", ""),
            ("proxy-logging", "proxy_logging", ""),
            ("cache", "memcache", "memcache_servers = 127.0.0.1:1\n"),
            ("listing_formats", "listing_formats", ""),
            ("bulk", "bulk", ""),
            ("s3api", "s3api", "s3_acl = false\nlocation = us-east-1\n"),
            ("tempauth", "tempauth", "user_test_tester = testing .admin\n"),
            ("copy", "copy", ""),
            ("slo", "slo", ""),
            ("dlo", "dlo", ""),
            ("versioned_writes", "versioned_writes", "allow_versioned_writes = true\n"),
            ("symlink", "symlink", ""),
        )
    )
    write(os.path.join(folder, "proxy.conf"), f"""[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {os.environ.get("USER") or "root"}
swift_dir = {folder}
workers = 0
[pipeline:main]
pipeline = {PIPELINE}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
{filters}""")


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as s:
            s.sendall(b"GET /info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return s.recv(16).startswith(b"HTTP/1.1")
    except OSError:
        return False


def main():
    folder, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "devices", "d1"))
    conf = os.path.join(folder, "swift.conf")
    write(conf, "[swift-hash]\nswift_hash_path_suffix = cloudspan\nswift_hash_path_prefix = test\n"
                "[storage-policy:0]\nname = one\ndefault = yes\n")
    servers = []
    kinds = ("account", "container", "object")
    for kind, kind_port in zip(kinds, free_ports(3)):
        ring(folder, kind, kind_port)
        storage_conf(folder, kind, kind_port)
    proxy_conf(folder, port)
    for kind in kinds + ("proxy",):
        log = open(os.path.join(folder, kind + ".log"), "wb")
        servers.append(subprocess.Popen(
            [sys.executable, "-c", RUN, conf, os.path.join(folder, kind + ".conf"), kind + "-server"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))
    try:
        for _ in range(300):
            if answers(port):
                break
            if any(s.poll() is not None for s in servers):
                break
            time.sleep(0.1)
        if not answers(port):
            for kind in kinds + ("proxy",):
                with open(os.path.join(folder, kind + ".log"), encoding="utf-8", errors="replace") as f:
                    sys.stderr.write(f"--- {kind}\n{f.read()[-2000:]}\n")
            sys.exit("swift did not start")
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        for s in servers:
            try:
                os.killpg(s.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for s in servers:
            s.wait()


if __name__ == "__main__":
    main()
