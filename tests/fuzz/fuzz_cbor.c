/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR of strangers: what is read has texts in UTF-8 and can be written as JSON; by a model, too. */
#include <stdlib.h>

#include "aws/protocol/cbor.h"
#include "base/json.h"
#include "support/small_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 64 << 20, OUT_MAX = 64 << 20 };

static void read_by_model(const char *data, size_t size) {
  static small_model pantry;
  if (pantry.section == NULL) {
    small_model_open(&pantry, "smithy-rpc-v2-cbor", "");
  }
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_header_block headers;
  cspan_header_block_init(&headers);
  cspan_protocol_response response = {.model = &pantry.model,
                                      .operation = cspan_model_operation(&pantry.model, "Plain"),
                                      .status = 400,
                                      .headers = &headers,
                                      .body = data,
                                      .body_size = size};
  cspan_protocol_failure failure;
  cspan_value value;
  cspan_error *error = NULL;
  if ((pantry.protocol->parse(&response, arena, &value, &error) == CSPAN_OK) != (error == NULL)) {
    abort();
  }
  cspan_error_free(error);
  if (pantry.protocol->parse_error(&response, arena, &failure, NULL) != CSPAN_OK) {
    abort();
  }
  cspan_header_block_free(&headers);
  cspan_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_value value;
  cspan_value again;
  if (cspan_cbor_parse((const char *)data, size, arena, &value, NULL) == CSPAN_OK) {
    cspan_buf json;
    cspan_buf_init(&json, OUT_MAX);
    cspan_json_write(&json, &value, CSPAN_JSON_COMPACT);
    if (cspan_buf_status(&json) == CSPAN_OK &&
        cspan_json_parse(json.data, json.len, arena, &again, NULL) == CSPAN_ERR_INVALID) {
      abort();
    }
    cspan_buf_free(&json);
  }
  cspan_arena_free(arena);
  read_by_model((const char *)data, size);
  return 0;
}
