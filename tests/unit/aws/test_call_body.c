/* SPDX-License-Identifier: Apache-2.0 */
/* Request bodies from everywhere, their checksums, and the checksums of responses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/call.h"
#include "unit/aws/call_fixture.h"

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

static const script_step succeeds[] = {READ_REQUEST, SEND(OK_RESPONSE), END};
static const script_step is_unavailable[] = {
    READ_REQUEST, SEND("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), END};

static char file_path[] = "/tmp/cspan-body-XXXXXX";

static void write_file(const char *text) {
  int fd = open(file_path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
}

static void serve(fixture *f, const script_connection *scripts, size_t count,
                  cspan_payload_signing signing) {
  fixture_serve(f, scripts, count);
  cspan_aws_options options = fixture_options(f->url);
  options.payload_signing = signing;
  fixture_configure(f, &options);
  fixture_connect(f);
}

/* ------------------------------------------------------------------- sources */

typedef struct feeder {
  const char *text;
  size_t at;
  size_t fail_at; /* 0: never */
  size_t repeat;  /* of a text that repeats: bytes in all */
} feeder;

static ptrdiff_t feed(void *user, void *buffer, size_t capacity) {
  feeder *f = user;
  size_t size = f->repeat ? f->repeat : strlen(f->text);
  size_t left = size - f->at;
  size_t take = left < capacity ? left : capacity;
  if (f->fail_at && f->at >= f->fail_at) {
    return -1;
  }
  if (f->repeat) {
    memset(buffer, f->text[0], take);
  } else {
    memcpy(buffer, f->text + f->at, take);
  }
  f->at += take;
  return (ptrdiff_t)take;
}

static cspan_status rewind_feed(void *user) {
  feeder *f = user;
  f->at = 0;
  return CSPAN_OK;
}

typedef struct source_case {
  const char *name;
  cspan_body body; /* path "" stands for the file, with the text "0123456789" */
  cspan_status status;
  const char *sent;         /* the body that arrives */
  const char *message_part; /* of the error */
} source_case;

static feeder whole = {.text = "callback"};
static feeder failing = {.text = "callback", .fail_at = 8};
static feeder large = {.text = "x", .repeat = 9 * 1024 * 1024};

static const source_case source_cases[] = {
    {"nothing", {.size_bytes = 0}, CSPAN_OK, "", NULL},
    {"memory", {.data = "memory", .size_bytes = 6}, CSPAN_OK, "memory", NULL},
    {"file", {.path = ""}, CSPAN_OK, "0123456789", NULL},
    {"part of a file", {.path = "", .offset_bytes = 3, .size_bytes = 4}, CSPAN_OK, "3456", NULL},
    {"rest of a file", {.path = "", .offset_bytes = 8}, CSPAN_OK, "89", NULL},
    {"end of a file", {.path = "", .offset_bytes = 10}, CSPAN_OK, "", NULL},
    {"outside", {.path = "", .offset_bytes = 11}, CSPAN_ERR_INVALID, NULL, "has 10 bytes"},
    {"too much", {.path = "", .size_bytes = 11}, CSPAN_ERR_INVALID, NULL, "has 10 bytes"},
    {"no file", {.path = "/nonexistent/file"}, CSPAN_ERR_IO, NULL, "/nonexistent/file"},
    {"a folder", {.path = "/tmp"}, CSPAN_ERR_INVALID, NULL, "not a regular file"},
    {"callback", {.read = feed, .user = &whole, .size_bytes = 8}, CSPAN_OK, "callback", NULL},
    {"part of a callback", {.read = feed, .user = &whole, .size_bytes = 4}, CSPAN_OK, "call", NULL},
    {"unknown size", {.read = feed, .user = &whole, .size_bytes = -1}, CSPAN_OK, "callback", NULL},
    {"unknown and large",
     {.read = feed, .user = &large, .size_bytes = -1},
     CSPAN_ERR_LIMIT,
     NULL,
     "give its size"},
    {"too short",
     {.read = feed, .user = &whole, .size_bytes = 9},
     CSPAN_ERR_IO,
     NULL,
     "ended after 8 of 9 bytes"},
    {"failing",
     {.read = feed, .user = &failing, .size_bytes = 9},
     CSPAN_ERR_IO,
     NULL,
     "failed after 8 bytes"},
    {"failing, unknown size",
     {.read = feed, .user = &failing, .size_bytes = -1},
     CSPAN_ERR_IO,
     NULL,
     "failed after 8 bytes"},
    {"two sources",
     {.data = "a", .path = "b", .size_bytes = 1},
     CSPAN_ERR_INVALID,
     NULL,
     "one source"},
    {"no source", {.size_bytes = 1}, CSPAN_ERR_INVALID, NULL, "has a size but no"},
    {"negative", {.data = "a", .size_bytes = -1}, CSPAN_ERR_INVALID, NULL, "negative"},
};

