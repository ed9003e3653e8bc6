/* SPDX-License-Identifier: Apache-2.0 */
/* SNS: semantic conventions, aws.sns.* (aws/registry) and messaging (aws.sns). A phone number is never told, and neither
 * are the endpoints of devices and subscriptions. */
#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "instrument/carriers/carried.h"
#include "instrument/emitted.h"
#include "instrument/extract.h"
#include "instrument/rules_table.h"
#include "instrument/tracing.h"

static const cspan_attribute_rule rules[] = {
    {"SNS", NULL, CSPAN_FROM_INPUT, "TopicArn", "aws.sns.topic.arn", CSPAN_AS_ARN, 0},
    {"SNS", "CreateTopic", CSPAN_FROM_OUTPUT, "TopicArn", "aws.sns.topic.arn", CSPAN_AS_ARN, 0},
};

static const cspan_batch_rule batches[] = {
    {"PublishBatch", "Failed", "Code", "PublishBatchRequestEntries", false},
};

static const cspan_emitted emitted[] = {
    {"call", "aws.sns.topic.arn", "string", "SNS.Publish: TargetArn, where that is a topic"},
};

/* TargetArn is a topic, or the endpoint of a device, whose ARN has '/' in it. */
static size_t at_start(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  if (capacity == 0) {
    return 0;
  }
  size_t size = 0;
  const char *target =
      cspan_value_text(cspan_value_get(cspan_call_input_document(call), "TargetArn"), &size);
  if (target == NULL || size < 4 || memcmp(target, "arn:", 4) != 0 ||
      memchr(target, '/', size) != NULL) {
    return 0;
  }
  return cspan_attribute_text("aws.sns.topic.arn", target, size, CSPAN_MAX_VALUE_BYTES, out);
}

static const cspan_messaging_rule messaging[] = {
    {"Publish", CSPAN_MESSAGING_SEND, "publish", "TopicArn|TargetArn", NULL, "MessageId"},
    {"PublishBatch", CSPAN_MESSAGING_SEND, "publish", "TopicArn", "PublishBatchRequestEntries",
     NULL},
};

static const cspan_carrier carriers[] = {
    {"Publish,PublishBatch", CSPAN_CARRIER_SNS, cspan_carry_sns},
};

const cspan_service_rules cspan_rules_sns = {
    .service = "SNS",
    .data = "Message,Subject,PhoneNumber,phoneNumber,MessageAttributes,PublishBatchRequestEntries",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
    .emitted = emitted,
    .emitted_count = sizeof emitted / sizeof emitted[0],
    .at_start = at_start,
    .at_start_of = "Publish",
    .messaging = messaging,
    .messaging_count = sizeof messaging / sizeof messaging[0],
    .messaging_system = "aws.sns",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
