/* SPDX-License-Identifier: Apache-2.0 */
/* SNS: semantic conventions, messaging (aws.sns). A phone number is never told. */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

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
    .messaging = messaging,
    .messaging_count = sizeof messaging / sizeof messaging[0],
    .messaging_system = "aws.sns",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
