/* SPDX-License-Identifier: Apache-2.0 */
/* Kinesis. */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_carrier carriers[] = {
    {"PutRecord,PutRecords", CSPAN_CARRIER_KINESIS, cspan_carry_kinesis},
};

const cspan_service_rules cspan_rules_kinesis = {
    .service = "Kinesis",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
