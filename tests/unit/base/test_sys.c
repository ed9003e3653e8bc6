/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "support/fail_alloc.h"

static char folder[] = "/tmp/cspan-sys-XXXXXX";
static char path[64];

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder)) {
    return -1;
  }
  snprintf(path, sizeof path, "%s/file", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(path);
  return rmdir(folder);
}

static void write_file(size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  for (size_t i = 0; i < size; i++) {
    fputc((int)(i % 251), file);
  }
  fclose(file);
}

static void test_read_sizes(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 100000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    cspan_buf buf;
    cspan_error *error = NULL;
    write_file(sizes[i]);
    cspan_buf_init(&buf, 1 << 20);
    assert_int_equal(cspan_file_read(path, sizes[i], &buf, &error), CSPAN_OK);
    assert_null(error);
    assert_int_equal(buf.len, sizes[i]);
    for (size_t k = 0; k < sizes[i]; k++) {
      assert_int_equal((uint8_t)buf.data[k], k % 251);
    }
    cspan_buf_free(&buf);
  }
}

static void test_read_too_large(void **state) {
  (void)state;
  cspan_buf buf;
  cspan_error *error = NULL;
  write_file(101);
  cspan_buf_init(&buf, 1 << 20);
  assert_int_equal(cspan_file_read(path, 100, &buf, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), path));
  cspan_error_free(error);
  error = NULL;
  buf.max = 50;
  assert_int_equal(cspan_file_read(path, 1000, &buf, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "50 bytes"));
  cspan_error_free(error);
  cspan_buf_free(&buf);
}

static void check_unreadable(const char *what, const char *reason) {
  cspan_buf buf;
  cspan_error *error = NULL;
  cspan_buf_init(&buf, 100);
  assert_int_equal(cspan_file_read(what, 100, &buf, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), what));
  assert_non_null(strstr(cspan_error_message(error), reason));
  cspan_error_free(error);
  cspan_buf_free(&buf);
}

static void test_unreadable(void **state) {
  (void)state;
  unlink(path);
  check_unreadable(path, "No such file");
  check_unreadable(folder, "directory");
}

/* What a shell hands over: AWS_CONFIG_FILE=/dev/null, or <(command). */
static void test_special_files(void **state) {
  (void)state;
  cspan_buf buf;
  int ends[2];
  char name[32];
  cspan_buf_init(&buf, 100);
  assert_int_equal(cspan_file_read("/dev/null", 100, &buf, NULL), CSPAN_OK);
  assert_int_equal(buf.len, 0);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "[default]", 9), 9);
  close(ends[1]);
  snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
  assert_int_equal(cspan_file_read(name, 100, &buf, NULL), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&buf), "[default]");
  close(ends[0]);
  cspan_buf_free(&buf);
}

static void test_read_out_of_memory(void **state) {
  (void)state;
  cspan_buf buf;
  write_file(10);
  cspan_buf_init(&buf, 100);
  fail_alloc_install();
  fail_alloc_arm(1, false);
  assert_int_equal(cspan_file_read(path, 100, &buf, NULL), CSPAN_ERR_NOMEM);
  assert_true(fail_alloc_disarm());
  fail_alloc_uninstall();
  cspan_buf_free(&buf);
}

static void test_environment(void **state) {
  (void)state;
  setenv("CSPAN_TEST_VALUE", "x", 1);
  assert_string_equal(cspan_env("CSPAN_TEST_VALUE"), "x");
  setenv("CSPAN_TEST_VALUE", "", 1);
  assert_null(cspan_env("CSPAN_TEST_VALUE"));
  unsetenv("CSPAN_TEST_VALUE");
  assert_null(cspan_env("CSPAN_TEST_VALUE"));
}

static void test_home(void **state) {
  (void)state;
  setenv("HOME", "/home/of/test", 1);
  assert_string_equal(cspan_home(), "/home/of/test");
  unsetenv("HOME");
  const char *home = cspan_home();
  assert_true(home == NULL || home[0] == '/');
}

static void test_errno_text(void **state) {
  (void)state;
  char text[128];
  assert_string_equal(cspan_errno_text(ENOENT, text, sizeof text), "No such file or directory");
}

static void test_clock(void **state) {
  (void)state;
  /* 2023 to 2200: seconds and nanoseconds are not mixed up. */
  int64_t now = cspan_unix_ns();
  assert_true(now > INT64_C(1672531200000000000) && now < INT64_C(7258118400000000000));
}

/* Until a time, not for one: by another clock it would return at once, again and again. */
static void test_wait_until(void **state) {
  (void)state;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never;
  size_t waits = 0;
  cspan_cond_init(&never);
  int64_t until_ns = cspan_now_ns() + 20000000;
  pthread_mutex_lock(&lock);
  while (cspan_now_ns() < until_ns) {
    cspan_cond_wait_until(&never, &lock, until_ns);
    waits++;
  }
  pthread_mutex_unlock(&lock);
  assert_true(waits < 50);
  pthread_cond_destroy(&never);
}

static void *take_mask(void *mask) {
  pthread_sigmask(SIG_SETMASK, NULL, mask);
  return mask;
}

static void test_thread_takes_no_signals(void **state) {
  (void)state;
  static const int signals[] = {SIGTERM, SIGINT, SIGPIPE, SIGALRM};
  pthread_t thread;
  sigset_t inside;
  sigset_t after;
  void *result = NULL;
  assert_int_equal(cspan_thread_start(&thread, take_mask, &inside), 0);
  pthread_join(thread, &result);
  assert_ptr_equal(result, &inside);
  take_mask(&after);
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    assert_true(sigismember(&inside, signals[i]));
    assert_false(sigismember(&after, signals[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read_sizes),
      cmocka_unit_test(test_read_too_large),
      cmocka_unit_test(test_unreadable),
      cmocka_unit_test(test_special_files),
      cmocka_unit_test(test_read_out_of_memory),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_home),
      cmocka_unit_test(test_errno_text),
      cmocka_unit_test(test_clock),
      cmocka_unit_test(test_wait_until),
      cmocka_unit_test(test_thread_takes_no_signals),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
