/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of a configuration: each part of a file seen in the components. */
#include <unistd.h>

#include "unit/telemetry/config_fixture.h"

#include <cloudspan/ext/exporter.h>
#include <cloudspan/metrics.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/batch.h"
#include "telemetry/config/make.h"
#include "telemetry/core.h"

/* The file's tracer provider around one member of it. */
static const char *with(const char *member) {
  static char body[4096];
  int length =
      snprintf(body, sizeof body,
               "tracer_provider:\n  processors: [{simple: {exporter: {console: }}}]\n%s\n", member);
  assert_true(length > 0 && (size_t)length < sizeof body);
  return body;
}

static const char *with_processor(const char *processor) {
  static char body[4096];
  snprintf(body, sizeof body, "tracer_provider: {processors: [{%s}]}\n", processor);
  return body;
}

/* ------------------------------------------------------------------- samplers */

static void test_samplers(void **state) {
  (void)state;
  static const struct {
    const char *yaml;
    const char *description;
  } cases[] = {
      {"", "ParentBased{root:AlwaysOnSampler,remoteParentSampled:AlwaysOnSampler,"
           "remoteParentNotSampled:AlwaysOffSampler,localParentSampled:AlwaysOnSampler,"
           "localParentNotSampled:AlwaysOffSampler}"},
      {"{always_on: }", "AlwaysOnSampler"},
      {"{always_off: {}}", "AlwaysOffSampler"},
      {"{trace_id_ratio_based: {ratio: 0.25}}", "TraceIdRatioBased{0.250000}"},
      {"{trace_id_ratio_based: }", "TraceIdRatioBased{1.000000}"},
      {"{parent_based: }",
       "ParentBased{root:AlwaysOnSampler,remoteParentSampled:AlwaysOnSampler,"
       "remoteParentNotSampled:AlwaysOffSampler,localParentSampled:AlwaysOnSampler,"
       "localParentNotSampled:AlwaysOffSampler}"},
      {"{parent_based: {root: {always_off: }, remote_parent_sampled: {always_off: }, "
       "remote_parent_not_sampled: {always_on: }, local_parent_sampled: {trace_id_ratio_based: "
       "{ratio: 0.5}}, local_parent_not_sampled: {always_on: }}}",
       "ParentBased{root:AlwaysOffSampler,remoteParentSampled:AlwaysOffSampler,"
       "remoteParentNotSampled:AlwaysOnSampler,localParentSampled:TraceIdRatioBased{0.500000},"
       "localParentNotSampled:AlwaysOnSampler}"},
      {"{probability/development: {ratio: 0.5}}", NULL},
      {"{composite/development: {probability: {ratio: 0.5}}}", NULL},
      {"{composite/development: {parent_threshold: {root: {always_off: }}}}", NULL},
      {"{composite/development: {rule_based: {rules: [{attribute_values: {key: a, values: [b]}, "
       "attribute_patterns: {key: c, excluded: [d*]}, span_kinds: [client], parent: [none], "
       "sampler: {always_on: }}]}}}",
       NULL},
      {"{composite/development: {rule_based: }}", NULL},
      {"{always_record/development: {root: {always_off: }}}", NULL},
      {"{rate_limiting/development: {per_second: 10, burst: 20}}", NULL},
      {"{rules/development: {rules: [{span_name: S3.Head*, span_kinds: [client], parent: [none, "
       "remote], attributes: [{key: a, value: b*}], sampler: {always_off: }}], fallback: "
       "{trace_id_ratio_based: {ratio: 0.1}}, rule_attribute: rule}}",
       NULL},
      {"{rules/development: {rules: [{sampler: {always_off: }}]}}", NULL},
      {"{jaeger_remote/development: {endpoint: \"http://127.0.0.1:9\", interval: 3600000, "
       "initial_sampler: {always_off: }}}",
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char member[2048] = "";
    if (cases[i].yaml[0] != '\0') {
      snprintf(member, sizeof member, "  sampler: %s", cases[i].yaml);
    }
    cspan_sdk *sdk = config_create(with(member));
    const cspan_sampler *sampler = cspan_sdk_tracer_provider(sdk)->sampler;
    const char *description = sampler->vtable->description(sampler->self);
    assert_true(description[0] != '\0');
    if (cases[i].description != NULL) {
      assert_string_equal(description, cases[i].description);
    }
    cspan_sdk_free(sdk);
  }
}

/* Of rules: which spans are meant, seen in the decisions. */
static void test_rule_conditions(void **state) {
  (void)state;
  cspan_sdk *sdk = config_create(
      with("  sampler: {rules/development: {rules: [\n"
           "    {span_name: S3.Head*, sampler: {always_off: }},\n"
           "    {span_kinds: [server], sampler: {always_off: }},\n"
           "    {attributes: [{key: tenant, included: [free*], excluded: [freedom]}], sampler: "
           "{always_off: }}]}}"));
  const struct {
    const char *name;
    cspan_span_kind kind;
    const char *tenant;
    bool is_sampled;
  } cases[] = {{"S3.HeadObject", CSPAN_SPAN_CLIENT, "gold", false},
               {"S3.GetObject", CSPAN_SPAN_CLIENT, "gold", true},
               {"S3.GetObject", CSPAN_SPAN_SERVER, "gold", false},
               {"S3.GetObject", CSPAN_SPAN_CLIENT, "free-1", false},
               {"S3.GetObject", CSPAN_SPAN_CLIENT, "freedom", true}};
  cspan_tracer *tracer = cspan_tracer_get(cspan_sdk_tracer_provider(sdk), "t", NULL, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_attr attr = cspan_attr_string("tenant", cases[i].tenant);
    const cspan_span_options options = {
        .kind = cases[i].kind, .attributes = &attr, .attribute_count = 1, .root = true};
    cspan_span span = cspan_span_start(tracer, NULL, cases[i].name, &options);
    assert_int_equal(cspan_span_is_recording(span), cases[i].is_sampled);
    cspan_span_update_name(span, "x");
    cspan_span_end(span);
  }
  cspan_sdk_free(sdk);
}

/* --------------------------------------------------------- processors, limits */

static void test_batch_options(void **state) {
  (void)state;
  static const struct {
    const char *yaml;
    size_t queue;
    size_t size;
    int64_t delay_ms;
    int64_t timeout_ms;
    size_t concurrent;
  } cases[] = {
      {"exporter: {console: }", 2048, 512, 5000, 30000, 1},
      {"schedule_delay: , max_queue_size: , exporter: {console: }", 2048, 512, 5000, 30000, 1},
      {"schedule_delay: 7, export_timeout: 8, max_queue_size: 90, max_export_batch_size: 10, "
       "exporter: {console: }",
       90, 10, 7, 8, 1},
      {"schedule_delay: 0, export_timeout: 0, exporter: {console: }", 2048, 512, 1, 86400000, 1},
      {"max_queue_size: 5, exporter: {console: }", 5, 5, 5000, 30000, 1},
      {"max_concurrent_exports/development: 4, exporter: {otlp_http: }", 2048, 512, 5000, 30000, 4},
  };
  setenv("OTEL_BSP_SCHEDULE_DELAY", "11", 1);
  setenv("OTEL_BSP_EXPORT_TIMEOUT", "12", 1);
  setenv("OTEL_BSP_MAX_QUEUE_SIZE", "13", 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml, "batch: {%s}", cases[i].yaml);
    cspan_sdk *sdk = config_create(with_processor(yaml));
    const batch *made = cspan_sdk_tracer_provider(sdk)->processors[0]->self;
    assert_int_equal(made->options.max_queue_size, cases[i].queue);
    assert_int_equal(made->options.max_export_batch_size, cases[i].size);
    assert_int_equal(made->options.schedule_delay_ms, cases[i].delay_ms);
    assert_int_equal(made->options.export_timeout_ms, cases[i].timeout_ms);
    assert_int_equal(made->options.max_concurrent_exports, cases[i].concurrent);
    cspan_sdk_free(sdk);
  }
  unsetenv("OTEL_BSP_SCHEDULE_DELAY");
  unsetenv("OTEL_BSP_EXPORT_TIMEOUT");
  unsetenv("OTEL_BSP_MAX_QUEUE_SIZE");
}

