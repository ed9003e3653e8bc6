/* SPDX-License-Identifier: Apache-2.0 */
/* A spool with every allocation failing in turn, on the caller's thread and on its own: what an
 * export has taken arrives, the rest is told, nothing leaks. */
#include "support/fail_alloc.h"
#include "unit/telemetry/spool_fixture.h"

enum { BATCHES = 6, MOST_ALLOCATIONS = 2000, WORKER_ALLOCATIONS = 60 };

static const cspan_spool_options options = {
    .write_after_ms = FOREVER_MS, .retry_initial_ms = 1, .retry_max_ms = 2};

static void assert_told(cspan_status status, cspan_error **error) {
  if (status != CSPAN_OK) {
    assert_non_null(*error);
    assert_true(strlen(cspan_error_message(*error)) > 0);
  } else {
    assert_null(*error);
  }
  cspan_error_free(*error);
  *error = NULL;
}

/* An exporter whose sends arm the failure on the thread that makes them. */
static size_t arm_in_worker;

static cspan_status arming_export(void *self, const cspan_context *context,
                                  const cspan_export_batch *batch, size_t *rejected,
                                  cspan_error **error) {
  cspan_status status = fake_export(self, context, batch, rejected, error);
  if (arm_in_worker > 0) {
    fail_alloc_arm(arm_in_worker, false);
    arm_in_worker = 0;
  }
  return status;
}

static cspan_span_exporter *arming_create(fake_receiver *receiver) {
  static const cspan_exporter_vtable vtable = {
      .size = sizeof vtable, .export_spans = arming_export, .free = fake_free};
  cspan_exporter_free(fake_create(receiver)); /* for its locks */
  receiver->has_gone = false;
  return cspan_exporter_create(&vtable, receiver);
}

static cspan_status open_spool(spool_fixture *f, cspan_error **error) {
  cspan_spool_options all = options;
  all.folder = f->folder;
  return cspan_exporter_spool(&all, arming_create(&f->receiver), &f->exporter, error);
}

/* What is left arrives, with memory enough. `taken` are the batches that were accepted. */
static void check_all(spool_fixture *f, const bool taken[BATCHES]) {
  fake_set(&f->receiver, CSPAN_OK, false);
  assert_int_equal(open_spool(f, NULL), CSPAN_OK);
  assert_drained(f);
  spool_close(f);
  for (uint32_t id = 0; id < BATCHES; id++) {
    size_t count = 0;
    for (size_t i = 0; i < f->receiver.count; i++) {
      count += f->receiver.ids[i] == id ? 1 : 0;
    }
    assert_true(count <= 1);
    assert_true(count == 1 || !taken[id]);
  }
}

static void run(spool_fixture *f, size_t on_caller, bool *met) {
  bool taken[BATCHES] = {false};
  cspan_error *error = NULL;
  cspan_span_exporter *next = arming_create(&f->receiver);
  cspan_spool_options all = options;
  all.folder = f->folder;
  f->receiver.count = 0;
  fake_set(&f->receiver, CSPAN_ERR_CONNECT, false);
  if (on_caller > 0) {
    fail_alloc_arm(on_caller, false);
  }
  cspan_status status = cspan_exporter_spool(&all, next, &f->exporter, &error);
  assert_told(status, &error);
  for (uint32_t id = 0; id < BATCHES && f->exporter != NULL; id++) {
    fake_set(&f->receiver, id == 3 ? CSPAN_OK : CSPAN_ERR_CONNECT, false);
    status = spool_export_one(f, id, 500, &error);
    taken[id] = status == CSPAN_OK;
    assert_told(status, &error);
    status = spool_flush(f, FOREVER_MS, &error);
    assert_told(status, &error);
  }
  if (f->exporter != NULL) {
    spool_close(f);
  }
  *met = fail_alloc_disarm();
  assert_true(f->receiver.has_gone);
  check_all(f, taken);
}

static void test_caller(void **state) {
  (void)state;
  spool_fixture f = {.folder = ""};
  bool met = true;
  make_folder(f.folder);
  run(&f, 0, &met);
  long before = fail_alloc_outstanding();
  met = true;
  for (size_t n = 1; met; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    run(&f, n, &met);
    assert_int_equal(fail_alloc_outstanding(), before);
  }
  remove_folder(f.folder);
}

static void test_worker(void **state) {
  (void)state;
  spool_fixture f = {.folder = ""};
  bool met;
  make_folder(f.folder);
  for (size_t n = 1; n < WORKER_ALLOCATIONS; n++) {
    long before = fail_alloc_outstanding();
    arm_in_worker = n;
    run(&f, 0, &met);
    assert_int_equal(fail_alloc_outstanding(), before);
  }
  remove_folder(f.folder);
}

static int set_up(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_caller), cmocka_unit_test(test_worker)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
