/* SPDX-License-Identifier: Apache-2.0 */
/* Spools of several processes: killed ones, forked ones, many in one folder. What receivers accept
 * goes to one log that all processes append to. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "unit/telemetry/forked.h"
#include "unit/telemetry/spool_fixture.h"

enum { MOST_IDS = 1 << 16, EACH = 200 };

/* Shared with the children. */
typedef struct shared_state {
  atomic_uint kept[MOST_IDS]; /* 1: the export of that batch has returned */
  atomic_uint go;
} shared_state;

typedef struct setting {
  char folder[64];
  int log_fd;
  shared_state *shared;
} setting;

static void open_setting(setting *s) {
  char path[] = "/tmp/cspan-spool-log-XXXXXX";
  make_folder(s->folder);
  s->log_fd = mkostemp(path, O_APPEND | O_CLOEXEC);
  assert_true(s->log_fd >= 0);
  assert_int_equal(unlink(path), 0);
  s->shared =
      mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(s->shared != MAP_FAILED);
}

static void close_setting(setting *s) {
  munmap(s->shared, sizeof *s->shared);
  close(s->log_fd);
  remove_folder(s->folder);
}

static void open_in(spool_fixture *f, const setting *s, const cspan_spool_options *options) {
  memset(f, 0, sizeof *f);
  memcpy(f->folder, s->folder, sizeof f->folder);
  f->receiver.log_fd = s->log_fd;
  spool_reopen(f, options);
}

/* How often each id was accepted, by any process. */
static size_t read_log(const setting *s, unsigned counts[MOST_IDS]) {
  size_t total = 0;
  uint32_t id;
  memset(counts, 0, MOST_IDS * sizeof *counts);
  while (pread(s->log_fd, &id, sizeof id, (off_t)(total * sizeof id)) == (ssize_t)sizeof id) {
    assert_true(id < MOST_IDS);
    counts[id]++;
    total++;
  }
  return total;
}

/* Every batch of which the export had returned is there; at most `unknown` are there twice, and
 * at most as many whose export had not returned. */
static void check_log(const setting *s, unsigned unknown) {
  static unsigned counts[MOST_IDS];
  unsigned twice = 0;
  unsigned unfinished = 0;
  read_log(s, counts);
  for (size_t id = 0; id < MOST_IDS; id++) {
    bool is_kept = atomic_load(&s->shared->kept[id]) != 0;
    if (is_kept && counts[id] == 0) {
      fail_msg("batch %zu is lost", id);
    }
    unfinished += !is_kept && counts[id] > 0 ? 1 : 0;
    twice += counts[id] > 1 ? counts[id] - 1 : 0;
  }
  assert_true(twice <= unknown);
  assert_true(unfinished <= unknown);
}

/* Sends what is in the folder. A batch that was being written when its process ended is no loss:
 * its export had not returned. */
static void send_rest(const setting *s) {
  spool_fixture f;
  open_in(&f, s, &patient_spool);
  assert_drained(&f);
  spool_close(&f);
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

/* ---------------------------------------------------------------------- kill -9 */

/* Exports until it is killed; the receiver is away now and then. */
static void export_until_killed(const setting *s, uint32_t from, uint32_t seed) {
  spool_fixture f;
  cspan_spool_options options = quick;
  options.write_after_ms = 1;
  options.sync = (cspan_spool_sync)(seed % 3);
  open_in(&f, s, &options);
  for (uint32_t id = from; id < from + EACH; id++) {
    if (next_random(&seed) % 8 == 0) {
      fake_set(&f.receiver, next_random(&seed) % 4 == 0 ? CSPAN_OK : CSPAN_ERR_CONNECT, false);
    }
    if (spool_export_one(&f, id, 8 + next_random(&seed) % 3000, NULL) == CSPAN_OK) {
      atomic_store(&s->shared->kept[id], 1);
    }
    atomic_fetch_add(&s->shared->go, 1);
  }
  for (;;) {
    pause();
  }
}

static pid_t start_child(const setting *s, uint32_t from, uint32_t seed) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(120);
    cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
    export_until_killed(s, from, seed);
    _exit(1);
  }
  return child;
}

