# SPDX-License-Identifier: Apache-2.0
"""An OTLP receiver that shares no code with cloudspan: grpcio and the generated
messages of opentelemetry-proto, and the standard library's HTTP server.

Keeps every request whole, with what came around it, as plain Python values."""

import gzip
import ssl
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf import unknown_fields
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from values import to_request


def has_unknown_fields(message):
    if len(unknown_fields.UnknownFieldSet(message)):
        return True
    for field, value in message.ListFields():
        if field.message_type is not None:
            repeated = not hasattr(value, "ListFields")
            if any(has_unknown_fields(m) for m in (value if repeated else [value])):
                return True
    return False


class Receiver:
    """Both servers, on ports of the kernel's choice; with certificates, over TLS that
    asks for the client's."""

    def __init__(self, certificates=None):
        self._lock = threading.Lock()
        self.received = []
        self._grpc = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(_Service(self), self._grpc)
        self._http = _QuietServer(("127.0.0.1", 0), _handler_of(self))
        if certificates is None:
            self.grpc_port = self._grpc.add_insecure_port("127.0.0.1:0")
        else:
            self.grpc_port = self._grpc.add_secure_port("127.0.0.1:0", _grpc_tls(certificates))
            self._http.socket = _http_tls(certificates).wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._grpc.start()
        self.http_port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def keep(self, protocol, around, message):
        entry = {
            "protocol": protocol,
            "around": around,
            "unknown_fields": has_unknown_fields(message),
            "resources": to_request(message),
        }
        with self._lock:
            self.received.append(entry)

    def take(self):
        with self._lock:
            received, self.received = self.received, []
        return received

    def stop(self):
        self._grpc.stop(None)
        self._http.shutdown()
        self._http.server_close()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that ends the handshake is what some of the tests want."""


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _grpc_tls(certificates):
    pair = (_read(certificates.server_key), _read(certificates.server_cert))
    return grpc.ssl_server_credentials([pair], _read(certificates.ca), require_client_auth=True)


def _http_tls(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_cert, certificates.server_key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class _Service(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, receiver):
        self._receiver = receiver

    def Export(self, request, context):
        around = {key: value for key, value in context.invocation_metadata()}
        around["peer"] = context.peer()
        around["time_remaining"] = context.time_remaining()
        self._receiver.keep("grpc", around, request)
        return trace_service_pb2.ExportTraceServiceResponse()


def _handler_of(receiver):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = trace_service_pb2.ExportTraceServiceRequest()
            request.ParseFromString(body)
            around = {key.lower(): value for key, value in self.headers.items()}
            around["path"] = self.path
            around["peer"] = f"{self.client_address[0]}:{self.client_address[1]}"
            receiver.keep("http", around, request)
            answer = trace_service_pb2.ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    return Handler
