/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/extract.h"

#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "aws/client.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
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

/* A free place behind the rules with the same key, or behind all. */
static cspan_path_rule *add_place(cspan_extraction *out, const char *key) {
  size_t at = out->count;
  while (at > 0 && strcmp(out->rules[at - 1].rule.key, key) != 0) {
    at--;
  }
  at = at > 0 ? at : out->count;
  memmove(&out->rules[at + 1], &out->rules[at], (out->count - at) * sizeof *out->rules);
  out->count++;
  return &out->rules[at];
}

static cspan_status add_rule(rule_maker *maker, const cspan_attribute_rule *rule,
                             cspan_error **error) {
  cspan_path *path = NULL;
  if (!matches(maker, rule) || maker->out->count == maker->capacity) {
    return CSPAN_OK;
  }
  cspan_status status = rule->path != NULL ? cspan_path_parse(rule->path, &path, error) : CSPAN_OK;
  if (status == CSPAN_OK) {
    cspan_path_rule *made = add_place(maker->out, rule->key);
    *made = (cspan_path_rule){.path = path, .rule = *rule};
    made->rule.max_bytes = rule->max_bytes != 0 ? rule->max_bytes : CSPAN_MAX_VALUE_BYTES;
    made->text = cspan_attr_string_n(rule->key, "", 0);
    made->member = path != NULL && maker->of_input ? cspan_path_member(path) : NULL;
  }
  return status;
}

/* Where the first that finds a value leads. */
static void set_next(cspan_extraction *out) {
  for (size_t i = out->count; i-- > 0;) {
    cspan_path_rule *rule = &out->rules[i];
    bool is_last = i + 1 == out->count || strcmp(rule->rule.key, rule[1].rule.key) != 0;
    rule->next = is_last ? rule + 1 : rule[1].next;
  }
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
  set_next(out);
  return status;
}

void cspan_extraction_free(cspan_extraction *extraction) {
  for (size_t i = 0; i < extraction->count; i++) {
    cspan_path_free(extraction->rules[i].path);
  }
  cspan_free(extraction->rules);
  *extraction = (cspan_extraction){0};
}

void cspan_extraction_find_members(cspan_extraction *extraction, const struct cspan_call *call) {
  const void *input;
  const cspan_operation_documents *documents = cspan_call_input_members(call, &input);
  for (size_t i = 0; documents != NULL && i < extraction->count; i++) {
    cspan_path_rule *rule = &extraction->rules[i];
    rule->member_at = rule->member != NULL ? documents->find_member(rule->member) : NULL;
    rule->member_of = rule->member_at != NULL ? documents : NULL;
  }
}

/* --------------------------------------------------------------- using rules */

static void *call_alloc(void *user, size_t size_bytes) {
  return cspan_call_memory(user, size_bytes);
}

cspan_memory cspan_memory_of_call(struct cspan_call *call) {
  return (cspan_memory){call_alloc, call};
}

/* In an attribute that has its key. */
static bool set_text(cspan_attr *attr, const char *text, size_t size, size_t max_bytes) {
  attr->value.string = text != NULL ? text : "";
  attr->count = size <= max_bytes ? size : cspan_trace_bounded(text, size, max_bytes);
  return cspan_utf8_valid(text, attr->count);
}

bool cspan_attribute_text(const char *key, const char *text, size_t size, size_t max_bytes,
                          cspan_attr *out) {
  *out = cspan_attr_string_n(key, "", 0);
  return set_text(out, text, size, max_bytes);
}

/* The input of a call; `documents` as cspan_call_input_members() gives them. */
typedef struct call_input {
  struct cspan_call *call;
  const cspan_operation_documents *documents;
  const void *input;
} call_input;

/* A member of a typed input is asked for alone: all of it would have to become a document first. */
static bool find_member(const call_input *from, const cspan_path_rule *rule, cspan_value *out) {
  if (from->documents != NULL && rule->member_of == from->documents) {
    return from->documents->member_value(from->input, rule->member_at, out);
  }
  return cspan_call_input_member(from->call, rule->member, out);
}

static bool make_of_input(const call_input *from, const cspan_path_rule *rule, cspan_attr *out) {
  cspan_value value;
  const cspan_value *root = &value;
  if (rule->member == NULL) {
    root = cspan_call_input_document(from->call);
  } else if (!find_member(from, rule, &value)) {
    return false;
  } else if (rule->rule.form == CSPAN_AS_STRING && value.kind == CSPAN_VALUE_STRING) {
    *out = rule->text; /* most are that */
    return set_text(out, value.as.text, value.size, rule->rule.max_bytes);
  }
  const cspan_memory memory = cspan_memory_of_call(from->call);
  return cspan_attribute_make(&memory, &rule->rule, root == &value ? NULL : rule->path, root, out);
}

size_t cspan_extract_start(const cspan_extraction *extraction, struct cspan_call *call,
                           cspan_attr *out, size_t capacity) {
  if (extraction->count == 0) {
    return 0;
  }
  call_input from = {.call = call};
  size_t used = 0;
  from.documents = cspan_call_input_members(call, &from.input);
  const cspan_path_rule *end = extraction->rules + extraction->count;
  for (const cspan_path_rule *rule = extraction->rules; rule != end && used < capacity;) {
    bool is_made = make_of_input(&from, rule, &out[used]);
    used += is_made;
    rule = is_made ? rule->next : rule + 1;
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
  const cspan_memory memory = cspan_memory_of_call(call);
  const cspan_error *error = cspan_call_error(call);
  const cspan_value *output = error == NULL ? cspan_call_output_document(call) : NULL;
  const cspan_path_rule *end = extraction->rules + extraction->count;
  for (const cspan_path_rule *rule = extraction->rules; rule != end;) {
    cspan_attr attr;
    bool is_made = make_of_end(&memory, rule, output, error, &attr);
    if (is_made) {
      cspan_span_set(span, attr);
    }
    rule = is_made ? rule->next : rule + 1;
  }
}
