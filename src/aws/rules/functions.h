/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that conditions call. A null result is "no value", which matches no condition. */
#ifndef AWS_RULES_FUNCTIONS_H
#define AWS_RULES_FUNCTIONS_H

#include "aws/rules/rules.h"

/* What an evaluation has at hand. */
typedef struct cspan_rules_run {
  const cspan_rules *rules;
  const cspan_partitions *partitions;
  cspan_arena *arena;
  cspan_value *slots;
  uint32_t steps;
  cspan_status status; /* the first failure stays; it ends the evaluation */
} cspan_rules_run;

/* Memory of the arena; NULL with the run's status set. */
void *cspan_rules_alloc(cspan_rules_run *run, size_t count, size_t size);
void cspan_rules_fail(cspan_rules_run *run, cspan_status status);

/* Arguments of another type than the function expects give null. */
typedef cspan_value cspan_rules_call(cspan_rules_run *run, const cspan_value *args, size_t count);

typedef struct cspan_rules_function {
  const char *name;
  cspan_rules_call *call;
  uint8_t min_args;
  uint8_t max_args;
} cspan_rules_function;

/* The index is what compiled rules hold, so that the order is part of CSPAN_RULES_VERSION. */
enum { CSPAN_RULES_FUNCTION_COUNT = 14 };
extern const cspan_rules_function cspan_rules_functions[CSPAN_RULES_FUNCTION_COUNT];

/* Functions of their own subject. */
cspan_rules_call cspan_rules_parse_url;
cspan_rules_call cspan_rules_parse_arn;
cspan_rules_call cspan_rules_partition;

#endif
