/* SPDX-License-Identifier: Apache-2.0 */
/* A service model made of JSON text, for tests of protocols. */
#ifndef UNIT_AWS_MODEL_FIXTURE_H
#define UNIT_AWS_MODEL_FIXTURE_H

#include <string.h>

#include "aws/model/compile.h"
#include "base/value.h"

enum { FIXTURE_SECTION_MAX = 16 << 20 };

typedef struct model_fixture {
  cspan_buf section;
  cspan_service_model model;
} model_fixture;

static inline void model_fixture_open(model_fixture *fixture, const char *json) {
  cspan_error *error = NULL;
  cspan_model_source source = {
      .key = "test", .service = {json, strlen(json)}, .without_documentation = true};
  cspan_buf_init(&fixture->section, FIXTURE_SECTION_MAX);
  if (cspan_model_compile(&source, &fixture->section, &error) != CSPAN_OK ||
      cspan_model_open(fixture->section.data, fixture->section.len, &fixture->model, &error) !=
          CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

static inline void model_fixture_close(model_fixture *fixture) {
  cspan_buf_free(&fixture->section);
}

/* A value in JSON, to be freed. */
static inline cspan_document *fixture_value(const char *json) {
  cspan_document *document = NULL;
  assert_int_equal(cspan_document_parse_json(json, strlen(json), &document, NULL), CSPAN_OK);
  return document;
}

static inline void assert_value_is(const cspan_value *actual, const char *json) {
  cspan_document *expected = fixture_value(json);
  char *text = NULL;
  assert_int_equal(cspan_value_to_json(actual, CSPAN_JSON_COMPACT, &text, NULL, NULL), CSPAN_OK);
  cspan_document *plain = fixture_value(text);
  if (!cspan_value_equals(cspan_document_value(plain), cspan_document_value(expected))) {
    fail_msg("expected %s, but got %s", json, text);
  }
  cspan_free(text);
  cspan_document_free(plain);
  cspan_document_free(expected);
}

#endif
