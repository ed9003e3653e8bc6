/* SPDX-License-Identifier: Apache-2.0 */
/* Files that follow the schema, and what is said of those that do not. */
#include "unit/telemetry/config_fixture.h"

/* All that the schema has, as far as it can stand in one file. */
static const char everything[] =
    "file_format: \"1.0\"\n"
    "disabled: false\n"
    "log_level: info2\n"
    "attribute_limits: {attribute_value_length_limit: 4096, attribute_count_limit: 128}\n"
    "resource:\n"
    "  attributes:\n"
    "    - {name: service.name, value: shop}\n"
    "    - {name: n, value: 1, type: int}\n"
    "    - {name: list, value: [1.5, 2], type: double_array}\n"
    "    - {name: nothing, value: }\n"
    "  attributes_list: \"service.namespace=x,service.version=1\"\n"
    "  schema_url: https://opentelemetry.io/schemas/1.40.0\n"
    "  detection/development:\n"
    "    attributes: {included: [process.*], excluded: [process.command_args]}\n"
    "    detectors:\n"
    "      - container:\n"
    "      - host:\n"
    "      - process:\n"
    "      - service:\n"
    "      - my_detector: {a: 1}\n"
    "propagator:\n"
    "  composite:\n"
    "    - tracecontext:\n"
    "    - baggage:\n"
    "    - ottrace: {}\n"
    "  composite_list: b3,b3multi,jaeger,xray\n"
    "tracer_provider:\n"
    "  processors:\n"
    "    - batch:\n"
    "        schedule_delay: 0\n"
    "        export_timeout: 30000\n"
    "        max_queue_size: 2048\n"
    "        max_export_batch_size:\n"
    "        exporter:\n"
    "          otlp_http:\n"
    "            endpoint: http://localhost:4318/v1/traces\n"
    "            tls: {ca_file: /a, key_file: /b, cert_file: /c}\n"
    "            headers: [{name: api-key, value: \"1234\"}, {name: none, value: }]\n"
    "            headers_list: a=b\n"
    "            compression: gzip\n"
    "            timeout: 10000\n"
    "            encoding: json\n"
    "    - batch: {exporter: {otlp_grpc: {tls: {insecure: true}}}}\n"
    "    - simple: {exporter: {otlp_file/development: {output_stream: stdout}}}\n"
    "    - simple: {exporter: {console: }}\n"
    "    - simple: {exporter: {my_exporter: {any: [thing]}}}\n"
    "    - my_processor:\n"
    "  limits: {attribute_value_length_limit: 1, attribute_count_limit: 0, event_count_limit: 2,\n"
    "    link_count_limit: 3, event_attribute_count_limit: 4, link_attribute_count_limit: 5}\n"
    "  sampler:\n"
    "    parent_based:\n"
    "      root: {trace_id_ratio_based: {ratio: 0.5}}\n"
    "      remote_parent_sampled: {always_on: }\n"
    "      remote_parent_not_sampled: {probability/development: {ratio: 0}}\n"
    "      local_parent_sampled:\n"
    "        composite/development:\n"
    "          rule_based:\n"
    "            rules:\n"
    "              - attribute_values: {key: k, values: [a, b]}\n"
    "                attribute_patterns: {key: k, included: [a*], excluded: [ab]}\n"
    "                span_kinds: [server, client]\n"
    "                parent: [none, remote, local]\n"
    "                sampler: {probability: {ratio: 0.1}}\n"
    "              - sampler: {parent_threshold: {root: {always_on: }}}\n"
    "      local_parent_not_sampled:\n"
    "        jaeger_remote/development:\n"
    "          endpoint: http://localhost:5778\n"
    "          interval: 60000\n"
    "          initial_sampler: {always_off: }\n"
    "  tracer_configurator/development:\n"
    "    default_config: {disabled: true}\n"
    "    tracers: [{name: a.*, config: {disabled: false}}]\n"
    "meter_provider:\n"
    "  readers:\n"
    "    - periodic:\n"
    "        interval: 60000\n"
    "        timeout: 30000\n"
    "        exporter:\n"
    "          otlp_http:\n"
    "            endpoint: http://localhost:4318/v1/metrics\n"
    "            temporality_preference: delta\n"
    "            default_histogram_aggregation: base2_exponential_bucket_histogram\n"
    "        producers: [{opencensus: }]\n"
    "        cardinality_limits: {default: 2000, counter: 10}\n"
    "    - pull: {exporter: {prometheus/development: {host: localhost, port: 9464}}}\n"
    "  views:\n"
    "    - selector: {instrument_name: i, instrument_type: histogram, unit: ms}\n"
    "      stream:\n"
    "        name: n\n"
    "        aggregation: {explicit_bucket_histogram: {boundaries: [0, 1.5], record_min_max: "
    "true}}\n"
    "        aggregation_cardinality_limit: 2000\n"
    "        attribute_keys: {included: [k]}\n"
    "    - selector: {meter_name: m}\n"
    "      stream: {aggregation: {drop: }}\n"
    "  exemplar_filter: trace_based\n"
    "  meter_configurator/development: {meters: [{name: x, config: {disabled: true}}]}\n"
    "logger_provider:\n"
    "  processors:\n"
    "    - batch: {schedule_delay: 1000, exporter: {otlp_grpc: }}\n"
    "    - simple: {exporter: {console: }}\n"
    "  limits: {attribute_count_limit: 128}\n"
    "  logger_configurator/development:\n"
    "    loggers: [{name: x, config: {disabled: , minimum_severity: warn, trace_based: true}}]\n"
    "instrumentation/development:\n"
    "  general: {http: {client: {request_captured_headers: [Accept]}}}\n"
    "  c: {cloudspan: {anything: [1, {a: b}]}}\n"
    "distribution: {cloudspan: {x: 1}}\n";

