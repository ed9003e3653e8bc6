# SPDX-License-Identifier: Apache-2.0
"""docs/comparison.md."""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
COLUMNS = {"Go": ["go"], "Python": ["botocore", "boto3sqs"], "JavaScript": ["js"],
           "cloudspan": ["ours"]}
NAMES = {"s3": "S3", "dynamodb": "DynamoDB", "sqs": "SQS", "sns": "SNS", "lambda": "Lambda",
         "kinesis": "Kinesis", "secretsmanager": "Secrets Manager",
         "stepfunctions": "Step Functions", "events": "EventBridge",
         "bedrock-runtime": "Bedrock Runtime"}
SECTIONS = (("attributes", "Attributes"), ("events", "Events"),
            ("event_attributes", "Attributes of events"), ("links", "Links"),
            ("link_attributes", "Attributes of links"))

INTRO = """<!-- Written by tests/peers/comparison; do not edit. -->
# Comparison with other instrumentations

What is exported for the same {count} calls, made against one [moto](https://docs.getmoto.org)
server in one run, each program with its default options:

{versions}

`tests/peers/comparison/calls.json` has the calls, some of which are meant to fail, and one of
which succeeds at its third attempt. The test `peer_comparison` makes them, compares what comes out
with this page, and fails where another instrumentation emits for a call what cloudspan does not.
What cloudspan says by another name is marked with an arrow; the reasons are at the end. To write
the page anew, after a release build:

    tests/peers/services_peer.sh moto build/peers tests/peers/comparison/compare.sh \\
      build/peers build/comparison_ours --write
"""


def _go_versions():
    text = (HERE / "go" / "go.mod").read_text(encoding="utf-8")
    return dict(re.findall(r"^\s*(\S+) (v\S+)", text, re.MULTILINE))


def _versions():
    go = _go_versions()
    python = dict(line.split("==") for line in
                  (HERE / "requirements.txt").read_text(encoding="utf-8").split())
    js = json.loads((HERE / "js" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    sdk = "github.com/aws/aws-sdk-go-v2"
    otelaws = f"go.opentelemetry.io/contrib/instrumentation/{sdk}/otelaws"
    return "\n".join((
        f"- Go: aws-sdk-go-v2 {go[sdk]} with otelaws {go[otelaws]}",
        f"- Python: boto3 {python['boto3']} with opentelemetry-instrumentation-botocore "
        f"{python['opentelemetry-instrumentation-botocore']}, and for SQS also, in a program of "
        f"its own, opentelemetry-instrumentation-boto3sqs "
        f"{python['opentelemetry-instrumentation-boto3sqs']}",
        f"- JavaScript: @aws-sdk/client-s3 {js['@aws-sdk/client-s3']} and others with "
        "@opentelemetry/instrumentation-aws-sdk "
        f"{js['@opentelemetry/instrumentation-aws-sdk']}",
        "- cloudspan: `cspan_client` with `cspan_trace_append()`",
    ))


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _cell(types):
    return ", ".join(sorted(types))


def _instead(entries, kind, service, key):
    """The cell of ours where it has other names, or none, for what peers emit."""
    for of_kind, services, name, ours, _ in entries:
        if of_kind == kind and name == key and (services is None or service in services):
            return "→ " + ", ".join(f"`{other}`" for _, other in ours) if ours else "(see below)"
    return ""


def _spans(seen, calls):
    rows = []
    for number, call in enumerate(calls):
        cells = ["<br>".join(f"`{name}`" for name in sorted(observed.calls[number].spans))
                 for observed in seen.values()]
        row = [NAMES[call["service"]], call["operation"], *cells]
        if row not in rows:
            rows.append(row)
    return _table(["Service", "Operation", *COLUMNS], rows)


def _by_service(seen, calls, kind):
    """key to service to the cells."""
    found = {}
    for column, observed in seen.items():
        for number, call in enumerate(calls):
            for key, types in vars(observed.calls[number])[kind].items():
                cells = found.setdefault(key, {}).setdefault(
                    call["service"], {name: set() for name in COLUMNS})
                cells[column] |= types
    return found


def _rows_of(seen, calls, entries, kind):
    """Services with the same cells share a row."""
    rows = []
    for key, services in sorted(_by_service(seen, calls, kind).items()):
        same = {}
        for service, types in services.items():
            cells = [_cell(types[column]) for column in COLUMNS]
            cells[-1] = cells[-1] or _instead(entries, kind, service, key)
            same.setdefault(tuple(cells), []).append(NAMES[service])
        for cells, names in same.items():
            rows.append([f"`{key}`", "all" if len(names) == len(NAMES) else ", ".join(names),
                         *cells])
    return rows


def _metric_rows(seen, entries, kind):
    keys = sorted({key for observed in seen.values() for key in vars(observed)[kind]})
    rows = []
    for key in keys:
        cells = [_cell(vars(observed)[kind].get(key, ())) for observed in seen.values()]
        cells[-1] = cells[-1] or _instead(entries, kind, None, key)
        rows.append([f"`{key}`", *cells])
    return rows


def _statuses(seen, calls):
    """Of the calls that fail."""
    rows = []
    for number, call in enumerate(calls):
        if "error" in call:
            cells = [_cell(observed.calls[number].status.get("", ())) for observed in seen.values()]
            rows.append([NAMES[call["service"]], call["operation"],
                         call["error"].partition("|")[0], *cells])
    return _table(["Service", "Operation", "Fails with", *COLUMNS], rows)


def _where(places):
    if places is None:
        return "all"
    return ", ".join(NAMES[service] + (f" {operation}" if operation else "")
                     for service, _, operation in (place.partition(".") for place in places))


def _reasons(entries):
    rows = [[f"`{key}`", _where(places), ", ".join(f"`{name}`" for _, name in ours) or "nothing",
             reason] for _, places, key, ours, reason in entries]
    return _table(["Theirs", "Services", "cloudspan's", "Reason"], rows)


def document(seen, calls, entries):
    parts = [INTRO.format(count=len(calls), versions=_versions()),
             "## Spans\n\nNames and kinds; `Q` is a queue, topic, or table of the test.\n",
             _spans(seen, calls),
             "## Status\n\nOf the calls that fail. What is expected is no error for cloudspan: an "
             "option says what that is.\n",
             _statuses(seen, calls)]
    for kind, title in SECTIONS:
        rows = _rows_of(seen, calls, entries, kind)
        if rows:
            parts += [f"## {title}\n", _table(["Key", "Services", *COLUMNS], rows)]
    for kind, title in (("metrics", "Metrics"), ("metric_attributes", "Attributes of metrics")):
        rows = _metric_rows(seen, entries, kind)
        if rows:
            parts += [f"## {title}\n", _table(["Key", *COLUMNS], rows)]
    parts += ["## Other names\n", _reasons(entries)]
    return "\n".join(parts)
