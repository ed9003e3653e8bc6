# SPDX-License-Identifier: Apache-2.0
"""OTLP/JSON as the collector writes it, as the plain values of expected.py. A key that is
not known here is told: nothing may be lost, or come up, unnoticed."""

import json
import math


class Reader:
    """Takes the keys out of an object; what is left over is unknown."""

    def __init__(self, value, unknown):
        self._rest = dict(value)
        self._unknown = unknown

    def take(self, key, default):
        return self._rest.pop(key, default)

    def end(self):
        self._unknown.extend(self._rest)


def parse(line):
    """json reads -0 as an int, which has no sign."""
    return json.loads(line, parse_int=lambda text: -0.0 if text == "-0" else int(text))


def number_of(value):
    named = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
    return named[value] if isinstance(value, str) else float(value)


def _value(value, unknown):
    if not value:
        return (None, None)
    assert len(value) == 1, value
    ((key, inner),) = value.items()
    if key == "arrayValue":
        return ("array", [_value(v, unknown) for v in inner.get("values", [])])
    if key == "kvlistValue":
        return ("map", attributes_of(inner.get("values", []), unknown))
    kinds = {"stringValue": ("string", str), "boolValue": ("bool", bool), "intValue": ("int", int),
             "doubleValue": ("double", number_of), "bytesValue": ("bytes", str)}
    kind, convert = kinds[key]
    return (kind, convert(inner))


def attributes_of(pairs, unknown):
    return [(pair["key"], *_value(pair["value"], unknown)) for pair in pairs]


def _link(link, unknown):
    r = Reader(link, unknown)
    result = {
        "trace_id": r.take("traceId", ""),
        "span_id": r.take("spanId", ""),
        "trace_state": r.take("traceState", ""),
        "attributes": attributes_of(r.take("attributes", []), unknown),
        "dropped_attributes_count": r.take("droppedAttributesCount", 0),
        "flags": r.take("flags", 0),
    }
    r.end()
    return result


def _event(event, unknown):
    r = Reader(event, unknown)
    result = {
        "name": r.take("name", ""),
        "time_unix_nano": int(r.take("timeUnixNano", 0)),
        "attributes": attributes_of(r.take("attributes", []), unknown),
        "dropped_attributes_count": r.take("droppedAttributesCount", 0),
    }
    r.end()
    return result


def _status(status, unknown):
    r = Reader(status, unknown)
    result = {"code": r.take("code", 0), "message": r.take("message", "")}
    r.end()
    return result


def _span(span, unknown):
    r = Reader(span, unknown)
    result = {
        "trace_id": r.take("traceId", ""),
        "span_id": r.take("spanId", ""),
        "trace_state": r.take("traceState", ""),
        "parent_span_id": r.take("parentSpanId", ""),
        "flags": r.take("flags", 0),
        "name": r.take("name", ""),
        "kind": r.take("kind", 0),
        "start_time_unix_nano": int(r.take("startTimeUnixNano", 0)),
        "end_time_unix_nano": int(r.take("endTimeUnixNano", 0)),
        "attributes": attributes_of(r.take("attributes", []), unknown),
        "dropped_attributes_count": r.take("droppedAttributesCount", 0),
        "events": [_event(e, unknown) for e in r.take("events", [])],
        "dropped_events_count": r.take("droppedEventsCount", 0),
        "links": [_link(link, unknown) for link in r.take("links", [])],
        "dropped_links_count": r.take("droppedLinksCount", 0),
        "status": _status(r.take("status", {}), unknown),
    }
    r.end()
    return result


def _scope(scope_spans, unknown):
    r = Reader(scope_spans, unknown)
    scope = Reader(r.take("scope", {}), unknown)
    result = {
        "name": scope.take("name", ""),
        "version": scope.take("version", ""),
        "attributes": attributes_of(scope.take("attributes", []), unknown),
        "schema_url": r.take("schemaUrl", ""),
        "spans": [_span(s, unknown) for s in r.take("spans", [])],
    }
    scope.end()
    r.end()
    return result


def _resource(resource_spans, unknown):
    r = Reader(resource_spans, unknown)
    resource = Reader(r.take("resource", {}), unknown)
    result = {
        "attributes": attributes_of(resource.take("attributes", []), unknown),
        "dropped_attributes_count": resource.take("droppedAttributesCount", 0),
        "schema_url": r.take("schemaUrl", ""),
        "scopes": [_scope(s, unknown) for s in r.take("scopeSpans", [])],
    }
    resource.end()
    r.end()
    return result


def to_request(line):
    unknown = []
    r = Reader(parse(line), unknown)
    resources = [_resource(resource, unknown) for resource in r.take("resourceSpans", [])]
    r.end()
    return {"unknown_fields": unknown, "resources": resources}
