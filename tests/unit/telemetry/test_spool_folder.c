/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a spool: which are refused, the limit on its size, files that are cut off, damaged
 * or cannot be written. */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "unit/telemetry/forked.h"
#include "unit/telemetry/spool_fixture.h"

#include "telemetry/spool/format.h"

/* ------------------------------------------------------------------ what is safe */

static cspan_status try_open(const char *folder, cspan_error **error) {
  static fake_receiver receiver;
  cspan_span_exporter *exporter;
  cspan_spool_options options = {.size = sizeof options, .folder = folder};
  cspan_status status = cspan_exporter_spool(&options, fake_create(&receiver), &exporter, error);
  assert_int_equal(status == CSPAN_OK, exporter != NULL);
  cspan_exporter_free(exporter);
  assert_true(receiver.has_gone); /* also on failure */
  return status;
}

static void assert_refused(const char *folder, cspan_status expected, const char *part) {
  cspan_error *error = NULL;
  assert_int_equal(try_open(folder, &error), expected);
  if (strstr(cspan_error_message(error), part) == NULL) {
    fail_msg("'%s' does not say '%s'", cspan_error_message(error), part);
  }
  cspan_error_free(error);
}

typedef struct mode_case {
  mode_t mode;
  bool is_fine;
} mode_case;

static void test_modes(void **state) {
  (void)state;
  static const mode_case cases[] = {{0700, true},  {0750, true},   {0755, true},
                                    {0770, false}, {0720, false},  {0707, false},
                                    {0702, false}, {01777, false}, {0777, false}};
  char parent[64];
  char folder[80];
  make_folder(parent);
  snprintf(folder, sizeof folder, "%s/spool", parent);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chmod(folder, cases[i].mode), 0);
    if (cases[i].is_fine) {
      assert_int_equal(try_open(folder, NULL), CSPAN_OK);
    } else {
      assert_refused(folder, CSPAN_ERR_CONFIG, "chmod 700");
    }
    assert_int_equal(rmdir(folder), 0);
  }
  assert_int_equal(rmdir(parent), 0);
}

static void test_made(void **state) {
  (void)state;
  char parent[64];
  char folder[96];
  struct stat info;
  make_folder(parent);
  snprintf(folder, sizeof folder, "%s/spool/", parent);
  mode_t before = umask(0);
  assert_int_equal(try_open(folder, NULL), CSPAN_OK);
  umask(before);
  assert_int_equal(stat(folder, &info), 0);
  assert_int_equal(info.st_mode & 07777, 0700);
  assert_int_equal(rmdir(folder), 0);
  snprintf(folder, sizeof folder, "%s/missing/spool", parent);
  assert_refused(folder, CSPAN_ERR_IO, "cannot make the spool folder");
  assert_int_equal(rmdir(parent), 0);
}

static void test_not_a_folder(void **state) {
  (void)state;
  char parent[64];
  char real[80];
  char other[80];
  make_folder(parent);
  snprintf(real, sizeof real, "%s/real", parent);
  snprintf(other, sizeof other, "%s/link", parent);
  assert_int_equal(mkdir(real, 0700), 0);
  assert_int_equal(symlink(real, other), 0);
  assert_refused(other, CSPAN_ERR_CONFIG, "is a symbolic link");
  strcat(other, "/");
  assert_refused(other, CSPAN_ERR_CONFIG, "is a symbolic link");
  assert_int_equal(rmdir(real), 0);
  assert_refused(other, CSPAN_ERR_CONFIG, "is a symbolic link"); /* to nothing */
  other[strlen(other) - 1] = '\0';
  assert_int_equal(unlink(other), 0);
  int fd = open(other, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  close(fd);
  assert_refused(other, CSPAN_ERR_CONFIG, "is no folder");
  assert_int_equal(unlink(other), 0);
  assert_int_equal(rmdir(parent), 0);
  assert_refused(NULL, CSPAN_ERR_INVALID, "there is no default");
  assert_refused("", CSPAN_ERR_INVALID, "there is no default");
}

/* Only root can make a folder of another user; for others the system's are such folders. */
static void test_of_another_user(void **state) {
  (void)state;
  if (geteuid() != 0) {
    assert_refused("/usr", CSPAN_ERR_CONFIG, "belongs to user 0");
    return;
  }
  char folder[64];
  make_folder(folder);
  assert_int_equal(chown(folder, 12345, 12345), 0);
  assert_refused(folder, CSPAN_ERR_CONFIG, "belongs to user 12345, not to user 0");
  assert_int_equal(rmdir(folder), 0);
}

static void test_options(void **state) {
  (void)state;
  static const struct {
    cspan_spool_options options;
    const char *part;
  } cases[] = {
      {{.max_size_bytes = 1}, "max_size_bytes"}, {{.max_size_bytes = 65535}, "at least 65536"},
      {{.sync = (cspan_spool_sync)3}, "sync"},   {{.write_after_ms = -1}, "negative"},
      {{.retry_initial_ms = -1}, "negative"},    {{.retry_max_ms = -1}, "negative"},
  };
  char folder[64];
  make_folder(folder);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fake_receiver receiver = {.count = 0};
    cspan_span_exporter *exporter;
    cspan_error *error = NULL;
    cspan_spool_options options = cases[i].options;
    options.folder = folder;
    assert_int_equal(cspan_exporter_spool(&options, fake_create(&receiver), &exporter, &error),
                     CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), cases[i].part));
    assert_null(exporter);
    assert_true(receiver.has_gone);
    cspan_error_free(error);
    assert_int_equal(cspan_exporter_spool(&options, NULL, &exporter, NULL), CSPAN_ERR_INVALID);
  }
  remove_folder(folder);
}

