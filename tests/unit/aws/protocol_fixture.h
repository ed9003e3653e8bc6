/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses of the small model's service, with values written as JSON. */
#ifndef UNIT_AWS_PROTOCOL_FIXTURE_H
#define UNIT_AWS_PROTOCOL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "support/small_model.h"

typedef struct exchange {
  small_model pantry;
  cspan_arena *arena;
  cspan_protocol_request request;
  cspan_header_block headers;
  cspan_error *error;
} exchange;

static inline void exchange_open(exchange *x, const char *protocol, const char *metadata) {
  memset(x, 0, sizeof *x);
  small_model_open(&x->pantry, protocol, metadata);
  x->arena = cspan_arena_create(0);
  assert_int_equal(cspan_protocol_request_init(&x->request, x->arena), CSPAN_OK);
  cspan_header_block_init(&x->headers);
}

static inline void exchange_close(exchange *x) {
  cspan_protocol_request_free(&x->request);
  cspan_header_block_free(&x->headers);
  cspan_arena_free(x->arena);
  cspan_error_free(x->error);
  small_model_close(&x->pantry);
}

static inline cspan_status exchange_serialize_value(exchange *x, const char *operation,
                                                    const cspan_value *value) {
  cspan_protocol_input input = small_model_input(&x->pantry, operation, value);
  return x->pantry.protocol->serialize(&input, &x->request, &x->error);
}

static inline cspan_status exchange_serialize(exchange *x, const char *operation,
                                              const char *json) {
  cspan_value *value = cspan_arena_alloc(x->arena, sizeof *value);
  assert_int_equal(cspan_json_parse(json, strlen(json), x->arena, value, NULL), CSPAN_OK);
  return exchange_serialize_value(x, operation, value);
}

static inline cspan_protocol_response exchange_response(exchange *x, const char *operation,
                                                        int status, const char *body) {
  return (cspan_protocol_response){.model = &x->pantry.model,
                                   .operation = cspan_model_operation(&x->pantry.model, operation),
                                   .status = status,
                                   .headers = &x->headers,
                                   .body = body,
                                   .body_size = body != NULL ? strlen(body) : 0};
}

static inline void expect_json(const cspan_value *value, const char *json) {
  cspan_buf out;
  cspan_buf_init(&out, 1 << 20);
  cspan_json_write(&out, value, CSPAN_JSON_COMPACT);
  assert_string_equal(cspan_buf_text(&out), json);
  cspan_buf_free(&out);
}

/* Parses, and compares with what is expected as JSON, or with the error. */
static inline void exchange_expect(exchange *x, const char *operation, const char *body,
                                   const char *expected) {
  cspan_protocol_response response = exchange_response(x, operation, 200, body);
  cspan_value value;
  if (x->pantry.protocol->parse(&response, x->arena, &value, &x->error) == CSPAN_OK) {
    expect_json(&value, expected);
  } else {
    assert_string_equal(cspan_error_message(x->error), expected);
    cspan_error_free(x->error);
    x->error = NULL;
  }
}

#endif
