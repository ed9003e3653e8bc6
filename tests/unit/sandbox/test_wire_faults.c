/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault as a client meets it. */
#include "unit/sandbox/client.h"

static cspan_sandbox *sandbox;

static void fault(const char *text) {
  cspan_error *error = NULL;
  if (cspan_sandbox_add_fault_text(sandbox, text, &error) != CSPAN_OK) {
    fail_msg("%s: %s", text, cspan_error_message(error));
  }
}

static int set_up(void **state) {
  (void)state;
  sandbox = start_open();
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  check(sandbox, "PUT", "/bucket/k", NULL, "0123456789", 200, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  return 0;
}

static void check_record(const char *operation, int status, const char *code) {
  cspan_sandbox_record record = last_record(sandbox);
  assert_string_equal(record.operation, operation);
  assert_int_equal(record.http_status, status);
  assert_string_equal(record.error_code, code);
  assert_true(record.fault);
}

static void test_status(void **state) {
  (void)state;
  fault("op=PutObject,count=1,status=503,retry-after=150");
  answer a = expect(sandbox, "PUT", "/bucket/k", NULL, "new", 503, "SlowDown");
  check_header(&a, "x-amz-retry-after", "150");
  assert_non_null(header_of(&a, "x-amz-request-id"));
  answer_free(&a);
  check_record("PutObject", 503, "SlowDown");
  check_body(sandbox, "/bucket/k", NULL, 200, "0123456789"); /* it was not carried out */
  assert_false(last_record(sandbox).fault);
  check(sandbox, "PUT", "/bucket/k", NULL, "new", 200, NULL);
  fault("op=HeadObject,count=1,status=500,code=Odd");
  a = expect(sandbox, "HEAD", "/bucket/k", NULL, NULL, 500, NULL);
  assert_int_equal(a.len, 0);
  answer_free(&a);
  check_record("HeadObject", 500, "Odd");
}

static void test_error_in_200(void **state) {
  (void)state;
  fault("op=CopyObject,count=1,error-in-200");
  answer a = expect(sandbox, "PUT", "/bucket/copy", "x-amz-copy-source: bucket/k\r\n", NULL, 200,
                    "InternalError");
  answer_free(&a);
  check_record("CopyObject", 200, "InternalError");
  check(sandbox, "GET", "/bucket/copy", NULL, NULL, 404, "NoSuchKey");
}

static void test_delay(void **state) {
  (void)state;
  fault("op=GetObject,count=1,delay=80");
  int64_t before = cspan_now_ns();
  check_body(sandbox, "/bucket/k", NULL, 200, "0123456789");
  assert_true(cspan_now_ns() - before >= 80 * (int64_t)1000000);
  check_record("GetObject", 200, "");
}

static void test_reset_before(void **state) {
  (void)state;
  fault("op=DeleteObject,count=1,reset");
  answer a = ask(sandbox, "DELETE", "/bucket/k", NULL, NULL);
  assert_int_equal(a.status, 0);
  assert_int_equal(strlen(a.head), 0);
  assert_int_equal(a.error, ECONNRESET);
  answer_free(&a);
  check_record("DeleteObject", 0, "");
  check_body(sandbox, "/bucket/k", NULL, 200, "0123456789");
}

typedef struct cut_row {
  const char *fault;
  const char *body;
  int error;
} cut_row;

static const cut_row cuts[] = {
    {"op=GetObject,count=1,truncate=3", "012", 0},
    {"op=GetObject,count=1,truncate", "01234", 0},
    {"op=GetObject,count=1,truncate=500", "012345678", 0},
    {"op=GetObject,count=1,reset-during=3", "012", ECONNRESET},
    {"op=GetObject,count=1,reset-during", "01234", ECONNRESET},
};

static void test_cut_bodies(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    fault(cuts[i].fault);
    answer a = ask(sandbox, "GET", "/bucket/k", NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.announced, 10);
    assert_string_equal(a.body, cuts[i].body);
    assert_int_equal(a.error, cuts[i].error);
    answer_free(&a);
    check_record("GetObject", 200, "");
  }
}