static void test_files(void **state) {
  (void)state;
  spool_fixture f;
  char name[256];
  char path[400];
  struct stat info;
  mode_t before = umask(0);
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 1, 100);
  umask(before);
  assert_int_equal(count_files(f.folder, name), 1);
  snprintf(path, sizeof path, "%s/%s", f.folder, name);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 07777, 0600);
  assert_int_equal(info.st_size, CSPAN_SPOOL_FILE_HEADER + CSPAN_SPOOL_RECORD_HEADER + 100);
  /* It is locked: no one else takes it. */
  int fd = open(path, O_RDWR | O_CLOEXEC);
  assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
  close(fd);
  spool_end(&f);
}

/* What else is in the folder is left alone: other names, links, folders, another version. */
static void test_strangers(void **state) {
  (void)state;
  static const uint8_t version2[] = {'c', 's', 'p', 'n', 's',  'p',  'l',  '\n',
                                     2,   0,   0,   0,   0xdb, 0xb5, 0x06, 0xd9};
  static const char *const names[] = {"notes.txt", "00000000000000000001-1-0000000000000001.spool",
                                      "00000000000000000002-1-0000000000000001.spool",
                                      "00000000000000000003-1-0000000000000001.spool",
                                      "00000000000000000004-1-0000000000000001.spool"};
  spool_fixture f;
  char path[5][160];
  spool_open(&f, &patient_spool);
  for (size_t i = 0; i < 5; i++) {
    snprintf(path[i], sizeof path[i], "%s/%s", f.folder, names[i]);
  }
  for (size_t i = 0; i < 2; i++) {
    int fd = open(path[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    const void *data = i == 0 ? (const void *)"this is no spool" : version2;
    assert_int_equal(write(fd, data, sizeof version2), sizeof version2);
    close(fd);
  }
  assert_int_equal(symlink(path[0], path[2]), 0);
  assert_int_equal(mkdir(path[3], 0700), 0);
  assert_int_equal(link(path[0], path[4]), 0); /* of two names */
  cspan_error *error = NULL;
  if (spool_flush(&f, FOREVER_MS, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_int_equal(count_files(f.folder, NULL), 5);
  assert_int_equal(f.receiver.asked, 0);
  assert_int_equal(rmdir(path[3]), 0);
  spool_end(&f);
}

/* ------------------------------------------------------------------------- size */

static void test_oldest_dropped(void **state) {
  (void)state;
  enum { ROOM = 128 << 10 };
  spool_fixture f;
  spool_open_small(&f, ROOM);
  spool_export_some(&f, 0, 1000, 1000);
  cspan_spool_stats stats = spool_stats(&f);
  assert_true(stats.kept_bytes <= ROOM);
  assert_true(stats.kept_bytes > ROOM * 3 / 4);
  assert_int_equal(stats.spooled, 1000 * BATCH_SPANS);
  assert_int_equal(stats.dropped + stats.kept_spans, stats.spooled);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_LIMIT, "raise max_size_bytes");
  uint32_t first = (uint32_t)(stats.dropped / BATCH_SPANS);
  assert_received(&f, first, 1000); /* the newest, in order */
  assert_drained(&f);
  spool_end(&f);
}

static void assert_accounted(const spool_fixture *f, uint64_t batches) {
  cspan_spool_stats stats = spool_stats(f);
  assert_int_equal(stats.sent, f->receiver.count * BATCH_SPANS);
  assert_int_equal(stats.sent + stats.dropped, batches * BATCH_SPANS);
  assert_true(stats.dropped > 0);
  assert_int_equal(stats.kept_spans + stats.kept_batches + stats.kept_bytes, 0);
}

/* What is being sent when its file is dropped is sent, or dropped, and counted once. */
static void dropped_while_sent(cspan_status answer, bool is_left_behind) {
  spool_fixture f;
  cspan_spool_options options = patient_spool;
  options.max_size_bytes = 64 << 10;
  options.write_after_ms = is_left_behind ? FOREVER_MS : 1;
  spool_open(&f, &options);
  uint32_t first = 0;
  if (is_left_behind) {
    fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
    spool_export_some(&f, 0, 4, 1000);
    spool_close(&f);
    spool_reopen(&f, &options);
    first = 4;
    fake_set(&f.receiver, CSPAN_OK, true);
    size_t asked = f.receiver.asked;
    spool_flush(&f, 1, NULL); /* takes the file over */
    fake_await_asked(&f.receiver, asked + 1);
  } else {
    fake_set(&f.receiver, CSPAN_OK, true);
    spool_export_some(&f, 0, 1, 1000);
    fake_await_asked(&f.receiver, 1);
    first = 1;
  }
  size_t rejected;
  for (uint32_t id = first; id < 100; id++) {
    cspan_context context = cspan_context_with_timeout(NULL, 1);
    assert_int_equal(spool_export_with(f.exporter, &context, id, 1000, &rejected, NULL), CSPAN_OK);
  }
  size_t before = f.receiver.count;
  fake_set(&f.receiver, answer, false);
  spool_flush(&f, FOREVER_MS, NULL);
  assert_int_equal(f.receiver.count > before, answer == CSPAN_OK);
  fake_set(&f.receiver, CSPAN_OK, false);
  spool_flush(&f, FOREVER_MS, NULL);
  assert_accounted(&f, 100);
  assert_true(answer != CSPAN_OK || f.receiver.ids[0] == 0);
  assert_true(answer == CSPAN_OK || f.receiver.ids[0] > 0);
  assert_drained(&f);
  spool_end(&f);
}

static void test_dropped_while_sent(void **state) {
  (void)state;
  dropped_while_sent(CSPAN_OK, false);
  dropped_while_sent(CSPAN_ERR_CONNECT, false);
  dropped_while_sent(CSPAN_OK, true);
  dropped_while_sent(CSPAN_ERR_CONNECT, true);
}

/* What others left behind goes first, and is counted as well. */
static void test_others_dropped_first(void **state) {
  (void)state;
  spool_fixture f;
  cspan_spool_options options = patient_spool;
  options.max_size_bytes = 64 << 10;
  spool_open(&f, &options);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 40, 1000);
  spool_close(&f);
  spool_reopen(&f, &options);
  spool_export_some(&f, 40, 80, 1000);
  cspan_spool_stats stats = spool_stats(&f);
  assert_true(stats.dropped > 0 && stats.dropped < 40 * BATCH_SPANS);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_LIMIT, "dropped");
  assert_received(&f, (uint32_t)(stats.dropped / BATCH_SPANS), 80);
  spool_end(&f);
}

/* Files that another process uses cannot be dropped: then there is no room. */
static void test_full_of_others(void **state) {
  (void)state;
  spool_fixture f;
  spool_fixture other;
  cspan_error *error = NULL;
  cspan_spool_options options = patient_spool;
  options.max_size_bytes = 64 << 10;
  spool_open(&f, &options);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 60, 1000);
  memset(&other, 0, sizeof other);
  memcpy(other.folder, f.folder, sizeof f.folder);
  spool_reopen(&other, &options);
  fake_set(&other.receiver, CSPAN_ERR_CONNECT, false);
  assert_int_equal(spool_export_one(&other, 60, 8000, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "10 spans cannot be kept on disk"));
  cspan_error_free(error);
  spool_close(&other);
  assert_int_equal(spool_stats(&f).kept_batches, 60);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  spool_end(&f);
}

