/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a server that keeps their bytes, and a strict reader of those. */
#ifndef TEST_HEAD_FIXTURE_H
#define TEST_HEAD_FIXTURE_H

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
#include "support/tls_front.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define AGENT     HEADER("User-Agent", "app/1.0 lib/2")
#define HEADER(header_name, header_value)                                                          \
  { .name = (header_name), .value = (header_value) }

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

static inline ptrdiff_t read_body(void *user, char *buf, size_t cap) {
  reader *r = user;
  size_t len = strlen(r->at);
  len = len < cap ? len : cap;
  memcpy(buf, r->at, len);
  r->at += len;
  return (ptrdiff_t)len;
}

static inline void on_done(void *user, const cspan_http_result *result) {
  outcome *o = user;
  o->is_done = true;
  o->status = result->status;
  o->http_status = result->http_status;
  o->request_sent = result->request_sent;
  o->bytes_sent = result->bytes_sent;
}

static inline size_t header_count(const exchange *e) {
  size_t count = 0;
  while (count < MAX_HEADERS && e->headers[count].name) {
    count++;
  }
  return count;
}

static inline cspan_http_request request_of(const exchange *e, const char *url, reader *r) {
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

static inline bool is_line_clean(const char *line, size_t len) {
  return !memchr(line, '\r', len) && !memchr(line, '\n', len) && !memchr(line, '\0', len);
}

static inline bool is_request_line(const char *line, size_t len) {
  const char *first = memchr(line, ' ', len);
  const char *tail = line + len - strlen(" HTTP/1.1");
  return first && first < tail && memcmp(tail, " HTTP/1.1", strlen(" HTTP/1.1")) == 0 &&
         !memchr(first + 1, ' ', (size_t)(tail - first - 1));
}

static inline bool is_same_name(const char *a, const char *b, size_t len) {
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
static inline char *normalized(const char *text, const char *authority) {
  char *out = calloc(1, strlen(text) + 1);
  assert_non_null(out);
  size_t len = strlen(authority);
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

static inline void begin(fixture *f, const cspan_http_client_options *options) {
  assert_int_equal(cspan_http_client_create(options, &f->client, NULL), CSPAN_OK);
  f->loop = cspan_http_client_acquire(f->client);
  assert_non_null(f->loop);
}

static inline void end(fixture *f) {
  cspan_http_client_release(f->client, f->loop);
  cspan_http_client_free(f->client);
}

static inline outcome send_one(fixture *f, const exchange *e, const char *url) {
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

/* Sends them to the origin, behind which is the server. */
static inline void check_sent(const exchange *exchanges, size_t count, script_server *server,
                              const char *origin, const cspan_http_client_options *options) {
  char url[256];
  fixture f;
  cspan_buf wanted;
  cspan_buf_init(&wanted, 1 << 16);
  begin(&f, options);
  for (size_t i = 0; i < count; i++) {
    const exchange *e = &exchanges[i];
    snprintf(url, sizeof url, "%s%s", origin, e->path);
    outcome o = send_one(&f, e, url);
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
  char *text = normalized(received, strstr(origin, "://") + strlen("://"));
  assert_string_equal(text, cspan_buf_text(&wanted));
  free(text);
  free(received);
  cspan_buf_free(&wanted);
  end(&f);
}

/* Sends them over one connection, which plays the steps. */
static inline void check_requests(const exchange *exchanges, size_t count, const script_step *steps,
                                  const cspan_http_client_options *options) {
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  char origin[64];
  snprintf(origin, sizeof origin, "%s", script_server_url(server, ""));
  check_sent(exchanges, count, server, origin, options);
  script_server_stop(server);
}

/* The same over TLS. */
static inline void check_requests_over_tls(const exchange *exchanges, size_t count,
                                           const script_step *steps) {
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  tls_front *front = tls_front_start(script_server_port(server), "http/1.1");
  const cspan_http_client_options options = {.proxy = "",
                                             .ca_bundle = tls_front_certificate(front)};
  int handshakes = 0;
  int negotiated = 0;
  check_sent(exchanges, count, server, tls_front_url(front), &options);
  tls_front_stop(front, &handshakes, &negotiated);
  assert_int_equal(handshakes, 1);
  assert_int_equal(negotiated, 1);
  script_server_stop(server);
}

static const cspan_http_client_options direct = {.proxy = ""};

static const script_step answer_each[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_ANSWER, 0},    {SCRIPT_READ_REQUEST, NULL, 0},
    {SCRIPT_SEND, OK_ANSWER, 0},    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, OK_ANSWER, 0},
    {SCRIPT_WAIT_CLOSE, NULL, 0},   {SCRIPT_END, NULL, 0}};

/* Otherwise all goes by the list, which is for other tests to look at. */
static inline void skip_without_block(void) {
  if (!cspan_curl_keeps_target()) {
    print_message("this libcurl is not known to keep a request target: requests go by its list\n");
    skip();
  }
}

#endif