/* An answer without a body breaks off in its head; the request was carried out. */
static void test_cut_heads(void **state) {
  (void)state;
  static const char *const faults[] = {"op=PutObject,count=1,truncate",
                                       "op=PutObject,count=1,reset-during"};
  static const int errors[] = {0, ECONNRESET};
  for (size_t i = 0; i < 2; i++) {
    const char *body = i == 0 ? "one" : "two";
    fault(faults[i]);
    answer a = ask(sandbox, "PUT", "/bucket/put", NULL, body);
    assert_int_equal(a.status, 0);
    assert_true(strlen(a.head) > 0);
    assert_int_equal(a.error, errors[i]);
    answer_free(&a);
    check_body(sandbox, "/bucket/put", NULL, 200, body);
  }
}

static void test_corrupt(void **state) {
  (void)state;
  fault("op=GetObject,count=1,corrupt");
  answer a = expect(sandbox, "GET", "/bucket/k", NULL, NULL, 200, NULL);
  check_header(&a, "ETag", "\"781e5e245d69b566979b86e28d23f2c7\"");
  int different = 0;
  for (size_t i = 0; i < 10; i++) {
    different += a.body[i] != "0123456789"[i];
  }
  assert_int_equal(a.len, 10);
  assert_int_equal(different, 1);
  answer_free(&a);
  check_body(sandbox, "/bucket/k", NULL, 200, "0123456789"); /* what is stored is whole */
  fault("op=PutObject,count=1,corrupt");
  check(sandbox, "PUT", "/bucket/x", NULL, "x", 200, NULL); /* there is no body to corrupt */
}

static void test_slow(void **state) {
  (void)state;
  fault("op=GetObject,count=1,slow=100");
  int64_t before = cspan_now_ns();
  check_body(sandbox, "/bucket/k", NULL, 200, "0123456789");
  assert_true(cspan_now_ns() - before >= 90 * (int64_t)1000000);
  check_record("GetObject", 200, "");
}

/* A client that leaves in the middle does not bring the sandbox down. */
static void test_slow_and_gone(void **state) {
  (void)state;
  fault("op=GetObject,count=1,slow=1000");
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  char first;
  int fd = dial(sandbox);
  send_request(fd, "GET", "/bucket/k", NULL, NULL, 0);
  assert_int_equal(recv(fd, &first, 1, 0), 1);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(fd);
  check_body(sandbox, "/bucket/k", NULL, 200, "0123456789");
}

/* Faults under way when the sandbox is stopped. */
static void test_stopped_in_between(void **state) {
  static const char *const faults[] = {"op=GetObject,delay=60000", "op=GetObject,slow=1",
                                       "op=GetObject,truncate=3"};
  for (size_t i = 0; i < 3; i++) {
    char first;
    cspan_sandbox_clear_faults(sandbox);
    fault(faults[i]);
    int fd = dial(sandbox);
    send_request(fd, "GET", "/bucket/k", NULL, NULL, 0);
    if (i > 0) {
      assert_int_equal(recv(fd, &first, 1, 0), 1);
    }
    tear_down(state);
    while (recv(fd, &first, 1, 0) == 1) {
    }
    close(fd);
    set_up(state);
  }
}

