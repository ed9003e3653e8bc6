/* SPDX-License-Identifier: Apache-2.0 */
/* Receivers' answers, and when to try again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "pb_builder.h"
#include "telemetry/otlp_client.h"
#include "telemetry/otlp_grpc.h"
#include "telemetry/otlp_outcome.h"
#include "telemetry/otlp_retry.h"
#include "unit/viewer/gzip.h"

/* -------------------------------------------------------------------- gRPC */

/* A google.rpc.Status in base64, without padding: as servers send it. */
static const char *details(bool with_retry_info, int64_t seconds, int64_t nanos) {
  static char text[512];
  cspan_buf status, any, info, duration, encoded;
  pb_begin(&status);
  pb_int(&status, 1, 8);
  pb_text(&status, 2, "from details");
  pb_begin(&any);
  pb_text(&any, 1,
          with_retry_info ? "type.googleapis.com/google.rpc.RetryInfo"
                          : "type.googleapis.com/google.rpc.DebugInfo");
  pb_begin(&info);
  pb_begin(&duration);
  pb_int(&duration, 1, (uint64_t)seconds);
  pb_int(&duration, 2, (uint64_t)nanos);
  pb_end(&info, 1, &duration);
  pb_end(&any, 2, &info);
  pb_end(&status, 3, &any);
  cspan_buf_init(&encoded, sizeof text - 1);
  cspan_base64_encode(&encoded, status.data, status.len);
  cspan_buf_free(&status);
  memcpy(text, cspan_buf_text(&encoded), encoded.len + 1);
  text[strcspn(text, "=")] = '\0';
  cspan_buf_free(&encoded);
  return text;
}

typedef struct grpc_case {
  const char *status;
  const char *code;
  bool retryable;
  bool retryable_with_info;
} grpc_case;

/* The OTLP specification's table, all 17 codes. */
static const grpc_case grpc_codes[] = {
    {"1", "CANCELLED", true, true},
    {"2", "UNKNOWN", false, false},
    {"3", "INVALID_ARGUMENT", false, false},
    {"4", "DEADLINE_EXCEEDED", true, true},
    {"5", "NOT_FOUND", false, false},
    {"6", "ALREADY_EXISTS", false, false},
    {"7", "PERMISSION_DENIED", false, false},
    {"8", "RESOURCE_EXHAUSTED", false, true},
    {"9", "FAILED_PRECONDITION", false, false},
    {"10", "ABORTED", true, true},
    {"11", "OUT_OF_RANGE", true, true},
    {"12", "UNIMPLEMENTED", false, false},
    {"13", "INTERNAL", false, false},
    {"14", "UNAVAILABLE", true, true},
    {"15", "DATA_LOSS", true, true},
    {"16", "UNAUTHENTICATED", false, false},
    {"17", "UNKNOWN", false, false},
    {"99999999999999999999", "UNKNOWN", false, false},
    {"x", "UNKNOWN", false, false},
};

static cspan_otlp_outcome read_grpc(const cspan_otlp_reply *reply) {
  cspan_otlp_outcome out;
  memset(&out, 0xa5, sizeof out);
  cspan_otlp_read_grpc(reply, &out);
  return out;
}

static void test_grpc_codes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof grpc_codes / sizeof grpc_codes[0]; i++) {
    const grpc_case *c = &grpc_codes[i];
    cspan_otlp_reply reply = {
        .http_status = 200, .content_type = "application/grpc", .grpc_status = c->status};
    cspan_otlp_outcome out = read_grpc(&reply);
    assert_int_equal(out.status, CSPAN_ERR_SERVICE);
    assert_string_equal(out.code, c->code);
    assert_int_equal(out.retryable, c->retryable);
    assert_int_equal(out.retry_after_ms, -1);
    reply.grpc_details = details(true, 3, 500000001);
    out = read_grpc(&reply);
    assert_int_equal(out.retryable, c->retryable_with_info);
    assert_int_equal(out.retry_after_ms, 3501);
    reply.grpc_details = details(false, 3, 0);
    out = read_grpc(&reply);
    assert_int_equal(out.retryable, c->retryable);
    assert_int_equal(out.retry_after_ms, -1);
  }
}

