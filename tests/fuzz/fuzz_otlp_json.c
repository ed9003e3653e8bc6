/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/JSON of strangers: what is accepted can be written, and read again. */
#include <stdlib.h>

#include "telemetry/otlp_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_span_list *list = NULL;
  cspan_buf request;
  cspan_buf json;
  if (cspan_span_list_decode_json((const char *)data, size, &list, NULL) != CSPAN_OK)
    return 0;
  size_t count = cspan_span_list_count(list);
  cspan_span_list_free(list);
  cspan_buf_init(&request, OUT_MAX);
  cspan_buf_init(&json, OUT_MAX);
  if (cspan_otlp_json_to_protobuf((const char *)data, size, &request, NULL) == CSPAN_OK &&
      cspan_otlp_to_json(CSPAN_OTLP_TRACES, (const uint8_t *)cspan_buf_text(&request), request.len,
                         &json) == CSPAN_OK) {
    if (cspan_span_list_decode_json(json.data, json.len, &list, NULL) != CSPAN_OK ||
        cspan_span_list_count(list) != count)
      abort();
    cspan_span_list_free(list);
  }
  cspan_buf_free(&request);
  cspan_buf_free(&json);
  return 0;
}
