/* SPDX-License-Identifier: Apache-2.0 */
/* Lambda. */
#include "instrument/carriers/carried.h"
#include "instrument/rules_table.h"

static const cspan_carrier carriers[] = {
    {"Invoke,InvokeWithResponseStream", CSPAN_CARRIER_LAMBDA, cspan_carry_lambda},
};

const cspan_service_rules cspan_rules_lambda = {
    .service = "Lambda",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
