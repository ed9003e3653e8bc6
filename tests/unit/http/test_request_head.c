/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of requests: with a user agent most of the head goes to libcurl as one block, without
 * one as a list. Both must be well-formed and say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "base/error.h"
#include "http/http.h"
#include "http/internal.h"
#include "support/script_server.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define AGENT                                                                                      \
  { "User-Agent", "app/1.0 lib/2" }

enum { MAX_HEADERS = 8 };

typedef struct exchange {
  const char *method;
  const char *path; /* what follows the authority */
  cspan_http_header headers[MAX_HEADERS];
  const char *body;
  bool by_reader;
  bool chunked;
  bool expect;
  const char *framed;  /* the body as it arrives; NULL: as it is */
  const char *request; /* as it arrives, see normalized() */
} exchange;

typedef struct reader {
  const char *at;
} reader;

typedef struct outcome {
  bool is_done;
  cspan_status status;
  int http_status;
  bool request_sent;
  int64_t bytes_sent;
} outcome;

static ptrdiff_t read_body(void *user, char *buf, size_t cap) {
  reader *r = user;
  size_t len = strlen(r->at);
  len = len < cap ? len : cap;
  memcpy(buf, r->at, len);
  r->at += len;
  return (ptrdiff_t)len;
}

static void on_done(void *user, const cspan_http_result *result) {
  outcome *o = user;
  o->is_done = true;
  o->status = result->status;
  o->http_status = result->http_status;
  o->request_sent = result->request_sent;
  o->bytes_sent = result->bytes_sent;
}

static size_t header_count(const exchange *e) {
  size_t count = 0;
  while (count < MAX_HEADERS && e->headers[count].name) {
    count++;
  }
  return count;
}

static cspan_http_request request_of(const exchange *e, const char *url, reader *r) {
  bool by_reader = e->by_reader || e->chunked;
  return (cspan_http_request){
      .method = e->method,
      .url = url,
      .headers = e->headers,
      .header_count = header_count(e),
      .body = by_reader ? NULL : e->body,
      .read_fn = by_reader ? read_body : NULL,
      .read_user = r,
      .body_length = e->chunked ? -1 : (int64_t)(e->body ? strlen(e->body) : 0),
      .expect_continue = e->expect,
  };
}

/* ------------------------------------------------------------ a strict reader */

static bool is_line_clean(const char *line, size_t len) {
  return !memchr(line, '\r', len) && !memchr(line, '\n', len) && !memchr(line, '\0', len);
}

static bool is_request_line(const char *line, size_t len) {
  const char *first = memchr(line, ' ', len);
  const char *tail = line + len - strlen(" HTTP/1.1");
  return first && first < tail && memcmp(tail, " HTTP/1.1", strlen(" HTTP/1.1")) == 0 &&
         !memchr(first + 1, ' ', (size_t)(tail - first - 1));
}

static bool is_same_name(const char *a, const char *b, size_t len) {
  return strncasecmp(a, b, len) == 0 && b[len] == ':';
}

/* Every line ends with CR LF, has a name that is a token right before its colon, and no name comes
 * twice. Returns where the body begins. */
static const char *check_head(const char *text) {
  const char *names[64];
  size_t count = 0;
  const char *end = strstr(text, "\r\n");
  assert_non_null(end);
  assert_true(is_request_line(text, (size_t)(end - text)));
  for (const char *line = end + 2;; line = end + 2) {
    end = strstr(line, "\r\n");
    assert_non_null(end);
    if (end == line) {
      return end + 2;
    }
    assert_true(is_line_clean(line, (size_t)(end - line)));
    size_t name_len = strcspn(line, ": \t");
    assert_true(name_len > 0 && line[name_len] == ':');
    for (size_t i = 0; i < count; i++) {
      assert_false(is_same_name(line, names[i], name_len));
    }
    assert_true(count < sizeof names / sizeof names[0]);
    names[count++] = line;
  }
}

