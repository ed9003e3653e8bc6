/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/tail_scan.h"

#include <string.h>

/* Tags of KeyValue, AnyValue, ArrayValue, Event. */
enum {
  KEY = 0x0A,
  VALUE = 0x12,
  STRING = 0x0A,
  BOOL = 0x10,
  INT = 0x18,
  DOUBLE = 0x21,
  ARRAY = 0x2A,
  ELEMENT = 0x0A,
  EVENT_NAME = 0x12
};

static bool is_text(const uint8_t *data, size_t len, const char *text, size_t text_len) {
  return len == text_len && memcmp(data, text, len) == 0;
}

/* --------------------------------------------------------------------- attributes */

/* Key and value messages of a KeyValue. */
static bool split_pair(const cspan_scan_field *pair, cspan_str *key, cspan_scan *value) {
  cspan_scan scan = cspan_scan_of(pair->data, pair->len);
  cspan_scan_field field;
  *key = (cspan_str){"", 0};
  *value = cspan_scan_of(pair->data, 0);
  while (cspan_scan_next(&scan, &field)) {
    if (field.tag == KEY) {
      *key = (cspan_str){(const char *)field.data, field.len};
    } else if (field.tag == VALUE) {
      *value = cspan_scan_of(field.data, field.len);
    }
  }
  return key->len > 0;
}

static bool scalar_matches(const cspan_scan_field *field, const cspan_attr_match *match) {
  char room[CSPAN_VALUE_TEXT_MAX];
  cspan_attr value = {.key = ""};
  uint64_t bits;
  double number;
  switch (field->tag) {
  case STRING:
    value = cspan_attr_string_n("", (const char *)field->data, field->len);
    break;
  case BOOL:
    value = cspan_attr_bool("", field->value != 0);
    break;
  case INT:
    value = cspan_attr_int64("", (int64_t)field->value);
    break;
  case DOUBLE:
    wire_fixed64((uint8_t *)&bits, wire_load64(field->data));
    memcpy(&number, &bits, sizeof number);
    value = cspan_attr_double("", number);
    break;
  default:
    return false;
  }
  return cspan_attr_text_matches(match, cspan_attr_value_text(&value, room));
}

static bool array_matches(const cspan_scan_field *array, const cspan_attr_match *match) {
  cspan_scan scan = cspan_scan_of(array->data, array->len);
  cspan_scan_field element;
  while (cspan_scan_next(&scan, &element)) {
    cspan_scan value = cspan_scan_of(element.data, element.len);
    cspan_scan_field field;
    if (element.tag == ELEMENT && cspan_scan_next(&value, &field) &&
        scalar_matches(&field, match)) {
      return true;
    }
  }
  return false;
}

bool cspan_scan_has_attribute(const uint8_t *span, size_t size, const cspan_attr_match *match) {
  cspan_scan scan = cspan_scan_of(span, size);
  cspan_scan_field field;
  cspan_str key;
  cspan_scan value;
  while (cspan_scan_next(&scan, &field)) {
    if (field.tag != CSPAN_TAG_ATTRIBUTE || !split_pair(&field, &key, &value) ||
        !cspan_attr_key_matches(match, key)) {
      continue;
    }
    cspan_scan_field any;
    bool has_value = cspan_scan_next(&value, &any);
    if (has_value &&
        (any.tag == ARRAY ? array_matches(&any, match) : scalar_matches(&any, match))) {
      return true;
    }
  }
  return false;
}

/* ------------------------------------------------------------------------ retries */

static bool is_retry(const cspan_scan_field *event) {
  cspan_scan scan = cspan_scan_of(event->data, event->len);
  cspan_scan_field field;
  while (cspan_scan_next(&scan, &field)) {
    if (field.tag == EVENT_NAME) {
      return is_text(field.data, field.len, CSPAN_RETRY_EVENT, sizeof CSPAN_RETRY_EVENT - 1);
    }
  }
  return false;
}

/* 0 for another attribute. */
static int64_t attempts_of(const cspan_scan_field *pair) {
  cspan_str key;
  cspan_scan value;
  cspan_scan_field any;
  /* A tag and a length before the key: most attributes are told apart by the length. */
  if (pair->len < 2 || pair->data[1] != sizeof CSPAN_RETRY_ATTEMPTS - 1 ||
      !split_pair(pair, &key, &value) || !cspan_str_eq(key, CSPAN_RETRY_ATTEMPTS)) {
    return 0;
  }
  return cspan_scan_next(&value, &any) && any.tag == INT ? (int64_t)any.value : 0;
}

typedef struct retry_count {
  int64_t events;
  int64_t attempts;
} retry_count;

static void count_field(const cspan_scan_field *field, retry_count *count) {
  if (field->tag == CSPAN_TAG_EVENT) {
    count->events += is_retry(field);
  } else if (field->tag == CSPAN_TAG_ATTRIBUTE) {
    int64_t found = attempts_of(field);
    count->attempts = found > 0 ? found : count->attempts;
  }
}

int64_t cspan_scan_retries(const uint8_t *span, size_t size) {
  cspan_scan scan = cspan_scan_of(span, size);
  cspan_scan_field field;
  retry_count count = {0, 0};
  while (cspan_scan_next(&scan, &field)) {
    count_field(&field, &count);
  }
  return count.attempts - 1 > count.events ? count.attempts - 1 : count.events;
}

cspan_str cspan_scan_state(const uint8_t *span, size_t size) {
  cspan_scan scan = cspan_scan_of(span, size);
  cspan_scan_field field;
  cspan_str state = {NULL, 0};
  while (cspan_scan_next(&scan, &field)) {
    if (field.tag == CSPAN_TAG_STATE) {
      state = (cspan_str){(const char *)field.data, field.len};
    }
  }
  return state;
}
