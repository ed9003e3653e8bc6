/* SPDX-License-Identifier: Apache-2.0 */
/* A service model made of JSON text, for targets that need one. */
#ifndef FUZZ_FUZZ_MODEL_H
#define FUZZ_FUZZ_MODEL_H

#include <stdlib.h>

#include "aws/model/compile.h"

enum { FUZZ_SECTION_MAX = 1 << 20 };

/* Compiled at the first call, and never freed. */
static inline const cspan_service_model *fuzz_model(const char *json, size_t len) {
  static cspan_service_model model;
  static cspan_buf section;
  if (!model.info) {
    cspan_model_source source = {.key = "x", .service = {json, len}, .without_documentation = true};
    cspan_buf_init(&section, FUZZ_SECTION_MAX);
    if (cspan_model_compile(&source, &section, NULL) != CSPAN_OK ||
        cspan_model_open(section.data, section.len, &model, NULL) != CSPAN_OK) {
      abort();
    }
  }
  return &model;
}

#endif
