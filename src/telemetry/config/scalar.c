/* SPDX-License-Identifier: Apache-2.0 */
/* What a scalar without quotes is: the core schema of YAML 1.2. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/config/node.h"

static bool is_one_of(const char *text, const char *const *names) {
  for (; *names != NULL; names++) {
    if (strcmp(text, *names) == 0) {
      return true;
    }
  }
  return false;
}

/* 0o17 and 0x1F; false where that is not what it is, or over 63 bits. */
static bool parse_based(const char *text, int64_t *out) {
  unsigned bits = text[0] == '0' && text[1] == 'x' ? 4 : text[0] == '0' && text[1] == 'o' ? 3 : 0;
  uint64_t value = 0;
  if (bits == 0 || text[2] == '\0') {
    return false;
  }
  for (const char *c = text + 2; *c != '\0'; c++) {
    unsigned digit = *c >= '0' && *c <= '9'   ? (unsigned)(*c - '0')
                     : *c >= 'a' && *c <= 'f' ? (unsigned)(*c - 'a') + 10
                     : *c >= 'A' && *c <= 'F' ? (unsigned)(*c - 'A') + 10
                                              : 99;
    if (digit >= 1u << bits || value >> (63 - bits) != 0) {
      return false;
    }
    value = value << bits | digit;
  }
  *out = (int64_t)value;
  return true;
}

static bool parse_special(const char *text, double *out) {
  static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
  static const char *const not_numbers[] = {".nan", ".NaN", ".NAN", NULL};
  const char *unsigned_text = text[0] == '-' || text[0] == '+' ? text + 1 : text;
  if (is_one_of(unsigned_text, infinities)) {
    *out = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  if (is_one_of(text, not_numbers)) {
    *out = (double)NAN;
    return true;
  }
  return false;
}

void cspan_config_resolve(cspan_config_node *node) {
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
  static const char *const trues[] = {"true", "True", "TRUE", NULL};
  static const char *const falses[] = {"false", "False", "FALSE", NULL};
  const char *text = node->text;
  if (is_one_of(text, nulls)) {
    node->type = CSPAN_CONFIG_NULL;
  } else if (is_one_of(text, trues) || is_one_of(text, falses)) {
    node->type = CSPAN_CONFIG_BOOL;
    node->value.boolean = text[0] == 't' || text[0] == 'T';
  } else if (cspan_parse_i64(text, &node->value.int64) || parse_based(text, &node->value.int64)) {
    node->type = CSPAN_CONFIG_INT64;
  } else if (cspan_parse_f64(text, &node->value.number) ||
             parse_special(text, &node->value.number)) {
    node->type = CSPAN_CONFIG_DOUBLE;
  } else {
    node->type = CSPAN_CONFIG_STRING;
  }
}
