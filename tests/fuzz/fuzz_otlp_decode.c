/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP protobuf of strangers: decoded, printed as JSON, read again, it is the same. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/otlp_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 64 << 20 };

static void must_stay_the_same(const cspan_buf *first) {
  cspan_span_list *list = NULL;
  cspan_buf second;
  cspan_buf_init(&second, OUT_MAX);
  if (cspan_span_list_decode_json(first->data, first->len, &list, NULL) != CSPAN_OK)
    abort();
  cspan_span_list_encode_json(list, &second);
  if (second.len != first->len || memcmp(second.data, first->data, first->len) != 0)
    abort();
  cspan_buf_free(&second);
  cspan_span_list_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_span_list *list = NULL;
  if (cspan_span_list_decode(data, size, &list, NULL) != CSPAN_OK)
    return 0;
  cspan_buf json;
  cspan_buf_init(&json, OUT_MAX);
  if (cspan_span_list_encode_json(list, &json) == CSPAN_OK)
    must_stay_the_same(&json);
  cspan_buf_free(&json);
  cspan_span_list_free(list);
  return 0;
}
