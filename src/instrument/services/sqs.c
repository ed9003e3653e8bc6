/* SPDX-License-Identifier: Apache-2.0 */
/* SQS: semantic conventions, aws.sqs.* (aws/registry) and messaging (aws.sqs). */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_attribute_rule rules[] = {
    {"SQS", NULL, CSPAN_FROM_INPUT, "QueueUrl", "aws.sqs.queue.url", CSPAN_AS_STRING, 0},
    {"SQS", "CreateQueue,GetQueueUrl", CSPAN_FROM_OUTPUT, "QueueUrl", "aws.sqs.queue.url",
     CSPAN_AS_STRING, 0},
};

static const cspan_batch_rule batches[] = {
    {"SendMessageBatch,DeleteMessageBatch,ChangeMessageVisibilityBatch", "Failed", "Code",
     "Entries", false},
};

static const cspan_messaging_rule messaging[] = {
    {"SendMessage", CSPAN_MESSAGING_SEND, "send", "QueueUrl", NULL, "MessageId"},
    {"SendMessageBatch", CSPAN_MESSAGING_SEND, "send", "QueueUrl", "Entries", NULL},
    {"ReceiveMessage", CSPAN_MESSAGING_RECEIVE, "receive", "QueueUrl", "Messages", NULL},
    {"DeleteMessage", CSPAN_MESSAGING_SETTLE, "delete", "QueueUrl", NULL, NULL},
    {"DeleteMessageBatch", CSPAN_MESSAGING_SETTLE, "delete", "QueueUrl", "Entries", NULL},
    {"ChangeMessageVisibility", CSPAN_MESSAGING_SETTLE, "change_visibility", "QueueUrl", NULL,
     NULL},
    {"ChangeMessageVisibilityBatch", CSPAN_MESSAGING_SETTLE, "change_visibility", "QueueUrl",
     "Entries", NULL},
};

static const cspan_carrier carriers[] = {
    {"SendMessage,SendMessageBatch", CSPAN_CARRIER_SQS, cspan_carry_sqs},
    {"ReceiveMessage", CSPAN_CARRIER_SQS, NULL},
};

const cspan_service_rules cspan_rules_sqs = {
    .service = "SQS",
    .data = "MessageBody,MessageAttributes,MessageSystemAttributes,Entries",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
    .messaging = messaging,
    .messaging_count = sizeof messaging / sizeof messaging[0],
    .messaging_system = "aws_sqs",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
