/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of models: what compiles opens. The input is the service, then after a NUL each the
 * paginators and the waiters. */
#include <stdlib.h>
#include <string.h>

#include "aws/model/compile.h"
#include "support/model_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Up to the next NUL. */
static cspan_str next_part(const char **at, const char *end) {
  const char *start = *at;
  if (start > end) {
    return (cspan_str){NULL, 0};
  }
  const char *stop = memchr(start, '\0', (size_t)(end - start));
  stop = stop ? stop : end;
  *at = stop + 1;
  return (cspan_str){start, (size_t)(stop - start)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char nothing[1];
  const char *at = size ? (const char *)data : nothing;
  const char *end = at + size;
  cspan_model_source source = {.key = "fuzz"};
  cspan_service_model model;
  cspan_error *error = NULL;
  cspan_buf section;
  source.service = next_part(&at, end);
  source.paginators = next_part(&at, end);
  source.waiters = next_part(&at, end);
  cspan_buf_init(&section, (size_t)64 << 20);
  if (cspan_model_compile(&source, &section, &error) == CSPAN_OK) {
    if (cspan_model_open(section.data, section.len, &model, NULL) != CSPAN_OK) {
      abort();
    }
    model_walk(&model);
  } else if (!error || section.len) {
    abort();
  }
  cspan_error_free(error);
  cspan_buf_free(&section);
  return 0;
}
