/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of requests: with a user agent most of the head goes to libcurl as one block, without
 * one as a list. Both must be well-formed and say the same. */
#include "head_fixture.h"

/* Ours first, the user agent last of them, then libcurl's. */
static const exchange methods[] = {
    {.method = "GET",
     .path = "/a/b%20c?d=e&f",
     .headers = {AGENT, HEADER("x-amz-date", "1"), HEADER("range", "bytes=0-1")},
     .request = "GET /a/b%20c?d=e&f HTTP/1.1\nHost: @\nx-amz-date: 1\nrange: bytes=0-1\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "GET",
     .path = "",
     .headers = {AGENT},
     .request = "GET / HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "GET",
     .path = "?list#part",
     .headers = {AGENT},
     .request = "GET /?list HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "GET",
     .path = "/../a/./b//c",
     .headers = {AGENT, HEADER("Accept", "text/plain"), HEADER("Accept-Encoding", "gzip")},
     .request = "GET /../a/./b//c HTTP/1.1\nHost: @\nAccept: text/plain\nAccept-Encoding: gzip\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "GET",
     .path = "/safe",
     .headers =
         {{.name = "te", .value = "trailers", .is_safe = true, .name_len = 2, .value_len = 8},
          {.name = "traceparent",
           .value = "00-1-2-01",
           .is_safe = true,
           .name_len = 11,
           .value_len = 9},
          AGENT},
     .request = "GET /safe HTTP/1.1\nHost: @\ntraceparent: 00-1-2-01\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\nte: trailers\n\n"},
    {.method = "HEAD",
     .path = "/h",
     .headers = {HEADER("authorization", "AWS4 x, y"), AGENT},
     .request = "HEAD /h HTTP/1.1\nHost: @\nauthorization: AWS4 x, y\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "DELETE",
     .path = "/d",
     .headers = {AGENT, HEADER("x-empty", ""), HEADER("x-blank", "  "), HEADER("x-wide", "  a  ")},
     .request = "DELETE /d HTTP/1.1\nHost: @\nx-empty:\nx-blank:\nx-wide:   a  \n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "PUT",
     .path = "/p",
     .headers = {AGENT},
     .request = "PUT /p HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                "Content-Length: 0\n\n"},
    {.method = "POST",
     .path = "/",
     .headers = {HEADER("Content-Type", "application/json"), AGENT, HEADER("x-amz-target", "A.B")},
     .body = "{}",
     .request = "POST / HTTP/1.1\nHost: @\nContent-Type: application/json\nx-amz-target: A.B\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\nContent-Length: 2\n\n{}"},
    {.method = "PUT",
     .path = "/p?q",
     .headers = {HEADER("user-agent", "a"), HEADER("X-A", "b")},
     .body = "read",
     .by_reader = true,
     .request = "PUT /p?q HTTP/1.1\nHost: @\nX-A: b\nuser-agent: a HTTP/1.1\n"
                "Content-Length: 4\n\nread"},
    {.method = "POST",
     .path = "/p",
     .headers = {AGENT, HEADER("content-type", "text/plain")},
     .body = "pieces",
     .chunked = true,
     .framed = "6\r\npieces\r\n0\r\n\r\n",
     .request = "POST /p HTTP/1.1\nHost: @\ncontent-type: text/plain\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n"
                "Transfer-Encoding: chunked\n\n6\npieces\n0\n\n"},
};

static void test_methods(void **state) {
  (void)state;
  skip_without_block();
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    check_requests(&methods[i], 1, answer_each, &direct);
  }
}

static void test_methods_over_tls(void **state) {
  (void)state;
  skip_without_block();
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    check_requests_over_tls(&methods[i], 1, answer_each);
  }
  /* One connection, and the first three in turn. */
  check_requests_over_tls(methods, 3, answer_each);
}