static void bodies_come_from_anywhere(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  write_file("0123456789");
  for (size_t i = 0; i < sizeof source_cases / sizeof source_cases[0]; i++) {
    const source_case *each = &source_cases[i];
    fixture f;
    cspan_error *error = NULL;
    fixture_input input = {.bucket = "bucket", .body = each->body};
    print_message("%s\n", each->name);
    if (each->body.path && !*each->body.path) {
      input.body.path = file_path;
    }
    whole.at = 0;
    failing.at = 0;
    large.at = 0;
    serve(&f, scripts, 1, CSPAN_PAYLOAD_UNSIGNED);
    assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, NULL, &error), each->status);
    if (each->sent) {
      char length[48];
      char *sent = script_server_received(f.server);
      snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(each->sent));
      assert_non_null(strstr(sent, length));
      assert_string_equal(strstr(sent, "\r\n\r\n") + 4, each->sent);
      free(sent);
    } else {
      assert_non_null(strstr(cspan_error_message(error), each->message_part));
      assert_false(cspan_error_is_retryable(error));
    }
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

static void change_file(void *self, struct cspan_call *call, void *state,
                        const cspan_retry_info *info) {
  (void)self;
  (void)call;
  (void)state;
  (void)info;
  write_file("shorter");
}

static void a_changed_file_is_not_sent_again(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable, succeeds};
  static const cspan_middleware_vtable vtable = {.name = "Changer", .retry = change_file};
  const cspan_middleware middleware = {.vtable = &vtable};
  cspan_call_options options = {.middlewares = &middleware, .middleware_count = 1};
  fixture f;
  cspan_error *error = NULL;
  fixture_input input = {.bucket = "bucket", .body = {.path = file_path}};
  write_file("0123456789");
  serve(&f, scripts, 2, CSPAN_PAYLOAD_UNSIGNED);
  assert_int_equal(fixture_call(&f, &fixture_put, &input, &options, NULL, &error), CSPAN_ERR_IO);
  assert_string_equal(cspan_error_code(error), "file_changed");
  assert_int_equal(script_server_accepted(f.server), 1);
  assert_non_null(strstr(cspan_error_message(error), file_path));
  cspan_error_free(error);
  fixture_stop(&f);
}

static cspan_status touch_file(void *self, struct cspan_call *call, void *state,
                               cspan_error **error) {
  (void)self;
  (void)call;
  (void)state;
  (void)error;
  const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  write_file("9876543210"); /* as long as before */
  assert_int_equal(utimensat(AT_FDCWD, file_path, times, 0), 0);
  return CSPAN_OK;
}

static void a_file_that_changes_meanwhile_fails_the_call(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  static const cspan_middleware_vtable vtable = {.name = "Changer", .begin = touch_file};
  const cspan_middleware middleware = {&vtable, NULL, CSPAN_STEP_FINALIZE, CSPAN_AFTER, NULL};
  cspan_call_options options = {.middlewares = &middleware, .middleware_count = 1};
  fixture f;
  cspan_error *error = NULL;
  fixture_input input = {.bucket = "bucket", .body = {.path = file_path}};
  write_file("0123456789");
  serve(&f, scripts, 1, CSPAN_PAYLOAD_UNSIGNED);
  assert_int_equal(fixture_call(&f, &fixture_put, &input, &options, NULL, &error), CSPAN_ERR_IO);
  assert_string_equal(cspan_error_code(error), "file_changed");
  cspan_error_free(error);
  fixture_stop(&f);
}

/* ----------------------------------------------------------------- checksums */

