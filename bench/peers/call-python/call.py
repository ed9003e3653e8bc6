# SPDX-License-Identifier: Apache-2.0
"""The calls of bench_call with boto3, traced by OpenTelemetry's instrumentation of botocore:
PutObject of 1 KiB and GetItem, against bench_stub.

    call.py PORT COUNT [traced]

Prints one line of JSON: CPU microseconds of the whole process a call.
"""
import json
import os
import sys

import boto3
from botocore.config import Config


def trace():
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import (
        BatchSpanProcessor,
        SpanExporter,
        SpanExportResult,
    )

    class Drop(SpanExporter):
        def export(self, spans):
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Drop()))
    BotocoreInstrumentor().instrument(tracer_provider=provider)


def cpu_us():
    used = os.times()
    return (used.user + used.system) * 1e6


def measure(count, call):
    for _ in range(count // 4 + 50):
        call()
    start = cpu_us()
    for _ in range(count):
        call()
    return round((cpu_us() - start) / count, 1)


def main():
    port, count = sys.argv[1], int(sys.argv[2])
    if "traced" in sys.argv[3:]:
        trace()
    options = {
        "region_name": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{port}",
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "secret",
    }
    config = Config(
        s3={"payload_signing_enabled": False, "addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    objects = boto3.client("s3", config=config, **options)
    items = boto3.client("dynamodb", **options)
    body = b"x" * 1024

    def put():
        objects.put_object(Bucket="bench-bucket", Key="some/key", Body=body)

    def get():
        answer = items.get_item(TableName="bench-table", Key={"id": {"S": "item-1"}})
        if len(answer["Item"]) != 5:
            raise SystemExit("the item is not complete")

    print(json.dumps({"put_object": measure(count, put), "get_item": measure(count, get)}))


if __name__ == "__main__":
    main()
