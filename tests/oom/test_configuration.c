/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file with every allocation failing in turn: parse, create, use, free. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cloudspan/ext/configuration.h>

#include "support/fail_alloc.h"
#include "support/quiet_log.h"

#define MOST_ALLOCATIONS 20000

static const char pipeline[] =
    "file_format: \"1.0\"\n"
    "base: &base {compression: gzip, headers_list: a=b}\n"
    "propagator: {composite: [{tracecontext: }, {b3: }], composite_list: \"baggage,xray\"}\n"
    "resource:\n"
    "  attributes:\n"
    "    - {name: service.name, value: shop}\n"
    "    - {name: numbers, value: [1, 2, 3], type: int_array}\n"
    "    - {name: texts, value: [a, b], type: string_array}\n"
    "  attributes_list: \"team=a%2Cb,stage=test\"\n"
    "  detection/development:\n"
    "    attributes: {included: [\"os.*\", \"service.*\"]}\n"
    "    detectors: [{service: }, {env: }, {os: }]\n"
    "tracer_provider:\n"
    "  processors:\n"
    "    - batch:\n"
    "        exporter:\n"
    "          otlp_http:\n"
    "            <<: *base\n"
    "            endpoint: http://127.0.0.1:9/v1/traces\n"
    "            headers: [{name: x-key, value: \"${OOM_KEY:-secret value}\"}]\n"
    "    - simple: {exporter: {otlp_grpc: {endpoint: \"localhost:9\", tls: {insecure: true}}}}\n"
    "    - simple: {exporter: {otlp_file/development: {output_stream: \"file:///dev/null\"}}}\n"
    "    - tail_sampling/development:\n"
    "        rules:\n"
    "          - {error: true}\n"
    "          - {span_name: S3.*, longer_than: 500, attributes: [{key: a, included: [x, y]}]}\n"
    "        processor: {simple: {exporter: {console: }}}\n"
    "    - batch:\n"
    "        exporter:\n"
    "          spool/development: {folder: oom-spool, exporter: {otlp_http: }}\n";

static const char samplers[] =
    "file_format: \"1.0\"\n"
    "tracer_provider:\n"
    "  processors: [{simple: {exporter: {otlp_file/development: {output_stream: "
    "\"file:///dev/null\"}}}}]\n"
    "  limits: {attribute_count_limit: 7}\n"
    "  sampler:\n"
    "    parent_based:\n"
    "      root:\n"
    "        rules/development:\n"
    "          rules:\n"
    "            - {span_name: S3.Head*, sampler: {trace_id_ratio_based: {ratio: 0.5}}}\n"
    "            - {attributes: [{key: a, value: b}], sampler: {always_off: }}\n"
    "          fallback: {rate_limiting/development: {per_second: 5}}\n"
    "          rule_attribute: sampling.rule\n"
    "      remote_parent_sampled: {always_record/development: {root: {always_off: }}}\n"
    "      local_parent_sampled:\n"
    "        composite/development:\n"
    "          rule_based:\n"
    "            rules:\n"
    "              - attribute_values: {key: k, values: [a, b]}\n"
    "                sampler: {parent_threshold: {root: {probability: {ratio: 0.1}}}}\n"
    "      local_parent_not_sampled:\n"
    "        jaeger_remote/development:\n"
    "          endpoint: http://127.0.0.1:9\n"
    "          interval: 3600000\n"
    "          initial_sampler: {always_off: }\n"
    "meter_provider:\n"
    "  readers: [{periodic: {interval: 3600000, exporter: {otlp_http: {endpoint: "
    "\"http://127.0.0.1:9/v1/metrics\", timeout: 10}}}}]\n";

static cspan_status set_up(const char *yaml, cspan_error **error) {
  cspan_configuration *configuration = NULL;
  cspan_sdk *sdk = NULL;
  cspan_status status =
      cspan_configuration_parse(yaml, strlen(yaml), "oom.yaml", &configuration, error);
  if (status == CSPAN_OK) {
    status = cspan_configuration_create(configuration, &sdk, error);
  }
  cspan_configuration_free(configuration);
  assert_int_equal(status == CSPAN_OK, sdk != NULL);
  cspan_sdk_free(sdk);
  return status;
}

static void replay(const char *yaml) {
  cspan_error *error = NULL;
  cspan_status status = set_up(yaml, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(status, CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  size_t failures = 0;
  for (size_t n = 1;; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    status = set_up(yaml, &error);
    bool met = fail_alloc_disarm();
    if (status != CSPAN_OK) {
      assert_non_null(error);
      assert_int_equal(status, CSPAN_ERR_NOMEM);
      assert_true(strlen(cspan_error_message(error)) > 0);
      failures++;
    } else {
      assert_null(error);
    }
    cspan_error_free(error);
    error = NULL;
    if (!met) {
      break;
    }
  }
  assert_true(failures > 50);
  assert_true(fail_alloc_outstanding_here() <= before + 8);
}

static void test_pipeline(void **state) {
  (void)state;
  replay(pipeline);
  rmdir("oom-spool");
}

static void test_samplers(void **state) {
  (void)state;
  replay(samplers);
}

static cspan_status make_nothing(void *user, const cspan_config_node *properties,
                                 cspan_component *out, cspan_error **error) {
  (void)user;
  (void)properties;
  (void)out;
  (void)error;
  return CSPAN_OK;
}

static void test_register(void **state) {
  (void)state;
  const cspan_component_provider provider = {
      .kind = CSPAN_COMPONENT_SAMPLER, .name = "oom", .create = make_nothing};
  cspan_error *error = NULL;
  fail_alloc_arm(1, false);
  assert_int_equal(cspan_component_register(&provider, &error), CSPAN_ERR_NOMEM);
  assert_true(fail_alloc_disarm());
  cspan_error_free(error);
  assert_false(cspan_component_unregister(CSPAN_COMPONENT_SAMPLER, "oom"));
}

static int open_all(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  return 0;
}

static int close_all(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pipeline),
      cmocka_unit_test(test_samplers),
      cmocka_unit_test(test_register),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
