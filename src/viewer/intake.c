/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/intake.h"

#include <cloudspan/ext/exporter.h>
#include <cloudspan/ext/metrics.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "telemetry/inflate.h"
#include "telemetry/otlp_json.h"

void cspan_intake_reject(cspan_intake *intake) {
  atomic_fetch_add_explicit(&intake->rejected, 1, memory_order_relaxed);
}

static cspan_status take_spans(cspan_intake *intake, const cspan_intake_body *body,
                               cspan_error **error) {
  cspan_span_list *list = NULL;
  cspan_status status =
      body->json ? cspan_span_list_decode_json((const char *)body->data, body->len, &list, error)
                 : cspan_span_list_decode(body->data, body->len, &list, error);
  if (status != CSPAN_OK) {
    return status;
  }
  size_t count = cspan_span_list_count(list);
  atomic_fetch_add_explicit(&intake->spans, count, memory_order_relaxed);
  if (count && intake->on_spans) {
    intake->on_spans(intake->user, list);
  }
  cspan_span_list_free(list);
  return CSPAN_OK;
}

/* Those in JSON are only looked at as JSON: nothing here shows metrics. */
static cspan_status take_metrics_json(const cspan_intake_body *body, cspan_error **error) {
  json_t *document = json_loadb((const char *)body->data, body->len, 0, NULL);
  bool is_object = json_is_object(document);
  json_decref(document);
  return is_object ? CSPAN_OK
                   : cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the request is no JSON object");
}

static cspan_status take_metrics(cspan_intake *intake, const cspan_intake_body *body,
                                 cspan_error **error) {
  cspan_metric_list *list = NULL;
  if (body->json) {
    return take_metrics_json(body, error);
  }
  cspan_status status = cspan_metric_list_decode(body->data, body->len, &list, error);
  if (status != CSPAN_OK) {
    return status;
  }
  size_t count = cspan_metric_list_count(list);
  atomic_fetch_add_explicit(&intake->metrics, count, memory_order_relaxed);
  if (count && intake->on_metrics) {
    intake->on_metrics(intake->user, list);
  }
  cspan_metric_list_free(list);
  return CSPAN_OK;
}

static cspan_status take_plain(cspan_intake *intake, const cspan_intake_body *body,
                               cspan_error **error) {
  return body->is_metrics ? take_metrics(intake, body, error) : take_spans(intake, body, error);
}

static cspan_status unpack_and_take(cspan_intake *intake, const cspan_intake_body *body,
                                    cspan_error **error) {
  if (body->len > intake->max_bytes) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "the request is larger than %zu bytes",
                           intake->max_bytes);
  }
  if (!body->gzip) {
    return take_plain(intake, body, error);
  }
  cspan_buf plain;
  cspan_buf_init(&plain, intake->max_bytes);
  cspan_status status = cspan_gunzip(body->data, body->len, &plain, error);
  if (status == CSPAN_OK) {
    cspan_intake_body unpacked = {.data = (const uint8_t *)cspan_buf_text(&plain),
                                  .len = plain.len,
                                  .json = body->json,
                                  .is_metrics = body->is_metrics};
    status = take_plain(intake, &unpacked, error);
  }
  cspan_buf_free(&plain);
  return status;
}

cspan_status cspan_intake_take(cspan_intake *intake, const cspan_intake_body *body,
                               cspan_error **error) {
  cspan_status status = unpack_and_take(intake, body, error);
  if (status != CSPAN_OK) {
    cspan_intake_reject(intake);
    return status;
  }
  atomic_fetch_add_explicit(&intake->requests, 1, memory_order_relaxed);
  return CSPAN_OK;
}
