/* SPDX-License-Identifier: Apache-2.0 */
/* A receiver that remembers what it got, OTLP requests, and plain sockets to it. */
#ifndef TESTS_RECEIVER_FIXTURE_H
#define TESTS_RECEIVER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"
#include "unit/telemetry/pb_builder.h"
#include "unit/viewer/gzip.h"
#include "viewer/receiver.h"

typedef struct fixture {
  cspan_receiver *receiver;
  pthread_mutex_t lock;
  size_t spans;
  char last_name[64]; /* of the last span */
} fixture;

static inline void fixture_on_spans(void *user, const cspan_span_list *list) {
  fixture *f = user;
  pthread_mutex_lock(&f->lock);
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    f->spans++;
    snprintf(f->last_name, sizeof f->last_name, "%s", view->name);
  }
  pthread_mutex_unlock(&f->lock);
}

static inline size_t fixture_spans(fixture *f) {
  pthread_mutex_lock(&f->lock);
  size_t spans = f->spans;
  pthread_mutex_unlock(&f->lock);
  return spans;
}

/* The name of the last span; "" before the first. Valid until the next call. */
static inline const char *fixture_last_name(fixture *f) {
  static char name[64];
  pthread_mutex_lock(&f->lock);
  memcpy(name, f->last_name, sizeof name);
  pthread_mutex_unlock(&f->lock);
  return name;
}

static inline void fixture_forget(fixture *f) {
  pthread_mutex_lock(&f->lock);
  f->last_name[0] = '\0';
  pthread_mutex_unlock(&f->lock);
}

static inline void fixture_start(fixture *f, size_t max_request_bytes) {
  cspan_error *error = NULL;
  memset(f, 0, sizeof *f);
  pthread_mutex_init(&f->lock, NULL);
  cspan_receiver_options options = {
      .on_spans = fixture_on_spans, .user = f, .max_request_bytes = max_request_bytes};
  if (cspan_receiver_start(&options, &f->receiver, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

static inline void fixture_stop(fixture *f) {
  cspan_receiver_stop(f->receiver);
  pthread_mutex_destroy(&f->lock);
}

/* Appends a request with one span of that name, and a string attribute of that many bytes. */
static inline void otlp_request(cspan_buf *out, const char *name, size_t attribute_bytes) {
  static const char ids[] = "0123456789abcdef";
  cspan_buf parts[5];
  for (size_t i = 0; i < 5; i++) {
    cspan_buf_init(&parts[i], (size_t)1 << 28);
  }
  char *text = calloc(1, attribute_bytes + 1);
  memset(text, 'v', attribute_bytes);
  pb_text(&parts[0], 1, text); /* AnyValue.string_value */
  pb_text(&parts[1], 1, "k");  /* KeyValue */
  pb_bytes(&parts[1], 2, parts[0].data, parts[0].len);
  pb_bytes(&parts[2], 1, ids, 16); /* Span */
  pb_bytes(&parts[2], 2, ids, 8);
  pb_text(&parts[2], 5, name);
  pb_int(&parts[2], 6, 3);
  pb_fixed64(&parts[2], 7, 1790856000000000000u);
  pb_fixed64(&parts[2], 8, 1790856001000000000u);
  pb_bytes(&parts[2], 9, parts[1].data, parts[1].len);
  pb_bytes(&parts[3], 2, parts[2].data, parts[2].len); /* ScopeSpans.spans */
  pb_bytes(&parts[4], 2, parts[3].data, parts[3].len); /* ResourceSpans.scope_spans */
  pb_bytes(out, 1, parts[4].data, parts[4].len);
  assert_int_equal(cspan_buf_status(out), CSPAN_OK);
  for (size_t i = 0; i < 5; i++) {
    cspan_buf_free(&parts[i]);
  }
  free(text);
}

/* ----------------------------------------------------------------- sockets */

static inline int plain_connect(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval patience = {.tv_sec = 60}; /* a hang ends the test rather than the run */
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

/* False when the other side has closed. */
static inline bool plain_send(int fd, const void *data, size_t len) {
  const char *at = data;
  while (len > 0) {
    ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
    if (n <= 0) {
      return false;
    }
    at += n;
    len -= (size_t)n;
  }
  return true;
}

/* Reads until the other side closes (or resets); a timeout fails the test. */
static inline void plain_read_all(int fd, cspan_buf *out) {
  char block[4096];
  for (;;) {
    ssize_t n = recv(fd, block, sizeof block, 0);
    if (n <= 0) {
      assert_false(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
      return;
    }
    cspan_buf_append(out, block, (size_t)n);
  }
}

#endif
