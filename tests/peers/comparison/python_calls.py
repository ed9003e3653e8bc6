# SPDX-License-Identifier: Apache-2.0
"""The calls of calls.json with boto3, traced by OpenTelemetry's instrumentation of botocore, or for
SQS by the one of boto3's SQS alone:

    python_calls.py CALLS botocore|boto3sqs

What is to be set is in the environment (compare.py). Each call is in a span of its own, which has
the number of the call as its name."""
import json
import os
import re
import sys

import boto3
import botocore.config
import botocore.exceptions
from botocore import xform_name
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def telemetry(instrumentation):
    spans = TracerProvider()
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(spans)
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    metrics.set_meter_provider(meters)
    if instrumentation == "boto3sqs":
        from opentelemetry.instrumentation.boto3sqs import Boto3SQSInstrumentor as Instrumentor
    else:
        from opentelemetry.instrumentation.botocore import BotocoreInstrumentor as Instrumentor
    Instrumentor().instrument()
    return spans, meters


def filled(value, kept):
    if isinstance(value, dict):
        if "$bytes" in value:
            return value["$bytes"].encode()
        return {filled(key, kept): filled(item, kept) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda found: kept[found[1]], value)
    return value


def at(output, path):
    for step in path.split("."):
        output = output[int(step) if isinstance(output, list) else step]
    return output


class Clients:
    def __init__(self):
        self._made = {}

    def get(self, service, through_gateway):
        key = (service, through_gateway)
        if key not in self._made:
            config = botocore.config.Config(
                s3={"addressing_style": "path"}, retries={"mode": "standard"})
            endpoint = os.environ["COMPARISON_GATEWAY"] if through_gateway else None
            self._made[key] = boto3.client(service, endpoint_url=endpoint, config=config)
        return self._made[key]


def carry_out(client, call, kept):
    try:
        output = getattr(client, xform_name(call["operation"]))(**filled(call["input"], kept))
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    if "Body" in output:
        output["Body"].read()
    for name, path in call.get("keep", {}).items():
        kept[name] = at(output, path)
    return ""


def main():
    calls, instrumentation = sys.argv[1:]
    spans, meters = telemetry(instrumentation)
    tracer = trace.get_tracer("comparison")
    clients = Clients()
    kept = {"peer": os.environ["OTEL_SERVICE_NAME"]}
    with open(calls, encoding="utf-8") as file:
        table = json.load(file)
    for number, call in enumerate(table):
        if instrumentation == "boto3sqs" and call["service"] != "sqs":
            continue
        client = clients.get(call["service"], "gateway" in call)
        with tracer.start_as_current_span(str(number)):
            code = carry_out(client, call, kept)
        if not re.search(call.get("error", "^$"), code):
            sys.exit(f"call {number}, {call['operation']}: {code or 'no error'}")
    spans.shutdown()
    meters.shutdown()


if __name__ == "__main__":
    main()
