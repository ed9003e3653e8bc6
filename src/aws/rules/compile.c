/* SPDX-License-Identifier: Apache-2.0 */
/* A rule set's JSON to compact bytes: its parameters and rules. */
#include "aws/rules/compile.h"

#include <stdarg.h>
#include <stdio.h>

#include "aws/rules/rules.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"

#define WHAT "the endpoint rules"

void cspan_rules_fault(cspan_rules_compiler *compiler, const char *fmt, ...) {
  if (compiler->status != CSPAN_OK) {
    return;
  }
  va_list args;
  va_start(args, fmt);
  vsnprintf(compiler->fault, sizeof compiler->fault, fmt, args);
  va_end(args);
  compiler->status = CSPAN_ERR_INVALID;
}

static cspan_status parse(cspan_str json, const char *what, cspan_arena *arena, cspan_value *out,
                          cspan_error **error) {
  cspan_json_fault fault = {0};
  cspan_status status =
      arena != NULL ? cspan_json_parse(json.data, json.len, arena, out, &fault) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_ERR_INVALID) {
    return cspan_error_set(error, status, "%s are no JSON: line %zu, column %zu: %s", what,
                           fault.line, fault.column, fault.what);
  }
  if (status == CSPAN_OK && out->kind != CSPAN_VALUE_MAP) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s are no JSON map", what);
  }
  return cspan_value_fault(status, error);
}

/* The error of a compilation that failed. */
static cspan_status compile_error(const cspan_rules_compiler *compiler, const char *what,
                                  cspan_error **error) {
  const char *why = compiler->status == CSPAN_ERR_INVALID ? compiler->fault
                    : compiler->status == CSPAN_ERR_LIMIT ? "they are too large"
                                                          : "out of memory";
  return cspan_error_set(error, compiler->status, "%s cannot be used: %s", what, why);
}

cspan_status cspan_rules_compile_with(cspan_str json, const char *what,
                                      cspan_rules_compile_fn *compile, cspan_buf *out,
                                      cspan_error **error) {
  cspan_value value;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_status status = parse(json, what, arena, &value, error);
  if (status == CSPAN_OK) {
    cspan_rules_compiler *compiler = cspan_calloc(1, sizeof *compiler);
    if (compiler == NULL) {
      status = cspan_value_fault(CSPAN_ERR_NOMEM, error);
    } else {
      cspan_rules_writer_init(&compiler->writer);
      if (compile(compiler, &value, out) != CSPAN_OK) {
        status = compile_error(compiler, what, error);
      }
      cspan_rules_writer_free(&compiler->writer);
    }
    cspan_free(compiler);
  }
  cspan_arena_free(arena);
  return status;
}

/* Whether it is a list, or is not there. */
static bool is_list(const cspan_value *value) {
  cspan_value_kind kind = cspan_value_get_kind(value);
  return kind == CSPAN_VALUE_LIST || kind == CSPAN_VALUE_NULL;
}

/* ---------------------------------------------------------------- parameters */

static bool type_of(const cspan_value *param, cspan_rules_param_type *out) {
  const char *type = cspan_value_text(cspan_value_get(param, "type"), NULL);
  if (type == NULL) {
    return false;
  }
  *out = cspan_ieq(type, "string")    ? CSPAN_RULES_STRING
         : cspan_ieq(type, "boolean") ? CSPAN_RULES_BOOLEAN
                                      : CSPAN_RULES_STRING_ARRAY;
  return *out != CSPAN_RULES_STRING_ARRAY || cspan_ieq(type, "stringArray");
}

static bool has_type(const cspan_value *value, cspan_rules_param_type type) {
  if (type != CSPAN_RULES_STRING_ARRAY) {
    return value->kind == (type == CSPAN_RULES_STRING ? CSPAN_VALUE_STRING : CSPAN_VALUE_BOOL);
  }
  for (size_t i = 0; i < cspan_value_count(value); i++) {
    if (cspan_value_at(value, i)->kind != CSPAN_VALUE_STRING) {
      return false;
    }
  }
  return value->kind == CSPAN_VALUE_LIST;
}

