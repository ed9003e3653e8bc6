/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a gRPC request, as a receiver sees it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include <cloudspan/ext/exporter.h>

#include "base/error.h"
#include "telemetry/exporter_otlp.h"

/* Reads the head of one request, and is gone. */
typedef struct head_reader {
  int listener;
  pthread_t thread;
  bool done;
  char lines[4096]; /* "name: value\n" */
} head_reader;

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user) {
  head_reader *r = user;
  size_t used = strlen(r->lines);
  (void)session;
  (void)frame;
  (void)flags;
  snprintf(r->lines + used, sizeof r->lines - used, "%.*s: %.*s\n", (int)name_len,
           (const char *)name, (int)value_len, (const char *)value);
  return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  head_reader *r = user;
  (void)session;
  r->done = r->done || frame->hd.type == NGHTTP2_HEADERS;
  return 0;
}

static void *read_head(void *arg) {
  head_reader *r = arg;
  uint8_t data[4096];
  nghttp2_session_callbacks *callbacks;
  nghttp2_session *session;
  int fd = accept(r->listener, NULL, NULL);
  close(r->listener);
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_server_new(&session, callbacks, r);
  ssize_t n = 1;
  while (!r->done && n > 0) {
    n = recv(fd, data, sizeof data, 0);
    n = n > 0 ? nghttp2_session_mem_recv(session, data, (size_t)n) : n;
  }
  nghttp2_session_del(session);
  nghttp2_session_callbacks_del(callbacks);
  close(fd);
  return NULL;
}

static int listen_on(head_reader *r) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(r->listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(r->listener, 1), 0);
  assert_int_equal(getsockname(r->listener, (struct sockaddr *)&at, &len), 0);
  return ntohs(at.sin_port);
}

/* The header lines of an export with that timeout (a variable's; "0" is none). */
static void head_of(const char *timeout_ms, const cspan_otlp_retry *retry, head_reader *r) {
  char url[64];
  cspan_span_exporter *exporter;
  cspan_error *error = NULL;
  const cspan_export_batch batch = {
      .request = (const uint8_t *)"\x0a\x00", .request_size_bytes = 2, .span_count = 1};
  size_t rejected;
  memset(r, 0, sizeof *r);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", listen_on(r));
  const cspan_otlp_options options = {
      .endpoint = url, .protocol = CSPAN_OTLP_GRPC, .headers = "Api-Key=k%20y"};
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", timeout_ms, 1);
  assert_int_equal(cspan_exporter_otlp_with(&options, retry, &exporter, &error), CSPAN_OK);
  unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
  assert_int_equal(pthread_create(&r->thread, NULL, read_head, r), 0);
  assert_int_not_equal(
      exporter->vtable->export_spans(exporter->self, NULL, &batch, &rejected, &error), CSPAN_OK);
  pthread_join(r->thread, NULL);
  cspan_error_free(error);
  cspan_exporter_free(exporter);
  assert_true(r->done);
}

static void test_head(void **state) {
  (void)state;
  static const cspan_otlp_retry never = {.initial_ms = 100000, .max_ms = 100000};
  static const char *const lines[] = {
      ":method: POST\n", ":path: /opentelemetry.proto.collector.trace.v1.TraceService/Export\n",
      "te: trailers\n",  "content-type: application/grpc\n",
      "api-key: k y\n",  "user-agent: OTel-OTLP-Exporter-C/",
  };
  head_reader r;
  head_of("60000", &never, &r);
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (strstr(r.lines, lines[i]) == NULL) {
      fail_msg("'%s' is not in\n%s", lines[i], r.lines);
    }
  }
  const char *timeout = strstr(r.lines, "grpc-timeout: ");
  assert_non_null(timeout);
  char *unit;
  long left = strtol(timeout + strlen("grpc-timeout: "), &unit, 10);
  assert_true(left > 0 && left <= 60000);
  assert_int_equal(*unit, 'm');
}

/* Where there is no limit the receiver is told of none. */
static void test_no_limit(void **state) {
  (void)state;
  static const cspan_otlp_retry quick = {.initial_ms = 1, .max_ms = 1};
  head_reader r;
  head_of("0", &quick, &r);
  assert_null(strstr(r.lines, "grpc-timeout"));
  assert_non_null(strstr(r.lines, "content-type: application/grpc\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_head),
      cmocka_unit_test(test_no_limit),
  };
  alarm(120);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
