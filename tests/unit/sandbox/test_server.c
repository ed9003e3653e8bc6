/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, connections, signatures end to end, records. */
#include "unit/sandbox/client.h"

#include <pthread.h>
#include <time.h>

/* ---------------------------------------------------------------- starting */

static void test_start_and_stop(void **state) {
  (void)state;
  char endpoint[64];
  cspan_sandbox *first = start_open();
  cspan_sandbox *second = start_with((cspan_sandbox_options){.allow_anonymous = true});
  assert_int_not_equal(cspan_sandbox_port(first), cspan_sandbox_port(second));
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", cspan_sandbox_port(first));
  assert_string_equal(cspan_sandbox_endpoint(first), endpoint);
  check(first, "PUT", "/bucket", NULL, NULL, 200, NULL);
  check(second, "HEAD", "/bucket", NULL, NULL, 404, NULL);
  cspan_sandbox_stop(first);
  check(second, "PUT", "/bucket", NULL, NULL, 200, NULL);
  cspan_sandbox_stop(second);
  cspan_sandbox_stop(NULL);
}

static void test_start_refused(void **state) {
  (void)state;
  cspan_sandbox *first = start_open();
  static const struct {
    cspan_sandbox_options options;
    cspan_status status;
    const char *message;
  } table[] = {
      {{.port = 70000}, CSPAN_ERR_INVALID, "70000 is no port"},
      {{.port = -1}, CSPAN_ERR_INVALID, "-1 is no port"},
      {{.access_key_id = ""}, CSPAN_ERR_INVALID, "an access key id"},
      {{.region = ""}, CSPAN_ERR_INVALID, "a region"},
      {{.port = 1}, CSPAN_ERR_IO, "cannot listen on 127.0.0.1:"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_sandbox_options options = table[i].options;
    cspan_sandbox *sandbox = NULL;
    cspan_error *error = NULL;
    /* The last row asks for a port that is taken. */
    options.port = options.port == 1 ? cspan_sandbox_port(first) : options.port;
    assert_int_equal(cspan_sandbox_start(&options, &sandbox, &error), table[i].status);
    assert_null(sandbox);
    assert_non_null(strstr(cspan_error_message(error), table[i].message));
    cspan_error_free(error);
  }
  cspan_sandbox_stop(first);
}

/* ------------------------------------------------------------- connections */

static void test_kept_alive(void **state) {
  (void)state;
  cspan_sandbox *sandbox = start_open();
  int fd = dial(sandbox);
  static const struct {
    const char *method;
    const char *target;
    const char *body;
    int status;
  } table[] = {
      {"PUT", "/bucket", NULL, 200},      {"PUT", "/bucket/k", "body", 200},
      {"GET", "/bucket/k", NULL, 200},    {"HEAD", "/bucket/k", NULL, 200},
      {"GET", "/bucket/none", NULL, 404}, {"HEAD", "/bucket/none", NULL, 404},
      {"DELETE", "/bucket/k", NULL, 204}, {"GET", "/bucket?list-type=2", NULL, 200},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    size_t len = table[i].body ? strlen(table[i].body) : 0;
    send_request(fd, table[i].method, table[i].target, NULL, table[i].body, len);
    answer a = read_answer(fd, strcmp(table[i].method, "HEAD") == 0);
    assert_int_equal(a.status, table[i].status);
    answer_free(&a);
  }
  send_request(fd, "GET", "/", "Connection: close\r\n", NULL, 0);
  answer a = read_answer(fd, false);
  assert_int_equal(a.status, 200);
  answer_free(&a);
  char byte;
  assert_int_equal(recv(fd, &byte, 1, 0), 0);
  close(fd);
  cspan_sandbox_stop(sandbox);
}

static void test_expect_continue(void **state) {
  (void)state;
  cspan_sandbox *sandbox = start_open();
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  int fd = dial(sandbox);
  send_request(fd, "PUT", "/bucket/k", "Expect: 100-continue\r\nContent-Length: 4\r\n", NULL, 0);
  answer a = read_answer(fd, true);
  assert_int_equal(a.status, 100);
  answer_free(&a);
  send_bytes(fd, "body", 4);
  a = read_answer(fd, false);
  assert_int_equal(a.status, 200);
  answer_free(&a);
  close(fd);
  check_body(sandbox, "/bucket/k", NULL, 200, "body");
  cspan_sandbox_stop(sandbox);
}

static void test_host_style(void **state) {
  (void)state;
  cspan_sandbox *sandbox = start_open();
  check(sandbox, "PUT", "/", "Host: bucket.localhost:9\r\n", NULL, 200, NULL);
  check(sandbox, "PUT", "//lead/k", "Host: bucket.s3.localhost\r\n", "x", 200, NULL);
  check_body(sandbox, "/bucket//lead/k", NULL, 200, "x");
  cspan_sandbox_record record = last_record(sandbox);
  assert_string_equal(record.key, "/lead/k");
  cspan_sandbox_stop(sandbox);
}

/* Bytes that are no request do no harm. */
static void test_nonsense(void **state) {
  (void)state;
  static const char *const texts[] = {
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01",
      "PUT /bucket/k HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
  };
  cspan_sandbox *sandbox = start_open();
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    int fd = dial(sandbox);
    char byte;
    send_bytes(fd, texts[i], strlen(texts[i]));
    shutdown(fd, SHUT_WR);
    while (recv(fd, &byte, 1, 0) == 1) {
    }
    close(fd);
  }
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  cspan_sandbox_stop(sandbox);
}

