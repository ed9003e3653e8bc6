# SPDX-License-Identifier: Apache-2.0
"""The body of a request to http.server, which leaves that to its user."""


def _chunks(stream):
    while size := int(stream.readline().partition(b";")[0], 16):
        yield stream.read(size)
        stream.readline()
    while stream.readline().strip():  # trailers
        pass


def read(handler):
    if handler.headers.get("Transfer-Encoding", "") == "chunked":
        return b"".join(_chunks(handler.rfile))
    return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
