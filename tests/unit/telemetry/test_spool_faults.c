/* SPDX-License-Identifier: Apache-2.0 */
/* A spool and its system: when it syncs, and where that fails it: the clock is set back, files can
 * be neither marked nor removed, the folder is slow. The calls of the system stand in front of libc's here. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

#include "unit/telemetry/spool_fixture.h"

static _Atomic(time_t) clock_offset_s;

int clock_gettime(clockid_t id, struct timespec *now) {
  int rc = (int)syscall(SYS_clock_gettime, id, now);
  if (rc == 0 && id == CLOCK_REALTIME) {
    now->tv_sec += atomic_load(&clock_offset_s);
  }
  return rc;
}

static atomic_bool removals_fail;

int unlinkat(int folder, const char *name, int flags) {
  if (atomic_load(&removals_fail)) {
    errno = EACCES;
    return -1;
  }
  return (int)syscall(SYS_unlinkat, folder, name, flags);
}

static atomic_uint syncs;      /* fsync(): of files that are complete, and of the folder */
static atomic_uint data_syncs; /* fdatasync(): of batches */
static atomic_bool data_syncs_fail;

int fsync(int fd) {
  atomic_fetch_add(&syncs, 1);
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  atomic_fetch_add(&data_syncs, 1);
  if (atomic_load(&data_syncs_fail)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fdatasync, fd);
}

/* The next listing of a folder waits for the gate. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
typedef enum gate_state { GATE_OPEN, GATE_SET, GATE_REACHED } gate_state;
static gate_state gate;

DIR *fdopendir(int fd) {
  DIR *(*real)(int);
  void *symbol = dlsym(RTLD_NEXT, "fdopendir");
  memcpy(&real, &symbol, sizeof real);
  pthread_mutex_lock(&gate_lock);
  if (gate == GATE_SET) {
    gate = GATE_REACHED;
    pthread_cond_broadcast(&gate_changed);
    while (gate == GATE_REACHED) {
      pthread_cond_wait(&gate_changed, &gate_lock);
    }
  }
  pthread_mutex_unlock(&gate_lock);
  return real(fd);
}

static void set_gate(gate_state to) {
  pthread_mutex_lock(&gate_lock);
  gate = to;
  pthread_cond_broadcast(&gate_changed);
  pthread_mutex_unlock(&gate_lock);
}

static void await_gate(void) {
  pthread_mutex_lock(&gate_lock);
  while (gate != GATE_REACHED) {
    pthread_cond_wait(&gate_changed, &gate_lock);
  }
  pthread_mutex_unlock(&gate_lock);
}

/* ------------------------------------------------------------------------- sync */

/* The times of fsync() are those that the option says: the folder for each new file, and the file
 * when it is complete. */
