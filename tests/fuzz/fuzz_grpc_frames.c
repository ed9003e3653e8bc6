/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a gRPC request, as the receiver handles it: framing, gzip, protobuf. */
#include <stdint.h>
#include <stdlib.h>

#include <cloudspan/ext/exporter.h>

#include "telemetry/inflate.h"
#include "viewer/grpc_message.h"

enum { MAX_MESSAGE = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) {
    abort();
  }
}

/* However little has come, it is never taken for more than it is. */
static void check_prefixes(const uint8_t *data, size_t size, cspan_grpc_state last) {
  cspan_grpc_message message;
  for (size_t len = 0; len < size && len < 64; len++) {
    cspan_grpc_state state = cspan_grpc_message_read(data, len, MAX_MESSAGE, &message);
    require(message.data == NULL || (message.data == data + 5 && message.len == len - 5));
    require(state != CSPAN_GRPC_BROKEN || last == CSPAN_GRPC_BROKEN);
    require(state != CSPAN_GRPC_TOO_LONG || last == CSPAN_GRPC_TOO_LONG);
  }
}

static void decode(const uint8_t *data, size_t len) {
  cspan_span_list *list = NULL;
  if (cspan_span_list_decode(data, len, &list, NULL) == CSPAN_OK) {
    cspan_span_list_free(list);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_grpc_message message;
  cspan_grpc_state state = cspan_grpc_message_read(data, size, MAX_MESSAGE, &message);
  check_prefixes(data, size, state);
  if (state != CSPAN_GRPC_WHOLE) {
    require(message.data == NULL);
    return 0;
  }
  require(message.data == data + CSPAN_GRPC_PREFIX && message.len == size - CSPAN_GRPC_PREFIX);
  if (message.compressed) {
    cspan_buf plain;
    cspan_buf_init(&plain, MAX_MESSAGE);
    if (cspan_gunzip(message.data, message.len, &plain, NULL) == CSPAN_OK) {
      require(plain.len <= MAX_MESSAGE);
      decode((const uint8_t *)cspan_buf_text(&plain), plain.len);
    }
    cspan_buf_free(&plain);
  } else {
    decode(message.data, message.len);
  }
  return 0;
}
