/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of strangers as responses of awsJson and restJson1, headers before the first line end. What
 * is read is a good input: it can be written, and reads back the same. */
#include <stdlib.h>

#include "support/small_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 64 << 20 };

static void write_and_read_again(const small_model *pantry, cspan_arena *arena,
                                 const cspan_value *value) {
  cspan_protocol_input input = small_model_input(pantry, "Plain", value);
  cspan_protocol_request request;
  cspan_value again;
  if (cspan_protocol_check(input.model, input.operation, value, NULL) != CSPAN_OK) {
    return; /* below a bound, or two members of a union */
  }
  if (cspan_protocol_request_init(&request, arena) != CSPAN_OK) {
    return;
  }
  if (pantry->protocol->serialize(&input, &request, NULL) == CSPAN_OK &&
      request.body.len < ARENA_MAX / 16) {
    cspan_protocol_response response = {.model = input.model,
                                        .operation = input.operation,
                                        .status = 200,
                                        .body = request.body.data,
                                        .body_size = request.body.len};
    cspan_status status = pantry->protocol->parse(&response, arena, &again, NULL);
    if (status == CSPAN_ERR_PROTOCOL) {
      abort();
    }
  }
  cspan_protocol_request_free(&request);
}

static void read_as(const small_model *pantry, const char *operation, const char *head,
                    const char *body, size_t size) {
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_header_block headers;
  cspan_protocol_failure failure;
  cspan_value value;
  cspan_header_block_init(&headers);
  cspan_header_block_add(&headers, "x-notes", head);
  cspan_header_block_add(&headers, "x-seen", head);
  cspan_header_block_add(&headers, "x-json", head);
  cspan_header_block_add(&headers, "x-count", head);
  cspan_header_block_add(&headers, "x-amzn-errortype", head);
  cspan_protocol_response response = {.model = &pantry->model,
                                      .operation = cspan_model_operation(&pantry->model, operation),
                                      .status = 200,
                                      .headers = &headers,
                                      .body = body,
                                      .body_size = size};
  if (pantry->protocol->parse(&response, arena, &value, NULL) == CSPAN_OK &&
      strcmp(operation, "Plain") == 0) {
    write_and_read_again(pantry, arena, &value);
  }
  if (pantry->protocol->parse_error(&response, arena, &failure, NULL) != CSPAN_OK) {
    abort();
  }
  cspan_header_block_free(&headers);
  cspan_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static small_model json;
  static small_model rest;
  char head[256] = "";
  if (json.section == NULL) {
    small_model_open(&json, "json", "");
    small_model_open(&rest, "rest-json", "");
  }
  const uint8_t *end = memchr(data, '\n', size);
  size_t head_len = end != NULL ? (size_t)(end - data) : 0;
  if (head_len >= sizeof head) {
    return 0;
  }
  memcpy(head, data, head_len);
  size_t skipped = end != NULL ? head_len + 1 : 0;
  const char *body = (const char *)data + skipped;
  read_as(&json, "Plain", head, body, size - skipped);
  read_as(&rest, "Store", head, body, size - skipped);
  read_as(&rest, "Blob", head, body, size - skipped);
  read_as(&rest, "Nested", head, body, size - skipped);
  return 0;
}
