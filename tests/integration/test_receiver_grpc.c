/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP/gRPC port, over real sockets. */
#include <stdatomic.h>

#include "integration/h2_client.h"

enum { MAX_REQUEST = 1 << 20 };

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

static int port_of(fixture *f) {
  return cspan_receiver_grpc_port(f->receiver);
}

/* Appends a length-prefixed message. */
static void frame(cspan_buf *out, int flag, const cspan_buf *message) {
  uint32_t len = (uint32_t)message->len;
  uint8_t prefix[5] = {(uint8_t)flag, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
                       (uint8_t)(len >> 8), (uint8_t)len};
  cspan_buf_append(out, prefix, sizeof prefix);
  cspan_buf_append(out, message->data, message->len);
  assert_int_equal(cspan_buf_status(out), CSPAN_OK);
}

/* A framed request with one span of that name; packed where asked for. */
static void make_body(cspan_buf *out, const char *name, size_t attribute_bytes, bool gzip) {
  cspan_buf message;
  cspan_buf packed;
  cspan_buf_init(&message, (size_t)1 << 28);
  cspan_buf_init(&packed, (size_t)1 << 28);
  cspan_buf_init(out, (size_t)1 << 28);
  otlp_request(&message, name, attribute_bytes);
  if (gzip) {
    assert_true(gzip_append(&packed, message.data, message.len));
  }
  frame(out, gzip, gzip ? &packed : &message);
  cspan_buf_free(&message);
  cspan_buf_free(&packed);
}

static void assert_success(const h2_answer *a) {
  static const uint8_t empty_message[5];
  assert_true(a->closed);
  assert_int_equal(a->error_code, NGHTTP2_NO_ERROR);
  assert_string_equal(a->status, "200");
  assert_string_equal(a->content_type, "application/grpc");
  assert_string_equal(a->grpc_status, "0");
  assert_int_equal(a->body_len, sizeof empty_message);
  assert_memory_equal(a->body, empty_message, sizeof empty_message);
}

static void assert_alive(fixture *f) {
  cspan_buf body;
  make_body(&body, "alive", 1, false);
  h2_request r = {.body = body.data, .len = body.len};
  h2_answer a = h2_call(port_of(f), &r);
  assert_success(&a);
  assert_string_equal(fixture_last_name(f), "alive");
  cspan_buf_free(&body);
}