static void test_everything(void **state) {
  (void)state;
  config_listen(NULL);
  cspan_configuration *configuration = config_parse(everything);
  static const struct {
    const char *path;
    const char *text;
  } texts[] = {{"tracer_provider.processors[0].batch.exporter.otlp_http.headers[0].value", "1234"},
               {"tracer_provider.sampler.parent_based.local_parent_sampled.composite/development."
                "rule_based.rules[0].attribute_patterns.included[0]",
                "a*"},
               {"instrumentation/development.c.cloudspan.anything[1].a", "b"},
               {"propagator.composite_list", "b3,b3multi,jaeger,xray"},
               {"meter_provider.views[0].selector.unit", "ms"}};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const char *text = "";
    assert_true(
        cspan_config_node_string(cspan_configuration_find(configuration, texts[i].path), &text));
    assert_string_equal(text, texts[i].text);
  }
  /* Present without a value: the aggregation is drop. */
  const cspan_config_node *drop =
      cspan_configuration_find(configuration, "meter_provider.views[1].stream.aggregation.drop");
  assert_int_equal(cspan_config_node_type(drop), CSPAN_CONFIG_NULL);
  assert_string_equal(config_logged, "");
  cspan_configuration_free(configuration);
}

static void test_versions(void **state) {
  (void)state;
  static const struct {
    const char *yaml;
    const char *message; /* of the error, or of the warning where it is accepted */
    bool is_accepted;
  } cases[] = {
      {"file_format: \"1.0\"", "", true},
      {"file_format: 1.0", "", true},
      {"file_format: \"1.0-rc.3\"", "file_format: is a draft of the format", true},
      {"file_format: \"1.7\"", "file_format: is newer than this library knows", true},
      {"file_format: 0.4", "t:1:14: file_format: is \"0.4\", but must be \"1.0\"", false},
      {"file_format: \"2.0\"", "file_format: is \"2.0\", but must be \"1.0\"", false},
      {"file_format: \"1.0.1\"", "but must be \"1.0\"", false},
      {"file_format: 1", "is \"1\", but must be \"1.0\"", false},
      {"file_format:", "file_format: must be text, \"1.0\", but is empty", false},
      {"file_format: [1.0]", "file_format: must be text, \"1.0\", but is a list", false},
      {"disabled: true", "t:1:1: needs \"file_format\"", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    config_listen(NULL);
    if (cases[i].is_accepted) {
      cspan_configuration_free(config_parse(cases[i].yaml));
      config_assert_contains(config_logged, cases[i].message);
      assert_int_equal(config_logged[0] == '\0', cases[i].message[0] == '\0');
    } else {
      config_assert_contains(config_refused(cases[i].yaml, strlen(cases[i].yaml)),
                             cases[i].message);
    }
  }
}

static const struct {
  const char *body;
  const char *message;
} refused_cases[] = {
    {"disabled: 1", "t:2:11: disabled: must be true or false, but is a whole number"},
    {"log_level: loud", "log_level: is \"loud\", which is none of trace, trace2"},
    {"tracer_provider:", "t:2:17: tracer_provider: must be a map, but is empty"},
    {"tracer_provider: {}", "t:2:18: tracer_provider: needs \"processors\""},
    {"tracer_provider: {processors: []}",
     "tracer_provider.processors: must have at least one element"},
    {"tracer_provider: {processors: {batch: }}",
     "tracer_provider.processors: must be a list, but is a map"},
    {"tracer_provider: {processors: [batch]}",
     "tracer_provider.processors[0]: must be a map with one member"},
    {"tracer_provider: {processors: [{}]}",
     "tracer_provider.processors[0]: must have exactly one member, whose name says what is "
     "meant, but has 0"},
    {"tracer_provider: {processors: [{batch: , simple: }]}", "but has 2"},
    {"tracer_provider: {processors: [{batch: }]}",
     "tracer_provider.processors[0].batch: must be a map, but is empty"},
    {"tracer_provider: {processors: [{batch: {}}]}",
     "tracer_provider.processors[0].batch: needs \"exporter\""},
    {"tracer_provider:\n  processors:\n    - batch:\n        schedule_delay: soon\n"
     "        exporter: {console: }",
     "t:5:25: tracer_provider.processors[0].batch.schedule_delay: must be a whole number, but is "
     "text"},
    {"tracer_provider: {processors: [{batch: {schedule_delay: -1, exporter: {console: }}}]}",
     "batch.schedule_delay: must be a whole number of at least 0"},
    {"tracer_provider: {processors: [{batch: {max_queue_size: 0, exporter: {console: }}}]}",
     "batch.max_queue_size: must be a whole number of at least 1"},
    {"tracer_provider: {processors: [{batch: {max_queue_size: 1.5, exporter: {console: }}}]}",
     "batch.max_queue_size: must be a whole number, but is a number"},
    {"tracer_provider: {processors: [{batch: {max_queue_size: \"5\", exporter: {console: }}}]}",
     "batch.max_queue_size: must be a whole number, but is text"},
    {"tracer_provider: {processors: [{batch: {schedule_dealy: 1, exporter: {console: }}}]}",
     "batch.schedule_dealy: is not known; did you mean \"schedule_delay\"?"},
    {"tracer_provider: {processors: [{simple: {zzzzzzzz: 1, exporter: {console: }}}]}",
     "simple.zzzzzzzz: is not known; there may be exporter"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: {color: 1}}}}]}",
     "exporter.console.color: is not known; nothing may stand here"},
    {"tracer_provider: {processors: [{simple: {exporter: {mine: 5}}}]}",
     "exporter.mine: must be a map or empty, but is a whole number"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {encoding: xml}}}}]}",
     "otlp_http.encoding: is \"xml\", which is none of protobuf, json"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {headers: [{name: a}]}}}}]}",
     "otlp_http.headers[0]: needs \"value\""},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {headers: "
     "[{name: a, value: 12345}]}}}}]}",
     "otlp_http.headers[0].value: must be text (in quotes), but is a whole number"},
    {"tracer_provider: {processors: [{simple: {exporter: {otlp_http: {tls: {insecure: "
     "true}}}}}]}",
     "otlp_http.tls.insecure: is not known"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: always_on}",
     "tracer_provider.sampler: must be a map with one member"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{trace_id_ratio_based: {ratio: 1.5}}}",
     "sampler.trace_id_ratio_based.ratio: must be a number from 0 to 1"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{trace_id_ratio_based: {ratio: .nan}}}",
     "ratio: must be a number from 0 to 1"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{composite/development: {allways_on: }}}",
     "composite/development.allways_on: is not known; did you mean \"always_on\"?"},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: "
     "{jaeger_remote/development: {endpoint: a}}}",
     "jaeger_remote/development: needs \"initial_sampler\""},
    {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], limits: "
     "{event_count_limit: -5}}",
     "limits.event_count_limit: must be a whole number of at least 0"},
    {"resource: {attributes: [{name: a}]}", "resource.attributes[0]: needs \"value\""},
    {"resource: {attributes: [{name: a, value: {b: c}}]}",
     "resource.attributes[0].value: must be text, a number, a boolean, or a list of them"},
    {"resource: {attributes: [{name: a, value: []}]}",
     "resource.attributes[0].value: must be text"},
    {"resource: {attributes: [{name: a, value: [[1]]}]}",
     "resource.attributes[0].value[0]: must be text, a number or a boolean, but is a list"},
    {"resource: {attributes: [{name: a, value: b, type: integer}]}",
     "resource.attributes[0].type: is \"integer\", which is none of string, bool, int"},
    {"resource: {attribute: []}", "resource.attribute: is not known; did you mean \"attributes\"?"},
    {"propagator: {composite: [tracecontext]}", "propagator.composite[0]: must be a map"},
    {"propagator: {composite: {tracecontext: }}", "propagator.composite: must be a list"},
    {"propagator: {composite_list: [a]}", "propagator.composite_list: must be text, but is a"},
    {"meter_provider: {readers: [{push: }]}",
     "meter_provider.readers[0].push: is not known; did you mean \"pull\"?"},
    {"meter_provider: {}", "meter_provider: needs \"readers\""},
    {"instrumentation/development: 5", "instrumentation/development: must be a map"},
};

/* Each is refused with the place and what is allowed. The first line is the format. */
static void test_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refused_cases / sizeof refused_cases[0]; i++) {
    char text[1024];
    snprintf(text, sizeof text, "file_format: \"1.0\"\n%s\n", refused_cases[i].body);
    config_assert_contains(config_refused(text, strlen(text)), refused_cases[i].message);
  }
}

/* At the root other members are allowed, but a near miss is worth a word. */
static void test_unknown_at_the_root(void **state) {
  (void)state;
  config_listen(NULL);
  cspan_configuration_free(config_parse_body("my_own: {a: 1}\ntracer_providr: {}\n"));
  config_assert_contains(config_logged, "t:3:17: tracer_providr: is not known and is ignored; did "
                                        "you mean \"tracer_provider\"?");
  assert_null(strstr(config_logged, "my_own"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_everything),
      cmocka_unit_test(test_versions),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_unknown_at_the_root),
  };
  return cmocka_run_group_tests(tests, config_listen, NULL);
}
