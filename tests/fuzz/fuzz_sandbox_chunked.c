/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder of aws-chunked bodies: the same input in different steps must come
 * to the same end. The first byte chooses steps and kind. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
  sbx_error error;
  size_t trailers;
  cspan_buf payload;
} outcome;

static cspan_status collect(void *user, const char *data, size_t len) {
  return cspan_buf_append(user, data, len);
}

static void decode(const char *data, size_t size, size_t step, const sbx_auth *seed, bool trailer,
                   outcome *out) {
  cspan_buf_init(&out->payload, 1 << 20);
  sbx_chunked_options options = {seed, trailer, collect, &out->payload};
  sbx_chunked *c = cspan_sbx_chunked_new(&options);
  if (!c) {
    abort();
  }
  out->error = SBX_OK;
  for (size_t at = 0; at < size && out->error == SBX_OK; at += step) {
    out->error = cspan_sbx_chunked_write(c, data + at, size - at < step ? size - at : step);
  }
  if (out->error == SBX_OK) {
    out->error = cspan_sbx_chunked_finish(c);
  }
  out->trailers = cspan_sbx_chunked_trailers(c)->count;
  cspan_sbx_chunked_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const sbx_auth seed = {.date = "20240229T123456Z",
                                .scope = "20240229/us-east-1/s3/aws4_request",
                                .signature = "0123456789abcdef0123456789abcdef"
                                             "0123456789abcdef0123456789abcdef"};
  if (size == 0) {
    return 0;
  }
  const char *text = (const char *)data + 1;
  const sbx_auth *with = data[0] & 1 ? &seed : NULL;
  bool trailer = (data[0] & 2) != 0;
  size_t step = 1 + (data[0] >> 2);
  outcome whole;
  outcome pieces;
  decode(text, size - 1, size, with, trailer, &whole);
  decode(text, size - 1, step, with, trailer, &pieces);
  bool same = whole.error == pieces.error && whole.trailers == pieces.trailers &&
              whole.payload.len == pieces.payload.len &&
              memcmp(cspan_buf_text(&whole.payload), cspan_buf_text(&pieces.payload),
                     whole.payload.len) == 0;
  if (!same) {
    abort();
  }
  cspan_buf_free(&whole.payload);
  cspan_buf_free(&pieces.payload);
  return 0;
}
