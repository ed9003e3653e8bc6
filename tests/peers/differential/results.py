# SPDX-License-Identifier: Apache-2.0
"""Inputs for the command, and its output beside botocore's."""
import base64
import datetime
import decimal
import json
import re

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def _plain(value):
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(type(value))


def as_input(params):
    """The JSON that `cloudspan call --input` takes."""
    return json.dumps(params, default=_plain)


def _moment(value):
    """A time stamp in whole milliseconds, whatever its digits."""
    moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return ("at", round(moment.timestamp() * 1000))


def _token(text):
    """Where a listing ended: blanks and null in its JSON do not matter."""
    try:
        told = json.loads(base64.b64decode(text, validate=True))
        return {key: value for key, value in told.items() if value is not None}
    except (ValueError, AttributeError):
        return text


def _normal(value):
    if isinstance(value, dict):
        return {key: _token(item) if key == "NextToken" else _normal(item)
                for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, str) and STAMP.fullmatch(value):
        return _moment(value)
    return value


def of_botocore(output):
    output = {key: value for key, value in output.items() if key != "ResponseMetadata"}
    for key, value in output.items():
        if hasattr(value, "read"):
            output[key] = value.read()
    return _normal(json.loads(json.dumps(output, default=_plain)))


def of_command(text):
    return _normal(json.loads(text)) if text.strip() else {}


def error_of_botocore(error):
    said = error.response.get("Error", {})
    meta = error.response.get("ResponseMetadata", {})
    headers = meta.get("HTTPHeaders", {})
    return {"code": said.get("Code"), "message": said.get("Message"),
            "status": meta.get("HTTPStatusCode"), "request id": meta.get("RequestId") or "",
            "ids": [headers.get("x-amzn-requestid"), headers.get("x-amz-request-id")]}


ERROR = re.compile(r"cloudspan call: (?P<message>.*) \((?P<code>[^()]*), HTTP (?P<status>\d+)"
                   r"(, request id (?P<id>[^()]*))?\)\n?", re.DOTALL)
# Of an answer without a message: the sentence has the status and the code already.
BARE = re.compile(r"cloudspan call: (?P<message>the service answered with HTTP status (?P<status>\d+)"
                  r" \((?P<code>[^()]*)\))( \(request id (?P<id>[^()]*)\))?\n?")


def error_of_command(text):
    match = ERROR.fullmatch(text) or BARE.fullmatch(text)
    if match is None:
        return {"stderr": text}
    return {"code": match["code"], "message": match["message"], "status": int(match["status"]),
            "request id": match["id"] or ""}


def align(result, again):
    """Errors that say the same. An answer to HEAD and an answer of a proxy have no body that an
    error could be read from: botocore then takes the status for the code, and looks for no
    request id. Where header and body have different ids (as moto's), either will do."""
    one, other = result.get("error"), again.get("error")
    if not one or not other:
        return
    if other.get("request id") in one.pop("ids"):
        other["request id"] = one["request id"]
    if one["code"] == str(one["status"]) == str(other.get("status")):
        result["error"] = again["error"] = {"status": one["status"]}