static uint32_t compile_param(cspan_rules_compiler *compiler, const cspan_member *param) {
  cspan_rules_param_type type = CSPAN_RULES_STRING;
  cspan_str name = {param->name, param->name_size_bytes};
  cspan_str builtin = {"", 0};
  const cspan_value *given = cspan_value_get(&param->value, "default");
  const cspan_value *from = cspan_value_get(&param->value, "builtIn");
  if (!type_of(&param->value, &type)) {
    cspan_rules_fault(compiler, "the parameter \"%.60s\" is of no known type", param->name);
  }
  if (cspan_value_text(from, NULL) != NULL) {
    builtin.data = cspan_value_text(from, &builtin.len);
  }
  cspan_rules_declare(compiler, name);
  uint32_t value = CSPAN_RULES_NONE;
  if (!cspan_value_is_null(given)) {
    if (!has_type(given, type)) {
      cspan_rules_fault(compiler, "the default of the parameter \"%.60s\" is of another type",
                        param->name);
    }
    value = cspan_rules_literal(compiler, given, 0);
  }
  bool required = cspan_value_bool(cspan_value_get(&param->value, "required"), false);
  cspan_rules_node node;
  cspan_rules_node_init(&node, CSPAN_OP_PARAM,
                        (size_t)type | (required ? CSPAN_RULES_REQUIRED : 0));
  cspan_rules_node_text(&node, &compiler->writer, name);
  cspan_rules_node_text(&node, &compiler->writer, builtin);
  cspan_rules_node_add(&node, value);
  return cspan_rules_write(&compiler->writer, &node);
}

static uint32_t compile_params(cspan_rules_compiler *compiler, const cspan_value *params) {
  cspan_rules_node node;
  size_t count = cspan_value_count(params);
  if (!cspan_value_is_null(params) && params->kind != CSPAN_VALUE_MAP) {
    cspan_rules_fault(compiler, "\"parameters\" is no map");
    return 0;
  }
  if (count > CSPAN_RULES_MAX_PARAMS) {
    cspan_rules_fault(compiler, "there are more than %d parameters", CSPAN_RULES_MAX_PARAMS);
    return 0;
  }
  cspan_rules_node_init(&node, CSPAN_OP_PARAMS, count);
  for (size_t i = 0; i < count; i++) {
    cspan_rules_node_add(&node, compile_param(compiler, &params->as.members[i]));
  }
  return cspan_rules_write(&compiler->writer, &node);
}

/* --------------------------------------------------------------------- rules */

static uint32_t compile_condition(cspan_rules_compiler *compiler, const cspan_value *condition,
                                  unsigned depth) {
  cspan_rules_node node;
  uint32_t call = cspan_rules_call_node(compiler, condition, depth);
  cspan_str assign = {NULL, 0};
  assign.data = cspan_value_text(cspan_value_get(condition, "assign"), &assign.len);
  cspan_rules_node_init(&node, CSPAN_OP_CONDITION, 0);
  cspan_rules_node_add(&node, call);
  cspan_rules_node_add(&node, assign.data != NULL ? cspan_rules_declare(compiler, assign)
                                                  : CSPAN_RULES_NONE);
  return cspan_rules_write(&compiler->writer, &node);
}

static uint32_t compile_rules(cspan_rules_compiler *compiler, const cspan_value *rules,
                              unsigned depth);

/* Of an endpoint: a map, or an empty one. */
static uint32_t compile_headers(cspan_rules_compiler *compiler, const cspan_value *headers,
                                unsigned depth) {
  cspan_rules_node node;
  size_t count = cspan_value_get_kind(headers) == CSPAN_VALUE_MAP ? headers->size : 0;
  cspan_rules_node_init(&node, CSPAN_OP_MAP, count);
  for (size_t i = 0; i < count; i++) {
    const cspan_member *header = &headers->as.members[i];
    if (header->value.kind != CSPAN_VALUE_LIST) {
      cspan_rules_fault(compiler, "the header \"%.60s\" is no list", header->name);
    }
    cspan_rules_node_text(&node, &compiler->writer,
                          (cspan_str){header->name, header->name_size_bytes});
    cspan_rules_node_add(&node, cspan_rules_expression(compiler, &header->value, depth + 1));
  }
  return cspan_rules_write(&compiler->writer, &node);
}

static uint32_t expression_or_fault(cspan_rules_compiler *compiler, const cspan_value *value,
                                    const char *what, unsigned depth) {
  if (cspan_value_is_null(value)) {
    cspan_rules_fault(compiler, "there is a rule without %s", what);
    return 0;
  }
  return cspan_rules_expression(compiler, value, depth + 1);
}

