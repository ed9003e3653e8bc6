/* SPDX-License-Identifier: Apache-2.0 */
/* EventBridge. */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_carrier carriers[] = {
    {"PutEvents", CSPAN_CARRIER_EVENTS, cspan_carry_events},
};

const cspan_service_rules cspan_rules_eventbridge = {
    .service = "EventBridge",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
