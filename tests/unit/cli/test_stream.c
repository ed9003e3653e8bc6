/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to a pipe that a program we share it with made non-blocking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/stream.h"

enum { DATA_BYTES = 1 << 20 };

/* A pipe whose write end never blocks and has no room; the bytes that are in it. */
static size_t open_full_pipe(int ends[2]) {
  static const char filler[4096];
  size_t size = 0;
  ssize_t count;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  while ((count = write(ends[1], filler, sizeof filler)) > 0) {
    size += (size_t)count;
  }
  return size;
}

typedef struct reader {
  int fd;
  char *data;
  size_t size;
} reader;

static void *read_all(void *user) {
  reader *r = user;
  ssize_t count;
  while ((count = read(r->fd, r->data + r->size, 65536)) > 0) {
    r->size += (size_t)count;
  }
  return NULL;
}

static void test_waits_for_room(void **state) {
  (void)state;
  int ends[2];
  size_t before = open_full_pipe(ends);
  char *data = malloc(DATA_BYTES);
  reader r = {.fd = ends[0], .data = malloc(before + DATA_BYTES + 65536)};
  assert_non_null(data);
  assert_non_null(r.data);
  for (size_t i = 0; i < DATA_BYTES; i++) {
    data[i] = (char)(i * 31);
  }
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, read_all, &r), 0);
  cspan_cli_stream stream;
  cspan_cli_stream_init(&stream, ends[1], NULL);
  assert_int_equal(cspan_cli_stream_write(&stream, data, DATA_BYTES), CSPAN_OK);
  cspan_cli_stream_clear(&stream);
  assert_int_equal(close(ends[1]), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(r.size, before + DATA_BYTES);
  assert_memory_equal(r.data + before, data, DATA_BYTES);
  assert_int_equal(close(ends[0]), 0);
  free(r.data);
  free(data);
}

static void test_cancelled_while_there_is_no_room(void **state) {
  (void)state;
  int ends[2];
  cspan_cancel *cancel = cspan_cancel_create();
  assert_non_null(cancel);
  (void)open_full_pipe(ends);
  cspan_cancel_trigger(cancel);
  cspan_cli_stream stream;
  cspan_cli_stream_init(&stream, ends[1], cancel);
  assert_int_equal(cspan_cli_stream_write(&stream, "x", 1), CSPAN_ERR_CANCELLED);
  assert_int_equal(close(ends[0]), 0);
  assert_int_equal(close(ends[1]), 0);
  cspan_cli_stream_clear(&stream);
  cspan_cancel_free(cancel);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_waits_for_room),
      cmocka_unit_test(test_cancelled_while_there_is_no_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