static void test_large_bodies(void **state) {
  (void)state;
  enum { SIZE = 3 << 20 };
  char *data = malloc(SIZE);
  assert_non_null(data);
  for (size_t i = 0; i < SIZE; i++) {
    data[i] = (char)(i * 7 >> 3);
  }
  answer a = ask_bytes(sandbox, "PUT", "/bucket/large", NULL, data, SIZE);
  assert_int_equal(a.status, 200);
  answer_free(&a);
  fault("op=GetObject,count=1,reset-during=2000000");
  a = ask(sandbox, "GET", "/bucket/large", NULL, NULL);
  assert_int_equal(a.len, 2000000);
  assert_int_equal(a.error, ECONNRESET);
  assert_memory_equal(a.body, data, a.len);
  answer_free(&a);
  fault("op=GetObject,count=1,corrupt");
  a = ask(sandbox, "GET", "/bucket/large", NULL, NULL);
  assert_int_equal(a.len, SIZE);
  assert_memory_equal(a.body, data, SIZE / 2);
  assert_int_not_equal(a.body[SIZE / 2], data[SIZE / 2]);
  assert_memory_equal(a.body + SIZE / 2 + 1, data + SIZE / 2 + 1, SIZE / 2 - 1);
  answer_free(&a);
  a = ask(sandbox, "GET", "/bucket/large", NULL, NULL);
  assert_memory_equal(a.body, data, SIZE);
  answer_free(&a);
  free(data);
}

static void test_which_part(void **state) {
  (void)state;
  char target[128];
  answer a = expect(sandbox, "POST", "/bucket/k?uploads", NULL, NULL, 200, NULL);
  char id[64];
  keep(id, sizeof id, element(a.body, "UploadId"));
  snprintf(target, sizeof target, "/bucket/k?uploadId=%s&partNumber=", id);
  answer_free(&a);
  size_t len = strlen(target);
  fault("op=UploadPart,part=2,count=2,status=503,code=SlowDown");
  for (int number = 1; number <= 3; number++) {
    snprintf(target + len, 8, "%d", number);
    for (int attempt = 0; attempt < 3; attempt++) {
      bool struck = number == 2 && attempt < 2;
      check(sandbox, "PUT", target, NULL, "part", struck ? 503 : 200, struck ? "SlowDown" : NULL);
      assert_int_equal(last_record(sandbox).part_number, number);
    }
  }
}

static void test_keys_in_a_batch(void **state) {
  (void)state;
  static const char document[] = "<Delete><Object><Key>keep/1</Key></Object>"
                                 "<Object><Key>k</Key></Object></Delete>";
  check(sandbox, "PUT", "/bucket/keep/1", NULL, "x", 200, NULL);
  fault("key=keep/*,status=403");
  answer a = expect(sandbox, "POST", "/bucket?delete", NULL, document, 200, NULL);
  assert_int_equal(count_of(a.body, "<Deleted>"), 1);
  assert_string_equal(element(strstr(a.body, "<Error>"), "Key"), "keep/1");
  assert_string_equal(element(strstr(a.body, "<Error>"), "Code"), "AccessDenied");
  answer_free(&a);
  assert_true(last_record(sandbox).fault);
  cspan_sandbox_clear_faults(sandbox);
  check_body(sandbox, "/bucket/keep/1", NULL, 200, "x");
  fault("op=DeleteObjects,count=1,status=503");
  check(sandbox, "POST", "/bucket?delete", NULL, document, 503, "SlowDown");
}

static void test_bad_text(void **state) {
  (void)state;
  cspan_error *error = NULL;
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=GetObject", &error),
                   CSPAN_ERR_INVALID);
  assert_non_null(error);
  cspan_error_free(error);
  cspan_sandbox_fault none = {.size = sizeof none};
  error = NULL;
  assert_int_equal(cspan_sandbox_add_fault(sandbox, &none, &error), CSPAN_ERR_INVALID);
  cspan_error_free(error);
}

#define WITH_OBJECT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_OBJECT(test_status),          WITH_OBJECT(test_error_in_200),
      WITH_OBJECT(test_delay),           WITH_OBJECT(test_reset_before),
      WITH_OBJECT(test_cut_bodies),      WITH_OBJECT(test_cut_heads),
      WITH_OBJECT(test_corrupt),         WITH_OBJECT(test_slow),
      WITH_OBJECT(test_slow_and_gone),   WITH_OBJECT(test_stopped_in_between),
      WITH_OBJECT(test_large_bodies),    WITH_OBJECT(test_which_part),
      WITH_OBJECT(test_keys_in_a_batch), WITH_OBJECT(test_bad_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
