# SPDX-License-Identifier: Apache-2.0
"""What otlp_peer_sender emits, written here by hand from what its source says and from
the OpenTelemetry specification, and the comparison with what a receiver got: plain
values of Python, as receiver.py makes them of protobuf."""

import math
import struct

START = 1700000000000000001
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
SAMPLED, RANDOM, HAS_IS_REMOTE, IS_REMOTE = 0x1, 0x2, 0x100, 0x200

WORDS = ("array", [("string", "one"), ("string", ""), ("string", "dréi")])
FLAGS = ("array", [("bool", True), ("bool", False), ("bool", True)])
NUMBERS = ("array", [("int", 0), ("int", -1), ("int", INT64_MAX), ("int", INT64_MIN)])
REALS = ("array", [("double", 0.0), ("double", -0.5), ("double", 1e300)])


def trace_id(number):
    return "aa" * 15 + f"{number:02x}"


def span_id(number):
    return "bb" * 7 + f"{number:02x}"


def remote_trace_id(number):
    return "cc" * 15 + f"{number:02x}"


def remote_span_id(number):
    return "dd" * 7 + f"{number:02x}"


def link(number, trace_state="", attributes=(), dropped=0):
    return {
        "trace_id": remote_trace_id(number),
        "span_id": remote_span_id(number),
        "trace_state": trace_state,
        "attributes": list(attributes),
        "dropped_attributes_count": dropped,
        "flags": SAMPLED | HAS_IS_REMOTE | IS_REMOTE,
    }


def event(name, after, attributes=(), dropped=0):
    return {
        "name": name,
        "time_unix_nano": START + after,
        "attributes": list(attributes),
        "dropped_attributes_count": dropped,
    }


def span(name, ids, kind, start, end, **other):
    trace, own, parent = ids
    expected = {
        "trace_id": trace,
        "span_id": own,
        "trace_state": "",
        "parent_span_id": parent,
        "flags": SAMPLED | HAS_IS_REMOTE | (0 if parent else RANDOM),
        "name": name,
        "kind": kind,
        "start_time_unix_nano": START + start,
        "end_time_unix_nano": START + end,
        "attributes": [],
        "dropped_attributes_count": 0,
        "events": [],
        "dropped_events_count": 0,
        "links": [],
        "dropped_links_count": 0,
        "status": {"code": 0, "message": ""},
    }
    assert set(other) <= set(expected)
    expected.update(other)
    return expected


EVERYTHING = span(
    "everything ✓",
    (remote_trace_id(1), span_id(1), remote_span_id(1)),
    CLIENT,
    0,
    1123456788,
    trace_state="vendor=value,other=1",
    flags=SAMPLED | HAS_IS_REMOTE | IS_REMOTE,
    attributes=[
        ("at.start", "string", "yes"),
        ("string", "string", "text"),
        ("string.empty", "string", ""),
        ("string.unicode", "string", "grüß 世界 🌍"),
        ("string.invalid", "string", "a\ufffdb\ufffd"),
        ("string.nul", "string", "a\0b"),
        ("bool.true", "bool", True),
        ("bool.false", "bool", False),
        ("int", "int", 42),
        ("int.negative", "int", -42),
        ("int.max", "int", INT64_MAX),
        ("int.min", "int", INT64_MIN),
        ("double", "double", 0.1),
        ("double.negative_zero", "double", -0.0),
        ("double.infinity", "double", math.inf),
        ("strings", *WORDS),
        ("bools", *FLAGS),
        ("ints", *NUMBERS),
        ("doubles", *REALS),
        ("strings.none", "array", []),
        ("overwritten", "int", 2),
    ],
    events=[
        event("bare", 1),
        event("retry ↻", 2, [("why", "string", "503"), ("attempt", "int", 1), ("flags", *FLAGS)]),
    ],
    links=[link(8), link(9, "l=1,m=2", [("rel", "string", "cause")])],
    status={"code": 2, "message": "it broke: é"},
)

CHILD = span(
    "child",
    (remote_trace_id(1), span_id(2), span_id(1)),
    INTERNAL,
    10,
    20,
    trace_state="vendor=value,other=1",
    status={"code": 1, "message": ""},
)

