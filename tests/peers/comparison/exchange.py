# SPDX-License-Identifier: Apache-2.0
"""exchange.py MESSAGES: messages between two processes, this one with Python's instrumentations of
botocore and of boto3's SQS, the other one MESSAGES (messages.c). Whoever receives has to go on
from the span of whoever sent."""
import os
import subprocess
import sys

import boto3
from opentelemetry import trace
from opentelemetry.instrumentation.boto3sqs import Boto3SQSInstrumentor
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from intake import Intake

SETTINGS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true"}
OWN = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
COUNTS = (0, 8, 9, 10)  # of the attributes of the sender's own; 10 leave no room
BODIES = [*(f"attributes-{count}" for count in COUNTS), "batch-a", "batch-b", "own", "topic"]
LIMIT_S = 60


def ids(context):
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


def text(value):
    return {"DataType": "String", "StringValue": value}


class Python:
    """This process: its clients, and what its instrumentations exported."""

    def __init__(self, endpoint):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        trace.set_tracer_provider(provider)
        BotocoreInstrumentor().instrument()
        Boto3SQSInstrumentor().instrument()
        self.sqs = boto3.client("sqs", endpoint_url=endpoint)
        self.sns = boto3.client("sns", endpoint_url=endpoint)

    def make_queue(self, name, raw):
        """A queue, and a topic whose messages go there: as they are, or in an envelope."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"],
                           Attributes={"RawMessageDelivery": "true" if raw else "false"})
        return url, topic

    def _spans(self, kind):
        return [span for span in self.exporter.get_finished_spans() if span.kind == kind]

    def send(self, url, topic):
        """The span that each body comes from; None where there is no room to tell."""
        senders = {"own": OWN}
        for count in COUNTS:
            attributes = {f"user-{i}": text("value") for i in range(count)}
            self.sqs.send_message(QueueUrl=url, MessageBody=f"attributes-{count}",
                                  MessageAttributes=attributes)
            last = ids(self._spans(trace.SpanKind.PRODUCER)[-1].context)
            senders[f"attributes-{count}"] = last if count < 10 else None
        entries = [{"Id": entry, "MessageBody": f"batch-{entry}"} for entry in "ab"]
        self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        for body, span in zip(("batch-a", "batch-b"), self._spans(trace.SpanKind.PRODUCER)[-2:]):
            senders[body] = ids(span.context)
        self.sns.publish(TopicArn=topic, Message="topic")
        senders["topic"] = ids(self._spans(trace.SpanKind.PRODUCER)[-1].context)
        return senders

    def send_own(self, url):
        """Without the instrumentations, which would put theirs in its place."""
        with suppress_instrumentation():
            self.sqs.send_message(
                QueueUrl=url, MessageBody="own",
                MessageAttributes={"traceparent": text(f"00-{OWN[0]}-{OWN[1]}-01")})

    def receive(self, url, count):
        """The links of the span that each body is processed in, and the message's id."""
        found = {}
        for _ in range(2 * count):
            if len(found) == count:
                break
            answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                              WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                span = trace.get_current_span()
                found[message["Body"]] = ([ids(link.context) for link in span.links],
                                          message["MessageId"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


class Ours:
    """The other process, once for each time it runs."""

    def __init__(self, program, intake, endpoint):
        self.program, self.intake = program, intake
        self.environment = {
            **os.environ, "AWS_ENDPOINT_URL": endpoint,
            "COMPARISON_MODELS": os.environ["CLOUDSPAN_PEER_MODELS"],
            "OTEL_EXPORTER_OTLP_ENDPOINT": intake.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}

    def run(self, *arguments):
        """The words of the lines that it prints, and its spans by their ids."""
        self.intake.spans.clear()
        done = subprocess.run([self.program, *arguments], env=self.environment, text=True,
                              capture_output=True, timeout=LIMIT_S)
        if done.returncode != 0:
            sys.exit(f"{' '.join(arguments)} failed ({done.returncode}):\n"
                     f"{done.stdout}{done.stderr}")
        spans = {(span["trace_id"], span["span_id"]): span for span in self.intake.spans["ours"]}
        return [line.split() for line in done.stdout.splitlines()], spans


def attributes_of(span):
    return {key: value for key, _, value in span["attributes"]}


def links_of(span):
    return [(link["trace_id"], link["span_id"]) for link in span["links"]]


class Check:
    def __init__(self):
        self.count = 0
        self.failures = []

    def equal(self, what, expected, actual):
        self.count += 1
        if expected != actual:
            self.failures.append(f"{what}: {expected!r} expected, not {actual!r}")


def python_to_ours(check, python, ours, way, continues):
    name = f"to-ours-{way}"
    url, topic = python.make_queue(name, raw=False)
    python.send_own(url)
    senders = python.send(url, topic)
    lines, spans = ours.run("receive", url, str(len(BODIES)), way)
    check.equal(f"{way}: bodies", sorted(BODIES), sorted(line[0] for line in lines))
    for body, trace_id, span_id, attributes in lines:
        span, sender = spans[trace_id, span_id], senders[body]
        what = f"{way}, {body}"
        check.equal(f"{what}: name and kind", (f"process {name}", 5), (span["name"], span["kind"]))
        check.equal(f"{what}: attributes that nobody asked for", "0", attributes)
        if continues and sender is not None:
            check.equal(f"{what}: parent", sender, (trace_id, span["parent_span_id"]))
        else:
            check.equal(f"{what}: links", [sender] if sender else [], links_of(span))
            check.equal(f"{what}: parent", "", span["parent_span_id"])
    received = [span for span in spans.values() if span["name"] == f"receive {name}"]
    check.equal(f"{way}: links of receiving", sorted(filter(None, senders.values())),
                sorted(link for span in received for link in links_of(span)))


def sender_of(body, message_id, spans):
    """The span of the call that sent it: one for a batch."""
    if body == "own":
        return OWN
    if body == "attributes-10":
        return None
    for place, span in spans.items():
        of = attributes_of(span)
        is_batch = of.get("messaging.batch.message_count") == 2
        if span["kind"] == 4 and (of.get("messaging.message.id") == message_id or
                                  body.startswith("batch-") and is_batch):
            return place
    return "no span"


def ours_to_python(check, python, ours):
    url, topic = python.make_queue("to-python", raw=True)
    lines, spans = ours.run("send", url, topic)
    message_ids = dict(lines)
    received = python.receive(url, len(BODIES))
    check.equal("to Python: bodies", sorted(BODIES), sorted(received))
    for body, (links, message_id) in received.items():
        if body != "topic":  # the queue gives it another id
            check.equal(f"to Python, {body}: message id", message_ids[body], message_id)
        sender = sender_of(body, message_ids[body], spans)
        check.equal(f"to Python, {body}: links", [sender] if sender else [], links)


def main():
    os.environ.update(SETTINGS)
    endpoint = os.environ["CLOUDSPAN_PEER_ENDPOINT"]
    check, python = Check(), Python(endpoint)
    ours = Ours(sys.argv[1], Intake(), endpoint)
    python_to_ours(check, python, ours, "links", False)
    python_to_ours(check, python, ours, "continues", True)
    ours_to_python(check, python, ours)
    print("\n".join(check.failures))
    print(f"{check.count - len(check.failures)} passed, {len(check.failures)} failed")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