/* The spool's folder is in the folder that the test runs in. */
static void test_processors(void **state) {
  (void)state;
  static const struct {
    const char *yaml;
    size_t count;
  } cases[] = {
      {"{simple: {exporter: {console: }}}", 1},
      {"{simple: {exporter: {otlp_file/development: }}}", 1},
      {"{simple: {exporter: {otlp_file/development: {output_stream: \"file:///dev/null\"}}}}", 1},
      {"{batch: {exporter: {otlp_grpc: }}}, {batch: {exporter: {otlp_http: }}}", 2},
      {"{batch: {exporter: {spool/development: {folder: config-test-spool, max_size: 1000000, "
       "sync: batch, write_after: 5, retry_initial: 6, retry_max: 7, exporter: {otlp_http: }}}}}",
       1},
      {"{tail_sampling/development: {processor: {batch: {exporter: {console: }}}}}", 1},
      {"{tail_sampling/development: {rules: [{error: true}, {name: slow, span_name: S3.*, "
       "longer_than: 500}, {min_retries: 2, ratio: 0.5}, {attributes: [{key: a}], drop: true}, "
       "{parent: [none, remote], ratio: 0}], base_ratio: 0.1, max_wait: 1000, max_bytes: 1000000, "
       "max_spans_per_trace: 100, processor: {simple: {exporter: {console: }}}}}",
       1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[2048];
    snprintf(body, sizeof body, "tracer_provider: {processors: [%s]}\n", cases[i].yaml);
    cspan_sdk *sdk = config_create(body);
    assert_int_equal(cspan_sdk_tracer_provider(sdk)->processor_count, cases[i].count);
    cspan_sdk_free(sdk);
  }
  rmdir("config-test-spool");
}

static void test_limits(void **state) {
  (void)state;
  static const struct {
    const char *general; /* attribute_limits */
    const char *own;     /* tracer_provider.limits */
    cspan_limits limits;
  } cases[] = {
      {"", "", {UINT32_MAX, 128, 128, 128, 128, 128, 0}},
      {"attribute_value_length_limit: 9, attribute_count_limit: 8",
       "",
       {9, 8, 128, 128, 128, 128, 0}},
      {"attribute_value_length_limit: 9, attribute_count_limit: 8",
       "attribute_value_length_limit: 1, attribute_count_limit: 2, event_count_limit: 3, "
       "link_count_limit: 4, event_attribute_count_limit: 5, link_attribute_count_limit: 6",
       {1, 2, 3, 4, 5, 6, 0}},
      {"",
       "attribute_value_length_limit: 0, attribute_count_limit: 0, event_count_limit: 0, "
       "link_count_limit: 0, event_attribute_count_limit: 0, link_attribute_count_limit: 0",
       {0, 0, 0, 0, 0, 0, 0}},
  };
  setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "77", 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[2048];
    snprintf(body, sizeof body,
             "attribute_limits: {%s}\n"
             "tracer_provider:\n  processors: [{simple: {exporter: {console: }}}]\n"
             "  limits: {%s}\n",
             cases[i].general, cases[i].own);
    cspan_sdk *sdk = config_create(body);
    cspan_limits limits = cspan_sdk_tracer_provider(sdk)->limits;
    limits.span_bytes = 0;
    assert_memory_equal(&limits, &cases[i].limits, sizeof limits);
    cspan_sdk_free(sdk);
  }
  unsetenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT");
}

