/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/attrs.h"

#include <string.h>

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