static void test_retry_info(void **state) {
  (void)state;
  static const struct {
    int64_t seconds;
    int64_t nanos;
    int64_t ms;
  } cases[] = {
      {0, 0, 0},
      {0, 1, 1},
      {5, 0, 5000},
      {-1, 0, 0},
      {1, -5, 0},
      {1, 1000000000, 0},
      {INT64_MAX, 0, INT64_C(86400000)},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_otlp_reply reply = {.content_type = "application/grpc",
                                    .grpc_status = "14",
                                    .grpc_details =
                                        details(true, cases[i].seconds, cases[i].nanos)};
    assert_int_equal(read_grpc(&reply).retry_after_ms, cases[i].ms);
  }
}

static void test_bad_details_are_ignored(void **state) {
  (void)state;
  static const char *const bad[] = {"", "*", "////", "A", "=", "CA==="};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const cspan_otlp_reply reply = {
        .content_type = "application/grpc", .grpc_status = "8", .grpc_details = bad[i]};
    cspan_otlp_outcome out = read_grpc(&reply);
    assert_false(out.retryable);
    assert_string_equal(out.code, "RESOURCE_EXHAUSTED");
  }
}

static void test_grpc_message(void **state) {
  (void)state;
  static const struct {
    const char *message;
    const char *shown;
  } cases[] = {
      {NULL, "the receiver answered UNAVAILABLE"},
      {"", "the receiver answered UNAVAILABLE"},
      {"too%20busy%2C 100%25", "the receiver answered UNAVAILABLE: too busy, 100%"},
      {"caf%C3%A9", "the receiver answered UNAVAILABLE: caf\xc3\xa9"},
      {"line%0Aend %1b[31m", "the receiver answered UNAVAILABLE: line end  [31m"},
      {"%zz%4", "the receiver answered UNAVAILABLE: %zz%4"},
      {"%FF", "the receiver answered UNAVAILABLE"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_otlp_reply reply = {.content_type = "application/grpc+proto",
                                    .grpc_status = "14",
                                    .grpc_message = cases[i].message};
    assert_string_equal(read_grpc(&reply).message, cases[i].shown);
  }
  const cspan_otlp_reply reply = {
      .content_type = "application/grpc", .grpc_status = "8", .grpc_details = details(true, 1, 0)};
  assert_string_equal(read_grpc(&reply).message,
                      "the receiver answered RESOURCE_EXHAUSTED: from details");
}

static void test_long_grpc_message_is_cut(void **state) {
  (void)state;
  char message[4096];
  for (size_t i = 0; i + 2 < sizeof message; i += 2)
    memcpy(message + i, "\xc3\xa9", 3);
  const cspan_otlp_reply reply = {
      .content_type = "application/grpc", .grpc_status = "14", .grpc_message = message};
  cspan_otlp_outcome out = read_grpc(&reply);
  assert_true(strlen(out.message) > 500 && strlen(out.message) < sizeof out.message);
  assert_true(cspan_utf8_valid(out.message, strlen(out.message)));
}

typedef struct http_case {
  int status;
  const char *code;
  bool retryable;
} http_case;

/* gRPC's mapping for answers that did not come from a gRPC server. */
static const http_case without_grpc_status[] = {
    {400, "INTERNAL", false},          {401, "UNAUTHENTICATED", false},
    {403, "PERMISSION_DENIED", false}, {404, "UNIMPLEMENTED", false},
    {429, "UNAVAILABLE", true},        {502, "UNAVAILABLE", true},
    {503, "UNAVAILABLE", true},        {504, "UNAVAILABLE", true},
    {500, "UNKNOWN", false},           {200, "UNKNOWN", false},
    {302, "UNKNOWN", false},
};

static void test_without_grpc_status(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof without_grpc_status / sizeof without_grpc_status[0]; i++) {
    const http_case *c = &without_grpc_status[i];
    cspan_otlp_reply reply = {.http_status = c->status, .content_type = "application/grpc"};
    for (int pass = 0; pass < 2; pass++) {
      cspan_otlp_outcome out = read_grpc(&reply);
      assert_int_equal(out.status, CSPAN_ERR_SERVICE);
      assert_string_equal(out.code, c->code);
      assert_int_equal(out.retryable, c->retryable);
      assert_int_equal(out.http_status, c->status);
      reply.content_type = pass == 0 ? "text/html" : NULL; /* a status there means nothing */
      reply.grpc_status = "0";
    }
  }
}