/* ------------------------------------------------------------------- exporters */

static const struct {
  const char *yaml;
  cspan_otlp_options expected;
} otlp_cases[] = {
    {"otlp_http:",
     {.protocol = CSPAN_OTLP_HTTP_PROTOBUF,
      .endpoint = "http://localhost:4318/v1/traces",
      .endpoint_is_full = true,
      .headers = "",
      .compression = "none",
      .timeout_ms = 10000}},
    {"otlp_grpc:",
     {.protocol = CSPAN_OTLP_GRPC,
      .endpoint = "http://localhost:4317",
      .headers = "",
      .compression = "none",
      .timeout_ms = 10000}},
    {"otlp_http: {endpoint: \"https://h/x\", encoding: json, compression: gzip, timeout: 5, "
     "tls: {ca_file: /ca, cert_file: /cert, key_file: /key}}",
     {.protocol = CSPAN_OTLP_HTTP_JSON,
      .endpoint = "https://h/x",
      .endpoint_is_full = true,
      .headers = "",
      .compression = "gzip",
      .timeout_ms = 5,
      .certificate = "/ca",
      .client_certificate = "/cert",
      .client_key = "/key"}},
    {"otlp_grpc: {endpoint: \"h:1\"}",
     {.protocol = CSPAN_OTLP_GRPC,
      .endpoint = "https://h:1",
      .headers = "",
      .compression = "none",
      .timeout_ms = 10000}},
    {"otlp_grpc: {endpoint: \"h:1\", tls: {insecure: true}, timeout: 0}",
     {.protocol = CSPAN_OTLP_GRPC,
      .endpoint = "http://h:1",
      .headers = "",
      .compression = "none",
      .timeout_ms = 31536000000}},
    {"otlp_grpc: {endpoint: \"https://h:1\", tls: {insecure: true}, headers_list: \"a=b,c=d\", "
     "headers: [{name: c, value: \"e, f=\"}, {name: g, value: }, {name: h, value: \"\"}]}",
     {.protocol = CSPAN_OTLP_GRPC,
      .endpoint = "https://h:1",
      .headers = "a=b,c=d,c=e%2C%20f%3D,h=",
      .compression = "none",
      .timeout_ms = 10000}},
};

