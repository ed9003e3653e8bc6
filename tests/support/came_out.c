/* SPDX-License-Identifier: Apache-2.0 */
#include "support/came_out.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { AROUND = 80 };

static struct {
  pthread_mutex_t mutex;
  char *data;
  size_t len;
  size_t batches;
} heap = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* What comes later is not taken for the end of what came before. */
static void keep(const void *data, size_t len, size_t batches) {
  (void)pthread_mutex_lock(&heap.mutex);
  heap.data = realloc(heap.data, heap.len + len + 1);
  if (heap.data == NULL) {
    abort();
  }
  memcpy(heap.data + heap.len, data, len);
  heap.data[heap.len + len] = '\n';
  heap.len += len + 1;
  heap.batches += batches;
  (void)pthread_mutex_unlock(&heap.mutex);
}

void came_out_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  keep(message, strlen(message), 0);
}

void came_out_error(cspan_error *error) {
  assert_non_null(error);
  keep(cspan_error_code(error), strlen(cspan_error_code(error)), 0);
  keep(cspan_error_message(error), strlen(cspan_error_message(error)), 0);
  cspan_error_free(error);
}

static cspan_status export_spans(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  (void)self;
  (void)context;
  (void)rejected;
  (void)error;
  keep(batch->request, batch->request_size_bytes, 1);
  return CSPAN_OK;
}

static cspan_status export_metrics(void *self, const cspan_context *context,
                                   const cspan_metric_batch *batch, size_t *rejected,
                                   cspan_error **error) {
  (void)self;
  (void)context;
  (void)rejected;
  (void)error;
  keep(batch->request, batch->request_size_bytes, 0);
  return CSPAN_OK;
}

const cspan_exporter_vtable came_out_spans = {.size = sizeof came_out_spans,
                                              .export_spans = export_spans};
const cspan_metric_exporter_vtable came_out_metrics = {.size = sizeof came_out_metrics,
                                                       .export_metrics = export_metrics};

/* With the mutex; NULL: it is not there. */
static const char *find(const char *text) {
  return heap.len > 0 ? memmem(heap.data, heap.len, text, strlen(text)) : NULL;
}

size_t came_out_batches(void) {
  (void)pthread_mutex_lock(&heap.mutex);
  size_t batches = heap.batches;
  (void)pthread_mutex_unlock(&heap.mutex);
  return batches;
}

bool came_out_anything(void) {
  (void)pthread_mutex_lock(&heap.mutex);
  bool any = heap.len > 0;
  (void)pthread_mutex_unlock(&heap.mutex);
  return any;
}

bool came_out_has(const char *text) {
  (void)pthread_mutex_lock(&heap.mutex);
  bool has = find(text) != NULL;
  (void)pthread_mutex_unlock(&heap.mutex);
  return has;
}

void came_out_must_not_have(const char *text, const char *when) {
  char around[3 * AROUND] = "";
  (void)pthread_mutex_lock(&heap.mutex);
  const char *at = find(text);
  if (at != NULL) {
    size_t before = at - heap.data < AROUND ? (size_t)(at - heap.data) : AROUND;
    size_t after = (size_t)(heap.data + heap.len - at);
    after = after < AROUND ? after : AROUND;
    for (size_t i = 0; i < before + after; i++) { /* exports are binary */
      unsigned char byte = (unsigned char)(at - before)[i];
      around[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
    }
  }
  (void)pthread_mutex_unlock(&heap.mutex);
  if (at != NULL) {
    fail_msg("%s: \"%s\" came out: %s", when, text, around);
  }
}

void came_out_clear(void) {
  (void)pthread_mutex_lock(&heap.mutex);
  heap.len = 0;
  (void)pthread_mutex_unlock(&heap.mutex);
}

void came_out_forget(void) {
  (void)pthread_mutex_lock(&heap.mutex);
  free(heap.data);
  heap.data = NULL;
  heap.len = 0;
  heap.batches = 0;
  (void)pthread_mutex_unlock(&heap.mutex);
}
