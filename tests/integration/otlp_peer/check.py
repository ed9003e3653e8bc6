# SPDX-License-Identifier: Apache-2.0
"""Runs otlp_peer_sender against the receiver and compares every field.

    check.py SENDER FOLDER

What was received is left in FOLDER as lines of JSON. Exits with 1 after printing every
difference."""

import json
import subprocess
import sys
from pathlib import Path

from certificates import make_certificates
from expected import compare, compare_requests
from receiver import Receiver

def compare_around(protocol, compression, around, differences):
    def expect(key, wanted):
        if around.get(key) != wanted:
            differences.append(f"{key}: {wanted!r} expected, {around.get(key)!r} received")

    expect("x-peer-test", "a b")
    if not around.get("user-agent", "").startswith("OTel-OTLP-Exporter-C/"):
        differences.append(f"user-agent: {around.get('user-agent')!r} received")
    if protocol == "grpc":
        remaining = around["time_remaining"]
        if remaining is None or not 0 < remaining <= 20:
            differences.append(f"grpc-timeout: {remaining} s remained")
    else:
        expect("path", "/v1/traces")
        expect("content-type", "application/x-protobuf")
        expect("content-encoding", "gzip" if compression == "gzip" else None)


def run_sender(sender, *arguments):
    return subprocess.run([sender, *arguments], capture_output=True, text=True, timeout=100)


def check_case(name, receiver, folder, sender, protocol, endpoint, compression, files=()):
    result = run_sender(sender, protocol, endpoint, compression, *files)
    differences = []
    if result.returncode != 0:
        differences.append(f"the sender exited with {result.returncode}")
    if result.stderr:
        differences.append(f"the sender says: {result.stderr.strip()}")
    received = receiver.take()
    with open(folder / f"received-{name}.jsonl", "w", encoding="utf-8") as lines:
        for request in received:
            lines.write(json.dumps(request) + "\n")
    if not received:
        differences.append("nothing was received")
    for request in received:
        compare("protocol", protocol, request["protocol"], differences)
        compare_around(protocol, compression, request["around"], differences)
    compare_requests(received, differences)
    return differences


def check_refused(receiver, sender, protocol, endpoint, files):
    """A certificate that is not trusted, or none of one's own: nothing gets through."""
    tls_error = 8
    differences = []
    result = run_sender(sender, protocol, endpoint, "none", *files)
    if result.returncode != tls_error:
        differences.append(f"the sender exited with {result.returncode}: {result.stderr.strip()}")
    if receiver.take():
        differences.append("spans were received")
    return differences


def cases(sender, folder):
    certificates = make_certificates(folder / "certificates")
    trusted = [certificates.ca]
    mutual = [certificates.ca, certificates.client_cert, certificates.client_key]
    plain = Receiver()
    secure = Receiver(certificates)
    for compression in ("none", "gzip"):
        for protocol, port in (("grpc", plain.grpc_port), ("http", plain.http_port)):
            name = f"{protocol}-{compression}"
            yield name, check_case(name, plain, folder, sender, protocol,
                                   f"http://127.0.0.1:{port}", compression)
    for protocol, port in (("grpc", secure.grpc_port), ("http", secure.http_port)):
        endpoint = f"https://localhost:{port}"
        name = f"{protocol}-tls"
        yield name, check_case(name, secure, folder, sender, protocol, endpoint, "none", mutual)
        yield f"{name}-untrusted", check_refused(secure, sender, protocol, endpoint,
                                                 [certificates.other_ca])
    plain.stop()
    secure.stop()


def main():
    sender, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name, differences in cases(sender, folder):
        print(f"{name}: {'ok' if not differences else 'FAILED'}")
        for difference in differences[:40]:
            print(f"  {difference[:300]}")
        failed += bool(differences)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