static void put_frame(cspan_buf *out, uint8_t flag, const cspan_buf *message) {
  uint8_t prefix[CSPAN_GRPC_PREFIX];
  cspan_grpc_prefix(prefix, false, (uint32_t)message->len);
  prefix[0] = flag;
  cspan_buf_append(out, prefix, sizeof prefix);
  cspan_buf_append(out, cspan_buf_text(message), message->len);
}

static void put_partial_success(cspan_buf *out, int64_t rejected, const char *message) {
  cspan_buf partial;
  pb_begin(&partial);
  pb_int(&partial, 1, (uint64_t)rejected);
  pb_text(&partial, 2, message);
  pb_end(out, 1, &partial);
}

static cspan_otlp_outcome read_ok(const void *body, size_t len) {
  const cspan_otlp_reply reply = {.http_status = 200,
                                  .content_type = "application/grpc",
                                  .grpc_status = "0",
                                  .body = body,
                                  .body_len = len};
  return read_grpc(&reply);
}

static void test_grpc_accepted(void **state) {
  (void)state;
  cspan_buf message, frame;
  assert_int_equal(read_ok(NULL, 0).status, CSPAN_OK);
  cspan_otlp_outcome out = read_ok("\0\0\0\0\0", 5);
  assert_int_equal(out.status, CSPAN_OK);
  assert_false(out.warned);
  assert_int_equal(out.rejected_items, 0);
  pb_begin(&message);
  pb_begin(&frame);
  put_partial_success(&message, 3, "too old");
  put_frame(&frame, 0, &message);
  out = read_ok(frame.data, frame.len);
  assert_int_equal(out.status, CSPAN_OK);
  assert_true(out.warned);
  assert_int_equal(out.rejected_items, 3);
  assert_string_equal(out.message, "too old");
  cspan_buf_free(&message);
  cspan_buf_free(&frame);
  pb_begin(&message);
  put_partial_success(&message, -1, "");
  put_frame(&frame, 0, &message);
  out = read_ok(frame.data, frame.len);
  assert_int_equal(out.rejected_items, 0);
  assert_false(out.warned);
  cspan_buf_free(&message);
  cspan_buf_free(&frame);
}

static void test_grpc_frames_that_are_wrong(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
    const char *says;
  } cases[] = {
      {"\0\0\0", 3, "cut short"},          {"\1\0\0\0\0", 5, "other than gzip"},
      {"\0\0\0\0\1", 5, "another length"}, {"\0\0\0\0\0\0", 6, "another length"},
      {"\0\0\0\0\1\x0a", 6, "malformed"},  {"\0\0\0\0\3\x0a\1\x08", 8, "malformed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_otlp_outcome out = read_ok(cases[i].bytes, cases[i].len);
    assert_int_equal(out.status, CSPAN_ERR_PROTOCOL);
    assert_false(out.retryable);
    assert_non_null(strstr(out.message, cases[i].says));
  }
}

