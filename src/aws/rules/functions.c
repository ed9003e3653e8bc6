/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of Smithy's standard library, and AWS's for buckets. */
#include "aws/rules/functions.h"

#include "aws/rules/code.h"

enum { LABEL_MAX = 63, BUCKET_MIN = 3, BUCKET_MAX = 63, SPLIT_MAX = 4096 };

static bool is_text(const cspan_value *value) {
  return value->kind == CSPAN_VALUE_STRING;
}

static bool is_bool(const cspan_value *value) {
  return value->kind == CSPAN_VALUE_BOOL;
}

static bool is_true(const cspan_value *value) {
  return is_bool(value) && value->as.boolean;
}

static cspan_value is_set(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)run;
  (void)count;
  return cspan_bool(args[0].kind != CSPAN_VALUE_NULL);
}

static cspan_value not(cspan_rules_run * run, const cspan_value *args, size_t count) {
  (void)run;
  (void)count;
  return cspan_bool(args[0].kind == CSPAN_VALUE_NULL || (is_bool(args) && !args[0].as.boolean));
}

static cspan_value boolean_equals(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)run;
  (void)count;
  return is_bool(&args[0]) && is_bool(&args[1])
             ? cspan_bool(args[0].as.boolean == args[1].as.boolean)
             : cspan_null();
}

static cspan_value string_equals(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)run;
  (void)count;
  return is_text(&args[0]) && is_text(&args[1])
             ? cspan_bool(args[0].size == args[1].size &&
                          memcmp(args[0].as.text, args[1].as.text, args[0].size) == 0)
             : cspan_null();
}

/* --------------------------------------------------------------------- text */

static bool is_ascii(const cspan_value *text) {
  for (size_t i = 0; i < text->size; i++) {
    if ((unsigned char)text->as.text[i] > 0x7f) {
      return false;
    }
  }
  return true;
}

/* Text, start, end (exclusive), whether they count from the end. */
static cspan_value substring(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)run;
  (void)count;
  if (!is_text(&args[0]) || args[1].kind != CSPAN_VALUE_INT || args[2].kind != CSPAN_VALUE_INT) {
    return cspan_null();
  }
  int64_t start = args[1].as.integer;
  int64_t end = args[2].as.integer;
  if (start < 0 || start >= end || (uint64_t)end > args[0].size || !is_ascii(&args[0])) {
    return cspan_null();
  }
  size_t from = is_true(&args[3]) ? args[0].size - (size_t)end : (size_t)start;
  return cspan_string_of(args[0].as.text + from, (size_t)(end - start));
}

static cspan_value uri_encode(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)count;
  if (!is_text(&args[0])) {
    return cspan_null();
  }
  cspan_buf encoded;
  cspan_buf_init(&encoded, CSPAN_RULES_MAX_TEXT);
  cspan_value result = cspan_null();
  cspan_status status = cspan_uri_encode(&encoded, args[0].as.text, args[0].size, false);
  char *text = NULL;
  if (status != CSPAN_OK) {
    cspan_rules_fail(run, status);
  } else if ((text = cspan_rules_alloc(run, encoded.len + 1, 1)) != NULL) {
    memcpy(text, cspan_buf_text(&encoded), encoded.len);
    result = cspan_string_of(text, encoded.len);
  }
  cspan_buf_free(&encoded);
  return result;
}

static size_t find(cspan_str text, size_t from, cspan_str what) {
  for (size_t i = from; i + what.len <= text.len; i++) {
    if (memcmp(text.data + i, what.data, what.len) == 0) {
      return i;
    }
  }
  return SIZE_MAX;
}

