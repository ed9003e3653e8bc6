/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a rule set's parameters for a call. */
#ifndef AWS_RULES_PARAMS_H
#define AWS_RULES_PARAMS_H

#include "aws/rules/client_endpoint.h"
#include "aws/rules/code.h"

/* What the rules ask for and where it comes from: found out once. */
typedef struct cspan_params_plan {
  size_t count;
  cspan_rules_param params[CSPAN_RULES_MAX_PARAMS];
  uint8_t builtin[CSPAN_RULES_MAX_PARAMS]; /* index + 1 of what is known; 0: none */
  bool by_client[CSPAN_RULES_MAX_PARAMS];  /* the model lets the client set it */
} cspan_params_plan;

void cspan_params_plan_make(const cspan_service_model *model, const cspan_rules *rules,
                            cspan_params_plan *out);

/* A value for each parameter of the plan, null where there is none; `values` has room for all.
 * They are borrowed from the settings, the model, the input and the arena. Only those are looked
 * for that the rules use. */
cspan_status cspan_params_fill(const cspan_params_plan *plan, const cspan_service_model *model,
                               const cspan_endpoint_settings *settings,
                               const cspan_operation_model *operation, const cspan_value *input,
                               cspan_arena *arena, cspan_value *values, cspan_error **error);

#endif
