/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/extract.h"

#include <cloudspan/ext/middleware.h>
#include <stdio.h>
#include <string.h>

#include "aws/client.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/value.h"
#include "instrument/tracing.h"

enum { MAX_ITEMS = 64, MAX_END_ATTRS = 32 };

/* ------------------------------------------------------------------ values */

static size_t limit_of(const cspan_attribute_rule *rule) {
  return rule->max_bytes != 0 ? rule->max_bytes : CSPAN_MAX_VALUE_BYTES;
}

/* A scalar as text; NULL: it is none. */
static const char *scalar_text(struct cspan_call *call, const cspan_value *value, size_t *size) {
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_NUMBER:
    return cspan_value_text(value, size);
  case CSPAN_VALUE_BOOL:
    *size = value->as.boolean ? 4 : 5;
    return value->as.boolean ? "true" : "false";
  case CSPAN_VALUE_INT:
  case CSPAN_VALUE_DOUBLE: {
    char *json = NULL;
    if (cspan_value_to_json(value, CSPAN_JSON_COMPACT, &json, size, NULL) != CSPAN_OK) {
      return NULL;
    }
    char *kept = cspan_call_memory(call, *size + 1);
    if (kept != NULL) {
      memcpy(kept, json, *size + 1);
    }
    cspan_free(json);
    return kept;
  }
  default:
    return NULL;
  }
}

static bool as_string(struct cspan_call *call, const cspan_value *value,
                      const cspan_attribute_rule *rule, cspan_attr *out) {
  size_t size = 0;
  const char *text = scalar_text(call, value, &size);
  if (text == NULL) {
    return false;
  }
  *out = cspan_attr_string_n(rule->key, text, cspan_trace_bounded(text, size, limit_of(rule)));
  return true;
}

static bool as_int(const cspan_value *value, const cspan_attribute_rule *rule, cspan_attr *out) {
  cspan_value_kind kind = cspan_value_get_kind(value);
  int64_t number = 0;
  if (kind == CSPAN_VALUE_STRING) {
    size_t size = 0;
    const char *text = cspan_value_text(value, &size);
    char copy[24];
    if (size >= sizeof copy) {
      return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (!cspan_parse_i64(copy, &number)) {
      return false;
    }
  } else if (kind == CSPAN_VALUE_INT || kind == CSPAN_VALUE_DOUBLE || kind == CSPAN_VALUE_NUMBER) {
    number = cspan_value_int(value, 0);
  } else {
    return false;
  }
  *out = cspan_attr_int64(rule->key, number);
  return true;
}

static bool make(struct cspan_call *call, const cspan_value *value,
                 const cspan_attribute_rule *rule, cspan_attr *out) {
  switch (rule->form) {
  case CSPAN_AS_STRING:
    return as_string(call, value, rule, out);
  case CSPAN_AS_INT:
    return as_int(value, rule, out);
  default:
    return false;
  }
}

/* ------------------------------------------------------------------- paths */

struct cspan_path {
  char *text;
};

cspan_status cspan_path_parse(const char *text, cspan_path **out, cspan_error **error) {
  cspan_path *path = cspan_calloc(1, sizeof *path);
  *out = path;
  if (path == NULL || (path->text = cspan_strdup(text)) == NULL) {
    cspan_free(path);
    return cspan_error_move(error, cspan_error_nomem());
  }
  return CSPAN_OK;
}

void cspan_path_free(cspan_path *path) {
  if (path != NULL) {
    cspan_free(path->text);
    cspan_free(path);
  }
}

const cspan_value *cspan_path_first(const cspan_path *path, const cspan_value *value) {
  return cspan_value_get(value, path->text);
}

/* -------------------------------------------------------------- extraction */

cspan_status cspan_extraction_make(const cspan_service_rules *service,
                                   const cspan_own_rules *own_rules, const char *service_id,
                                   const char *operation, bool of_input, cspan_extraction *out,
                                   cspan_error **error) {
  size_t count = service != NULL ? service->rule_count : 0;
  (void)own_rules;
  (void)service_id;
  *out = (cspan_extraction){0};
  if (count == 0) {
    return CSPAN_OK;
  }
  out->rules = cspan_calloc(count, sizeof *out->rules);
  if (out->rules == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  for (size_t i = 0; i < count; i++) {
    const cspan_attribute_rule *rule = &service->rules[i];
    if ((rule->source == CSPAN_FROM_INPUT) == of_input &&
        cspan_operation_matches(rule->operation, operation)) {
      cspan_path_rule *made = &out->rules[out->count];
      cspan_status status = cspan_path_parse(rule->path, &made->path, error);
      if (status != CSPAN_OK) {
        cspan_extraction_free(out);
        return status;
      }
      made->rule = *rule;
      out->count++;
    }
  }
  return CSPAN_OK;
}

void cspan_extraction_free(cspan_extraction *extraction) {
  for (size_t i = 0; i < extraction->count; i++) {
    cspan_path_free(extraction->rules[i].path);
  }
  cspan_free(extraction->rules);
  *extraction = (cspan_extraction){0};
}

size_t cspan_extract_start(const cspan_extraction *extraction, struct cspan_call *call,
                           cspan_attr *out, size_t capacity) {
  size_t used = 0;
  for (size_t i = 0; i < extraction->count && used < capacity; i++) {
    const cspan_path_rule *rule = &extraction->rules[i];
    cspan_value value;
    /* Not by the document, which a typed input would have to become first. */
    used += cspan_call_input_member(call, rule->path->text, &value) &&
            make(call, &value, &rule->rule, &out[used]);
  }
  return used;
}

void cspan_extract_end(const cspan_extraction *extraction, struct cspan_call *call,
                       cspan_span span) {
  const cspan_value *output = extraction->count != 0 ? cspan_call_output_document(call) : NULL;
  for (size_t i = 0; i < extraction->count && output != NULL; i++) {
    const cspan_path_rule *rule = &extraction->rules[i];
    const cspan_value *value = cspan_path_first(rule->path, output);
    cspan_attr attr;
    if (value != NULL && make(call, value, &rule->rule, &attr)) {
      cspan_span_set(span, attr);
    }
  }
}
