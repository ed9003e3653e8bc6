/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP exporter over real sockets, against servers that play a script. */
#include "integration/otlp_scripts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/sys.h"
#include "telemetry/exporter_otlp.h"

/* ------------------------------------------------------------------- helpers */

static cspan_span_exporter *exporter_for(const char *endpoint, const cspan_otlp_options *more) {
  cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF};
  if (more)
    options = *more;
  options.endpoint = endpoint;
  cspan_span_exporter *exporter = NULL;
  cspan_error *error = NULL;
  cspan_exporter_otlp_with(&options, &quick, &exporter, &error);
  assert_string_equal(cspan_error_message(error), "");
  return exporter;
}

static cspan_status export_in(cspan_span_exporter *exporter, const cspan_context *context,
                              size_t *rejected, cspan_error **error) {
  const cspan_export_batch batch = {
      .request = (const uint8_t *)request, .request_size_bytes = REQUEST_LEN, .span_count = 5};
  size_t ignored;
  return exporter->vtable->export_spans(exporter->self, context, &batch,
                                        rejected ? rejected : &ignored, error);
}

static void export_ok(cspan_span_exporter *exporter) {
  cspan_error *error = NULL;
  cspan_status status = export_in(exporter, NULL, NULL, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(status, CSPAN_OK);
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, part)); at++)
    count++;
  return count;
}

/* -------------------------------------------------------------------- request */

static void test_request(void **state) {
  (void)state;
  const script_connection scripts[] = {accept_once};
  script_server *server = script_server_start(scripts, 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF,
                                      .headers = "X-Api-Key=s3%20cret,other=1"};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, "/base"), &options);
  export_ok(exporter);
  cspan_exporter_free(exporter);
  char *received = script_server_received(server);
  assert_non_null(strstr(received, "POST /base/v1/traces HTTP/1.1\r\n"));
  assert_non_null(strstr(received, "content-type: application/x-protobuf\r\n"));
  assert_non_null(
      strstr(received, "user-agent: OTel-OTLP-Exporter-C/" CSPAN_VERSION " cloudspan/"));
  assert_non_null(strstr(received, "x-api-key: s3 cret\r\n"));
  assert_non_null(strstr(received, "other: 1\r\n"));
  assert_null(strstr(received, "content-encoding"));
  assert_memory_equal(strstr(received, "\r\n\r\n") + 4, request, REQUEST_LEN);
  char line[128];
  const char *origin = script_server_url(server, "");
  snprintf(line, sizeof line, "spans go to %s by OTLP (http/protobuf)", origin);
  assert_non_null(strstr(watched.text, line));
  snprintf(line, sizeof line, "exported 5 spans to %s in ", origin);
  assert_non_null(strstr(watched.text, line));
  assert_null(strstr(watched.text, "cret"));
  free(received);
  script_server_stop(server);
}

static void test_gzip(void **state) {
  (void)state;
  const script_connection scripts[] = {accept_twice};
  script_server *server = script_server_start(scripts, 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .compression = "gzip"};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  export_ok(exporter);
  export_ok(exporter);
  assert_int_equal(script_server_accepted(server), 1); /* the connection is kept */
  cspan_exporter_free(exporter);
  char *received = script_server_received(server);
  assert_int_equal(count_of(received, "content-encoding: gzip\r\n"), 1);
  uint8_t out[100];
  z_stream stream = {.next_in = (Bytef *)strstr(received, "\r\n\r\n") + 4,
                     .avail_in = 100,
                     .next_out = out,
                     .avail_out = sizeof out};
  assert_int_equal(inflateInit2(&stream, 31), Z_OK);
  assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  assert_int_equal(stream.total_out, REQUEST_LEN);
  assert_memory_equal(out, request, REQUEST_LEN);
  free(received);
  script_server_stop(server);
}

/* -------------------------------------------------------------------- answers */