static void test_otlp_options(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof otlp_cases / sizeof otlp_cases[0]; i++) {
    char body[1024];
    snprintf(body, sizeof body, "x: {%s%s}", otlp_cases[i].yaml,
             otlp_cases[i].yaml[strlen(otlp_cases[i].yaml) - 1] == ':' ? " " : "");
    cspan_configuration *configuration = config_parse_body(body);
    cspan_maker maker = {.arena = cspan_arena_create(0)};
    cspan_otlp_options options;
    char *headers = NULL;
    const cspan_config_node *named =
        cspan_config_node_at(cspan_configuration_find(configuration, "x"), 0, NULL);
    assert_int_equal(cspan_make_otlp_options(&maker, named, "traces", &options, &headers, NULL),
                     CSPAN_OK);
    const cspan_otlp_options *expected = &otlp_cases[i].expected;
    assert_int_equal(options.protocol, expected->protocol);
    assert_string_equal(options.endpoint, expected->endpoint);
    assert_int_equal(options.endpoint_is_full, expected->endpoint_is_full);
    assert_string_equal(options.headers, expected->headers);
    assert_string_equal(options.compression, expected->compression);
    assert_int_equal(options.timeout_ms, expected->timeout_ms);
    assert_int_equal(options.certificate != NULL, expected->certificate != NULL);
    assert_int_equal(options.client_key != NULL, expected->client_key != NULL);
    if (expected->client_certificate != NULL) {
      assert_string_equal(options.certificate, expected->certificate);
      assert_string_equal(options.client_certificate, expected->client_certificate);
      assert_string_equal(options.client_key, expected->client_key);
    }
    cspan_free(headers);
    cspan_arena_free(maker.arena);
    cspan_configuration_free(configuration);
  }
}

/* -------------------------------------------------------------------- refused */

