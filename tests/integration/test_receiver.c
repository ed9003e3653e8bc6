/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver as a whole: starting, stopping, and our own exporter as its client. */
#include "integration/h2_client.h"

#include <cloudspan/ext/exporter.h>

static void test_off(void **state) {
  (void)state;
  cspan_receiver *receiver = NULL;
  cspan_receiver_options options = {.grpc_port = -1, .http_port = -1};
  assert_int_equal(cspan_receiver_start(&options, &receiver, NULL), CSPAN_OK);
  assert_int_equal(cspan_receiver_grpc_port(receiver), -1);
  assert_int_equal(cspan_receiver_http_port(receiver), -1);
  cspan_receiver_stop(receiver);
  cspan_receiver_stop(NULL);
}

static void assert_start_fails(const cspan_receiver_options *options, cspan_status status,
                               const char *message) {
  cspan_receiver *receiver = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_receiver_start(options, &receiver, &error), status);
  assert_null(receiver);
  if (!strstr(cspan_error_message(error), message)) {
    fail_msg("\"%s\" is not in \"%s\"", message, cspan_error_message(error));
  }
  cspan_error_free(error);
}

static void test_ports_in_use(void **state) {
  (void)state;
  fixture f;
  fixture_start(&f, 0);
  cspan_receiver_options grpc = {.grpc_port = cspan_receiver_grpc_port(f.receiver),
                                 .http_port = -1};
  assert_start_fails(&grpc, CSPAN_ERR_IO, "cannot listen for OTLP/gRPC on 127.0.0.1 port");
  cspan_receiver_options http = {.http_port = cspan_receiver_http_port(f.receiver)};
  assert_start_fails(&http, CSPAN_ERR_IO, "Address already in use");
  fixture_stop(&f);
}

static void test_bad_options(void **state) {
  (void)state;
  cspan_receiver_options port = {.grpc_port = 65536};
  assert_start_fails(&port, CSPAN_ERR_INVALID, "65536 is not a port");
  cspan_receiver_options address = {.address = "not an address"};
  assert_start_fails(&address, CSPAN_ERR_INVALID, "\"not an address\"");
}

typedef struct ticks {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int count;
} ticks;

static void on_tick(void *user) {
  ticks *t = user;
  pthread_mutex_lock(&t->lock);
  t->count++;
  pthread_cond_signal(&t->changed);
  pthread_mutex_unlock(&t->lock);
}

static void test_ticks(void **state) {
  (void)state;
  ticks t = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
  cspan_receiver *receiver = NULL;
  cspan_receiver_options options = {.on_tick = on_tick, .tick_ms = 1, .user = &t};
  assert_int_equal(cspan_receiver_start(&options, &receiver, NULL), CSPAN_OK);
  pthread_mutex_lock(&t.lock);
  while (t.count < 3) {
    pthread_cond_wait(&t.changed, &t.lock);
  }
  pthread_mutex_unlock(&t.lock);
  cspan_receiver_stop(receiver);
  int after = t.count;
  assert_true(after >= 3);
}

/* A stop says goodbye on open connections, and leaves none. */
static void test_stop_with_open_connections(void **state) {
  (void)state;
  fixture f;
  fixture_start(&f, 0);
  h2_client *c = malloc(sizeof *c);
  h2_open(c, cspan_receiver_grpc_port(f.receiver));
  h2_request r = {.body = "\0\0\0", .len = 3, .never_ends = true};
  h2_submit(c, &r);
  h2_flush(c);
  uint8_t byte[9]; /* the server's SETTINGS: it knows the connection */
  assert_int_equal(recv(c->fd, byte, sizeof byte, MSG_PEEK | MSG_WAITALL), sizeof byte);
  int idle = plain_connect(cspan_receiver_http_port(f.receiver));
  fixture_stop(&f);
  h2_run_to_end(c);
  assert_true(c->goaway);
  assert_true(c->ended);
  assert_true(recv(idle, byte, 1, 0) <= 0);
  close(idle);
  h2_close(c);
  free(c);
}

static void test_idle_connections_end(void **state) {
  (void)state;
  fixture f;
  fixture_start(&f, 0);
  fixture_stop(&f);
  memset(&f, 0, sizeof f);
  cspan_receiver_options options = {.idle_timeout_ms = 20};
  assert_int_equal(cspan_receiver_start(&options, &f.receiver, NULL), CSPAN_OK);
  h2_client *c = malloc(sizeof *c);
  h2_open(c, cspan_receiver_grpc_port(f.receiver));
  h2_request r = {.body = "\0\0\0", .len = 3, .never_ends = true};
  h2_submit(c, &r);
  h2_run_to_end(c);
  assert_true(c->ended);
  assert_true(c->goaway);
  h2_close(c);
  free(c);
  int fd = plain_connect(cspan_receiver_http_port(f.receiver));
  cspan_buf rest;
  cspan_buf_init(&rest, 1000);
  plain_read_all(fd, &rest);
  close(fd);
  cspan_buf_free(&rest);
  cspan_receiver_stop(f.receiver);
}

/* ------------------------------------------------------------ our own exporter */

static void export_with(fixture *f, cspan_otlp_protocol protocol, const char *compression,
                        size_t attribute_bytes, cspan_status expected) {
  char endpoint[64];
  int port = protocol == CSPAN_OTLP_GRPC ? cspan_receiver_grpc_port(f->receiver)
                                         : cspan_receiver_http_port(f->receiver);
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
  cspan_otlp_options options = {.size = sizeof options,
                                .protocol = protocol,
                                .endpoint = endpoint,
                                .compression = compression};
  cspan_span_exporter *exporter = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_exporter_otlp(&options, &exporter, NULL), CSPAN_OK);
  cspan_buf request;
  cspan_buf_init(&request, (size_t)1 << 28);
  otlp_request(&request, "exported", attribute_bytes);
  cspan_export_batch batch = {(const uint8_t *)request.data, request.len, 1};
  size_t rejected = 0;
  cspan_status status =
      exporter->vtable->export_spans(exporter->self, NULL, &batch, &rejected, &error);
  if (status != expected) {
    fail_msg("%s (%s): %s", cspan_status_name(status), endpoint, cspan_error_message(error));
  }
  assert_int_equal(rejected, 0);
  cspan_error_free(error);
  cspan_exporter_free(exporter);
  cspan_buf_free(&request);
}

static void test_our_exporter(void **state) {
  (void)state;
  static const char *const compressions[] = {"none", "gzip"};
  static const size_t sizes[] = {10, 5000000};
  fixture f;
  fixture_start(&f, (size_t)6 << 20);
  size_t count = 0;
  for (size_t i = 0; i < 2; i++) {
    for (size_t k = 0; k < 2; k++) {
      export_with(&f, CSPAN_OTLP_GRPC, compressions[i], sizes[k], CSPAN_OK);
      export_with(&f, CSPAN_OTLP_HTTP_PROTOBUF, compressions[i], sizes[k], CSPAN_OK);
      count += 2;
      assert_int_equal(fixture_spans(&f), count);
    }
  }
  assert_string_equal(fixture_last_name(&f), "exported");
  fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_off),
      cmocka_unit_test(test_ports_in_use),
      cmocka_unit_test(test_bad_options),
      cmocka_unit_test(test_ticks),
      cmocka_unit_test(test_stop_with_open_connections),
      cmocka_unit_test(test_idle_connections_end),
      cmocka_unit_test(test_our_exporter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