static void kill_child(pid_t child) {
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_killed(void **state) {
  (void)state;
  enum { ROUNDS = 25 };
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
    setting s;
    uint32_t random = seed;
    open_setting(&s);
    unsigned until = next_random(&random) % EACH;
    pid_t child = start_child(&s, 0, seed);
    while (atomic_load(&s.shared->go) < until) {
      usleep(50);
    }
    usleep(next_random(&random) % 500);
    kill_child(child);
    send_rest(&s);
    check_log(&s, 1);
    close_setting(&s);
  }
}

/* Killed again and again, each one going on where the last one ended. */
static void test_killed_in_a_row(void **state) {
  (void)state;
  enum { GENERATIONS = 12 };
  setting s;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  open_setting(&s);
  for (uint32_t i = 0; i < GENERATIONS; i++) {
    atomic_store(&s.shared->go, 0);
    pid_t child = start_child(&s, i * EACH, i + 100);
    while (atomic_load(&s.shared->go) < EACH / 2 + i) {
      usleep(50);
    }
    kill_child(child);
  }
  send_rest(&s);
  check_log(&s, GENERATIONS);
  close_setting(&s);
}

/* ---------------------------------------------------------------------- sharing */

/* Exports all, and leaves the rest to others. */
static void export_all(const setting *s, uint32_t from, uint32_t seed) {
  spool_fixture f;
  cspan_spool_options options = quick;
  open_in(&f, s, &options);
  for (uint32_t id = from; id < from + EACH; id++) {
    fake_set(&f.receiver, next_random(&seed) % 10 < 4 ? CSPAN_ERR_CONNECT : CSPAN_OK, false);
    assert_int_equal(spool_export_one(&f, id, 8 + next_random(&seed) % 2000, NULL), CSPAN_OK);
    atomic_store(&s->shared->kept[id], 1);
    if (id % 50 == 0) {
      spool_flush(&f, FOREVER_MS, NULL); /* takes over what it can get */
    }
  }
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_close(&f);
}

/* Eight processes at once, three of which are killed in the middle. */
static void test_shared_folder(void **state) {
  (void)state;
  enum { PROCESSES = 8, KILLED = 3 };
  setting s;
  pid_t children[PROCESSES];
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  open_setting(&s);
  for (uint32_t i = 0; i < PROCESSES; i++) {
    if (i < KILLED) {
      children[i] = start_child(&s, i * EACH, i + 7);
      continue;
    }
    children[i] = fork();
    if (children[i] == 0) {
      alarm(120);
      cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
      export_all(&s, i * EACH, i);
      _exit(0);
    }
  }
  for (uint32_t i = 0; i < KILLED; i++) {
    while (atomic_load(&s.shared->go) < 60 * (i + 1)) {
      usleep(50);
    }
    kill_child(children[i]);
  }
  for (uint32_t i = KILLED; i < PROCESSES; i++) {
    int code;
    assert_int_equal(waitpid(children[i], &code, 0), children[i]);
    assert_int_equal(code, 0);
  }
  send_rest(&s);
  check_log(&s, KILLED);
  close_setting(&s);
}

/* Two spools of one process are as two processes. */
static void test_two_in_one_process(void **state) {
  (void)state;
  setting s;
  spool_fixture a;
  spool_fixture b;
  open_setting(&s);
  open_in(&a, &s, &patient_spool);
  open_in(&b, &s, &patient_spool);
  fake_set(&a.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&a, 0, 4, 100);
  assert_int_equal(spool_flush(&b, FOREVER_MS, NULL), CSPAN_OK);
  assert_int_equal(b.receiver.count, 0); /* the file of the other one is in use */
  spool_close(&a);
  assert_drained(&b);
  assert_received(&b, 0, 4);
  spool_close(&b);
  close_setting(&s);
}