/* A status first; then, if the exporter comes again, 200. */
static size_t attempts_after(const char *first, cspan_status *status, cspan_error **error) {
  const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, first, 0},
                               {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_EMPTY, 0},
                               {SCRIPT_WAIT_CLOSE, NULL, 0},   {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), NULL);
  *status = export_in(exporter, NULL, NULL, error);
  cspan_exporter_free(exporter);
  char *received = script_server_received(server);
  size_t count = count_of(received, "POST ");
  free(received);
  script_server_stop(server);
  return count;
}

static const struct {
  const char *status_line;
  size_t attempts;
  const char *code;
} answers[] = {
    {"400 Bad Request", 1, "http_400"},
    {"401 Unauthorized", 1, "http_401"},
    {"404 Not Found", 1, "http_404"},
    {"429 Too Many Requests", 2, ""},
    {"429 Too Many Requests\r\nRetry-After: 0", 2, ""},
    {"500 Internal Server Error", 1, "http_500"},
    {"502 Bad Gateway", 2, ""},
    {"503 Service Unavailable", 2, ""},
    {"503 Service Unavailable\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT", 2, ""},
    {"504 Gateway Timeout", 2, ""},
    {"302 Found\r\nLocation: http://127.0.0.1:1/", 1, "http_other"},
};

static void test_statuses(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    char text[200];
    cspan_error *error = NULL;
    cspan_status status;
    snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", answers[i].status_line);
    size_t attempts = attempts_after(text, &status, &error);
    if (attempts != answers[i].attempts)
      fail_msg("%s: %zu attempts", answers[i].status_line, attempts);
    assert_int_equal(status, attempts == 1 ? CSPAN_ERR_SERVICE : CSPAN_OK);
    assert_string_equal(cspan_error_code(error), answers[i].code);
    assert_int_equal(cspan_error_http_status(error),
                     attempts == 1 ? strtol(answers[i].status_line, NULL, 10) : 0);
    cspan_error_free(error);
  }
}

static void test_partial_success(void **state) {
  (void)state;
  static const char answer[] =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 11\r\n\r\n"
      "\x0a\x09\x08\x03\x12\x05"
      "stale";
  static const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                      {SCRIPT_SEND, answer, sizeof answer - 1},
                                      {SCRIPT_WAIT_CLOSE, NULL, 0},
                                      {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), NULL);
  size_t rejected = 0;
  assert_int_equal(export_in(exporter, NULL, &rejected, NULL), CSPAN_OK);
  assert_int_equal(rejected, 3);
  assert_non_null(strstr(watched.text, "rejected 3 spans: stale"));
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

/* Waiting longer than the timeout makes no sense: the answer comes at once. */
static void test_retry_after_past_the_timeout(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_status status;
  assert_int_equal(attempts_after("HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\n"
                                  "Content-Length: 0\r\n\r\n",
                                  &status, &error),
                   1);
  assert_int_equal(status, CSPAN_ERR_SERVICE);
  assert_true(cspan_error_is_retryable(error));
  assert_non_null(strstr(cspan_error_message(error), "cannot export 5 spans to http://127.0.0.1:"));
  cspan_error_free(error);
}

static void test_response_too_large(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", 0},
      {SCRIPT_SEND_ZEROS, NULL, 5000000},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), NULL);
  cspan_error *error = NULL;
  assert_int_equal(export_in(exporter, NULL, NULL, &error), CSPAN_ERR_LIMIT);
  assert_int_equal(script_server_accepted(server), 1);
  cspan_error_free(error);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

/* ---------------------------------------------------------------- connections */

static void test_reset_is_tried_again(void **state) {
  (void)state;
  static const script_step reset[] = {{SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_RESET, NULL, 0}};
  static const script_step cut[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 0},
      {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {reset, cut, accept_once};
  script_server *server = script_server_start(scripts, 3);
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), NULL);
  export_ok(exporter);
  assert_int_equal(script_server_accepted(server), 3);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