typedef struct worker {
  pthread_t thread;
  cspan_sandbox *sandbox;
  int number;
  int good;
} worker;

static void *work(void *user) {
  worker *w = user;
  for (int i = 0; i < 50; i++) {
    char target[64];
    snprintf(target, sizeof target, "/bucket/%d-%d", w->number, i);
    answer put = ask(w->sandbox, "PUT", target, NULL, target);
    answer get = ask(w->sandbox, "GET", target, NULL, NULL);
    w->good += put.status == 200 && strcmp(get.body, target) == 0;
    cspan_sandbox_add_fault_text(w->sandbox, "op=HeadBucket,status=500,count=1", NULL);
    cspan_sandbox_open_uploads(w->sandbox);
    cspan_sandbox_request_count(w->sandbox);
    answer_free(&put);
    answer_free(&get);
  }
  return NULL;
}

static void test_many_threads(void **state) {
  (void)state;
  worker workers[4] = {0};
  cspan_sandbox *sandbox = start_open();
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  for (int i = 0; i < 4; i++) {
    workers[i].sandbox = sandbox;
    workers[i].number = i;
    assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].good, 50);
  }
  assert_int_equal(cspan_sandbox_request_count(sandbox), 401);
  cspan_sandbox_stop(sandbox);
}

/* -------------------------------------------------------------- signatures */

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void hmac(uint8_t key[32], size_t len, const char *text) {
  cspan_hmac_sha256(key, len, text, strlen(text), key);
}

/* The headers of a GET of the service, signed `offset` seconds from now. */
static void sign(const char *id, const char *secret, const char *token, int offset,
                 char headers[2048]) {
  char date[17];
  char text[2048];
  char hash[65];
  char signature[65];
  uint8_t key[64] = {0};
  const char *names = token ? "host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
                            : "host;x-amz-content-sha256;x-amz-date";
  cspan_format_iso8601_basic(time(NULL) + offset, date);
  snprintf(text, sizeof text,
           "GET\n/\n\nhost:127.0.0.1\nx-amz-content-sha256:%s\nx-amz-date:%s\n%s%s%s\n%s\n%s",
           EMPTY_HASH, date, token ? "x-amz-security-token:" : "", token ? token : "",
           token ? "\n" : "", names, EMPTY_HASH);
  cspan_sha256_hex(text, strlen(text), hash);
  snprintf(text, sizeof text, "AWS4-HMAC-SHA256\n%s\n%.8s/us-east-1/s3/aws4_request\n%s", date,
           date, hash);
  snprintf((char *)key, sizeof key, "AWS4%s", secret);
  char day[9];
  snprintf(day, sizeof day, "%.8s", date);
  hmac(key, strlen((char *)key), day);
  hmac(key, 32, "us-east-1");
  hmac(key, 32, "s3");
  hmac(key, 32, "aws4_request");
  hmac(key, 32, text);
  cspan_hex_encode(key, 32, signature);
  snprintf(headers, 2048,
           "x-amz-date: %s\r\nx-amz-content-sha256: %s\r\n%s%s%sAuthorization: AWS4-HMAC-SHA256 "
           "Credential=%s/%s/us-east-1/s3/aws4_request, SignedHeaders=%s, Signature=%s\r\n",
           date, EMPTY_HASH, token ? "x-amz-security-token: " : "", token ? token : "",
           token ? "\r\n" : "", id, day, names, signature);
}

static void test_signed(void **state) {
  (void)state;
  static const struct {
    const char *id;
    const char *secret;
    const char *token;
    int offset;
    int status;
    const char *code;
  } table[] = {
      {"sandbox", "sandbox-secret", NULL, 0, 200, NULL},
      {"sandbox", "sandbox-secret", NULL, 600, 200, NULL},
      {"sandbox", "sandbox-secret", NULL, -1000, 403, "RequestTimeTooSkewed"},
      {"sandbox", "sandbox-secret", NULL, 1000, 403, "RequestTimeTooSkewed"},
      {"sandbox", "wrong", NULL, 0, 403, "SignatureDoesNotMatch"},
      {"other", "sandbox-secret", NULL, 0, 403, "InvalidAccessKeyId"},
      {"sandbox", "sandbox-secret", "token", 0, 400, "InvalidToken"},
  };
  cspan_sandbox *sandbox = start_with((cspan_sandbox_options){.port = 0});
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char headers[2048];
    sign(table[i].id, table[i].secret, table[i].token, table[i].offset, headers);
    answer a = expect(sandbox, "GET", "/", headers, NULL, table[i].status, table[i].code);
    assert_null(strstr(a.body, "sandbox-secret"));
    answer_free(&a);
  }
  check(sandbox, "GET", "/", NULL, NULL, 403, "AccessDenied");
  cspan_sandbox_stop(sandbox);
}

