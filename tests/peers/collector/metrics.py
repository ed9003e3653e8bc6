# SPDX-License-Identifier: Apache-2.0
"""What otlp_peer_metrics emits, written by hand, and the comparison with what the collector
wrote. Times are the clock's: only their order is known."""

from expected import compare
from otlp_json import Reader, attributes_of, number_of, parse

DELTA, CUMULATIVE = 1, 2

ONE = [("b", "bool", True), ("k", "string", "one"), ("n", "int", -1)]
TWO = [("k", "string", "two")]

METRICS = {
    "sum": {
        "description": "grüß",
        "unit": "{call}",
        "sum": {
            "aggregation_temporality": CUMULATIVE,
            "is_monotonic": True,
            "points": [
                {"attributes": ONE, "value": ("int", 9007199254740993)},
                {"attributes": TWO, "value": ("int", 5)},
            ],
        },
    },
    "up_down": {
        "description": "",
        "unit": "",
        "sum": {
            "aggregation_temporality": CUMULATIVE,
            "is_monotonic": False,
            "points": [{"attributes": [], "value": ("double", -0.5)}],
        },
    },
    "gauge": {
        "description": "",
        "unit": "By",
        "gauge": {"points": [{"attributes": TWO, "value": ("double", 0.1)}]},
    },
    "histogram": {
        "description": "",
        "unit": "",
        "histogram": {
            "aggregation_temporality": CUMULATIVE,
            "points": [
                {
                    "attributes": [],
                    "count": 5,
                    "sum": 3000001.5,
                    "min": 0.0,
                    "max": 2e6,
                    "bounds": [-1.5, 0.0, 1e6],
                    "buckets": [0, 1, 3, 1],
                }
            ],
        },
    },
}
SCOPE = {
    "name": "peer/metrics",
    "version": "4",
    "attributes": [("scope.string", "string", "s")],
    "schema_url": "https://example.org/schema",
}


def _point(point, is_histogram, unknown, differences):
    r = Reader(point, unknown)
    start, end = int(r.take("startTimeUnixNano", 0)), int(r.take("timeUnixNano", 0))
    if not 0 < start <= end:
        differences.append(f"a point is of {end}, with a start of {start}")
    result = {"attributes": sorted(attributes_of(r.take("attributes", []), unknown))}
    if is_histogram:
        result["count"] = int(r.take("count", 0))
        for key in ("sum", "min", "max"):
            result[key] = number_of(r.take(key, None))
        result["bounds"] = [number_of(bound) for bound in r.take("explicitBounds", [])]
        result["buckets"] = [int(bucket) for bucket in r.take("bucketCounts", [])]
    else:
        integer, double = r.take("asInt", None), r.take("asDouble", None)
        result["value"] = (
            ("int", int(integer)) if integer is not None else ("double", number_of(double))
        )
    r.end()
    return result


def _metric(metric, unknown, differences):
    r = Reader(metric, unknown)
    name = r.take("name", "")
    result = {"description": r.take("description", ""), "unit": r.take("unit", "")}
    for kind in ("sum", "gauge", "histogram"):
        data = r.take(kind, None)
        if data is None:
            continue
        inner = Reader(data, unknown)
        points = [_point(p, kind == "histogram", unknown, differences)
                  for p in inner.take("dataPoints", [])]
        result[kind] = {"points": sorted(points, key=lambda point: point["attributes"])}
        if kind != "gauge":
            result[kind]["aggregation_temporality"] = inner.take("aggregationTemporality", 0)
        if kind == "sum":
            result[kind]["is_monotonic"] = inner.take("isMonotonic", False)
        inner.end()
    r.end()
    return name, result


def _scope(scope_metrics, metrics, unknown, differences):
    r = Reader(scope_metrics, unknown)
    scope = Reader(r.take("scope", {}), unknown)
    compare("scope", SCOPE, {
        "name": scope.take("name", ""),
        "version": scope.take("version", ""),
        "attributes": attributes_of(scope.take("attributes", []), unknown),
        "schema_url": r.take("schemaUrl", ""),
    }, differences)
    metrics.update(_metric(m, unknown, differences) for m in r.take("metrics", []))
    scope.end()
    r.end()


def compare_metrics(lines, differences):
    unknown, metrics = [], {}
    for line in lines:
        request = Reader(parse(line), unknown)
        for resource_metrics in request.take("resourceMetrics", []):
            r = Reader(resource_metrics, unknown)
            resource = dict((key, value) for key, _, value
                            in attributes_of(r.take("resource", {})["attributes"], unknown))
            compare("service.name", "peer-metrics", resource.get("service.name"), differences)
            compare("resource schema", "https://example.org/resource", r.take("schemaUrl", ""),
                    differences)
            for scope_metrics in r.take("scopeMetrics", []):
                _scope(scope_metrics, metrics, unknown, differences)
            r.end()
        request.end()
    compare("metrics", METRICS, metrics, differences)
    compare("unknown keys", [], unknown, differences)