static void test_syncs(void **state) {
  (void)state;
  static const struct {
    cspan_spool_sync sync;
    unsigned per_file;
    unsigned per_batch;
  } cases[] = {{CSPAN_SPOOL_SYNC_NEVER, 0, 0},
               {CSPAN_SPOOL_SYNC_SEGMENT, 2, 0},
               {CSPAN_SPOOL_SYNC_BATCH, 1, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    spool_fixture f;
    cspan_spool_options options = patient_spool;
    options.max_size_bytes = 64 << 10;
    options.sync = cases[i].sync;
    atomic_store(&syncs, 0);
    atomic_store(&data_syncs, 0);
    spool_open(&f, &options);
    fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
    for (uint32_t id = 0; id < 40; id++) {
      spool_export_some(&f, id, id + 1, 1000);
      assert_int_equal(atomic_load(&data_syncs), (id + 1) * cases[i].per_batch);
    }
    unsigned files = (unsigned)count_files(f.folder, NULL);
    assert_true(files > 1);
    unsigned complete = cases[i].per_file == 2 ? files - 1 : 0;
    assert_int_equal(atomic_load(&syncs), (cases[i].per_file > 0 ? files : 0) + complete);
    spool_close(&f);
    spool_reopen(&f, &options);
    fake_set(&f.receiver, CSPAN_OK, false);
    assert_drained(&f);
    assert_received(&f, 0, 40);
    spool_end(&f);
  }
}

/* What is not on the disk is not accepted, and not sent. */
static void test_sync_fails(void **state) {
  (void)state;
  spool_fixture f;
  cspan_error *error = NULL;
  cspan_spool_options options = patient_spool;
  options.sync = CSPAN_SPOOL_SYNC_BATCH;
  spool_open(&f, &options);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 1, 100);
  atomic_store(&data_syncs_fail, true);
  assert_int_equal(spool_export_one(&f, 1, 100, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "cannot write to /tmp/cspan-spool-"));
  cspan_error_free(error);
  atomic_store(&data_syncs_fail, false);
  spool_export_some(&f, 2, 3, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_int_equal(f.receiver.count, 2);
  assert_int_equal(f.receiver.ids[1], 2);
  spool_end(&f);
}

/* ------------------------------------------------------------------------ clock */

/* The oldest go all the same, and the newest are kept, in order. */
static void test_clock_set_back(void **state) {
  (void)state;
  spool_fixture f;
  spool_open_small(&f, 64 << 10);
  for (uint32_t id = 0; id < 200; id += 20) {
    spool_export_some(&f, id, id + 20, 1000);
    atomic_fetch_sub(&clock_offset_s, 3600);
  }
  atomic_store(&clock_offset_s, 0);
  cspan_spool_stats stats = spool_stats(&f);
  assert_true(stats.dropped > 0);
  assert_int_equal(stats.dropped + stats.kept_spans, 200 * BATCH_SPANS);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_LIMIT, "raise max_size_bytes");
  assert_received(&f, (uint32_t)(stats.dropped / BATCH_SPANS), 200);
  spool_end(&f);
}

/* ------------------------------------------------------------------------ marks */

/* This process's descriptor of a file. */
static int descriptor_of(const char *path) {
  char link[64];
  char target[400];
  for (int fd = 3; fd < 1024; fd++) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, target, sizeof target - 1);
    target[len > 0 ? len : 0] = '\0';
    if (strcmp(target, path) == 0) {
      return fd;
    }
  }
  fail_msg("%s is not open", path);
  return -1;
}

/* The spool's descriptor becomes one that cannot be written to. */
static void make_unwritable(const char *path) {
  int fd = descriptor_of(path);
  int readable = open(path, O_RDONLY | O_CLOEXEC);
  assert_int_equal(dup3(readable, fd, O_CLOEXEC), fd);
  close(readable);
}

/* A program that is started by this one must not keep the file's lock. */
static void test_not_inherited(void **state) {
  (void)state;
  spool_fixture f;
  char name[256];
  char path[400];
  for (int i = 0; i < 2; i++) { /* as it is made, and as it is taken over */
    spool_open(&f, &patient_spool);
    fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
    spool_export_some(&f, 0, 1, 100);
    if (i == 1) {
      spool_close(&f);
      spool_reopen(&f, &patient_spool);
      assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_CONNECT, "10 spans in 1 batch kept");
    }
    count_files(f.folder, name);
    snprintf(path, sizeof path, "%s/%s", f.folder, name);
    assert_int_equal(fcntl(descriptor_of(path), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(descriptor_of(f.folder), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    spool_end(&f);
  }
}

/* What cannot be marked as sent is still counted once, and none behind it is forgotten. */
static void unmarked(bool is_on_its_way) {
  spool_fixture f;
  char name[256];
  char path[400];
  cspan_spool_options options = patient_spool;
  options.write_after_ms = is_on_its_way ? 1 : FOREVER_MS;
  spool_open(&f, &options);
  fake_set(&f.receiver, is_on_its_way ? CSPAN_OK : CSPAN_ERR_CONNECT, is_on_its_way);
  spool_export_some(&f, 0, 3, 100);
  assert_int_equal(count_files(f.folder, name), 1);
  snprintf(path, sizeof path, "%s/%s", f.folder, name);
  make_unwritable(path);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  bool seen[3] = {false};
  for (size_t i = 0; i < f.receiver.count; i++) {
    seen[f.receiver.ids[i]] = true;
  }
  assert_true(seen[0] && seen[1] && seen[2]);
  assert_true(f.receiver.count <= (is_on_its_way ? 4 : 3)); /* the one may come a second time */
  cspan_spool_stats stats = spool_stats(&f);
  assert_int_equal(stats.kept_spans + stats.kept_batches + stats.kept_bytes, 0);
  assert_int_equal(stats.damaged + stats.damaged_places, 0);
  spool_end(&f);
}

static void test_unmarked(void **state) {
  (void)state;
  unmarked(false);
  unmarked(true);
}

/* -------------------------------------------------------------------- removals */

/* A flush says why files stay; what is sent is not sent again. */
static void test_cannot_be_removed(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 3, 100);
  spool_close(&f);
  spool_reopen(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_OK, false);
  atomic_store(&removals_fail, true);
  for (int i = 0; i < 3; i++) {
    assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_IO, "cannot remove /tmp/cspan-spool-");
  }
  assert_received(&f, 0, 3);
  spool_export_some(&f, 3, 4, 100); /* the receiver is there */
  assert_int_equal(spool_stats(&f).direct, BATCH_SPANS);
  atomic_store(&removals_fail, false);
  assert_drained(&f);
  assert_received(&f, 0, 4);
  spool_end(&f);
}