/* What a rule comes to, up to its conditions, which `count` gives. */
static void rule_head(cspan_rules_compiler *compiler, const cspan_value *rule, size_t count,
                      unsigned depth, cspan_rules_node *node) {
  static const cspan_value empty = {.kind = CSPAN_VALUE_MAP};
  const cspan_value *endpoint = cspan_value_get(rule, "endpoint");
  const cspan_value *error = cspan_value_get(rule, "error");
  if (endpoint != NULL) {
    const cspan_value *properties = cspan_value_get(endpoint, "properties");
    bool is_map = cspan_value_get_kind(properties) == CSPAN_VALUE_MAP;
    cspan_rules_node_init(node, CSPAN_OP_ENDPOINT, count);
    cspan_rules_node_add(
        node, expression_or_fault(compiler, cspan_value_get(endpoint, "url"), "a URL", depth));
    cspan_rules_node_add(node,
                         compile_headers(compiler, cspan_value_get(endpoint, "headers"), depth));
    cspan_rules_node_add(node,
                         cspan_rules_property(compiler, is_map ? properties : &empty, depth + 1));
  } else if (error != NULL) {
    cspan_rules_node_init(node, CSPAN_OP_ERROR, count);
    cspan_rules_node_add(node, expression_or_fault(compiler, error, "a text", depth));
  } else {
    cspan_rules_node_init(node, CSPAN_OP_TREE, count);
    cspan_rules_node_add(node, compile_rules(compiler, cspan_value_get(rule, "rules"), depth + 1));
  }
}

static uint32_t compile_rule(cspan_rules_compiler *compiler, const cspan_value *rule,
                             unsigned depth) {
  const cspan_value *conditions = cspan_value_get(rule, "conditions");
  size_t count = cspan_value_count(conditions);
  uint32_t few[16];
  uint32_t *written = few;
  if (rule->kind != CSPAN_VALUE_MAP || !is_list(conditions)) {
    cspan_rules_fault(compiler, "a rule has no list of conditions");
    return 0;
  }
  if (count > sizeof few / sizeof few[0]) {
    written = cspan_calloc(count, sizeof *written);
    if (written == NULL) {
      compiler->status = CSPAN_ERR_NOMEM;
      return 0;
    }
  }
  uint32_t slots[CSPAN_RULES_MAX_SLOTS / 32] = {0}; /* in scope outside of this rule */
  for (uint32_t i = 0; i < compiler->slot_count; i++) {
    slots[i / 32] |= (uint32_t)compiler->names[i].in_scope << i % 32;
  }
  for (size_t i = 0; i < count; i++) {
    written[i] = compile_condition(compiler, &conditions->as.items[i], depth + 1);
  }
  cspan_rules_node node;
  rule_head(compiler, rule, count, depth, &node);
  for (size_t i = 0; i < count; i++) {
    cspan_rules_node_add(&node, written[i]);
  }
  for (uint32_t i = 0; i < compiler->slot_count; i++) {
    compiler->names[i].in_scope = slots[i / 32] >> i % 32 & 1;
  }
  if (written != few) {
    cspan_free(written);
  }
  return cspan_rules_write(&compiler->writer, &node);
}

static uint32_t compile_rules(cspan_rules_compiler *compiler, const cspan_value *rules,
                              unsigned depth) {
  cspan_rules_node node;
  if (compiler->status != CSPAN_OK) {
    return 0;
  }
  if (cspan_value_get_kind(rules) != CSPAN_VALUE_LIST) {
    cspan_rules_fault(compiler, "there is no endpoint, error or list of rules where one should be");
    return 0;
  }
  if (depth >= CSPAN_RULES_MAX_NESTING) {
    cspan_rules_fault(compiler, "the rules are nested too deeply");
    return 0;
  }
  cspan_rules_node_init(&node, CSPAN_OP_RULES, rules->size);
  for (size_t i = 0; i < rules->size; i++) {
    cspan_rules_node_add(&node, compile_rule(compiler, &rules->as.items[i], depth + 1));
  }
  return cspan_rules_write(&compiler->writer, &node);
}

/* --------------------------------------------------------------------- whole */

static cspan_status compile(cspan_rules_compiler *compiler, const cspan_value *json,
                            cspan_buf *out) {
  cspan_rules_header header = {.magic = CSPAN_RULES_MAGIC};
  header.params = compile_params(compiler, cspan_value_get(json, "parameters"));
  header.root = compile_rules(compiler, cspan_value_get(json, "rules"), 0);
  header.slot_count = compiler->slot_count;
  if (compiler->status == CSPAN_OK) {
    compiler->status = cspan_rules_writer_finish(&compiler->writer, header, out);
  }
  return compiler->status;
}

cspan_status cspan_rules_compile(cspan_str json, cspan_buf *out, cspan_error **error) {
  return cspan_rules_compile_with(json, WHAT, compile, out, error);
}
