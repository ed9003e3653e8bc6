# SPDX-License-Identifier: Apache-2.0
"""What moto cannot do: it refuses the first two requests for an object, and passes the third one
on; and it is a Bedrock runtime with one model."""
import collections
import http.client
import http.server
import json
import threading

import bodies

REFUSALS = 2
REFUSAL = (b"<Error><Code>ServiceUnavailable</Code>"
           b"<Message>Please reduce your request rate.</Message></Error>")
KNOWN_MODEL = "amazon.titan-text-lite-v1"
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hidden"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 12, "outputTokens": 34, "totalTokens": 46},
    "metrics": {"latencyMs": 56},
}


class Gateway(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, server):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = server.partition("://")[2]
        self.refused = collections.Counter()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _send(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        if self.server.refused[path] < REFUSALS:
            self.server.refused[path] += 1
            self._send(503, [("x-amz-request-id", "refused")], REFUSAL)
            return
        connection = http.client.HTTPConnection(self.server.address)
        connection.request("GET", self.path, headers=dict(self.headers.items()))
        answer = connection.getresponse()
        left_out = ("connection", "content-length", "transfer-encoding")
        self._send(answer.status, [(name, value) for name, value in answer.getheaders()
                                   if name.lower() not in left_out], answer.read())
        connection.close()

    def do_POST(self):
        bodies.read(self)
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", "answered")]
        if self.path == f"/model/{KNOWN_MODEL}/converse":
            self._send(200, headers, json.dumps(ANSWER).encode())
        else:
            headers.append(("x-amzn-ErrorType", "ResourceNotFoundException"))
            self._send(404, headers, b'{"message": "There is no such model."}')

    def log_message(self, *_):
        pass
