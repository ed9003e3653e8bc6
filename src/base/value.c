/* SPDX-License-Identifier: Apache-2.0 */
/* Reading values, and whether two are the same. */
#include "base/value.h"

#include <math.h>

#include "base/decimal.h"

static cspan_value_kind kind_of(const cspan_value *value) {
  return value != NULL ? value->kind : CSPAN_VALUE_NULL;
}

cspan_value_kind cspan_value_get_kind(const cspan_value *value) {
  return kind_of(value);
}

bool cspan_value_is_null(const cspan_value *value) {
  return kind_of(value) == CSPAN_VALUE_NULL;
}

const cspan_value *cspan_value_find(const cspan_value *value, const char *name, size_t len) {
  if (kind_of(value) != CSPAN_VALUE_MAP) {
    return NULL;
  }
  for (size_t i = 0; i < value->size; i++) {
    const cspan_member *member = &value->as.members[i];
    if (member->name_size_bytes == len && memcmp(member->name, name, len) == 0) {
      return &member->value;
    }
  }
  return NULL;
}

const cspan_value *cspan_value_hidden(const cspan_value *map, const char *name) {
  if (kind_of(map) != CSPAN_VALUE_MAP || map->nanoseconds == 0) {
    return NULL;
  }
  const cspan_value behind = cspan_map(map->as.members + map->size, map->nanoseconds);
  return cspan_value_get(&behind, name);
}

const cspan_value *cspan_value_get(const cspan_value *value, const char *name) {
  return name != NULL ? cspan_value_find(value, name, strlen(name)) : NULL;
}

const cspan_value *cspan_value_at(const cspan_value *value, size_t index) {
  if (index >= cspan_value_count(value)) {
    return NULL;
  }
  return value->kind == CSPAN_VALUE_LIST ? &value->as.items[index]
                                         : &value->as.members[index].value;
}

const char *cspan_value_name_at(const cspan_value *value, size_t index) {
  bool is_member = kind_of(value) == CSPAN_VALUE_MAP && index < value->size;
  return is_member ? value->as.members[index].name : NULL;
}

size_t cspan_value_count(const cspan_value *value) {
  cspan_value_kind kind = kind_of(value);
  return kind == CSPAN_VALUE_LIST || kind == CSPAN_VALUE_MAP ? value->size : 0;
}

/* What is read as text, where the value is of one of two kinds. */
static const char *text_of(const cspan_value *value, cspan_value_kind one, cspan_value_kind other,
                           size_t *size_bytes) {
  bool has_text = kind_of(value) == one || kind_of(value) == other;
  if (size_bytes != NULL) {
    *size_bytes = has_text ? value->size : 0;
  }
  if (!has_text) {
    return NULL;
  }
  return value->as.text != NULL ? value->as.text : "";
}

const char *cspan_value_text(const cspan_value *value, size_t *size_bytes) {
  return text_of(value, CSPAN_VALUE_STRING, CSPAN_VALUE_NUMBER, size_bytes);
}

const void *cspan_value_bytes(const cspan_value *value, size_t *size_bytes) {
  return text_of(value, CSPAN_VALUE_STRING, CSPAN_VALUE_BLOB, size_bytes);
}

/* Towards zero and clamped. */
static int64_t int_of_double(double number, int64_t otherwise) {
  const double end = 9223372036854775808.0; /* 2^63 */
  if (isnan(number)) {
    return otherwise;
  }
  return number >= end ? INT64_MAX : number <= -end ? INT64_MIN : (int64_t)number;
}

int64_t cspan_value_int(const cspan_value *value, int64_t otherwise) {
  cspan_decimal decimal;
  int64_t integer;
  switch (kind_of(value)) {
  case CSPAN_VALUE_INT:
    return value->as.integer;
  case CSPAN_VALUE_DOUBLE:
    return int_of_double(value->as.number, otherwise);
  case CSPAN_VALUE_NUMBER:
    if (value->size == 0 ||
        cspan_decimal_scan(value->as.text, value->size, &decimal) != value->size) {
      return otherwise;
    }
    (void)cspan_decimal_to_int(&decimal, &integer);
    return integer;
  default:
    return otherwise;
  }
}