/* A collector that is written in Go answers gzip by gzip, whatever is said to be accepted. */
static cspan_otlp_outcome read_packed(const cspan_buf *message, const char *encoding,
                                      size_t bytes_too_few) {
  cspan_buf packed, frame;
  pb_begin(&packed);
  pb_begin(&frame);
  assert_true(gzip_append(&packed, cspan_buf_text(message), message->len));
  packed.len -= bytes_too_few;
  put_frame(&frame, 1, &packed);
  const cspan_otlp_reply reply = {.http_status = 200,
                                  .content_type = "application/grpc",
                                  .grpc_status = "0",
                                  .grpc_encoding = encoding,
                                  .body = (const uint8_t *)frame.data,
                                  .body_len = frame.len};
  cspan_otlp_outcome out = read_grpc(&reply);
  cspan_buf_free(&packed);
  cspan_buf_free(&frame);
  return out;
}

static void test_grpc_compressed_answer(void **state) {
  (void)state;
  cspan_buf message;
  pb_begin(&message);
  put_partial_success(&message, 3, "too old");
  cspan_otlp_outcome out = read_packed(&message, "gzip", 0);
  assert_int_equal(out.status, CSPAN_OK);
  assert_int_equal(out.rejected_items, 3);
  assert_string_equal(out.message, "too old");
  out = read_packed(&message, "gzip", 1);
  assert_int_equal(out.status, CSPAN_ERR_PROTOCOL);
  assert_non_null(strstr(out.message, "cannot be unpacked"));
  out = read_packed(&message, "zstd", 0);
  assert_int_equal(out.status, CSPAN_ERR_PROTOCOL);
  assert_non_null(strstr(out.message, "other than gzip"));
  cspan_buf_clear(&message);
  out = read_packed(&message, "gzip", 0);
  assert_int_equal(out.status, CSPAN_OK);
  assert_false(out.warned);
  cspan_buf_free(&message);
}

/* A few KiB become more than may be. */
static void test_grpc_bomb(void **state) {
  (void)state;
  static const size_t sizes[] = {CSPAN_OTLP_MAX_RESPONSE, CSPAN_OTLP_MAX_RESPONSE + 1};
  char *zeros = calloc(1, sizes[1]);
  assert_non_null(zeros);
  for (size_t i = 0; i < 2; i++) {
    cspan_buf message;
    pb_begin(&message);
    pb_bytes(&message, 15, zeros, sizes[i] - 5); /* an unknown field; 5 bytes are its head */
    assert_int_equal(message.len, sizes[i]);
    cspan_otlp_outcome out = read_packed(&message, "gzip", 0);
    assert_int_equal(out.status, i == 0 ? CSPAN_OK : CSPAN_ERR_LIMIT);
    assert_false(out.retryable);
    cspan_buf_free(&message);
  }
  free(zeros);
}

/* -------------------------------------------------------------------- HTTP */

enum { NOW = 1000000000 }; /* Sun, 09 Sep 2001 01:46:40 GMT */

static cspan_otlp_outcome read_http(const cspan_otlp_reply *reply) {
  cspan_otlp_outcome out;
  memset(&out, 0xa5, sizeof out);
  cspan_otlp_read_http(reply, NOW, &out);
  return out;
}

static const http_case http_statuses[] = {
    {400, "http_400", false},   {401, "http_401", false}, {404, "http_404", false},
    {408, "http_4xx", false},   {413, "http_413", false}, {429, "http_429", true},
    {500, "http_500", false},   {501, "http_5xx", false}, {502, "http_502", true},
    {503, "http_503", true},    {504, "http_504", true},  {505, "http_5xx", false},
    {301, "http_other", false},
};

static void test_http_statuses(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof http_statuses / sizeof http_statuses[0]; i++) {
    const cspan_otlp_reply reply = {.http_status = http_statuses[i].status};
    cspan_otlp_outcome out = read_http(&reply);
    assert_int_equal(out.status, CSPAN_ERR_SERVICE);
    assert_string_equal(out.code, http_statuses[i].code);
    assert_int_equal(out.retryable, http_statuses[i].retryable);
    assert_int_equal(out.retry_after_ms, -1);
  }
}

