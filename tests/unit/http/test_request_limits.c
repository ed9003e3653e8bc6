/* SPDX-License-Identifier: Apache-2.0 */
/* What may be in the head of a request and who gets to read it: injection, hosts, proxies. */
#include "head_fixture.h"

/* Nothing of what is given can end its line, or the request's. */
static void test_injection_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *url;
    cspan_http_header header;
    const char *message;
  } cases[] = {
      {"http://127.0.0.1:1/a b", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1/a\r\nX: y", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1/a?b\nX:y", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1/a\x01", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1/a\x7f", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1/a#\r\nb", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1\r\nX:y/", {.name = "x", .value = "y"}, "without blanks"},
      {"http://127.0.0.1:1/", {.name = "x", .value = "a\r\nX: y"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {.name = "x", .value = "a\n"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {.name = "x", .value = "\r"}, "must not hold a line end"},
      {"http://127.0.0.1:1/", {.name = "x: y\r\nz", .value = "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {.name = "x ", .value = "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {.name = "", .value = "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/", {.name = "x:", .value = "a"}, "a name must be a token"},
      {"http://127.0.0.1:1/",
       {.name = "User-Agent", .value = "a\r\nX: y"},
       "must not hold a line end"},
      {"http://127.0.0.1:1/", {.name = "User-Agent", .value = "a\n"}, "must not hold a line end"},
  };
  fixture f;
  begin(&f, &direct);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_http_header headers[] = {{.name = "User-Agent", .value = "a"}, cases[i].header};
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
  static const exchange get = {
      .method = "GET", .path = "/p?q", .headers = {AGENT, HEADER("x-a", "b")}};
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
      .method = "GET", .path = "/", .headers = {AGENT, HEADER("authorization", "secret")}};
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
  char *text = normalized(received, script_server_url(server, "") + strlen("http://"));
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
    in_path += check_byte(&f, url, (cspan_http_header[]){AGENT, {.name = "x", .value = "y"}});
    in_name += check_byte(&f, "http://a.test/",
                          (cspan_http_header[]){AGENT, {.name = name, .value = "y"}});
    in_value += check_byte(&f, "http://a.test/",
                           (cspan_http_header[]){AGENT, {.name = "x", .value = value}});
    in_value += check_byte(
        &f, "http://a.test/",
        (cspan_http_header[]){{.name = "user-agent", .value = value}, {.name = "x", .value = "y"}});
  }
  assert_int_equal(in_path, 255 - 0x20 - 1); /* no controls, no blank, no DEL */
  assert_int_equal(in_name, 77);             /* the characters of a token */
  assert_int_equal(in_value, 2 * (255 - 2));
  end(&f);
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
      cmocka_unit_test(test_injection_is_refused),
      cmocka_unit_test(test_every_byte),
      cmocka_unit_test(test_origins),
      cmocka_unit_test(test_proxy_by_options),
      cmocka_unit_test(test_proxy_by_the_environment),
      cmocka_unit_test(test_tunnel),
      cmocka_unit_test(test_environment_is_read_once),
  };
  return cmocka_run_group_tests(tests, clear_environment, NULL);
}
