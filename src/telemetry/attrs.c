/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/attrs.h"

#include <string.h>

cspan_attr cspan_attr_string(const char *key, const char *value) {
  return cspan_attr_string_n(key, value, value != NULL ? strlen(value) : 0);
}

cspan_attr cspan_attr_string_n(const char *key, const char *value, size_t size_bytes) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_STRING};
  attr.value.string = value != NULL ? value : "";
  attr.count = value != NULL ? size_bytes : 0;
  return attr;
}

cspan_attr cspan_attr_bool(const char *key, bool value) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_BOOL, .value.boolean = value};
  return attr;
}

cspan_attr cspan_attr_int64(const char *key, int64_t value) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_INT64, .value.int64 = value};
  return attr;
}

cspan_attr cspan_attr_double(const char *key, double value) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_DOUBLE, .value.number = value};
  return attr;
}

cspan_attr cspan_attr_strings(const char *key, const char *const *values, size_t count) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_STRING_ARRAY, .value.strings = values};
  attr.count = values != NULL ? count : 0;
  return attr;
}

cspan_attr cspan_attr_bools(const char *key, const bool *values, size_t count) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_BOOL_ARRAY, .value.booleans = values};
  attr.count = values != NULL ? count : 0;
  return attr;
}

cspan_attr cspan_attr_int64s(const char *key, const int64_t *values, size_t count) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_INT64_ARRAY, .value.int64s = values};
  attr.count = values != NULL ? count : 0;
  return attr;
}

cspan_attr cspan_attr_doubles(const char *key, const double *values, size_t count) {
  cspan_attr attr = {.key = key, .type = CSPAN_ATTR_DOUBLE_ARRAY, .value.numbers = values};
  attr.count = values != NULL ? count : 0;
  return attr;
}

const cspan_attr *cspan_attrs_find(const cspan_attr *attributes, size_t count, const char *key) {
  if (attributes == NULL || key == NULL) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    if (attributes[i].key != NULL && strcmp(attributes[i].key, key) == 0) {
      return &attributes[i];
    }
  }
  return NULL;
}

cspan_attr cspan_attr_element(const cspan_attr *array, size_t i) {
  switch (array->type) {
  case CSPAN_ATTR_STRING_ARRAY:
    return cspan_attr_string(array->key, array->value.strings[i]);
  case CSPAN_ATTR_BOOL_ARRAY:
    return cspan_attr_bool(array->key, array->value.booleans[i]);
  case CSPAN_ATTR_INT64_ARRAY:
    return cspan_attr_int64(array->key, array->value.int64s[i]);
  case CSPAN_ATTR_DOUBLE_ARRAY:
    return cspan_attr_double(array->key, array->value.numbers[i]);
  case CSPAN_ATTR_STRING:
  case CSPAN_ATTR_BOOL:
  case CSPAN_ATTR_INT64:
  case CSPAN_ATTR_DOUBLE:
    break;
  }
  return *array;
}
