/* SPDX-License-Identifier: Apache-2.0 */
/* A spool in a folder of its own, before a receiver that the test holds by the hand. Batches are
 * a number and filling: the spool looks at no byte of them. */
#ifndef UNIT_SPOOL_FIXTURE_H
#define UNIT_SPOOL_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/spool.h>

#include "base/error.h"
#include "telemetry/core.h"

enum { MOST_BATCHES = 4096, BATCH_SPANS = 10, FOREVER_MS = 60000, BATCH_BYTES_MAX = 65536 };

typedef struct fake_receiver {
  bool is_ready;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  cspan_status status; /* its answer */
  bool is_retryable;
  bool is_silent; /* until that changes, or the send is cancelled */
  size_t rejects;
  int64_t retry_after_ms;
  bool is_concurrent;
  size_t inside;
  size_t most_inside;
  size_t asked; /* sends, whatever their outcome */
  size_t flushes;
  bool takes_signals; /* on a thread that was asked to send */
  bool is_traced;
  bool has_gone;
  bool is_shut_down;
  cspan_meter_provider *meters;
  uint32_t ids[MOST_BATCHES]; /* accepted, in order */
  size_t count;
  int log_fd; /* accepted ones as bytes, for other processes; 0: none */
} fake_receiver;

static cspan_status fake_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  fake_receiver *r = self;
  uint32_t id;
  pthread_mutex_lock(&r->lock);
  r->asked++;
  r->inside++;
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  r->takes_signals = r->takes_signals || sigismember(&blocked, SIGTERM) == 0;
  r->is_traced = r->is_traced || cspan_thread.suppressed == 0;
  r->most_inside = r->inside > r->most_inside ? r->inside : r->most_inside;
  pthread_cond_broadcast(&r->changed);
  cspan_status status = CSPAN_OK;
  while (r->is_silent && status == CSPAN_OK) {
    status = r->is_shut_down ? CSPAN_ERR_SHUTDOWN : cspan_context_status(context);
    pthread_mutex_unlock(&r->lock);
    usleep(500);
    pthread_mutex_lock(&r->lock);
  }
  status = status != CSPAN_OK ? status : r->status;
  assert_true(batch->request_size_bytes >= sizeof id);
  assert_int_equal(batch->span_count, BATCH_SPANS);
  memcpy(&id, batch->request, sizeof id);
  if (status == CSPAN_OK) {
    assert_true(r->count < MOST_BATCHES);
    r->ids[r->count++] = id;
    *rejected = r->rejects;
    if (r->log_fd > 0) {
      assert_int_equal(write(r->log_fd, &id, sizeof id), sizeof id);
    }
  }
  r->inside--;
  cspan_error_info info = {
      .status = status, .retryable = r->is_retryable, .retry_after_ms = r->retry_after_ms};
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
  if (status != CSPAN_OK) {
    cspan_error_set_info(error, &info, "the receiver said so");
  }
  return status;
}

static cspan_status fake_flush(void *self, const cspan_context *context, cspan_error **error) {
  fake_receiver *r = self;
  (void)context;
  (void)error;
  pthread_mutex_lock(&r->lock);
  r->flushes++;
  pthread_mutex_unlock(&r->lock);
  return CSPAN_OK;
}

static void fake_shutdown(void *self) {
  fake_receiver *r = self;
  pthread_mutex_lock(&r->lock);
  r->is_shut_down = true;
  pthread_mutex_unlock(&r->lock);
}

static void fake_free(void *self) {
  fake_receiver *r = self;
  r->has_gone = true;
}

static void fake_meters(void *self, cspan_meter_provider *meters) {
  fake_receiver *r = self;
  r->meters = meters;
}

static inline cspan_span_exporter *fake_create(fake_receiver *r) {
  static const cspan_exporter_vtable one = {.size = sizeof one,
                                            .export_spans = fake_export,
                                            .force_flush = fake_flush,
                                            .shutdown = fake_shutdown,
                                            .free = fake_free,
                                            .set_meter_provider = fake_meters};
  static const cspan_exporter_vtable several = {.size = sizeof several,
                                                .export_spans = fake_export,
                                                .force_flush = fake_flush,
                                                .shutdown = fake_shutdown,
                                                .free = fake_free,
                                                .is_concurrent = true,
                                                .set_meter_provider = fake_meters};
  if (!r->is_ready) {
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
  }
  r->is_ready = true;
  r->is_shut_down = false;
  r->has_gone = false;
  cspan_span_exporter *exporter = cspan_exporter_create(r->is_concurrent ? &several : &one, r);
  assert_non_null(exporter);
  return exporter;
}

static inline void fake_set(fake_receiver *r, cspan_status status, bool is_silent) {
  pthread_mutex_lock(&r->lock);
  r->status = status;
  r->is_silent = is_silent;
  pthread_mutex_unlock(&r->lock);
}

static inline void fake_await_asked(fake_receiver *r, size_t asked) {
  pthread_mutex_lock(&r->lock);
  while (r->asked < asked) {
    pthread_cond_wait(&r->changed, &r->lock);
  }
  pthread_mutex_unlock(&r->lock);
}

/* --------------------------------------------------------------------- folders */