/* Bound but not listening, a port refuses; then it listens. */
typedef struct late_server {
  int fd;
  pthread_t thread;
  bool started;
} late_server;

static void *serve_late(void *user) {
  late_server *late = user;
  char bytes[4096];
  int fd = accept(late->fd, NULL, NULL);
  size_t len = 0;
  ssize_t got;
  while (len < sizeof bytes && !memmem(bytes, len, "hello", 5) &&
         (got = recv(fd, bytes + len, sizeof bytes - len, 0)) > 0)
    len += (size_t)got;
  send(fd, OK_EMPTY, strlen(OK_EMPTY), MSG_NOSIGNAL);
  close(fd);
  return NULL;
}

static void come_up(void *user) {
  late_server *late = user;
  if (late->started)
    return;
  late->started = true;
  listen(late->fd, 5);
  pthread_create(&late->thread, NULL, serve_late, late);
}

static void test_refused_then_up(void **state) {
  (void)state;
  late_server late = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  assert_int_equal(bind(late.fd, (struct sockaddr *)&address, len), 0);
  assert_int_equal(getsockname(late.fd, (struct sockaddr *)&address, &len), 0);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
  cspan_span_exporter *exporter = exporter_for(url, NULL);
  watch_for("trying again", come_up, &late);
  export_ok(exporter);
  assert_true(late.started);
  assert_non_null(strstr(watched.text, "refused"));
  pthread_join(late.thread, NULL);
  cspan_exporter_free(exporter);
  close(late.fd);
}

static void test_refused_for_good(void **state) {
  (void)state;
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .timeout_ms = 1000};
  cspan_span_exporter *exporter = exporter_for(url, &options);
  cspan_error *error = NULL;
  assert_int_equal(export_in(exporter, NULL, NULL, &error), CSPAN_ERR_CONNECT);
  assert_string_equal(cspan_error_code(error), "connection_refused");
  assert_true(cspan_error_is_retryable(error));
  assert_non_null(strstr(cspan_error_message(error), " attempts)"));
  cspan_error_free(error);
  cspan_exporter_free(exporter);
}

/* ------------------------------------------------------- time, cancel, shutdown */

/* A variable's timeout of 0 is no limit: the tries end, not the time. */
static void test_refused_without_a_limit(void **state) {
  (void)state;
  char url[64];
  cspan_error *error = NULL;
  snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0", 1);
  cspan_span_exporter *exporter = exporter_for(url, NULL);
  unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
  assert_int_equal(export_in(exporter, NULL, NULL, &error), CSPAN_ERR_CONNECT);
  assert_non_null(strstr(cspan_error_message(error), "(after 5 attempts)"));
  cspan_error_free(error);
  cspan_exporter_free(exporter);
}

