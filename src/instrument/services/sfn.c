/* SPDX-License-Identifier: Apache-2.0 */
/* Step Functions. */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_carrier carriers[] = {
    {"StartExecution,StartSyncExecution", CSPAN_CARRIER_STATES, cspan_carry_states},
};

const cspan_service_rules cspan_rules_sfn = {
    .service = "SFN",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