typedef enum source_kind { MEMORY, FROM_FILE, REWINDABLE, ONCE } source_kind;

typedef struct checksum_case {
  source_kind source;
  cspan_payload_signing signing;
  bool checksum;
  const char *algorithm;
  const char *present[4]; /* all in the request */
  const char *absent[3];
} checksum_case;

/* The body is always "hello"; over plain HTTP its hash is signed by default. */
#define HELLO_SHA256                                                                               \
  "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n"
#define HELLO_CRC32      "x-amz-checksum-crc32: NhCmhg==\r\n"
#define HELLO_CRC32C     "x-amz-checksum-crc32c: mnG7TA==\r\n"
#define HELLO_CRC64NVME  "x-amz-checksum-crc64nvme: M3eFcAZSQlc=\r\n"
#define HELLO_SHA256_B64 "x-amz-checksum-sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\r\n"
#define UNSIGNED         "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"

static const checksum_case checksum_cases[] = {
    {MEMORY, CSPAN_PAYLOAD_DEFAULT, false, NULL, {HELLO_SHA256}, {"x-amz-checksum"}},
    /* A custom endpoint: none unless required or asked for. */
    {MEMORY, CSPAN_PAYLOAD_DEFAULT, true, NULL, {HELLO_SHA256}, {"x-amz-checksum"}},
    {MEMORY, CSPAN_PAYLOAD_UNSIGNED, true, "CRC32", {UNSIGNED, HELLO_CRC32}, {"aws-chunked"}},
    {MEMORY, CSPAN_PAYLOAD_SIGNED, true, "CRC32C", {HELLO_SHA256, HELLO_CRC32C}, {NULL}},
    {MEMORY, CSPAN_PAYLOAD_UNSIGNED, true, "CRC64NVME", {HELLO_CRC64NVME}, {NULL}},
    {MEMORY, CSPAN_PAYLOAD_UNSIGNED, true, "sha256", {HELLO_SHA256_B64}, {NULL}},
    {FROM_FILE,
     CSPAN_PAYLOAD_DEFAULT,
     true,
     "CRC32",
     {HELLO_SHA256, HELLO_CRC32, "\r\n\r\nhello"},
     {"aws-chunked"}},
    {REWINDABLE,
     CSPAN_PAYLOAD_DEFAULT,
     false,
     NULL,
     {HELLO_SHA256, "\r\n\r\nhello"},
     {"aws-chunked"}},
    {REWINDABLE,
     CSPAN_PAYLOAD_UNSIGNED,
     true,
     "CRC32",
     {UNSIGNED, HELLO_CRC32, "\r\n\r\nhello"},
     {NULL}},
    {ONCE, CSPAN_PAYLOAD_UNSIGNED, false, NULL, {UNSIGNED, "\r\n\r\nhello"}, {"aws-chunked"}},
    {ONCE,
     CSPAN_PAYLOAD_UNSIGNED,
     true,
     "CRC32",
     {"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n",
      "x-amz-trailer: x-amz-checksum-crc32\r\n",
      "\r\n\r\n5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
      "Content-Encoding: aws-chunked\r\n"},
     {NULL}},
    {ONCE,
     CSPAN_PAYLOAD_DEFAULT,
     true,
     "CRC32",
     {"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\r\n",
      "\r\n\r\n5;chunk-signature=", "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:",
      "x-amz-decoded-content-length: 5\r\n"},
     {NULL}},
    {ONCE,
     CSPAN_PAYLOAD_DEFAULT,
     false,
     NULL,
     {"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\n", "\r\n\r\n5;chunk-signature="},
     {"x-amz-trailer"}},
};