static void test_http_accepted(void **state) {
  (void)state;
  cspan_buf body;
  pb_begin(&body);
  put_partial_success(&body, 2, "no");
  cspan_otlp_reply reply = {.http_status = 200,
                            .content_type = "application/x-protobuf",
                            .body = (const uint8_t *)body.data,
                            .body_len = body.len};
  cspan_otlp_outcome out = read_http(&reply);
  assert_int_equal(out.status, CSPAN_OK);
  assert_true(out.warned);
  assert_int_equal(out.rejected_items, 2);
  reply.content_type = "text/plain"; /* not read */
  out = read_http(&reply);
  assert_int_equal(out.status, CSPAN_OK);
  assert_false(out.warned);
  reply.content_type = "application/x-protobuf";
  reply.body_len--;
  out = read_http(&reply);
  assert_int_equal(out.status, CSPAN_OK);
  assert_true(out.warned);
  assert_int_equal(out.rejected_items, 0);
  assert_string_equal(out.message, "the receiver's answer is malformed");
  cspan_buf_char(&body, 0x0a); /* garbage behind the number: that is not believed either */
  reply.body = (const uint8_t *)body.data;
  reply.body_len = body.len;
  out = read_http(&reply);
  assert_int_equal(out.rejected_items, 0);
  assert_string_equal(out.message, "the receiver's answer is malformed");
  reply.body_len = 0;
  reply.http_status = 202;
  out = read_http(&reply);
  assert_int_equal(out.status, CSPAN_OK);
  assert_false(out.warned);
  cspan_buf_free(&body);
}

static const struct {
  const char *body;
  int64_t rejected;
  bool warned;
  const char *message;
} json_answers[] = {
    {"{}", 0, false, ""},
    {"", 0, false, ""},
    {"{\"partialSuccess\":{}}", 0, false, ""},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":\"too old\"}}", 2, true,
     "too old"},
    {"{\"partialSuccess\":{\"rejectedSpans\":3}}", 3, true, ""},
    {"{\"partialSuccess\":{\"rejectedDataPoints\":\"4\"}}", 4, true, ""},
    {"{\"partialSuccess\":{\"errorMessage\":\"slow\\u0000 down\"}}", 0, true, "slow  down"},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"-1\"}}", 0, false, ""},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"x\",\"errorMessage\":7}}", 0, false, ""},
    {"{\"partialSuccess\":7}", 0, false, ""},
    {"{", 0, true, "the receiver's answer is malformed"},
    {"[]", 0, true, "the receiver's answer is malformed"},
};

static void test_http_json_accepted(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof json_answers / sizeof json_answers[0]; i++) {
    const cspan_otlp_reply reply = {.http_status = 200,
                                    .content_type = "application/json; charset=utf-8",
                                    .body = (const uint8_t *)json_answers[i].body,
                                    .body_len = strlen(json_answers[i].body)};
    cspan_otlp_outcome out = read_http(&reply);
    assert_int_equal(out.status, CSPAN_OK);
    assert_int_equal(out.rejected_items, json_answers[i].rejected);
    assert_int_equal(out.warned, json_answers[i].warned);
    assert_string_equal(out.message, json_answers[i].message);
  }
}

static void test_http_json_failed(void **state) {
  (void)state;
  static const char *const bodies[][2] = {
      {"{\"code\":8,\"message\":\"slow down\",\"details\":[]}",
       "the receiver answered HTTP status 429: slow down"},
      {"{\"message\":5}", "the receiver answered HTTP status 429"},
      {"oops", "the receiver answered HTTP status 429"},
      {"", "the receiver answered HTTP status 429"},
  };
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    const cspan_otlp_reply reply = {.http_status = 429,
                                    .content_type = "application/json",
                                    .retry_after = "2",
                                    .body = (const uint8_t *)bodies[i][0],
                                    .body_len = strlen(bodies[i][0])};
    cspan_otlp_outcome out = read_http(&reply);
    assert_int_equal(out.status, CSPAN_ERR_SERVICE);
    assert_true(out.retryable);
    assert_int_equal(out.retry_after_ms, 2000);
    assert_string_equal(out.message, bodies[i][1]);
  }
}

