/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static int lines;
static cspan_log_level last_level;
static char last[2048];

static void take(void *user, cspan_log_level level, const char *message) {
  assert_ptr_equal(user, &lines);
  lines++;
  last_level = level;
  strncpy(last, message, sizeof last - 1);
}

/* First: only the first use reads the environment. */
static void test_environment(void **state) {
  (void)state;
  setenv("OTEL_LOG_LEVEL", "Info", 1);
  assert_true(cspan_log_enabled(CSPAN_LOG_INFO));
  assert_false(cspan_log_enabled(CSPAN_LOG_DEBUG));
}

static void test_levels(void **state) {
  (void)state;
  for (int limit = CSPAN_LOG_NONE; limit <= CSPAN_LOG_DEBUG; limit++) {
    cspan_log_set(take, &lines, (cspan_log_level)limit);
    for (int level = CSPAN_LOG_ERROR; level <= CSPAN_LOG_DEBUG; level++) {
      lines = 0;
      cspan_log((cspan_log_level)level, "at %d", level);
      assert_int_equal(lines, level <= limit);
      assert_int_equal(cspan_log_enabled((cspan_log_level)level), level <= limit);
    }
  }
  assert_int_equal(last_level, CSPAN_LOG_DEBUG);
  assert_string_equal(last, "at 4");
  assert_false(cspan_log_enabled(CSPAN_LOG_NONE));
}

static void test_one_line(void **state) {
  (void)state;
  cspan_log_set(take, &lines, CSPAN_LOG_WARN);
  cspan_log(CSPAN_LOG_WARN, "%s", "a\r\nfake: line\x1b[0m\x7f");
  assert_string_equal(last, "a  fake: line [0m ");
  char longer[4000];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  cspan_log(CSPAN_LOG_WARN, "%s", longer);
  assert_true(strlen(last) > 500 && strlen(last) < 2000);
}

static void test_stderr(void **state) {
  (void)state;
  char text[256];
  FILE *file = tmpfile();
  assert_non_null(file);
  fflush(stderr);
  int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_log(CSPAN_LOG_WARN, "queue full, %d dropped", 3);
  cspan_log(CSPAN_LOG_INFO, "not this");
  dup2(saved, STDERR_FILENO);
  close(saved);
  rewind(file);
  size_t len = fread(text, 1, sizeof text - 1, file);
  text[len] = '\0';
  fclose(file);
  assert_string_equal(text, "cloudspan: warn: queue full, 3 dropped\n");
}

static void log_again(void *user, cspan_log_level level, const char *message) {
  (void)message;
  cspan_log_set(take, user, CSPAN_LOG_WARN);
  cspan_log(level, "from inside");
}

static void test_target_may_log(void **state) {
  (void)state;
  cspan_log_set(log_again, &lines, CSPAN_LOG_WARN);
  cspan_log(CSPAN_LOG_ERROR, "first");
  assert_string_equal(last, "from inside");
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

static void *set_until_told(void *stop) {
  while (!atomic_load((atomic_bool *)stop)) {
    cspan_log_set(take, &lines, CSPAN_LOG_WARN);
  }
  return NULL;
}

/* A child that logs must not wait for a thread that it does not have. */
static void test_log_in_a_forked_child(void **state) {
  (void)state;
  enum { FORKS = 200, HANGS_AFTER_S = 60 };
  atomic_bool stop = false;
  pthread_t thread;
  cspan_log_set(take, &lines, CSPAN_LOG_WARN);
  assert_int_equal(pthread_create(&thread, NULL, set_until_told, &stop), 0);
  int bad = 0;
  for (int i = 0; i < FORKS && bad == 0; i++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(HANGS_AFTER_S);
      lines = 0;
      cspan_log(CSPAN_LOG_WARN, "from the child");
      _exit(lines == 1 ? 0 : 1);
    }
    int status = 0;
    bad += child < 0 || waitpid(child, &status, 0) != child || status != 0;
  }
  atomic_store(&stop, true);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(bad, 0);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_environment),    cmocka_unit_test(test_levels),
      cmocka_unit_test(test_one_line),       cmocka_unit_test(test_stderr),
      cmocka_unit_test(test_target_may_log), cmocka_unit_test(test_log_in_a_forked_child),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
