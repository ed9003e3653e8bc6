/* SPDX-License-Identifier: Apache-2.0 */
/* EventBridge. The conventions have no key for an event bus; this one is spelt as theirs are. */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

#define BUSES "aws.eventbridge.event_bus.names"

static const cspan_attribute_rule rules[] = {
    {"EventBridge", "PutEvents", CSPAN_FROM_INPUT, "Entries[].EventBusName", BUSES,
     CSPAN_AS_STRINGS, 0},
    {"EventBridge", NULL, CSPAN_FROM_INPUT, "EventBusName", BUSES, CSPAN_AS_STRINGS, 0},
    {"EventBridge", "CreateEventBus,DeleteEventBus,DescribeEventBus,UpdateEventBus",
     CSPAN_FROM_INPUT, "Name", BUSES, CSPAN_AS_STRINGS, 0},
};

static const cspan_batch_rule batches[] = {
    {"PutEvents", "Entries", "ErrorCode", "Entries", true},
    {"PutTargets", "FailedEntries", "ErrorCode", "Targets", false},
    {"RemoveTargets", "FailedEntries", "ErrorCode", "Ids", false},
};

static const cspan_carrier carriers[] = {
    {"PutEvents", CSPAN_CARRIER_EVENTS, cspan_carry_events},
};

const cspan_service_rules cspan_rules_eventbridge = {
    .service = "EventBridge",
    .data = "Entries",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
