/* SPDX-License-Identifier: Apache-2.0 */
/* The files of $CLOUDSPAN_CONFORMANCE/endpoints, read and compiled. */
#ifndef CONFORMANCE_ENDPOINT_FILES_H
#define CONFORMANCE_ENDPOINT_FILES_H

#include <stdio.h>
#include <stdlib.h>

#include "aws/rules/rules.h"

enum { ENDPOINT_PATH_LEN = 2048, ENDPOINT_FILE_MAX = 64 << 20 };

/* The folder, into `root`. */
static inline void find_endpoints(char root[ENDPOINT_PATH_LEN]) {
  const char *base = getenv("CLOUDSPAN_CONFORMANCE");
  snprintf(root, ENDPOINT_PATH_LEN, "%s/endpoints",
           base != NULL ? base : CLOUDSPAN_CONFORMANCE_DIR);
}

/* False: it cannot be opened. */
static inline bool read_file(const char *path, cspan_buf *out) {
  char block[65536];
  size_t got;
  FILE *file = fopen(path, "rb");
  cspan_buf_init(out, ENDPOINT_FILE_MAX);
  if (file == NULL) {
    return false;
  }
  while ((got = fread(block, 1, sizeof block, file)) > 0) {
    cspan_buf_append(out, block, got);
  }
  fclose(file);
  assert_int_equal(cspan_buf_status(out), CSPAN_OK);
  return true;
}

typedef cspan_status compile_fn(cspan_str json, cspan_buf *out, cspan_error **error);

static inline void compile_file(const char *path, compile_fn *how, cspan_buf *out) {
  cspan_buf json;
  cspan_error *error = NULL;
  assert_true(read_file(path, &json));
  cspan_buf_init(out, ENDPOINT_FILE_MAX);
  if (how((cspan_str){json.data, json.len}, out, &error) != CSPAN_OK) {
    fail_msg("%s: %s", path, cspan_error_message(error));
  }
  cspan_buf_free(&json);
}

#endif