/* Where the oldest cannot be removed there is no room; they are not counted as dropped. */
static void test_no_room_without_removals(void **state) {
  (void)state;
  spool_fixture f;
  cspan_error *error = NULL;
  spool_open_small(&f, 64 << 10);
  spool_export_some(&f, 0, 40, 1000);
  atomic_store(&removals_fail, true);
  assert_int_equal(spool_export_one(&f, 40, 40000, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "cannot remove /tmp/cspan-spool-"));
  cspan_error_free(error);
  atomic_store(&removals_fail, false);
  assert_int_equal(spool_stats(&f).dropped, 0);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_int_equal(f.receiver.count, 40);
  spool_end(&f);
}

/* --------------------------------------------------------------- a slow folder */

static void *flush_forever(void *arg) {
  spool_fixture *f = arg;
  assert_int_equal(spool_flush(f, FOREVER_MS, NULL), CSPAN_OK);
  return NULL;
}

/* While a thread looks for what was left behind, a batch that is on its way is written: it is not
 * sent from disk as well. */
static void test_written_while_looking(void **state) {
  (void)state;
  spool_fixture f;
  pthread_t thread;
  cspan_spool_options options = patient_spool;
  memset(&f, 0, sizeof f);
  make_folder(f.folder);
  f.receiver.is_concurrent = true;
  options.write_after_ms = 1;
  spool_reopen(&f, &options);
  fake_set(&f.receiver, CSPAN_OK, true);
  set_gate(GATE_SET);
  assert_int_equal(pthread_create(&thread, NULL, flush_forever, &f), 0);
  await_gate();
  spool_export_some(&f, 0, 1, 100);
  assert_int_equal(spool_stats(&f).kept_batches, 1);
  set_gate(GATE_OPEN);
  assert_flush_fails(&f, 50, CSPAN_ERR_TIMEOUT, "10 spans in 1 batch kept");
  fake_set(&f.receiver, CSPAN_OK, false);
  pthread_join(thread, NULL);
  assert_drained(&f);
  assert_received(&f, 0, 1);
  assert_int_equal(spool_stats(&f).sent, BATCH_SPANS);
  spool_end(&f);
}

/* ----------------------------------------------------------------------- times */

/* The longest times there are do not overflow into none at all. */
static void test_longest_times(void **state) {
  (void)state;
  spool_fixture f;
  cspan_spool_options options = {
      .write_after_ms = INT64_MAX, .retry_initial_ms = INT64_MAX, .retry_max_ms = INT64_MAX};
  spool_open(&f, &options);
  spool_export_some(&f, 0, 1, 100);
  assert_int_equal(spool_stats(&f).direct, BATCH_SPANS);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 1, 3, 100);
  assert_int_equal(f.receiver.asked, 2);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_received(&f, 0, 3);
  spool_end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_syncs),
      cmocka_unit_test(test_sync_fails),
      cmocka_unit_test(test_not_inherited),
      cmocka_unit_test(test_clock_set_back),
      cmocka_unit_test(test_unmarked),
      cmocka_unit_test(test_cannot_be_removed),
      cmocka_unit_test(test_no_room_without_removals),
      cmocka_unit_test(test_written_while_looking),
      cmocka_unit_test(test_longest_times),
  };
  alarm(120);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