/* Text, delimiter, most parts (0: all). */
static cspan_value split(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)count;
  if (!is_text(&args[0]) || !is_text(&args[1]) || args[1].size == 0 ||
      args[2].kind != CSPAN_VALUE_INT || args[2].as.integer < 0) {
    return cspan_null();
  }
  cspan_str text = {args[0].as.text, args[0].size};
  cspan_str delimiter = {args[1].as.text, args[1].size};
  uint64_t limit = args[2].as.integer != 0 ? (uint64_t)args[2].as.integer : UINT64_MAX;
  size_t parts = 1;
  size_t at = 0;
  while (parts < limit && (at = find(text, at, delimiter)) != SIZE_MAX) {
    at += delimiter.len;
    parts++;
  }
  if (parts > SPLIT_MAX) {
    cspan_rules_fail(run, CSPAN_ERR_LIMIT);
    return cspan_null();
  }
  cspan_value *items = cspan_rules_alloc(run, parts, sizeof *items);
  if (items == NULL) {
    return cspan_null();
  }
  size_t from = 0;
  for (size_t i = 0; i < parts; i++) {
    size_t end = i + 1 < parts ? find(text, from, delimiter) : text.len;
    items[i] = cspan_string_of(text.data + from, end - from);
    from = end + delimiter.len;
  }
  return cspan_list(items, parts);
}

/* ------------------------------------------------------------------ choices */

static cspan_value coalesce(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)run;
  for (size_t i = 0; i < count; i++) {
    if (args[i].kind != CSPAN_VALUE_NULL) {
      return args[i];
    }
  }
  return cspan_null();
}

/* If, then, else. */
static cspan_value ite(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)run;
  (void)count;
  return is_bool(&args[0]) ? args[args[0].as.boolean ? 1 : 2] : cspan_null();
}

/* -------------------------------------------------------------------- hosts */

static bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* RFC 1123, section 2.1 */
static bool is_label(const char *text, size_t len, bool lower_only) {
  if (len < 1 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-') {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    bool upper = !lower_only && text[i] >= 'A' && text[i] <= 'Z';
    if (!upper && !is_lower_or_digit(text[i]) && text[i] != '-') {
      return false;
    }
  }
  return true;
}

static bool is_host(const cspan_value *value, bool dots, bool lower_only) {
  size_t from = 0;
  for (size_t i = 0; dots && i < value->size; i++) {
    if (value->as.text[i] == '.') {
      if (!is_label(value->as.text + from, i - from, lower_only)) {
        return false;
      }
      from = i + 1;
    }
  }
  return is_label(value->as.text + from, value->size - from, lower_only);
}

static cspan_value is_valid_host_label(cspan_rules_run *run, const cspan_value *args,
                                       size_t count) {
  (void)run;
  return is_text(&args[0]) ? cspan_bool(is_host(&args[0], count > 1 && is_true(&args[1]), false))
                           : cspan_null();
}

/* Four runs of digits with dots between them: no name of a bucket, whatever the numbers. */
static bool is_dotted_quad(const cspan_value *value) {
  size_t dots = 0;
  for (size_t i = 0; i < value->size; i++) {
    char c = value->as.text[i];
    if (c != '.' && (c < '0' || c > '9')) {
      return false;
    }
    dots += c == '.';
  }
  return dots == 3;
}

static cspan_value is_virtual_hostable(cspan_rules_run *run, const cspan_value *args,
                                       size_t count) {
  (void)run;
  if (!is_text(&args[0])) {
    return cspan_null();
  }
  bool fits = args[0].size >= BUCKET_MIN && args[0].size <= BUCKET_MAX;
  return cspan_bool(fits && is_host(&args[0], count > 1 && is_true(&args[1]), true) &&
                    !is_dotted_quad(&args[0]));
}

const cspan_rules_function cspan_rules_functions[CSPAN_RULES_FUNCTION_COUNT] = {
    {"isSet", is_set, 1, 1},
    {"not", not, 1, 1},
    {"booleanEquals", boolean_equals, 2, 2},
    {"stringEquals", string_equals, 2, 2},
    {"substring", substring, 4, 4},
    {"uriEncode", uri_encode, 1, 1},
    {"parseURL", cspan_rules_parse_url, 1, 1},
    {"isValidHostLabel", is_valid_host_label, 1, 2},
    {"aws.partition", cspan_rules_partition, 1, 1},
    {"aws.parseArn", cspan_rules_parse_arn, 1, 1},
    {"aws.isVirtualHostableS3Bucket", is_virtual_hostable, 1, 2},
    {"coalesce", coalesce, 2, CSPAN_RULES_MAX_ARGS},
    {"ite", ite, 3, 3},
    {"split", split, 3, 3},
};
