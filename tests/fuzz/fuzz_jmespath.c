/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: an expression, a NUL, and the JSON that it is applied to. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/jmespath.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is quadratic and worse in them stays quick. */
enum { EXPRESSION_MAX = 400, MEMORY_MAX = 4 * 1024 * 1024 };

static void check_message(cspan_status status, cspan_error *error) {
  if ((status == CSPAN_OK) != (error == NULL) || cspan_error_status(error) != status) {
    abort();
  }
  cspan_error_free(error);
}

static void evaluate(const char *text, const char *json, size_t len, cspan_arena *arena) {
  cspan_jmespath *expression = NULL;
  cspan_error *error = NULL;
  cspan_value in;
  cspan_value out;
  cspan_status status = cspan_jmespath_compile(text, arena, &expression, &error);
  check_message(status, error);
  if (status != CSPAN_OK) {
    return;
  }
  if (cspan_json_parse(json, len, arena, &in, NULL) != CSPAN_OK) {
    in = cspan_null();
  }
  error = NULL;
  check_message(cspan_jmespath_eval(expression, &in, arena, &out, &error), error);
  /* Touches all that the result refers to, as far as memory goes. */
  cspan_buf written;
  cspan_buf_init(&written, MEMORY_MAX);
  cspan_json_write(&written, &out, CSPAN_JSON_COMPACT);
  cspan_buf_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  const char *end = size > 0 ? memchr(text, '\0', size) : NULL;
  size_t len = end != NULL ? (size_t)(end - text) : size;
  if (len > EXPRESSION_MAX) {
    return 0;
  }
  cspan_arena *arena = cspan_arena_create(MEMORY_MAX);
  char *expression = cspan_strndup(len > 0 ? text : "", len);
  if (arena != NULL && expression != NULL) {
    evaluate(expression, end != NULL ? end + 1 : "", end != NULL ? size - len - 1 : 0, arena);
  }
  cspan_free(expression);
  cspan_arena_free(arena);
  return 0;
}
