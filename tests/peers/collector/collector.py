# SPDX-License-Identifier: Apache-2.0
"""An OpenTelemetry Collector as a process: three OTLP receivers (plain, TLS, TLS that asks
for the client's certificate), and one file to which all of it is written before the
receiver answers."""

import json
import re
import subprocess
import time

RECEIVERS = ("plain", "tls", "mtls")
PROTOCOLS = ("grpc", "http")
PATIENCE_S = 60


def _receiver(name, ports, certificates):
    tls = {"cert_file": certificates.server_cert, "key_file": certificates.server_key}
    if name == "mtls":
        tls["client_ca_file"] = certificates.ca
    settings = {}
    for protocol in PROTOCOLS:
        settings[protocol] = {"endpoint": f"127.0.0.1:{ports.get((name, protocol), 0)}"}
        if name != "plain":
            settings[protocol]["tls"] = tls
    return {"protocols": settings}


class Collector:
    def __init__(self, program, folder, certificates):
        self._program = program
        self._folder = folder
        self._certificates = certificates
        self._process = None
        self.ports = {}  # of the kernel's choice at the first start, the same ones after it
        self.file = folder / "received.jsonl"
        self.file.unlink(missing_ok=True)

    def _write_configuration(self):
        # With rotation the exporter writes without a buffer, and never truncates.
        exporter = {"path": str(self.file), "rotation": {"max_megabytes": 1000}}
        names = [f"otlp/{name}" for name in RECEIVERS]
        pipeline = {"receivers": names, "exporters": ["file"]}
        configuration = {
            "receivers": {
                f"otlp/{name}": _receiver(name, self.ports, self._certificates)
                for name in RECEIVERS
            },
            "exporters": {"file": exporter},
            "service": {
                "pipelines": {"traces": pipeline, "metrics": pipeline},
                "telemetry": {"metrics": {"level": "none"}, "logs": {"encoding": "json"}},
            },
        }
        path = self._folder / "collector.yaml"
        path.write_text(json.dumps(configuration), encoding="utf-8")  # JSON is YAML
        return path

    def _read_log(self):
        ready = False
        for line in self._log.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            started = re.fullmatch(r"Starting (GRPC|HTTP) server", entry.get("msg", ""))
            if started:
                name = entry["otelcol.component.id"].partition("/")[2]
                self.ports[name, started[1].lower()] = int(entry["endpoint"].rpartition(":")[2])
            ready = ready or entry.get("msg", "").startswith("Everything is ready")
        return ready

    def start(self):
        """Returns when it receives. A port that another process has just now is waited for."""
        configuration = self._write_configuration()
        self._log = self._folder / "collector.log"
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with open(self._log, "w", encoding="utf-8") as log:
                self._process = subprocess.Popen(
                    [self._program, "--config", f"file:{configuration}"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )
            while self._process.poll() is None and time.monotonic() < deadline:
                if self._read_log():
                    return
                time.sleep(0.02)
            self.stop()
            time.sleep(0.1)
        raise RuntimeError("the collector did not start:\n" + self._log.read_text()[-3000:])

    def stop(self):
        """As an operator does; what it has accepted is in the file."""
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def kill(self):
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def endpoint(self, receiver, protocol):
        """http and json share the port."""
        port = self.ports[receiver, "grpc" if protocol == "grpc" else "http"]
        return f"http://127.0.0.1:{port}" if receiver == "plain" else f"https://localhost:{port}"

    def received(self, since):
        """The lines written after the size `since`."""
        if not self.file.exists():
            return []
        with open(self.file, "rb") as file:
            file.seek(since)
            return file.read().decode("utf-8").splitlines()

    def size(self):
        return self.file.stat().st_size if self.file.exists() else 0
