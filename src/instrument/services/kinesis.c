/* SPDX-License-Identifier: Apache-2.0 */
/* Kinesis: semantic conventions, aws.kinesis.* (aws/registry). */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_attribute_rule rules[] = {
    {"Kinesis", NULL, CSPAN_FROM_INPUT, "StreamName", "aws.kinesis.stream_name", CSPAN_AS_STRING,
     0},
    {"Kinesis", NULL, CSPAN_FROM_INPUT, "StreamARN", "aws.kinesis.stream_name", CSPAN_AS_LAST_PART,
     0},
};

static const cspan_batch_rule batches[] = {
    {"PutRecords", "Records", "ErrorCode", "Records", true},
};

static const cspan_carrier carriers[] = {
    {"PutRecord,PutRecords", CSPAN_CARRIER_KINESIS, cspan_carry_kinesis},
};

const cspan_service_rules cspan_rules_kinesis = {
    .service = "Kinesis",
    .data = "Data,Records",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
