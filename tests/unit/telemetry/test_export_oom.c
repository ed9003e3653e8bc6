/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of decoding, exporting and propagating fails in turn: the call says
 * so, nothing is lost, and nothing is left behind. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cloudspan/ext/propagator.h>

#include "base/gzip.h"
#include "support/fail_alloc.h"
#include "telemetry/exporter_otlp.h"
#include "telemetry/otlp_json.h"
#include "telemetry/otlp_outcome.h"

static const char json[] =
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"r\",\"value\":{\"intValue\":1}}]"
    "},"
    "\"scopeSpans\":[{\"scope\":{\"name\":\"lib\"},\"spans\":[{\"name\":\"n\",\"attributes\":["
    "{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"}]}}},"
    "{\"key\":\"m\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{}}]}}},"
    "{\"key\":\"b\",\"value\":{\"bytesValue\":\"AP8Q\"}}],"
    "\"events\":[{\"name\":\"e\"}],\"links\":[{\"traceState\":\"k=v\"}]}]}]}]}";

static cspan_buf request;

/* Every scenario returns what it came to; NOMEM is expected when an allocation failed. */
typedef cspan_status (*scenario)(cspan_error **error);

static cspan_status decode_json(cspan_error **error) {
  cspan_span_list *list;
  cspan_status status = cspan_span_list_decode_json(json, strlen(json), &list, error);
  cspan_span_list_free(list);
  return status;
}

static cspan_status write_json(cspan_error **error) {
  cspan_buf out;
  (void)error;
  cspan_buf_init(&out, 1 << 20);
  cspan_status status =
      cspan_otlp_to_json(CSPAN_OTLP_TRACES, (const uint8_t *)request.data, request.len, &out);
  cspan_buf_free(&out);
  return status;
}

/* A string that must be repaired. */
static cspan_status write_json_repaired(cspan_error **error) {
  static const uint8_t bytes[] = {10, 7, 18, 5, 18, 3, 42, 1, 0xff};
  cspan_buf out;
  (void)error;
  cspan_buf_init(&out, 1 << 20);
  cspan_status status = cspan_otlp_to_json(CSPAN_OTLP_TRACES, bytes, sizeof bytes, &out);
  cspan_buf_free(&out);
  return status;
}

/* A gRPC message that is an empty one, packed by gzip. */
static cspan_status read_packed_answer(cspan_error **error) {
  static const uint8_t frame[] = {1, 0, 0, 0, 20, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0,
                                  0, 3, 3, 0, 0,  0,    0,    0, 0, 0, 0, 0};
  const cspan_otlp_reply reply = {.http_status = 200,
                                  .content_type = "application/grpc",
                                  .grpc_status = "0",
                                  .grpc_encoding = "gzip",
                                  .body = frame,
                                  .body_len = sizeof frame};
  cspan_otlp_outcome out;
  (void)error;
  cspan_otlp_read_grpc(&reply, &out);
  return out.status;
}

