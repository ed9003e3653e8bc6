/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/intake.h"

#include <cloudspan/ext/exporter.h>

#include "base/buf.h"
#include "base/error.h"
#include "telemetry/otlp_json.h"
#include "telemetry/inflate.h"

void cspan_intake_reject(cspan_intake *intake) {
  atomic_fetch_add_explicit(&intake->rejected, 1, memory_order_relaxed);
}

static cspan_status decode(const cspan_intake_body *body, cspan_span_list **list,
                           cspan_error **error) {
  if (body->json) {
    return cspan_span_list_decode_json((const char *)body->data, body->len, list, error);
  }
  return cspan_span_list_decode(body->data, body->len, list, error);
}

static cspan_status unpack_and_decode(const cspan_intake *intake, const cspan_intake_body *body,
                                      cspan_span_list **list, cspan_error **error) {
  if (body->len > intake->max_bytes) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "the request is larger than %zu bytes",
                           intake->max_bytes);
  }
  if (!body->gzip) {
    return decode(body, list, error);
  }
  cspan_buf plain;
  cspan_buf_init(&plain, intake->max_bytes);
  cspan_status status = cspan_gunzip(body->data, body->len, &plain, error);
  if (status == CSPAN_OK) {
    cspan_intake_body unpacked = {
        .data = (const uint8_t *)cspan_buf_text(&plain), .len = plain.len, .json = body->json};
    status = decode(&unpacked, list, error);
  }
  cspan_buf_free(&plain);
  return status;
}

cspan_status cspan_intake_take(cspan_intake *intake, const cspan_intake_body *body,
                               cspan_error **error) {
  cspan_span_list *list = NULL;
  cspan_status status = unpack_and_decode(intake, body, &list, error);
  if (status != CSPAN_OK) {
    cspan_intake_reject(intake);
    return status;
  }
  size_t count = cspan_span_list_count(list);
  atomic_fetch_add_explicit(&intake->spans, count, memory_order_relaxed);
  if (count && intake->on_spans) {
    intake->on_spans(intake->user, list);
  }
  atomic_fetch_add_explicit(&intake->requests, 1, memory_order_relaxed);
  cspan_span_list_free(list);
  return CSPAN_OK;
}
