/* SPDX-License-Identifier: Apache-2.0 */
/* Step Functions: semantic conventions, aws.step_functions.* (aws/registry). */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_attribute_rule rules[] = {
    {"SFN", NULL, CSPAN_FROM_INPUT, "stateMachineArn", "aws.step_functions.state_machine.arn",
     CSPAN_AS_ARN, 0},
    {"SFN", NULL, CSPAN_FROM_OUTPUT, "stateMachineArn", "aws.step_functions.state_machine.arn",
     CSPAN_AS_ARN, 0},
    {"SFN", NULL, CSPAN_FROM_INPUT, "activityArn", "aws.step_functions.activity.arn", CSPAN_AS_ARN,
     0},
    {"SFN", NULL, CSPAN_FROM_OUTPUT, "activityArn", "aws.step_functions.activity.arn", CSPAN_AS_ARN,
     0},
};

static const cspan_carrier carriers[] = {
    {"StartExecution,StartSyncExecution", CSPAN_CARRIER_STATES, cspan_carry_states},
};

const cspan_service_rules cspan_rules_sfn = {
    .service = "SFN",
    .data = "input,output,cause",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