KINDS = [
    span(name, (trace_id(n), span_id(2 + n), ""), kind, 30, 40)
    for n, (name, kind) in enumerate(
        [("server", SERVER), ("producer", PRODUCER), ("consumer", CONSUMER)], start=1
    )
]

SCOPED = span("scoped", (trace_id(5), span_id(7), ""), INTERNAL, 70, 80)

FIRST_128 = [(f"k{i}", "int", i) for i in range(128)]
TOO_MUCH = span(
    "too much",
    (trace_id(4), span_id(6), ""),
    INTERNAL,
    50,
    60,
    attributes=FIRST_128,
    dropped_attributes_count=2,
    events=[event("full", 51, FIRST_128, 2)] + [event("more", 52)] * 127,
    dropped_events_count=3,
    links=[link(7, "", FIRST_128, 2)] + [link(6)] * 127,
    dropped_links_count=3,
)

SCOPES = {
    ("peer/one", "1.2.3", "https://example.org/schema"): [EVERYTHING, TOO_MUCH],
    ("peer/two", "", ""): [CHILD, *KINDS],
    ("peer/three", "3", ""): [SCOPED],
}
SCOPE_ATTRIBUTES = {
    ("peer/three", "3", ""): [("scope.string", "string", "s"), ("scope.ints", *NUMBERS)],
}
RESOURCE_SCHEMA = "https://example.org/resource"

RESOURCE = {
    "service.name": ("string", "peer-test"),
    "service.version": ("string", "9.8.7"),
    "telemetry.sdk.language": None,
    "telemetry.sdk.name": None,
    "telemetry.sdk.version": None,
    "peer.string": ("string", "ä"),
    "peer.bool": ("bool", True),
    "peer.int": ("int", -7),
    "peer.double": ("double", 2.5),
    "peer.strings": WORDS,
}


def same(expected, actual):
    """Equality that tells -0.0 from 0.0, 1 from 1.0 and True from 1."""
    if isinstance(expected, float) and isinstance(actual, float):
        return struct.pack(">d", expected) == struct.pack(">d", actual)
    return type(expected) is type(actual) and expected == actual


def compare(path, expected, actual, differences):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            compare(f"{path}.{key}", expected.get(key), actual.get(key), differences)
    elif isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            differences.append(f"{path}: {len(expected)} expected, {len(actual)} received")
        for i, (e, a) in enumerate(zip(expected, actual)):
            compare(f"{path}[{i}]", e, a, differences)
    elif not same(expected, actual):
        differences.append(f"{path}: {expected!r} expected, {actual!r} received")


def compare_resource(resource, differences):
    attributes = {key: (kind, value) for key, kind, value in resource["attributes"]}
    if len(attributes) != len(resource["attributes"]):
        differences.append("resource: a key is there twice")
    for key, expected in RESOURCE.items():
        if key not in attributes:
            differences.append(f"resource.{key}: missing")
        elif expected is None:  # of the implementation's choice, but a text
            kind, value = attributes[key]
            if kind != "string" or not value:
                differences.append(f"resource.{key}: {value!r} received")
        else:
            compare(f"resource.{key}", expected, attributes[key], differences)
    compare("resource.dropped", 0, resource["dropped_attributes_count"], differences)


def compare_requests(requests, differences):
    """A batch may be split; what counts is the spans of each scope, in order of end."""
    spans = {}
    for request in requests:
        if request["unknown_fields"]:
            differences.append("the request has fields that the protocol does not know")
        for resource in request["resources"]:
            compare_resource(resource, differences)
            compare("resource schema", RESOURCE_SCHEMA, resource["schema_url"], differences)
            for scope in resource["scopes"]:
                key = (scope["name"], scope["version"], scope["schema_url"])
                spans.setdefault(key, []).extend(scope["spans"])
                wanted = SCOPE_ATTRIBUTES.get(key, [])
                compare(f"scope {key}.attributes", sorted(wanted), sorted(scope["attributes"]),
                        differences)
    compare("scopes", sorted(SCOPES), sorted(spans), differences)
    for key, expected in SCOPES.items():
        actual = {s["name"]: s for s in spans.get(key, [])}
        compare(f"{key}: names", sorted(s["name"] for s in expected), sorted(actual), differences)
        for one in expected:
            compare(one["name"], one, actual.get(one["name"]), differences)