static void test_too_large_a_batch(void **state) {
  (void)state;
  spool_fixture f;
  cspan_error *error = NULL;
  spool_open_small(&f, 64 << 10);
  assert_int_equal(spool_export_one(&f, 0, 64 << 10, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "too large"));
  cspan_error_free(error);
  spool_export_some(&f, 1, 2, (64 << 10) - 40); /* all there is */
  spool_export_some(&f, 2, 3, 30000);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_LIMIT, "10 dropped");
  assert_received(&f, 2, 3);
  spool_end(&f);
}

/* ------------------------------------------------------------- a disk that fails */

/* A limit on the size of files stands for a full disk: part of a batch is written. */
static int disk_full(void *arg) {
  spool_fixture *f = arg;
  cspan_error *error = NULL;
  char path[400];
  char name[256];
  struct stat info;
  struct rlimit limit = {.rlim_cur = 5000, .rlim_max = RLIM_INFINITY};
  signal(SIGXFSZ, SIG_IGN);
  spool_open(f, &patient_spool);
  fake_set(&f->receiver, CSPAN_ERR_CONNECT, false);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  spool_export_some(f, 0, 2, 2000);
  for (uint32_t id = 2; id < 5; id++) {
    assert_int_equal(spool_export_one(f, id, 2000, &error), CSPAN_ERR_IO);
    assert_non_null(strstr(cspan_error_message(error), "10 spans cannot be kept on disk: cannot "
                                                       "write to /tmp/cspan-spool-"));
    cspan_error_free(error);
    error = NULL;
  }
  count_files(f->folder, name);
  snprintf(path, sizeof path, "%s/%s", f->folder, name);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_size, 16 + 2 * (24 + 2000)); /* the part is gone */
  limit.rlim_cur = RLIM_INFINITY;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  spool_export_some(f, 2, 4, 2000); /* room again */
  fake_set(&f->receiver, CSPAN_OK, false);
  assert_drained(f);
  assert_received(f, 0, 4);
  assert_int_equal(spool_stats(f).damaged_places, 0);
  spool_end(f);
  return 0;
}