/* What libcurl has to know stays with it. */
static void test_headers_that_libcurl_reads(void **state) {
  (void)state;
  skip_without_block();
  static const script_step close_after[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                            {SCRIPT_SEND, OK_ANSWER, 0},
                                            {SCRIPT_WAIT_CLOSE, NULL, 0},
                                            {SCRIPT_END, NULL, 0}};
  static const exchange host = {
      .method = "GET",
      .path = "/",
      .headers = {HEADER("host", "other.test"), AGENT, HEADER("Connection", "close")},
      .request = "GET / HTTP/1.1\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                 "Host: other.test\nConnection: close\n\n"};
  static const exchange length = {
      .method = "POST",
      .path = "/",
      .headers = {HEADER("Content-Length", "3"), AGENT},
      .body = "abc",
      .request = "POST / HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                 "Content-Length: 3\n\nabc"};
  static const exchange coding = {
      .method = "PUT",
      .path = "/",
      .headers = {HEADER("Transfer-Encoding", "chunked"), AGENT},
      .body = "abc",
      .chunked = true,
      .framed = "3\r\nabc\r\n0\r\n\r\n",
      .request = "PUT / HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                 "Transfer-Encoding: chunked\n\n3\nabc\n0\n\n"};
  check_requests(&host, 1, close_after, &direct);
  check_requests(&length, 1, close_after, &direct);
  check_requests(&coding, 1, close_after, &direct);
}

/* It is libcurl that asks, and so waits for, an interim response. The body looks like a head to the
 * server, which can read it by that. */
static void test_expect_continue(void **state) {
  (void)state;
  skip_without_block();
  static const script_step steps[] = {
      {SCRIPT_READ_HEAD, NULL, 0},  {SCRIPT_SEND, "HTTP/1.1 100 Continue\r\n\r\n", 0},
      {SCRIPT_READ_HEAD, NULL, 0},  {SCRIPT_SEND, OK_ANSWER, 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0}, {SCRIPT_END, NULL, 0}};
  static const exchange puts[] = {
      {.method = "PUT",
       .path = "/big",
       .headers = {AGENT, HEADER("x-a", "b")},
       .body = "body\r\n\r\n",
       .by_reader = true,
       .expect = true,
       .request = "PUT /big HTTP/1.1\nHost: @\nx-a: b\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                  "Expect: 100-continue\nContent-Length: 8\n\nbody\n\n"},
      {.method = "POST",
       .path = "/big",
       .headers = {AGENT, HEADER("Expect", "100-continue")},
       .body = "body\r\n\r\n",
       .by_reader = true,
       .request = "POST /big HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                  "Expect: 100-continue\nContent-Length: 8\n\nbody\n\n"}};
  check_requests(&puts[0], 1, steps, &direct);
  check_requests(&puts[1], 1, steps, &direct);
}

/* One handle and one connection: nothing of a request is left for the next. */
static void test_requests_in_turn(void **state) {
  (void)state;
  skip_without_block();
  static const exchange turns[] = {
      {.method = "PUT",
       .path = "/first?x",
       .headers = {AGENT, HEADER("x-secret", "1"), HEADER("Content-Type", "a/b")},
       .body = "one",
       .request = "PUT /first?x HTTP/1.1\nHost: @\nx-secret: 1\nContent-Type: a/b\n"
                  "User-Agent: app/1.0 lib/2 HTTP/1.1\nContent-Length: 3\n\none"},
      {.method = "GET",
       .path = "/second",
       .headers = {HEADER("x-a", "2")},
       .request = "GET /second HTTP/1.1\nHost: @\nx-a: 2\n\n"},
      {.method = "GET",
       .path = "/third",
       .headers = {AGENT},
       .request = "GET /third HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n\n"}};
  check_requests(turns, 3, answer_each, &direct);
}

/* Where the block cannot be, or would not be well-formed, the list says the same. */
static void test_requests_by_the_list(void **state) {
  (void)state;
  static const exchange blank = {.method = "GET",
                                 .path = "/",
                                 .headers = {HEADER("User-Agent", " "), HEADER("x-a", "b")},
                                 .request = "GET / HTTP/1.1\nHost: @\nUser-Agent:\nx-a: b\n\n"};
  static const exchange high = {.method = "GET",
                                .path = "/\xc3\xa9",
                                .headers = {AGENT},
                                .request = "GET /%c3%a9 HTTP/1.1\nHost: @\n"
                                           "User-Agent: app/1.0 lib/2\n\n"};
  check_requests(&blank, 1, answer_each, &direct);
  check_requests(&high, 1, answer_each, &direct);
}

/* A head that takes more than one packet. */
static void test_large_head(void **state) {
  (void)state;
  enum { VALUE_BYTES = 60000 };
  char *value = malloc(VALUE_BYTES + 1);
  assert_non_null(value);
  memset(value, 'v', VALUE_BYTES);
  value[VALUE_BYTES] = '\0';
  const exchange put = {
      .method = "PUT", .path = "/", .headers = {HEADER("x-large", value), AGENT}, .body = "body"};
  const script_connection scripts[] = {answer_each};
  script_server *server = script_server_start(scripts, 1);
  fixture f;
  begin(&f, &direct);
  outcome o = send_one(&f, &put, script_server_url(server, "/"));
  assert_int_equal(o.status, CSPAN_OK);
  assert_int_equal(o.http_status, 200);
  assert_int_equal(o.bytes_sent, 4);
  char *received = script_server_received(server);
  assert_string_equal(check_head(received), "body");
  assert_non_null(strstr(received, value));
  free(received);
  free(value);
  end(&f);
  script_server_stop(server);
}

/* Of itself libcurl asks before it sends a body of some size, and then waits for a second where a
 * server does not answer that. It must not: not of a body in memory just over either limit of its
 * own (64 KiB, and 1 MiB since 7.84), nor of one that is read, whether by block or by list. */
static void test_large_bodies_are_sent_unasked(void **state) {
  (void)state;
  static const struct {
    size_t size;
    bool by_reader;
    bool by_list;
  } cases[] = {
      {65536, false, false},         {65537, false, false},        {65537, false, true},
      {(1 << 20) + 1, false, false}, {(1 << 20) + 1, true, false}, {(1 << 20) + 1, false, true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *body = malloc(cases[i].size + 1);
    assert_non_null(body);
    memset(body, 'b', cases[i].size);
    body[cases[i].size] = '\0';
    exchange put = {.method = "PUT", .path = "/", .body = body, .by_reader = cases[i].by_reader};
    if (!cases[i].by_list) {
      put.headers[0] = (cspan_http_header)AGENT;
    }
    const script_connection scripts[] = {answer_each};
    script_server *server = script_server_start(scripts, 1);
    fixture f;
    begin(&f, &direct);
    outcome o = send_one(&f, &put, script_server_url(server, "/"));
    assert_int_equal(o.status, CSPAN_OK);
    assert_int_equal(o.bytes_sent, cases[i].size);
    char *received = script_server_received(server);
    const char *start = check_head(received);
    assert_true(strcmp(start, body) == 0); /* in full: no part was held back */
    received[start - received] = '\0';
    assert_null(strcasestr(received, "expect"));
    free(received);
    free(body);
    end(&f);
    script_server_stop(server);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_methods),
      cmocka_unit_test(test_methods_over_tls),
      cmocka_unit_test(test_headers_that_libcurl_reads),
      cmocka_unit_test(test_expect_continue),
      cmocka_unit_test(test_requests_in_turn),
      cmocka_unit_test(test_requests_by_the_list),
      cmocka_unit_test(test_large_head),
      cmocka_unit_test(test_large_bodies_are_sent_unasked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
