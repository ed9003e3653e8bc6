/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/extract.h"

#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "aws/client.h"
#include "base/alloc.h"
#include "base/error.h"
#include "instrument/tracing.h"

/* -------------------------------------------------------------- making rules */

typedef struct rule_maker {
  const char *service;
  const char *operation;
  bool of_input;
  cspan_extraction *out;
  size_t capacity;
} rule_maker;

static bool matches(const rule_maker *maker, const cspan_attribute_rule *rule) {
  return (rule->source == CSPAN_FROM_INPUT) == maker->of_input &&
         (rule->service == NULL || cspan_is_service(rule->service, maker->service)) &&
         cspan_operation_matches(rule->operation, maker->operation);
}

static cspan_status add_rule(rule_maker *maker, const cspan_attribute_rule *rule,
                             cspan_error **error) {
  cspan_extraction *out = maker->out;
  if (!matches(maker, rule) || out->count == maker->capacity) {
    return CSPAN_OK;
  }
  cspan_path_rule *made = &out->rules[out->count];
  if (rule->path != NULL) {
    cspan_status status = cspan_path_parse(rule->path, &made->path, error);
    if (status != CSPAN_OK) {
      return status;
    }
    made->member = cspan_path_member(made->path);
  }
  made->rule = *rule;
  made->group = out->count;
  for (size_t i = 0; i < out->count; i++) {
    if (strcmp(out->rules[i].rule.key, rule->key) == 0) {
      made->group = out->rules[i].group;
    }
  }
  out->count++;
  return CSPAN_OK;
}

/* A row of the user's for the input decides about its key: no answer replaces what it found. */
static bool is_users(const rule_maker *maker, const cspan_own_rules *own, const char *key) {
  for (size_t i = 0; i < own->rule_count && !maker->of_input; i++) {
    const cspan_attribute_rule *rule = &own->rules[i];
    if (rule->source == CSPAN_FROM_INPUT && strcmp(rule->key, key) == 0 &&
        (rule->service == NULL || cspan_is_service(rule->service, maker->service)) &&
        cspan_operation_matches(rule->operation, maker->operation)) {
      return true;
    }
  }
  return false;
}

cspan_status cspan_extraction_make(const cspan_service_rules *service,
                                   const cspan_own_rules *own_rules, const char *service_id,
                                   const char *operation, bool of_input, cspan_extraction *out,
                                   cspan_error **error) {
  size_t of_service = service != NULL ? service->rule_count : 0;
  size_t most = own_rules->rule_count + of_service;
  *out = (cspan_extraction){0};
  if (most == 0) {
    return CSPAN_OK;
  }
  rule_maker maker = {service_id, operation, of_input, out,
                      most < CSPAN_MAX_RULES ? most : CSPAN_MAX_RULES};
  out->rules = cspan_calloc(maker.capacity, sizeof *out->rules);
  if (out->rules == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < own_rules->rule_count && status == CSPAN_OK; i++) {
    if (!cspan_own_rules_remove(own_rules, own_rules->rules[i].key)) {
      status = add_rule(&maker, &own_rules->rules[i], error);
    }
  }
  for (size_t i = 0; i < of_service && status == CSPAN_OK; i++) {
    const char *key = service->rules[i].key;
    if (!cspan_own_rules_remove(own_rules, key) && !is_users(&maker, own_rules, key)) {
      status = add_rule(&maker, &service->rules[i], error);
    }
  }
  if (status != CSPAN_OK) {
    cspan_extraction_free(out);
  }
  return status;
}

void cspan_extraction_free(cspan_extraction *extraction) {
  for (size_t i = 0; i < extraction->count; i++) {
    cspan_path_free(extraction->rules[i].path);
  }
  cspan_free(extraction->rules);
  *extraction = (cspan_extraction){0};
}

/* --------------------------------------------------------------- using rules */

static void *call_alloc(void *user, size_t size_bytes) {
  return cspan_call_memory(user, size_bytes);
}

cspan_memory cspan_memory_of_call(struct cspan_call *call) {
  return (cspan_memory){call_alloc, call};
}

/* A member of a typed input is asked for alone: all of it would have to become a document first. */
static bool make_of_input(const cspan_memory *memory, struct cspan_call *call,
                          const cspan_path_rule *rule, cspan_attr *out) {
  if (rule->member == NULL) {
    return cspan_attribute_make(memory, &rule->rule, rule->path, cspan_call_input_document(call),
                                out);
  }
  cspan_value value;
  return cspan_call_input_member(call, rule->member, &value) &&
         cspan_attribute_make(memory, &rule->rule, NULL, &value, out);
}

size_t cspan_extract_start(const cspan_extraction *extraction, struct cspan_call *call,
                           cspan_attr *out, size_t capacity) {
  bool is_done[CSPAN_MAX_RULES];
  const cspan_memory memory = cspan_memory_of_call(call);
  size_t used = 0;
  memset(is_done, 0, extraction->count * sizeof is_done[0]);
  for (size_t i = 0; i < extraction->count && used < capacity; i++) {
    const cspan_path_rule *rule = &extraction->rules[i];
    if (!is_done[rule->group] && make_of_input(&memory, call, rule, &out[used])) {
      is_done[rule->group] = true;
      used++;
    }
  }
  return used;
}

static bool make_of_end(const cspan_memory *memory, const cspan_path_rule *rule,
                        const cspan_value *output, const cspan_error *error, cspan_attr *out) {
  if (rule->rule.source == CSPAN_FROM_OUTPUT) {
    return cspan_attribute_make(memory, &rule->rule, rule->path, output, out);
  }
  if (rule->path != NULL) {
    return cspan_attribute_make(memory, &rule->rule, rule->path, cspan_error_fields(error), out);
  }
  /* What never reached the service has no code of the service's. */
  const char *code = cspan_error_code(error);
  return error != NULL && cspan_error_http_status(error) > 0 &&
         cspan_attribute_text(rule->rule.key, code, strlen(code), CSPAN_MAX_VALUE_BYTES, out);
}

void cspan_extract_end(const cspan_extraction *extraction, struct cspan_call *call,
                       cspan_span span) {
  if (extraction->count == 0) {
    return;
  }
  bool is_done[CSPAN_MAX_RULES];
  const cspan_memory memory = cspan_memory_of_call(call);
  const cspan_error *error = cspan_call_error(call);
  const cspan_value *output = error == NULL ? cspan_call_output_document(call) : NULL;
  memset(is_done, 0, extraction->count * sizeof is_done[0]);
  for (size_t i = 0; i < extraction->count; i++) {
    const cspan_path_rule *rule = &extraction->rules[i];
    cspan_attr attr;
    if (!is_done[rule->group] && make_of_end(&memory, rule, output, error, &attr)) {
      is_done[rule->group] = true;
      cspan_span_set(span, attr);
    }
  }
}
