/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what is exported, for tests. Requests joined together are one request again, by the rules
 * of protobuf: so the bytes are all that is kept. */
#include <pthread.h>

#include <cloudspan/ext/metrics.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"

#define MAX_KEPT ((size_t)256 << 20)

typedef struct memory_exporter {
  pthread_mutex_t lock;
  cspan_buf requests;
} memory_exporter;

static cspan_status memory_export(void *self, const cspan_context *context,
                                  const cspan_metric_batch *batch, size_t *rejected_points,
                                  cspan_error **error) {
  memory_exporter *memory = self;
  (void)context;
  *rejected_points = 0;
  pthread_mutex_lock(&memory->lock);
  cspan_status status =
      cspan_buf_append(&memory->requests, batch->request, batch->request_size_bytes);
  memory->requests.status = CSPAN_OK; /* what was kept before stays readable */
  pthread_mutex_unlock(&memory->lock);
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, status,
                         status == CSPAN_ERR_LIMIT
                             ? "the memory exporter is full: call cspan_memory_metrics_reset()"
                             : "out of memory while keeping exported metrics");
}

static void memory_free(void *self) {
  memory_exporter *memory = self;
  cspan_buf_free(&memory->requests);
  pthread_mutex_destroy(&memory->lock);
  cspan_free(memory);
}

static const cspan_metric_exporter_vtable memory_vtable = {
    .size = sizeof memory_vtable,
    .export_metrics = memory_export,
    .free = memory_free,
};

cspan_metric_exporter *cspan_metric_exporter_memory(void) {
  memory_exporter *memory = cspan_calloc(1, sizeof *memory);
  if (memory == NULL) {
    return NULL;
  }
  pthread_mutex_init(&memory->lock, NULL);
  cspan_buf_init(&memory->requests, MAX_KEPT);
  return cspan_metric_exporter_create(&memory_vtable, memory);
}

static memory_exporter *memory_of(const cspan_metric_exporter *exporter) {
  return exporter != NULL && exporter->vtable == &memory_vtable ? exporter->self : NULL;
}

cspan_metric_list *cspan_memory_metrics(const cspan_metric_exporter *memory_exporter_) {
  memory_exporter *memory = memory_of(memory_exporter_);
  cspan_metric_list *list = NULL;
  cspan_error *error = NULL;
  if (memory == NULL) {
    return NULL;
  }
  pthread_mutex_lock(&memory->lock);
  cspan_status status = cspan_metric_list_decode((const uint8_t *)cspan_buf_text(&memory->requests),
                                                 memory->requests.len, &list, &error);
  pthread_mutex_unlock(&memory->lock);
  if (status != CSPAN_OK) {
    cspan_log(CSPAN_LOG_ERROR, "the memory exporter's metrics: %s", cspan_error_message(error));
  }
  cspan_error_free(error);
  return list;
}

void cspan_memory_metrics_reset(cspan_metric_exporter *memory_exporter_) {
  memory_exporter *memory = memory_of(memory_exporter_);
  if (memory != NULL) {
    pthread_mutex_lock(&memory->lock);
    cspan_buf_free(&memory->requests);
    pthread_mutex_unlock(&memory->lock);
  }
}