static void test_success(void **state) {
  fixture *f = *state;
  static const struct {
    const char *name;
    size_t attribute_bytes;
    bool gzip;
    const char *encoding;
    const char *content_type;
    size_t piece;
  } cases[] = {{"plain", 10, false, NULL, NULL, 0},
               {"with +proto", 10, false, NULL, "application/grpc+proto", 0},
               {"with a parameter", 10, false, "identity", "application/grpc;charset=utf-8", 0},
               {"packed", 1000, true, "gzip", NULL, 0},
               {"gzip announced, not used", 10, false, "gzip", NULL, 0},
               {"byte by byte", 100, false, NULL, NULL, 1},
               {"over many frames", MAX_REQUEST - 1000, false, NULL, NULL, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cspan_buf body;
    make_body(&body, cases[i].name, cases[i].attribute_bytes, cases[i].gzip);
    h2_request r = {.content_type = cases[i].content_type,
                    .encoding = cases[i].encoding,
                    .body = body.data,
                    .len = body.len,
                    .piece = cases[i].piece};
    h2_answer a = h2_call(port_of(f), &r);
    assert_success(&a);
    assert_string_equal(fixture_last_name(f), cases[i].name);
    assert_int_equal(fixture_spans(f), i + 1);
    cspan_buf_free(&body);
  }
}

/* Many calls at once, on one connection, more bytes than its window. */
static void test_many_streams(void **state) {
  fixture *f = *state;
  enum { CALLS = 40 };
  cspan_buf body;
  h2_client *c = malloc(sizeof *c);
  make_body(&body, "one of many", 100000, false);
  h2_open(c, port_of(f));
  h2_request r = {.body = body.data, .len = body.len, .piece = 5000};
  for (size_t i = 0; i < CALLS; i++) {
    h2_submit(c, &r);
  }
  h2_run(c);
  for (size_t i = 0; i < CALLS; i++) {
    assert_success(&c->answers[i]);
  }
  assert_int_equal(fixture_spans(f), CALLS);
  h2_close(c);
  free(c);
  cspan_buf_free(&body);
}

/* Requests under way may hold four times the largest; what is over that is turned away, to
 * be sent again. */
static void test_too_much_at_once(void **state) {
  fixture *f = *state;
  enum { CALLS = 60 };
  cspan_buf body;
  h2_client *c = malloc(sizeof *c);
  make_body(&body, "one of many", 100000, false);
  h2_open(c, port_of(f));
  h2_request r = {.body = body.data, .len = body.len, .piece = 5000};
  for (size_t i = 0; i < CALLS; i++) {
    h2_submit(c, &r);
  }
  h2_run(c);
  size_t turned_away = 0;
  for (size_t i = 0; i < CALLS; i++) {
    assert_true(c->answers[i].closed);
    if (strcmp(c->answers[i].grpc_status, "14") == 0) {
      turned_away++;
    } else {
      assert_success(&c->answers[i]);
    }
  }
  assert_true(turned_away > 0 && turned_away < CALLS);
  assert_int_equal(fixture_spans(f), CALLS - turned_away);
  h2_close(c);
  free(c);
  cspan_buf_free(&body);
}

typedef struct refusal {
  h2_request request;
  const char *status;
  const char *grpc_status; /* "": none */
  const char *message;     /* a part of it; NULL: any */
} refusal;

static void assert_refused(fixture *f, const refusal *c) {
  h2_answer a = h2_call(port_of(f), &c->request);
  assert_true(a.closed);
  assert_string_equal(a.status, c->status);
  assert_string_equal(a.grpc_status, c->grpc_status);
  assert_int_equal(a.body_len, 0);
  if (c->message && !strstr(a.grpc_message, c->message)) {
    fail_msg("\"%s\" is not in \"%s\"", c->message, a.grpc_message);
  }
  if (c->grpc_status[0]) {
    assert_string_equal(a.grpc_accept_encoding, "identity,gzip");
  }
}

#define SERVICE "/opentelemetry.proto.collector."

static void test_refused_by_headers(void **state) {
  fixture *f = *state;
  cspan_buf body;
  make_body(&body, "never seen", 10, false);
  h2_request good = {.body = body.data, .len = body.len};
  const struct {
    const char *method;
    const char *path;
    const char *content_type;
    const char *encoding;
    const char *status;
    const char *grpc_status;
    const char *message;
  } cases[] = {
      {NULL, "/", NULL, NULL, "200", "12", "unknown method"},
      {NULL, SERVICE "trace.v1.TraceService/Import", NULL, NULL, "200", "12", "unknown method"},
      {NULL, H2_EXPORT "/", NULL, NULL, "200", "12", "unknown method"},
      {NULL, SERVICE "metrics.v1.MetricsService/Import", NULL, NULL, "200", "12", "unknown method"},
      {NULL, SERVICE "logs.v1.LogsService/Export", NULL, NULL, "200", "12", "no logs"},
      {NULL, NULL, "application/grpc+json", NULL, "200", "12", "protobuf"},
      {NULL, NULL, NULL, "zstd", "200", "12", "gzip"},
      {NULL, NULL, "application/json", NULL, "415", "", NULL},
      {NULL, NULL, "application/grpcweb", NULL, "415", "", NULL},
      {"GET", NULL, NULL, NULL, "405", "", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    refusal c = {good, cases[i].status, cases[i].grpc_status, cases[i].message};
    c.request.method = cases[i].method;
    c.request.path = cases[i].path;
    c.request.content_type = cases[i].content_type;
    c.request.encoding = cases[i].encoding;
    assert_refused(f, &c);
    c.request.never_ends = true; /* the answer does not wait for the body */
    assert_refused(f, &c);
  }
  assert_int_equal(fixture_spans(f), 0);
  cspan_receiver_stats stats;
  cspan_receiver_stats_get(f->receiver, &stats);
  assert_int_equal(stats.rejected, 2 * sizeof cases / sizeof *cases);
  cspan_buf_free(&body);
  assert_alive(f);
}

static void test_refused_by_body(void **state) {
  fixture *f = *state;
  cspan_buf good;
  cspan_buf packed;
  cspan_buf two;
  make_body(&good, "never seen", 10, false);
  make_body(&packed, "never seen", 10, true);
  make_body(&two, "never seen", 10, false);
  cspan_buf_append(&two, good.data, good.len);
  cspan_buf damaged;
  make_body(&damaged, "never seen", 10, true);
  damaged.data[damaged.len - 5] ^= 1;
  const refusal cases[] = {
      {{.body = "", .len = 0}, "200", "3", "whole message"},
      {{.body = "\0\0", .len = 2}, "200", "3", "whole message"},
      {{.body = good.data, .len = good.len - 1}, "200", "3", "whole message"},
      {{.body = two.data, .len = two.len}, "200", "3", "whole message"},
      {{.body = "\7\0\0\0\0", .len = 5, .never_ends = true}, "200", "3", "whole message"},
      {{.body = "\0\0\0\0\2\x0a\xff", .len = 7}, "200", "3", NULL},
      {{.body = "\0\0\0\0\5hello", .len = 10}, "200", "3", NULL},
      {{.body = packed.data, .len = packed.len}, "200", "13", "grpc-encoding"},
      {{.body = packed.data, .len = packed.len, .encoding = "identity"}, "200", "13", NULL},
      {{.body = damaged.data, .len = damaged.len, .encoding = "gzip"}, "200", "3", "damaged"},
      {{.body = "\0\x7f\0\0\0", .len = 5, .never_ends = true}, "200", "8", "larger"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_refused(f, &cases[i]);
  }
  assert_int_equal(fixture_spans(f), 0);
  cspan_buf_free(&good);
  cspan_buf_free(&packed);
  cspan_buf_free(&two);
  cspan_buf_free(&damaged);
  assert_alive(f);
}

static void test_too_large(void **state) {
  fixture *f = *state;
  cspan_buf large;
  cspan_buf bomb;
  make_body(&large, "large", MAX_REQUEST, false);
  make_body(&bomb, "bomb", (size_t)64 << 20, true);
  assert_true(bomb.len < MAX_REQUEST);
  const refusal cases[] = {
      {{.body = large.data, .len = large.len}, "200", "8", "larger"},
      {{.body = bomb.data, .len = bomb.len, .encoding = "gzip"}, "200", "8", "more than"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_refused(f, &cases[i]);
  }
  cspan_buf_free(&large);
  cspan_buf_free(&bomb);
  assert_int_equal(fixture_spans(f), 0);
  assert_alive(f);
}

#define BYTES(text)                                                                                \
  { text, sizeof(text) - 1 }
#define PREFACE  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"

typedef struct raw_case {
  const char *data;
  size_t len;
} raw_case;

/* Sends the bytes and waits until the server closes. */
static void talk(fixture *f, const raw_case *c, cspan_buf *answer) {
  int fd = plain_connect(port_of(f));
  cspan_buf_init(answer, 1 << 20);
  plain_send(fd, c->data, c->len);
  plain_read_all(fd, answer);
  close(fd);
}

/* What is not HTTP/2 or breaks its rules: the connection ends, the server goes on. */
static void test_broken_connections(void **state) {
  fixture *f = *state;
  static const raw_case cases[] = {
      BYTES("hello, is anyone there?\r\n"),
      BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
      BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00"),
      BYTES("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
      /* no SETTINGS after the preface */
      BYTES(PREFACE "\0\0\0\0\0\0\0\0\1"),
      /* a frame longer than was agreed */
      BYTES(PREFACE SETTINGS "\xff\xff\xff\0\0\0\0\0\1"),
      /* DATA on stream 0; HEADERS on an even stream; CONTINUATION out of place */
      BYTES(PREFACE SETTINGS "\0\0\1\0\1\0\0\0\0x"),
      BYTES(PREFACE SETTINGS "\0\0\1\1\5\0\0\0\2\x82"),
      BYTES(PREFACE SETTINGS "\0\0\1\x09\4\0\0\0\1\x82"),
      /* HEADERS that HPACK cannot read: an index far out of its table */
      BYTES(PREFACE SETTINGS "\0\0\4\1\5\0\0\0\1\xff\xff\xff\x7f"),
      /* SETTINGS of a wrong length; a window that overflows */
      BYTES(PREFACE "\0\0\5\4\0\0\0\0\0\0\0\0\0\0"),
      BYTES(PREFACE SETTINGS "\0\0\4\x08\0\0\0\0\0\x7f\xff\xff\xff"
                             "\0\0\4\x08\0\0\0\0\0\x7f\xff\xff\xff"),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cspan_buf answer;
    talk(f, &cases[i], &answer);
    cspan_buf_free(&answer);
  }
  assert_int_equal(fixture_spans(f), 0);
  assert_alive(f);
}

static void test_http1_is_told(void **state) {
  fixture *f = *state;
  static const raw_case cases[] = {
      BYTES("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
      BYTES("GET / HTTP/1.1\r\n\r\n")};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cspan_buf answer;
    talk(f, &cases[i], &answer);
    assert_int_equal(strncmp(cspan_buf_text(&answer), "HTTP/1.1 505 ", 13), 0);
    assert_non_null(strstr(answer.data, "OTLP/gRPC"));
    cspan_buf_free(&answer);
  }
  assert_alive(f);
}

/* Clients that vanish in the middle of things. */
static void test_vanishing_clients(void **state) {
  fixture *f = *state;
  static const raw_case cases[] = {BYTES(""), BYTES("P"), BYTES("PRI * HTTP"), BYTES(PREFACE),
                                   BYTES(PREFACE SETTINGS "\0\0\x10\1\4\0\0\0\1\x83")};
  cspan_buf body;
  make_body(&body, "half", 1000, false);
  for (int round = 0; round < 10; round++) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      int fd = plain_connect(port_of(f));
      plain_send(fd, cases[i].data, cases[i].len);
      close(fd);
    }
    h2_client *c = malloc(sizeof *c);
    h2_request r = {.body = body.data, .len = body.len / 2, .never_ends = true};
    h2_open(c, port_of(f));
    h2_submit(c, &r);
    h2_flush(c);
    h2_close(c);
    free(c);
  }
  assert_int_equal(fixture_spans(f), 0);
  assert_alive(f);
  cspan_buf_free(&body);
}

static void test_a_cancelled_stream(void **state) {
  fixture *f = *state;
  cspan_buf body;
  h2_client *c = malloc(sizeof *c);
  make_body(&body, "second", 10, false);
  h2_open(c, port_of(f));
  h2_request half = {.body = body.data, .len = body.len / 2, .never_ends = true};
  h2_request whole = {.body = body.data, .len = body.len};
  size_t first = h2_submit(c, &half);
  h2_flush(c);
  nghttp2_submit_rst_stream(c->session, 0, c->answers[first].id, NGHTTP2_CANCEL);
  size_t second = h2_submit(c, &whole);
  h2_run(c);
  assert_success(&c->answers[second]);
  assert_int_equal(fixture_spans(f), 1);
  h2_close(c);
  free(c);
  cspan_buf_free(&body);
}

/* Whether a connection gets the server's SETTINGS; else it was refused. */
static bool is_served(int fd) {
  static const char hello[] = PREFACE SETTINGS;
  char byte;
  return plain_send(fd, hello, sizeof hello - 1) && recv(fd, &byte, 1, 0) == 1;
}

static void test_too_many_connections(void **state) {
  fixture *f = *state;
  enum { TRIED = 270, ALLOWED = 256 };
  int fds[TRIED];
  size_t served = 0;
  for (size_t i = 0; i < TRIED; i++) {
    fds[i] = plain_connect(port_of(f));
    served += is_served(fds[i]);
  }
  assert_int_equal(served, ALLOWED);
  for (size_t i = 0; i < TRIED; i++) {
    close(fds[i]);
  }
  /* There is room again as soon as the server has seen that they are gone. */
  int fd = plain_connect(port_of(f));
  while (!is_served(fd)) {
    close(fd);
    fd = plain_connect(port_of(f));
  }
  close(fd);
}

/* ------------------------------------------------------------- out of memory */

/* Fails the n-th allocation of the receiver's thread. */
static pthread_t spared; /* the test's own thread */
static atomic_long countdown;

static bool fails(void) {
  return !pthread_equal(pthread_self(), spared) && atomic_fetch_sub(&countdown, 1) == 1;
}

static void *failing_malloc(void *user, size_t size) {
  (void)user;
  return fails() ? NULL : malloc(size);
}

static void *failing_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  return fails() ? NULL : realloc(ptr, size);
}

static void plain_free(void *user, void *ptr) {
  (void)user;
  free(ptr);
}

/* Whatever fails while a request is received: the answer is an error or none, nothing is
 * lost, and the server goes on. */
static void test_out_of_memory(void **state) {
  (void)state;
  const cspan_allocator allocator = {failing_malloc, failing_realloc, plain_free, NULL};
  cspan_buf body;
  fixture f;
  spared = pthread_self();
  atomic_store(&countdown, 0);
  cspan_allocator_set(&allocator);
  make_body(&body, "short of memory", 20000, true);
  fixture_start(&f, MAX_REQUEST);
  h2_request r = {.body = body.data, .len = body.len, .encoding = "gzip", .piece = 30};
  size_t answered = 0;
  for (long n = 1; answered < 3; n++) { /* until so many are not reached any more */
    size_t before = fixture_spans(&f);
    atomic_store(&countdown, n);
    h2_answer a = h2_call(port_of(&f), &r);
    if (atomic_exchange(&countdown, 0) > 0) {
      assert_success(&a);
      answered++;
    }
    bool success = strcmp(a.grpc_status, "0") == 0;
    assert_true(!success || fixture_spans(&f) == before + 1);
    assert_true(success || fixture_spans(&f) <= before + 1);
    assert_true(n < 100000);
  }
  assert_alive(&f);
  fixture_stop(&f);
  cspan_buf_free(&body);
  cspan_allocator_set(NULL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
  const struct CMUnitTest tests[] = {
      TEST(test_success),
      TEST(test_many_streams),
      TEST(test_too_much_at_once),
      TEST(test_refused_by_headers),
      TEST(test_refused_by_body),
      TEST(test_too_large),
      TEST(test_broken_connections),
      TEST(test_http1_is_told),
      TEST(test_vanishing_clients),
      TEST(test_a_cancelled_stream),
      TEST(test_too_many_connections),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
