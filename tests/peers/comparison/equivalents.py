# SPDX-License-Identifier: Apache-2.0
"""What a peer emits and ours does not, because ours says the same by another name, or for a
reason: entries of (kind, services or "service.Operation" or None for all, the peer's key, ours as
a list of (kind, key), the reason)."""

_RENAMED = "The conventions have renamed it."
_QUEUE = "The conventions have a key of its own for the URL of a queue."
_EXCEPTION = ("Recording exceptions as events of spans is deprecated. The error is the span's "
              "`error.type`, and its text the status, but for outcomes that are expected.")
_BATCH = ("Ours has one span for a batch, not one for each message: a message's id is an attribute "
          "of the link to its sender and of the span that processes it.")
_RETRIES = ("No convention has it. Ours counts the attempts, of which there is one more than "
            "retries, and has an event for each retry.")
_GEN_AI = "The conventions for generative AI have renamed it."

TABLE = [
    ("attributes", None, "rpc.system", [("attributes", "rpc.system.name")], _RENAMED),
    ("attributes", None, "rpc.service", [("attributes", "rpc.method")],
     "The conventions have made it a part of `rpc.method`."),
    ("attributes", None, "aws.region", [("attributes", "cloud.region")],
     "The conventions have `cloud.region`."),
    ("attributes", None, "aws.request.id", [("attributes", "aws.request_id")],
     "The key of the conventions is written with an underscore."),
    ("attributes", None, "http.status_code", [("attributes", "http.response.status_code")],
     _RENAMED),
    ("attributes", None, "retry_attempts", [("attributes", "aws.retry.attempts")], _RETRIES),
    ("attributes", ("dynamodb",), "net.peer.name", [("attributes", "server.address")], _RENAMED),
    ("attributes", ("dynamodb",), "db.system", [("attributes", "db.system.name")], _RENAMED),
    ("attributes", ("dynamodb",), "db.operation", [("attributes", "db.operation.name")],
     _RENAMED),
    ("attributes", ("dynamodb",), "db.namespace", [("attributes", "db.collection.name")],
     "It is a table's name, for which the conventions have `db.collection.name`; a namespace of "
     "tables is something else."),
    ("attributes", ("dynamodb.BatchWriteItem",), "aws.dynamodb.item_collection_metrics", [],
     "Ours tells the sizes of collections, which moto's answer is without, and never the keys of "
     "items."),
    ("attributes", ("lambda",), "faas.execution", [("attributes", "aws.request_id")],
     "It is the id of the request, and deprecated."),
    ("attributes", ("sqs",), "url.full", [("attributes", "aws.sqs.queue.url")], _QUEUE),
    ("attributes", ("sqs",), "messaging.url", [("attributes", "aws.sqs.queue.url")], _QUEUE),
    ("attributes", ("sqs",), "aws.queue_url", [("attributes", "aws.sqs.queue.url")], _QUEUE),
    ("attributes", ("kinesis",), "aws.kinesis.stream.name",
     [("attributes", "aws.kinesis.stream_name")],
     "The key of the conventions is written with an underscore."),
    ("attributes", ("sqs.CreateQueue", "sns.CreateTopic"), "messaging.system",
     [("attributes", "rpc.method")],
     "Nothing is sent or received: by the conventions it is no messaging operation. "
     "`rpc.method` names the service."),
    ("attributes", ("sqs", "sns"), "messaging.destination",
     [("attributes", "messaging.destination.name")], _RENAMED),
    ("attributes", ("sqs", "sns"), "messaging.destination_kind",
     [("attributes", "messaging.system")],
     "The conventions have dropped it; the system says whether it is a queue or a topic."),
    ("attributes", ("sqs",), "messaging.operation", [("attributes", "messaging.operation.type")],
     _RENAMED),
    ("attributes", ("sqs.SendMessageBatch",), "messaging.message.id",
     [("attributes", "messaging.batch.message_count")], _BATCH),
    ("attributes", ("sqs.ReceiveMessage",), "messaging.message.id",
     [("link_attributes", "messaging.message.id")], _BATCH),
    ("attributes", ("sqs.SendMessageBatch",), "messaging.conversation_id", [],
     "It is the number of an entry within the request: no conversation."),
    ("attributes", ("bedrock-runtime",), "gen_ai.system", [("attributes", "gen_ai.provider.name")],
     _GEN_AI),
    ("metric_attributes", None, "gen_ai.client.operation.duration: gen_ai.system",
     [("metric_attributes", "gen_ai.client.operation.duration: gen_ai.provider.name")], _GEN_AI),
    ("metric_attributes", None, "gen_ai.client.token.usage: gen_ai.system",
     [("metric_attributes", "gen_ai.client.token.usage: gen_ai.provider.name")], _GEN_AI),
    ("events", None, "exception", [("attributes", "error.type")], _EXCEPTION),
    ("event_attributes", None, "exception: exception.type", [("attributes", "error.type")],
     _EXCEPTION),
    ("event_attributes", None, "exception: exception.message", [("attributes", "error.type")],
     _EXCEPTION),
    ("event_attributes", None, "exception: exception.stacktrace", [],
     "A program in C has none to tell."),
    ("event_attributes", None, "exception: exception.escaped", [],
     "Deprecated: an error is recorded only where it leaves the call."),
]