static const struct {
  const char *body;
  const char *message;
} refused_cases[] = {
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {tls: {ca_file: "
     "ca.pem}}}}}]}",
     "t:2:80: tracer_provider.processors[0].simple.exporter.otlp_http.tls.ca_file: must be an "
     "absolute path"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {tls: {cert_file: /c}}}}}]}",
     "otlp_http.tls: cert_file and key_file must be given together"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {endpoint: "
     "\"ftp://secret\"}}}}]}",
     "exporter.otlp_http: the OTLP exporter's endpoint has a scheme other than http and https"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_grpc: {compression: zstd}}}}]}",
     "exporter.otlp_grpc: the OTLP exporter's compression is neither gzip nor none"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_grpc: {headers: [{name: \"a,b\", "
     "value: secret}]}}}}]}",
     "otlp_grpc.headers[0].name: is not the name of an HTTP header"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_grpc: {headers_list: secret}}}}]}",
     "exporter.otlp_grpc: the OTLP exporter's headers are not pairs of key=value"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_file/development: {output_stream: "
     "spans.jsonl}}}}]}",
     "output_stream: must be stdout, or file:// and an absolute path"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_file/development: {output_stream: "
     "\"file:///no/such/folder/x\"}}}}]}",
     "exporter.otlp_file/development: cannot open the span file /no/such/folder/x"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp: }}}]}",
     "t:2:59: tracer_provider.processors[0].simple.exporter.otlp: no span exporter of that name "
     "is built in or registered"},
    {"tracer_provider: {processors: [{simple: {exporter: {consol: }}}]}",
     "did you mean \"console\"?; built in are otlp_http, otlp_grpc, otlp_file/development, "
     "console"},
    {"tracer_provider: {processors: [{bach: }]}",
     "tracer_provider.processors[0].bach: no span processor of that name is built in or "
     "registered; did you mean \"batch\"?"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}, {simple: {exporter: "
     "{zipkin: {endpoint: x}}}}]}",
     "processors[1].simple.exporter.zipkin: no span exporter"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {parent_based: "
     "{root: {always_on: }, local_parent_sampled: {xray: }}}}",
     "sampler.parent_based.local_parent_sampled.xray: no sampler of that name"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{rules/development: {rules: [{sampler: {always_on: }}, {sampler: {nope: }}]}}}",
     "rules/development.rules[1].sampler.nope: no sampler"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{jaeger_remote/development: }}",
     "jaeger_remote/development: needs \"endpoint\""},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{jaeger_remote/development: {endpoint: \"ftp://x\", initial_sampler: {always_on: }}}}",
     ": tracer_provider.sampler.jaeger_remote/development: "},
    {"tracer_provider: {processors: [{tail_sampling/development: {rules: [{name: all}], "
     "processor: {simple: {exporter: {console: }}}}}]}",
     "tail_sampling/development.rules[0]: has no condition"},
    {"tracer_provider: {processors: [{tail_sampling/development: {processor: {none: }}}]}",
     "tail_sampling/development.processor.none: no span processor"},
    {"tracer_provider: {processors: [{simple: {exporter: {spool/development: {folder: "
     "/dev/null, exporter: {console: }}}}}]}",
     "exporter.spool/development: "},
    {"meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}]}",
     "meter_provider.readers[0].pull: cloudspan has no pull readers"},
    {"meter_provider: {readers: [{periodic: {exporter: {console: }}}, {periodic: {exporter: "
     "{otlp_file/development: }}}]}",
     "readers[1].periodic.exporter.otlp_file/development: cloudspan has no metric exporter"},
    {"meter_provider: {readers: [{periodic: {exporter: {otlp_grpc: {endpoint: \"a b\"}}}}]}",
     "periodic.exporter.otlp_grpc: the OTLP exporter's endpoint"},
    {"propagator: {composite: [{tracecontext: }, {b4: }]}",
     "propagator.composite[1].b4: no propagator of that name"},
    {"propagator: {composite_list: \"tracecontext,b4\"}",
     "t:2:30: propagator.composite_list: \"b4\" is not a propagator"},
    {"resource: {attributes: [{name: a, value: 1}]}",
     ": resource.attributes[0].value: is not of the attribute's type, string: put it in "
     "quotes"},
    {"resource: {attributes: [{name: a, value: x, type: int}]}",
     "resource.attributes[0].value: is not of the attribute's type, int"},
    {"resource: {attributes: [{name: a, value: [1, x], type: int_array}]}",
     "resource.attributes[0].value[1]: is not of the attribute's type, int_array"},
    {"resource: {attributes: [{name: a, value: 1, type: int_array}]}",
     "resource.attributes[0].value: is not of the attribute's type, int_array"},
    {"resource: {attributes: [{name: a, value: [1], type: int}]}",
     "resource.attributes[0].value: is not of the attribute's type, int"},
    {"resource: {attributes: [{name: \"\", value: x}]}",
     "resource.attributes[0]: an attribute needs a name"},
    {"resource: {attributes_list: \"a=b,c\"}",
     "resource.attributes_list: is not a list of key=value"},
    {"resource: {detection/development: {detectors: [{hosts: }]}}",
     "detectors[0].hosts: no resource detector of that name is built in or registered; did you "
     "mean \"host\"?"},
};

static void test_not_created(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refused_cases / sizeof refused_cases[0]; i++) {
    const char *message = config_not_created(refused_cases[i].body);
    config_assert_contains(message, refused_cases[i].message);
    assert_null(strstr(message, "secret"));
  }
  cspan_sdk *sdk = NULL;
  assert_int_equal(cspan_configuration_create(NULL, &sdk, NULL), CSPAN_ERR_INVALID);
}

/* --------------------------------------------------------------- the whole file */

