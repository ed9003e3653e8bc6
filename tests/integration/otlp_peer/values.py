# SPDX-License-Identifier: Apache-2.0
"""The generated messages of opentelemetry-proto as plain values of Python."""


def to_value(any_value):
    """An AnyValue as a (type, value) pair."""
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return ("array", [to_value(v) for v in any_value.array_value.values])
    if kind == "kvlist_value":
        return ("map", to_attributes(any_value.kvlist_value.values))
    return (kind.removesuffix("_value") if kind else None, getattr(any_value, kind) if kind else None)


def to_attributes(pairs):
    return [(pair.key, *to_value(pair.value)) for pair in pairs]


def to_link(link):
    return {
        "trace_id": link.trace_id.hex(),
        "span_id": link.span_id.hex(),
        "trace_state": link.trace_state,
        "attributes": to_attributes(link.attributes),
        "dropped_attributes_count": link.dropped_attributes_count,
        "flags": link.flags,
    }


def to_event(event):
    return {
        "name": event.name,
        "time_unix_nano": event.time_unix_nano,
        "attributes": to_attributes(event.attributes),
        "dropped_attributes_count": event.dropped_attributes_count,
    }


def to_span(span):
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "trace_state": span.trace_state,
        "parent_span_id": span.parent_span_id.hex(),
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "start_time_unix_nano": span.start_time_unix_nano,
        "end_time_unix_nano": span.end_time_unix_nano,
        "attributes": to_attributes(span.attributes),
        "dropped_attributes_count": span.dropped_attributes_count,
        "events": [to_event(e) for e in span.events],
        "dropped_events_count": span.dropped_events_count,
        "links": [to_link(link) for link in span.links],
        "dropped_links_count": span.dropped_links_count,
        "status": {"code": span.status.code, "message": span.status.message},
    }


def to_request(request):
    return [
        {
            "attributes": to_attributes(resource_spans.resource.attributes),
            "dropped_attributes_count": resource_spans.resource.dropped_attributes_count,
            "schema_url": resource_spans.schema_url,
            "scopes": [
                {
                    "name": scope_spans.scope.name,
                    "version": scope_spans.scope.version,
                    "attributes": to_attributes(scope_spans.scope.attributes),
                    "schema_url": scope_spans.schema_url,
                    "spans": [to_span(s) for s in scope_spans.spans],
                }
                for scope_spans in resource_spans.scope_spans
            ],
        }
        for resource_spans in request.resource_spans
    ]
