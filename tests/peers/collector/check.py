# SPDX-License-Identifier: Apache-2.0
"""Sends spans to an OpenTelemetry Collector and compares what it wrote into its file.

    check.py COLLECTOR SENDER LOAD METRICS FOLDER

COLLECTOR is the program of scripts/peer-collector; SENDER, LOAD and METRICS are
otlp_peer_sender, _load and _metrics. FOLDER keeps the collector's file and its log. Exits
with 1 after printing every difference."""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "integration" / "otlp_peer"))

from certificates import make_certificates  # noqa: E402
from collector import Collector  # noqa: E402
from expected import compare_requests  # noqa: E402
from metrics import compare_metrics  # noqa: E402
from otlp_json import to_request  # noqa: E402

LOAD = 4000
TLS_ERROR = 8
CONNECT_ERROR = 7


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=100)


def check_spans(collector, sender, receiver, protocol, compression, files=()):
    since = collector.size()
    result = run(sender, protocol, collector.endpoint(receiver, protocol), compression, *files)
    differences = []
    if result.returncode != 0 or result.stderr:
        differences.append(f"the sender exited with {result.returncode}: {result.stderr.strip()}")
    compare_requests([to_request(line) for line in collector.received(since)], differences)
    return differences


def check_metrics(collector, metrics, protocol, compression):
    since = collector.size()
    result = run(metrics, protocol, collector.endpoint("plain", protocol), compression)
    differences = []
    if result.returncode != 0 or result.stderr:
        differences.append(f"the sender exited with {result.returncode}: {result.stderr.strip()}")
    compare_metrics(collector.received(since), differences)
    return differences


def check_refused(collector, sender, receiver, protocol, files, errors=(TLS_ERROR,)):
    """A certificate that is not trusted, or none of one's own: nothing gets through."""
    since = collector.size()
    result = run(sender, protocol, collector.endpoint(receiver, protocol), "none", *files)
    differences = []
    if result.returncode not in errors:
        differences.append(f"the sender exited with {result.returncode}: {result.stderr.strip()}")
    if collector.received(since):
        differences.append("spans were received")
    return differences


def numbers_of(lines):
    for line in lines:
        for resource in to_request(line)["resources"]:
            for scope in resource["scopes"]:
                for span in scope["spans"]:
                    if span["name"] != "load":
                        yield span["name"]  # a report of lost spans, perhaps
                    else:
                        yield dict((key, value) for key, _, value in span["attributes"])["n"]


def check_restart(collector, load, protocol, leave, comes_back, spool=()):
    """The collector leaves when a quarter of the load has been delivered, and comes back at
    once or when all of it has been made. Every span is in the file."""
    since = collector.size()
    command = [load, protocol, collector.endpoint("plain", protocol), str(LOAD), *spool]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        said = process.stdout.readline().strip()
        if said == "delivered":
            leave()
            if comes_back == "at once":
                collector.start()
            said = process.stdout.readline().strip()
            if comes_back != "at once":
                collector.start()
        _, errors = process.communicate(timeout=100)
    differences = []
    if process.returncode != 0:
        differences.append(f"the sender exited with {process.returncode}: {errors.strip()}")
    if said != "made":
        differences.append(f"the sender did not come to its end, but said {said!r}")
    numbers = list(numbers_of(collector.received(since)))
    lost = set(range(LOAD)) - set(numbers)
    strange = set(numbers) - set(range(LOAD))
    if lost:
        differences.append(f"{len(lost)} of {LOAD} spans are lost, the first is {min(lost)}")
    if strange:
        differences.append(f"unexpected spans: {sorted(map(str, strange))[:5]}")
    print(f"  {len(numbers) - len(set(numbers))} spans were received twice")
    return differences


def cases(collector, sender, load, metrics, folder, certificates):
    mutual = [certificates.ca, certificates.client_cert, certificates.client_key]
    for protocol in ("grpc", "http", "json"):
        for compression in ("none", "gzip"):
            yield f"{protocol}-{compression}", check_spans(
                collector, sender, "plain", protocol, compression)
            yield f"metrics-{protocol}-{compression}", check_metrics(
                collector, metrics, protocol, compression)
        yield f"{protocol}-tls", check_spans(
            collector, sender, "tls", protocol, "gzip", [certificates.ca])
        yield f"{protocol}-mtls", check_spans(collector, sender, "mtls", protocol, "none", mutual)
        yield f"{protocol}-untrusted", check_refused(
            collector, sender, "tls", protocol, [certificates.other_ca])
        # With TLS 1.3 the refusal comes after the handshake: where the connection is closed
        # while the request is being written, the reason is not read any more.
        yield f"{protocol}-no-client-certificate", check_refused(
            collector, sender, "mtls", protocol, [certificates.ca], (TLS_ERROR, CONNECT_ERROR))
    yield "grpc-away", check_restart(collector, load, "grpc", collector.stop, "when all is made")
    yield "http-restarted", check_restart(collector, load, "http", collector.stop, "at once")
    spool = folder / "spool"
    shutil.rmtree(spool, ignore_errors=True)
    yield "json-killed-spool", check_restart(
        collector, load, "json", collector.kill, "when all is made", [str(spool)])


def main():
    program, sender, load, metrics, folder = *sys.argv[1:5], Path(sys.argv[5])
    folder.mkdir(parents=True, exist_ok=True)
    certificates = make_certificates(folder / "certificates")
    collector = Collector(program, folder, certificates)
    failed = 0
    collector.start()
    try:
        for name, differences in cases(
                collector, sender, load, metrics, folder, certificates):
            print(f"{name}: {'ok' if not differences else 'FAILED'}", flush=True)
            for difference in differences[:40]:
                print(f"  {difference[:300]}")
            failed += bool(differences)
    finally:
        collector.kill()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
