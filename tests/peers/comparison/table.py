# SPDX-License-Identifier: Apache-2.0
"""What was exported, reduced to rows: for each call the keys of attributes, events and links, and
the metrics of all calls."""
from dataclasses import dataclass, field

KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
STATUSES = {0: "Unset", 1: "Ok", 2: "Error"}


@dataclass
class Seen:
    """Of one call. Each maps a key to a set: of types, of counts."""

    spans: dict = field(default_factory=dict)  # "S3.PutObject CLIENT"
    attributes: dict = field(default_factory=dict)
    events: dict = field(default_factory=dict)
    event_attributes: dict = field(default_factory=dict)  # "exception: exception.type"
    links: dict = field(default_factory=dict)
    link_attributes: dict = field(default_factory=dict)
    status: dict = field(default_factory=dict)  # "" to "Error"


@dataclass
class Observed:
    calls: list
    metrics: dict  # name to {"histogram, s"}
    metric_attributes: dict  # "name: key" to types


def _add(into, key, value):
    into.setdefault(key, set()).add(value)


def _type_of(kind, value):
    if kind != "array":
        return kind
    return f"{value[0][0]}[]" if value else "[]"


def _add_span(seen, span, peer):
    name = span["name"].replace(f"comparison-{peer}", "Q")
    _add(seen.spans, f"{name} {KINDS[span['kind']]}", "")
    for key, kind, value in span["attributes"]:
        _add(seen.attributes, key, _type_of(kind, value))
    _add(seen.status, "", STATUSES[span["status"]["code"]])
    for event in span["events"]:
        _add(seen.events, event["name"], "yes")
        for key, kind, value in event["attributes"]:
            _add(seen.event_attributes, f"{event['name']}: {key}", _type_of(kind, value))
    for link in span["links"]:
        _add(seen.links, "to the sender's span", "yes")
        for key, kind, value in link["attributes"]:
            _add(seen.link_attributes, key, _type_of(kind, value))


def observe(intake, names, calls):
    """What the programs of these names exported, together."""
    observed = Observed([Seen() for _ in calls], {}, {})
    for name in names:
        spans = intake.spans[name]
        number_of = {span["trace_id"]: int(span["name"]) for span in spans
                     if span["scope"] == "comparison"}
        for span in spans:
            if span["scope"] != "comparison":
                _add_span(observed.calls[number_of[span["trace_id"]]], span, name)
        for metric, (kind, unit, points) in intake.metrics[name].items():
            if metric.startswith("otel."):  # of the SDK on itself
                continue
            _add(observed.metrics, metric, f"{kind}, {unit}")
            for key, of, value in (attribute for point in points for attribute in point):
                _add(observed.metric_attributes, f"{metric}: {key}", _type_of(of, value))
    return observed


class Equivalents:
    """Which of ours stand for what a peer emits, and which entries were of use."""

    def __init__(self, entries):
        self.entries = entries
        self.used = set()

    def find(self, kind, places, key):
        """`places` are the service's name, and the one with the operation's."""
        for number, (of_kind, where, name, *_) in enumerate(self.entries):
            if of_kind == kind and name == key and (where is None or set(places) & set(where)):
                self.used.add(number)
                return self.entries[number]
        return None

    def unused(self):
        return [f"equivalents.py: no peer emits {entry[2]} (any more)"
                for number, entry in enumerate(self.entries) if number not in self.used]


def ours_has(equivalents, kind, places, key, ours):
    """`ours` are all of our keys for the call, by kind."""
    if key in ours[kind]:
        return True
    entry = equivalents.find(kind, places, key)
    if entry is None:
        return False
    return all(instead in ours[of] for of, instead in entry[3])


ROW_KINDS = ("attributes", "events", "event_attributes", "links", "link_attributes")


def compare(seen, calls, entries):
    """(What ours lacks, which equivalents are stale), as lines of text."""
    equivalents = Equivalents(entries)
    lacks = {}
    for column, observed in seen.items():
        if column == "cloudspan":
            continue
        for number, call in enumerate(calls):
            ours, theirs = vars(seen["cloudspan"].calls[number]), observed.calls[number]
            what = call["operation"] + (" (fails)" if "error" in call else "")
            places = (call["service"], f"{call['service']}.{call['operation']}")
            if theirs.spans and not ours["spans"]:
                lacks.setdefault(("span", call["service"], what), {})[column] = [what]
            for kind in ROW_KINDS:
                for key in vars(theirs)[kind]:
                    if not ours_has(equivalents, kind, places, key, ours):
                        lacks.setdefault((kind, call["service"], key), {}).setdefault(
                            column, []).append(what)
        ours = vars(seen["cloudspan"])
        for kind in ("metrics", "metric_attributes"):
            for key in vars(observed)[kind]:
                if not ours_has(equivalents, kind, (), key, ours):
                    lacks.setdefault((kind, "", key), {})[column] = ["any call"]
    lines = []
    for (kind, service, key), where in sorted(lacks.items()):
        told = "; ".join(f"{column}: {', '.join(dict.fromkeys(what))}"
                         for column, what in where.items())
        lines.append(f"not in ours: {kind} {service} {key} ({told})")
    return lines, equivalents.unused()