/* Jansson's own memory, which is asked for the same way. */
static cspan_status read_json_answer(cspan_error **error) {
  static const char answer[] = "{\"partialSuccess\":{\"rejectedSpans\":\"2\"}}";
  const cspan_otlp_reply reply = {.http_status = 200,
                                  .content_type = "application/json",
                                  .body = (const uint8_t *)answer,
                                  .body_len = sizeof answer - 1};
  cspan_otlp_outcome out;
  (void)error;
  cspan_otlp_read_http(&reply, 0, &out);
  return out.status == CSPAN_OK && out.rejected_items == 2 ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static cspan_status use_exporter(cspan_span_exporter *exporter, cspan_error **error) {
  const cspan_export_batch batch = {
      .request = (const uint8_t *)request.data, .request_size_bytes = request.len, .span_count = 1};
  size_t rejected;
  if (!exporter)
    return CSPAN_ERR_NOMEM;
  cspan_status status =
      exporter->vtable->export_spans(exporter->self, NULL, &batch, &rejected, error);
  cspan_exporter_free(exporter);
  return status;
}

static cspan_status use_memory(cspan_error **error) {
  return use_exporter(cspan_exporter_memory(), error);
}

static cspan_status use_console(cspan_error **error) {
  int fd = open("/dev/null", O_WRONLY);
  cspan_status status = use_exporter(cspan_exporter_console(fd), error);
  close(fd);
  return status;
}

static cspan_status use_file(cspan_error **error) {
  cspan_span_exporter *exporter;
  cspan_status status = cspan_exporter_otlp_file("/dev/null", &exporter, error);
  return status == CSPAN_OK ? use_exporter(exporter, error) : status;
}

static cspan_status make_otlp(cspan_error **error) {
  const cspan_otlp_options options = {
      .endpoint = "http://localhost:1", .headers = "a=1,b=2", .certificate = "/ca.pem"};
  cspan_span_exporter *exporter;
  cspan_status status = cspan_exporter_otlp(&options, &exporter, error);
  cspan_exporter_free(exporter);
  return status;
}

static cspan_status compress_it(cspan_error **error) {
  cspan_gzip gzip = {.ready = false};
  cspan_buf out;
  (void)error;
  cspan_buf_init(&out, 1 << 20);
  cspan_status status = cspan_gzip_append(&gzip, (const uint8_t *)request.data, request.len, &out);
  cspan_buf_free(&out);
  cspan_gzip_free(&gzip);
  return status;
}

static const char *get_header(void *carrier, const char *key) {
  (void)carrier;
  return strcmp(key, "baggage") == 0 ? "a=%20x,b=2;p"
         : strcmp(key, "traceparent") == 0
             ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
         : strcmp(key, "tracestate") == 0 ? "k=v"
                                          : NULL;
}

static void count_header(void *carrier, const char *key, const char *value) {
  (void)key;
  (void)value;
  ++*(size_t *)carrier;
}

/* Propagation has no error to give: a header that cannot be handled is left out. */
static cspan_status propagate(cspan_error **error) {
  cspan_propagator *propagator = cspan_propagator_from_names("tracecontext,baggage", error);
  cspan_extracted extracted;
  size_t count = 0;
  if (!propagator)
    return CSPAN_ERR_NOMEM;
  cspan_propagator_extract(propagator, NULL, &(cspan_carrier_getter){.get = get_header}, NULL,
                           &extracted);
  cspan_propagator_inject(propagator, &extracted.context, count_header, &count);
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
  return count == 3 ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static cspan_status set_baggage(cspan_error **error) {
  (void)error;
  cspan_baggage *one = cspan_baggage_with(NULL, "a", "1", NULL);
  cspan_baggage *two = cspan_baggage_with(one, "b", "2", NULL);
  cspan_status status = one && two ? CSPAN_OK : CSPAN_ERR_NOMEM;
  cspan_baggage_free(one);
  cspan_baggage_free(two);
  return status;
}

static const struct {
  const char *name;
  scenario run;
} scenarios[] = {
    {"json", decode_json},
    {"to_json", write_json},
    {"repaired", write_json_repaired},
    {"answer", read_json_answer},
    {"packed", read_packed_answer},
    {"memory", use_memory},
    {"console", use_console},
    {"file", use_file},
    {"otlp", make_otlp},
    {"compress", compress_it},
    {"propagate", propagate},
    {"baggage", set_baggage},
};

static void replay(size_t index) {
  const char *name = scenarios[index].name;
  for (size_t n = 1;; n++) {
    cspan_error *error = NULL;
    long before = fail_alloc_outstanding();
    fail_alloc_arm(n, true);
    cspan_status status = scenarios[index].run(&error);
    bool met = fail_alloc_disarm();
    if (error && cspan_error_status(error) != status)
      fail_msg("%s, allocation %zu: the error is another one than the status", name, n);
    cspan_error_free(error);
    if (fail_alloc_outstanding() > before)
      fail_msg("%s, allocation %zu: %ld blocks are left", name, n,
               fail_alloc_outstanding() - before);
    if (status != (met ? CSPAN_ERR_NOMEM : CSPAN_OK))
      fail_msg("%s, allocation %zu: %s", name, n, cspan_status_name(status));
    if (!met)
      return;
    assert_true(n < 1000);
  }
}

static void test_each_allocation(void **state) {
  (void)state;
  cspan_span_end(cspan_span_from_context(&(cspan_span_context){.trace_id = {1}, .span_id = {1}}));
  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
    cspan_error *error = NULL;
    assert_int_equal(scenarios[i].run(&error), CSPAN_OK); /* pools are filled once and kept */
    replay(i);
  }
}

static int install(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_buf_init(&request, 1 << 20);
  return (int)cspan_otlp_json_to_protobuf(json, strlen(json), &request, NULL);
}

static int uninstall(void **state) {
  (void)state;
  cspan_buf_free(&request);
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation)};
  return cmocka_run_group_tests(tests, install, uninstall);
}
