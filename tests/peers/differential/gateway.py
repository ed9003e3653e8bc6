# SPDX-License-Identifier: Apache-2.0
"""moto knows nothing of the protocol smithy-rpc-v2-cbor. This stands before it: requests become
those of the JSON protocol, and its answers become CBOR, by the model."""
import base64
import json

import cbor


def speaks_cbor(request):
    return request.header("smithy-protocol") == "rpc-v2-cbor"


def _to_json(value):
    if isinstance(value, tuple):  # a tag: moments
        return value[2]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    return value


def json_request(request):
    """The target, headers and body of the same call as JSON."""
    _, _, target, _, operation = request.path.split("/")
    headers = [(name, value) for name, value in request.headers
               if name not in ("smithy-protocol", "accept", "content-type")]
    headers += [("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", f"{target}.{operation}")]
    body = cbor.decode(request.body) if request.body else {}
    return "/", headers, json.dumps(_to_json(body)).encode()


def _by_shape(value, shape):
    if value is None or shape is None:
        return value
    if shape.type_name == "structure":
        return {key: _by_shape(item, shape.members.get(key)) for key, item in value.items()}
    if shape.type_name == "list":
        return [_by_shape(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _by_shape(item, shape.value) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return cbor.Moment(float(value))
    if shape.type_name == "blob":
        return base64.b64decode(value)
    if shape.type_name in ("double", "float"):
        return float(value)
    return value


def cbor_answer(request, model, status, headers, body):
    """Headers and body of a JSON answer as CBOR."""
    operation = model.operation_model(request.path.rpartition("/")[2])
    value = json.loads(body) if body.strip() else {}
    if status < 300:
        value = _by_shape(value, operation.output_shape)
    headers = [(k, v) for k, v in headers if k.lower() not in ("content-type", "content-length")]
    headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
    return headers, cbor.encode(value)
