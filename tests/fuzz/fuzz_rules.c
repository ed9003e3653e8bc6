/* SPDX-License-Identifier: Apache-2.0 */
/* A rule set in JSON: what compiles can be opened, and evaluated with any parameters. */
#include <stdlib.h>
#include <string.h>

#include "aws/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 22, RESULT_MAX = 1 << 24 };

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

/* A value of the parameter's type. */
static cspan_value value_for(const cspan_rules_param *param, size_t round) {
  static const char *const texts[] = {"us-east-1", "arn:aws:s3:eu-west-1:123456789012:x:a/b",
                                      "https://[::1]:8080/a/b", ""};
  static cspan_value items[2];
  const char *text = texts[round % (sizeof texts / sizeof texts[0])];
  switch (param->type) {
  case CSPAN_RULES_STRING:
    return cspan_string(text);
  case CSPAN_RULES_BOOLEAN:
    return cspan_bool(round % 2 == 0);
  default:
    items[0] = items[1] = cspan_string(text);
    return cspan_list(items, 2);
  }
}

static void evaluate(const cspan_rules *rules, size_t round) {
  cspan_member members[256];
  cspan_rules_param param;
  cspan_rules_endpoint out;
  cspan_error *error = NULL;
  size_t count = 0;
  while (cspan_rules_param_at(rules, count, &param)) {
    members[count] = cspan_field(param.name, value_for(&param, round));
    count++;
  }
  cspan_value params = cspan_map(members, round < 4 ? count : 0);
  cspan_arena *arena = cspan_arena_create(RESULT_MAX);
  require(arena != NULL);
  cspan_status status = cspan_rules_resolve(rules, NULL, &params, arena, &out, &error);
  require((status == CSPAN_OK) == (error == NULL));
  require(status != CSPAN_OK || out.headers.kind == CSPAN_VALUE_MAP);
  cspan_error_free(error);
  cspan_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_buf bytes;
  cspan_rules *rules = NULL;
  cspan_buf_init(&bytes, BYTES_MAX);
  if (cspan_rules_compile((cspan_str){(const char *)data, size}, &bytes, NULL) == CSPAN_OK) {
    require(cspan_rules_open(bytes.data, bytes.len, &rules, NULL) == CSPAN_OK);
    for (size_t round = 0; round < 5; round++) {
      evaluate(rules, round);
    }
  }
  cspan_rules_free(rules);
  cspan_buf_free(&bytes);
  return 0;
}
