/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets and partitions made of JSON text, which has ' for ". */
#ifndef UNIT_AWS_RULES_FIXTURE_H
#define UNIT_AWS_RULES_FIXTURE_H

#include <string.h>

#include "aws/rules/rules.h"
#include "base/json.h"

enum { RULES_FIXTURE_MAX = 1 << 20 };

/* Two partitions: what is not cn-... and not listed is in the first. */
#define PARTITIONS                                                                                 \
  "{'version':'1.1','partitions':[{'id':'aws','regionRegex':'^(us|eu)\\\\-\\\\w+\\\\-\\\\d+$',"    \
  "'regions':{'us-east-1':{},'aws-global':{}},'outputs':{'dnsSuffix':'amazonaws.com',"             \
  "'name':'other','supportsFIPS':true}},"                                                          \
  "{'id':'aws-cn','regionRegex':'^cn\\\\-\\\\w+\\\\-\\\\d+$','regions':{'cn-north-1':{}},"         \
  "'outputs':{'dnsSuffix':'amazonaws.com.cn','supportsFIPS':false}}]}"

/* With quotes, in the buffer. */
static inline cspan_str fixture_json(const char *text, cspan_buf *out) {
  cspan_buf_init(out, RULES_FIXTURE_MAX);
  cspan_buf_str(out, text);
  assert_int_equal(cspan_buf_status(out), CSPAN_OK);
  for (size_t i = 0; i < out->len; i++) {
    out->data[i] = out->data[i] == '\'' ? '"' : out->data[i];
  }
  return (cspan_str){out->data, out->len};
}

static inline void fixture_partitions(cspan_buf *bytes, cspan_partitions **out) {
  cspan_buf json;
  cspan_buf_init(bytes, RULES_FIXTURE_MAX);
  assert_int_equal(cspan_partitions_compile(fixture_json(PARTITIONS, &json), bytes, NULL),
                   CSPAN_OK);
  assert_int_equal(cspan_partitions_open(bytes->data, bytes->len, out, NULL), CSPAN_OK);
  cspan_buf_free(&json);
}

static inline void fixture_rules(const char *text, cspan_buf *bytes) {
  cspan_buf json;
  cspan_error *error = NULL;
  cspan_buf_init(bytes, RULES_FIXTURE_MAX);
  if (cspan_rules_compile(fixture_json(text, &json), bytes, &error) != CSPAN_OK) {
    fail_msg("%s: %s", cspan_error_message(error), text);
  }
  cspan_buf_free(&json);
}

static inline void fixture_params(const char *text, cspan_arena *arena, cspan_value *out) {
  cspan_buf json;
  cspan_str params = fixture_json(text, &json);
  assert_int_equal(cspan_json_parse(params.data, params.len, arena, out, NULL), CSPAN_OK);
  cspan_buf_free(&json);
}

#endif