static void test_disk_full(void **state) {
  (void)state;
  static spool_fixture f;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  assert_int_equal(run_forked(disk_full, &f), 0); /* the limit is the process's */
}

/* The disk is full, and the receiver slow: its answer is waited for. */
static int disk_full_and_slow(void *arg) {
  spool_fixture *f = arg;
  cspan_spool_options options = patient_spool;
  struct rlimit limit = {.rlim_cur = 8, .rlim_max = RLIM_INFINITY};
  size_t rejected;
  signal(SIGXFSZ, SIG_IGN);
  options.write_after_ms = 1;
  spool_open(f, &options);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  fake_set(&f->receiver, CSPAN_OK, true);
  assert_int_equal(spool_export_with(f->exporter,
                                     &(cspan_context){.deadline_ns = cspan_now_ns() + 20000000}, 0,
                                     100, &rejected, NULL),
                   CSPAN_ERR_IO); /* and none came in time */
  fake_set(&f->receiver, CSPAN_OK, false);
  fake_await_asked(&f->receiver, 1);
  spool_export_some(f, 1, 2, 100);
  assert_received(f, 0, 2);
  assert_int_equal(count_files(f->folder, NULL), 0);
  spool_end(f);
  return 0;
}

static void test_disk_full_and_slow(void **state) {
  (void)state;
  static spool_fixture f;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  assert_int_equal(run_forked(disk_full_and_slow, &f), 0);
}

/* --------------------------------------------------- files that are not whole */

enum { FILE_BATCHES = 3, FILE_ROOM = 1024 };

/* A spool file of three batches, of which one was sent, as another process left it. */
static size_t make_file(spool_fixture *f, char path[400], uint8_t data[FILE_ROOM]) {
  char name[256];
  spool_open(f, &patient_spool);
  fake_set(&f->receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(f, 0, FILE_BATCHES, 40);
  spool_close(f);
  assert_int_equal(count_files(f->folder, name), 1);
  snprintf(path, 400, "%s/%s", f->folder, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t len = read(fd, data, FILE_ROOM);
  close(fd);
  assert_int_equal(len, 16 + FILE_BATCHES * (24 + 40));
  fake_set(&f->receiver, CSPAN_OK, false);
  return (size_t)len;
}

static void put_file(const char *path, const uint8_t *data, size_t len) {
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, data, len), len);
  close(fd);
}

