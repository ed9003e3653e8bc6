/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of strangers to an export: seven lines (HTTP status, content-type, Retry-After,
 * grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding), then the body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/otlp_outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 7, LINE_MAX_BYTES = 8192 };

static void check(const cspan_otlp_outcome *outcome) {
  size_t len = strnlen(outcome->message, sizeof outcome->message);
  if (len == sizeof outcome->message || !cspan_utf8_valid(outcome->message, len) ||
      outcome->rejected_items < 0 || outcome->retry_after_ms < -1 || !outcome->code)
    abort();
  if (outcome->status == CSPAN_OK && outcome->retryable)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char lines[LINES][LINE_MAX_BYTES];
  cspan_otlp_outcome outcome;
  memset(lines, 0, sizeof lines);
  for (int i = 0; i < LINES && size > 0; i++) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : size;
    memcpy(lines[i], data, len < LINE_MAX_BYTES - 1 ? len : LINE_MAX_BYTES - 1);
    data += end ? len + 1 : len;
    size -= end ? len + 1 : len;
  }
  const cspan_otlp_reply reply = {
      .http_status = atoi(lines[0]),
      .content_type = lines[1][0] ? lines[1] : NULL,
      .retry_after = lines[2][0] ? lines[2] : NULL,
      .grpc_status = lines[3][0] ? lines[3] : NULL,
      .grpc_message = lines[4][0] ? lines[4] : NULL,
      .grpc_details = lines[5][0] ? lines[5] : NULL,
      .grpc_encoding = lines[6][0] ? lines[6] : NULL,
      .body = data,
      .body_len = size,
  };
  cspan_otlp_read_grpc(&reply, &outcome);
  check(&outcome);
  cspan_otlp_read_http(&reply, 1700000000, &outcome);
  check(&outcome);
  return 0;
}