static void test_propagators(void **state) {
  (void)state;
  static const struct {
    const char *body;
    const char *fields;
  } cases[] = {
      {"", ""},
      {"propagator: {}", ""},
      {"propagator: {composite: [{tracecontext: }, {baggage: }]}",
       "traceparent tracestate baggage "},
      {"propagator: {composite_list: \"baggage, tracecontext,none,baggage\"}",
       "baggage traceparent tracestate "},
      {"propagator: {composite: [{xray: }], composite_list: \"tracecontext,xray\"}",
       "X-Amzn-Trace-Id traceparent tracestate "},
      {"propagator: {composite: [{b3: }, {b3: }]}", "b3 "},
  };
  setenv("OTEL_PROPAGATORS", "b3multi", 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_sdk *sdk = config_create(cases[i].body);
    char fields[256] = "";
    for (const char *const *field = cspan_propagator_fields(cspan_sdk_propagator(sdk)); *field;
         field++) {
      strcat(fields, *field);
      strcat(fields, " ");
    }
    assert_string_equal(fields, cases[i].fields);
    cspan_sdk_free(sdk);
  }
  unsetenv("OTEL_PROPAGATORS");
}

static bool records(const cspan_sdk *sdk) {
  cspan_tracer *tracer = cspan_tracer_get(cspan_sdk_tracer_provider(sdk), "t", NULL, NULL);
  cspan_span span = cspan_span_start(tracer, NULL, "s", NULL);
  bool is_recording = cspan_span_is_recording(span);
  cspan_span_end(span);
  return is_recording;
}

static void test_disabled(void **state) {
  (void)state;
  static const char tracing[] =
      "tracer_provider: {processors: [{simple: {exporter: {otlp_file/development: {output_stream: "
      "\"file:///dev/null\"}}}}]}\npropagator: {composite_list: baggage}\n";
  const struct {
    const char *head;
    const char *body;
    bool records;
  } cases[] = {{"", tracing, true},
               {"disabled: false\n", tracing, true},
               {"disabled:\n", tracing, true},
               {"disabled: true\n", tracing, false},
               {"", "propagator: {composite_list: baggage}\n", false}};
  setenv("OTEL_SDK_DISABLED", "true", 1); /* means nothing with a file */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[1024];
    snprintf(body, sizeof body, "%s%s", cases[i].head, cases[i].body);
    cspan_sdk *sdk = config_create(body);
    assert_int_equal(records(sdk), cases[i].records);
    assert_string_equal(*cspan_propagator_fields(cspan_sdk_propagator(sdk)), "baggage");
    cspan_sdk_free(sdk);
  }
  unsetenv("OTEL_SDK_DISABLED");
}

