/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of OTLP over real sockets send, and what the scripted receivers answer. */
#ifndef TESTS_OTLP_SCRIPTS_H
#define TESTS_OTLP_SCRIPTS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buf.h"
#include "support/script_server.h"
#include "telemetry/otlp_retry.h"

/* A request with one span, named "hello". */
static const char request[] = "\x0a\x0b\x12\x09\x12\x07\x2a\x05hello";
enum { REQUEST_LEN = sizeof request - 1 };

static const cspan_otlp_retry quick = {.initial_ms = 1, .max_ms = 5};

/* ------------------------------------------------------------------ scripts */

#define HTTP_OK(type, body, length)                                                                \
  "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " #length "\r\n\r\n" body
#define OK_EMPTY HTTP_OK("application/x-protobuf", "", 0)

static const script_step accept_once[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_EMPTY, 0}, {SCRIPT_WAIT_CLOSE, NULL, 0}, {0}};
static const script_step accept_twice[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_EMPTY, 0},   {SCRIPT_READ_REQUEST, NULL, 0},
    {SCRIPT_SEND, OK_EMPTY, 0},     {SCRIPT_WAIT_CLOSE, NULL, 0}, {0}};
/* Reads the request and says nothing. */
static const script_step silent[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_WAIT_CLOSE, NULL, 0}, {0}};

enum { H2_DATA, H2_HEADERS, H2_SETTINGS = 4, H2_GOAWAY = 7 };
enum { H2_ACK = 1, H2_END_STREAM = 1, H2_END_HEADERS = 4 };

static inline void put_frame(cspan_buf *out, uint8_t type, uint8_t flags, uint8_t stream,
                             const char *payload, size_t len) {
  const char head[9] = {(char)(uint8_t)(len >> 16),
                        (char)(uint8_t)(len >> 8),
                        (char)(uint8_t)len,
                        (char)type,
                        (char)flags,
                        0,
                        0,
                        0,
                        (char)stream};
  cspan_buf_append(out, head, sizeof head);
  cspan_buf_append(out, payload, len);
}

/* A server's first frames. */
static inline void put_settings(cspan_buf *out) {
  put_frame(out, H2_SETTINGS, 0, 0, NULL, 0);
  put_frame(out, H2_SETTINGS, H2_ACK, 0, NULL, 0);
}

/* ------------------------------------------------------------------ logging */

typedef struct log_watch {
  pthread_mutex_t lock;
  char text[8192];
  const char *wanted; /* when a line has it: */
  void (*act)(void *user);
  void *user;
} log_watch;

static log_watch watched = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline void on_log(void *user, cspan_log_level level, const char *message) {
  log_watch *watch = user;
  (void)level;
  pthread_mutex_lock(&watch->lock);
  strncat(watch->text, message, sizeof watch->text - strlen(watch->text) - 1);
  bool act = watch->wanted && strstr(message, watch->wanted);
  pthread_mutex_unlock(&watch->lock);
  if (act) {
    watch->act(watch->user);
  }
}

static inline void watch_for(const char *wanted, void (*act)(void *), void *user) {
  pthread_mutex_lock(&watched.lock);
  watched.wanted = wanted;
  watched.act = act;
  watched.user = user;
  pthread_mutex_unlock(&watched.lock);
}

/* A test's setup. */
static inline int fresh_log(void **state) {
  (void)state;
  watched.text[0] = '\0';
  watch_for(NULL, NULL, NULL);
  cspan_log_set(on_log, &watched, CSPAN_LOG_DEBUG);
  return 0;
}

/* --------------------------------------------------------------------- fork */

/* A forked child that has to end with 0. */
static inline void assert_child_well(pid_t child) {
  int result;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFEXITED(result));
  assert_int_equal(WEXITSTATUS(result), 0);
}

#endif
