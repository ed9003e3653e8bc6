# SPDX-License-Identifier: Apache-2.0
"""Requests in a form in which equal ones are equal, whoever wrote them."""
import base64
import gzip
import hashlib
import json
import re
import xml.etree.ElementTree
import zlib

import cbor
from recorder import decoded_pairs

# What names the client, the moment, the attempt, or the connection.
OWN_HEADERS = {
    "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "connection", "content-length",
    "date", "expect", "proxy-connection", "traceparent", "tracestate", "transfer-encoding",
    "user-agent", "x-amz-date", "x-amz-user-agent", "x-amzn-trace-id",
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/")


def _crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


# A digest belongs to the bytes of its own body, which differ in blanks and order.
DIGESTS = {
    "content-md5": lambda body: base64.b64encode(hashlib.md5(body).digest()).decode(),
    "x-amz-content-sha256": lambda body: hashlib.sha256(body).hexdigest(),
    "x-amz-checksum-crc32": _crc32,
    "x-amz-checksum-sha1": lambda body: base64.b64encode(hashlib.sha1(body).digest()).decode(),
    "x-amz-checksum-sha256": lambda body: base64.b64encode(hashlib.sha256(body).digest()).decode(),
}


def _header(name, value, body):
    if name == "authorization":
        scope = SCOPE.search(value)
        return ("signed for", scope.groups() if scope else value)
    digest = DIGESTS.get(name)
    if digest is not None and value == digest(body):
        return (name, "that of the body")
    if name == "content-type":
        return (name, re.sub(r";\s*charset=utf-8$", "", value, flags=re.IGNORECASE))
    return (name, re.sub(r",\s+", ",", value))  # RFC 9110, 5.6.1: blanks in lists do not matter


def _element(element):
    return (element.tag, sorted(element.attrib.items()), (element.text or "").strip(),
            [_element(child) for child in element])


def _number(text):
    """Python writes 1.0 where the shortest text of the same number is 1."""
    return re.sub(r"^(-?\d+)\.0$", r"\1", text)


def _body(request):
    kind = request.header("content-type").partition(";")[0].strip().lower()
    body = request.body
    if request.header("content-encoding") == "gzip":
        body = gzip.decompress(body)
    if not body:
        return b""
    if kind.startswith("application/x-www-form-urlencoded"):
        return sorted((name, _number(text)) for name, text in decoded_pairs(body.decode()))
    if kind == "application/cbor":
        return cbor.decode(body)
    if kind == "application/json" or kind.startswith("application/x-amz-json"):
        return json.loads(body)
    if body.startswith(b"<"):
        try:
            return _element(xml.etree.ElementTree.fromstring(body))
        except xml.etree.ElementTree.ParseError:
            return body
    return body


def _mask(value, known):
    """Idempotency tokens are made at random: any UUID that is not of the input."""
    if isinstance(value, str):
        return UUID.sub(lambda m: m.group() if m.group() in known else "a token", value)
    if isinstance(value, dict):
        return {key: _mask(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mask(item, known) for item in value]
    return value


def align(one, other):
    """botocore leaves out the Content-Type of XML and of blobs, which Smithy's specification of
    the protocols asks for: where it says nothing, nothing is compared."""
    if "content-type" not in one["headers"]:
        other["headers"].pop("content-type", None)


def normal(request, known=""):
    """A request as a map of its parts; UUIDs that do not occur in `known` count as equal."""
    headers = {}
    for name, value in request.headers:
        if name not in OWN_HEADERS:
            key, text = _header(name, value, request.body)
            headers.setdefault(key, []).append(text)
    parts = {
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "query": sorted(decoded_pairs(request.query)),
        "headers": headers,
        "body": _body(request),
    }
    return _mask(parts, known)
