/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/kept_requests.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"

#define MAX_KEPT ((size_t)256 << 20)

struct cspan_kept_requests {
  const cspan_decode_signal *signal;
  const char *reset;
  pthread_mutex_t lock;
  cspan_buf requests;
};

cspan_kept_requests *cspan_kept_create(const cspan_decode_signal *signal, const char *reset) {
  cspan_kept_requests *kept = cspan_calloc(1, sizeof *kept);
  if (!kept) {
    return NULL;
  }
  if (pthread_mutex_init(&kept->lock, NULL) != 0) {
    cspan_free(kept);
    return NULL;
  }
  kept->signal = signal;
  kept->reset = reset;
  cspan_buf_init(&kept->requests, MAX_KEPT);
  return kept;
}

void cspan_kept_free(void *self) {
  cspan_kept_requests *kept = self;
  cspan_buf_free(&kept->requests);
  pthread_mutex_destroy(&kept->lock);
  cspan_free(kept);
}

cspan_status cspan_kept_add(cspan_kept_requests *kept, const uint8_t *request, size_t size,
                            cspan_error **error) {
  pthread_mutex_lock(&kept->lock);
  cspan_status status = cspan_buf_append(&kept->requests, request, size);
  kept->requests.status = CSPAN_OK; /* what was kept before stays readable */
  pthread_mutex_unlock(&kept->lock);
  if (status == CSPAN_ERR_LIMIT) {
    return cspan_error_set(error, status, "the memory exporter is full: call %s()", kept->reset);
  }
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "out of memory while keeping exported %s",
                               kept->signal->items);
}

void *cspan_kept_list(cspan_kept_requests *kept) {
  void *list = NULL;
  cspan_error *error = NULL;
  pthread_mutex_lock(&kept->lock);
  cspan_status status =
      cspan_decode_request(kept->signal, (const uint8_t *)cspan_buf_text(&kept->requests),
                           kept->requests.len, &list, &error);
  pthread_mutex_unlock(&kept->lock);
  if (status != CSPAN_OK) {
    cspan_log(CSPAN_LOG_ERROR, "the memory exporter's %s: %s", kept->signal->items,
              cspan_error_message(error));
  }
  cspan_error_free(error);
  return list;
}

void cspan_kept_clear(cspan_kept_requests *kept) {
  pthread_mutex_lock(&kept->lock);
  cspan_buf_free(&kept->requests);
  pthread_mutex_unlock(&kept->lock);
}
