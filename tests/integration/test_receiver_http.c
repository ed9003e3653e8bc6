/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP/HTTP port, over real sockets. */
#include "integration/receiver_fixture.h"

enum { MAX_REQUEST = 100000 };

#define JSON_REQUEST                                                                               \
  "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"                                 \
  "\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\",\"name\":\"json\"}]}]}]}"

static const char google_rpc_status_3[] = {0x08, 0x03, 0x12};

static int start(void **state) {
  fixture *f = malloc(sizeof *f);
  fixture_start(f, MAX_REQUEST);
  *state = f;
  return 0;
}

static int stop(void **state) {
  fixture_stop(*state);
  free(*state);
  return 0;
}

/* Sends the bytes, reads until the end. */
static void talk(fixture *f, const cspan_buf *request, cspan_buf *answer) {
  int fd = plain_connect(cspan_receiver_http_port(f->receiver));
  cspan_buf_init(answer, 1 << 20);
  plain_send(fd, request->data, request->len);
  plain_read_all(fd, answer);
  close(fd);
}

typedef struct exchange {
  const char *request_line;
  const char *content_type;     /* NULL: none */
  const char *content_encoding; /* NULL: none */
  const cspan_buf *body;        /* NULL: none */
  int status;
  const char *answer_type; /* NULL: any */
} exchange;

static const char *body_of(const cspan_buf *answer, size_t *len) {
  const char *end = strstr(cspan_buf_text(answer), "\r\n\r\n");
  assert_non_null(end);
  *len = (size_t)(answer->data + answer->len - (end + 4));
  return end + 4;
}

