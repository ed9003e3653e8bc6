/* SPDX-License-Identifier: Apache-2.0 */
/* What the halves of the compiler of rule sets share. */
#ifndef AWS_RULES_COMPILE_H
#define AWS_RULES_COMPILE_H

#include "aws/rules/writer.h"
#include "base/value.h"

typedef struct cspan_rules_name {
  cspan_str text;
  bool in_scope;
} cspan_rules_name;

typedef struct cspan_rules_compiler {
  cspan_rules_writer writer;
  cspan_rules_name names[CSPAN_RULES_MAX_SLOTS]; /* of the slots */
  uint32_t slot_count;
  cspan_status status; /* the first failure stays */
  char fault[256];     /* what is wrong where the status is INVALID */
} cspan_rules_compiler;

/* Keeps the first fault. */
void cspan_rules_fault(cspan_rules_compiler *compiler, const char *fmt, ...) CSPAN_PRINTF(2, 3);

typedef cspan_status cspan_rules_compile_fn(cspan_rules_compiler *compiler, const cspan_value *json,
                                            cspan_buf *out);
/* Parses a JSON text that is a map, and has it compiled. `what` begins messages. */
cspan_status cspan_rules_compile_with(cspan_str json, const char *what,
                                      cspan_rules_compile_fn *compile, cspan_buf *out,
                                      cspan_error **error);

/* The slot of a variable that comes into scope; a name in other scopes has one slot. */
uint32_t cspan_rules_declare(cspan_rules_compiler *compiler, cspan_str name);

/* Expressions to nodes. In properties, maps are maps; elsewhere references and calls. */
uint32_t cspan_rules_expression(cspan_rules_compiler *compiler, const cspan_value *value,
                                unsigned depth);
uint32_t cspan_rules_property(cspan_rules_compiler *compiler, const cspan_value *value,
                              unsigned depth);
/* A literal: text without templates, booleans, lists of them. */
uint32_t cspan_rules_literal(cspan_rules_compiler *compiler, const cspan_value *value,
                             unsigned depth);
/* {"fn": ..., "argv": [...]} */
uint32_t cspan_rules_call_node(cspan_rules_compiler *compiler, const cspan_value *value,
                               unsigned depth);

#endif