static void test_token_and_clock(void **state) {
  (void)state;
  char headers[2048];
  cspan_sandbox *sandbox = start_with((cspan_sandbox_options){.access_key_id = "AK",
                                                              .secret_access_key = "SK",
                                                              .session_token = "the/token",
                                                              .clock_offset_s = 7200});
  sign("AK", "SK", "the/token", 7200, headers);
  answer a = expect(sandbox, "GET", "/", headers, NULL, 200, NULL);
  /* The Date header is how a client learns of the difference. */
  time_t date = 0;
  assert_true(cspan_parse_http_date(header_of(&a, "Date"), &date));
  assert_true(date - time(NULL) > 7000);
  answer_free(&a);
  sign("AK", "SK", "the/token", 0, headers);
  check(sandbox, "GET", "/", headers, NULL, 403, "RequestTimeTooSkewed");
  sign("AK", "SK", NULL, 7200, headers);
  check(sandbox, "GET", "/", headers, NULL, 400, "InvalidToken");
  cspan_sandbox_stop(sandbox);
}

/* ----------------------------------------------------------------- records */

static void test_records(void **state) {
  (void)state;
  cspan_sandbox_record record;
  cspan_sandbox *sandbox = start_open();
  assert_int_equal(cspan_sandbox_request_count(sandbox), 0);
  assert_false(cspan_sandbox_request_at(sandbox, 0, &record));
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  check(sandbox, "GET", "/bucket/a%2Fb",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793\r\n",
        NULL, 404, "NoSuchKey");
  check(sandbox, "GET", "/bucket?acl", NULL, NULL, 501, "NotImplemented");
  assert_int_equal(cspan_sandbox_request_count(sandbox), 3);
  assert_true(cspan_sandbox_request_at(sandbox, 0, &record));
  assert_string_equal(record.operation, "CreateBucket");
  assert_string_equal(record.method, "PUT");
  assert_true(cspan_sandbox_request_at(sandbox, 1, &record));
  assert_string_equal(record.operation, "GetObject");
  assert_string_equal(record.bucket, "bucket");
  assert_string_equal(record.key, "a/b");
  assert_string_equal(record.error_code, "NoSuchKey");
  assert_string_equal(record.traceparent,
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  assert_string_equal(record.x_amzn_trace_id, "Root=1-5759e988-bd862e3fe1be46a994272793");
  assert_int_equal(record.http_status, 404);
  assert_int_equal(record.part_number, 0);
  assert_false(record.fault);
  assert_true(cspan_sandbox_request_at(sandbox, 2, &record));
  assert_string_equal(record.operation, "Unknown");
  assert_false(cspan_sandbox_request_at(sandbox, 3, &record));
  cspan_sandbox_stop(sandbox);
}

static void test_oldest_records_go(void **state) {
  (void)state;
  cspan_sandbox_record record;
  cspan_sandbox *sandbox = start_open();
  int fd = dial(sandbox);
  for (int i = 0; i < 4100; i++) {
    char target[32];
    snprintf(target, sizeof target, "/bucket/%d", i);
    send_request(fd, "HEAD", target, NULL, NULL, 0);
    answer a = read_answer(fd, true);
    answer_free(&a);
  }
  close(fd);
  assert_int_equal(cspan_sandbox_request_count(sandbox), 4100);
  assert_true(cspan_sandbox_request_at(sandbox, 0, &record));
  assert_string_equal(record.key, "4");
  assert_true(cspan_sandbox_request_at(sandbox, 4095, &record));
  assert_string_equal(record.key, "4099");
  assert_false(cspan_sandbox_request_at(sandbox, 4096, &record));
  cspan_sandbox_stop(sandbox);
}

static void test_long_names_are_cut(void **state) {
  (void)state;
  char target[1200] = "/bucket/";
  for (int i = 0; i < 254; i++) {
    strcat(target, "k");
  }
  strcat(target, "%C3%A9%C3%A9"); /* the cut falls into a character */
  cspan_sandbox *sandbox = start_open();
  check(sandbox, "GET", target, NULL, NULL, 404, "NoSuchBucket");
  cspan_sandbox_record record = last_record(sandbox);
  assert_int_equal(strlen(record.key), 254);
  cspan_sandbox_stop(sandbox);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_start_and_stop),    cmocka_unit_test(test_start_refused),
      cmocka_unit_test(test_kept_alive),        cmocka_unit_test(test_expect_continue),
      cmocka_unit_test(test_host_style),        cmocka_unit_test(test_nonsense),
      cmocka_unit_test(test_many_threads),      cmocka_unit_test(test_signed),
      cmocka_unit_test(test_token_and_clock),   cmocka_unit_test(test_records),
      cmocka_unit_test(test_oldest_records_go), cmocka_unit_test(test_long_names_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
