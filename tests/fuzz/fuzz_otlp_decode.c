/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP protobuf of strangers. The first byte chooses the signal: a request that can be printed as
 * JSON is JSON; of spans, read again and printed again it is the same. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/otlp_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 64 << 20 };

static void require(bool condition) {
  if (!condition)
    abort();
}

static void must_be_json(const cspan_buf *text) {
  json_t *root = json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL);
  require(json_is_object(root));
  json_decref(root);
}

static void must_stay_the_same(const cspan_buf *first) {
  cspan_buf request;
  cspan_buf second;
  cspan_buf_init(&request, OUT_MAX);
  cspan_buf_init(&second, OUT_MAX);
  require(cspan_otlp_json_to_protobuf(first->data, first->len, &request, NULL) == CSPAN_OK);
  require(cspan_otlp_to_json(CSPAN_OTLP_TRACES, (const uint8_t *)cspan_buf_text(&request),
                             request.len, &second) == CSPAN_OK);
  require(second.len == first->len && memcmp(second.data, first->data, first->len) == 0);
  cspan_buf_free(&request);
  cspan_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  cspan_otlp_signal signal = data[0] & 1 ? CSPAN_OTLP_METRICS : CSPAN_OTLP_TRACES;
  cspan_span_list *list = NULL;
  cspan_buf json;
  cspan_span_list_decode(data + 1, size - 1, &list, NULL);
  cspan_span_list_free(list);
  cspan_buf_init(&json, OUT_MAX);
  if (cspan_otlp_to_json(signal, data + 1, size - 1, &json) == CSPAN_OK) {
    must_be_json(&json);
    if (signal == CSPAN_OTLP_TRACES)
      must_stay_the_same(&json);
  }
  cspan_buf_free(&json);
  return 0;
}