/* '@' for the authority and '\n' for line ends. */
static char *normalized(const char *text, int port) {
  char authority[32];
  char *out = calloc(1, strlen(text) + 1);
  assert_non_null(out);
  size_t len = (size_t)snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
  char *at = out;
  for (const char *c = text; *c; c++) {
    if (strncmp(c, authority, len) == 0) {
      *at++ = '@';
      c += len - 1;
    } else if (*c != '\r') {
      *at++ = *c;
    }
  }
  return out;
}

/* ------------------------------------------------------------------- running */

typedef struct fixture {
  cspan_http_client *client;
  cspan_loop *loop;
} fixture;

static void begin(fixture *f, const cspan_http_client_options *options) {
  assert_int_equal(cspan_http_client_create(options, &f->client, NULL), CSPAN_OK);
  f->loop = cspan_http_client_acquire(f->client);
  assert_non_null(f->loop);
}

static void end(fixture *f) {
  cspan_http_client_release(f->client, f->loop);
  cspan_http_client_free(f->client);
}

static outcome send_one(fixture *f, const exchange *e, const char *url) {
  outcome o = {.is_done = false};
  reader r = {e->body};
  cspan_error *error = NULL;
  const cspan_http_request request = request_of(e, url, &r);
  cspan_status status = cspan_http_start(f->client, f->loop, &request, on_done, &o, NULL, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(status, CSPAN_OK);
  while (!o.is_done) {
    assert_int_equal(cspan_loop_run_once(f->loop, 1000), CSPAN_OK);
  }
  return o;
}

/* Sends them over one connection, which plays the steps. */
static void check_requests(const exchange *exchanges, size_t count, const script_step *steps,
                           const cspan_http_client_options *options) {
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  fixture f;
  cspan_buf wanted;
  cspan_buf_init(&wanted, 1 << 16);
  begin(&f, options);
  for (size_t i = 0; i < count; i++) {
    const exchange *e = &exchanges[i];
    outcome o = send_one(&f, e, script_server_url(server, e->path));
    assert_int_equal(o.status, CSPAN_OK);
    assert_int_equal(o.http_status, 200);
    assert_true(o.request_sent);
    assert_int_equal(o.bytes_sent, e->body ? strlen(e->body) : 0);
    cspan_buf_str(&wanted, e->request);
  }
  assert_int_equal(script_server_accepted(server), 1);
  char *received = script_server_received(server);
  const char *at = received;
  for (size_t i = 0; i < count; i++) {
    const exchange *e = &exchanges[i];
    const char *body = e->framed ? e->framed : e->body ? e->body : "";
    at = check_head(at);
    assert_memory_equal(at, body, strlen(body));
    at += strlen(body);
  }
  assert_string_equal(at, "");
  char *text = normalized(received, script_server_port(server));
  assert_string_equal(text, cspan_buf_text(&wanted));
  free(text);
  free(received);
  cspan_buf_free(&wanted);
  end(&f);
  script_server_stop(server);
}

static const cspan_http_client_options direct = {.proxy = ""};

static const script_step answer_each[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_ANSWER, 0},    {SCRIPT_READ_REQUEST, NULL, 0},
    {SCRIPT_SEND, OK_ANSWER, 0},    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_ANSWER, 0},
    {SCRIPT_WAIT_CLOSE, NULL, 0},   {SCRIPT_END, NULL, 0}};

/* --------------------------------------------------------------------- tests */

/* Otherwise all goes by the list, which is for other tests to look at. */
static void skip_without_block(void) {
  if (!cspan_curl_keeps_target()) {
    print_message("this libcurl is not known to keep a request target: requests go by its list\n");
    skip();
  }
}