static void checksums_go_along(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  write_file("hello");
  for (size_t i = 0; i < sizeof checksum_cases / sizeof checksum_cases[0]; i++) {
    const checksum_case *each = &checksum_cases[i];
    feeder source = {.text = "hello"};
    fixture f;
    cspan_error *error = NULL;
    fixture_input input = {
        .bucket = "bucket", .checksum = each->checksum, .algorithm = each->algorithm};
    if (each->source == MEMORY) {
      input.body = (cspan_body){.data = "hello", .size_bytes = 5};
    } else if (each->source == FROM_FILE) {
      input.body.path = file_path;
    } else {
      input.body = (cspan_body){.read = feed,
                                .rewind = each->source == REWINDABLE ? rewind_feed : NULL,
                                .user = &source,
                                .size_bytes = 5};
    }
    print_message("case %zu\n", i);
    serve(&f, scripts, 1, each->signing);
    assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, NULL, &error), CSPAN_OK);
    char *sent = script_server_received(f.server);
    for (size_t k = 0; k < 4 && each->present[k]; k++) {
      assert_non_null(strstr(sent, each->present[k]));
    }
    for (size_t k = 0; k < 3 && each->absent[k]; k++) {
      assert_null(strstr(sent, each->absent[k]));
    }
    free(sent);
    fixture_stop(&f);
  }
}

static void a_required_checksum_is_always_there(void **state) {
  (void)state;
  static const struct {
    cspan_checksum_mode mode;
    const char *header;
  } cases[] = {
      {CSPAN_CHECKSUM_DEFAULT, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n"},
      {CSPAN_CHECKSUM_WHEN_REQUIRED, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n"},
      {CSPAN_CHECKSUM_WHEN_SUPPORTED, HELLO_CRC32},
  };
  static const script_connection scripts[] = {succeeds};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture f;
    fixture_serve(&f, scripts, 1);
    cspan_aws_options options = fixture_options(f.url);
    options.request_checksums = cases[i].mode;
    fixture_configure(&f, &options);
    fixture_connect(&f);
    fixture_input input = {.bucket = "bucket", .body = {.data = "hello", .size_bytes = 5}};
    assert_int_equal(fixture_call(&f, &fixture_delete_all, &input, NULL, NULL, NULL), CSPAN_OK);
    char *sent = script_server_received(f.server);
    assert_non_null(strstr(sent, cases[i].header));
    free(sent);
    fixture_stop(&f);
  }
}

/* Without a server: what a stream to AWS itself would be sent as. */
static void a_stream_over_tls_is_read_once(void **state) {
  (void)state;
  static const struct {
    cspan_payload_signing signing;
    bool chunked;
  } cases[] = {{CSPAN_PAYLOAD_DEFAULT, true}, {CSPAN_PAYLOAD_SIGNED, false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture f = {.server = NULL};
    feeder source = {.text = "hello"};
    cspan_aws_options options = fixture_options(NULL);
    options.payload_signing = cases[i].signing;
    fixture_configure(&f, &options);
    fixture_connect(&f);
    fixture_input input = {
        .bucket = "bucket",
        .checksum = true, /* the default: CRC32 */
        .body = {.read = feed, .rewind = rewind_feed, .user = &source, .size_bytes = 5}};
    cspan_call_start start = {.operation = &fixture_put, .input = &input};
    struct cspan_call *call = cspan_call_new(f.client, &start, NULL);
    assert_non_null(call);
    assert_int_equal(cspan_call_prepare(call, NULL), CSPAN_OK);
    assert_string_equal(cspan_call_default_checksum(call), "CRC32");
    assert_int_equal(cspan_call_add_checksum(call, NULL), CSPAN_OK);
    assert_int_equal(call->request.is_chunked, cases[i].chunked);
    const char *trailer = cspan_call_request_header(call, "x-amz-trailer");
    const char *header = cspan_call_request_header(call, "x-amz-checksum-crc32");
    if (cases[i].chunked) {
      assert_string_equal(trailer, "x-amz-checksum-crc32");
      assert_null(header);
    } else {
      assert_null(trailer);
      assert_string_equal(header, "NhCmhg==");
    }
    assert_int_equal(source.at, 0); /* not read yet, or rewound */
    cspan_call_free(call);
    fixture_stop(&f);
  }
}

static void an_unknown_algorithm_is_refused(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  cspan_error *error = NULL;
  fixture_input input = {.bucket = "bucket", .checksum = true, .algorithm = "CRC16"};
  serve(&f, scripts, 1, CSPAN_PAYLOAD_DEFAULT);
  assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, NULL, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "CRC16"));
  cspan_error_free(error);
  fixture_stop(&f);
}