/* Makes the request and checks status and type of the answer, which is the caller's. */
static void make(fixture *f, const exchange *e, cspan_buf *answer) {
  cspan_buf request;
  char expected[64];
  cspan_buf_init(&request, 1 << 24);
  cspan_buf_printf(&request, "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                   e->request_line);
  if (e->content_type) {
    cspan_buf_printf(&request, "Content-Type: %s\r\n", e->content_type);
  }
  if (e->content_encoding) {
    cspan_buf_printf(&request, "Content-Encoding: %s\r\n", e->content_encoding);
  }
  cspan_buf_printf(&request, "Content-Length: %zu\r\n\r\n", e->body ? e->body->len : 0);
  if (e->body) {
    cspan_buf_append(&request, e->body->data, e->body->len);
  }
  talk(f, &request, answer);
  snprintf(expected, sizeof expected, "HTTP/1.1 %d ", e->status);
  if (strncmp(cspan_buf_text(answer), expected, strlen(expected)) != 0) {
    fail_msg("%s: wanted %d, got: %.200s", e->request_line, e->status, cspan_buf_text(answer));
  }
  if (e->answer_type) {
    snprintf(expected, sizeof expected, "\r\nContent-Type: %s\r\n", e->answer_type);
    assert_non_null(strstr(answer->data, expected));
  }
  cspan_buf_free(&request);
}

/* The server still works. */
static void assert_alive(fixture *f) {
  cspan_buf body;
  cspan_buf answer;
  size_t before = fixture_spans(f);
  cspan_buf_init(&body, 1 << 20);
  otlp_request(&body, "alive", 3);
  exchange e = {"POST /v1/traces", "application/x-protobuf", NULL, &body, 200, NULL};
  make(f, &e, &answer);
  assert_int_equal(fixture_spans(f), before + 1);
  cspan_buf_free(&answer);
  cspan_buf_free(&body);
}

static void test_success(void **state) {
  fixture *f = *state;
  cspan_buf pb;
  cspan_buf pb_gz;
  cspan_buf json;
  cspan_buf json_gz;
  cspan_buf empty;
  cspan_buf_init(&pb, 1 << 20);
  cspan_buf_init(&pb_gz, 1 << 20);
  cspan_buf_init(&json, 1 << 20);
  cspan_buf_init(&json_gz, 1 << 20);
  cspan_buf_init(&empty, 0);
  otlp_request(&pb, "protobuf", 10);
  cspan_buf_str(&json, JSON_REQUEST);
  assert_true(gzip_append(&pb_gz, pb.data, pb.len));
  assert_true(gzip_append(&json_gz, json.data, json.len));
  static const char pb_type[] = "application/x-protobuf";
  static const char json_type[] = "application/json";
  const struct {
    exchange exchange;
    const char *name;
    const char *answer;
  } cases[] = {
      {{"POST /v1/traces", pb_type, NULL, &pb, 200, pb_type}, "protobuf", ""},
      {{"POST /v1/traces", pb_type, "gzip", &pb_gz, 200, pb_type}, "protobuf", ""},
      {{"POST /v1/traces", pb_type, "identity", &pb, 200, pb_type}, "protobuf", ""},
      {{"POST /v1/traces", json_type, NULL, &json, 200, json_type}, "json", "{}"},
      {{"POST /v1/traces", json_type, "GZIP", &json_gz, 200, json_type}, "json", "{}"},
      {{"POST /v1/traces?x=1", "Application/JSON; charset=utf-8", NULL, &json, 200, json_type},
       "json",
       "{}"},
      {{"POST /v1/traces", pb_type, NULL, &empty, 200, pb_type}, NULL, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cspan_buf answer;
    size_t len;
    fixture_forget(f);
    make(f, &cases[i].exchange, &answer);
    const char *body = body_of(&answer, &len);
    assert_int_equal(len, strlen(cases[i].answer));
    assert_memory_equal(body, cases[i].answer, len);
    assert_string_equal(fixture_last_name(f), cases[i].name ? cases[i].name : "");
    cspan_buf_free(&answer);
  }
  cspan_receiver_stats stats;
  cspan_receiver_stats_get(f->receiver, &stats);
  assert_int_equal(stats.requests, 7);
  assert_int_equal(stats.spans, 6);
  assert_int_equal(stats.rejected, 0);
  cspan_buf_free(&pb);
  cspan_buf_free(&pb_gz);
  cspan_buf_free(&json);
  cspan_buf_free(&json_gz);
}

static void test_refusals(void **state) {
  fixture *f = *state;
  static const char pb_type[] = "application/x-protobuf";
  static const char json_type[] = "application/json";
  cspan_buf good;
  cspan_buf bad;
  cspan_buf_init(&good, 1 << 20);
  cspan_buf_init(&bad, 1 << 20);
  otlp_request(&good, "never seen", 10);
  cspan_buf_append(&bad, "\x0a\xff", 2); /* a field longer than what follows */
  const exchange cases[] = {
      {"POST /", pb_type, NULL, &good, 404, pb_type},
      {"POST /v1/traces/", pb_type, NULL, &good, 404, pb_type},
      {"GET /anything", NULL, NULL, NULL, 404, "text/plain; charset=utf-8"},
      {"POST /v1/metrics", json_type, NULL, &good, 400, json_type},
      {"POST /v1/metrics", pb_type, NULL, &bad, 400, pb_type},
      {"GET /v1/metrics", NULL, NULL, NULL, 405, NULL},
      {"POST /v1/logs", pb_type, NULL, &good, 404, pb_type},
      {"GET /v1/traces", NULL, NULL, NULL, 405, NULL},
      {"PUT /v1/traces", pb_type, NULL, &good, 405, pb_type},
      {"OPTIONS /v1/traces", NULL, NULL, NULL, 405, NULL},
      {"POST /v1/traces", NULL, NULL, &good, 415, "text/plain; charset=utf-8"},
      {"POST /v1/traces", "text/plain", NULL, &good, 415, NULL},
      {"POST /v1/traces", "application/grpc", NULL, &good, 415, NULL},
      {"POST /v1/traces", pb_type, "br", &good, 415, pb_type},
      {"POST /v1/traces", pb_type, "gzip", &good, 400, pb_type}, /* is not gzip */
      {"POST /v1/traces", pb_type, NULL, &bad, 400, pb_type},
      {"POST /v1/traces", json_type, NULL, &bad, 400, json_type},
      {"POST /v1/traces", json_type, NULL, &good, 400, json_type}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cspan_buf answer;
    size_t len;
    make(f, &cases[i], &answer);
    const char *body = body_of(&answer, &len);
    assert_true(len > 10); /* says why */
    if (cases[i].status == 400 && cases[i].answer_type == pb_type) {
      assert_memory_equal(body, google_rpc_status_3, sizeof google_rpc_status_3);
      assert_int_equal(len, 4 + (unsigned char)body[3]);
    }
    if (cases[i].status == 400 && cases[i].answer_type == json_type) {
      assert_memory_equal(body, "{\"code\":3,\"message\":\"", 21);
    }
    assert_true(cases[i].status != 405 || strstr(answer.data, "\r\nAllow: POST\r\n"));
    cspan_buf_free(&answer);
  }
  assert_int_equal(fixture_spans(f), 0);
  cspan_receiver_stats stats;
  cspan_receiver_stats_get(f->receiver, &stats);
  assert_int_equal(stats.rejected, sizeof cases / sizeof *cases);
  assert_alive(f);
  cspan_buf_free(&good);
  cspan_buf_free(&bad);
}

static void test_too_large(void **state) {
  fixture *f = *state;
  cspan_buf large;
  cspan_buf bomb;
  cspan_buf answer;
  cspan_buf_init(&large, 1 << 24);
  cspan_buf_init(&bomb, 1 << 24);
  otlp_request(&large, "large", MAX_REQUEST);
  assert_true(gzip_append(&bomb, large.data, large.len));
  assert_true(bomb.len < 1000);
  exchange cases[] = {
      {"POST /v1/traces", "application/x-protobuf", NULL, &large, 413, NULL},
      {"POST /v1/traces", "application/x-protobuf", "gzip", &bomb, 413, "application/x-protobuf"},
      {"POST /v1/traces", "application/json", "gzip", &bomb, 413, "application/json"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    make(f, &cases[i], &answer);
    cspan_buf_free(&answer);
  }
  assert_int_equal(fixture_spans(f), 0);
  assert_alive(f);
  cspan_buf_free(&large);
  cspan_buf_free(&bomb);
}

/* A body in chunks, one by one; and one whose chunks come to more than the cap. */
static void test_chunks(void **state) {
  fixture *f = *state;
  static const char head[] = "POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                             "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  cspan_buf request;
  cspan_buf answer;
  cspan_buf_init(&request, 1 << 20);
  cspan_buf_str(&request, head);
  for (const char *c = JSON_REQUEST; *c; c++) {
    cspan_buf_printf(&request, "1\r\n%c\r\n", *c);
  }
  cspan_buf_str(&request, "0\r\n\r\n");
  talk(f, &request, &answer);
  assert_memory_equal(answer.data, "HTTP/1.1 200 ", 13);
  assert_string_equal(fixture_last_name(f), "json");
  cspan_buf_free(&answer);

  cspan_buf_clear(&request);
  cspan_buf_str(&request, head);
  for (int i = 0; i < 200; i++) {
    cspan_buf_printf(&request, "3e8\r\n%01000d\r\n", 0);
  }
  cspan_buf_str(&request, "0\r\n\r\n");
  talk(f, &request, &answer);
  assert_int_equal(strncmp(cspan_buf_text(&answer), "HTTP/1.1 200", 12) == 0, 0);
  assert_int_equal(fixture_spans(f), 1);
  cspan_buf_free(&answer);
  cspan_buf_free(&request);
  assert_alive(f);
}

static void test_two_requests_on_a_connection(void **state) {
  fixture *f = *state;
  cspan_buf request;
  cspan_buf answer;
  cspan_buf_init(&request, 1 << 20);
  for (int i = 0; i < 2; i++) {
    cspan_buf_printf(&request,
                     "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n%s\r\n%s",
                     strlen(JSON_REQUEST), i == 1 ? "Connection: close\r\n" : "", JSON_REQUEST);
  }
  talk(f, &request, &answer);
  const char *second = strstr(answer.data + 1, "HTTP/1.1 200 ");
  assert_memory_equal(answer.data, "HTTP/1.1 200 ", 13);
  assert_non_null(second);
  assert_int_equal(fixture_spans(f), 2);
  cspan_buf_free(&answer);
  cspan_buf_free(&request);
}

/* Nothing that comes down a socket ends the server. */
static void test_garbage(void **state) {
  fixture *f = *state;
  static const struct {
    const char *data;
    size_t len;
  } cases[] = {
#define BYTES(text) {text, sizeof(text) - 1}
      BYTES("\0\0\0\0"),
      BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
      BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      BYTES("POST\r\n\r\n"),
      BYTES("POST /v1/traces HTTP/9.9\r\n\r\n"),
      BYTES("POST /v1/traces HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
      BYTES("POST /v1/traces HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
      BYTES("POST /v1/traces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      BYTES("POST /v1/traces HTTP/1.1\r\nno colon here\r\n\r\n"),
      BYTES("POST http://[::1 HTTP/1.1\r\n\r\n"),
      BYTES("POST /v1/traces HTTP/1.1\r\nContent-Type: application/json\r\n"
            "Content-Length: 50\r\n\r\n{\"cut\":"),
#undef BYTES
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cspan_buf answer;
    int fd = plain_connect(cspan_receiver_http_port(f->receiver));
    cspan_buf_init(&answer, 1 << 20);
    plain_send(fd, cases[i].data, cases[i].len);
    shutdown(fd, SHUT_WR);
    plain_read_all(fd, &answer);
    assert_true(strncmp(cspan_buf_text(&answer), "HTTP/1.1 200", 12) != 0);
    cspan_buf_free(&answer);
    close(fd);
  }
  assert_int_equal(fixture_spans(f), 0);
  assert_alive(f);
}

static void test_endless_header(void **state) {
  fixture *f = *state;
  cspan_buf answer;
  char block[4096];
  memset(block, 'h', sizeof block);
  int fd = plain_connect(cspan_receiver_http_port(f->receiver));
  cspan_buf_init(&answer, 1 << 20);
  plain_send(fd, "POST /v1/traces HTTP/1.1\r\nX: ", 29);
  size_t sent = 0;
  while (sent < (1u << 26) && plain_send(fd, block, sizeof block)) {
    sent += sizeof block;
  }
  assert_true(sent < (1u << 26)); /* it was cut off */
  plain_read_all(fd, &answer);
  close(fd);
  cspan_buf_free(&answer);
  assert_alive(f);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
  const struct CMUnitTest tests[] = {
      TEST(test_success),
      TEST(test_refusals),
      TEST(test_too_large),
      TEST(test_chunks),
      TEST(test_two_requests_on_a_connection),
      TEST(test_garbage),
      TEST(test_endless_header),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