static void test_timeout(void **state) {
  (void)state;
  const script_connection scripts[] = {silent};
  script_server *server = script_server_start(scripts, 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .timeout_ms = 50};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  cspan_error *error = NULL;
  assert_int_equal(export_in(exporter, NULL, NULL, &error), CSPAN_ERR_TIMEOUT);
  cspan_error_free(error);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

/* The try that the timeout cut short says less than the one before it. */
static void test_timeout_tells_the_reason(void **state) {
  (void)state;
  static const script_step busy[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0},
      {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {busy, silent};
  script_server *server = script_server_start(scripts, 2);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .timeout_ms = 1500};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  cspan_error *error = NULL;
  assert_int_equal(export_in(exporter, NULL, NULL, &error), CSPAN_ERR_SERVICE);
  assert_non_null(strstr(cspan_error_message(error), "HTTP status 503 (after 2 attempts)"));
  cspan_error_free(error);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

static void test_deadline_of_the_context(void **state) {
  (void)state;
  const script_connection scripts[] = {silent};
  script_server *server = script_server_start(scripts, 1);
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), NULL);
  cspan_context context = cspan_context_with_timeout(NULL, 50);
  assert_int_equal(export_in(exporter, &context, NULL, NULL), CSPAN_ERR_TIMEOUT);
  size_t accepted_first = script_server_accepted(server);
  assert_int_equal(export_in(exporter, &context, NULL, NULL), CSPAN_ERR_TIMEOUT);
  assert_int_equal(script_server_accepted(server), accepted_first); /* it did not try */
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

static void trigger(void *cancel) {
  cspan_cancel_trigger(cancel);
}

static const script_step busy_for_long[] = {
    {SCRIPT_READ_REQUEST, NULL, 0},
    {SCRIPT_SEND, "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", 0},
    {SCRIPT_WAIT_CLOSE, NULL, 0},
    {0}};

static void test_cancel_while_waiting(void **state) {
  (void)state;
  const script_connection scripts[] = {busy_for_long};
  script_server *server = script_server_start(scripts, 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .timeout_ms = 10000000};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  cspan_context context = {.cancel = cspan_cancel_create()};
  watch_for("trying again in 3600000 ms", trigger, context.cancel);
  cspan_error *error = NULL;
  assert_int_equal(export_in(exporter, &context, NULL, &error), CSPAN_ERR_CANCELLED);
  assert_non_null(strstr(cspan_error_message(error), "cancelled; the last try failed: "));
  assert_non_null(strstr(cspan_error_message(error), "503"));
  cspan_error_free(error);
  cspan_cancel_free(context.cancel);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

static void shut_down(void *user) {
  const cspan_span_exporter *exporter = user;
  exporter->vtable->shutdown(exporter->self);
}

static void test_shutdown_while_waiting(void **state) {
  (void)state;
  const script_connection scripts[] = {busy_for_long};
  script_server *server = script_server_start(scripts, 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .timeout_ms = 10000000};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  watch_for("trying again", shut_down, exporter);
  assert_int_equal(export_in(exporter, NULL, NULL, NULL), CSPAN_ERR_SHUTDOWN);
  assert_int_equal(export_in(exporter, NULL, NULL, NULL), CSPAN_ERR_SHUTDOWN);
  assert_int_equal(script_server_accepted(server), 1);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

/* A forked child makes connections of its own; the parent's stay usable. */
static void test_fork(void **state) {
  (void)state;
  const script_connection scripts[] = {accept_twice, accept_once};
  script_server *server = script_server_start(scripts, 2);
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), NULL);
  export_ok(exporter);
  pid_t child = fork();
  if (child == 0) {
    cspan_status status = export_in(exporter, NULL, NULL, NULL);
    cspan_exporter_free(exporter);
    _exit((int)status);
  }
  assert_child_well(child);
  export_ok(exporter);
  assert_int_equal(script_server_accepted(server), 2);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

/* ---------------------------------------------------------------------- gRPC */

/* A literal header field without indexing; names and values under 127 bytes. */
static void put_field(cspan_buf *out, const char *name, const char *value) {
  cspan_buf_char(out, 0);
  cspan_buf_char(out, (char)strlen(name));
  cspan_buf_str(out, name);
  cspan_buf_char(out, (char)strlen(value));
  cspan_buf_str(out, value);
}

typedef struct grpc_answer {
  const char *status;
  const char *message;
  bool trailers_only;
  const char *frame; /* the gRPC message with its prefix */
  size_t frame_len;
} grpc_answer;

static void put_answer(cspan_buf *out, const grpc_answer *answer, bool first) {
  cspan_buf block;
  uint8_t stream = first ? 1 : 3;
  if (first) {
    put_settings(out);
  }
  cspan_buf_init(&block, 1000);
  cspan_buf_char(&block, (char)0x88); /* :status 200 */
  put_field(&block, "content-type", "application/grpc");
  if (!answer->trailers_only) {
    put_frame(out, H2_HEADERS, H2_END_HEADERS, stream, block.data, block.len);
    put_frame(out, H2_DATA, 0, stream, answer->frame, answer->frame_len);
    cspan_buf_clear(&block);
  }
  put_field(&block, "grpc-status", answer->status);
  if (answer->message)
    put_field(&block, "grpc-message", answer->message);
  put_frame(out, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, stream, block.data, block.len);
  cspan_buf_free(&block);
}

typedef struct grpc_run {
  cspan_status status;
  cspan_error *error;
  size_t rejected;
} grpc_run;

/* The second answer goes over the same connection or, as libcurl before 8 has to, over
 * another. */
static grpc_run run_grpc(const grpc_answer *first, const grpc_answer *second, bool gzip) {
  cspan_buf bytes[3];
  for (size_t i = 0; i < 3; i++)
    cspan_buf_init(&bytes[i], 4096);
  put_answer(&bytes[0], first, true);
  put_answer(&bytes[1], second, false);
  put_answer(&bytes[2], second, true);
  const script_step connection[] = {
      {SCRIPT_READ_H2, NULL, 0},    {SCRIPT_SEND, bytes[0].data, bytes[0].len},
      {SCRIPT_READ_H2, NULL, 0},    {SCRIPT_SEND, bytes[1].data, bytes[1].len},
      {SCRIPT_WAIT_CLOSE, NULL, 0}, {0}};
  const script_step another[] = {{SCRIPT_READ_H2, NULL, 0},
                                 {SCRIPT_SEND, bytes[2].data, bytes[2].len},
                                 {SCRIPT_WAIT_CLOSE, NULL, 0},
                                 {0}};
  const script_connection scripts[] = {connection, another};
  script_server *server = script_server_start(scripts, 2);
  const cspan_otlp_options options = {
      .protocol = CSPAN_OTLP_GRPC, .compression = gzip ? "gzip" : "none", .headers = "Api-Key=k"};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  grpc_run run = {.error = NULL};
  run.status = export_in(exporter, NULL, &run.rejected, &run.error);
  cspan_exporter_free(exporter);
  script_server_stop(server);
  for (size_t i = 0; i < 3; i++)
    cspan_buf_free(&bytes[i]);
  return run;
}

static void free_run(grpc_run *run) {
  cspan_error_free(run->error);
}

static const grpc_answer accepted = {.status = "0", .frame = "\0\0\0\0\0", .frame_len = 5};
static const grpc_answer unavailable = {
    .status = "14", .message = "not%20yet", .trailers_only = true};

static void test_grpc_accepted(void **state) {
  (void)state;
  static const grpc_answer partial = {.status = "0",
                                      .frame = "\0\0\0\0\x09\x0a\x07\x08\x02\x12\x03"
                                               "old",
                                      .frame_len = 14};
  grpc_run run = run_grpc(&partial, &accepted, false);
  assert_string_equal(cspan_error_message(run.error), "");
  assert_int_equal(run.status, CSPAN_OK);
  assert_int_equal(run.rejected, 2);
  assert_non_null(strstr(watched.text, "rejected 2 spans: old"));
  free_run(&run);
}

static void test_grpc_retry(void **state) {
  (void)state;
  for (int gzip = 0; gzip < 2; gzip++) {
    grpc_run run = run_grpc(&unavailable, &accepted, gzip);
    assert_string_equal(cspan_error_message(run.error), "");
    assert_non_null(
        strstr(watched.text, "the receiver answered UNAVAILABLE: not yet; trying again"));
    free_run(&run);
  }
}

static void test_grpc_failure(void **state) {
  (void)state;
  static const grpc_answer denied = {.status = "7", .message = "no", .frame = "", .frame_len = 0};
  grpc_run run = run_grpc(&denied, &accepted, false);
  assert_int_equal(run.status, CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(run.error), "PERMISSION_DENIED");
  assert_false(cspan_error_is_retryable(run.error));
  assert_non_null(
      strstr(cspan_error_message(run.error), "the receiver answered PERMISSION_DENIED"));
  free_run(&run);
}

/* A receiver that is leaving has not looked at the request, and says so (GOAWAY): the one that
 * comes after it gets it. */
static void test_grpc_receiver_leaves(void **state) {
  (void)state;
  cspan_buf leaves;
  cspan_buf welcome;
  cspan_buf_init(&leaves, 1000);
  cspan_buf_init(&welcome, 1000);
  put_frame(&leaves, H2_SETTINGS, 0, 0, NULL, 0);
  put_frame(&leaves, H2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8); /* the last stream was 0; no error */
  put_answer(&welcome, &accepted, true);
  const script_step first[] = {
      {SCRIPT_READ_H2, NULL, 0}, {SCRIPT_SEND, leaves.data, leaves.len}, {SCRIPT_END, NULL, 0}};
  const script_step then[] = {{SCRIPT_READ_H2, NULL, 0},
                              {SCRIPT_SEND, welcome.data, welcome.len},
                              {SCRIPT_WAIT_CLOSE, NULL, 0},
                              {0}};
  const script_connection scripts[] = {first, then};
  script_server *server = script_server_start(scripts, 2);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_GRPC};
  cspan_span_exporter *exporter = exporter_for(script_server_url(server, ""), &options);
  export_ok(exporter);
  assert_int_equal(script_server_accepted(server), 2);
  cspan_exporter_free(exporter);
  script_server_stop(server);
  cspan_buf_free(&leaves);
  cspan_buf_free(&welcome);
}

/* gRPC to a port that speaks HTTP/1.1: the error says what may be wrong. */
static void test_grpc_to_an_http1_port(void **state) {
  (void)state;
  static const script_step http1[] = {
      {SCRIPT_READ_HEAD, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
       0},
      {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {http1};
  script_server *server = script_server_start(scripts, 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_GRPC,
                                      .endpoint = script_server_url(server, "")};
  const cspan_otlp_retry never = {.initial_ms = 100000, .max_ms = 100000};
  cspan_span_exporter *exporter = NULL;
  assert_int_equal(cspan_exporter_otlp_with(&options, &never, &exporter, NULL), CSPAN_OK);
  cspan_error *error = NULL;
  assert_int_not_equal(export_in(exporter, NULL, NULL, &error), CSPAN_OK);
  assert_non_null(strstr(cspan_error_message(error), "OTEL_EXPORTER_OTLP_PROTOCOL"));
  cspan_error_free(error);
  cspan_exporter_free(exporter);
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_request, fresh_log),
      cmocka_unit_test_setup(test_gzip, fresh_log),
      cmocka_unit_test_setup(test_statuses, fresh_log),
      cmocka_unit_test_setup(test_partial_success, fresh_log),
      cmocka_unit_test_setup(test_retry_after_past_the_timeout, fresh_log),
      cmocka_unit_test_setup(test_response_too_large, fresh_log),
      cmocka_unit_test_setup(test_reset_is_tried_again, fresh_log),
      cmocka_unit_test_setup(test_refused_then_up, fresh_log),
      cmocka_unit_test_setup(test_refused_for_good, fresh_log),
      cmocka_unit_test_setup(test_refused_without_a_limit, fresh_log),
      cmocka_unit_test_setup(test_timeout, fresh_log),
      cmocka_unit_test_setup(test_timeout_tells_the_reason, fresh_log),
      cmocka_unit_test_setup(test_deadline_of_the_context, fresh_log),
      cmocka_unit_test_setup(test_cancel_while_waiting, fresh_log),
      cmocka_unit_test_setup(test_shutdown_while_waiting, fresh_log),
      cmocka_unit_test_setup(test_fork, fresh_log),
      cmocka_unit_test_setup(test_grpc_accepted, fresh_log),
      cmocka_unit_test_setup(test_grpc_retry, fresh_log),
      cmocka_unit_test_setup(test_grpc_failure, fresh_log),
      cmocka_unit_test_setup(test_grpc_receiver_leaves, fresh_log),
      cmocka_unit_test_setup(test_grpc_to_an_http1_port, fresh_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