static void test_log_level(void **state) {
  (void)state;
  static const struct {
    const char *body;
    bool errors;
    bool warnings;
    bool debug;
  } cases[] = {{"log_level: fatal2", true, false, false},
               {"log_level: error", true, false, false},
               {"log_level: warn3", true, true, false},
               {"log_level: INFO", true, true, false},
               {"log_level: trace", true, true, true},
               {"log_level:", true, true, true},
               {"", true, true, true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_sdk_free(config_create(cases[i].body));
    assert_int_equal(cspan_log_enabled(CSPAN_LOG_ERROR), cases[i].errors);
    assert_int_equal(cspan_log_enabled(CSPAN_LOG_WARN), cases[i].warnings);
    assert_int_equal(cspan_log_enabled(CSPAN_LOG_DEBUG), cases[i].debug);
  }
  config_listen(NULL);
}

/* --------------------------------------------------------------------- metrics */

static void test_meter_provider(void **state) {
  (void)state;
  static const struct {
    const char *body;
    bool is_there;
    const char *warning;
  } cases[] = {
      {"", false, ""},
      {"disabled: true\nmeter_provider: {readers: [{periodic: {exporter: {console: }}}]}", false,
       ""},
      {"meter_provider: {readers: [{periodic: {interval: 3600000, timeout: 0, exporter: {console: "
       "{temporality_preference: delta}}}}], exemplar_filter: always_off}",
       true, ""},
      {"meter_provider: {readers: [{periodic: {exporter: {otlp_http: {endpoint: "
       "\"http://127.0.0.1:9/v1/metrics\", timeout: 50, default_histogram_aggregation: "
       "base2_exponential_bucket_histogram}}, cardinality_limits: {default: 10, counter: 5}}}]}",
       true, "cloudspan has no exponential histograms"},
      {"meter_provider: {readers: [{periodic: {exporter: {console: }, cardinality_limits: "
       "{default: "
       "10, gauge: 5}}}]}",
       true, "cardinality_limits: only \"default\" is used"},
      {"meter_provider: {readers: [{periodic: {exporter: {console: }, producers: [{opencensus: "
       "}]}}]}",
       true, "cloudspan has no metric producers"},
      {"meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: "
       "{instrument_name: x}, stream: {name: y}}]}",
       true, "meter_provider.views: cloudspan has no views"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    config_listen(NULL);
    cspan_sdk *sdk = config_create(cases[i].body);
    assert_int_equal(cspan_sdk_meter_provider(sdk) != NULL, cases[i].is_there);
    cspan_sdk_set_global(sdk);
    assert_ptr_equal(cspan_meter_provider_global(), cspan_sdk_meter_provider(sdk));
    assert_int_equal(cspan_sdk_shutdown(sdk, 0, NULL), CSPAN_OK);
    assert_int_equal(config_logged[0] == '\0', cases[i].warning[0] == '\0');
    config_assert_contains(config_logged, cases[i].warning);
    cspan_sdk_free(sdk);
    assert_null(cspan_meter_provider_global());
    cspan_propagator_set_global(NULL);
  }
}

static void test_unsupported_is_told(void **state) {
  (void)state;
  config_listen(NULL);
  cspan_sdk_free(
      config_create("logger_provider: {processors: [{simple: {exporter: {console: }}}]}\n"
                    "tracer_provider:\n  processors: [{simple: {exporter: {console: }}}]\n"
                    "  tracer_configurator/development: {default_config: {disabled: true}}\n"));
  config_assert_contains(config_logged, "logger_provider: cloudspan has no logger provider");
  config_assert_contains(config_logged, "tracer_provider.tracer_configurator/development: ");
}

static void test_life(void **state) {
  (void)state;
  cspan_sdk *sdk = config_create(with(""));
  cspan_sdk_set_global(sdk);
  cspan_sdk_set_global(sdk);
  assert_ptr_equal(cspan_tracer_provider_global(), cspan_sdk_tracer_provider(sdk));
  assert_ptr_equal(cspan_propagator_global(), cspan_sdk_propagator(sdk));
  assert_int_equal(cspan_sdk_shutdown(sdk, 0, NULL), CSPAN_OK);
  assert_int_equal(cspan_sdk_shutdown(sdk, 0, NULL), CSPAN_ERR_SHUTDOWN);
  cspan_sdk_free(sdk);
  assert_null(cspan_tracer_provider_global());
  cspan_propagator_set_global(NULL);
  cspan_sdk_free(NULL);
  cspan_sdk_set_global(NULL);
  assert_int_equal(cspan_sdk_shutdown(NULL, 0, NULL), CSPAN_OK);
  assert_null(cspan_sdk_tracer_provider(NULL));
  assert_null(cspan_sdk_meter_provider(NULL));
  assert_null(cspan_sdk_propagator(NULL));
}

/* What the guide shows is a configuration. */
static void test_guide(void **state) {
  (void)state;
  static const char here[] = "tests/unit/telemetry/test_config_create.c";
  char path[1024];
  cspan_buf text;
  size_t found = 0;
  snprintf(path, sizeof path, "%.*sdocs/telemetry.md", (int)(strstr(__FILE__, here) - __FILE__),
           __FILE__);
  cspan_buf_init(&text, 1 << 20);
  assert_int_equal(cspan_file_read(path, 1 << 20, &text, NULL), CSPAN_OK);
  for (char *at = text.data; (at = strstr(at, "```yaml\n")) != NULL; found++) {
    at += 8;
    char *end = strstr(at, "```");
    assert_non_null(end);
    cspan_configuration *configuration = NULL;
    cspan_sdk *sdk = NULL;
    cspan_error *error = NULL;
    cspan_configuration_parse(at, (size_t)(end - at), "telemetry.md", &configuration, &error);
    assert_string_equal(cspan_error_message(error), "");
    cspan_configuration_create(configuration, &sdk, &error);
    assert_string_equal(cspan_error_message(error), "");
    cspan_sdk_free(sdk);
    cspan_configuration_free(configuration);
    at = end;
  }
  assert_true(found > 0);
  cspan_buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_samplers),
      cmocka_unit_test(test_rule_conditions),
      cmocka_unit_test(test_batch_options),
      cmocka_unit_test(test_processors),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_otlp_options),
      cmocka_unit_test(test_not_created),
      cmocka_unit_test(test_propagators),
      cmocka_unit_test(test_disabled),
      cmocka_unit_test(test_log_level),
      cmocka_unit_test(test_unsupported_is_told),
      cmocka_unit_test(test_life),
      cmocka_unit_test(test_guide),
      cmocka_unit_test(test_meter_provider),
  };
  return cmocka_run_group_tests(tests, config_listen, NULL);
}
