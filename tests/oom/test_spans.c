/* SPDX-License-Identifier: Apache-2.0 */
/* Span export with every allocation failing in turn: making a provider, spans, and exporting
 * them over OTLP/gRPC and OTLP/HTTP (protobuf, JSON) to a real receiver. */
#include "oom/oom_receiver.h"

#include <string.h>

#include <cloudspan/telemetry.h>

#define MOST_ALLOCATIONS 20000

static cspan_status export_spans(const cspan_otlp_options *otlp, cspan_error **error) {
  cspan_span_exporter *exporter = NULL;
  cspan_tracer_provider *provider = NULL;
  cspan_status status = cspan_exporter_otlp(otlp, &exporter, error);
  if (status)
    return status;
  cspan_span_processor *processor = cspan_processor_simple(exporter);
  cspan_provider_options options = {
      .service_name = "oom", .processors = &processor, .processor_count = processor ? 1 : 0};
  status = cspan_tracer_provider_create(&options, &provider, error);
  if (status)
    return status;
  cspan_tracer *tracer = cspan_tracer_get(provider, "oom", "1", NULL);
  cspan_span span = cspan_span_start(tracer, NULL, "work", NULL);
  char text[600];
  memset(text, 'v', sizeof text - 1);
  text[sizeof text - 1] = 0;
  for (int i = 0; i < 40; i++) {
    char key[16];
    snprintf(key, sizeof key, "key.%d", i);
    cspan_span_set_string(span, key, text);
  }
  cspan_span_record_exception(span, "error", text, NULL, 0);
  cspan_span_end(span);
  status = cspan_tracer_provider_shutdown(provider, 0, error);
  cspan_tracer_provider_free(provider);
  return status;
}

static void replay(const cspan_otlp_options *otlp) {
  cspan_error *error = NULL;
  assert_int_equal(export_spans(otlp, &error), CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  for (size_t n = 1;; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    cspan_status status = export_spans(otlp, &error);
    bool met = fail_alloc_disarm();
    if (status) {
      assert_non_null(error);
      assert_true(strlen(cspan_error_message(error)) > 0);
    } else {
      assert_null(error);
    }
    cspan_error_free(error);
    error = NULL;
    if (!met)
      break;
  }
  assert_true(fail_alloc_outstanding_here() <= before + 8);
}

static void test_grpc(void **state) {
  (void)state;
  replay(&(cspan_otlp_options){
      .protocol = CSPAN_OTLP_GRPC, .endpoint = grpc_endpoint, .compression = "gzip"});
}

static void test_http(void **state) {
  (void)state;
  replay(&(cspan_otlp_options){.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = http_endpoint});
}

static void test_json(void **state) {
  (void)state;
  replay(&(cspan_otlp_options){
      .protocol = CSPAN_OTLP_HTTP_JSON, .endpoint = http_endpoint, .compression = "gzip"});
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_grpc), cmocka_unit_test(test_http),
                                     cmocka_unit_test(test_json)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