/* ------------------------------------------------------------------------- fork */

/* The child writes and sends its own, and does not touch the parent's. */
static int in_child(void *arg) {
  spool_fixture *f = arg;
  cspan_spool_stats stats = spool_stats(f);
  if (stats.spooled + stats.kept_spans + stats.kept_bytes != 0) {
    return 1;
  }
  spool_export_some(f, 100, 103, 100);
  if (spool_stats(f).kept_batches != 3 || count_files(f->folder, NULL) != 2) {
    return 2;
  }
  fake_set(&f->receiver, CSPAN_OK, false);
  if (spool_flush(f, FOREVER_MS, NULL) != CSPAN_OK || f->receiver.count != 3 ||
      f->receiver.ids[0] != 100) {
    return 3;
  }
  return count_files(f->folder, NULL) == 1 ? 0 : 4;
}

static void test_fork(void **state) {
  (void)state;
  spool_fixture f;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 5, 100);
  assert_int_equal(run_forked(in_child, &f), 0);
  spool_export_some(&f, 5, 6, 100); /* the parent goes on in its file */
  assert_int_equal(spool_stats(&f).kept_batches, 6);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_received(&f, 0, 6);
  spool_end(&f);
}

/* During a send, with a batch that is on its way and on disk as well, and a thread that waits. */
static void test_fork_during_send(void **state) {
  (void)state;
  spool_fixture f;
  cspan_spool_options options = patient_spool;
  options.write_after_ms = 1;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  spool_open(&f, &options);
  fake_set(&f.receiver, CSPAN_OK, true);
  spool_export_some(&f, 0, 2, 100);
  fake_await_asked(&f.receiver, 1);
  f.receiver.is_shut_down = false;
  pthread_mutex_lock(&f.receiver.lock); /* so that the child finds the fake in order */
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    pthread_mutex_init(&f.receiver.lock, NULL);
    pthread_cond_init(&f.receiver.changed, NULL);
    f.receiver.is_silent = false;
    spool_export_some(&f, 100, 103, 100);
    bool is_fine = spool_stats(&f).kept_batches + f.receiver.count == 3 &&
                   spool_flush(&f, FOREVER_MS, NULL) == CSPAN_OK && f.receiver.count == 3;
    if (is_fine) {
      execl("/bin/true", "true", (char *)NULL);
    }
    _exit(1);
  }
  pthread_mutex_unlock(&f.receiver.lock);
  int code;
  assert_int_equal(waitpid(child, &code, 0), child);
  assert_int_equal(code, 0);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_received(&f, 0, 2);
  spool_end(&f);
}

/* A child that lives on does not keep the files of its parent, which is killed, locked. */
static void test_fork_holds_no_lock(void **state) {
  (void)state;
  setting s;
  int ends[2];
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  open_setting(&s);
  assert_int_equal(pipe(ends), 0);
  pid_t parent = fork();
  if (parent == 0) {
    spool_fixture f;
    alarm(120);
    cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
    open_in(&f, &s, &patient_spool);
    fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
    spool_export_some(&f, 0, 5, 100);
    if (fork() == 0) {
      char byte = 1;
      atomic_store(&s.shared->go, (unsigned)getpid());
      close(ends[1]);
      _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1); /* until the test closes its end */
    }
    for (;;) {
      pause();
    }
  }
  close(ends[0]);
  while (atomic_load(&s.shared->go) == 0) {
    usleep(50);
  }
  kill_child(parent);
  spool_fixture f;
  open_in(&f, &s, &patient_spool);
  assert_drained(&f);
  assert_received(&f, 0, 5);
  spool_close(&f);
  close(ends[1]);
  close_setting(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_killed),
      cmocka_unit_test(test_killed_in_a_row),
      cmocka_unit_test(test_shared_folder),
      cmocka_unit_test(test_two_in_one_process),
      cmocka_unit_test(test_fork),
      cmocka_unit_test(test_fork_during_send),
      cmocka_unit_test(test_fork_holds_no_lock),
  };
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