static void test_http_error_message(void **state) {
  (void)state;
  cspan_buf body;
  pb_begin(&body);
  pb_int(&body, 1, 3);
  pb_text(&body, 2, "bad\nspans");
  cspan_otlp_reply reply = {.http_status = 400,
                            .content_type = "application/x-protobuf; charset=x",
                            .body = (const uint8_t *)body.data,
                            .body_len = body.len};
  assert_string_equal(read_http(&reply).message,
                      "the receiver answered HTTP status 400: bad spans");
  reply.content_type = "text/plain";
  assert_string_equal(read_http(&reply).message, "the receiver answered HTTP status 400");
  cspan_buf_free(&body);
}

static void test_retry_after(void **state) {
  (void)state;
  static const struct {
    const char *value;
    int64_t ms;
  } cases[] = {
      {"0", 0},
      {"7", 7000},
      {"999999999999", INT64_C(86400000)},
      {"Sun, 09 Sep 2001 01:46:45 GMT", 5000},
      {"Sun, 09 Sep 2001 01:46:30 GMT", 0},
      {"Sun, 09 Sep 2091 01:46:30 GMT", INT64_C(86400000)},
      {"-1", -1},
      {"1.5", -1},
      {"soon", -1},
      {"", -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t ms = cspan_otlp_retry_after(cases[i].value, NOW);
    if (ms != cases[i].ms)
      fail_msg("%s: %lld", cases[i].value, (long long)ms);
  }
  assert_int_equal(cspan_otlp_retry_after(NULL, NOW), -1);
  const cspan_otlp_reply reply = {.http_status = 503, .retry_after = "2"};
  assert_int_equal(read_http(&reply).retry_after_ms, 2000);
}

/* ----------------------------------------------------------------- backoff */

static void test_backoff(void **state) {
  (void)state;
  const cspan_otlp_retry standard = {0};
  static const int64_t middle[] = {1000, 1500, 2250, 3375, 5000, 5000, 5000};
  for (unsigned i = 0; i < sizeof middle / sizeof middle[0]; i++) {
    assert_int_equal(cspan_otlp_retry_delay_ms(&standard, i + 1, -1, 0.5), middle[i]);
    assert_int_equal(cspan_otlp_retry_delay_ms(&standard, i + 1, 0, 0.0), middle[i] * 8 / 10);
    assert_true(cspan_otlp_retry_delay_ms(&standard, i + 1, -1, 0.999999) <= middle[i] * 12 / 10);
  }
  assert_int_equal(cspan_otlp_retry_delay_ms(&standard, 4000000000u, -1, 0.5), 5000);
  assert_int_equal(cspan_otlp_retry_delay_ms(&standard, 1, 7, 0.5), 7);
  const cspan_otlp_retry own = {.initial_ms = 10, .max_ms = 12};
  assert_int_equal(cspan_otlp_retry_delay_ms(&own, 1, -1, 0.5), 10);
  assert_int_equal(cspan_otlp_retry_delay_ms(&own, 2, -1, 0.5), 12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_grpc_codes),
      cmocka_unit_test(test_retry_info),
      cmocka_unit_test(test_bad_details_are_ignored),
      cmocka_unit_test(test_grpc_message),
      cmocka_unit_test(test_long_grpc_message_is_cut),
      cmocka_unit_test(test_without_grpc_status),
      cmocka_unit_test(test_grpc_accepted),
      cmocka_unit_test(test_grpc_frames_that_are_wrong),
      cmocka_unit_test(test_grpc_compressed_answer),
      cmocka_unit_test(test_grpc_bomb),
      cmocka_unit_test(test_http_statuses),
      cmocka_unit_test(test_http_accepted),
      cmocka_unit_test(test_http_json_accepted),
      cmocka_unit_test(test_http_json_failed),
      cmocka_unit_test(test_http_error_message),
      cmocka_unit_test(test_retry_after),
      cmocka_unit_test(test_backoff),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
