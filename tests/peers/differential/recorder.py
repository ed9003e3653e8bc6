# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy that records what passes through it, and answers from a recording."""
import http.client
import http.server
import threading
import urllib.parse
from dataclasses import dataclass, field

import gateway

# Between two neighbours only; the recorder frames bodies by itself.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "server"}


@dataclass
class Request:
    method: str
    host: str
    path: str
    query: str
    headers: list  # of (lower-case name, value)
    body: bytes

    def header(self, name, default=""):
        return next((value for key, value in self.headers if key == name), default)


@dataclass
class Response:
    status: int
    reason: str
    headers: list
    body: bytes


@dataclass
class Tape:
    """What one call sent and got. A tape that replays holds its answers beforehand."""

    requests: list = field(default_factory=list)
    responses: list = field(default_factory=list)
    replays: bool = False
    model: object = None  # of the service, as botocore has it


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _read_chunks(self):
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            if size == 0:
                break
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b"\n", b""):
            pass
        return body

    def _read_request(self):
        target = self.path
        host = self.headers.get("Host", "")
        if not target.startswith("/"):
            scheme_and_host, slash, rest = target.partition("://")[2].partition("/")
            host, target = scheme_and_host, slash + rest
            if "?" in host:
                host, _, query = host.partition("?")
                target = "/?" + query
        path, _, query = target.partition("?")
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self._read_chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        return Request(self.command, host, path or "/", query, headers, body)

    def _forward(self, request):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.moto_port)
        target = request.path + ("?" + request.query if request.query else "")
        sent, body = request.headers, request.body
        if gateway.speaks_cbor(request):
            target, sent, body = gateway.json_request(request)
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in sent:
            if name not in HOP_BY_HOP and name not in ("content-length", "expect"):
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in HOP_BY_HOP]
        body = answer.read()
        if gateway.speaks_cbor(request):
            headers, body = gateway.cbor_answer(
                request, self.server.tape.model, answer.status, headers, body)
        response = Response(answer.status, answer.reason, headers, body)
        connection.close()
        return response

    def _answer(self, tape, request):
        with self.server.lock:
            index = len(tape.requests)
            tape.requests.append(request)
        if tape.replays:
            if index < len(tape.responses):
                return tape.responses[index]
            return Response(599, "Not Recorded", [], b"")
        response = self._forward(request)
        tape.responses.append(response)
        return response

    def _send(self, response):
        self.send_response_only(response.status, response.reason)
        has_body = self.command != "HEAD" and response.status not in (204, 304)
        for name, value in response.headers:
            if not has_body or name.lower() != "content-length":
                self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if has_body:
            self.wfile.write(response.body)

    def _handle(self):
        request = self._read_request()
        self._send(self._answer(self.server.tape, request))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _handle

    def log_message(self, *_):
        pass


class Recorder(http.server.ThreadingHTTPServer):
    """Listens on a port of the loopback; `tape` is what the call under way is recorded on."""

    daemon_threads = True

    def __init__(self, moto_port):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.moto_port = moto_port
        self.lock = threading.Lock()
        self.tape = Tape()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


def decoded_pairs(query):
    """The parameters of a query or form, in the order in which they are written."""
    return urllib.parse.parse_qsl(query, keep_blank_values=True)