double cspan_value_double(const cspan_value *value, double otherwise) {
  switch (kind_of(value)) {
  case CSPAN_VALUE_INT:
    return (double)value->as.integer;
  case CSPAN_VALUE_DOUBLE:
    return value->as.number;
  case CSPAN_VALUE_NUMBER:
    return cspan_decimal_round(value->as.text, value->size, otherwise);
  default:
    return otherwise;
  }
}

bool cspan_value_bool(const cspan_value *value, bool otherwise) {
  return kind_of(value) == CSPAN_VALUE_BOOL ? value->as.boolean : otherwise;
}

int64_t cspan_value_unix_s(const cspan_value *value, int64_t otherwise) {
  return kind_of(value) == CSPAN_VALUE_TIMESTAMP ? value->as.integer : otherwise;
}

/* ------------------------------------------------------------------------ equality */

static bool same(const cspan_value *a, const cspan_value *b, int depth);

static bool same_text(const cspan_value *a, const cspan_value *b) {
  return a->size == b->size && (a->size == 0 || memcmp(a->as.text, b->as.text, a->size) == 0);
}

static bool same_items(const cspan_value *a, const cspan_value *b, int depth) {
  for (size_t i = 0; i < a->size; i++) {
    if (!same(&a->as.items[i], &b->as.items[i], depth)) {
      return false;
    }
  }
  return true;
}

static bool same_members(const cspan_value *a, const cspan_value *b, int depth) {
  for (size_t i = 0; i < a->size; i++) {
    const cspan_member *left = &a->as.members[i];
    const cspan_member *right = &b->as.members[i];
    const cspan_value *other = &right->value;
    /* Mostly the order is the same, too. */
    if (left->name_size_bytes != right->name_size_bytes ||
        memcmp(left->name, right->name, left->name_size_bytes) != 0) {
      other = cspan_value_find(b, left->name, left->name_size_bytes);
    }
    if (other == NULL || !same(&left->value, other, depth)) {
      return false;
    }
  }
  return true;
}

static bool is_number(cspan_value_kind kind) {
  return kind == CSPAN_VALUE_INT || kind == CSPAN_VALUE_DOUBLE || kind == CSPAN_VALUE_NUMBER;
}

static bool same_number(const cspan_value *a, const cspan_value *b) {
  int order;
  if (cspan_value_compare_numbers(a, b, &order)) {
    return order == 0;
  }
  if (a->kind == CSPAN_VALUE_DOUBLE && b->kind == CSPAN_VALUE_DOUBLE) {
    return isnan(a->as.number) && isnan(b->as.number);
  }
  return a->kind == CSPAN_VALUE_NUMBER && b->kind == CSPAN_VALUE_NUMBER && same_text(a, b);
}

static bool same(const cspan_value *a, const cspan_value *b, int depth) {
  if (a == b) {
    return true;
  }
  if (is_number(a->kind) && is_number(b->kind)) {
    return same_number(a, b);
  }
  if (a->kind != b->kind || a->size != b->size || depth == CSPAN_VALUE_MAX_DEPTH) {
    return false;
  }
  switch (a->kind) {
  case CSPAN_VALUE_BOOL:
    return a->as.boolean == b->as.boolean;
  case CSPAN_VALUE_TIMESTAMP:
    return a->as.integer == b->as.integer && a->nanoseconds == b->nanoseconds;
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
    return same_text(a, b);
  case CSPAN_VALUE_LIST:
    return same_items(a, b, depth + 1);
  case CSPAN_VALUE_MAP:
    return same_members(a, b, depth + 1);
  default:
    return true; /* two nulls */
  }
}

bool cspan_value_equals(const cspan_value *a, const cspan_value *b) {
  static const cspan_value null_value;
  return same(a != NULL ? a : &null_value, b != NULL ? b : &null_value, 0);
}
