# SPDX-License-Identifier: Apache-2.0
"""Takes in spans and metrics by OTLP over HTTP, by the name of the service that sent them."""
import collections
import gzip
import http.server
import pathlib
import sys
import threading

from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

import bodies

sys.path.append(str(pathlib.Path(__file__).parents[2] / "integration" / "otlp_peer"))
import values  # noqa: E402


def _service(resource):
    return next(pair.value.string_value for pair in resource.attributes
                if pair.key == "service.name")


def _points(metric):
    data = getattr(metric, metric.WhichOneof("data"))
    return [values.to_attributes(point.attributes) for point in data.data_points]


class Intake(http.server.ThreadingHTTPServer):
    """spans[service]: as values.to_span() makes them, with their scope's name in "scope".
    metrics[service][name]: the kind, the unit, and the attributes of the points."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.spans = collections.defaultdict(list)
        self.metrics = collections.defaultdict(dict)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take_spans(self, body):
        for resource in traces.ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans[_service(resource.resource)] += [
                    {**values.to_span(span), "scope": scope.scope.name} for span in scope.spans]

    def take_metrics(self, body):
        for resource in metrics.ExportMetricsServiceRequest.FromString(body).resource_metrics:
            known = self.metrics[_service(resource.resource)]
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    kind, unit, points = known.get(metric.name, (None, None, []))
                    known[metric.name] = (metric.WhichOneof("data"), metric.unit,
                                          points + _points(metric))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = bodies.read(self)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        with self.server.lock:
            if self.path == "/v1/traces":
                self.server.take_spans(body)
            elif self.path == "/v1/metrics":
                self.server.take_metrics(body)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass
