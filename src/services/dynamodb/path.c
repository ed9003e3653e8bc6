/* SPDX-License-Identifier: Apache-2.0 */
#include "services/dynamodb/path.h"

#include "base/error.h"

enum { PATH_MAX_BYTES = 512 };

cspan_dynamodb_path cspan_dynamodb_path_member(const cspan_dynamodb_path *up, const char *name,
                                               size_t size) {
  return (cspan_dynamodb_path){
      .up = up, .name = name, .name_size = size, .depth = up != NULL ? up->depth + 1 : 0};
}

cspan_dynamodb_path cspan_dynamodb_path_item(const cspan_dynamodb_path *up, size_t index) {
  return (cspan_dynamodb_path){.up = up, .index = index, .depth = up->depth + 1};
}

static void write_step(const cspan_dynamodb_path *step, cspan_buf *out) {
  if (step->name == NULL) {
    cspan_buf_printf(out, "[%zu]", step->index);
    return;
  }
  if (step->up != NULL && out->len > 0) {
    cspan_buf_char(out, '.');
  }
  cspan_buf_append(out, step->name, step->name_size);
}

cspan_status cspan_dynamodb_path_fault(const cspan_dynamodb_path *path, cspan_status status,
                                       const char *text, cspan_error **error) {
  const cspan_dynamodb_path *steps[CSPAN_DYNAMODB_MAX_DEPTH + 2];
  size_t count = 0;
  cspan_buf out;
  cspan_buf_init(&out, PATH_MAX_BYTES);
  for (; path != NULL && count < sizeof steps / sizeof steps[0]; path = path->up) {
    steps[count++] = path;
  }
  while (count > 0) {
    write_step(steps[--count], &out);
  }
  cspan_error_set(error, status, "%s%s: %s", cspan_buf_text(&out),
                  cspan_buf_status(&out) != CSPAN_OK ? "..." : "", text);
  cspan_buf_free(&out);
  return status;
}

cspan_status cspan_dynamodb_path_check(const cspan_dynamodb_path *path, cspan_error **error) {
  if (path->depth <= CSPAN_DYNAMODB_MAX_DEPTH) {
    return CSPAN_OK;
  }
  return cspan_dynamodb_path_fault(path, CSPAN_ERR_LIMIT,
                                   "nested too deeply: DynamoDB allows 32 levels", error);
}