static inline void make_folder(char path[64]) {
  snprintf(path, 64, "/tmp/cspan-spool-XXXXXX");
  assert_non_null(mkdtemp(path));
}

/* Files in it; the first one's name goes to `name`, which may be NULL. */
static inline size_t count_files(const char *path, char name[256]) {
  size_t count = 0;
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (entry->d_name[0] != '.') {
      if (name != NULL && count == 0) {
        snprintf(name, 256, "%s", entry->d_name);
      }
      count++;
    }
  }
  closedir(folder);
  return count;
}

static inline void remove_folder(const char *path) {
  char name[256];
  char file[400];
  while (count_files(path, name) > 0) {
    snprintf(file, sizeof file, "%s/%s", path, name);
    assert_int_equal(unlink(file), 0);
  }
  assert_int_equal(rmdir(path), 0);
}

/* ----------------------------------------------------------------------- spools */

typedef struct spool_fixture {
  char folder[64];
  fake_receiver receiver;
  cspan_span_exporter *exporter;
} spool_fixture;

/* Tries again at once, and writes only what has failed. */
static const cspan_spool_options quick = {
    .write_after_ms = FOREVER_MS, .retry_initial_ms = 1, .retry_max_ms = 2};
/* Does not try again unless it is asked to. */
static const cspan_spool_options patient_spool = {
    .write_after_ms = FOREVER_MS, .retry_initial_ms = FOREVER_MS, .retry_max_ms = FOREVER_MS};

static inline void spool_reopen(spool_fixture *f, const cspan_spool_options *options) {
  cspan_error *error = NULL;
  cspan_spool_options all = *options;
  all.folder = f->folder;
  if (cspan_exporter_spool(&all, fake_create(&f->receiver), &f->exporter, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

static inline void spool_open(spool_fixture *f, const cspan_spool_options *options) {
  memset(f, 0, sizeof *f);
  make_folder(f->folder);
  spool_reopen(f, options);
}

/* With little room, before a receiver that is away. */
static inline void spool_open_small(spool_fixture *f, uint64_t max_size_bytes) {
  cspan_spool_options options = patient_spool;
  options.max_size_bytes = max_size_bytes;
  spool_open(f, &options);
  fake_set(&f->receiver, CSPAN_ERR_CONNECT, false);
}

static inline void spool_close(spool_fixture *f) {
  cspan_exporter_free(f->exporter);
  f->exporter = NULL;
  assert_true(f->receiver.has_gone);
}

static inline void spool_end(spool_fixture *f) {
  spool_close(f);
  remove_folder(f->folder);
}

static inline cspan_status spool_export_with(cspan_span_exporter *exporter,
                                             const cspan_context *context, uint32_t id, size_t size,
                                             size_t *rejected, cspan_error **error) {
  uint8_t *data = malloc(size);
  memset(data, (int)(id % 251), size);
  memcpy(data, &id, sizeof id);
  cspan_export_batch batch = {
      .request = data, .request_size_bytes = size, .span_count = BATCH_SPANS};
  cspan_status status =
      exporter->vtable->export_spans(exporter->self, context, &batch, rejected, error);
  free(data);
  return status;
}

static inline cspan_status spool_export_one(spool_fixture *f, uint32_t id, size_t size,
                                            cspan_error **error) {
  size_t rejected = 99;
  cspan_status status = spool_export_with(f->exporter, NULL, id, size, &rejected, error);
  assert_int_equal(rejected, 0);
  return status;
}

/* Batches numbered from..to-1, each accepted. */
static inline void spool_export_some(spool_fixture *f, uint32_t from, uint32_t to, size_t size) {
  for (uint32_t id = from; id < to; id++) {
    cspan_error *error = NULL;
    if (spool_export_one(f, id, size, &error) != CSPAN_OK) {
      fail_msg("batch %u: %s", id, cspan_error_message(error));
    }
  }
}

static inline cspan_status spool_flush(spool_fixture *f, int64_t timeout_ms, cspan_error **error) {
  cspan_context context = cspan_context_with_timeout(NULL, timeout_ms);
  return f->exporter->vtable->force_flush(f->exporter->self, &context, error);
}

static inline void assert_drained(spool_fixture *f) {
  cspan_error *error = NULL;
  if (spool_flush(f, FOREVER_MS, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_int_equal(count_files(f->folder, NULL), 0);
}

static inline void assert_flush_fails(spool_fixture *f, int64_t timeout_ms, cspan_status expected,
                                      const char *part) {
  cspan_error *error = NULL;
  assert_int_equal(spool_flush(f, timeout_ms, &error), expected);
  if (strstr(cspan_error_message(error), part) == NULL) {
    fail_msg("'%s' does not say '%s'", cspan_error_message(error), part);
  }
  cspan_error_free(error);
}

static inline cspan_spool_stats spool_stats(const spool_fixture *f) {
  cspan_spool_stats stats = {0};
  assert_true(cspan_spool_stats_get(f->exporter, &stats));
  return stats;
}

/* That the receiver has from..to-1, in that order, and nothing else. */
static inline void assert_received(const spool_fixture *f, uint32_t from, uint32_t to) {
  assert_int_equal(f->receiver.count, to - from);
  for (uint32_t i = 0; i < to - from; i++) {
    assert_int_equal(f->receiver.ids[i], from + i);
  }
}

#endif