/* A chunked body cannot be read again, but one that was not touched can be sent. */
static void a_chunked_body_survives_a_refused_connection(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  char url[64];
  feeder source = {.text = "hello"};
  fixture_serve(&f, scripts, 1);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  cspan_aws_options options = fixture_options(url);
  fixture_configure(&f, &options);
  fixture_connect(&f);
  fixture_input input = {.bucket = "bucket",
                         .body = {.read = feed, .user = &source, .size_bytes = 5}};
  cspan_error *error = NULL;
  assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, NULL, &error), CSPAN_ERR_CONNECT);
  assert_string_equal(cspan_error_code(error), "connection_refused");
  assert_int_equal(source.at, 0);
  cspan_error_free(error);
  fixture_stop(&f);
}

/* -------------------------------------------------------------- verification */

typedef struct verify_case {
  const char *head; /* status line and headers; the body is "hello" */
  bool verify;
  cspan_status status;
} verify_case;

static const verify_case verify_cases[] = {
    {"200 OK\r\n" HELLO_CRC32, true, CSPAN_OK},
    {"200 OK\r\n" HELLO_CRC32C, true, CSPAN_OK},
    {"200 OK\r\n" HELLO_CRC64NVME, true, CSPAN_OK},
    {"200 OK\r\n" HELLO_SHA256_B64, true, CSPAN_OK},
    {"200 OK\r\nx-amz-checksum-crc32: AAAAAA==\r\n", true, CSPAN_ERR_CHECKSUM},
    {"200 OK\r\nx-amz-checksum-sha256: AAAAAA==\r\n", true, CSPAN_ERR_CHECKSUM},
    {"200 OK\r\nx-amz-checksum-crc32: AAAAAA==\r\n", false, CSPAN_OK},
    {"200 OK\r\nx-amz-checksum-crc32: AAAAAA==-3\r\n", true, CSPAN_OK},
    {"200 OK\r\nx-amz-checksum-type: COMPOSITE\r\nx-amz-checksum-crc32: AAAAAA==\r\n", true,
     CSPAN_OK},
    {"206 Partial Content\r\nx-amz-checksum-crc32: AAAAAA==\r\n", true, CSPAN_OK},
    {"200 OK\r\nx-amz-checksum-unheard-of: AAAA\r\n", true, CSPAN_OK},
};

static void responses_are_verified(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof verify_cases / sizeof verify_cases[0]; i++) {
    char response[512];
    /* A mismatch is tried again, which is to find no connection that the server is closing. */
    snprintf(response, sizeof response,
             "HTTP/1.1 %sConnection: close\r\nContent-Length: 5\r\n\r\nhello",
             verify_cases[i].head);
    const script_step steps[] = {READ_REQUEST, SEND(response), END};
    const script_connection scripts[] = {steps};
    fixture f;
    cspan_error *error = NULL;
    fixture_input input = {.bucket = "bucket", .verify = verify_cases[i].verify};
    serve(&f, scripts, 1, CSPAN_PAYLOAD_DEFAULT);
    assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error),
                     verify_cases[i].status);
    char *sent = script_server_received(f.server);
    assert_int_equal(strstr(sent, "x-amz-checksum-mode: ENABLED\r\n") != NULL,
                     verify_cases[i].verify);
    free(sent);
    if (error) {
      assert_string_equal(cspan_error_code(error), "checksum_mismatch");
      assert_int_equal(script_server_accepted(f.server), 3);
    }
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  int fd = mkstemp(file_path);
  return fd < 0 ? -1 : close(fd);
}

static int clean_up(void **state) {
  (void)state;
  return unlink(file_path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bodies_come_from_anywhere),
      cmocka_unit_test(a_changed_file_is_not_sent_again),
      cmocka_unit_test(a_file_that_changes_meanwhile_fails_the_call),
      cmocka_unit_test(checksums_go_along),
      cmocka_unit_test(a_required_checksum_is_always_there),
      cmocka_unit_test(a_stream_over_tls_is_read_once),
      cmocka_unit_test(an_unknown_algorithm_is_refused),
      cmocka_unit_test(a_chunked_body_survives_a_refused_connection),
      cmocka_unit_test(responses_are_verified),
  };
  return cmocka_run_group_tests(tests, prepare, clean_up);
}
