/* SPDX-License-Identifier: Apache-2.0 */
/* One request of a batch processor: taking spans from the queue, sending, and the
 * account of what became of them. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "telemetry/batch.h"

/* Receivers of gRPC take 4 MiB by default. */
enum { REQUEST_BYTES_MAX = 4000000 };

/* One request is built at a time: spans leave the queue in order. */
bool cspan_batch_export_is_due(const batch *b) {
  return b->queue.count > 0 && !b->is_building && !b->resource_is_pending &&
         (b->queue.count >= b->options.max_export_batch_size || b->taken < b->target);
}

uint64_t cspan_batch_settled(const batch *b) {
  uint64_t settled = b->taken;
  for (size_t i = 0; i < b->started; i++) {
    const batch_worker *w = &b->workers[i];
    if (w->spans > 0 && w->first < settled) {
      settled = w->first;
    }
  }
  return settled;
}

uint64_t cspan_batch_unsettled(const batch *b, uint64_t target) {
  uint64_t count = target > b->taken ? target - b->taken : 0;
  for (size_t i = 0; i < b->started; i++) {
    const batch_worker *w = &b->workers[i];
    if (w->first < target) {
      uint64_t before = target - w->first;
      count += before < w->spans ? before : w->spans;
    }
  }
  return count;
}

/* A request as it was built: spans of the queue, and where some were lost one
 * more that tells it. */
typedef struct request_content {
  size_t spans;
  size_t reports;
  bool is_built;
  bool has_drops; /* it answers for the report, also where that could not be written */
} request_content;

/* The resource counts for the size of a request, but never keeps a span from going. */
static size_t room_for_spans(const cspan_encoded_resource *resource) {
  return resource->size_bytes < REQUEST_BYTES_MAX ? REQUEST_BYTES_MAX - resource->size_bytes : 0;
}

/* Open chunks are taken where the others do not fill a request; and now and then, as a thread
 * that ends few spans might never fill its chunk. */
static void close_queue(batch *b) {
  int64_t now = cspan_now_ns();
  if (b->queue.closed < b->options.max_export_batch_size ||
      now - b->closed_ns >= b->options.schedule_delay_ms * 1000000) {
    cspan_queue_close(&b->queue);
    b->closed_ns = now;
  }
}

/* Takes spans from the queue into a request; without the lock while bytes are copied. */
static request_content build_request(batch_worker *w) {
  batch *b = w->owner;
  cspan_request *request = &w->request;
  close_queue(b);
  cspan_queue_view view = cspan_queue_snapshot(&b->queue);
  const cspan_encoded_resource resource = b->resource;
  request_content content = {.has_drops = cspan_drop_report_take(&b->drops)};
  b->is_building = true;
  pthread_mutex_unlock(&b->lock);
  size_t runs;
  content.spans = cspan_queue_read(&view, request->runs, b->options.max_export_batch_size,
                                   room_for_spans(&resource), &runs);
  content.reports = content.has_drops && cspan_drop_report_write(&b->drops, &request->runs[runs]);
  runs += content.reports;
  content.is_built = runs > 0 && cspan_request_build(request, &resource, runs);
  pthread_mutex_lock(&b->lock);
  b->is_building = false;
  cspan_queue_drop(&b->queue, &view, content.spans);
  cspan_queue_account(&b->queue);
  w->first = b->taken;
  w->spans = content.spans;
  b->taken += content.spans;
  if (b->queue.count > 0) {
    cspan_batch_wake(b);
  }
  return content;
}

static cspan_status send_request(batch_worker *w, const request_content *content, size_t *rejected,
                                 cspan_error **error) {
  const batch *b = w->owner;
  if (!content->is_built) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for an export request");
  }
  cspan_context context = {.cancel = b->cancel};
  context = cspan_context_with_timeout(&context, b->options.export_timeout_ms);
  cspan_export_batch data = {.request = w->request.data,
                             .request_size_bytes = w->request.len,
                             .span_count = content->spans + content->reports};
  return b->exporter->vtable->export_spans(b->exporter->self, &context, &data, rejected, error);
}

void cspan_batch_log_full(const batch *b, uint64_t count) {
  if (count > 0) {
    cspan_log(CSPAN_LOG_WARN,
              "batch span processor: %llu spans were dropped because the queue of %zu was full; "
              "raise OTEL_BSP_MAX_QUEUE_SIZE or look at the receiver",
              (unsigned long long)count, b->options.max_queue_size);
  }
}

/* Counts what became of a request, whose report may have been refused as well. */
static void settle(batch *b, const request_content *content, size_t lost, size_t rejected,
                   cspan_status status) {
  b->last_failed = status != CSPAN_OK;
  if (content->has_drops) {
    cspan_drop_report_done(&b->drops, content->reports > 0 && status == CSPAN_OK &&
                                          rejected < content->spans + content->reports);
  }
  cspan_drop_report_add(&b->drops, 0, lost);
}

void cspan_batch_export(batch_worker *w) {
  batch *b = w->owner;
  request_content content = build_request(w);
  size_t count = content.spans;
  pthread_mutex_unlock(&b->lock);
  size_t rejected = 0;
  cspan_error *failure = NULL;
  cspan_status status = send_request(w, &content, &rejected, &failure);
  size_t lost = status != CSPAN_OK || rejected > count ? count : rejected;
  pthread_mutex_lock(&b->lock);
  char message[256] = "";
  if (lost > 0 && cspan_loss_failure_due(&b->loss)) {
    snprintf(message, sizeof message, "%s",
             status != CSPAN_OK ? cspan_error_message(failure) : "the receiver refused some");
  }
  settle(b, &content, lost, rejected, status);
  cspan_loss_exported(&b->loss, count, rejected, status, failure);
  uint64_t full = b->queue.count == 0 ? cspan_loss_full_due(&b->loss, false) : 0;
  pthread_mutex_unlock(&b->lock);
  cspan_batch_log_full(b, full);
  if (message[0] != '\0') {
    cspan_log(CSPAN_LOG_WARN, "batch span processor: of %zu spans %zu were not exported: %s", count,
              lost, message);
  }
  pthread_mutex_lock(&b->lock);
  w->spans = 0;
}

void cspan_batch_give_up(batch *b, cspan_status status, const char *why) {
  cspan_error *failure = NULL;
  cspan_error_set(&failure, status, "%s", why);
  cspan_queue_close(&b->queue);
  cspan_loss_exported(&b->loss, b->queue.count, 0, status, failure);
  b->taken += b->queue.count;
  cspan_queue_clear(&b->queue);
}
