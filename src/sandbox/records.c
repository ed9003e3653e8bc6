/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/records.h"

#include <pthread.h>

#include "base/alloc.h"

enum { KEPT = 4096 };

struct sbx_records {
  pthread_mutex_t mutex;
  size_t total;
  cspan_sandbox_record ring[KEPT];
};

sbx_records *cspan_sbx_records_new(void) {
  sbx_records *records = cspan_malloc(sizeof *records);
  if (records && pthread_mutex_init(&records->mutex, NULL) != 0) {
    cspan_free(records);
    return NULL;
  }
  if (records) {
    records->total = 0;
  }
  return records;
}

void cspan_sbx_records_free(sbx_records *records) {
  if (records) {
    pthread_mutex_destroy(&records->mutex);
    cspan_free(records);
  }
}

void cspan_sbx_records_add(sbx_records *records, const cspan_sandbox_record *record) {
  pthread_mutex_lock(&records->mutex);
  records->ring[records->total % KEPT] = *record;
  records->total++;
  pthread_mutex_unlock(&records->mutex);
}

size_t cspan_sbx_records_total(sbx_records *records) {
  pthread_mutex_lock(&records->mutex);
  size_t total = records->total;
  pthread_mutex_unlock(&records->mutex);
  return total;
}

bool cspan_sbx_records_at(sbx_records *records, size_t index, cspan_sandbox_record *out) {
  pthread_mutex_lock(&records->mutex);
  size_t kept = records->total < KEPT ? records->total : KEPT;
  size_t first = records->total - kept;
  bool found = index < kept;
  if (found) {
    *out = records->ring[(first + index) % KEPT];
  }
  pthread_mutex_unlock(&records->mutex);
  return found;
}