/* Ours first, the user agent last of them, then libcurl's. */
static const exchange methods[] = {
    {.method = "GET",
     .path = "/a/b%20c?d=e&f",
     .headers = {AGENT, {"x-amz-date", "1"}, {"range", "bytes=0-1"}},
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
     .headers = {AGENT, {"Accept", "text/plain"}, {"Accept-Encoding", "gzip"}},
     .request = "GET /../a/./b//c HTTP/1.1\nHost: @\nAccept: text/plain\nAccept-Encoding: gzip\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "HEAD",
     .path = "/h",
     .headers = {{"authorization", "AWS4 x, y"}, AGENT},
     .request = "HEAD /h HTTP/1.1\nHost: @\nauthorization: AWS4 x, y\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "DELETE",
     .path = "/d",
     .headers = {AGENT, {"x-empty", ""}, {"x-blank", "  "}, {"x-wide", "  a  "}},
     .request = "DELETE /d HTTP/1.1\nHost: @\nx-empty:\nx-blank:\nx-wide:   a  \n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\n\n"},
    {.method = "PUT",
     .path = "/p",
     .headers = {AGENT},
     .request = "PUT /p HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                "Content-Length: 0\n\n"},
    {.method = "POST",
     .path = "/",
     .headers = {{"Content-Type", "application/json"}, AGENT, {"x-amz-target", "A.B"}},
     .body = "{}",
     .request = "POST / HTTP/1.1\nHost: @\nContent-Type: application/json\nx-amz-target: A.B\n"
                "User-Agent: app/1.0 lib/2 HTTP/1.1\nContent-Length: 2\n\n{}"},
    {.method = "PUT",
     .path = "/p?q",
     .headers = {{"user-agent", "a"}, {"X-A", "b"}},
     .body = "read",
     .by_reader = true,
     .request = "PUT /p?q HTTP/1.1\nHost: @\nX-A: b\nuser-agent: a HTTP/1.1\n"
                "Content-Length: 4\n\nread"},
    {.method = "POST",
     .path = "/p",
     .headers = {AGENT, {"content-type", "text/plain"}},
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

/* What libcurl has to know stays with it. */
static void test_headers_that_libcurl_reads(void **state) {
  (void)state;
  skip_without_block();
  static const script_step close_after[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                            {SCRIPT_SEND, OK_ANSWER, 0},
                                            {SCRIPT_WAIT_CLOSE, NULL, 0},
                                            {SCRIPT_END, NULL, 0}};
  static const exchange host = {.method = "GET",
                                .path = "/",
                                .headers = {{"host", "other.test"}, AGENT, {"Connection", "close"}},
                                .request = "GET / HTTP/1.1\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                                           "Host: other.test\nConnection: close\n\n"};
  static const exchange length = {
      .method = "POST",
      .path = "/",
      .headers = {{"Content-Length", "3"}, AGENT},
      .body = "abc",
      .request = "POST / HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                 "Content-Length: 3\n\nabc"};
  static const exchange coding = {
      .method = "PUT",
      .path = "/",
      .headers = {{"Transfer-Encoding", "chunked"}, AGENT},
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
       .headers = {AGENT, {"x-a", "b"}},
       .body = "body\r\n\r\n",
       .by_reader = true,
       .expect = true,
       .request = "PUT /big HTTP/1.1\nHost: @\nx-a: b\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                  "Expect: 100-continue\nContent-Length: 8\n\nbody\n\n"},
      {.method = "POST",
       .path = "/big",
       .headers = {AGENT, {"Expect", "100-continue"}},
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
       .headers = {AGENT, {"x-secret", "1"}, {"Content-Type", "a/b"}},
       .body = "one",
       .request = "PUT /first?x HTTP/1.1\nHost: @\nx-secret: 1\nContent-Type: a/b\n"
                  "User-Agent: app/1.0 lib/2 HTTP/1.1\nContent-Length: 3\n\none"},
      {.method = "GET",
       .path = "/second",
       .headers = {{"x-a", "2"}},
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
                                 .headers = {{"User-Agent", " "}, {"x-a", "b"}},
                                 .request = "GET / HTTP/1.1\nHost: @\nUser-Agent:\nx-a: b\n\n"};
  static const exchange high = {.method = "GET",
                                .path = "/\xc3\xa9",
                                .headers = {AGENT},
                                .request = "GET /%c3%a9 HTTP/1.1\nHost: @\n"
                                           "User-Agent: app/1.0 lib/2\n\n"};
  check_requests(&blank, 1, answer_each, &direct);
  check_requests(&high, 1, answer_each, &direct);
}

/* Nothing of what is given can end its line, or the request's. */
static void test_injection_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *url;
    cspan_http_header header;
    const char *message;
  } cases[] = {
      {"http://127.0.0.1:1/a b", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1/a\r\nX: y", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1/a?b\nX:y", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1/a\x01", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1/a\x7f", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1/a#\r\nb", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1\r\nX:y/", {"x", "y"}, "without blanks"},
      {"http://127.0.0.1:1/", {"x", "a\r\nX: y"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {"x", "a\n"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {"x", "\r"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {"x: y\r\nz", "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {"x ", "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {"", "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {"x:", "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {"User-Agent", "a\r\nX: y"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {"User-Agent", "a\n"}, "must not hold a line end"},
  };
  fixture f;
  begin(&f, &direct);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_http_header headers[] = {{"User-Agent", "a"}, cases[i].header};
    bool is_agent = strcmp(cases[i].header.name, "User-Agent") == 0;
    const cspan_http_request request = {.method = "GET",
                                        .url = cases[i].url,
                                        .headers = is_agent ? headers + 1 : headers,
                                        .header_count = is_agent ? 1 : 2};
    outcome o = {.is_done = false};
    cspan_error *error = NULL;
    assert_int_equal(cspan_http_start(f.client, f.loop, &request, on_done, &o, NULL, &error),
                     CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), cases[i].message));
    assert_null(strstr(cspan_error_message(error), "X: y"));
    assert_false(o.is_done);
    cspan_error_free(error);
  }
  end(&f);
}

/* A proxy reads the whole URL in the request line. */
static void check_proxy(const cspan_http_client_options *options, script_server *server) {
  static const exchange get = {.method = "GET", .path = "/p?q", .headers = {AGENT, {"x-a", "b"}}};
  fixture f;
  begin(&f, options);
  outcome o = send_one(&f, &get, "http://far.test/p?q");
  assert_int_equal(o.status, CSPAN_OK);
  assert_int_equal(o.http_status, 200);
  char *received = script_server_received(server);
  check_head(received);
  assert_int_equal(strncmp(received, "GET http://far.test/p?q HTTP/1.1\r\nHost: far.test\r\n",
                           strlen("GET http://far.test/p?q HTTP/1.1\r\nHost: far.test\r\n")),
                   0);
  assert_non_null(strstr(received, "\r\nUser-Agent: app/1.0 lib/2\r\n"));
  assert_non_null(strstr(received, "\r\nx-a: b\r\n"));
  free(received);
  end(&f);
}

static void test_proxy_by_options(void **state) {
  (void)state;
  const script_connection scripts[] = {answer_each};
  script_server *server = script_server_start(scripts, 1);
  const cspan_http_client_options options = {.proxy = script_server_url(server, "")};
  check_proxy(&options, server);
  script_server_stop(server);
}

static void test_proxy_by_the_environment(void **state) {
  (void)state;
  static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
  const script_connection scripts[] = {answer_each};
  const cspan_http_client_options options = {.proxy = NULL};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    script_server *server = script_server_start(scripts, 1);
    setenv(names[i], script_server_url(server, ""), 1);
    check_proxy(&options, server);
    unsetenv(names[i]);
    script_server_stop(server);
  }
}

/* What is meant for the server behind a tunnel is not said to the proxy that makes it. */
static void test_tunnel(void **state) {
  (void)state;
  static const script_step refuse[] = {
      {SCRIPT_READ_HEAD, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {SCRIPT_END, NULL, 0}};
  static const exchange get = {
      .method = "GET", .path = "/", .headers = {AGENT, {"authorization", "secret"}}};
  const script_connection scripts[] = {refuse};
  script_server *server = script_server_start(scripts, 1);
  const cspan_http_client_options options = {.proxy = script_server_url(server, "")};
  fixture f;
  begin(&f, &options);
  outcome o = send_one(&f, &get, "https://far.test/path?query");
  assert_int_equal(o.status, CSPAN_ERR_CONNECT);
  char *received = script_server_received(server);
  check_head(received);
  assert_int_equal(strncmp(received, "CONNECT far.test:443 HTTP/1.1\r\n", 31), 0);
  assert_null(strstr(received, "secret"));
  assert_null(strstr(received, "app/1.0"));
  assert_null(strstr(received, "query"));
  free(received);
  end(&f);
  script_server_stop(server);
}

/* Whatever becomes of the environment, the requests of a client go one way. */
static void test_environment_is_read_once(void **state) {
  (void)state;
  skip_without_block();
  static const exchange get = {.method = "GET",
                               .path = "/p",
                               .headers = {AGENT},
                               .request =
                                   "GET /p HTTP/1.1\nHost: @\nUser-Agent: app/1.0 lib/2 HTTP/1.1\n"
                                   "\n"};
  const script_connection scripts[] = {answer_each};
  const cspan_http_client_options options = {.proxy = NULL};
  char proxy[64];
  snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", script_refused_port());
  script_server *server = script_server_start(scripts, 1);
  fixture f;
  begin(&f, &options);
  setenv("http_proxy", proxy, 1);
  outcome o = send_one(&f, &get, script_server_url(server, get.path));
  unsetenv("http_proxy");
  assert_int_equal(o.status, CSPAN_OK);
  char *received = script_server_received(server);
  char *text = normalized(received, script_server_port(server));
  assert_string_equal(text, get.request);
  free(text);
  free(received);
  end(&f);
  script_server_stop(server);
}

/* Behind the texts of the list: the URL that libcurl gets, then the block. */
static const char *url_for_curl(const cspan_http_exchange *started) {
  const struct curl_slist *node = started->header_nodes;
  while (node->next) {
    node = node->next;
  }
  return node->data + strlen(node->data) + 1;
}

/* The Host is the URL's authority, and the port is left out where it is the scheme's. libcurl is
 * given the origin only. */
static void test_origins(void **state) {
  (void)state;
  skip_without_block();
  static const struct {
    const char *url;
    const char *origin; /* NULL: goes by the list */
    const char *block;
  } cases[] = {
      {"https://a.test", "https://a.test/", "/ HTTP/1.1\r\nHost: a.test\r\nUser"},
      {"https://a.test:443/b", "https://a.test:443/", "/b HTTP/1.1\r\nHost: a.test\r\nUser"},
      {"https://a.test:80/b", "https://a.test:80/", "/b HTTP/1.1\r\nHost: a.test:80\r\nUser"},
      {"http://a.test:80/?c", "http://a.test:80/", "/?c HTTP/1.1\r\nHost: a.test\r\nUser"},
      {"http://A.test:8443?c=/#d", "http://A.test:8443/",
       "/?c=/ HTTP/1.1\r\nHost: A.test:8443\r\nUser"},
      {"http://[::1]:80/", "http://[::1]:80/", "/ HTTP/1.1\r\nHost: [::1]\r\nUser"},
      {"http://[::1]/", "http://[::1]/", "/ HTTP/1.1\r\nHost: [::1]\r\nUser"},
      {"http://b_c.a-b.test/x;y=(z)", "http://b_c.a-b.test/",
       "/x;y=(z) HTTP/1.1\r\nHost: b_c.a-b.test\r\nUser"},
      {"http://a.test:/b", NULL, NULL},
      {"http://[fe80::1%25lo]/", NULL, NULL},
      {"http://%61.test/", NULL, NULL},
      {"http://\xc3\xa9.test/", NULL, NULL},
      {"http://a.test\\b/", NULL, NULL},
      {"http://a.test/\xff", NULL, NULL},
  };
  const cspan_http_header headers[] = {AGENT};
  fixture f;
  begin(&f, &direct);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_http_request request = {
        .method = "GET", .url = cases[i].url, .headers = headers, .header_count = 1};
    outcome o = {.is_done = false};
    cspan_http_exchange *started = NULL;
    assert_int_equal(cspan_http_start(f.client, f.loop, &request, on_done, &o, &started, NULL),
                     CSPAN_OK);
    assert_int_equal(started->has_target, cases[i].origin != NULL);
    if (cases[i].origin) {
      const char *url = url_for_curl(started);
      const char *block = url + strlen(url) + 1;
      assert_string_equal(url, cases[i].origin);
      assert_int_equal(strncmp(block, cases[i].block, strlen(cases[i].block)), 0);
    }
    cspan_http_abort(started, CSPAN_ERR_CANCELLED);
    assert_true(o.is_done);
  }
  end(&f);
}

static size_t count_of(const char *text, char wanted) {
  size_t count = 0;
  for (; *text; text++) {
    count += *text == wanted;
  }
  return count;
}

/* Whether the request is taken; then its block has as many lines as one of plain letters. */
static bool check_byte(fixture *f, const char *url, const cspan_http_header headers[2]) {
  const cspan_http_request request = {
      .method = "GET", .url = url, .headers = headers, .header_count = 2};
  outcome o = {.is_done = false};
  cspan_http_exchange *started = NULL;
  cspan_status status = cspan_http_start(f->client, f->loop, &request, on_done, &o, &started, NULL);
  if (status != CSPAN_OK) {
    assert_int_equal(status, CSPAN_ERR_INVALID);
    return false;
  }
  if (started->has_target) {
    const char *origin = url_for_curl(started);
    const char *block = origin + strlen(origin) + 1;
    assert_int_equal(count_of(block, '\n'), 3);
    assert_int_equal(count_of(block, '\r'), 3);
    assert_int_equal(strcspn(block, " "), strcspn(block, "\r") - strlen(" HTTP/1.1"));
  }
  cspan_http_abort(started, CSPAN_ERR_CANCELLED);
  return true;
}

/* Each byte at each place: it is refused, or it ends nothing. */
static void test_every_byte(void **state) {
  (void)state;
  fixture f;
  size_t in_path = 0;
  size_t in_name = 0;
  size_t in_value = 0;
  begin(&f, &direct);
  for (int byte = 1; byte < 256; byte++) {
    char url[32];
    char name[8];
    char value[8];
    snprintf(url, sizeof url, "http://a.test/b%cc", byte);
    snprintf(name, sizeof name, "x%cy", byte);
    snprintf(value, sizeof value, "a%c", byte);
    in_path += check_byte(&f, url, (cspan_http_header[]){AGENT, {"x", "y"}});
    in_name += check_byte(&f, "http://a.test/", (cspan_http_header[]){AGENT, {name, "y"}});
    in_value += check_byte(&f, "http://a.test/", (cspan_http_header[]){AGENT, {"x", value}});
    in_value +=
        check_byte(&f, "http://a.test/", (cspan_http_header[]){{"user-agent", value}, {"x", "y"}});
  }
  assert_int_equal(in_path, 255 - 0x20 - 1); /* no controls, no blank, no DEL */
  assert_int_equal(in_name, 77);             /* the characters of a token */
  assert_int_equal(in_value, 2 * (255 - 2));
  end(&f);
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
      .method = "PUT", .path = "/", .headers = {{"x-large", value}, AGENT}, .body = "body"};
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

static int clear_environment(void **state) {
  (void)state;
  static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    unsetenv(names[i]);
  }
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_methods),
      cmocka_unit_test(test_headers_that_libcurl_reads),
      cmocka_unit_test(test_expect_continue),
      cmocka_unit_test(test_requests_in_turn),
      cmocka_unit_test(test_requests_by_the_list),
      cmocka_unit_test(test_injection_is_refused),
      cmocka_unit_test(test_proxy_by_options),
      cmocka_unit_test(test_proxy_by_the_environment),
      cmocka_unit_test(test_tunnel),
      cmocka_unit_test(test_environment_is_read_once),
      cmocka_unit_test(test_origins),
      cmocka_unit_test(test_every_byte),
      cmocka_unit_test(test_large_head),
  };
  return cmocka_run_group_tests(tests, clear_environment, NULL);
}