/* Whole batches arrive, the rest is counted, and the file is gone. */
static void recover(spool_fixture *f, size_t expected_batches, uint64_t expected_places,
                    cspan_status expected) {
  f->receiver.count = 0;
  spool_reopen(f, &patient_spool);
  cspan_status status = spool_flush(f, FOREVER_MS, NULL);
  cspan_spool_stats stats = spool_stats(f);
  assert_int_equal(status, expected);
  assert_int_equal(f->receiver.count, expected_batches);
  assert_int_equal(stats.sent, expected_batches * BATCH_SPANS);
  assert_int_equal(stats.damaged_places, expected_places);
  assert_int_equal(stats.kept_spans + stats.kept_batches + stats.kept_bytes, 0);
  assert_int_equal(count_files(f->folder, NULL), 0);
  spool_close(f);
}

static void test_torn_at_every_byte(void **state) {
  (void)state;
  spool_fixture f;
  char path[400];
  uint8_t data[FILE_ROOM];
  size_t whole = make_file(&f, path, data);
  for (size_t len = 0; len <= whole; len++) {
    put_file(path, data, len);
    size_t batches = len < 16 ? 0 : (len - 16) / 64;
    recover(&f, batches, len > 16 && (len - 16) % 64 > 0 ? 1 : 0, CSPAN_OK);
  }
  remove_folder(f.folder);
}

static void test_damage_at_every_byte(void **state) {
  (void)state;
  spool_fixture f;
  char path[400];
  uint8_t data[FILE_ROOM];
  size_t whole = make_file(&f, path, data);
  for (size_t i = 0; i < whole; i++) {
    data[i] ^= 0x10;
    put_file(path, data, whole);
    data[i] ^= 0x10;
    bool is_harmless = i < 16 || ((i - 16) % 64 >= 20 && (i - 16) % 64 < 24);
    bool is_last = i >= 16 + 2 * 64; /* where the header cannot be read, as if it was cut off */
    bool is_told = !is_harmless && (!is_last || i >= 16 + 2 * 64 + 24);
    recover(&f, is_harmless ? 3 : 2, is_harmless ? 0 : 1, is_told ? CSPAN_ERR_CHECKSUM : CSPAN_OK);
  }
  remove_folder(f.folder);
}

static void test_sent_before(void **state) {
  (void)state;
  spool_fixture f;
  char path[400];
  uint8_t data[FILE_ROOM];
  size_t whole = make_file(&f, path, data);
  data[16 + 64 + CSPAN_SPOOL_STATE_AT] = CSPAN_SPOOL_SENT;
  put_file(path, data, whole);
  recover(&f, 2, 0, CSPAN_OK);
  assert_int_equal(f.receiver.ids[0], 0);
  assert_int_equal(f.receiver.ids[1], 2);
  remove_folder(f.folder);
}

/* A file that shrinks while it is in use: what is left of it is sent. */
static void test_shrunk(void **state) {
  (void)state;
  spool_fixture f;
  char name[256];
  char path[400];
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 3, 40);
  count_files(f.folder, name);
  snprintf(path, sizeof path, "%s/%s", f.folder, name);
  assert_int_equal(truncate(path, 100), 0);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_CHECKSUM, "20 unreadable");
  assert_int_equal(spool_stats(&f).damaged, 20);
  spool_export_some(&f, 1, 5, 40); /* a new file */
  assert_drained(&f);
  assert_received(&f, 0, 5);
  spool_end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_modes),
      cmocka_unit_test(test_made),
      cmocka_unit_test(test_not_a_folder),
      cmocka_unit_test(test_of_another_user),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_strangers),
      cmocka_unit_test(test_oldest_dropped),
      cmocka_unit_test(test_dropped_while_sent),
      cmocka_unit_test(test_others_dropped_first),
      cmocka_unit_test(test_full_of_others),
      cmocka_unit_test(test_too_large_a_batch),
      cmocka_unit_test(test_disk_full),
      cmocka_unit_test(test_disk_full_and_slow),
      cmocka_unit_test(test_torn_at_every_byte),
      cmocka_unit_test(test_damage_at_every_byte),
      cmocka_unit_test(test_sent_before),
      cmocka_unit_test(test_shrunk),
  };
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
